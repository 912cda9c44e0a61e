"""A file's rows as typed canonical columns, beside the notes on what was wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from npl_sim.tables.files import RawFile, cell_text, column_text
from npl_sim.tables.findings import Finding, FindingLog
from npl_sim.tables.notation import Cells, Notation
from npl_sim.tape.cells import read_column
from npl_sim.tape.headers import Match
from npl_sim.tape.schema import SCHEMAS, Column, Role
from npl_sim.tape.spec import Scalar
from npl_sim.tape.templates import TOTAL_WORDS

__all__ = ["Parsed", "among", "constant_faults", "parse", "split_totals", "unused_headers"]


@dataclass(frozen=True)
class Parsed:
    """Rows of one table.

    Attributes
    ----------
    raw
        The cells as they stand in the file.
    frame
        Canonical columns, one row per raw row; NaN, NaT or empty text where nothing is known.
    places
        Canonical column to its position in the file.
    given
        Canonical columns that the file or the study gives.
    empty
        Canonical column of the file to the rows where its cell is empty.
    notes
        Findings and reasons.
    """

    raw: RawFile
    frame: pd.DataFrame
    places: Mapping[str, int]
    given: frozenset[str]
    empty: Mapping[str, np.ndarray]
    notes: FindingLog

    def text(self, name: str) -> Callable[[np.ndarray], pd.Series]:
        """Return what shows a canonical column as the file has it; empty text where it has none."""
        place = self.places.get(name)
        return (lambda at: pd.Series([""] * len(at))) if place is None else _shown(self.raw.frame[place])


def among(ids: pd.Series, known: Collection[str]) -> np.ndarray:
    """Return which ids are known."""
    # As objects: the string array's own isin converts `known` anew, one by one.
    objects = np.asarray(known, dtype=object)
    return np.asarray(pd.Series(ids.to_numpy(dtype=object), dtype=object).isin(objects), dtype=bool)


def _blank(column: Column, size: int) -> pd.Series:
    match column.type:
        case "amount" | "rate" | "number":
            return pd.Series(np.full(size, np.nan))
        case "date":
            return pd.Series(np.full(size, np.datetime64("NaT"), dtype="datetime64[us]"))
        case "flag":
            return pd.Series(np.zeros(size, dtype=bool))
        case "stage":
            return pd.Series(["collection"] * size, dtype="str")
        case _:
            return pd.Series([""] * size, dtype="str")


def _shown(cells: pd.Series) -> Callable[[np.ndarray], pd.Series]:
    return lambda at: column_text(cells.iloc[at])


def _constant(column: Column, value: Scalar) -> Cells:
    text = pd.Series([cell_text(value)], dtype="str")
    return read_column(column, text, Notation(date_format="auto"))


def constant_faults(constants: Mapping[str, Scalar]) -> list[str]:
    """Return what is wrong with the constants that a study gives for loan columns."""
    faults = []
    for column in SCHEMAS["loans"]:
        if column.name in constants:
            value = constants[column.name]
            for expected, bad in _constant(column, value).faults.items():
                if bad[0]:
                    faults.append(f"defaults.{column.name}: {value!r}; expected {expected}")
    return faults


def parse(
    role: Role,
    raw: RawFile,
    match: Match,
    notation: Notation,
    value_map: Mapping[str, Mapping[Scalar, Scalar]],
    constants: Mapping[str, Scalar] = {},
) -> Parsed:
    """Read every canonical column of a table and note what cannot be read or is missing."""
    places = match.at
    headers = {name: raw.headers[i] for name, i in places.items()}
    notes = FindingLog(raw.source.file, raw.rows, headers)
    columns: dict[str, pd.Series] = {}
    empty: dict[str, np.ndarray] = {}
    for column in SCHEMAS[role]:
        name = column.name
        position = places.get(name)
        if position is not None:
            cells = raw.frame[position]
            shown = _shown(cells)
            found = read_column(column, cells, notation, value_map.get(name))
            columns[name], empty[name] = found.values, found.empty
            for expected, bad in found.faults.items():
                if bad.any():
                    notes.error(name, bad, shown, expected)
            if column.required:
                notes.error(name, found.empty, shown, "a value in every row")
        elif name in constants:
            value = _constant(column, constants[name]).values
            columns[name] = value.repeat(len(raw.frame)).reset_index(drop=True)
        else:
            columns[name] = _blank(column, len(raw.frame))
    given = frozenset(match.at) | (frozenset(constants) & frozenset(columns))
    return Parsed(raw, pd.DataFrame(columns), places, given, empty, notes)


def split_totals(raw: RawFile, id_at: int, amounts_at: Collection[int]) -> tuple[RawFile, RawFile]:
    """Return the records and the lines of totals.

    A line of totals has no id, or a word such as Total or 合计 for one, and either says such a word
    in some cell or is the last line and holds nothing but amounts.

    Parameters
    ----------
    raw
        The rows of a file.
    id_at
        Position of the loan id.
    amounts_at
        Positions of the amounts.
    """
    ids = column_text(raw.frame[id_at])
    word = ids.str.casefold().isin(list(TOTAL_WORDS)).to_numpy(dtype=bool)
    total = word.copy()
    for i in np.flatnonzero((ids == "").to_numpy(dtype=bool)):
        cells = {c: cell_text(v) for c, v in raw.frame.iloc[i].items()}
        said = any(cell.casefold().rstrip(":：") in TOTAL_WORDS for cell in cells.values())
        bare = all(cell == "" for c, cell in cells.items() if c not in amounts_at)
        total[i] = said or (bare and i == len(ids) - 1 and i > 0)
    return raw.take(~total), raw.take(total)


def unused_headers(raw: RawFile, used: Collection[int]) -> list[Finding]:
    """Return a warning that names the columns of a file which are not used."""
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
