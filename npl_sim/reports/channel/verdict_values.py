"""Head of a verdict as plain data for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from npl_sim.channels.result import ChannelResult
from npl_sim.reports.channel.verdict import Judgment
from npl_sim.reports.channel.verdict_head import Value, head_lines, without_verdict
from npl_sim.reports.writers.parquet import plain_data


def head_values(result: ChannelResult, judged: Sequence[Judgment]) -> dict[str, Any]:
    """Return the headline of the verdict as plain data for JSON.

    Returns
    -------
    dict
        ``has_verdict`` (on every version), ``no_verdict`` (reasons), ``versions`` (labels). Then
        each fact with one value for each version; with a side letter also
        ``side_letter_difference``.
    """
    facts = head_lines(result, judged)
    missing = without_verdict(judged)
    made: dict[str, Any] = {
        "has_verdict": not missing,
        "no_verdict": list(missing),
        "versions": [label for label, _ in judged],
        **{fact.key: [_plain(v) for v in fact.values] for fact in facts},
    }
    if len(result.versions) > 1:
        made["side_letter_difference"] = {fact.key: _plain(fact.difference) for fact in facts}
    return plain_data(made)


def _plain(value: Value) -> Any:
    return list(value) if isinstance(value, tuple) else value
