"""The verdict of accounting standards and capital rules on a contract, where this installation has that part."""

from __future__ import annotations

import dataclasses
import importlib
from pathlib import Path
from typing import Any

from npl_sim.channel.result import ChannelResult
from npl_sim.channel.verdictinput import Judged, judge
from npl_sim.reports import style

__all__ = ["save_capital", "verdict_summary", "verdict_texts"]


def _each(result: ChannelResult) -> list[tuple[str, Judged]]:
    judged = [(version.label, judge(result, version)) for version in result.versions]
    return [(label, found) for label, found in judged if found is not None]


def verdict_texts(result: ChannelResult) -> tuple[str, ...]:
    """Return the verdicts in words, one text for each version; none where that part is not installed."""
    each = _each(result)
    if not each:
        return ()
    words = importlib.import_module("npl_sim.reports.verdict_text")
    texts = []
    for label, found in each:
        parts = [f"Verdict{f', {label}' if label else ''}"]
        parts.append(words.verdict_text(found.verdict, result.currency))
        parts.append(words.capital_text(found.capital, result.currency))
        parts.append(words.breaches_text(found.breaches))
        parts += [f"Assumed: {line}" for line in found.assumed]
        texts.append("\n".join(parts))
    return tuple(texts)


def verdict_summary(result: ChannelResult) -> list[dict[str, Any]]:
    """Return the verdicts as plain data."""
    return [
        {
            "version": label,
            "outcome": str(found.verdict.outcome),
            "paragraph": found.verdict.paragraph,
            "reason": found.verdict.reason,
            "steps": [dataclasses.asdict(step) for step in found.verdict.steps],
            "warnings": list(found.verdict.warnings),
            "capital": {
                "rwa_before": found.capital.before,
                "rwa_claimed": found.capital.claimed,
                "rwa_earned": found.capital.earned,
            },
            "rules_broken": [dataclasses.asdict(breach) for breach in found.breaches],
            "assumed": list(found.assumed),
        }
        for label, found in _each(result)
    ]


def save_capital(result: ChannelResult, folder: Path) -> list[Path]:
    """Draw capital claimed against earned for each version; nothing where that part is not installed."""
    paths = []
    for label, found in _each(result):
        ending = {"": "", "shown": "_shown", "with the letter": "_letter"}[label]
        drawing = importlib.import_module("npl_sim.reports.channel_capital").capital_figure(
            found.capital, currency=result.currency
        )
        paths.append(folder / f"capital{ending}.png")
        style.save(drawing, paths[-1])
    return paths
