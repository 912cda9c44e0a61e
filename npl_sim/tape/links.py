"""Read a relationship file, which joins loans to collateral many to many, as the EBA's does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from npl_sim.core.errors import TableError, TapeError
from npl_sim.tables.body import Request
from npl_sim.tables.cell_types import column_text
from npl_sim.tables.columns import Notation
from npl_sim.tables.files import RawFile, Source, read_raw
from npl_sim.tables.findings import FindingLog
from npl_sim.tape.cells import read_parts
from npl_sim.tape.headers import Match, nearest_header
from npl_sim.tape.parsed import log_of, unused_headers
from npl_sim.tape.quarantine import set_aside_rows
from npl_sim.tape.schema import columns_of
from npl_sim.tape.several_files import (
    duplicate_files,
    joined_match,
    joined_rows,
    named_apart,
    same_content,
    slots,
)
from npl_sim.tape.spec import TapeSpec
from npl_sim.tape.templates import ALIASES, header_key

COLUMNS = columns_of("relationships")
"""Columns of a relationship file."""


def _names(column: str) -> set[str]:
    """Return the keys of the headers of a column, which may be those of the joined tables."""
    roles = {"loan_id": ("collateral", "loans")}.get(column, ("collateral",))
    known = [name for role in (*roles, "relationships") for name in ALIASES[role].get(column, ())]
    return {header_key(name) for name in (column, *known)}


@dataclass(frozen=True)
class Links:
    """Rows of a relationship file."""

    raw: RawFile
    """Its cells."""
    frame: pd.DataFrame
    """loan_id, collateral_id and secured_cap [package currency; NaN: none] of each row."""
    log: FindingLog
    """Findings."""
    sources: tuple[Source, ...] = ()
    """Its files."""

    def set_aside(self) -> pd.DataFrame:
        """Return its faulty rows with their reasons."""
        out = self.log.faulty()
        reasons = ["; ".join(self.log.reasons[int(row)]) for row in self.raw.rows[out]]
        return set_aside_rows(self.raw, out, reasons, None)


def linked_errors(spec: TapeSpec, headers: tuple[str, ...], at: Mapping[str, int]) -> list[str]:
    """Return why the relationship file cannot join the collateral file.

    Parameters
    ----------
    spec
        Terms of the tape.
    headers
        Headers of the collateral file.
    at
        Canonical column to its position, loan_id aside.
    """
    errors = []
    own = spec.collateral_columns.get("loan_id", "")
    keys = {header_key(h) for h in ("loan_id", *ALIASES["collateral"]["loan_id"])}
    stated = [
        h for i, h in enumerate(headers) if h and header_key(h) in keys and i not in at.values()
    ]
    if own or (own == "" and stated):
        errors.append(
            f"has a column for loan_id ({own or stated[0]}) beside the relationship file; "
            f"expected one of them: set "
            "collateral_columns: {loan_id: null}, or leave tape.relationships out"
        )
    if "collateral_id" not in at:
        errors.append(
            "no column for collateral_id, by which the relationship file names the items"
        )
    if spec.collateral_scope == "loan":
        errors.append(
            "collateral_scope: loan, and the ids of a relationship file name one item "
            "each; expected file"
        )
    return errors


def _places(raw: RawFile) -> dict[str, int]:
    places: dict[str, int] = {}
    errors = []
    keys = [header_key(h) for h in raw.headers]
    for column in COLUMNS:
        exact = [i for i, key in enumerate(keys) if key == header_key(column.name)]
        found = exact or [i for i, key in enumerate(keys) if key in _names(column.name)]
        if len(found) > 1:
            shown = ", ".join(f"{raw.headers[i]!r} (column {i + 1})" for i in found)
            errors.append(
                f"{shown} may each be {column.name}; expected one: name it {column.name}"
            )
        elif found:
            places[column.name] = found[0]
        elif column.required:
            names = (column.name, *ALIASES["relationships"][column.name])
            errors.append(f"no column for {column.name}{nearest_header(names, raw.headers)}")
    if errors:
        where = f"{raw.source.file} row {raw.header_row}"
        raise TapeError("\n".join(f"tape: {where}: {fault}" for fault in errors))
    return places


def _read(paths: Sequence[Path], encoding: str) -> list[RawFile]:
    """Return the files of a relationship table as read."""
    every = {name for column in COLUMNS for name in _names(column.name)}

    def known(headers: tuple[str, ...]) -> int:
        return sum(header_key(h) in every for h in headers if h)

    errors = duplicate_files("relationships", paths)
    raws: list[RawFile] = []
    for path in () if errors else paths:
        try:
            raws.append(
                read_raw(
                    "relationships",
                    path,
                    Request(encoding=encoding, known=known, may_be_empty=len(paths) > 1),
                )
            )
        except TableError as error:
            errors.append(str(error))
    errors += same_content(raws)
    if not errors and not any(len(raw.rows) for raw in raws):
        errors.append(
            f"relationships: none of the {len(paths)} files has a row; expected one row "
            f"per relationship"
        )
    if errors:
        raise TapeError("\n".join(f"tape: {fault}" for fault in errors))
    return named_apart(raws, paths)


def read_links(paths: Sequence[Path], notation: Notation, encoding: str = "auto") -> Links:
    """Read a relationship table.

    Parameters
    ----------
    paths
        CSV files, workbooks or Parquet files, read as one table.
    notation
        How its amounts are written.
    encoding
        Encoding of CSV files, or auto.

    Raises
    ------
    TapeError
        If a file cannot be read, or has no column for loan_id or collateral_id.
    """
    raws = _read(paths, encoding)
    matches = [Match(_places(raw), ()) for raw in raws]
    raw, match = raws[0], matches[0]
    if len(raws) > 1:
        raw, at = joined_rows(raws, [slots(r, m) for r, m in zip(raws, matches, strict=True)])
        match = joined_match(matches, at) or match
    log = log_of(raw, match.at, match)
    columns: dict[str, pd.Series] = {}
    for column in COLUMNS:
        if column.name not in match.at:
            columns[column.name] = pd.Series(np.full(len(raw.frame), np.nan))
            continue
        cells = raw.frame[match.at[column.name]]
        own = [replace(notation, epoch=r.epoch) for r in raws]
        found = read_parts(column, cells, raw.part, own)
        columns[column.name] = found.values
        text = column_text(cells).reset_index(drop=True)
        for expected, bad in found.errors.items():
            log.error(column.name, bad, text, expected)
        if column.required:
            log.error(column.name, found.empty, text, "a value in every row")
    for part, own_match in zip(raws, matches, strict=True):
        for finding in (*part.findings, *unused_headers(part, own_match.positions)):
            log.about_file(finding)
    frame = pd.DataFrame(columns)
    named = (frame["loan_id"] != "") & (frame["collateral_id"] != "")
    twice = frame.duplicated(["loan_id", "collateral_id"], keep=False) & named
    log.error(
        "collateral_id", twice, frame["collateral_id"], "a pair of loan and item that occurs once"
    )
    return Links(raw, frame, log, tuple(r.source for r in raws))
