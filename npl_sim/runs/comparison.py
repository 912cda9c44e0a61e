"""Compare two versions of a study on common random numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from npl_sim.analysis.plausibility import cash_issues
from npl_sim.core.errors import StudyError
from npl_sim.core.issues import Issue
from npl_sim.core.language import gettext as _
from npl_sim.reports.formats import percent
from npl_sim.reports.heading import issue_lines, issue_title, issue_values
from npl_sim.tape.issues import ranked

if TYPE_CHECKING:
    from npl_sim.runs.study_session import StudySession
    from npl_sim.study.model import Study
    from npl_sim.valuation.paired_difference import PairedDifference

Part = Literal[
    "agencies", "guarantors", "litigation", "preservation", "promises", "restructuring", "sale"
]

PARTS: tuple[str, ...] = get_args(Part)
"""Parts of a policy that `--without` can remove."""


def switched_off(study: Study, part: str) -> dict[str, Any]:
    """Return the overrides that remove a part from every policy of a study.

    Raises
    ------
    StudyError
        If there is no such part, or no policy has it.
    """
    if part not in PARTS:
        raise StudyError([f"--without: got {part!r}; expected one of: {', '.join(PARTS)}"])
    found: dict[str, Any] = {}
    for i, policy in enumerate(study.policies):
        if part == "preservation" and policy.litigation and policy.litigation.preservation:
            found[f"policies.{i}.litigation.preservation"] = None
        elif part in ("litigation", "restructuring", "sale") and getattr(policy, part) is not None:
            found[f"policies.{i}.{part}"] = None
        elif (
            part == "guarantors"
            and policy.enforcement
            and policy.enforcement.guarantor_payment_probability
        ):
            found[f"policies.{i}.enforcement.guarantor_payment_probability"] = 0.0
        elif part == "agencies" and policy.collection.agencies:
            found[f"policies.{i}.collection.agencies"] = []
        elif part == "promises" and policy.collection.promise:
            found[f"policies.{i}.collection.promise"] = None
    if not found:
        raise StudyError(
            [f"--without {part}: no policy of the study has it; expected one that does"]
        )
    return found


def issues_of_both(base: Iterable[Issue], other: Iterable[Issue]) -> tuple[Issue, ...]:
    """Return the issues of two versions; a shared one appears once, with its effect in the first.

    Another reading of the tape has a different effect and message in each version, so that such
    issues are compared by name.
    """

    def cause(issue: Issue) -> tuple[str, str]:
        return issue.location, issue.name or str(issue)

    first = tuple(dict.fromkeys(base))
    known = {cause(issue) for issue in first}
    return first + tuple(issue for issue in dict.fromkeys(other) if cause(issue) not in known)


@dataclass(frozen=True)
class StudyComparison:
    """Difference of value between two versions of a study on common random numbers."""

    pair: PairedDifference
    """Present values of both versions, and their paired difference. [package currency]"""
    currency: str
    """Name of the currency."""
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Overrides of the other version by dotted key."""
    issues: tuple[Issue, ...] = ()
    """Issues of both versions, the most important first."""

    def text(self) -> str:
        """Return the comparison as plain text."""
        return comparison_text(self)

    def values(self) -> dict[str, Any]:
        """Return the comparison as plain data for JSON."""
        pair = self.pair
        low, high = pair.interval
        return {
            "currency": self.currency,
            "scenarios": pair.scenarios,
            **issue_values(self.issues),
            "required_return": list(pair.rates),
            "base": pair.base,
            "changed": pair.other,
            "difference": pair.mean,
            "se": pair.se,
            "interval_95": [low, high],
            "unpaired_se": pair.unpaired_se,
            "share_of_scenarios_better": pair.better,
            "gbv": pair.gbv,
            "changes": dict(self.changes),
        }


def compare_studies(
    base: StudySession, other: StudySession, changes: Mapping[str, Any] | None = None
) -> StudyComparison:
    """Price two versions of a study on common random numbers.

    Parameters
    ----------
    base, other
        The two versions.
    changes
        Overrides that make the other version of the first, for the report.
    """
    from npl_sim.analysis.versions import compare_versions

    pair = compare_versions(base.study, base.table, other.study, other.table)
    issues = issues_of_pair(pair, base.issues(), other.issues())
    return StudyComparison(pair, base.study.currency, changes or {}, issues)


def issues_of_pair(
    pair: PairedDifference, base: Iterable[Issue], other: Iterable[Issue]
) -> tuple[Issue, ...]:
    """Return the issues of two versions and of their values, the most important first."""
    return ranked(
        [
            *issues_of_both(base, other),
            *cash_issues(_("mean price as the study stands"), pair.base, pair.gbv),
            *cash_issues(_("mean price with the changes"), pair.other, pair.gbv),
        ]
    )


def comparison_text(found: StudyComparison) -> str:
    """Return a comparison as plain text."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: StudyComparison) -> Iterator[str]:
    """Yield the lines of a comparison."""
    pair = found.pair
    low, high = pair.interval
    width = max(len(f"{v:,.2f}") for v in (pair.base, pair.other, pair.mean, low, high))

    def row(name: str, value: float, more: str = "") -> str:
        share = _("{value:8.3f}% of GBV").format(value=100 * value / pair.gbv) if pair.gbv else ""
        return f"  {name:<34}{value:>{width},.2f}  {share}{more}"

    yield _("Present value over {scenarios:,} scenarios of both versions [{currency}]").format(
        scenarios=pair.scenarios, currency=found.currency
    )
    names = [
        _("{name}, at {rate}").format(name=name, rate=percent(rate, 2))
        for name, rate in zip(("base", "changed"), pair.rates, strict=True)
    ]
    yield row(names[0], pair.base)
    yield row(names[1], pair.other)
    if pair.is_nothing:
        yield row("difference", 0.0)
        yield _("  none in any scenario: the changes move no number of this package")
    else:
        yield row("difference", pair.mean)
        unpaired = _("; {unpaired_se:,.2f} if the runs did not share scenarios").format(
            unpaired_se=pair.unpaired_se
        )
        yield row(_("  its standard error"), pair.se, unpaired)
        yield row(_("  95 % interval from"), low)
        yield row("  to", high)
        yield _("  worth more in {better:.1f}% of scenarios").format(better=100 * pair.better)
    if found.issues:
        yield issue_title(found.issues)
        yield from (f"  {line}" for line in issue_lines(found.issues, found.currency))
    if found.changes:
        yield "Changes"
    for key, value in found.changes.items():
        yield f"  {key} = {'none' if value is None else value}"
