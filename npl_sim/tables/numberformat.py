"""Number formats of a spreadsheet: whether a cell is shown as a percentage."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["PERCENT_IDS", "may_show_percent", "shows_percent"]

PERCENT_IDS = frozenset((9, 10))
"""Built-in formats of a workbook that show a percentage: ``0%`` and ``0.00%``."""

_LITERAL = re.compile(r'"[^"]*"?|\\.|_.|\*.|\[[^\]]*\]')
"""What a format shows as it stands, or does not show: quoted and escaped text, padding, brackets."""

_CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)\s*([-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)\]")

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "<>": operator.ne,
}


@dataclass(frozen=True)
class _Section:
    percent: bool
    compare: str = ""
    bound: float = 0.0

    def fits(self, value: float) -> bool:
        return _COMPARE[self.compare](value, self.bound)


@lru_cache(maxsize=4096)
def _sections(code: str) -> tuple[_Section, ...]:
    """Return the sections of a format: positive, negative, zero, text, or with conditions of their own."""
    found, begin, at = [], 0, 0
    while at <= len(code):
        literal = _LITERAL.match(code, at)
        if literal:
            at = literal.end()
            continue
        if at == len(code) or code[at] == ";":
            section = code[begin:at]
            bare = _LITERAL.sub("", section)
            condition = _CONDITION.search(section)
            percent = "%" in bare or "％" in bare or bare.strip().casefold() == "percent"
            if condition:
                found.append(_Section(percent, condition[1], float(condition[2])))
            else:
                found.append(_Section(percent))
            begin = at + 1
        at += 1
    return tuple(found)


def may_show_percent(code: str) -> bool:
    """Return whether a format shows some numbers as percentages."""
    return any(section.percent for section in _sections(code)[:3])


def shows_percent(code: str, value: float) -> bool:
    """Return whether a format shows this number as a percentage.

    Parameters
    ----------
    code
        Format code, such as ``0.00%`` or ``[<0.1]0.0%;0%``.
    value
        Number in the cell.
    """
    sections = _sections(code)[:3]
    if any(s.compare for s in sections):
        for section in sections:
            if not section.compare or section.fits(value):
                return section.percent
        return sections[-1].percent
    if value < 0 and len(sections) > 1:
        return sections[1].percent
    if value == 0 and len(sections) > 2:
        return sections[2].percent
    return sections[0].percent
