"""What stands beside the result at the head of every output: the most important issues, and the loans worth nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from npl_sim.analysis.worthless import REASONS, Worthless, by_reason
from npl_sim.core.errors import escaped
from npl_sim.reports.formats import amount_text, percent
from npl_sim.tape.issues import LISTED_BY, SHOWN, Issue, counts, head, records

if TYPE_CHECKING:
    from rich.console import Console


__all__ = [
    "NOT_PLAUSIBLE",
    "NO_HEADING",
    "Heading",
    "issue_lines",
    "issue_title",
    "issue_values",
    "print_issues",
    "with_heading",
    "worthless_lines",
    "worthless_table",
    "worthless_values",
]

NOT_PLAUSIBLE = "NOT PLAUSIBLE: do not use it; the first issue says why"
"""Stands beside a result that is in error itself."""

FIRST = ("units", "price", "value_at_target", "buyer_bid")
"""Keys of a summary that stand before its issues."""


@dataclass(frozen=True)
class Heading:
    """What is told of a result before its details."""

    issues: tuple[Issue, ...] = ()
    """Every issue, the most important first."""
    nothing: Worthless | None = None
    """Loans worth nothing; none: not asked (there is no tape)."""
    currency: str = ""
    """Name of the currency."""

    @property
    def implausible(self) -> bool:
        """Whether the result itself is in error."""
        return any(x.severity == "error" and x.location == "result" for x in self.issues)


NO_HEADING = Heading()
"""What is told of a result whose study is not at hand."""


def issue_lines(issues: Sequence[Issue], currency: str, command: str = LISTED_BY) -> list[str]:
    """Return the most important issues as lines with money in words; empty where there is none."""
    return head(issues, money=lambda amount: amount_text(amount, currency), command=command)


def issue_values(issues: Sequence[Issue]) -> dict[str, Any]:
    """Return the most important issues, and the number of all by severity, as plain data that JSON can hold."""
    return {"issues": records(issues), "issues_by_count": counts(issues)}


def issue_title(issues: Sequence[Issue]) -> str:
    """Return the line above the issues."""
    return f"Issues: {len(issues):,}" + (
        f", the {SHOWN} most important first" if len(issues) > SHOWN else ""
    )


def print_issues(
    console: Console, issues: Sequence[Issue], currency: str, command: str = LISTED_BY
) -> None:
    """Print the most important issues below a headline."""
    lines = issue_lines(issues, currency, command)
    if not lines:
        return
    console.print()
    console.print(issue_title(issues), style="bold", highlight=False, markup=False)
    for line in lines:
        style = "red" if line.startswith("error") else None
        console.print(
            f"  {escaped(line)}", style=style, highlight=False, markup=False, soft_wrap=True
        )


def worthless_lines(nothing: Worthless, currency: str) -> list[str]:
    """Return the table of loans worth nothing by reason as aligned lines; empty where there is none."""
    table = by_reason(nothing)
    if table.empty:
        return []
    cells = [["reason", "loans", "GBV", "% of GBV", "collateral", ""]]
    for row in table.itertuples():
        cells.append(
            [
                row.reason,
                f"{row.loans:,}",
                amount_text(row.gbv, currency),
                percent(row.share_of_gbv),
                amount_text(row.collateral_value, currency),
                REASONS[row.reason],
            ]
        )
    total = [
        "total",
        f"{len(nothing.loans):,}",
        amount_text(nothing.gbv, currency),
        percent(nothing.share),
    ]
    cells.append([*total, amount_text(float(table["collateral_value"].sum()), currency), ""])
    widths = [max(len(row[j]) for row in cells) for j in range(5)]
    how = (
        "no scenario brings cash" if nothing.simulated else "from the model, before any simulation"
    )
    lines = [f"Worth nothing, and why ({how})"]
    for row in cells:
        numbers = [cell.rjust(width) for cell, width in zip(row[1:5], widths[1:], strict=True)]
        lines.append("  " + "  ".join([row[0].ljust(widths[0]), *numbers, row[5]]).rstrip())
    return lines


def worthless_values(nothing: Worthless) -> dict[str, Any]:
    """Return the loans worth nothing by reason as plain data that JSON can hold."""
    rows = by_reason(nothing).to_dict(orient="records")
    return {
        "loans": len(nothing.loans),
        "gbv": nothing.gbv,
        "share_of_gbv": nothing.share,
        "simulated": nothing.simulated,
        "by_reason": [{**row, "meaning": REASONS[str(row["reason"])]} for row in rows],
    }


def with_heading(summary: dict[str, Any], heading: Heading) -> dict[str, Any]:
    """Return a summary that begins with the result, then its issues and the loans worth nothing, then the rest."""
    told = issue_values(heading.issues)
    if heading.nothing is not None:
        told["worth_nothing"] = worthless_values(heading.nothing)
    first = {key: summary[key] for key in FIRST if key in summary}
    return {**first, **told, **{key: value for key, value in summary.items() if key not in first}}


def worthless_table(nothing: Worthless) -> pd.DataFrame:
    """Return the loans worth nothing as a table for a file, one row per loan."""
    from npl_sim.reports.price.tables import frame_of

    return frame_of(nothing.loans, collateral_value="package currency")
