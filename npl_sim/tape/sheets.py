"""Parse opened tables, with what their files state about totals, footers and units."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from npl_sim.tables.columns import Notation
from npl_sim.tables.files import RawFile
from npl_sim.tables.findings import Finding
from npl_sim.tape.currency import convert, convert_beside, in_currency_of
from npl_sim.tape.headers import Match
from npl_sim.tape.non_records import Split, is_subtotal, stated_count
from npl_sim.tape.parsed import Parsed, parse, unused_headers
from npl_sim.tape.schema import SCHEMAS, Role
from npl_sim.tape.spec import TapeSpec


@dataclass(frozen=True)
class Sheet:
    """A table with matched headers and rows split by type."""

    role: Role
    """The table."""
    rows: Split
    """Its rows by what they are."""
    match: Match
    items: Match | None = None
    """Where its columns stand, and the collateral columns of a loan file."""
    notes: tuple[str, ...] = ()
    """What the file settled by itself."""
    parts: tuple[Sheet, ...] = ()
    """The files of a table that lies in several; empty: one file."""

    @property
    def files(self) -> tuple[Sheet, ...]:
        """The files of the table, each as a table."""
        return self.parts or (self,)

    @property
    def records(self) -> RawFile:
        """The records of the file."""
        return self.rows.records

    @property
    def totals(self) -> RawFile:
        """The lines of totals of the file."""
        return self.rows.totals


def _check_totals(
    sheet: Sheet, parsed: Parsed, own: np.ndarray, notation: Notation, spec: TapeSpec
) -> None:
    """Warn of lines of totals, and of totals that differ from the rows in sum or count.

    `own` are the rows of `parsed` from this file; its last total may also be that of all files.
    """
    log, raw, file = parsed.log, sheet.totals, sheet.records.source.file
    if len(raw.rows) == 0:
        return
    totals = parse(sheet.role, raw, sheet.match, notation, spec.value_map, {})
    frame = parsed.frame[own]
    totals = convert(in_currency_of(totals, replace(parsed, frame=frame)), sheet.role, spec)
    rows = tuple(int(r) for r in raw.rows)
    expected = "records only: this line of totals was left out"
    log.about_file(
        Finding("warning", file, "", expected, len(rows), rows, ("totals",) * len(rows))
    )
    texts = [[str(v) for v in row if isinstance(v, str)] for row in raw.frame.to_numpy().tolist()]
    whole = [i for i, row in enumerate(texts) if not any(map(is_subtotal, row))]
    if not whole:
        return  # subtotals alone say nothing of the whole file
    last = whole[-1]

    def differ(column: str, message: str, value: str) -> None:
        row = (rows[last],)
        log.about_file(Finding("warning", file, column, message, 1, row, (value,), "totals"))

    for column in SCHEMAS[sheet.role]:
        stated = totals.frame[column.name].iloc[last] if column.type == "amount" else np.nan
        if column.name in sheet.match.at and not np.isnan(stated):
            added = float(frame[column.name].sum())
            unit = sheet.match.units.get(column.name, 1.0)
            sums = (added, float(parsed.frame[column.name].sum()))
            if all(abs(stated - s) > 0.01 * max(1.0, unit) + 1e-6 * abs(s) for s in sums):
                differ(
                    column.name,
                    f"{added:,.2f}, the sum of the rows: rows may be missing",
                    f"{stated:,.2f}",
                )
    counts = [c for c in map(stated_count, texts[last]) if c is not None]
    if counts and counts[0] not in (len(frame), len(parsed.frame)):
        differ(
            "", f"{len(frame):,} records, as in the file: rows may be missing", f"{counts[0]:,}"
        )


def _tell_rows(sheet: Sheet, parsed: Parsed) -> None:
    """Report footers, repeated headers, and what the file alone settled."""
    log, file = parsed.log, sheet.records.source.file
    for raw, expected in (
        (sheet.rows.footers, "records only: this note above or below the table was left out"),
        (sheet.rows.header_copies, "records only: this row repeats the headers and was left out"),
    ):
        if len(raw.rows):
            rows = tuple(int(r) for r in raw.rows)
            values = tuple(
                " ".join(str(v) for v in row if isinstance(v, str) and v)[:200]
                for row in raw.frame.to_numpy()
            )
            log.about_file(Finding("warning", file, "", expected, len(rows), rows, values))
    for expected in sheet.notes:
        row = (sheet.records.header_row,)
        log.findings.append(
            Finding(
                "warning",
                file,
                "",
                "",
                1,
                row,
                ("",),
                "unit",
                message=f"{expected}; expected the study to state it",
            )
        )


def parse_sheet(sheet: Sheet, spec: TapeSpec) -> Parsed:
    """Parse the records of a table, with the findings made while its files were opened."""
    notation = spec.notation
    constants = spec.defaults if sheet.role == "loans" else {}
    parsed = parse(sheet.role, sheet.records, sheet.match, notation, spec.value_map, constants)
    parsed = convert(parsed, sheet.role, spec, sheet.match.currencies)
    for i, part in enumerate(sheet.files):
        for finding in part.records.findings:
            parsed.log.about_file(finding)
        used = {*part.match.positions, *(part.items.positions if part.items else ())}
        for finding in unused_headers(part.records, used):
            parsed.log.about_file(finding)
        _check_totals(part, parsed, sheet.records.part == i, notation, spec)
        _tell_rows(part, parsed)
    return parsed


def parse_items(sheet: Sheet, match: Match, loans: Parsed, spec: TapeSpec) -> Parsed:
    """Return the collateral columns of a loan file, one row per loan row."""
    by_row = "currency" in loans.places  # one column names the currency of the whole row
    notation = replace(spec.notation, currency="") if by_row else spec.notation
    items = parse("collateral", sheet.records, match, notation, spec.value_map, {})
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
    items.log.rows = raw.rows
    frame = items.frame[any_cell].reset_index(drop=True)
    kept = {name: empty[any_cell] for name, empty in items.empty.items()}
    return replace(items, raw=raw, frame=frame, empty=kept)
