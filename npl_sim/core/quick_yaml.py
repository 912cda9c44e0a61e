"""Read YAML with the C parser, where its meaning is beyond doubt.

The parser of the full language is written in Python and takes 0.1 ms for each value. The C parser
takes a hundredth of that, but follows YAML 1.1 and reports faults in other words. So this module
reads only what both parsers read alike. It raises `UnsureError` for everything else: faults, tags,
merge keys, anchors on scalars, unusual numbers and characters. The caller then reads the text with
the full parser.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date
from typing import Any

try:
    import yaml
    from yaml.cyaml import CParser
except ImportError:  # PyYAML may be built without its C parser
    CParser = None

MOST_LEVELS = 50
"""Most levels; deeper files are read by the full parser, which has its own limit."""

MOST_NODES = 40_000
"""Most values, keys and aliased values included."""


class UnsureError(Exception):
    """The text needs the full parser."""


@dataclass(slots=True)
class Entries:
    """A mapping: key with its line, column and value; lines and columns count from 1."""

    line: int
    column: int
    content: list[tuple[str | int, int, int, Any]]
    size: int = 0
    """Values inside, keys included; 0 while the mapping is read."""


@dataclass(slots=True)
class Items:
    """A list: line, column and value of each item."""

    line: int
    column: int
    content: list[tuple[int, int, Any]]
    size: int = 0
    """Values inside; 0 while the list is read."""


UNUSUAL = re.compile(
    "[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
"""Characters that end lines, or are not allowed, in one of the two parsers only."""

CONSTANTS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
DECIMAL = re.compile(r"[-+]?[0-9]+(\.[0-9]+([eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
SPAN = re.compile(r"[0-9]+-[0-9]+")
"""Two numbers, such as years or month and day; text in every YAML."""
PERHAPS_NUMBER = re.compile(r"[-+.0-9][-+.0-9_:xoXOa-fA-FinINtTzZ\s]*")
"""Text that may be a number, date or time of some YAML."""


def compose(text: str, dates: bool = False) -> Any:
    """Return the tree of a YAML text: scalars, `Entries` and `Items`.

    Parameters
    ----------
    text
        The text.
    dates
        Whether dates without quotes become dates; defaults to text.

    Raises
    ------
    UnsureError
        If the text is not in the syntax that all parsers read alike.
    """
    if CParser is None or UNUSUAL.search(text) or text.startswith("%") or "\n%" in text:
        raise UnsureError
    try:
        return _Composer(text, dates).document()
    except (yaml.YAMLError, ValueError):  # a date that does not exist is a ValueError
        raise UnsureError from None


def data_of(node: Any) -> Any:
    """Return the plain data of a tree."""
    if isinstance(node, Entries):
        return {key: data_of(value) for key, _, _, value in node.content}
    if isinstance(node, Items):
        return [data_of(value) for _, _, value in node.content]
    return node


class _Composer:
    """Builds the tree of one document from the events of the C parser."""

    def __init__(self, text: str, dates: bool) -> None:
        self._next = CParser(text).get_event
        self._escapes = "\\" in text
        self._dates = dates
        self._anchors: dict[str, Entries | Items] = {}
        self._flows = self._nodes = 0

    def document(self) -> Any:
        """Return the root of the only document, without marks of its start and end."""
        self._next()
        start = self._next()
        if not isinstance(start, yaml.DocumentStartEvent) or start.explicit:
            raise UnsureError
        root = self._node(self._next(), 0)
        if self._next().explicit or not isinstance(self._next(), yaml.StreamEndEvent):
            raise UnsureError
        if _size(root) > MOST_NODES:
            raise UnsureError
        return root

    def _node(self, event: Any, level: int) -> Any:
        self._nodes += 1
        if level > MOST_LEVELS or self._nodes > MOST_NODES:
            raise UnsureError
        kind = type(event)
        if kind is yaml.ScalarEvent:
            return self._scalar(event)
        if kind is yaml.AliasEvent:
            return self._aliased(event.anchor)
        if event.tag is not None:
            raise UnsureError
        self._flows += bool(event.flow_style)
        mark = event.start_mark
        node: Entries | Items
        if kind is yaml.MappingStartEvent:
            node = Entries(mark.line + 1, mark.column + 1, [])
            self._anchor(event.anchor, node)
            self._entries(node, level + 1)
            node.size = sum(1 + _size(entry[-1]) for entry in node.content) + 1
        else:
            node = Items(mark.line + 1, mark.column + 1, [])
            self._anchor(event.anchor, node)
            self._items(node, level + 1)
            node.size = sum(_size(item[-1]) for item in node.content) + 1
        self._flows -= bool(event.flow_style)
        return node

    def _entries(self, node: Entries, level: int) -> None:
        seen = set()
        while type(event := self._next()) is not yaml.MappingEndEvent:
            if type(event) is not yaml.ScalarEvent:
                raise UnsureError
            key = self._scalar(event)
            self._nodes += 1
            if type(key) not in (str, int) or str(key) in seen:
                raise UnsureError
            seen.add(str(key))
            line, column = event.start_mark.line + 1, event.start_mark.column + 1
            node.content.append((key, line, column, self._node(self._next(), level)))

    def _items(self, node: Items, level: int) -> None:
        while type(event := self._next()) is not yaml.SequenceEndEvent:
            item = self._node(event, level)
            if item is None:  # the place of an item that is left out is a matter of taste
                raise UnsureError
            mark = event.start_mark
            line, column = mark.line + 1, mark.column + 1
            if type(event) is yaml.AliasEvent:
                line, column = item.line, item.column
            node.content.append((line, column, item))

    def _anchor(self, name: str | None, node: Entries | Items) -> None:
        if name is None:
            return
        if name in self._anchors:
            raise UnsureError
        self._anchors[name] = node

    def _aliased(self, name: str) -> Entries | Items:
        node = self._anchors.get(name)
        if node is None or node.size == 0:
            raise UnsureError
        return node

    def _scalar(self, event: Any) -> Any:
        if event.tag is not None or event.anchor is not None:
            raise UnsureError
        text: str = event.value
        if event.style:
            if event.style == '"' and self._escapes:
                raise UnsureError
            return text
        if self._flows and ":" in text:
            raise UnsureError
        if self._dates and DAY.fullmatch(text):
            return date.fromisoformat(text)
        return _plain(text)


def _size(node: Any) -> int:
    return node.size if isinstance(node, Entries | Items) else 1


def _plain(text: str) -> Any:
    """Return the value of a scalar without quotes, by the core schema of YAML 1.2."""
    if text in CONSTANTS:
        return CONSTANTS[text]
    if text[0] in "<=":
        raise UnsureError
    if text[0] not in "-+.0123456789":
        return text
    if WHOLE.fullmatch(text):
        return int(text)
    if DECIMAL.fullmatch(text):
        value = float(text)
        if math.isinf(value):
            raise UnsureError
        return value
    if DAY.fullmatch(text) or SPAN.fullmatch(text) or not PERHAPS_NUMBER.fullmatch(text):
        return text
    raise UnsureError
