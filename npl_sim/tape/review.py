"""Review findings: GBV concerned, confirmations of the study, and errors that stop the run."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from npl_sim.tables.findings import Finding, FindingLog, format_findings

_LISTED = 20


def weigh(log: FindingLog, ids: pd.Series, gbv: Callable[[Collection[str]], float]) -> None:
    """Add the gross book value concerned to each finding about records.

    Parameters
    ----------
    log
        Findings of a file.
    ids
        Loan id of each record.
    gbv
        Gross book value of loans by their ids, NaN where none is known. [package currency]
    """
    whole: float | None = None
    for i, finding in enumerate(log.findings):
        at = log.records_of(finding)
        if not np.isnan(finding.gbv) or not at.any():
            continue
        if at.all() and len(at):
            whole = gbv(ids.unique()) if whole is None else whole
            total = whole
        else:
            total = gbv(ids[at].unique())
        log.findings[i] = replace(finding, gbv=total, every=None)


def confirm(log: FindingLog, names: Collection[str]) -> set[str]:
    """Turn confirmed errors into warnings; return the confirmed names that a finding has."""
    used = set()
    for i, finding in enumerate(log.findings):
        if not finding.name or finding.name not in names:
            continue
        used.add(finding.name)
        message = f"{finding.expected} (confirmed in tape.confirmed as {finding.name})"
        log.findings[i] = replace(finding, severity="warning", expected=message)
        if finding.severity == "error":
            _withdraw(log, finding)
    return used


def _withdraw(log: FindingLog, finding: Finding) -> None:
    """Remove an error from the reasons for quarantine."""
    end, begin = f"; expected {finding.expected}", f"{finding.column}: "
    for row, reasons in list(log.reasons.items()):
        kept = [r for r in reasons if not (r.endswith(end) and r.startswith((begin, "'", '"')))]
        if kept:
            log.reasons[row] = kept
        else:
            del log.reasons[row]


def unused_names(
    names: Sequence[str], findings: Iterable[Finding], used: Collection[str], file: str
) -> list[Finding]:
    """Return a warning for each confirmed name that no finding has."""
    there = sorted({f.name for f in findings if f.name})
    warned = []
    for name in dict.fromkeys(names):
        if name not in used:
            near = difflib.get_close_matches(name, there, n=1)
            hint = (
                f"; did you mean {near[0]!r}?"
                if near
                else ": remove it from tape.confirmed, or correct it"
            )
            warned.append(
                Finding(
                    "warning", file, "", f"a name that some finding bears{hint}", 1, (1,), (name,)
                )
            )
    return warned


def stopping(log: FindingLog, header_row: int) -> list[Finding]:
    """Return errors that quarantine cannot settle: open readings and errors of a whole file."""
    return [
        f
        for f in log.findings
        if f.severity == "error"
        and (f.name or max(f.rows, default=0) <= log.header_row(f.file, header_row))
    ]


def stop_text(stops: Sequence[Finding], findings: Sequence[Finding]) -> str:
    """Return the message of a run that stops even where faulty rows are quarantined."""
    lines = [str(f) for f in stops]
    named = list(dict.fromkeys(f.name for f in stops if f.name))
    if named:
        lines.append(f"where this is meant, state it: tape.confirmed: [{', '.join(named)}]")
    lines.append("these stop the run, under on_error: quarantine too")
    rest = [f for f in findings if f not in stops]
    if rest:
        lines.append(f"besides:\n{format_findings(rest, limit=_LISTED)}")
    return "\n".join(lines)
