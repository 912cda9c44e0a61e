"""What was found on a tape: one record per sort of fault, every row of it counted."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from npl_sim.tables.celltypes import shown

__all__ = ["KEPT", "Finding", "FindingLog", "Severity", "format_findings"]

Severity = Literal["error", "warning"]

Values = ArrayLike | Callable[[np.ndarray], ArrayLike]
"""What rows hold: all of it, or a function from positions to what stands there."""

KEPT = 100
"""Rows and values that one finding keeps as examples; all are counted."""

_SHOWN = 5


@dataclass(frozen=True)
class Finding:
    """One sort of fault in one column of one file.

    Attributes
    ----------
    severity
        An error sets its rows aside or stops the run; a warning does neither.
    file
        Name of the file.
    column
        Canonical column, with the file's own header where it differs; empty: the whole row or file.
    expected
        What would do.
    count
        Rows concerned.
    rows, values
        The first of these rows (all of them for an error found while the file was read), counted
        from 1 with the headers as a spreadsheet does, and what stands there.
    name
        What the study calls it in `tape.confirmed`; empty: it cannot be confirmed.
    gbv
        Gross book value of the loans concerned; NaN: not known. [package currency]
    effect
        Change of the value of the package under a plausible other reading; NaN: not measured. [package currency]
    every
        Row numbers of all rows concerned, where they are known beyond the first.
    message
        The whole text, for what no single cell shows; empty: value and expectation make it.
    """

    severity: Severity
    file: str
    column: str
    expected: str
    count: int
    rows: tuple[int, ...]
    values: tuple[str, ...]
    name: str = ""
    gbv: float = math.nan
    effect: float = math.nan
    every: np.ndarray | None = field(default=None, compare=False, repr=False)
    message: str = ""

    @property
    def row(self) -> int:
        """The first row concerned."""
        return self.rows[0]

    @property
    def value(self) -> str:
        """What stands in the first row concerned."""
        return self.values[0]

    @property
    def location(self) -> str:
        """File, row and column."""
        row = "" if self.message else f" row {self.row}"
        return f"{self.file}{row}" + (f", {self.column}" if self.column else "")

    @property
    def text(self) -> str:
        """What is wrong: value, what was expected, and the other rows concerned."""
        if self.message:
            return self.message
        text = f"{shown(self.value)}; expected {self.expected}"
        if self.count > 1:
            others = ", ".join(str(r) for r in self.rows[1:_SHOWN])
            dots = ", ..." if self.count > _SHOWN else ""
            text += f" [{self.count:,} rows{f'; also {others}{dots}' if others else ''}]"
        return text

    def __str__(self) -> str:
        text = f"{self.severity}: {self.location}: {self.text}"
        return text if math.isnan(self.gbv) else f"{text} [GBV {self.gbv:,.2f}]"


@dataclass
class FindingLog:
    """Collects the findings of one file, and why each faulty row is faulty.

    Attributes
    ----------
    file
        Name of the file.
    rows
        Row numbers of the file's records.
    headers
        Canonical column to the file's header.
    findings
        What was found so far.
    reasons
        Row number to the errors on it.
    """

    file: str
    rows: np.ndarray
    headers: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    reasons: dict[int, list[str]] = field(default_factory=dict)

    def _named(self, column: str) -> str:
        header = self.headers.get(column, column)
        return column if header == column else f"{column} ({header})"

    def add(
        self,
        severity: Severity,
        column: str,
        at: ArrayLike,
        values: Values,
        expected: str,
        *,
        confirm: str = "",
    ) -> None:
        """Record that the rows where `at` is true hold `values` in `column`.

        `values` are aligned with `at`, or come from a function of the positions that are shown; `confirm` is the
        name by which the study may confirm the finding.
        """
        where = np.flatnonzero(np.asarray(at, dtype=bool))
        if len(where) == 0:
            return
        rows = self.rows[where]
        if len(rows) > 1 and not (np.diff(rows) > 0).all():  # an item of several loans stands several times
            rows, first_of = np.unique(rows, return_index=True)
            where = where[first_of]
        told = where if severity == "error" else where[:KEPT]
        held = values(told) if callable(values) else np.asarray(values, dtype=object)[told]
        held = np.asarray(held, dtype=object)
        texts = [_text(value) for value in held]
        name = self._named(column)
        first = tuple(int(r) for r in rows[:KEPT])
        kept = tuple(texts[:KEPT])
        self.findings.append(
            Finding(severity, self.file, name, expected, len(rows), first, kept, confirm, every=rows)
        )
        if severity == "error":
            for row, text in zip(rows.tolist(), texts, strict=True):
                self.reasons.setdefault(row, []).append(f"{name}: {shown(text)}; expected {expected}")

    def error(self, column: str, at: ArrayLike, values: Values, expected: str, *, confirm: str = "") -> None:
        """Record an error."""
        self.add("error", column, at, values, expected, confirm=confirm)

    def warn(self, column: str, at: ArrayLike, values: Values, expected: str, *, confirm: str = "") -> None:
        """Record a warning."""
        self.add("warning", column, at, values, expected, confirm=confirm)

    def about_file(self, finding: Finding) -> None:
        """Record what was found while the file was read."""
        self.findings.append(finding)
        if finding.severity == "error":
            for row, value in zip(finding.rows, finding.values, strict=True):
                self.reasons.setdefault(row, []).append(f"{shown(value)}; expected {finding.expected}")

    def faulty(self) -> np.ndarray:
        """Return which records have an error."""
        return np.isin(self.rows, np.fromiter(self.reasons, dtype=np.int64, count=len(self.reasons)))


def _text(value: Any) -> str:
    if isinstance(value, float | np.floating):
        return f"{value:,.10g}"
    return str(value)


def format_findings(findings: Iterable[Finding], limit: int | None = 50) -> str:
    """Return findings as plain text: errors first, then by file and column, then a count.

    Parameters
    ----------
    findings
        Findings of a tape.
    limit
        Most lines of findings; none: all. [lines]
    """
    ordered = sorted(findings, key=lambda f: (f.severity != "error", f.file, f.rows[0], f.column))
    lines = [str(f) for f in (ordered if limit is None else ordered[:limit])]
    if len(lines) < len(ordered):
        lines.append(f"... and {len(ordered) - len(lines):,} more sorts of finding")
    errors = sum(f.count for f in ordered if f.severity == "error")
    warnings = sum(f.count for f in ordered if f.severity == "warning")
    lines.append(f"{errors:,} errors and {warnings:,} warnings" if ordered else "no findings")
    return "\n".join(lines)
