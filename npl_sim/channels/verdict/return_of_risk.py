"""Return of the package to the seller, measured on its price and its frequency.

One measure covers every term: a repurchase, a call, a put, and a swap that ends in delivery or in
cash. It uses the share of the package that comes back and the number of scenarios. It also uses
the part of the value's variability that the price leaves with the bank.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from npl_sim.accounting.facts import Moneyness, Repurchase
from npl_sim.channels.remaining_value import value_left
from npl_sim.channels.result import Version
from npl_sim.channels.run import ChannelRun
from npl_sim.channels.statistics import STATISTICS, weighted_sum
from npl_sim.channels.terms.prices import PlusCarry
from npl_sim.channels.terms.undertakings import BuyerPut, IncomeSwap, SellerCall
from npl_sim.channels.terms.undertakings import Repurchase as RepurchaseTerm

LIKELY, UNLIKELY = 0.9, 0.1
"""Probabilities from which a return of the package counts as certain, or as very unlikely."""

FOLLOWS = 0.1
"""Largest share of the value's variability that a fair price may leave with the bank."""


@dataclass(frozen=True)
class PackageReturn:
    """Return of the package to the bank."""

    whole: float
    """Probability that nearly all of the package comes back. [probability]"""
    share: float
    """Mean share of the package that comes back. [share of 1]"""
    fixed: float
    """Variability of price less value over that of the value left. [share of 1]

    It is 1 if the price is a fixed sum, and 0 if the price is the value.
    """
    premium: float
    """Mean of price less value, over the mean value. [share of 1]"""
    option_on_whole: bool
    """Whether options reach nearly all of the package."""
    paid: np.ndarray
    """Price paid for what comes back, shape (scenarios, months + 1). [package currency]"""
    received: np.ndarray
    """Cash from what comes back, shape (scenarios, months + 1). [package currency]"""

    @property
    def at_value(self) -> bool:
        """Whether the package comes back at its value."""
        return self.share > 0.0 and self.fixed <= FOLLOWS and abs(self.premium) <= FOLLOWS

    @property
    def firm(self) -> bool:
        """Whether the bank certainly takes the package back at a price unrelated to its value."""
        return self.whole >= LIKELY and self.fixed >= 1.0 - FOLLOWS

    @property
    def brings_risk_back(self) -> bool:
        """Whether in some scenario the whole package comes back at a price unlike its value."""
        return self.whole > 0.0 and not self.at_value


class ReturnTerm(NamedTuple):
    """Return of the package in the terms of the derecognition tree (see `TransferFacts`)."""

    repurchase: Repurchase = "none"
    """Term that brings the package back."""
    unconditional: bool = True
    """Whether a repurchase depends on no event."""
    moneyness: Moneyness | None = None
    """Likelihood of exercise, for an option."""

    @property
    def at_value(self) -> bool:
        """Whether the package comes back at its fair value."""
        return self.repurchase == "fair_value"

    @property
    def fixed(self) -> bool:
        """Whether the price of a repurchase does not follow the value."""
        return self.repurchase in ("fixed_price", "sale_price_plus_return")


def package_return(run: ChannelRun) -> PackageReturn:
    """Return how the package comes back to the bank under a simulated contract."""
    p, price = run.outcomes.probability, run.price
    back = 1.0 - run.share_held[:, -1]
    paid, month = np.zeros_like(run.keep), np.full(back.shape, -1, dtype=np.int64)
    for u in run.contract.undertakings:
        if not isinstance(u, RepurchaseTerm | SellerCall | BuyerPut | IncomeSwap):
            continue
        at = run.exercised[u.name]
        used = at >= 0
        month = np.where(used, np.maximum(month, at), month)
        if isinstance(u, IncomeSwap):
            back = np.where(used, 1.0, back)
            rows = np.flatnonzero(used)
            paid[rows, at[rows]] += u.notional * price
        elif u.name in run.paid:
            paid += run.paid[u.name]
    fixed, premium = _against_value(run, paid, back, month)
    shares = [u.share for u in run.contract.undertakings if isinstance(u, SellerCall | BuyerPut)]
    return PackageReturn(
        whole=float(weighted_sum(p, (back >= LIKELY).astype(float))),
        share=float(weighted_sum(p, back)),
        fixed=fixed,
        premium=premium,
        option_on_whole=1.0 - math.prod(1.0 - s for s in shares) >= LIKELY,
        paid=paid,
        received=(1.0 - run.share_held) * run.keep,
    )


def _against_value(
    run: ChannelRun, paid: np.ndarray, back: np.ndarray, month: np.ndarray
) -> tuple[float, float]:
    """Return the variability of price less value over that of the value, and the premium.

    Of all ways to estimate the value, the one with the least variability counts.
    """
    outcomes = run.outcomes
    rows = np.flatnonzero((back > 0.0) & (month >= 0) & (outcomes.probability > 0.0))
    if not len(rows):
        return 1.0, 0.0
    weight = outcomes.probability[rows] / outcomes.probability[rows].sum()
    price = outcomes.present_value(paid)[rows]
    results: list[tuple[float, float]] = []
    for left in _values(run):
        # The value left at the date, discounted by the factor of that date.
        worth = back[rows] * left[rows, month[rows]] * outcomes.factors[month[rows]]
        noise = 1e-9 * max(float(np.abs(price).max()), float(np.abs(worth).max()), 1e-300)
        mean, gap = float(weighted_sum(weight, worth)), price - worth
        spread = _deviation(weight, worth)
        premium = float(weighted_sum(weight, gap)) / mean if mean > noise else math.inf
        if spread > noise:
            results.append((_deviation(weight, gap) / spread, premium))
        elif np.abs(gap).max() <= noise:
            results.append((0.0, 0.0))
    return min(results, default=(1.0, math.inf))


def _values(run: ChannelRun) -> list[np.ndarray]:
    """Return the value left by month, for each way in which a contract may estimate it."""
    outcomes = run.outcomes
    # The mean of the scenarios: a stated plan could make any price look like the value.
    plan = outcomes.mean(outcomes.running)
    ways = {"perfect", "plan"}
    for u in run.contract.undertakings:
        price = getattr(u, "price", None) or getattr(u, "strike", None)
        ways |= {getattr(price, "knowledge", "plan")}
    return [value_left(outcomes, plan, way) for way in sorted(ways)]


def _deviation(weight: np.ndarray, values: np.ndarray) -> float:
    return float(weighted_sum(weight, np.abs(values - float(weighted_sum(weight, values)))))


def return_term(version: Version, back: PackageReturn) -> ReturnTerm:
    """Return the term of the derecognition tree that describes how the package comes back.

    Parameters
    ----------
    version
        A measured contract.
    back
        Return of the package.
    """
    promises, exercised = version.contract.undertakings, version.retained.run.exercised
    must = [
        u
        for u in promises
        if (isinstance(u, IncomeSwap) or (isinstance(u, RepurchaseTerm) and u.share > 0.0))
        and _used(version, u.name)
    ]
    options = [u for u in promises if isinstance(u, SellerCall | BuyerPut) and u.share > 0.0]
    main = max(must, key=lambda u: int((exercised[u.name] >= 0).sum()), default=None)
    carry = isinstance(main, RepurchaseTerm) and isinstance(main.price, PlusCarry)
    fixed: Repurchase = "sale_price_plus_return" if carry else "fixed_price"
    depth = _depth(version, back, options)
    if back.firm or depth == "deep_in":
        if len(options) == 1 and not must:
            return ReturnTerm(_option_kind(options), moneyness="deep_in")
        return ReturnTerm(fixed)
    if must:
        if back.at_value and not any(_used(version, u.name) for u in options):
            return ReturnTerm("fair_value", unconditional=back.whole >= LIKELY)
        return ReturnTerm(fixed, unconditional=False)
    if not options:
        return ReturnTerm()
    used = [u for u in options if _used(version, u.name)] or options
    return ReturnTerm(_option_kind(used), moneyness=depth)


def _option_kind(options: list[SellerCall | BuyerPut]) -> Repurchase:
    """Return the stronger kind: a put binds the buyer, a call is a right of the seller."""
    return "put_option" if any(isinstance(u, BuyerPut) for u in options) else "call_option"


def variability_kept(version: Version, back: PackageReturn, term: ReturnTerm) -> dict[str, float]:
    """Return variability after the sale over that before, by statistic.

    A return at fair value is a new purchase (IFRS 9 B3.2.16(j)), so its price and cash are left
    out.

    Parameters
    ----------
    version
        A measured contract.
    back, term
        Return of the package, measured and as a term of the derecognition tree.
    """
    retained, outcomes = version.retained, version.retained.run.outcomes
    if not term.at_value:
        return {key: retained.share(name).value for key, name in STATISTICS.items()}
    after = outcomes.weighted(retained.after + outcomes.present_value(back.paid - back.received))
    return {
        key: after.spread(key) / before if before > 0.0 else math.nan
        for key, name in STATISTICS.items()
        if math.isfinite(before := retained.measures[name][0].value)
    }


def _used(version: Version, name: str) -> bool:
    run = version.retained.run
    return bool((run.outcomes.probability[run.exercised[name] >= 0] > 0.0).any())


def _depth(
    version: Version, back: PackageReturn, options: list[SellerCall | BuyerPut]
) -> Moneyness | None:
    """Return how deep options are in the money.

    Of the band of option values, the end that leaves more risk with the bank counts.
    """
    if not options:
        return None
    run, worth = version.retained.run, version.worth
    chances = [back.share]
    if "p_package_back_known" in worth:
        names = {u.name for u in options if u.share >= LIKELY}
        known = worth.loc[worth["undertaking"].isin(names), "p_package_back_known"].dropna()
        chances += [float(x) for x in known]
    whole = all(u.share >= LIKELY for u in options)
    if back.fixed >= 1.0 - FOLLOWS and max(chances) >= LIKELY and whole:
        return "deep_in"
    p = run.outcomes.probability
    chances += [float(weighted_sum(p, run.exercised[u.name] >= 0)) for u in options]
    return "deep_out" if max(chances) <= UNLIKELY else "near"
