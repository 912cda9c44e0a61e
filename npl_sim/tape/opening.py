"""Open the tables of a tape: read files, match headers, settle units, separate non-records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np

from npl_sim.core.errors import TableError, TapeError
from npl_sim.tables.body import Request
from npl_sim.tables.files import RawFile, read_raw
from npl_sim.tables.sheet_list import list_sheets
from npl_sim.tape.amount_units import Stated, settle_units
from npl_sim.tape.cells import constant_errors
from npl_sim.tape.file_parts import currency_errors
from npl_sim.tape.headers import Match, amount_places, known_headers, match_headers, rate_errors
from npl_sim.tape.links import linked_errors
from npl_sim.tape.non_records import Split, split_rows
from npl_sim.tape.schema import SCHEMAS, Role
from npl_sim.tape.several_files import (
    duplicate_files,
    joined_match,
    joined_rows,
    named_apart,
    same_content,
    slots,
)
from npl_sim.tape.sheets import Sheet
from npl_sim.tape.spec import TapeSpec
from npl_sim.tape.table_terms import TableTerms
from npl_sim.tape.unit_rows import UnitRow, set_unit_row_apart

# Collateral columns whose names mean something else on a loan file.
_NOT_EMBEDDED = ("loan_id", "region")
_MARKS_COLLATERAL = ("appraisal_value", "kind", "collateral_id")


def _embedded(spec: TapeSpec, raw: RawFile, match: Match, errors: list[str]) -> Match | None:
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
    errors += [f"{raw.source.file}: {fault}" for fault in found.errors]
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
    raw = rows.with_notes()
    by_row = "currency" in match.at
    stated = Stated(spec.currency_is_known, by_row, below)
    settled = settle_units(raw, role, match, spec, stated)
    errors = list(settled.errors)
    if items is not None:
        stated = replace(stated, by_row=by_row or "currency" in items.at)
        own = settle_units(raw, "collateral", items, spec, stated)
        errors += [fault for fault in own.errors if fault not in errors]
        items = own.match
    return settled.match, items, errors, settled.notes


def _sheets(
    terms: TableTerms, errors: list[str], memory_limit_gib: float
) -> list[tuple[Path, str | None]]:
    """Return the sheets of a table by file; of several names a file may lack some."""
    if not isinstance(terms.sheet, tuple):
        return [(path, terms.sheet) for path in terms.paths]
    pairs: list[tuple[Path, str | None]] = []
    found: set[str] = set()
    for path in terms.paths:
        try:
            names = [one.name for one in list_sheets(path, memory_limit_gib)]
        except TableError as error:
            errors.append(str(error))
            continue
        own = [name for name in terms.sheet if name in names]
        if not own:
            wanted = ", ".join(map(repr, terms.sheet))
            errors.append(
                f"{path}: has the sheets {', '.join(map(repr, names))}; expected {wanted}"
            )
        found |= set(own)
        pairs += [(path, name) for name in own]
    lacking = [name for name in terms.sheet if name not in found]
    if lacking and not errors:
        named = ", ".join(str(path) for path in terms.paths)
        errors.append(f"{named}: no sheet {lacking[0]!r}; expected each named sheet in some file")
    return pairs


def _open(
    spec: TapeSpec,
    role: Role,
    terms: TableTerms,
    errors: list[str],
    memory_limit_gib: float,
) -> Sheet | None:
    """Return a table ready to be parsed; None if it fails, with the reason in `errors`."""
    before = len(errors)
    errors += duplicate_files(role, terms.paths)
    pairs = _sheets(terms, errors, memory_limit_gib) if len(errors) == before else []
    raws: list[RawFile] = []
    for path, sheet in pairs:
        try:
            raw = read_raw(
                role,
                path,
                Request(
                    encoding=spec.encoding,
                    sheet=sheet,
                    header_row=terms.header_row,
                    headers=terms.headers,
                    known=known_headers(role, terms.columns),
                    memory_limit_gib=memory_limit_gib,
                    may_be_empty=len(pairs) > 1,
                ),
            )
        except TableError as error:
            errors.append(str(error))
        else:
            raws.append(raw)
    errors += same_content(raws)
    if len(errors) > before:
        return None
    paths = [path for path, _ in pairs]
    files = [_sheet(spec, role, terms, raw, errors) for raw in named_apart(raws, paths)]
    if not all(len(file.rows.records.rows) == 0 for file in files if file is not None):
        found = [file for file in files if file is not None]
        return _joined(role, found, errors) if len(found) == len(files) else None
    if len(errors) == before:
        named = raws[0].source.file if len(raws) == 1 else f"{role}: none of the {len(raws)} files"
        errors.append(f"{named}: has no rows but lines of totals and footers; expected records")
    return None


def _sheet(
    spec: TapeSpec, role: Role, terms: TableTerms, raw: RawFile, errors: list[str]
) -> Sheet | None:
    """Return a file with matched headers; None if it fails, with the reason in `errors`."""
    constants = spec.defaults if role == "loans" else {}
    linked = role == "collateral" and spec.relationships is not None
    without = ("loan_id",) if linked else ()
    match = match_headers(role, raw.headers, terms.columns, constants=constants, without=without)
    own = [*match.errors, *rate_errors(raw.headers, match, spec.rates_in_percent)]
    if linked:
        own += linked_errors(spec, raw.headers, match.at)
    where = f"{raw.source.file} row {raw.header_row}"
    if own:
        errors += [f"{where}: {fault}" for fault in own]
        errors += _hints(raw)
        return None
    items = _embedded(spec, raw, match, errors) if role == "loans" else None
    amounts = amount_places(match, items)
    raw, below = set_unit_row_apart(raw, amounts)
    rows = split_rows(raw, match.at["collateral_id" if linked else "loan_id"], amounts)
    match, items, own, notes = _settled(spec, role, rows, below, (match, items))
    if own:
        errors += [f"{where}: {fault}" for fault in own]
        return None
    several = len(terms.paths) > 1 or isinstance(terms.sheet, tuple)
    if several and len(rows.records.rows) == 0:
        notes = (*notes, "the file holds no records and adds nothing")
    return Sheet(role, rows, match, items, notes)


def _joined(role: Role, files: Sequence[Sheet], errors: list[str]) -> Sheet | None:
    """Combine the files of a table."""
    if len(files) == 1:
        return files[0]
    errors += currency_errors(files)
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
    errors = constant_errors(spec.defaults)
    if spec.cut_off_date is not None and spec.cut_off_date > valuation_date:
        errors.append(
            f"cut_off_date: {spec.cut_off_date}; expected a date on or before the valuation date "
            f"{valuation_date}"
        )
    if spec.relationships is not None and spec.collateral is None:
        errors.append(
            "relationships: a file that joins items to loans; expected a collateral file beside it"
        )
    sheets: dict[Role, Sheet] = {}
    for role in SCHEMAS:
        terms = spec.table(role)
        sheet = _open(spec, role, terms, errors, memory_limit_gib) if terms.paths else None
        if sheet is not None:
            sheets[role] = sheet
    if errors:
        raise TapeError("\n".join(f"tape: {fault}" for fault in errors))
    return sheets
