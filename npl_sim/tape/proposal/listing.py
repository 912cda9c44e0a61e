"""List what a proposal found: sheets, canonical columns, and columns that are not read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from npl_sim.tables.cell_types import EMPTY_TEXT, column_text, is_empty
from npl_sim.tables.columns import Notation
from npl_sim.tape.proposal.claims import Claim
from npl_sim.tape.proposal.matching import Found
from npl_sim.tape.proposal.model import ColumnProposal, FieldProposal, SheetProposal
from npl_sim.tape.proposal.opened import Opened
from npl_sim.tape.proposal.origin import currencies_of, cut_off_dates, read_positions
from npl_sim.tape.proposal.seen import Seen
from npl_sim.tape.proposal.sheet_choice import Choice
from npl_sim.tape.proposal.unit_questions import Units
from npl_sim.tape.proposal.vocabulary import known_meaning, known_names, known_type
from npl_sim.tape.schema import columns_of
from npl_sim.tape.templates import header_key
from npl_sim.tape.units import header_statement

_EXAMPLES = 3
_AMOUNTS = 0.9
"""Least share of cells that are numbers in a column of amounts."""


def sheet_proposals(
    choice: Choice, tables: Sequence[Opened], units: Units, decimal: str | None
) -> tuple[SheetProposal, ...]:
    """Return all sheets of all files, those that are not read too."""
    opened = {id(one.seen): one for one in tables}
    return tuple(_sheet(one, opened.get(id(one)), units, decimal) for one in choice.sheets)


def _sheet(one: Seen, opened: Opened | None, units: Units, decimal: str | None) -> SheetProposal:
    raw = one.raw
    base = SheetProposal(
        one.path,
        one.sheet,
        one.role,
        one.reason,
        one.hidden,
        opened is not None,
        raw.header_row if raw else 1,
        raw.headers if raw else (),
        len(raw.rows) if raw else 0,
    )
    if opened is None or raw is None:
        return base
    unit, source = _unit_of(opened, units)
    codes = currencies_of([opened])
    dates = cut_off_dates([opened])
    comma: Literal[",", "."] | None = "," if decimal == "," and raw.source.encoding else None
    return SheetProposal(
        one.path,
        one.sheet,
        one.role,
        one.reason,
        one.hidden,
        True,
        raw.header_row,
        raw.headers,
        len(opened.records.rows),
        tuple(int(r) for r in opened.rows.totals.rows),
        tuple(int(r) for r in opened.rows.footers.rows),
        len(raw.merged),
        unit,
        source,
        codes[0] if len(codes) == 1 else "",
        "title, headers or cells" if codes else "",
        dates.get(one.label),
        next((t for _, texts in raw.above for t in texts if dates and one.label in dates), ""),
        tuple(t for _, texts in raw.above for t in texts),
        raw.source.encoding,
        comma,
    )


def _unit_of(one: Opened, units: Units) -> tuple[float | None, str]:
    """Return the unit of the amounts of a sheet and its source; None if nothing states it."""
    for name in ("principal", "gbv", "appraisal_value", "cap", *one.found):
        if name in one.found and (one.role, name) in units.source:
            return units.factor[one.role, name], units.source[one.role, name]
    return None, ""


def field_proposals(
    tables: Mapping[str, Sequence[Opened]], units: Units
) -> tuple[FieldProposal, ...]:
    """Return each canonical column of each table, found or not."""
    found: list[FieldProposal] = []
    for role in ("loans", "collateral", "guarantors", "relationships"):
        own = list(tables.get(role, ()))
        inside = role == "collateral" and not own
        if inside:
            own = [one for one in tables.get("loans", ()) if one.items]
        if not own:
            continue
        for column in columns_of(role):
            places = [(one, (one.items if inside else one.found).get(column.name)) for one in own]
            there = [(one, where) for one, where in places if where is not None]
            if not there:
                if not (inside and column.name in ("loan_id", "region", "currency")):
                    found.append(_missing(role, column.name, column.default))
                continue
            found.append(_field(role, column.name, column.default, there, len(own), units))
    return tuple(found)


def _missing(role: str, name: str, default: str) -> FieldProposal:
    reason = "no header names it"
    return FieldProposal(role, name, (), reason=reason, confidence="medium", default=default)  # type: ignore[arg-type]


def _field(
    role: str,
    name: str,
    default: str,
    there: Sequence[tuple[Opened, Found]],
    sheets: int,
    units: Units,
) -> FieldProposal:
    one, where = there[0]
    headers = tuple(one.header(at) for at in where.positions)
    others = dict.fromkeys(o.header(at) for o, w in there for at in (*w.others, *w.positions))
    confidence, reason = where.confidence, where.reason
    spelled = {tuple(o.header(at) for at in w.positions) for o, w in there}
    if len(spelled) > 1 or len(there) < sheets:
        confidence = "low" if len(there) < sheets else "medium"
        reason = f"{len(there)} of {sheets} sheets have it, with {len(spelled)} different headers"
    texts = [column_text(o.records.frame[at]) for o, w in there for at in w.positions[:1]]
    filled, examples = _look(texts)
    return FieldProposal(
        role,  # type: ignore[arg-type]
        name,
        headers,
        units.factor.get((role, name)),
        units.source.get((role, name), ""),
        filled,
        examples,
        confidence,
        reason,
        tuple(h for h in others if h not in headers),
        default,
    )


def _look(columns: Sequence[pd.Series]) -> tuple[float, tuple[str, ...]]:
    """Return the share of filled cells and the first different ones."""
    filled, size = 0, 0
    examples: dict[str, None] = {}
    for texts in columns:
        keep = ~is_empty(texts, EMPTY_TEXT)
        filled += int(keep.sum())
        size += len(texts)
        if len(examples) < _EXAMPLES:
            examples |= dict.fromkeys(str(t) for t in pd.unique(texts[keep])[:_EXAMPLES])
    return filled / max(1, size), tuple(examples)[:_EXAMPLES]


def unread_columns(
    tables: Mapping[str, Sequence[Opened]],
    claims: Sequence[Claim],
    units: Units,
    notation: Notation,
) -> tuple[ColumnProposal, ...]:
    """Return the columns of the bank that no canonical column reads, by table and header."""
    found: dict[tuple[str, str], ColumnProposal] = {}
    for role, own in tables.items():
        for i, one in enumerate(own):
            used = read_positions(one)
            claim = claims[i] if role == "loans" else None
            for at, header in enumerate(one.records.headers):
                if header and at not in used and (role, header) not in found:
                    found[role, header] = _unread(role, one, at, claim, units, notation)
    return tuple(found.values())


def _unread(
    role: str, one: Opened, at: int, claim: Claim | None, units: Units, notation: Notation
) -> ColumnProposal:
    header = one.header(at)
    filled, examples = _look([column_text(one.records.frame[at])])
    name = known_names().get(header_key(header), "")
    total = None
    if (known_type(name) if name else "") in ("", "amount") and _holds_amounts(one, at, notation):
        unit = header_statement(header).unit or _unit_of(one, units)[0] or 1.0
        total = float(one.amounts(at, notation).sum()) * unit
    explains = ""
    if claim is not None and at in claim.totals:
        explains = "a sum of other columns"
    return ColumnProposal(
        role,  # type: ignore[arg-type]
        header,
        filled,
        examples,
        known_meaning(name) if name else "",
        total,
        explains,
    )


def _holds_amounts(one: Opened, at: int, notation: Notation) -> bool:
    """Return whether nearly all cells of a column are numbers, and some are no whole ids."""
    texts = column_text(one.records.frame[at])
    texts = texts[~is_empty(texts, EMPTY_TEXT)]
    if len(texts) == 0:
        return False
    numbers = texts.str.fullmatch(r"[-+(]?[\d.,' ]+\)?").to_numpy(dtype=bool)
    long = texts.str.fullmatch(r"0\d+|\d{11,}").to_numpy(dtype=bool)
    return bool(np.mean(numbers) >= _AMOUNTS and not long.any())
