"""References to the cells of a sheet, such as ``B7`` and ``B7:C9``."""

from __future__ import annotations

import re

MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
"""Size of the largest sheet."""

_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})")


def column_number(letters: str) -> int:
    """Return the number of a column, from 1."""
    number = 0
    for character in letters.upper():
        number = 26 * number + ord(character) - 64
    return number


def column_letters(column: int) -> str:
    """Return the letters of a column, from 0."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def position(reference: str) -> tuple[int, int]:
    """Return row and column from 0 of a reference such as ``B7``.

    Raises
    ------
    ValueError
        If it is no reference.
    """
    match = _REFERENCE.fullmatch(reference)
    if not match or match[2].strip("0") == "":
        raise ValueError(f"{reference[:20]!r} is no cell")
    return int(match[2]) - 1, column_number(match[1]) - 1


def cell_range(reference: str) -> tuple[int, int, int, int]:
    """Return first row, first column, last row and last column from 0 of a range as ``B7:C9``."""
    first, _, last = reference.partition(":")
    top, left = position(first)
    bottom, right = position(last or first)
    return min(top, bottom), min(left, right), max(top, bottom), max(left, right)
