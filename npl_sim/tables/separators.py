"""Separator of a text file: stated by Excel's first line, or decided over several lines."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator

SEPARATORS = "\t;|,"
"""Separators that are detected in text, the least ambiguous first."""

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_STATED = re.compile(r'"?sep=([^A-Za-z0-9"\r\n])"?[;,\t ]*(?:\r\n|\r|\n|\Z)', re.IGNORECASE)
_LOOKED_AT = 50  # [lines]
_LONGEST = 100_000  # [characters]


def stated_separator(text: str) -> tuple[str, int]:
    """Return the separator of a first line such as ``sep=;``, and where the next line begins."""
    match = _STATED.match(text)
    return (match[1], match.end()) if match else ("", 0)


def lines_of(text: str, begin: int = 0) -> Iterator[str]:
    """Yield lines with their line ends of any kind."""
    for match in _LINE.finditer(text, begin):
        yield match[0]


def _cells(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line.rstrip("\r\n")], delimiter=separator), [])
    except csv.Error:
        return []


def separator_of(
    text: str, begin: int, known: Callable[[tuple[str, ...]], int] | None, header_row: int
) -> str:
    """Return the separator of a text; a comma if there is none.

    The separator with the most known headers in a line wins. On a tie, the one that splits most
    lines from the headers on into equally many cells wins, then the line of the headers decides.

    Parameters
    ----------
    text, begin
        Text, and where its first line begins.
    known
        Counts the headers of a row that have a known meaning.
    header_row
        First line that may hold the headers. [line, from 1]
    """
    lines: list[str] = []
    for number, line in enumerate(lines_of(text, begin), start=1):
        if number >= header_row and line.strip(' \t\r\n\ufeff\u3000,;|"'):
            lines.append(line[:_LONGEST])
            if len(lines) == _LOOKED_AT:
                break
    if not lines:
        return ","
    best, best_score = ",", (0, 0, False)
    for separator in SEPARATORS:
        records = [_cells(line, separator) for line in lines]
        widths = Counter(len(record) for record in records if len(record) > 1)
        if not widths:
            continue
        width, regular = widths.most_common(1)[0]
        headers = max(known(tuple(c.strip() for c in r)) for r in records) if known else 0
        score = (headers, regular, len(records[0]) == width)
        if score > best_score:
            best, best_score = separator, score
    return best
