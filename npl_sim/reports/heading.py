"""Heading of every output: the most important issues, and the loans without value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from npl_sim.analysis.evidence import Evidence
from npl_sim.analysis.worthless import REASONS, Worthless, by_reason
from npl_sim.core.issues import Issue, KeyPath
from npl_sim.core.language import N_
from npl_sim.core.language import gettext as _
from npl_sim.reports.evidence import evidence_values
from npl_sim.reports.formats import amount_text, percent
from npl_sim.reports.table import ready_table
from npl_sim.reports.writers.parquet import frame_of
from npl_sim.reports.writers.terminal import table_lines
from npl_sim.tape.issues import LISTED_BY, SHOWN, counts, head, records

if TYPE_CHECKING:
    from npl_sim.analysis.experts import ExpertComparison

NOT_PLAUSIBLE = N_("NOT PLAUSIBLE: do not use it; the first issue says why")
"""Warning beside a result that is itself in error."""

FIRST = ("units", "price", "value_at_target", "buyer_bid")
"""Keys of a summary that precede its issues."""


@dataclass(frozen=True)
class Heading:
    """Issues and loans without value, which precede the details of a result."""

    issues: tuple[Issue, ...] = ()
    """Every issue, the most important first."""
    nothing: Worthless | None = None
    """Loans without value; None where there is no tape."""
    currency: str = ""
    """Name of the currency."""
    evidence: Evidence | None = None
    """Sources of the figures and comparables; None where nothing was priced."""
    origins: Mapping[KeyPath, str] = field(default_factory=dict)
    """Layer that each value of the study comes from, by its path; empty if names are masked."""
    experts: ExpertComparison | None = None
    """Model and expert side by side; None for a study without manual entries."""

    @property
    def implausible(self) -> bool:
        """Whether the result itself is in error."""
        return any(x.severity == "error" and x.location == "result" for x in self.issues)


NO_HEADING = Heading()
"""Heading of a result without its study."""


def issue_lines(issues: Sequence[Issue], currency: str, command: str = LISTED_BY) -> list[str]:
    """Return the most important issues as lines with amounts in words; empty without issues."""
    return head(issues, money=lambda amount: amount_text(amount, currency), command=command)


def issue_values(issues: Sequence[Issue]) -> dict[str, Any]:
    """Return the most important issues and the counts by severity as plain data for JSON."""
    return {"issues": records(issues), "issues_by_count": counts(issues)}


def issue_title(issues: Sequence[Issue]) -> str:
    """Return the line above the issues."""
    return _("Issues: {issues:,}").format(issues=len(issues)) + (
        _(", the {shown} most important first").format(shown=SHOWN) if len(issues) > SHOWN else ""
    )


def worthless_lines(nothing: Worthless, currency: str) -> list[str]:
    """Return the loans without value by reason as aligned lines; empty where there are none."""
    frame = by_reason(nothing)
    if frame.empty:
        return []
    rows = [
        (
            r.reason,
            f"{r.loans:,}",
            amount_text(r.gbv, currency),
            percent(r.share_of_gbv),
            amount_text(r.collateral_value, currency),
            _(REASONS[r.reason]),
        )
        for r in frame.itertuples()
    ]
    total = ("total", f"{len(nothing.loans):,}", amount_text(nothing.gbv, currency))
    value = amount_text(float(frame["collateral_value"].sum()), currency)
    rows.append((*total, percent(nothing.share), value, ""))
    how = (
        _("no scenario brings cash")
        if nothing.simulated
        else _("from the model, before any simulation")
    )
    header = ["reason", "loans", "GBV", _("% of GBV"), "collateral", ""]
    return list(
        table_lines(
            ready_table(
                _("Worth nothing, and why ({how})").format(how=how),
                header,
                rows,
                texts=("reason", ""),
            )
        )
    )


def worthless_values(nothing: Worthless) -> dict[str, Any]:
    """Return the loans without value by reason as plain data for JSON."""
    rows = by_reason(nothing).to_dict(orient="records")
    return {
        "loans": len(nothing.loans),
        "gbv": nothing.gbv,
        "share_of_gbv": nothing.share,
        "simulated": nothing.simulated,
        "by_reason": [{**row, "meaning": REASONS[str(row["reason"])]} for row in rows],
    }


def with_heading(summary: dict[str, Any], heading: Heading) -> dict[str, Any]:
    """Return a summary in the order: result, issues, loans without value, evidence, the rest."""
    issues = issue_values(heading.issues)
    if heading.nothing is not None:
        issues["worth_nothing"] = worthless_values(heading.nothing)
    if heading.experts is not None:
        issues["entries_by_author"] = heading.experts.authors.to_dict(orient="records")
    first = {key: summary[key] for key in FIRST if key in summary}
    return {
        **first,
        **issues,
        **evidence_values(heading.evidence),
        **{key: value for key, value in summary.items() if key not in first},
    }


def worthless_table(nothing: Worthless) -> pd.DataFrame:
    """Return the loans without value as a table for a file, one row per loan."""
    return frame_of(nothing.loans, collateral_value="package currency")
