"""Results by tranche: cash, shortfall, loss, life, yield and cover, with errors.

Per scenario, of a tranche with original balance B:

* interest shortfall: interest owed and unpaid after any date (above 1e-9 of B); of a deferrable
  tranche this is deferral. Its size is the largest amount unpaid on any date; interest lost is
  what is unpaid at the end.
* principal loss: balance left when the scenario ends.
* expected loss: mean of the relative present-value loss against promised interest and principal,
  1 - PV / B, at least 0. PV discounts interest and principal paid from closing at the tranche's
  own coupons, in its day count, period by period. A note paid as promised has exactly 0; one that
  pays nothing has 1. Fixed returns and residuals are no part of the promise and make up for
  nothing. Where unpaid interest bears interest, interest that comes late but with interest is no
  loss.
* weighted average life: principal paid, weighted by years of 365 days from closing; not defined
  where none is paid.
* yield: effective annual rate at which the cash is worth the issue price at closing (`stats.irr`).
  The yield of the mean cash is not the mean of the yields; both are reported.
* cover: net collections of the deal over the original balances of this tranche and those before it
  in the file.
* interest cover: minimum over the dates of the cash before its first interest step, over the
  interest owed.
* loss date: first date with an interest shortfall (of a deferrable tranche: the end, if interest
  is lost), or the end where principal is lost.

Estimates that are ratios to a fixed balance are means; conditional sizes are means over the
scenarios in which it happens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from npl_sim.securitization.terms.deal_terms import Tranche
from npl_sim.securitization.waterfall.run import DealRun
from npl_sim.stats import risk
from npl_sim.stats.discount import discount_factor
from npl_sim.stats.irr import HIGHEST_RATE, IrrSolver, IrrStatus
from npl_sim.stats.risk import Estimate, undefined

LEVELS = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
SMALL = 1e-9
"""Share of the original balance that counts as nothing."""


@dataclass(frozen=True)
class TrancheResult:
    """What a deal means for one tranche (see the module)."""

    name: str
    """Name."""
    cash: Estimate
    interest: Estimate
    principal: Estimate
    other: Estimate
    """Mean of what is paid over the life. [package currency]"""
    shortfall: Estimate
    shortfall_size: Estimate
    """Probability of an interest shortfall; mean of the largest amount unpaid where there is one.
    [package currency]"""
    interest_lost: Estimate
    """Mean interest unpaid at the end, with interest on it. [package currency]"""
    loss: Estimate
    loss_size: Estimate
    """Probability of a principal loss; mean of it where there is one. [package currency]"""
    principal_lost: Estimate
    """Mean principal loss. [share of balance]"""
    expected_loss: Estimate
    """Mean present-value loss against the promise. [share of balance]"""
    wal: Estimate
    wal_quantiles: dict[float, Estimate]
    """Weighted average life where principal is paid: mean, and quantiles by level. [years]"""
    yield_of_mean: Estimate
    """Yield of the mean cash; NaN if no rate in range gives it. Its error is that of the mean
    present value over its slope. [per year]"""
    yields: dict[float, Estimate]
    """Quantiles of the scenarios' yields by level; -1 where nothing, or too little for any rate,
    comes back. [per year]"""
    mean_yield: Estimate
    """Mean of the scenarios' yields, so counted. [per year]"""
    cover: Estimate
    cover_quantiles: dict[float, Estimate]
    """Cover: mean, and quantiles by level."""
    interest_cover: dict[float, Estimate]
    """Quantiles by level of the least interest cover, where interest was owed."""
    loss_date_quantiles: dict[float, Estimate]
    """Quantiles of the years from closing to the loss date, where there is one. [years]"""
    redeemed: Estimate
    """Probability that all principal is repaid."""


def _mean_where(values: np.ndarray, where: np.ndarray, confidence: float) -> Estimate:
    return risk.mean(values[where], confidence) if where.any() else undefined(confidence)


def _quantiles(
    values: np.ndarray, where: np.ndarray, levels: Sequence[float], confidence: float
) -> dict[float, Estimate]:
    if not where.any():
        return {level: undefined(confidence) for level in levels}
    return {level: risk.quantile(values[where], level, confidence) for level in levels}


def weighted_lives(run: DealRun, name: str) -> np.ndarray:
    """Return the weighted average life by scenario; NaN where no principal is paid.

    Returns
    -------
    numpy.ndarray
        Shape (S,). [years]
    """
    found = run.totals[name]
    paid = found.principal
    never = np.full(len(paid), np.nan)
    return np.divide(found.principal_years, paid, out=never, where=paid > 0)


def relative_losses(run: DealRun, name: str) -> np.ndarray:
    """Return the relative present-value loss by scenario (see the module).

    Returns
    -------
    numpy.ndarray
        Shape (S,), from 0 to 1; 0 without a balance. [share of balance]
    """
    original = run.deal.tranche(name).balance
    if original <= 0.0:
        return np.zeros(run.scenarios)
    loss = 1.0 - run.totals[name].worth / original
    return np.where(loss > SMALL, loss, 0.0)


def loss_dates(run: DealRun, name: str) -> np.ndarray:
    """Return the payment date of the first loss by scenario, 0 without loss, shape (S,)."""
    found, tranche = run.totals[name], run.deal.tranche(name)
    first, small = found.first_unpaid, SMALL * tranche.balance
    if tranche.deferrable:
        first = np.where(found.unpaid > small, run.last_date, 0)
    return np.where(first > 0, first, np.where(found.balance > small, run.last_date, 0))


def yield_of(cash: np.ndarray, years: np.ndarray, outlay: float) -> np.ndarray:
    """Return yields of cash by scenario, censored as in `stats.irr`.

    Parameters
    ----------
    cash
        Shape (S, K). [package currency]
    years
        Years from closing to each date, shape (K,).
    outlay
        Price at closing. [package currency]

    Returns
    -------
    numpy.ndarray
        Effective annual rates, shape (S,); NaN where nothing is laid out. [per year]
    """
    net = np.concatenate([np.zeros((len(cash), 1)), cash], axis=1)
    found = IrrSolver(net, years=np.concatenate([[0.0], years])).solve(outlay)
    rate = found.censored()
    return np.where(found.status == IrrStatus.NO_OUTLAY, np.nan, rate)


def tranche_results(
    run: DealRun, levels: Sequence[float] = LEVELS, confidence: float = 0.95
) -> dict[str, TrancheResult]:
    """Return what the deal means for each tranche, by name.

    Parameters
    ----------
    run
        A run of the deal.
    levels
        Levels of quantiles.
    confidence
        Confidence of the intervals.
    """
    return {t.name: _result(run, t, tuple(levels), confidence) for t in run.deal.tranches}


def _result(
    run: DealRun, tranche: Tranche, levels: tuple[float, ...], confidence: float
) -> TrancheResult:
    flows = run.tranches[tranche.name]
    everywhere = np.ones(run.scenarios, dtype=bool)
    small = SMALL * flows.original
    largest, unpaid, left = flows.unpaid.max(axis=1), flows.unpaid[:, -1], flows.balance[:, -1]
    short, lost = largest > small, left > small
    per_balance = 1.0 / flows.original if flows.original > 0 else np.nan
    lives = weighted_lives(run, tranche.name)
    cover, cover_least = _cover(run, tranche), run.totals[tranche.name].coverage
    dates = loss_dates(run, tranche.name)
    loss_years = run.terms.dates.years[np.maximum(dates, 1) - 1]
    cash = flows.cash
    years, outlay = run.terms.dates.years, tranche.price * tranche.balance
    yields = yield_of(cash, years, outlay)
    return TrancheResult(
        name=tranche.name,
        cash=risk.mean(cash.sum(axis=1), confidence),
        interest=risk.mean(flows.interest.sum(axis=1), confidence),
        principal=risk.mean(flows.principal.sum(axis=1), confidence),
        other=risk.mean(flows.other.sum(axis=1), confidence),
        shortfall=risk.probability(short, confidence),
        shortfall_size=_mean_where(largest, short, confidence),
        interest_lost=_mean_loss(unpaid, confidence),
        loss=risk.probability(lost, confidence),
        loss_size=_mean_where(left, lost, confidence),
        principal_lost=_mean_loss(left, confidence).scaled(per_balance),
        expected_loss=_mean_loss(relative_losses(run, tranche.name), confidence).scaled(
            1.0 if flows.original > 0 else np.nan
        ),
        wal=_mean_where(lives, np.isfinite(lives), confidence),
        wal_quantiles=_quantiles(lives, np.isfinite(lives), levels, confidence),
        yield_of_mean=yield_of_mean(cash, years, outlay, confidence),
        yields=_quantiles(yields, np.isfinite(yields), levels, confidence),
        mean_yield=_mean_where(yields, np.isfinite(yields), confidence),
        cover=_mean_where(cover, np.isfinite(cover), confidence),
        cover_quantiles=_quantiles(cover, np.isfinite(cover), levels, confidence),
        interest_cover=_quantiles(cover_least, np.isfinite(cover_least), levels, confidence),
        loss_date_quantiles=_quantiles(loss_years, dates > 0, levels, confidence),
        redeemed=risk.probability(everywhere & ~lost, confidence),
    )


def _mean_loss(losses: np.ndarray, confidence: float) -> Estimate:
    """Return the mean of losses; of a loss that no scenario shows, no error is known."""
    found = risk.mean(losses, confidence)
    return found if losses.any() else Estimate(found.value, np.nan, 0.0, np.inf, confidence)


def _cover(run: DealRun, tranche: Tranche) -> np.ndarray:
    """Return net collections over the balances up to this tranche, NaN where these are 0."""
    names = [t.name for t in run.deal.tranches]
    ahead = sum(t.balance for t in run.deal.tranches[: names.index(tranche.name) + 1])
    collected = run.terms.cash.net.sum(axis=0)
    return collected / ahead if ahead > 0 else np.full(len(collected), np.nan)


def yield_of_mean(
    cash: np.ndarray, years: np.ndarray, outlay: float, confidence: float = 0.95
) -> Estimate:
    """Return the yield of mean cash; NaN if no rate in range gives it. [per year]

    Parameters
    ----------
    cash
        Shape (S, K). [package currency]
    years
        Years from closing to each date, shape (K,).
    outlay
        Price at closing. [package currency]
    confidence
        Confidence of the interval.
    """
    rate = float(yield_of(cash.mean(axis=0, keepdims=True), years, outlay)[0])
    if not -1.0 < rate < HIGHEST_RATE:
        return undefined(confidence)
    factor = discount_factor(rate, years)
    slope = float(cash.mean(axis=0) @ (years * factor)) / (1.0 + rate)
    excess = risk.mean(cash @ factor - outlay, confidence).scaled(1.0 / slope)
    return replace(excess, value=rate, low=rate + excess.low, high=rate + excess.high)
