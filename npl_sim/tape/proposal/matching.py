"""Match the headers of a sheet to canonical columns, by name and by what the cells hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from npl_sim.tables.cell_types import EMPTY, column_text, is_empty
from npl_sim.tables.columns import Column, Notation
from npl_sim.tables.files import RawFile
from npl_sim.tape.cells import read_column
from npl_sim.tape.proposal.model import Confidence
from npl_sim.tape.proposal.vocabulary import field_names, known_names, part_names
from npl_sim.tape.regions import market_region
from npl_sim.tape.schema import columns_of
from npl_sim.tape.templates import header_key

SAMPLE = 2000
"""Rows by which the type of a column is checked."""
_TYPED = ("amount", "rate", "number", "date", "currency")
_WRONG, _DOUBTFUL = 0.5, 0.9
"""Least share of readable cells for a column to be a candidate, and to be sure."""
_LEAST_PART = 3
"""Fewest characters of a known header that a longer header may contain."""
_WANTED: Mapping[str, tuple[str, ...]] = {
    "loans": ("loan_id", "principal", "gbv", "default_date", "stage", "product"),
    "collateral": ("loan_id", "kind", "appraisal_value"),
    "guarantors": ("loan_id", "guarantor_id"),
    "relationships": ("loan_id", "collateral_id"),
}
"""Columns for which a header that only contains a known one is proposed."""
_PLACES = ("city", "address", "court")
"""Fields of due diligence that may tell the region, best first."""
_MOST_PLACES = 300
"""Most different texts of a column that tells the region."""


@dataclass(frozen=True)
class Found:
    """Where a canonical column stands in a sheet."""

    field: str
    positions: tuple[int, ...]
    confidence: Confidence = "high"
    reason: str = ""
    others: tuple[int, ...] = ()
    """Positions of other columns that may be meant."""
    duplicates: tuple[int, ...] = ()
    """Positions that all have the header of the first; empty: it stands once."""


@dataclass(frozen=True)
class _Candidate:
    at: int
    rank: int
    readable: float
    filled: float
    how: str


def cells_of(raw: RawFile, at: int, most: int = SAMPLE) -> pd.Series:
    """Return the first cells of a column that hold something."""
    cells = raw.frame[at].iloc[: 4 * most]
    keep = ~is_empty(column_text(cells), EMPTY)
    return cells[keep].iloc[:most].reset_index(drop=True)


def readable(column: Column, cells: pd.Series, notation: Notation) -> float:
    """Return the share of filled cells that the type of a column can read."""
    if column.type not in _TYPED or len(cells) == 0:
        return 1.0
    # Whether day or month comes first is settled later.
    order = "dmy" if notation.date_format == "auto" else notation.date_format
    read = read_column(column, cells, replace(notation, date_format=order))
    if column.type == "date" and not read.values.isna().all():
        other = read_column(column, cells, replace(notation, date_format="mdy"))
        good = ~(read.values.isna() & other.values.isna())
    elif column.type == "currency":
        good = read.values != ""
    else:
        good = ~read.values.isna()
    return float(np.mean(good.to_numpy(dtype=bool)))


def _candidates(
    raw: RawFile, role: str, column: Column, taken: Collection[int], notation: Notation
) -> list[_Candidate]:
    names = field_names(role)
    found = []
    for at, header in enumerate(raw.headers):
        name = names.get(header_key(header)) if header else None
        if at in taken or name is None or name.field != column.name:
            continue
        cells = cells_of(raw, at)
        filled = len(cells) / max(1, min(len(raw.rows), SAMPLE))
        found.append(_Candidate(at, name.rank, readable(column, cells, notation), filled, "name"))
    return sorted(found, key=lambda c: (c.readable < _WRONG, c.rank, c.at))


def _containing(
    raw: RawFile, role: str, column: Column, taken: Collection[int], notation: Notation
) -> list[_Candidate]:
    """Return columns whose header only contains a header known for the column."""
    keys = [k for k, n in field_names(role).items() if n.field == column.name]
    keys = [k for k in keys if len(k) >= (_LEAST_PART if k.isascii() else 2)]
    known = {*field_names(role), *part_names(), *known_names()}
    found = []
    for at, header in enumerate(raw.headers):
        key = header_key(header) if header else ""
        if at in taken or not key or key in known:
            continue
        inside = [k for k in keys if k in key]
        if not inside or _is_other(key, column):
            continue
        cells = cells_of(raw, at)
        share = readable(column, cells, notation)
        if len(cells) and share >= _DOUBTFUL:
            found.append(_Candidate(at, 100 - max(map(len, inside)), share, 1.0, "part"))
    return sorted(found, key=lambda c: (c.rank, c.at))


def _is_other(key: str, column: Column) -> bool:
    """Return whether a header that contains a known one names something else."""
    words = ("利息", "日", "率", "比", "date", "rate", "interest", "data", "tasso", "interess")
    return column.type == "amount" and any(word in key for word in words)


def _of(candidates: Sequence[_Candidate], raw: RawFile, column: Column) -> Found | None:
    """Return the best candidate with its confidence; None if none is readable."""
    good = [c for c in candidates if c.readable >= _WRONG]
    if not good:
        return None
    best = good[0]
    header = raw.headers[best.at]
    same = tuple(c.at for c in good if raw.headers[c.at] == header)
    others = tuple(c.at for c in good[1:] if raw.headers[c.at] != header)
    confidence: Confidence = "high"
    reason = "the header is a known name of this column"
    if best.how == "part":
        confidence, reason = "low", "the header only contains a known name of this column"
    elif best.readable < _DOUBTFUL:
        confidence = "medium"
        reason = f"{1 - best.readable:.0%} of its cells cannot be read as {_type(column)}"
    elif others:
        names = ", ".join(repr(raw.headers[at]) for at in others)
        confidence, reason = "medium", f"{names} may be meant as well"
    elif best.rank >= 2 and column.type not in _TYPED:
        confidence, reason = "medium", "the header is customary, and its cells show no type"
    if len(same) > 1:
        confidence, reason = "low", f"the header stands over {len(same)} columns"
    return Found(
        column.name, (best.at,), confidence, reason, others, same if len(same) > 1 else ()
    )


def _type(column: Column) -> str:
    return {"date": "dates", "currency": "currencies"}.get(column.type, "numbers")


def match_sheet(
    raw: RawFile,
    role: str,
    notation: Notation,
    *,
    taken: Collection[int] = (),
    without: Collection[str] = (),
    given: Mapping[str, int] | None = None,
) -> dict[str, Found]:
    """Match the columns of a sheet to the canonical columns of a table.

    Parameters
    ----------
    raw
        The sheet.
    role
        The table.
    notation
        How its numbers and dates are written.
    taken
        Positions that have another meaning.
    without
        Canonical columns that are not looked for.
    given
        Canonical columns whose position is known.
    """
    used, found = set(taken), {}
    for field, at in (given or {}).items():
        found[field] = Found(field, (at,), "low", "no header names it; its values differ")
        used.add(at)
    rest = [c for c in columns_of(role) if c.name not in without and c.name not in found]
    for column in rest:
        one = _of(_candidates(raw, role, column, used, notation), raw, column)
        if one is not None:
            found[column.name] = one
            used |= {*one.positions, *one.duplicates}
    for column in rest:
        if column.name in found or column.name not in _WANTED.get(role, ()):
            continue
        if column.name == "gbv" and "principal" in found:
            continue  # a further total is looked for among the unused amounts
        one = _of(_containing(raw, role, column, used, notation), raw, column)
        if one is not None:
            found[column.name] = one
            used |= set(one.positions)
    if "region" not in without:
        _match_region(raw, role, found, used)
    return found


def _match_region(raw: RawFile, role: str, found: dict[str, Found], used: set[int]) -> None:
    """Take the region from a city, an address or a court where no column names it."""
    if "region" in found or role not in ("loans", "collateral"):
        return
    for kind in _PLACES:
        for at, header in enumerate(raw.headers):
            if at in used or known_names().get(header_key(header)) != kind:
                continue
            texts = pd.unique(column_text(cells_of(raw, at)))
            hits = [market_region(str(text)) is not None for text in texts]
            if 0 < len(texts) <= _MOST_PLACES and np.mean(hits) >= _DOUBTFUL:
                reason = f"no column names the region; {np.mean(hits):.0%} of the places are known"
                found["region"] = Found("region", (at,), "medium", reason)
                return
