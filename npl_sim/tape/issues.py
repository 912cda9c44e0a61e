"""One record for every issue of an input or result: rank issues and format them as lines."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from npl_sim.core.issues import DOUBT, FORM, NOTICE, Issue
from npl_sim.core.language import gettext as _
from npl_sim.core.language import ngettext
from npl_sim.tables.findings import Finding

SHOWN = 5
"""Issues listed at the head of an output; the others are counted."""

LONGEST = 300
"""Most characters of an issue in one line; the record holds the full text."""

SLIGHT = 1e-3
"""Share of the largest GBV below which a measured effect is negligible."""

LISTED_BY = "npl-sim validate STUDY"
"""Command that lists every issue of a study and its tape."""

_POSITION = re.compile(r":\d+:\d+$")


def of_finding(finding: Finding) -> Issue:
    """Return a finding on the tape as an issue."""
    return Issue(
        finding.severity,
        finding.location,
        finding.text,
        finding.gbv,
        finding.effect,
        finding.name,
        _grade(finding),
    )


def _grade(finding: Finding) -> int:
    """Return the grade of a finding: confirmable ones are doubts, except absent and empty."""
    assumed = finding.name.startswith(("absent.", "blank."))
    if finding.name and not assumed and "(confirmed in" not in finding.expected:
        return DOUBT
    return FORM if math.isnan(finding.gbv) else NOTICE


def of_text(text: str) -> Issue:
    """Convert a warning text to an issue.

    What stands before a colon and holds no blank (a key), or ends with line and column (a file),
    is its location.
    """
    places, rest = [], text
    while ": " in rest:
        first, after = rest.split(": ", 1)
        if " " in first and not _POSITION.search(first):
            break
        places.append(first)
        rest = after
    return Issue("warning", ": ".join(places), rest)


def ranked(issues: Iterable[Issue]) -> tuple[Issue, ...]:
    """Return issues by importance: errors, then grade, effect in money, GBV, and the others.

    An effect below `SLIGHT` of the largest GBV that an issue touches was measured to be slight:
    it stands last in its grade. Issues of equal weight keep their order.
    """
    every = tuple(issues)
    slight = SLIGHT * max((abs(x.gbv) for x in every if math.isfinite(x.gbv)), default=0.0)

    def weight(issue: Issue) -> tuple[bool, int, int, float, float]:
        effect, gbv = abs(issue.effect), abs(issue.gbv)
        if math.isnan(effect):
            order = 2 if math.isnan(gbv) else 1
        else:
            order = 0 if effect >= slight else 3
        return (
            issue.severity != "error",
            issue.grade,
            order,
            0.0 if math.isnan(effect) else -effect,
            0.0 if math.isnan(gbv) else -gbv,
        )

    return tuple(sorted(every, key=weight))


def counts(issues: Iterable[Issue]) -> dict[str, int]:
    """Return the number of issues by severity."""
    severities = [issue.severity for issue in issues]
    return {"error": severities.count("error"), "warning": severities.count("warning")}


def records(issues: Iterable[Issue]) -> list[dict[str, Any]]:
    """Return the most important issues as JSON data; unknown amounts are None."""
    return [
        {
            "severity": issue.severity,
            "location": _storable(issue.location),
            "message": _storable(issue.message),
            "effect": issue.effect if math.isfinite(issue.effect) else None,
            "gbv": issue.gbv if math.isfinite(issue.gbv) else None,
            "name": issue.name,
        }
        for issue in ranked(issues)[:SHOWN]
    ]


def _storable(text: str) -> str:
    """Return text that UTF-8 can encode; a file name may hold any bytes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def head(
    issues: Sequence[Issue],
    n: int = SHOWN,
    money: Callable[[float], str] = "{:,.0f}".format,
    command: str = LISTED_BY,
) -> list[str]:
    """Return the most important issues as lines, and a last line that counts the others.

    Parameters
    ----------
    issues
        Issues in any order.
    n
        Most issues that are shown. [issues]
    money
        Writes an amount in package currency.
    command
        Command that lists every issue.

    Returns
    -------
    list of str
        At most `n` + 1 lines; empty where there is no issue.
    """
    shown = ranked(issues)[:n]
    lines = [_line(issue, money) for issue in shown]
    every, listed = counts(issues), counts(shown)
    left = {kind: every[kind] - listed[kind] for kind in every}
    rest = [
        text.format(count=f"{left[kind]:,}")
        for kind, text in (
            ("error", ngettext("{count} more error", "{count} more errors", left["error"])),
            (
                "warning",
                ngettext("{count} more warning", "{count} more warnings", left["warning"]),
            ),
        )
        if left[kind]
    ]
    if rest:
        lines.append(
            _("and {rest}: {command} lists every issue of study and tape").format(
                rest=_(" and ").join(rest), command=command
            )
        )
    return lines


def _line(issue: Issue, money: Callable[[float], str]) -> str:
    text = f"{_(issue.severity)}: {issue.text}"
    if len(text) > LONGEST:
        text = text[:LONGEST].rstrip() + "..."
    amounts = []
    if math.isfinite(issue.effect):
        sign = "+" if issue.effect > 0.0 else ""
        amounts.append(_("effect {sign}{effect}").format(sign=sign, effect=money(issue.effect)))
    if math.isfinite(issue.gbv):
        amounts.append(_("GBV {gbv}").format(gbv=money(issue.gbv)))
    return f"{text} [{'; '.join(amounts)}]" if amounts else text
