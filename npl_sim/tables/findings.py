"""Findings on a tape: one record per kind of problem, with a count of its rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partialmethod
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from npl_sim.core.language import gettext as _
from npl_sim.tables.cell_types import shown

Severity = Literal["error", "warning"]

Values = ArrayLike | Callable[[np.ndarray], ArrayLike]
"""Content of rows: all of it, or a function from positions to content."""

KEPT = 100
"""Rows and values that a finding retains as examples; all are counted."""

PART_ROWS = 1_000_000_000
"""Offset of row keys per file of a table: key = PART_ROWS x position of file + row in file."""

_SHOWN = 5


@dataclass(frozen=True)
class Finding:
    """One kind of problem in one column of one file."""

    severity: Severity
    """An error sets its rows aside or stops the run; a warning does neither."""
    file: str
    """Name of the file."""
    column: str
    """Canonical column, with the file's own header where it differs; empty: the whole row or file.
    """
    expected: str
    """What would do."""
    count: int
    """Rows concerned."""
    rows: tuple[int, ...]
    values: tuple[str, ...]
    """The first of these rows, counted from 1 as a spreadsheet does, and their content. An error
    found while the file was read has all rows."""
    name: str = ""
    """What the study calls it in `tape.confirmed`; empty: it cannot be confirmed."""
    gbv: float = math.nan
    """Gross book value of the loans concerned; NaN: not known. [package currency]"""
    effect: float = math.nan
    """Change of the value of the package under a plausible other reading; NaN: not measured.
    [package currency]"""
    every: np.ndarray | None = field(default=None, compare=False, repr=False)
    """Row numbers of all rows concerned, where they are known beyond the first."""
    message: str = ""
    """The whole text, for what no single cell shows; empty: value and expectation make it."""

    @property
    def row(self) -> int:
        """The first row concerned."""
        return self.rows[0]

    @property
    def value(self) -> str:
        """Content of the first row concerned."""
        return self.values[0]

    @property
    def location(self) -> str:
        """File, row and column."""
        row = "" if self.message else _(" row {row}").format(row=self.row)
        return f"{self.file}{row}" + (f", {self.column}" if self.column else "")

    @property
    def text(self) -> str:
        """What is wrong: value, expectation, and the other rows concerned."""
        if self.message:
            return self.message
        text = _("{shown}; expected {expected}").format(
            shown=shown(self.value), expected=self.expected
        )
        if self.count > 1:
            others = ", ".join(str(r) for r in self.rows[1:_SHOWN])
            dots = ", ..." if self.count > _SHOWN else ""
            text += _(" [{count:,} rows{text}]").format(
                count=self.count,
                text=_("; also {others}{dots}").format(others=others, dots=dots) if others else "",
            )
        return text

    def __str__(self) -> str:
        text = f"{self.severity}: {self.location}: {self.text}"
        return text if math.isnan(self.gbv) else f"{text} [GBV {self.gbv:,.2f}]"


@dataclass(frozen=True)
class FilePart:
    """One of several files of a table."""

    file: str
    """Name of the file."""
    header_row: int
    """Row of its headers. [row, from 1]"""
    headers: dict[str, str] = field(default_factory=dict)
    """Canonical column to the file's header."""


@dataclass
class FindingLog:
    """Log of the findings of one table, with the reasons of each faulty row."""

    file: str
    """Name of the file, or of the first file and the number of the others."""
    rows: np.ndarray
    """Row keys of the table's records: row numbers of one file, or `PART_ROWS` apart from file to
    file."""
    headers: dict[str, str] = field(default_factory=dict)
    """Canonical column to the file's header."""
    findings: list[Finding] = field(default_factory=list)
    """What was found so far."""
    reasons: dict[int, list[str]] = field(default_factory=dict)
    """Row key to the errors on it."""
    parts: tuple[FilePart, ...] = ()
    """The files of a table that lies in several; empty: one file."""

    def _named(self, column: str, part: int = 0) -> str:
        headers = self.parts[part].headers if self.parts else self.headers
        header = headers.get(
            column, self.headers.get(column, column) if not self.parts else column
        )
        return column if header == column else f"{column} ({header})"

    def place(self, key: int) -> tuple[str, int]:
        """Return the file and row of a row key."""
        part, row = divmod(int(key), PART_ROWS)
        return (self.parts[part].file if self.parts else self.file), row

    def _offset(self, file: str) -> int:
        """Return the offset that turns rows of a file into row keys."""
        return next((i * PART_ROWS for i, part in enumerate(self.parts) if part.file == file), 0)

    def records_of(self, finding: Finding) -> np.ndarray:
        """Return the records of a finding; none if its rows are not all known."""
        rows = finding.every
        if rows is None:
            if finding.count != len(finding.rows):
                return np.zeros(len(self.rows), dtype=bool)
            rows = np.asarray(finding.rows, dtype=np.int64)
        return np.isin(self.rows, rows + self._offset(finding.file))

    def header_row(self, file: str, otherwise: int) -> int:
        """Return the header row of one of several files; `otherwise` for any other file."""
        return next((part.header_row for part in self.parts if part.file == file), otherwise)

    def by_file(self, keys: np.ndarray) -> list[tuple[int, str, np.ndarray]]:
        """Return position and name of each file with rows, and the mask of its row keys."""
        if not self.parts:
            return [(0, self.file, np.ones(len(keys), dtype=bool))]
        part = keys // PART_ROWS
        return [(int(i), self.parts[i].file, part == i) for i in np.unique(part)]

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

        `values` are aligned with `at`, or come from a function of the positions shown. `confirm`
        is the name by which the study may confirm the finding.
        """
        where = np.flatnonzero(np.asarray(at, dtype=bool))
        if len(where) == 0:
            return
        rows = self.rows[where]
        if (
            len(rows) > 1 and not (np.diff(rows) > 0).all()
        ):  # an item of several loans stands several times
            rows, first_of = np.unique(rows, return_index=True)
            where = where[first_of]
        for part, file, own in self.by_file(rows):
            positions = where[own] if severity == "error" else where[own][:KEPT]
            content = (
                values(positions)
                if callable(values)
                else np.asarray(values, dtype=object)[positions]
            )
            texts = [_text(value) for value in np.asarray(content, dtype=object)]
            name, local = self._named(column, part), rows[own] % PART_ROWS
            first = tuple(int(r) for r in local[:KEPT])
            kept = tuple(texts[:KEPT])
            self.findings.append(
                Finding(
                    severity, file, name, expected, len(local), first, kept, confirm, every=local
                )
            )
            if severity == "error":
                for row, text in zip(rows[own].tolist(), texts, strict=True):
                    self.reasons.setdefault(row, []).append(
                        _("{name}: {text}; expected {expected}").format(
                            name=name, text=shown(text), expected=expected
                        )
                    )

    def on_rows(self, finding: Finding, keys: np.ndarray, values: Sequence[str]) -> list[Finding]:
        """Return one finding for each file with rows.

        Parameters
        ----------
        finding
            What was found, without rows.
        keys
            Row keys of all rows concerned.
        values
            Content of the first of them; at least `KEPT`, or all.
        """
        found = []
        for part, file, own in self.by_file(keys):
            local = keys[own] % PART_ROWS
            kept = tuple(v for v, mine in zip(values, own, strict=False) if mine)[:KEPT] or ("",)
            first = tuple(int(r) for r in local[: min(KEPT, len(kept))])
            column = (
                finding.column
                if not self.parts
                else self._named(finding.column.split(" (")[0], part)
            )
            gbv = finding.gbv if own.all() else math.nan
            changed = {
                "count": len(local),
                "rows": first,
                "values": kept,
                "gbv": gbv,
                "every": local,
            }
            found.append(replace(finding, file=file, column=column, **changed))
        return found

    error = partialmethod(add, "error")
    """Record an error; parameters as in `add`."""
    warn = partialmethod(add, "warning")
    """Record a warning; parameters as in `add`."""

    def about_file(self, finding: Finding) -> None:
        """Record a finding made while the file was read."""
        self.findings.append(finding)
        if finding.severity == "error":
            first = self._offset(finding.file)
            for row, value in zip(finding.rows, finding.values, strict=True):
                self.reasons.setdefault(first + row, []).append(
                    _("{shown}; expected {expected}").format(
                        shown=shown(value), expected=finding.expected
                    )
                )

    def faulty(self) -> np.ndarray:
        """Return which records have an error."""
        return np.isin(
            self.rows, np.fromiter(self.reasons, dtype=np.int64, count=len(self.reasons))
        )


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
        Most lines of findings; defaults to all. [lines]
    """
    ordered = sorted(findings, key=lambda f: (f.severity != "error", f.file, f.rows[0], f.column))
    lines = [str(f) for f in (ordered if limit is None else ordered[:limit])]
    if len(lines) < len(ordered):
        more = len(ordered) - len(lines)
        lines.append(_("... and {more:,} more sorts of finding").format(more=more))
    errors = sum(f.count for f in ordered if f.severity == "error")
    warnings = sum(f.count for f in ordered if f.severity == "warning")
    lines.append(
        _("{errors:,} errors and {warnings:,} warnings").format(errors=errors, warnings=warnings)
        if ordered
        else _("no findings")
    )
    return "\n".join(lines)
