"""From the terms of a tape to parsed rows: open its files, match headers, settle units, set non-records apart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from npl_sim.errors import TableError, TapeError
from npl_sim.tables.files import RawFile, read_raw
from npl_sim.tables.findings import Finding
from npl_sim.tables.notation import Notation
from npl_sim.tape.amountunits import Stated, settle_units
from npl_sim.tape.currency import convert, convert_beside, in_currency_of
from npl_sim.tape.headers import Match, amount_places, known_headers, match_headers, rate_faults
from npl_sim.tape.links import linked_faults
from npl_sim.tape.nonrecords import Split, is_subtotal, split_rows, stated_count
from npl_sim.tape.parsed import Parsed, constant_faults, parse, unused_headers
from npl_sim.tape.schema import SCHEMAS, Role
from npl_sim.tape.spec import Headers, TapeSpec
from npl_sim.tape.unitrows import UnitRow, set_unit_row_apart, with_notes

__all__ = ["Sheet", "notation_of", "open_sheets", "parse_items", "parse_sheet", "with_content"]

# Collateral columns whose names mean something else on a loan file.
_NOT_EMBEDDED = ("loan_id", "region")
_MARKS_COLLATERAL = ("appraisal_value", "kind", "collateral_id")


@dataclass(frozen=True)
class Sheet:
    """A file whose headers are matched and whose rows are told apart."""

    role: Role
    rows: Split
    match: Match
    items: Match | None = None
    notes: tuple[str, ...] = ()

    @property
    def records(self) -> RawFile:
        """The records of the file."""
        return self.rows.records

    @property
    def totals(self) -> RawFile:
        """The lines of totals of the file."""
        return self.rows.totals


def notation_of(spec: TapeSpec) -> Notation:
    """Return how the tape writes numbers and dates; units and epochs are those of each column and file."""
    return Notation(
        decimal=spec.decimal or ".",
        date_format=spec.date_format,
        amount_unit=spec.amount_unit or 1.0,
        rates_in_percent=bool(spec.rates_in_percent),
        currency=spec.currency if _is_checked(spec) else "",
        placeholders=frozenset(spec.placeholder_dates),
        blanks_are_zero=spec.blank_amounts == "zero",
        decimal_stated=spec.decimal is not None,
    )


def _is_checked(spec: TapeSpec) -> bool:
    """Return whether the currency of the package is known, so that others are refused."""
    return "currency" in spec.model_fields_set


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
    """Return where collateral columns stand on the loan file, if they do."""
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
    """Return what was odd about a file whose headers cannot be used."""
    return [f"{raw.source.file} row {f.row}: {f.value!r}; expected {f.expected}" for f in raw.findings[:3]]


def _settled(
    spec: TapeSpec, role: Role, rows: Split, below: UnitRow, matches: tuple[Match, Match | None]
) -> tuple[Match, Match | None, list[str], tuple[str, ...]]:
    """Return the matches of a file and of the items on it with their units, the faults met, and what was settled."""
    match, items = matches
    raw = with_notes(rows.records, rows.footers)
    by_row = "currency" in match.at
    stated = Stated(_is_checked(spec), by_row, below)
    settled = settle_units(raw, role, match, spec, stated)
    faults = list(settled.faults)
    if items is not None:
        stated = replace(stated, by_row=by_row or "currency" in items.at)
        own = settle_units(raw, "collateral", items, spec, stated)
        faults += [fault for fault in own.faults if fault not in faults]
        items = own.match
    return settled.match, items, faults, settled.notes


def _open(
    spec: TapeSpec, role: Role, path: Path, sheet: str | None, faults: list[str], memory_limit_gib: float
) -> Sheet | None:
    """Return a file ready to be parsed; None, with the reason in `faults`, where it is not."""
    given = _columns(spec, role)
    try:
        raw = read_raw(
            role,
            path,
            encoding=spec.encoding,
            sheet=sheet,
            header_row=spec.row_of_headers(role),
            headers=_names(spec, role),
            known=known_headers(role, given),
            memory_limit_gib=memory_limit_gib,
        )
    except TableError as error:
        faults.append(str(error))
        return None
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
    if len(rows.records.rows) == 0:
        faults.append(f"{raw.source.file}: has no rows but lines of totals and footers; expected records")
        return None
    return Sheet(role, rows, match, items, notes)


def _check_totals(sheet: Sheet, parsed: Parsed, notation: Notation, spec: TapeSpec) -> None:
    """Warn of each line of totals, and where the last one is not the sum of the rows, or counts other rows."""
    notes, raw = parsed.notes, sheet.totals
    if len(raw.rows) == 0:
        return
    totals = parse(sheet.role, raw, sheet.match, notation, spec.value_map, {})
    totals = convert(in_currency_of(totals, parsed), sheet.role, spec)
    rows = tuple(int(r) for r in raw.rows)
    expected = "records only: this line of totals was left out"
    notes.about_file(Finding("warning", notes.file, "", expected, len(rows), rows, ("totals",) * len(rows)))
    texts = [[str(v) for v in row if isinstance(v, str)] for row in raw.frame.to_numpy().tolist()]
    whole = [i for i, row in enumerate(texts) if not any(map(is_subtotal, row))]
    if not whole:
        return  # subtotals alone say nothing of the whole file
    last = whole[-1]

    def differ(column: str, told: str, value: str) -> None:
        row = (rows[last],)
        notes.about_file(Finding("warning", notes.file, column, told, 1, row, (value,), "totals"))

    for column in SCHEMAS[sheet.role]:
        stated = totals.frame[column.name].iloc[last] if column.type == "amount" else np.nan
        if column.name in sheet.match.at and not np.isnan(stated):
            added = float(parsed.frame[column.name].sum())
            unit = sheet.match.units.get(column.name, 1.0)
            if abs(stated - added) > 0.01 * max(1.0, unit) + 1e-6 * abs(added):
                differ(
                    column.name, f"{added:,.2f}, the sum of the rows: rows may be missing", f"{stated:,.2f}"
                )
    counts = [c for c in map(stated_count, texts[last]) if c is not None]
    if counts and counts[0] != len(parsed.frame):
        differ("", f"{len(parsed.frame):,} records, as in the file: rows may be missing", f"{counts[0]:,}")


def _tell_rows(sheet: Sheet, parsed: Parsed) -> None:
    """Report footers, repeated headers, and what the file settled by itself."""
    notes = parsed.notes
    for raw, told in (
        (sheet.rows.footers, "records only: this note above or below the table was left out"),
        (sheet.rows.repeated, "records only: this row repeats the headers and was left out"),
    ):
        if len(raw.rows):
            rows = tuple(int(r) for r in raw.rows)
            values = tuple(
                " ".join(str(v) for v in row if isinstance(v, str) and v)[:200]
                for row in raw.frame.to_numpy()
            )
            notes.about_file(Finding("warning", notes.file, "", told, len(rows), rows, values))
    for told in sheet.notes:
        row = (sheet.records.header_row,)
        notes.findings.append(
            Finding(
                "warning",
                notes.file,
                "",
                "",
                1,
                row,
                ("",),
                "unit",
                message=f"{told}; expected the study to state it",
            )
        )


def parse_sheet(sheet: Sheet, spec: TapeSpec, notation: Notation) -> Parsed:
    """Return the records of a file, parsed, with what was found while it was opened."""
    constants = spec.defaults if sheet.role == "loans" else {}
    parsed = parse(sheet.role, sheet.records, sheet.match, notation, spec.value_map, constants)
    parsed = convert(parsed, sheet.role, spec, sheet.match.currencies)
    for finding in sheet.records.findings:
        parsed.notes.about_file(finding)
    used = {*sheet.match.positions, *(sheet.items.positions if sheet.items else ())}
    for finding in unused_headers(sheet.records, used):
        parsed.notes.about_file(finding)
    _check_totals(sheet, parsed, notation, spec)
    _tell_rows(sheet, parsed)
    return parsed


def parse_items(sheet: Sheet, match: Match, loans: Parsed, spec: TapeSpec, notation: Notation) -> Parsed:
    """Return the collateral columns of a loan file, one row per loan row."""
    by_row = "currency" in loans.places  # one column names the currency of the whole row
    own = replace(notation, currency="") if by_row else notation
    items = parse("collateral", sheet.records, match, own, spec.value_map, {})
    if "currency" in items.places:
        items = convert(items, "collateral", spec, match.currencies)
    elif by_row:
        items = convert_beside(items, loans, "collateral", spec, match.currencies)
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


def open_sheets(spec: TapeSpec, valuation_date: date, memory_limit_gib: float = 2.0) -> dict[Role, Sheet]:
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
            sheet = _open(spec, role, path, name, faults, memory_limit_gib)
            if sheet is not None:
                sheets[role] = sheet
    if faults:
        raise TapeError("\n".join(f"tape: {fault}" for fault in faults))
    return sheets
