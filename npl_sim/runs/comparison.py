"""Two versions of a study side by side, and the words by which parts of it are switched off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args

from npl_sim.analysis.plausibility import cash_issues
from npl_sim.core.errors import StudyError
from npl_sim.core.issues import Issue
from npl_sim.reports.formats import percent
from npl_sim.reports.heading import issue_lines, issue_title
from npl_sim.tape.issues import ranked

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.valuation.paired_difference import PairedDifference

__all__ = ["PARTS", "comparison_text", "issues_of_both", "switched_off"]

Part = Literal[
    "agencies", "guarantors", "litigation", "preservation", "promises", "restructuring", "sale"
]

PARTS: tuple[str, ...] = get_args(Part)
"""What `--without` knows."""


def switched_off(study: Study, part: str) -> dict[str, Any]:
    """Return the overrides that take a part out of every policy of a study.

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
        elif part == "guarantors" and policy.enforcement and policy.enforcement.guarantor_pays:
            found[f"policies.{i}.enforcement.guarantor_pays"] = 0.0
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
    """Return the issues of two versions, those of both once, with the effect that they have in the first.

    A reading of the tape has another effect in each version and says it in its message, so that its name tells
    whether it is the same.
    """

    def cause(issue: Issue) -> tuple[str, str]:
        return issue.location, issue.name or str(issue)

    first = tuple(dict.fromkeys(base))
    known = {cause(issue) for issue in first}
    return first + tuple(issue for issue in dict.fromkeys(other) if cause(issue) not in known)


def _lines(
    pair: PairedDifference, changes: dict[str, Any], currency: str, issues: Sequence[Issue]
) -> Iterator[str]:
    low, high = pair.interval
    width = max(len(f"{v:,.2f}") for v in (pair.base, pair.other, pair.mean, low, high))

    def row(name: str, value: float, more: str = "") -> str:
        share = f"{100 * value / pair.gbv:8.3f}% of GBV" if pair.gbv else ""
        return f"  {name:<34}{value:>{width},.2f}  {share}{more}"

    yield f"Present value over {pair.scenarios:,} scenarios that both versions share [{currency}]"
    names = [
        f"{name}, at {percent(rate, 2)}"
        for name, rate in zip(("base", "changed"), pair.rates, strict=True)
    ]
    yield row(names[0], pair.base)
    yield row(names[1], pair.other)
    if pair.is_nothing:
        yield row("difference", 0.0)
        yield "  none in any scenario: the changes move no number of this package"
    else:
        yield row("difference", pair.mean)
        yield row(
            "  its standard error",
            pair.se,
            f"; {pair.unpaired_se:,.2f} if the runs did not share scenarios",
        )
        yield row("  95 % interval from", low)
        yield row("  to", high)
        yield f"  worth more in {100 * pair.better:.1f}% of scenarios"
    found = ranked(
        [
            *issues,
            *cash_issues("mean price as the study stands", pair.base, pair.gbv),
            *cash_issues("mean price with the changes", pair.other, pair.gbv),
        ]
    )
    if found:
        yield issue_title(found)
        yield from (f"  {line}" for line in issue_lines(found, currency))
    yield "Changes"
    for key, value in changes.items():
        yield f"  {key} = {'none' if value is None else value}"


def comparison_text(
    pair: PairedDifference, changes: dict[str, Any], currency: str, issues: Sequence[Issue] = ()
) -> str:
    """Return the comparison as plain text.

    Parameters
    ----------
    pair
        The two versions.
    changes
        Overrides of the other version.
    currency
        Name of the currency.
    issues
        What may be wrong with study and tape, which follows the result.
    """
    return "\n".join(_lines(pair, changes, currency, issues)) + "\n"
