"""Number formats of a spreadsheet: percentages, and currencies or units beside numbers."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from npl_sim.tables.cell_types import Marked, Percent

PERCENT_IDS = frozenset((9, 10))
"""Built-in formats of a workbook that show a percentage: ``0%`` and ``0.00%``."""

_LITERAL = re.compile(r'"[^"]*"?|\\.|_.|\*.|\[[^\]]*\]')
"""Parts of a format without digits: quoted and escaped text, padding, brackets."""

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
    """Return the sections of a format: positive, negative, zero, text, or conditional."""
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


_SHOWN = re.compile(r'\[\$([^\]\-]*)(?:-[^\]]*)?\]|"([^"]*)"?|\\(.)|([$€£¥￥₹元万亿])')
_MARK = re.compile(
    r"[$€£¥￥₹]|[A-Za-z]{2,4}\$?|.*[元万亿].*|.*(?:thousand|million|mln|mio).*", re.IGNORECASE
)
_SCALED = re.compile(r"[0#?],+(?![0#?,])|!")
"""A format that divides numbers, as 850 for 850,000; its unit does not fit the stored value."""


@lru_cache(maxsize=4096)
def mark_of(code: str) -> str:
    """Return the currency or unit that a format shows beside numbers, or an empty text.

    Parameters
    ----------
    code
        Format code, such as ``#,##0.00 [$€-2]`` or ``0.00"万元"``.
    """
    first = (
        code.split(";")[0]
        if '"' not in code
        else re.split(r';(?=(?:[^"]*"[^"]*")*[^"]*$)', code)[0]
    )
    texts = [
        "".join(part for part in found.groups() if part).strip()
        for found in _SHOWN.finditer(first)
    ]
    marks = [text for text in texts if text and _MARK.fullmatch(text)]
    bare = re.sub(r'"[^"]*"?|\[[^\]]*\]', "", first)
    if not marks or _SCALED.search(bare) or not re.search(r"[0#?]", bare):
        return ""
    return "".join(marks)


def says_more(code: str) -> bool:
    """Return whether a format shows numbers as percentages, or beside a currency or a unit."""
    return any(section.percent for section in _sections(code)[:3]) or mark_of(code) != ""


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


def as_shown(value: float, code: str) -> float:
    """Return a number as its format shows it: a percentage, marked, or plain.

    Parameters
    ----------
    value
        Number in the cell.
    code
        Format code.
    """
    if shows_percent(code, value):
        return Percent(value)
    mark = mark_of(code)
    return Marked(value, mark) if mark else value
