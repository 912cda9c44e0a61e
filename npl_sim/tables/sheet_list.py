"""List the sheets of a workbook, hidden ones included, without reading their cells."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from npl_sim.tables.kinds import kind_of
from npl_sim.tables.limits import file_bytes
from npl_sim.tables.workbook import calamine, unreadable

_WITH_SHEETS = frozenset(("xlsx", "xlsb", "xls", "ods"))


@dataclass(frozen=True)
class SheetName:
    """A sheet of a workbook."""

    name: str
    """Its name; empty for formats without sheets, and for the first sheet of an XML workbook."""
    hidden: bool = False
    """Whether the workbook hides it."""


def list_sheets(path: Path, memory_limit_gib: float = 2.0) -> tuple[SheetName, ...]:
    """Return the sheets of a file, in order; chart sheets are left out.

    Parameters
    ----------
    path
        A file of any supported format; one without sheets counts as one sheet without a name.
    memory_limit_gib
        Most memory that reading may take. [GiB]

    Raises
    ------
    TableError
        If the file is missing, damaged, or no table.
    """
    data = file_bytes(path, memory_limit_gib)
    if kind_of(path, data) not in _WITH_SHEETS:
        return (SheetName(""),)
    package = calamine(path)
    try:
        with package.CalamineWorkbook.from_filelike(io.BytesIO(data)) as workbook:
            found = list(workbook.sheets_metadata)
    except (package.CalamineError, OSError, ValueError) as error:
        raise unreadable(path, error) from None
    return tuple(
        SheetName(sheet.name, str(sheet.visible).rpartition(".")[2] != "Visible")
        for sheet in found
        if str(sheet.typ).rpartition(".")[2] == "WorkSheet"
    )
