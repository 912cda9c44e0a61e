"""Parts of an .xlsx workbook: its sheets, date system and number formats that show percentages."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from dataclasses import dataclass
from datetime import date
from typing import IO
from xml.etree import ElementTree

from npl_sim.tables.body import EPOCH_1900, EPOCH_1904
from npl_sim.tables.number_format import PERCENT_IDS, says_more

UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    ElementTree.ParseError,
    EOFError,
    KeyError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)
"""Exceptions that damaged files raise."""

_FALLBACK = "xl/workbook.xml"

_MOST_TREE = 16 * 2**20
"""Most bytes of a part that is read as an element tree; large styles take millions. [bytes]"""


@dataclass(frozen=True)
class Part:
    """One sheet: its name, part, and whether it holds cells (a chart sheet does not)."""

    name: str
    part: str
    cells: bool


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


class Archive:
    """The parts of a zipped workbook, and the relations between them."""

    def __init__(self, data: bytes) -> None:
        self._zip = zipfile.ZipFile(io.BytesIO(data))
        self._names = {i.filename.replace("\\", "/").lower(): i for i in self._zip.infolist()}

    def has(self, part: str) -> bool:
        """Return whether the workbook has a part."""
        return part.lower() in self._names

    def size(self, part: str) -> int:
        """Return the size of a part once it is unpacked. [bytes]"""
        return self._names[part.lower()].file_size

    def open(self, part: str) -> IO[bytes]:
        """Open a part to be read."""
        return self._zip.open(self._names[part.lower()])

    def replaced(self, part: str, content: bytes) -> bytes:
        """Return the bytes of a workbook with one part replaced."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
            for name, info in self._names.items():
                own = content if name == part.lower() else self._zip.read(info)
                archive.writestr(info.filename, own)
        return out.getvalue()

    def root(self, part: str) -> ElementTree.Element:
        """Return the XML of a small part.

        Raises
        ------
        ValueError
            If it is not small: as a tree it would take some thirty times its size.
        """
        if self.size(part) > _MOST_TREE:
            raise ValueError(
                f"part {part} unpacks to {self.size(part):,} bytes; expected at most "
                f"{_MOST_TREE:,}"
            )
        return ElementTree.fromstring(self._zip.read(self._names[part.lower()]))

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Return the relations of a part: id to kind and target."""
        folder, name = posixpath.split(part)
        own = posixpath.join(folder, "_rels", f"{name}.rels")
        if not self.has(own):
            return {}
        found: dict[str, tuple[str, str]] = {}
        for relation in self.root(own):
            target = relation.get("Target", "").replace("\\", "/")
            full = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
            kind = relation.get("Type", "").rpartition("/")[2]
            found[relation.get("Id", "")] = (kind, posixpath.normpath(full))
        return found


class Package(Archive):
    """Parts of an .xlsx workbook with facts that calamine does not pass on.

    Attributes
    ----------
    sheets
        Sheets in the order of the workbook.
    epoch
        Day 0 of date serials.
    recalculates
        Whether the results of formulas are stale: the program that wrote the file left them to be
    calculated when it is opened.
    percent
        Cell style to the format code that shows a percentage.
    shared, styles
        Parts with the shared strings and the styles; empty: none.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.epoch: date = EPOCH_1900
        self.recalculates = False
        self.sheets: list[Part] = []
        self.percent: dict[int, str] = {}
        self.shared = self.styles = ""
        targets = [
            t for k, t in self.relations("").values() if k == "officeDocument" and self.has(t)
        ]
        self._read_workbook(targets[0] if targets else _FALLBACK)

    def _read_workbook(self, book: str) -> None:
        relations = self.relations(book)
        for kind, target in relations.values():
            if kind == "sharedStrings" and self.has(target):
                self.shared = target
            if kind == "styles" and self.has(target):
                self.styles = target
        for element in self.root(book).iter():
            tag = _local(element.tag)
            if tag == "workbookPr" and element.get("date1904") in ("1", "true"):
                self.epoch = EPOCH_1904
            elif tag == "calcPr" and element.get("fullCalcOnLoad") in ("1", "true"):
                self.recalculates = True
            elif tag == "sheet":
                ids = [v for k, v in element.attrib.items() if _local(k) == "id" and k != "id"]
                kind, target = relations.get(ids[0] if ids else "", ("", ""))
                self.sheets.append(Part(element.get("name", ""), target, kind == "worksheet"))

    def read_formats(self) -> None:
        """Find the cell styles that show percentages."""
        if not self.styles:
            return
        root = self.root(self.styles)
        codes = dict.fromkeys(PERCENT_IDS, "0%")
        for element in root.iter():
            if _local(element.tag) == "numFmt" and element.get("numFmtId", "").isdigit():
                codes[int(element.get("numFmtId", "0"))] = element.get("formatCode", "")
        for group in root:
            if _local(group.tag) == "cellXfs":
                for style, xf in enumerate(group):
                    code = codes.get(int(xf.get("numFmtId", "0") or 0), "")
                    if says_more(code):
                        self.percent[style] = code
