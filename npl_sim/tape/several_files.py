"""Combine the files of one table; each file is read separately first."""

from __future__ import annotations

import os
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from npl_sim.tables.body import EPOCH_1900
from npl_sim.tables.files import RawFile, RawPart, Source
from npl_sim.tables.findings import PART_ROWS
from npl_sim.tape.headers import Match

Slot = Hashable
"""Column of the combined table: a canonical column, or a header without a meaning."""


def duplicate_files(role: str, paths: Sequence[Path]) -> list[str]:
    """Return an error if a list names one file twice."""
    seen: dict[str, Path] = {}
    errors = []
    for path in paths:
        real = os.path.realpath(path)
        if real in seen:
            errors.append(f"{role}: {path}: the file is named twice; expected each file once")
        seen.setdefault(real, path)
    return errors


def same_content(raws: Sequence[RawFile]) -> list[str]:
    """Return an error if two files have the same bytes; sheets of one file are told apart."""
    seen: dict[str, str] = {}
    errors = []
    for raw in raws:
        file = raw.source.file
        sha256 = raw.source.sha256 + file.partition("[")[2]
        if sha256 in seen and raw.source.rows:
            errors.append(
                f"{file}: holds the same bytes as {seen[sha256]}; expected each file "
                f"once, as its rows would count twice"
            )
        seen.setdefault(sha256, file)
    return errors


def named_apart(raws: Sequence[RawFile], paths: Sequence[Path]) -> list[RawFile]:
    """Return files with unique names: equal names also get their folder."""
    labels = [raw.source.file for raw in raws]
    found = []
    for raw, path, label in zip(raws, paths, labels, strict=True):
        if labels.count(label) > 1:
            others = [p for p, other in zip(paths, labels, strict=True) if other == label]
            base = os.path.commonpath([os.path.dirname(os.path.abspath(p)) for p in others])
            shown = os.path.join(
                os.path.relpath(os.path.dirname(os.path.abspath(path)), base), label
            )
            raw = replace(
                raw,
                source=replace(raw.source, file=shown),
                findings=tuple(replace(f, file=shown) for f in raw.findings),
            )
        found.append(raw)
    return found


def slots(raw: RawFile, match: Match, items: Match | None = None) -> dict[int, Slot]:
    """Return what each column of a file is in the combined table, by position."""
    found: dict[int, Slot] = {}
    for role, one in (("own", match), ("items", items)):
        for name, position in one.at.items() if one is not None else ():
            for i, place in enumerate(
                (position, *(one.more.get(name, ()) if one is not None else ()))
            ):
                found.setdefault(place, (role, name, i))
    seen: dict[str, int] = {}
    for position, header in enumerate(raw.headers):
        if position not in found:
            seen[header] = seen.get(header, 0) + 1
            found[position] = (header, seen[header])
    return found


def joined_rows(
    raws: Sequence[RawFile], places: Sequence[Mapping[int, Slot]]
) -> tuple[RawFile, dict[Slot, int]]:
    """Combine the rows of several files, and return the positions of the columns.

    Parameters
    ----------
    raws
        The files.
    places
        What each column of each file is, by its position.

    Notes
    -----
    Row keys of the joined table are `PART_ROWS` x position of the file + row of the file.
    """
    at: dict[Slot, int] = {}
    headers: list[str] = []
    for raw, own in zip(raws, places, strict=True):
        for position in sorted(own):
            if own[position] not in at:
                at[own[position]] = len(headers)
                headers.append(raw.headers[position])
    stands = [{slot: position for position, slot in own.items()} for own in places]
    columns = {
        i: _column([(raw, own.get(slot)) for raw, own in zip(raws, stands, strict=True)])
        for slot, i in at.items()
    }
    size = sum(len(raw.rows) for raw in raws)
    merged = [
        (first + p * PART_ROWS, last + p * PART_ROWS, at[own[column]])
        for p, (raw, own) in enumerate(zip(raws, places, strict=True))
        for first, last, column in raw.merged
        if column in own
    ]
    first = raws[0].source
    label = f"{first.file} and {len(raws) - 1} more file{'s' if len(raws) > 2 else ''}"
    source = Source(first.role, label, "", sum(raw.source.rows for raw in raws))
    rows = np.concatenate([raw.rows + p * PART_ROWS for p, raw in enumerate(raws)])
    frame = pd.DataFrame(columns, index=range(size), columns=range(len(headers)))
    parts = tuple(RawPart(r.source, r.header_row, r.headers, r.epoch, r.sure_blanks) for r in raws)
    table = RawFile(
        source,
        tuple(headers),
        frame,
        rows.astype(np.int64),
        raws[0].header_row,
        epoch=EPOCH_1900,
        merged=tuple(merged),
        parts=parts,
    )
    return table, at


def _column(pieces: Sequence[tuple[RawFile, int | None]]) -> pd.Series:
    """Return one column of the combined table; files without it have empty cells."""
    filled = [raw.frame[place] for raw, place in pieces if place is not None and len(raw.rows)]
    blank = sum(len(raw.rows) for raw, place in pieces if place is None)
    types = {str(cells.dtype) for cells in filled}
    if len(types) == 1 and (blank == 0 or types == {"str"}):
        parts = [
            pd.Series([""] * len(raw.rows), dtype="str") if place is None else raw.frame[place]
            for raw, place in pieces
            if len(raw.rows)
        ]
        return pd.concat(parts, ignore_index=True)
    cells: list[Any] = []
    for raw, place in pieces:
        cells += [""] * len(raw.rows) if place is None else raw.frame[place].tolist()
    return pd.Series(cells, dtype=object)


def joined_match(
    matches: Sequence[Match | None], at: Mapping[Slot, int], role: str = "own"
) -> Match | None:
    """Return positions of canonical columns in the combined table; None if there are none.

    Parameters
    ----------
    matches
        Their positions in each file; None if it has no such columns.
    at
        Where the columns of the joined table stand.
    role
        own, or items for the collateral columns of a loan file.
    """
    if all(match is None for match in matches):
        return None
    parts = tuple(Match({}, ()) if match is None else match for match in matches)
    names = list(dict.fromkeys(name for match in parts for name in match.at))
    most = {name: max(len(match.more.get(name, ())) for match in parts) for name in names}
    return Match(
        at={name: at[role, name, 0] for name in names},
        errors=(),
        more={
            name: tuple(at[role, name, i + 1] for i in range(n)) for name, n in most.items() if n
        },
        units={
            n: max(m.units[n] for m in parts if n in m.units)
            for n in names
            if any(n in m.units for m in parts)
        },
        percent=frozenset(name for match in parts for name in match.percent),
        currencies=_common(parts),
        parts=parts,
    )


def _common(parts: Sequence[Match]) -> dict[str, str]:
    """Return the currency that each column has in all files with that column."""
    found: dict[str, set[str]] = {}
    for match in parts:
        for name, code in match.currencies.items():
            found.setdefault(name, set()).add(code)
    return {name: next(iter(codes)) for name, codes in found.items() if len(codes) == 1}
