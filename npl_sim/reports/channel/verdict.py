"""Verdicts on a contract, assessed once, as text, plain data and figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, get_args

from npl_sim.accounting.journal import Measurement
from npl_sim.capital.sham_sale_rules import RuleResult, Status
from npl_sim.channels.result import ENDINGS, ChannelResult
from npl_sim.channels.verdict.assessment import Assessment, assess
from npl_sim.core.errors import NplSimError
from npl_sim.core.judgment import Step
from npl_sim.core.language import gettext as _
from npl_sim.reports.writers.parquet import plain_data

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Judgment = tuple[str, Assessment | str]
"""Label of a version, and its verdict or the reason why there is none."""


def judgments(result: ChannelResult) -> tuple[Judgment, ...]:
    """Return the verdict on each version, or the reason why there is none.

    Parameters
    ----------
    result
        A measured contract.
    """
    return tuple(_each(result))


def _each(result: ChannelResult) -> Iterator[Judgment]:
    for version in result.versions:
        try:
            yield version.label, assess(result, version)
        except NplSimError as error:  # contradictory facts, or missing figures
            yield version.label, _("no verdict: {error}").format(error=error)


def verdict_texts(
    judged: Iterable[Judgment], currency: str, width: int | None = None
) -> tuple[str, ...]:
    """Return the verdicts as text, one for each version.

    Parameters
    ----------
    judged
        Verdicts by version (see `judgments`).
    currency
        Name of the currency.
    width
        Columns of the terminal; defaults to those of a file.
    """
    from npl_sim.reports.channel.verdict_text import (
        assumed_text,
        capital_text,
        conflicts_text,
        rules_text,
        verdict_text,
    )

    texts = []
    for label, found in judged:
        parts = [f"Verdict{f', {label}' if label else ''}"]
        if isinstance(found, str):
            parts.append(found)
        else:
            parts.append(verdict_text(found.verdict, currency, width))
            parts += [conflicts_text(found.cash.conflicts, width)] if found.cash.conflicts else []
            parts.append(capital_text(found.capital, currency, width))
            parts.append(rules_text(found.rules, width))
            parts.append(assumed_text(found.assumed, width))
        texts.append("\n".join(parts))
    return tuple(texts)


def verdict_summary(judged: Iterable[Judgment]) -> list[dict[str, Any]]:
    """Return the verdicts as plain data.

    Parameters
    ----------
    judged
        Verdicts by version (see `judgments`).
    """
    return [
        {"version": label, **({"none": found} if isinstance(found, str) else _plain(found))}
        for label, found in judged
    ]


def _plain(found: Assessment) -> dict[str, Any]:
    verdict, view = found.verdict, found.capital
    seen, measured = verdict.exposure, verdict.measurement
    return plain_data(
        {
            "outcome": str(verdict.outcome),
            "leaf": str(verdict.leaf),
            "paragraph": verdict.paragraph,
            "reason": verdict.reason,
            "decided_by": None
            if seen is None or seen.chosen is None
            else {
                "statistic": seen.chosen.statistic,
                "after_over_before": seen.chosen.ratio,
                "band": str(seen.chosen.band),
                "contract_settles_it": seen.by_nature,
            },
            "steps": [_step(step) for step in verdict.steps],
            "balance_sheet": _sheet(measured),
            "balance_sheet_if_free": None if verdict.if_free is None else _sheet(verdict.if_free),
            "conflicts": [
                {"fact": c.fact, "stated": c.stated, "evidence": c.evidence, "effect": "none"}
                for c in found.cash.conflicts
            ],
            "position": _position(found),
            "warnings": list(verdict.warnings),
            "assumptions": list(verdict.assumptions),
            "capital": {
                "rwa_before": view.before,
                "rwa_claimed": view.claimed,
                "rwa_earned": view.earned,
                "capital_ratio": view.capital_ratio,
                "capital_relief_claimed": view.in_capital(view.relief_claimed),
                "capital_relief_earned": view.in_capital(view.relief_earned),
                "capital_relief_denied": view.in_capital(view.relief_denied),
                "gain_claimed": view.gains[0] if view.gains else None,
                "gain_earned": view.gains[1] if view.gains else None,
                "set_by": [step.paragraph for step in view.binding],
                "steps": [_step(step) for step in view.steps],
                "npl": [
                    {"when": when, "npl_ratio": r.npl, "coverage": r.coverage}
                    for when, r in zip(("before", "claimed", "earned"), view.ratios, strict=False)
                ],
                "assumptions": list(view.assumptions),
            },
            "rules_listed": found.rules is not None,
            **{
                f"rules_{status.replace(' ', '_')}": [
                    _rule(r) for r in found.rules or () if r.status == status
                ]
                for status in get_args(Status)
            },
            "assumed": list(found.assumed),
        }
    )


def _sheet(measured: Measurement) -> dict[str, Any]:
    return {
        "asset": measured.asset,
        "liability": measured.liability,
        "gain": measured.gain,
        "paragraph": measured.paragraph,
        "method": measured.method,
        "entries": [{"account": e.account, "amount": e.amount} for e in measured.entries],
    }


def _position(found: Assessment) -> dict[str, Any]:
    """Return the position of the bank that the cash shows."""
    position, back = found.cash.position, found.cash.back
    return {
        **vars(position),
        "extent": position.extent,
        "covers_likely_losses": position.covers_likely_losses,
        "package_back_whole": back.whole,
        "package_back_share": back.share,
        "price_not_following_value": back.fixed,
        "vehicles": [vars(v) for v in found.cash.vehicles.values()],
    }


def _step(step: Step) -> dict[str, Any]:
    figures = [{"name": f.name, "value": f.value, "unit": f.unit} for f in step.figures]
    return {**vars(step), "figures": figures}


def _rule(result: RuleResult) -> dict[str, Any]:
    rule = result.rule
    return {
        "rule": rule.name,
        "number": rule.number,
        "article": rule.article,
        "since": rule.since.isoformat(),
        "what": rule.what,
        "features": list(result.features),
        "why": list(result.why),
        "text": rule.text,
        "source": rule.source,
        "read_on": None if rule.read_on is None else rule.read_on.isoformat(),
    }


def capital_drawings(judged: Iterable[Judgment], currency: str) -> dict[str, Callable[[], Figure]]:
    """Return what draws capital claimed against earned for each version, by name.

    Parameters
    ----------
    judged
        Verdicts by version (see `judgments`).
    currency
        Name of the currency.
    """
    from npl_sim.reports.channel.capital_figure import capital_figure

    return {
        f"capital{ENDINGS[label]}": partial(capital_figure, found.capital, currency=currency)
        for label, found in judged
        if not isinstance(found, str)
    }
