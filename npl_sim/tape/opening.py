"""Open the tables of a tape: read files, match headers, settle units, separate non-records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np

from npl_sim.core.errors import TableError, TapeError
from npl_sim.tables.files import RawFile, read_raw
from npl_sim.tape.amount_units import Stated, settle_units
from npl_sim.tape.file_parts import currency_faults
from npl_sim.tape.headers import Match, amount_places, known_headers, match_headers, rate_faults
from npl_sim.tape.links import linked_faults
from npl_sim.tape.non_records import Split, split_rows
from npl_sim.tape.parsed import constant_faults
from npl_sim.tape.schema import Role
from npl_sim.tape.several_files import (
    joined_match,
    joined_rows,
    named_apart,
    repeated_files,
    same_content,
    slots,
)
from npl_sim.tape.sheet import Sheet
from npl_sim.tape.sheets import is_checked
from npl_sim.tape.spec import Headers, TapeSpec
from npl_sim.tape.unit_rows import UnitRow, set_unit_row_apart, with_notes

__all__ = ["open_sheets"]

# Collateral columns whose names mean something else on a loan file.
_NOT_EMBEDDED = ("loan_id", "region")
_MARKS_COLLATERAL = ("appraisal_value", "kind", "collateral_id")


def _columns(spec: TapeSpec, role: Role) -> dict[str, Headers]:
    return {
        "loans": spec.columns,
        "collateral": spec.collateral_columns,
        "guarantors": spec.guarantor_columns,
    }[role]


def _names(spec: TapeSpec, role: Role) -> tuple[str, ...]:
    return {
        "loans": spec.headers,
        "collateral": spec.collateral_headers,
        "guarantors": spec.guarantor_headers,
    }[role]


def _embedded(spec: TapeSpec, raw: RawFile, match: Match, faults: list[str]) -> Match | None:
    """Return the positions of collateral columns in the loan file, if it has any."""
    if spec.collateral is not None:
        return None
    found = match_headers(
        "collateral",
        raw.headers,
        spec.collateral_columns,
        taken=match.positions,
        without=[n for n in _NOT_EMBEDDED if n not in spec.collateral_columns],
    )
    if not any(name in found.at for name in _MARKS_COLLATERAL):
        return None
    faults += [f"{raw.source.file}: {fault}" for fault in found.faults]
    return found


def _hints(raw: RawFile) -> list[str]:
    """Return the first findings on a file whose headers cannot be used."""
    return [
        f"{raw.source.file} row {f.row}: {f.value!r}; expected {f.expected}"
        for f in raw.findings[:3]
    ]


def _settled(
    spec: TapeSpec, role: Role, rows: Split, below: UnitRow, matches: tuple[Match, Match | None]
) -> tuple[Match, Match | None, list[str], tuple[str, ...]]:
    """Return the matches of a file and its items with units, the errors, and settled readings."""
    match, items = matches
    raw = with_notes(rows.records, rows.footers)
    by_row = "currency" in match.at
    stated = Stated(is_checked(spec), by_row, below)
    settled = settle_units(raw, role, match, spec, stated)
    faults = list(settled.faults)
    if items is not None:
        stated = replace(stated, by_row=by_row or "currency" in items.at)
        own = settle_units(raw, "collateral", items, spec, stated)
        faults += [fault for fault in own.faults if fault not in faults]
        items = own.match
    return settled.match, items, faults, settled.notes


def _open(
    spec: TapeSpec,
    role: Role,
    paths: Sequence[Path],
    sheet: str | None,
    faults: list[str],
    memory_limit_gib: float,
) -> Sheet | None:
    """Return a table ready to be parsed; None if it fails, with the reason in `errors`."""
    before = len(faults)
    faults += repeated_files(role, paths)
    raws: list[RawFile] = []
    for path in paths if len(faults) == before else ():
        try:
            raw = read_raw(
                role,
                path,
                encoding=spec.encoding,
                sheet=sheet,
                header_row=spec.row_of_headers(role),
                headers=_names(spec, role),
                known=known_headers(role, _columns(spec, role)),
                memory_limit_gib=memory_limit_gib,
                may_be_empty=len(paths) > 1,
            )
        except TableError as error:
            faults.append(str(error))
        else:
            raws.append(raw)
    faults += same_content(raws)
    if len(faults) > before:
        return None
    files = [_sheet(spec, role, raw, faults, len(paths) > 1) for raw in named_apart(raws, paths)]
    if not all(len(file.records.rows) == 0 for file in files if file is not None):
        found = [file for file in files if file is not None]
        return _joined(role, found, faults) if len(found) == len(files) else None
    if len(faults) == before:
        named = raws[0].source.file if len(raws) == 1 else f"{role}: none of the {len(raws)} files"
        faults.append(f"{named}: has no rows but lines of totals and footers; expected records")
    return None


def _sheet(
    spec: TapeSpec, role: Role, raw: RawFile, faults: list[str], several: bool
) -> Sheet | None:
    """Return a file with matched headers; None if it fails, with the reason in `errors`."""
    given = _columns(spec, role)
    constants = spec.defaults if role == "loans" else {}
    linked = role == "collateral" and spec.relationships is not None
    without = ("loan_id",) if linked else ()
    match = match_headers(role, raw.headers, given, constants=constants, without=without)
    own = [*match.faults, *rate_faults(raw.headers, match, spec.rates_in_percent)]
    if linked:
        own += linked_faults(spec, raw.headers, match.at)
    where = f"{raw.source.file} row {raw.header_row}"
    if own:
        faults += [f"{where}: {fault}" for fault in own]
        faults += _hints(raw)
        return None
    items = _embedded(spec, raw, match, faults) if role == "loans" else None
    amounts = amount_places(match, items)
    raw, below = set_unit_row_apart(raw, amounts)
    rows = split_rows(raw, match.at["collateral_id" if linked else "loan_id"], amounts)
    match, items, own, notes = _settled(spec, role, rows, below, (match, items))
    if own:
        faults += [f"{where}: {fault}" for fault in own]
        return None
    if several and len(rows.records.rows) == 0:
        notes = (*notes, "the file holds no records and adds nothing")
    return Sheet(role, rows, match, items, notes)


def _joined(role: Role, files: Sequence[Sheet], faults: list[str]) -> Sheet | None:
    """Combine the files of a table."""
    if len(files) == 1:
        return files[0]
    faults += currency_faults(files)
    raws = [file.records for file in files]
    places = [slots(file.records, file.match, file.items) for file in files]
    records, at = joined_rows(raws, places)
    match = joined_match([file.match for file in files], at)
    items = joined_match([file.items for file in files], at, "items")
    if match is None:
        return None
    none = np.zeros(len(records.rows), dtype=bool)
    rest = records.take(none)
    totals = replace(rest, rows=np.concatenate([file.totals.rows for file in files]))
    return Sheet(role, Split(records, totals, rest, rest), match, items, parts=tuple(files))


def open_sheets(
    spec: TapeSpec, valuation_date: date, memory_limit_gib: float = 2.0
) -> dict[Role, Sheet]:
    """Open the files of a tape; raise all their errors together."""
    faults = constant_faults(spec.defaults)
    if spec.cut_off_date is not None and spec.cut_off_date > valuation_date:
        faults.append(
            f"cut_off_date: {spec.cut_off_date}; expected a date on or before the valuation date "
            f"{valuation_date}"
        )
    if spec.relationships is not None and spec.collateral is None:
        faults.append(
            "relationships: a file that joins items to loans; expected a collateral file beside it"
        )
    names: tuple[tuple[Role, str | None], ...] = (
        ("loans", spec.sheet),
        ("collateral", spec.collateral_sheet),
        ("guarantors", spec.guarantor_sheet),
    )
    sheets: dict[Role, Sheet] = {}
    for role, name in names:
        paths = spec.files[role]
        if paths:
            sheet = _open(spec, role, paths, name, faults, memory_limit_gib)
            if sheet is not None:
                sheets[role] = sheet
    if faults:
        raise TapeError("\n".join(f"tape: {fault}" for fault in faults))
    return sheets
