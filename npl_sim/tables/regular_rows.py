"""Rows of a regular CSV text, parsed without a copy of the text."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

_PIECE = 2**18
"""Most characters of a text that are read at a time."""


class _Rest:
    """Text from a character on, as an open file; a copy of a large text takes much memory."""

    def __init__(self, head: str, text: str, begin: int) -> None:
        self._head, self._text, self._at = head, text, begin

    def __iter__(self) -> Iterator[str]:
        return iter(lambda: self.read(_PIECE), "")

    def read(self, size: int) -> str:
        """Return the next characters, at most `size` beside the head; empty at the end."""
        begin, head = self._at, self._head
        self._at, self._head = min(begin + size, len(self._text)), ""
        return head + self._text[begin : self._at]


def end_of(text: str, begin: int) -> int:
    """Return the end of a text from `begin` on without the line ends after it."""
    end = len(text)
    while end > begin and text[end - 1] in "\r\n":
        end -= 1
    return end


def is_regular(text: str, begin: int, separator: str, width: int) -> bool:
    """Return whether every line from `begin` on has `width` cells, without parsing it."""
    if text.find('"', begin) >= 0 or text.count("\r", begin) != text.count("\r\n", begin):
        return False
    end = end_of(text, begin)
    lines = text.count("\n", begin, end) + 1
    return text.count(separator, begin, end) == lines * (width - 1)


def regular_rows(text: str, begin: int, separator: str, width: int) -> pd.DataFrame:
    """Parse records of equal width; a longer record raises a parser error."""
    names = separator.join(map(str, range(width)))
    frame = pd.read_csv(
        _Rest(f"{names}\n", text, begin),
        sep=separator,
        header=None,
        dtype="str",
        na_filter=False,
        skip_blank_lines=False,
        quotechar='"',
    )
    return frame.iloc[1:].reset_index(drop=True)
