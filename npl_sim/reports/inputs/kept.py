"""Cells of the user in an earlier workbook of inputs, which a new one keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from npl_sim.reports.inputs.workbook import InputTable
from npl_sim.study.inputs.edits import is_edited
from npl_sim.study.inputs.layout import InputSheet
from npl_sim.study.inputs.sheet_rows import InputRow, InputWorkbook
from npl_sim.tables.cell_types import cell_text

Ids = tuple[str, ...]


@dataclass(frozen=True)
class KeptRow:
    """A row in which the user wrote something."""

    own: Mapping[str, Any]
    """The user's cells by key of the column."""
    cells: Mapping[str, Any]
    """All cells."""


def kept_rows(book: InputWorkbook, sheet: InputSheet) -> dict[Ids, KeptRow]:
    """Return the rows of a sheet in which the user wrote something, by what names them.

    Parameters
    ----------
    book
        The earlier workbook.
    sheet
        The sheet.

    Raises
    ------
    StudyError
        If a header that the sheet needs is not found: no cell may get lost.
    """
    found = {}
    for row in book.rows(sheet):
        own = {key: row.cells[key] for key in sheet.own if key in row.cells}
        if "base" in row.headers and not is_edited(row):
            own.pop("value", None)
        if own:
            found[_ids(row, sheet)] = KeptRow(own, row.cells)
    return found


def _ids(row: InputRow, sheet: InputSheet) -> Ids:
    ids = tuple(row.text(key) for key in sheet.ids)
    # Columns that no field reads are named by their header.
    return ids if all(ids) else (*ids, row.text("header"))


def with_kept(table: InputTable, kept: Mapping[Ids, KeptRow]) -> InputTable:
    """Return a sheet with the user's cells of an earlier one.

    Rows that are no longer proposed follow at the end with all their cells.

    Parameters
    ----------
    table
        The new sheet.
    kept
        The user's rows of the earlier sheet.
    """
    left, rows = dict(kept), []
    for cells in table.rows:
        ids = tuple(cell_text(cells.get(key)) for key in table.sheet.ids)
        old = left.pop(ids if all(ids) else (*ids, cell_text(cells.get("header"))), None)
        rows.append({**cells, **old.own} if old is not None else cells)
    rows += [dict(old.cells) for old in left.values()]
    return replace(table, rows=rows)
