"""Stray cells far from the table: blank ones are cut out, filled ones refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from npl_sim.tables.cell_types import is_blank
from npl_sim.tables.references import column_letters, position

_DENSE_CELLS = 4_000_000
"""Most cells of the enclosing rectangle for which a sheet is read unchanged."""

_FEWEST = 0.05
"""Share of filled cells below which a larger rectangle has stray cells."""


def is_sparse(height: int, width: int, cells: int) -> bool:
    """Return whether few cells of a sheet's rectangle are filled."""
    area = height * width
    return area > _DENSE_CELLS and cells < _FEWEST * area


@dataclass
class Pruned:
    """A sheet without the blank cells outside its table."""

    content: bytes = b""
    """XML of the sheet."""
    height: int = 0
    width: int = 0
    """Rows and columns up to the last cell that holds something."""
    cells: int = 0
    """Cells that hold something."""
    farthest: list[str] = field(default_factory=list)
    """References of the cells that are farthest down and farthest right."""


def blank_strings(content: bytes) -> frozenset[int]:
    """Return which shared strings have no visible content."""
    blank: set[int] = set()
    texts: list[str] = []
    count = 0

    def start(tag: str, _: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "si":
            texts.clear()

    def end(tag: str) -> None:
        nonlocal count
        if tag.rpartition(":")[2] == "si":
            if is_blank("".join(texts)):
                blank.add(count)
            count += 1

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = (
        start,
        end,
        texts.append,
    )
    parser.Parse(content, True)
    return frozenset(blank)


class _Finder:
    """Handlers that find the place, the bytes and the content of each cell."""

    def __init__(self, content: bytes, blank: frozenset[int]) -> None:
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._take
        self.blanks: list[tuple[int, int, int, int]] = []
        self.filled = Pruned()
        self._content, self._shared = content, blank
        self._row, self._column, self._begin = -1, -1, 0
        self._last = (0, 0)
        self._type = ""
        self._texts: list[str] = []
        self._inside = self._formula = False

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "row":
            self._row = int(attributes["r"]) - 1 if attributes.get("r") else self._row + 1
            self._column = -1
        elif tag == "c":
            self._begin = self.parser.CurrentByteIndex
            row, column = self._row, self._column + 1
            if attributes.get("r"):
                row, column = position(attributes["r"])
            self._column, self._last = column, (row, column)
            self._type, self._texts, self._formula = attributes.get("t", "n"), [], False
        elif tag == "f":
            self._formula = True
        self._inside = tag in ("v", "t")

    def _take(self, text: str) -> None:
        if self._inside:
            self._texts.append(text)

    def _end(self, tag: str) -> None:
        self._inside = False
        if tag.rpartition(":")[2] != "c":
            return
        row, column = self._last
        text = "".join(self._texts)
        blank = is_blank(text) and self._type != "e" and not self._formula
        if self._type == "s" and text.strip().isdigit():
            blank = int(text) in self._shared
        if blank:
            end = self._content.index(b">", self._begin) + 1
            if self._content[end - 2 : end] != b"/>":
                end = self._content.index(b">", self.parser.CurrentByteIndex) + 1
            self.blanks.append((row, column, self._begin, end))
            return
        found = self.filled
        name = f"{column_letters(column)}{row + 1}"
        found.cells += 1
        if not found.farthest:
            found.farthest = [name, name]
        if row >= found.height:
            found.height, found.farthest[0] = row + 1, name
        if column >= found.width:
            found.width, found.farthest[1] = column + 1, name


def prune(content: bytes, blank: frozenset[int]) -> Pruned:
    """Cut the blank cells outside the filled rectangle out of a sheet's XML.

    Parameters
    ----------
    content
        XML of the sheet, in UTF-8.
    blank
        Shared strings that hold nothing visible.

    Raises
    ------
    xml.parsers.expat.ExpatError
        If the XML is damaged.
    """
    finder = _Finder(content, blank)
    finder.parser.Parse(content, True)
    pruned = finder.filled
    kept, at = [], 0
    for row, column, begin, end in finder.blanks:
        if row >= pruned.height or column >= pruned.width:
            kept.append(content[at:begin])
            at = end
    kept.append(content[at:])
    pruned.content = b"".join(kept)
    return pruned
