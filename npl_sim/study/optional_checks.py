"""Validation of the optional sections of a study, deal and channel; a check needs its section.

The checks of a section are imported where the study has it, for they import its models.
"""

from __future__ import annotations

from collections.abc import Iterator

from npl_sim.core.issues import Issue, warning_at
from npl_sim.study.model import Study

LARGE_VOLATILITY = 0.05
"""Volatility of a short rate above which it was probably not meant in points of rate; an
assumption."""


def _deal(study: Study) -> Iterator[Issue]:
    if study.deal is not None:
        from npl_sim.study.deal_checks import DEAL

        for check in DEAL:
            yield from check(study)


def _channel(study: Study) -> Iterator[Issue]:
    if study.channel is not None:
        from npl_sim.study.contract_checks import CHANNEL

        for check in CHANNEL:
            yield from check(study)


def _short_rate(study: Study) -> Iterator[Issue]:
    rate = study.market.short_rate
    if rate is None:
        return
    if rate.volatility > LARGE_VOLATILITY:
        yield warning_at(
            ("market", "short_rate", "volatility"),
            f"got {rate.volatility:g}, that is {100 * rate.volatility:g} percentage points over "
            "a year; it is in points of rate and not a share of the rate",
        )
    if study.deal is None or getattr(study.deal.index, "kind", "") != "simulated":
        yield warning_at(
            ("market", "short_rate"),
            "simulated, but moves nothing here: cash is discounted at the stated rates, and the "
            "study names no deal whose index is simulated",
        )


OPTIONAL = (_deal, _short_rate, _channel)
"""The checks, each a generator of issues."""
