"""Parse a file's rows into typed canonical columns and log what was found."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from npl_sim.tables.cell_types import column_text
from npl_sim.tables.columns import Cells, Column, Notation
from npl_sim.tables.files import RawFile
from npl_sim.tables.findings import FilePart, Finding, FindingLog
from npl_sim.tape.cells import blank_column, read_constant, read_parts
from npl_sim.tape.headers import Match
from npl_sim.tape.schema import SCHEMAS, Role
from npl_sim.tape.table_terms import Scalar

MERGED = "an amount for each row: this cell spans several"
BLANK_OR_ERROR = (
    "an amount: this format cannot tell an empty cell from an error; write 0, save as .xlsx, "
    "or set tape.blank_amounts to zero"
)


@dataclass(frozen=True)
class Parsed:
    """Rows of one table, parsed."""

    raw: RawFile
    """The cells as in the file."""
    frame: pd.DataFrame
    """Canonical columns, one row per raw row; NaN, NaT or empty text where nothing is known."""
    places: Mapping[str, int]
    """Canonical column to its position in the file."""
    given: frozenset[str]
    """Canonical columns that the file or the study gives."""
    empty: Mapping[str, np.ndarray]
    """Canonical column of the file to the rows where its cell is empty."""
    log: FindingLog
    """Findings and reasons."""

    def text(self, name: str) -> Callable[[np.ndarray], pd.Series]:
        """Return a function that shows cells of a canonical column as the file has them."""
        place = self.places.get(name)
        return (
            (lambda at: pd.Series([""] * len(at)))
            if place is None
            else _shown(self.raw.frame[place])
        )


def among(ids: pd.Series, known: Collection[str]) -> np.ndarray:
    """Return which ids are known."""
    # As objects: the string array's own isin converts `known` anew, one by one.
    objects = np.asarray(known, dtype=object)
    return np.asarray(
        pd.Series(ids.to_numpy(dtype=object), dtype=object).isin(objects), dtype=bool
    )


def _shown(cells: pd.Series) -> Callable[[np.ndarray], pd.Series]:
    return lambda at: column_text(cells.iloc[at])


def parse(
    role: Role,
    raw: RawFile,
    match: Match,
    notation: Notation,
    value_map: Mapping[str, Mapping[Scalar, Scalar]],
    constants: Mapping[str, Scalar] = {},
) -> Parsed:
    """Read every canonical column of a table and log unreadable and missing cells."""
    places = match.at
    log = log_of(raw, places, match)
    part, unsure = raw.part, ~raw.blanks_known
    columns: dict[str, pd.Series] = {}
    empty: dict[str, np.ndarray] = {}
    for column in SCHEMAS[role]:
        name = column.name
        if name in places:
            notations = _notations(column, raw, match, notation)
            lacks = np.zeros(len(raw.rows), dtype=bool)
            if raw.parts:  # rows of a file without the column, where other files have it
                lacks = np.array([name not in own.at for own in match.parts], dtype=bool)[part]
            positions = (places[name], *match.more.get(name, ()))
            found = []
            for i in positions:
                cells = read_parts(column, raw.frame[i], part, notations, value_map.get(name))
                doubtful = unsure & ~lacks & (not notations[0].blanks_are_zero)
                _log_column(log, column, raw, i, cells, doubtful)
                found.append(cells)
            columns[name], empty[name] = (
                (found[0].values, found[0].empty) if len(found) == 1 else _added(found)
            )
            if name in constants and lacks.any():
                value = read_constant(column, constants[name]).values.iloc[0]
                columns[name] = columns[name].copy()
                columns[name][lacks] = value
                empty[name] = empty[name] & ~lacks
            if column.required:
                log.error(
                    name, empty[name], _shown(raw.frame[places[name]]), "a value in every row"
                )
        elif name in constants:
            value = read_constant(column, constants[name]).values
            columns[name] = value.repeat(len(raw.frame)).reset_index(drop=True)
        else:
            columns[name] = blank_column(column, len(raw.frame))
    given = frozenset(match.at) | (frozenset(constants) & frozenset(columns))
    return Parsed(raw, pd.DataFrame(columns), places, given, empty, log)


def log_of(raw: RawFile, places: Mapping[str, int], match: Match) -> FindingLog:
    """Return an empty log of the rows of a table, in one file or several."""
    headers = {name: raw.headers[i] for name, i in places.items()}
    parts = tuple(
        FilePart(
            part.source.file, part.header_row, {n: part.headers[i] for n, i in own.at.items()}
        )
        for part, own in zip(raw.parts, match.parts, strict=True)
    )
    return FindingLog(raw.source.file, raw.rows, headers, parts=parts)


def _notations(column: Column, raw: RawFile, match: Match, notation: Notation) -> list[Notation]:
    """Return each file's notation of a column; files without the column use the first one."""
    name = column.name
    found: list[Notation | None] = []
    for i in range(max(1, len(raw.parts))):
        own = match.of_part(i)
        by_row = "currency" in own.at  # the marks beside amounts are then compared row by row
        found.append(
            replace(
                notation,
                epoch=raw.parts[i].epoch if raw.parts else raw.epoch,
                amount_unit=own.units.get(name, notation.amount_unit),
                currency="" if by_row else own.currencies.get(name) or notation.currency,
                rates_in_percent=notation.rates_in_percent or name in own.percent,
            )
            if name in own.at
            else None
        )
    first = next(n for n in found if n is not None)
    return [n or first for n in found]


def _log_column(
    log: FindingLog,
    column: Column,
    raw: RawFile,
    position: int,
    cells: Cells,
    doubtful: np.ndarray,
) -> None:
    """Log the findings of one column under its own header; `doubtful` rows may hide errors."""
    shown = _shown(raw.frame[position])
    header = log.headers.get(column.name)
    log.headers[column.name] = raw.headers[position] or (header or "")
    for expected, bad in cells.errors.items():
        if bad.any():
            log.error(column.name, bad, shown, expected)
    for expected, at in cells.warnings.items():
        log.warn(column.name, at, shown, expected, confirm=f"notation.{column.name}")
    if column.type == "amount":
        log.error(column.name, _merged(raw, position), shown, MERGED)
        log.error(column.name, cells.empty & doubtful, shown, BLANK_OR_ERROR)
    if header is not None:
        log.headers[column.name] = header


def _merged(raw: RawFile, position: int) -> np.ndarray:
    """Return the rows whose cell is part of a merged cell over several rows."""
    found = np.zeros(len(raw.rows), dtype=bool)
    for first, last, column in raw.merged:
        if column == position:
            inside = (raw.rows >= first) & (raw.rows <= last)
            found |= inside if inside.sum() > 1 else False
    return found


def _added(found: list[Cells]) -> tuple[pd.Series, np.ndarray]:
    """Add the amounts of several columns; empty if all are empty, unknown if one is unreadable."""
    empty = np.logical_and.reduce([cells.empty for cells in found])
    parts = [
        np.where(cells.empty, 0.0, cells.values.to_numpy(dtype=np.float64)) for cells in found
    ]
    total = np.sum(parts, axis=0)
    return pd.Series(np.where(empty, np.nan, total)), empty


def unused_headers(raw: RawFile, used: Collection[int]) -> list[Finding]:
    """Return a warning that names the unused columns of a file."""
    unused = []
    for i, header in enumerate(raw.headers):
        if i in used:
            continue
        if header:
            unused.append(header)
        elif (column_text(raw.frame[i]) != "").any():
            unused.append(f"column {i + 1} without a header")
    if not unused:
        return []
    expected = "known headers, or columns to name them: these columns were not used"
    row = (raw.header_row,)
    return [Finding("warning", raw.source.file, "", expected, 1, row, (", ".join(unused),))]
