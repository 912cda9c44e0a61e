"""From the words of a tape to parsed rows: open its files, match headers, split off totals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from npl_sim.errors import TableError, TapeError
from npl_sim.tables.files import RawFile, read_raw
from npl_sim.tables.findings import Finding
from npl_sim.tables.notation import Notation
from npl_sim.tape.absent import required_faults
from npl_sim.tape.headers import Match, match_headers
from npl_sim.tape.links import linked_faults
from npl_sim.tape.parsed import Parsed, constant_faults, parse, split_totals, unused_headers
from npl_sim.tape.schema import SCHEMAS, Role
from npl_sim.tape.spec import TapeSpec

__all__ = ["Sheet", "open_sheets", "parse_items", "parse_sheet", "with_content"]

# Collateral columns whose names mean something else on a loan file.
_NOT_EMBEDDED = ("loan_id", "region")
_MARKS_COLLATERAL = ("appraisal_value", "kind", "collateral_id")


@dataclass(frozen=True)
class Sheet:
    """A file whose headers are matched and whose lines of totals are split off."""

    records: RawFile
    totals: RawFile
    match: Match
    items: Match | None = None


def _embedded(spec: TapeSpec, raw: RawFile, match: Match, faults: list[str]) -> Match | None:
    """Return where collateral columns stand on the loan file, if they do."""
    if spec.collateral is not None:
        return None
    found = match_headers(
        "collateral",
        raw.headers,
        spec.collateral_columns,
        amount_unit=spec.amount_unit or 1.0,
        taken=match.at.values(),
        without=[n for n in _NOT_EMBEDDED if n not in spec.collateral_columns],
    )
    if not any(name in found.at for name in _MARKS_COLLATERAL):
        return None
    faults += [f"{raw.source.file}: {fault}" for fault in found.faults]
    return found


def _open(spec: TapeSpec, role: Role, path: Path, sheet: str | None, faults: list[str]) -> Sheet | None:
    """Return a file ready to be parsed; None, with the reason in `faults`, where it is not."""
    try:
        raw = read_raw(role, path, encoding=spec.encoding, sheet=sheet, header_row=spec.row_of_headers(role))
    except TableError as error:
        faults.append(str(error))
        return None
    given = {
        "loans": spec.columns,
        "collateral": spec.collateral_columns,
        "guarantors": spec.guarantor_columns,
    }[role]
    constants = spec.defaults if role == "loans" else {}
    linked = role == "collateral" and spec.relationships is not None
    without = ("loan_id",) if linked else ()
    match = match_headers(
        role, raw.headers, given, constants=constants, amount_unit=spec.amount_unit or 1.0, without=without
    )
    found = list(match.faults)
    if role == "loans":
        found += required_faults(raw.headers, match.at, spec.defaults)
    elif linked:
        found += linked_faults(spec, raw.headers, match.at)
    faults += [f"{raw.source.file} row {raw.header_row}: {fault}" for fault in found]
    items = _embedded(spec, raw, match, faults) if role == "loans" else None
    if found:
        return None
    every = {**match.at, **(items.at if items else {})}
    amounts = {every[c.name] for s in SCHEMAS.values() for c in s if c.type == "amount" and c.name in every}
    records, totals = split_totals(raw, match.at["collateral_id" if linked else "loan_id"], amounts)
    if len(records.rows) == 0:
        faults.append(f"{raw.source.file}: has no rows but lines of totals")
        return None
    return Sheet(records, totals, match, items)


def _check_totals(sheet: Sheet, parsed: Parsed, notation: Notation, spec: TapeSpec) -> None:
    """Warn of each line of totals, and where the last one is not the sum of the rows."""
    notes = parsed.notes
    if len(sheet.totals.rows) == 0:
        return
    role = sheet.records.source.role
    totals = parse(role, sheet.totals, sheet.match, notation, spec.value_map, {})
    rows = tuple(int(r) for r in sheet.totals.rows)
    expected = "records only: this line of totals was left out"
    notes.about_file(Finding("warning", notes.file, "", expected, len(rows), rows, ("totals",) * len(rows)))
    for column in SCHEMAS[role]:
        stated = totals.frame[column.name].iloc[-1] if column.type == "amount" else np.nan
        if column.name in sheet.match.at and not np.isnan(stated):
            added = float(parsed.frame[column.name].sum())
            if abs(stated - added) > 0.01 * max(1.0, spec.amount_unit or 1.0) + 1e-6 * abs(added):
                value = f"{stated:,.2f}"
                told = f"{added:,.2f}, the sum of the rows: rows may be missing"
                notes.about_file(Finding("warning", notes.file, column.name, told, 1, rows[-1:], (value,)))


def parse_sheet(sheet: Sheet, spec: TapeSpec, notation: Notation) -> Parsed:
    """Return the records of a file, parsed, with what was found while it was opened."""
    role = sheet.records.source.role
    constants = spec.defaults if role == "loans" else {}
    parsed = parse(role, sheet.records, sheet.match, notation, spec.value_map, constants)
    for finding in sheet.records.findings:
        parsed.notes.about_file(finding)
    used = {*sheet.match.at.values(), *(sheet.items.at.values() if sheet.items else ())}
    for finding in unused_headers(sheet.records, used):
        parsed.notes.about_file(finding)
    _check_totals(sheet, parsed, notation, spec)
    return parsed


def parse_items(sheet: Sheet, match: Match, loans: Parsed, spec: TapeSpec, notation: Notation) -> Parsed:
    """Return the collateral columns of a loan file, one row per loan row."""
    items = parse("collateral", sheet.records, match, notation, spec.value_map, {})
    return replace(items, frame=items.frame.assign(loan_id=loans.frame["loan_id"]))


def with_content(items: Parsed) -> Parsed:
    """Return the rows of embedded collateral that hold an item."""
    any_cell = np.zeros(len(items.frame), dtype=bool)
    for empty in items.empty.values():
        any_cell |= ~empty
    raw = items.raw.take(any_cell)
    items.notes.rows = raw.rows
    frame = items.frame[any_cell].reset_index(drop=True)
    kept = {name: empty[any_cell] for name, empty in items.empty.items()}
    return replace(items, raw=raw, frame=frame, empty=kept)


def open_sheets(spec: TapeSpec, valuation_date: date) -> dict[Role, Sheet]:
    """Open the files of a tape; raise all their faults together."""
    faults = constant_faults(spec.defaults)
    if spec.cut_off_date is not None and spec.cut_off_date > valuation_date:
        faults.append(
            f"cut_off_date: {spec.cut_off_date}; expected a date on or before the valuation date "
            f"{valuation_date}"
        )
    if spec.relationships is not None and spec.collateral is None:
        faults.append("relationships: a file that joins items to loans; expected a collateral file beside it")
    files: tuple[tuple[Role, Path | None, str | None], ...] = (
        ("loans", spec.loans, spec.sheet),
        ("collateral", spec.collateral, spec.collateral_sheet),
        ("guarantors", spec.guarantors, spec.guarantor_sheet),
    )
    sheets: dict[Role, Sheet] = {}
    for role, path, name in files:
        if path is not None:
            sheet = _open(spec, role, path, name, faults)
            if sheet is not None:
                sheets[role] = sheet
    if faults:
        raise TapeError("\n".join(f"tape: {fault}" for fault in faults))
    return sheets
