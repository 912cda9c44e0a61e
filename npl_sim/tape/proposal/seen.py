"""Read every sheet of the bank's files, and say what each holds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from npl_sim.core.errors import TableError
from npl_sim.tables.body import Request
from npl_sim.tables.cell_types import column_text
from npl_sim.tables.files import RawFile, read_raw
from npl_sim.tables.sheet_list import list_sheets
from npl_sim.tape.non_records import is_total
from npl_sim.tape.proposal.model import SheetRole
from npl_sim.tape.proposal.vocabulary import ROLES, count_known, field_names, known_names
from npl_sim.tape.templates import header_key

_UNIQUE = 0.6
"""Least share of different ids in a list of loans with one row each."""
_FEW_HEADERS = 2
_ID = re.compile(
    r"编号$|号码$|编码$|代码$|号$|\bid\b|\bno$|\bnumber$|\bref(?:erence)?$|\bcodice\b"
)
"""Ends of headers that name an id."""
_LIST_COLUMNS = 4
"""Fewest known columns of a list of loans whose ids are not found."""


@dataclass(frozen=True)
class Seen:
    """A sheet as read, with the role that its headers give it."""

    path: Path
    sheet: str
    hidden: bool
    raw: RawFile | None
    """Its cells; None if it holds no table."""
    role: SheetRole = "other"
    reason: str = ""
    id_header: str = ""
    """Header of the loan's id where no header is known as one."""

    @property
    def label(self) -> str:
        """Name of the file, with the sheet in brackets."""
        return f"{self.path.name}[{self.sheet}]" if self.sheet else self.path.name

    @property
    def table(self) -> RawFile:
        """The cells of a sheet that holds a table."""
        if self.raw is None:
            raise TableError(f"{self.label}: {self.reason}; expected a table")
        return self.raw


def see(paths: Sequence[Path], memory_limit_gib: float) -> list[Seen]:
    """Read all sheets of all files and give each a role.

    Parameters
    ----------
    paths
        Files of the bank.
    memory_limit_gib
        Most memory that reading a file may take. [GiB]

    Raises
    ------
    TableError
        If a file cannot be read.
    """
    found: list[Seen] = []
    for path in paths:
        names = list_sheets(path, memory_limit_gib)
        for name in names:
            request = Request(
                sheet=name.name or None,
                known=count_known,
                memory_limit_gib=memory_limit_gib,
                may_be_empty=True,
            )
            try:
                raw = read_raw("loans", path, request)
            except TableError as error:
                if len(names) == 1:
                    raise
                found.append(Seen(path, name.name, name.hidden, None, reason=_tail(error)))
                continue
            found.append(_judged(Seen(path, name.name, name.hidden, raw)))
    if not any(one.role == "loans" for one in found):
        found = _with_other_ids(found)
    return found


def _tail(error: TableError) -> str:
    return str(error).partition(": ")[2]


def fields_of(role: str, headers: Sequence[str]) -> set[str]:
    """Return the canonical columns of a table that some header names."""
    names = field_names(role)
    return {names[key].field for key in map(header_key, headers) if key in names}


def _judged(one: Seen) -> Seen:
    """Return a sheet with its role."""
    raw = one.table
    found = {role: fields_of(role, raw.headers) for role in ROLES}
    loans, items = found["loans"], found["collateral"]
    worth = items & {"appraisal_value", "kind"}
    if len(raw.rows) == 0:
        return replace(one, reason="it has headers and no rows")
    if "loan_id" in loans and loans & {"principal", "gbv"}:
        share = _different(raw, "loans", "loan_id")
        if share < _UNIQUE and not worth:
            reason = f"only {share:.0%} of its loan ids differ: a list of events, not of loans"
            return replace(one, reason=reason)
        return replace(one, role="loans", reason="it has ids and balances of loans")
    if "loan_id" in items and worth:
        return replace(one, role="collateral", reason="it has ids of loans and values of items")
    if {"loan_id", "guarantor_id"} <= found["guarantors"] and "collateral_id" not in items:
        return replace(one, role="guarantors", reason="it has ids of loans and guarantors")
    if {"loan_id", "collateral_id"} <= found["relationships"]:
        return replace(one, role="relationships", reason="it joins ids of loans and of items")
    if "collateral_id" in items and worth:
        return replace(one, role="collateral", reason="it has ids and values of items")
    if loans & {"principal", "gbv"} and len(loans) >= _LIST_COLUMNS:
        return replace(one, reason="it has balances and no ids of loans: NOT in the price")
    known = count_known(raw.headers)
    reason = "it has no ids of loans" if known >= _FEW_HEADERS else "it has no known headers"
    return replace(one, reason=reason)


def texts_at(raw: RawFile, at: int) -> np.ndarray:
    """Return the texts of a column that hold something, totals left out."""
    texts = [t for t in column_text(raw.frame[at]).tolist() if t]
    short = [t for t in texts if not (len(t) <= 20 and is_total(t))]
    return np.array(short, dtype=object)


def _different(raw: RawFile, role: str, field: str) -> float:
    """Return the share of different ids among those filled."""
    names = field_names(role)
    at = [
        (names[key].rank, i)
        for i, key in enumerate(map(header_key, raw.headers))
        if key in names and names[key].field == field
    ]
    texts = texts_at(raw, min(at)[1])
    return len(set(texts.tolist())) / len(texts) if len(texts) else 0.0


def _with_other_ids(found: list[Seen]) -> list[Seen]:
    """Return sheets of balances without known ids of loans as loans.

    An unknown header that says that it is an id comes first, in every sheet that has it. Then the
    borrower's id or the position is taken in one sheet.
    """
    own = {i: _id_header(one) for i, one in enumerate(found) if _has_balances(one)}
    first = next((header for header in own.values() if header), "")
    if first:
        reason = f"it has balances, and {first!r} differs from row to row"
        return [
            replace(one, role="loans", reason=reason, id_header=first)
            if own.get(i) == first
            else _keyed(one, first)
            for i, one in enumerate(found)
        ]
    for kinds, what in ((("borrower_id",), "the borrower's id"), (("position",), "the position")):
        for i, one in enumerate(found):
            if not _has_balances(one):
                continue
            for at, header in enumerate(one.table.headers):
                key = header_key(header)
                name = field_names("loans").get(key)
                if (name.field if name else known_names().get(key)) not in kinds:
                    continue
                if _all_differ(one.table, at):
                    reason = f"it has balances, and {what} differs from row to row"
                    found = list(found)
                    found[i] = replace(one, role="loans", reason=reason, id_header=header)
                    return found
    return found


def _has_balances(one: Seen) -> bool:
    return one.raw is not None and bool(fields_of("loans", one.raw.headers) & {"principal", "gbv"})


def _all_differ(raw: RawFile, at: int) -> bool:
    texts = texts_at(raw, at)
    return len(texts) > 1 and len(set(texts.tolist())) == len(texts)


def _id_header(one: Seen) -> str:
    """Return the first unknown header that says that it is an id, and whose cells all differ."""
    known = {*field_names("loans"), *known_names()}
    for at, header in enumerate(one.table.headers):
        key = header_key(header or "")
        if key and key not in known and _ID.search(key) and _all_differ(one.table, at):
            return header
    return ""


def _keyed(one: Seen, header: str) -> Seen:
    """Return a sheet of items by the header of the loans' id, if it has that one."""
    if one.raw is None or one.role not in ("other", "collateral"):
        return one
    items = fields_of("collateral", one.raw.headers)
    if header not in one.raw.headers or "loan_id" in items:
        return one
    if not items & {"appraisal_value", "kind"}:
        return one
    reason = f"it has values of items, and {header!r} of the loans"
    return replace(one, role="collateral", reason=reason, id_header=header)
