"""Facts on the cells of an .xlsx sheet beside values: extent, errors, formulas, percentages.

A quick scan of the sheet's text measures it, and tells whether any cell needs the full pass.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO
from xml.parsers import expat

from npl_sim.tables.cell_types import NO_VALUE
from npl_sim.tables.references import cell_range, column_number, position

_CHUNK = 1 << 22  # [bytes]
_LONGEST = 1 << 24
"""Most bytes between two tags; a cell holds at most 32,767 characters. [bytes]"""
_ROW = re.compile(rb'<row[^<>]*?\sr="(\d+)"')
_WIDE = re.compile(rb'"([A-Za-z]{2,9})\d+"')
_LOW = re.compile(rb'"[A-Za-z]{1,9}(\d{6,})"')
_FORMULA = re.compile(rb"<f[\s/>]")
_MERGED = re.compile(rb'<mergeCell\s[^<>]*?ref="([^"]*)"')
_PLAIN_ROOT = re.compile(rb"<worksheet[\s>]")
_ENCODING = re.compile(rb"encoding=[\"']([^\"']+)[\"']")
_UNUSUAL = (b' ="', b'\n="', b'\t="', b'\r="')
_NARROW = 26
_COMMON_ERRORS = (
    "#N/A",
    "#REF!",
    "#VALUE!",
    "#DIV/0!",
    "#NAME?",
    "#NUM!",
    "#NULL!",
    "#GETTING_DATA",
)


@dataclass
class Extent:
    """Size of a sheet, and what its text holds."""

    height: int = 0
    width: int = _NARROW
    """Rows and columns up to the last cell, at most."""
    cells: int = 0
    """Cells that the file holds."""
    special: bool = False
    """Whether a cell may hold an error, a formula or a percentage, or the XML is out of the
    ordinary."""
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    """Merged ranges: first row, first column, last row, last column. [from 0]"""
    odd: bool = False
    """Whether the XML is out of the ordinary: only the full pass can tell."""


@dataclass
class CellFacts:
    """Result of the full pass; positions are (row, column) from 0."""

    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    """Position to the error that the cell shows."""
    percents: dict[tuple[int, int], str] = field(default_factory=dict)
    """Positions of numbers shown as percentages, with their format."""
    stale: list[tuple[int, int]] = field(default_factory=list)
    """Positions of formulas whose stored result may be stale."""
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    """Merged ranges: first row, first column, last row, last column."""
    uncommon: bool = False
    """Whether there are errors that calamine does not know."""
    height: int = 0
    width: int = 0
    """Rows and columns up to the last cell."""


def _is_odd(head: bytes) -> bool:
    """Return whether the start of a sheet's XML is unusual."""
    encoding = _ENCODING.search(head[:200])
    if encoding and encoding[1].lower() not in (b"utf-8", b"us-ascii", b"ascii"):
        return True
    return not _PLAIN_ROOT.search(head)


def quick_scan(stream: IO[bytes], percent: Mapping[int, str]) -> Extent:
    """Measure a sheet by its text, without parsing it.

    Parameters
    ----------
    stream
        XML of the sheet.
    percent
        Cell styles that show percentages.
    """
    extent = Extent()
    styled = (
        re.compile(rb's="(?:' + b"|".join(str(s).encode() for s in percent) + rb')"')
        if percent
        else None
    )
    rest, rows, first = b"", 0, True
    while True:
        chunk = stream.read(_CHUNK)
        text = rest + chunk
        cut = text.rfind(b"<") if chunk else len(text)
        text, rest = text[: max(cut, 0)], text[max(cut, 0) :]
        if len(rest) > _LONGEST:
            raise ValueError(f"a text or tag of more than {_LONGEST:,} bytes")
        if first and text:
            extent.odd, first = _is_odd(text[:65536]), False
        numbers = _ROW.findall(text)
        rows += text.count(b"<row")
        extent.height = max(
            extent.height, rows, *map(int, numbers), *map(int, _LOW.findall(text)), 0
        )
        wide = set(_WIDE.findall(text))
        extent.width = max(extent.width, *(column_number(w.decode()) for w in wide), 0)
        extent.cells += text.count(b"<c")  # few columns (<col) among many cells
        extent.odd |= text.count(b"=") != text.count(b'="') or any(
            mark in text for mark in _UNUSUAL
        )
        extent.special |= b't="e"' in text or bool(_FORMULA.search(text))
        extent.special |= bool(styled and styled.search(text)) or 0 in percent
        extent.merged += [cell_range(m.decode()) for m in _MERGED.findall(text)]
        if not chunk:
            break
    extent.special |= extent.odd
    return extent


class _Pass:
    """Handlers of the full pass over a sheet's XML."""

    def __init__(self, percent: Mapping[int, str], recalculates: bool, every: bool) -> None:
        self.facts = CellFacts()
        self._percent = {str(style): code for style, code in percent.items()}
        self._plain = self._percent.get("0", "")
        self._recalculates, self._every = recalculates, every
        self._prefix: str | None = None
        self._row, self._offset, self._reference = -1, -1, ""
        self._type = self._style = ""
        self._formula = self._has_value = self._listen = False
        self._text: list[str] = []

    def _place(self) -> tuple[int, int]:
        if not self._reference:
            return self._row, self._offset
        row, column = position(self._reference)
        return row, column + self._offset

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Handle the start of an element."""
        if self._prefix is None:
            self._prefix = tag[: tag.rindex(":") + 1] if ":" in tag else ""
        if self._prefix and tag.startswith(self._prefix):
            tag = tag[len(self._prefix) :]
        if tag == "c":
            reference = attributes.get("r")
            if reference:
                self._reference, self._offset = reference, 0
            else:
                self._offset += 1
            self._type = attributes.get("t", "n")
            self._style = attributes.get("s", "0")
            self._formula = self._has_value = self._listen = False
            self._text = []
        elif tag == "v":
            self._has_value = True
            self._listen = self._formula or self._type == "e"
        elif tag == "f":
            self._formula = True
        elif tag == "row":
            number = attributes.get("r")
            self._row = int(number) - 1 if number else self._row + 1
            self._reference, self._offset = "", -1
        elif tag == "mergeCell":
            self.facts.merged.append(cell_range(attributes.get("ref", "")))

    def text(self, text: str) -> None:
        """Collect the value of a formula or an error."""
        if self._listen:
            self._text.append(text)

    def end(self, tag: str) -> None:
        """Check a cell that ends."""
        if self._prefix and tag.startswith(self._prefix):
            tag = tag[len(self._prefix) :]
        if tag == "v":
            self._listen = False
            return
        if tag != "c":
            return
        if self._every:
            row, column = self._place()
            self.facts.height = max(self.facts.height, row + 1)
            self.facts.width = max(self.facts.width, column + 1)
        if self._type == "e":
            text = "".join(self._text)
            self.facts.errors[self._place()] = text.strip() or "#UNKNOWN!"
            if text not in _COMMON_ERRORS:
                self.facts.uncommon = True
        elif self._formula:
            self._judge_formula()
        if self._type == "n" and self._style in self._percent:
            self.facts.percents[self._place()] = self._percent[self._style]

    def _judge_formula(self) -> None:
        """Record a formula without a stored value, or with one that was not calculated."""
        value = "".join(self._text).strip()
        if not self._has_value or (not value and self._type != "str"):
            self.facts.errors[self._place()] = NO_VALUE
        elif self._recalculates:
            # A program that does not calculate writes 0 for every result.
            if self._type == "n" and value.strip("0.") == "":
                self.facts.errors[self._place()] = NO_VALUE
            else:
                self.facts.stale.append(self._place())


def full_pass(
    stream: IO[bytes], percent: Mapping[int, str], recalculates: bool, every: bool
) -> CellFacts:
    """Parse a sheet's XML and return what its cells state beside their values.

    Parameters
    ----------
    stream
        XML of the sheet.
    percent
        Cell style to the format code that shows a percentage.
    recalculates
        Whether the stored results of formulas may be stale.
    every
        Whether the place of every cell is looked at, to measure the sheet.

    Raises
    ------
    ValueError
        If the XML is damaged.
    """
    handlers = _Pass(percent, recalculates, every)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = handlers.start
    parser.EndElementHandler = handlers.end
    parser.CharacterDataHandler = handlers.text
    try:
        parser.ParseFile(stream)
    except expat.ExpatError as error:
        raise ValueError(f"damaged XML: {error}") from None
    return handlers.facts
