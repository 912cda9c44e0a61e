"""Issues: errors and warnings on an input or a result."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]

KeyPath = tuple[str | int, ...]
"""Keys and positions that lead to a value of an input file."""

RESULT, LEFT_OUT, DOUBT, NOTICE, FORM = 0, 1, 2, 3, 4
"""Grades of issues, most important first."""


@dataclass(frozen=True)
class Issue:
    """Error or warning on an input or a result."""

    severity: Severity
    """``error``: resolve it before using the result; ``warning``: check it."""
    location: str
    """Place of the issue: file and row, key of the study, or part of the result."""
    message: str
    """What is wrong, the value, and what was expected."""
    gbv: float = math.nan
    """Gross book value of the loans affected; NaN if unknown. [package currency]"""
    effect: float = math.nan
    """Change of the package value under another plausible reading; NaN if not measured.
    [package currency]"""
    name: str = ""
    """Name by which a study confirms the issue; empty if it cannot be confirmed."""
    grade: int = NOTICE
    """First sort key, before the amounts. `RESULT`: the result itself is in doubt. `LEFT_OUT`: the
    result leaves out rows. `DOUBT`: a value is in doubt. `NOTICE`: a value was assumed. `FORM`:
    the effect on values is negligible."""
    path: KeyPath = ()
    """Keys that lead to the value in a study, deal or contract."""

    def __str__(self) -> str:
        where = f"{self.location}: " if self.location else ""
        return f"{self.severity}: {where}{self.message}"

    @property
    def text(self) -> str:
        """Location and message in one line."""
        return f"{self.location}: {self.message}" if self.location else self.message


def error_at(path: KeyPath, message: str) -> Issue:
    """Return an error in the value at a path of keys."""
    return Issue("error", ".".join(map(str, path)), message, path=path)


def warning_at(path: KeyPath, message: str) -> Issue:
    """Return a warning on the value at a path of keys."""
    return Issue("warning", ".".join(map(str, path)), message, path=path)
