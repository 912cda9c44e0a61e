"""Base of the readers of spreadsheets whose sheets are XML."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from xml.parsers import expat

from npl_sim.tables.body import EPOCH_1900, Grid, Request
from npl_sim.tables.row_builder import RowBuilder
from npl_sim.tables.workbook import choose_sheet, unreadable
from npl_sim.tables.xlsx_package import UNREADABLE


class SheetReader(ABC):
    """Handlers that collect the cells of one sheet.

    Parameters
    ----------
    path
        File, for messages.
    request
        Sheet, and limits.
    """

    def __init__(self, path: Path, request: Request) -> None:
        self.names: list[str] = []
        self.epoch = EPOCH_1900
        self.builder = RowBuilder(path, request.memory_limit_gib)
        self.inside = False
        self._path, self._sheet = path, request.sheet

    def begin_sheet(self, name: str) -> None:
        """Begin a sheet; its cells are read if it is the one asked for, or the first."""
        self.names.append(name)
        self.inside = name == self._sheet or (self._sheet is None and len(self.names) == 1)

    def merge(self, row: int, column: int, high: int, wide: int) -> None:
        """Record a cell that covers several rows or columns."""
        if high > 1 or wide > 1:
            self.builder.merged.append((row, column, row + high - 1, column + wide - 1))

    @abstractmethod
    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Handle the start of an element."""

    @abstractmethod
    def text(self, text: str) -> None:
        """Collect the text of a cell."""

    @abstractmethod
    def end(self, tag: str) -> None:
        """Handle the end of an element."""

    def grid(self, parse: Callable[[expat.XMLParserType], object]) -> Grid:
        """Return the sheet.

        Parameters
        ----------
        parse
            Feeds the XML to the parser.

        Raises
        ------
        TableError
            If the file is damaged, or has no such sheet.
        """
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self.start, self.end
        parser.CharacterDataHandler = self.text
        try:
            parse(parser)
        except (*UNREADABLE, expat.ExpatError) as error:
            raise unreadable(self._path, error) from None
        name, findings = choose_sheet(self._path, self.names, self._sheet)
        label = f"{self._path.name}[{name}]"
        return Grid(label, self.builder.rows, self.builder.merged, self.epoch, True, findings)
