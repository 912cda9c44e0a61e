"""The verdict of accounting standards and capital rules on a contract, where this installation has that part."""

from __future__ import annotations

import dataclasses
import importlib
from pathlib import Path
from typing import Any

from npl_sim.channel.result import ChannelResult
from npl_sim.channel.verdictinput import Judged, judge
from npl_sim.errors import NplSimError
from npl_sim.reports import style

__all__ = ["save_capital", "verdict_summary", "verdict_texts"]


def _each(result: ChannelResult) -> list[tuple[str, Judged | str]]:
    """Return the verdict on each version, or why there is none; nothing where that part is not installed."""
    each: list[tuple[str, Judged | str]] = []
    for version in result.versions:
        try:
            found: Judged | str | None = judge(result, version)
        except (
            NplSimError,
            ValueError,
        ) as error:  # facts that contradict one another, or figures that are missing
            found = f"no verdict: {' '.join(str(error).split())}"
        if found is not None:
            each.append((version.label, found))
    return each


def verdict_texts(result: ChannelResult) -> tuple[str, ...]:
    """Return the verdicts in words, one text for each version; none where that part is not installed."""
    texts = []
    for label, found in _each(result):
        parts = [f"Verdict{f', {label}' if label else ''}"]
        if isinstance(found, str):
            parts.append(found)
        else:
            words = importlib.import_module("npl_sim.reports.verdict_text")
            parts.append(words.verdict_text(found.verdict, result.currency))
            parts.append(words.capital_text(found.capital, result.currency))
            parts.append(words.breaches_text(found.breaches))
            parts += [f"Assumed: {line}" for line in found.assumed]
        texts.append("\n".join(parts))
    return tuple(texts)


def verdict_summary(result: ChannelResult) -> list[dict[str, Any]]:
    """Return the verdicts as plain data."""
    return [
        {"version": label, **({"none": found} if isinstance(found, str) else _plain(found))}
        for label, found in _each(result)
    ]


def _plain(found: Judged) -> dict[str, Any]:
    verdict, capital = found.verdict, found.capital
    return {
        "outcome": str(verdict.outcome),
        "paragraph": verdict.paragraph,
        "reason": verdict.reason,
        "steps": [dataclasses.asdict(step) for step in verdict.steps],
        "warnings": list(verdict.warnings),
        "capital": {
            "rwa_before": capital.before,
            "rwa_claimed": capital.claimed,
            "rwa_earned": capital.earned,
        },
        "rules_broken": [dataclasses.asdict(breach) for breach in found.breaches],
        "assumed": list(found.assumed),
    }


def save_capital(result: ChannelResult, folder: Path) -> list[Path]:
    """Draw capital claimed against earned for each version; nothing where that part is not installed."""
    paths = []
    for label, found in _each(result):
        if isinstance(found, str):
            continue
        ending = {"": "", "shown": "_shown", "with the letter": "_letter"}[label]
        drawing = importlib.import_module("npl_sim.reports.channel_capital").capital_figure(
            found.capital, currency=result.currency
        )
        paths.append(folder / f"capital{ending}.png")
        style.save(drawing, paths[-1])
    return paths
