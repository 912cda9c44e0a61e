"""What a limit reads from a deal that was run, and whether it holds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from npl_sim.core.errors import ProgramError, known, of_kind
from npl_sim.core.language import gettext as _
from npl_sim.securitization.dates import years_365
from npl_sim.securitization.results.tranches import (
    SMALL,
    loss_dates,
    relative_losses,
    weighted_lives,
)
from npl_sim.securitization.terms.deal import Deal
from npl_sim.securitization.terms.limits import (
    AdvanceRateLimit,
    DefaultProbabilityLimit,
    ExpectedLossLimit,
    InterestCoverLimit,
    Limit,
    NetCoverLimit,
    RedeemedLimit,
    StressLimit,
    WalLimit,
    limit_text,
)
from npl_sim.securitization.terms.ratings import Stress
from npl_sim.securitization.terms.structure import Structure
from npl_sim.securitization.waterfall.run import DealRun
from npl_sim.stats import risk
from npl_sim.stats.risk import Estimate

NO_INTEREST = 1e6
"""Interest cover used if no interest is owed."""

RARE = 10
"""Cases that must be among the scenarios for a limit to be known well."""

SCALE = 1e-7
"""Limits below this are not divided by."""


def exact(value: float, confidence: float = 0.95) -> Estimate:
    """Return a number that is known and not estimated."""
    return Estimate(value, 0.0, value, value, confidence)


@dataclass(frozen=True)
class Reading:
    """A limit at one size."""

    tranche: str
    limit: Limit
    """What is limited, and by what."""
    value: Estimate
    """What the deal shows."""
    allowed: float
    """The limit itself."""
    at_least: bool = False
    """Whether it is a least value; else a highest."""
    errors: float = 0.0
    """Standard errors that are added to the value against the tranche."""
    cases: int | None = None
    """Scenarios that decide the value: those with a loss or shortfall, beyond the quantile, or not
    repaid. None if the value is known or a mean."""

    @property
    def few(self) -> bool:
        """Whether too few scenarios decide the value."""
        return self.cases is not None and self.cases < RARE

    @property
    def text(self) -> str:
        """The limit as text."""
        return limit_text(self.limit)

    @property
    def margin(self) -> float:
        """Distance to the limit; negative if the limit is broken."""
        if self.at_least:
            return self.value.value - self.allowed
        se = self.value.se if math.isfinite(self.value.se) else 0.0
        return self.allowed - self.value.value - self.errors * se

    @property
    def room(self) -> float:
        """Distance to the limit, as a share of the limit unless that is near 0."""
        return self.margin / self.allowed if self.allowed > SCALE else self.margin

    @property
    def holds(self) -> bool:
        """Whether the limit is kept."""
        return self.margin >= 0.0


def needs_run(limit: Limit) -> bool:
    """Return whether a limit looks at all scenarios of the waterfall."""
    return not isinstance(limit, StressLimit | AdvanceRateLimit | NetCoverLimit)


def ahead_of(deal: Deal, name: str) -> float:
    """Return the balances of a tranche and of those before it in the file. [package currency]"""
    names = [t.name for t in deal.tranches]
    return sum(t.balance for t in deal.tranches[: names.index(name) + 1])


def stress_of(limit: StressLimit, structure: Structure) -> Stress:
    """Return the stress that a limit asks for."""
    if limit.rating is None:
        return Stress(haircut=limit.haircut or 0.0, delay_months=limit.delay_months)
    if structure.stresses is None:  # refused by `checks.structure`
        raise ProgramError("structure.stresses is missing; expected a value by earlier checks")
    found = structure.stresses.of(limit.rating)
    return known(found, "found")


def read_limit(
    limit: Limit,
    name: str,
    deal: Deal,
    structure: Structure,
    net: np.ndarray,
    run: DealRun | None,
    confidence: float = 0.95,
) -> Reading:
    """Return what a limit other than a stress reads.

    Parameters
    ----------
    limit
        The limit.
    name
        Tranche.
    deal, structure
        The deal at the size that is tried, and what is asked of it.
    net
        Net collections of each scenario, shape (S,). [package currency]
    run
        The deal carried out; none only where `needs_run` is false.
    confidence
        Confidence of intervals.
    """
    if isinstance(limit, AdvanceRateLimit):
        return _advance(limit, name, deal, structure, net, confidence)
    if isinstance(limit, NetCoverLimit):
        ahead = ahead_of(deal, name)
        cover = risk.quantile(net, limit.quantile, confidence).scaled(
            1.0 / ahead if ahead > 0 else math.nan
        )
        cases = risk.order_statistic(len(net), limit.quantile)
        return Reading(name, limit, cover, limit.at_least, at_least=True, cases=cases)
    run = known(run, "run")
    if isinstance(limit, ExpectedLossLimit | DefaultProbabilityLimit):
        return _by_rating(limit, name, structure, run, confidence)
    if isinstance(limit, InterestCoverLimit):
        covers = np.minimum(run.totals[name].coverage, NO_INTEREST)
        found = risk.quantile(covers, limit.quantile, confidence)
        cases = risk.order_statistic(len(covers), limit.quantile)
        return Reading(name, limit, found, limit.at_least, at_least=True, cases=cases)
    if isinstance(limit, WalLimit):
        lives = weighted_lives(run, name)
        lives = np.where(
            np.isfinite(lives), lives, run.terms.dates.years[-1]
        )  # nothing repaid: never
        found = (
            risk.mean(lives, confidence)
            if limit.quantile is None
            else risk.quantile(lives, limit.quantile, confidence)
        )
        cases = len(lives)
        if limit.quantile is not None:
            cases += 1 - risk.order_statistic(len(lives), limit.quantile)
        return Reading(name, limit, found, limit.at_most, cases=cases)
    limit = of_kind(limit, RedeemedLimit, "limit")
    repaid = _redeemed(limit, name, run)
    found = risk.probability(repaid, confidence)
    cases = int((~repaid).sum())
    return Reading(name, limit, found, limit.probability, at_least=True, cases=cases)


def _by_rating(
    limit: ExpectedLossLimit | DefaultProbabilityLimit,
    name: str,
    structure: Structure,
    run: DealRun,
    confidence: float,
) -> Reading:
    if isinstance(limit, ExpectedLossLimit):
        losses = relative_losses(run, name)
        value, cases = risk.mean(losses, confidence), int((losses > 0.0).sum())
    else:
        failed = loss_dates(run, name) > 0
        value, cases = risk.probability(failed, confidence), int(failed.sum())
    allowed = limit.at_most
    if allowed is None:
        lives = weighted_lives(run, name)
        life = float(np.nanmean(lives)) if np.isfinite(lives).any() else 0.0
        if structure.ratings is None:
            raise ProgramError("structure.ratings is missing; expected a value by earlier checks")
        if limit.rating is None:
            raise ProgramError("limit.rating is missing; expected a value by earlier checks")
        allowed = structure.ratings.allowed(limit.rating, limit.kind, life)
        allowed = known(allowed, "allowed")  # refused by `checks.structure`
    return Reading(name, limit, value, allowed, errors=limit.errors, cases=cases)


def _redeemed(limit: RedeemedLimit, name: str, run: DealRun) -> np.ndarray:
    """Return in which scenarios a tranche is repaid by the start of its tail, shape (S,)."""
    final = run.deal.legal_final
    by = [
        k
        for k, day in enumerate(run.terms.dates.payment)
        if years_365(day, final) >= limit.years_before_legal_final - 1e-9
        or (not limit.years_before_legal_final and k + 1 == len(run.terms.dates))
    ]
    if not by:
        return np.zeros(run.scenarios, dtype=bool)
    repaid_on = run.totals[name].repaid_on
    return (repaid_on > 0) & (repaid_on <= by[-1] + 1)


def _advance(
    limit: AdvanceRateLimit,
    name: str,
    deal: Deal,
    structure: Structure,
    net: np.ndarray,
    confidence: float,
) -> Reading:
    ahead = ahead_of(deal, name)
    if limit.of == "mean_collections":
        mean = risk.mean(net, confidence)
        ratio = ahead / mean.value if mean.value > 0 else math.inf
        error = ratio * mean.se / mean.value if mean.value > 0 else math.nan
        value = Estimate(ratio, error, ratio, ratio, confidence)
        if mean.low > 0.0 and math.isfinite(mean.high):
            value = Estimate(ratio, error, ahead / mean.high, ahead / mean.low, confidence)
    else:
        base = deal.pool_balance if limit.of == "pool_balance" else structure.purchase_price
        if not base:  # refused by `checks.structure`
            raise ProgramError("base is missing; expected a value by earlier checks")
        value = exact(ahead / base, confidence)
    cases = len(net) if limit.of == "mean_collections" else None
    return Reading(name, limit, value, limit.at_most, cases=cases)


def read_stress(limit: StressLimit, name: str, run: DealRun) -> Reading:
    """Return the shortfall of a tranche under stress: unpaid at the end, or interest short.

    Parameters
    ----------
    limit
        The limit.
    name
        Tranche.
    run
        The deal carried out on stressed mean collections.
    """
    found, tranche = run.totals[name], run.deal.tranche(name)
    left = float(found.balance[0] + found.unpaid[0])
    if not tranche.deferrable:
        left = max(left, float(found.largest_unpaid[0]))
    return Reading(
        name, limit, exact(left / tranche.balance if tranche.balance > 0.0 else 0.0), SMALL
    )


def limit_notes(readings: Sequence[Reading], scenarios: int) -> tuple[str, ...]:
    """Return notes on limits at a size that do not hold or that few scenarios decide."""
    notes = []
    for r in readings:
        if not r.holds:
            notes.append(
                _(
                    "{r} does not hold at the size: rounding, or the size of another tranche, "
                    "moved it"
                ).format(r=r.text)
            )
        if r.few:
            notes.append(
                _(
                    "{r} rests on {cases} of {scenarios:,} scenarios, fewer than ten: what it "
                    "allows is known poorly; expected more scenarios"
                ).format(r=r.text, cases=r.cases, scenarios=scenarios)
            )
    return tuple(notes)
