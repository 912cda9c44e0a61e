"""How the package comes back, from what is paid for it and how often: one measure for every word that brings it back.

A repurchase, a call, a put, and a swap that ends in delivery or in cash are judged alike: by the share of the package
that comes back, in how many scenarios, and by how much of the value then the price leaves with the bank.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from npl_sim.channel.remaining_value import value_left
from npl_sim.channel.result import Version
from npl_sim.channel.run import ChannelRun
from npl_sim.channel.statistics import STATISTICS, Weighted, weighted_sum
from npl_sim.channel.terms.prices import PlusCarry
from npl_sim.channel.terms.undertakings import BuyerPut, IncomeSwap, Repurchase, SellerCall

__all__ = [
    "LIKELY",
    "UNLIKELY",
    "ComingBack",
    "coming_back",
    "return_of_package",
    "variability_kept",
]

LIKELY, UNLIKELY = 0.9, 0.1
"""Chances from which the package counts as sure to come back, or as hardly to come back."""

FOLLOWS = 0.1
"""Share of the value's variability that a price may leave with the bank and still count as the fair value."""


@dataclass(frozen=True)
class ComingBack:
    """How the package comes back.

    Attributes
    ----------
    whole
        Chance that nearly all of the package comes back. [probability]
    share
        Mean share of the package that comes back. [share of 1]
    fixed
        Variability of price less value over that of the value left: 1 where the price is a fixed sum, 0 where it is
        the value. [share of 1]
    premium
        Mean of price less value, over the mean value. [share of 1]
    option_on_whole
        Whether an option reaches nearly all of the package, alone or with others.
    paid, received
        What the bank pays for what comes back, and what this brings, shape (scenarios, months + 1). [package currency]
    """

    whole: float
    share: float
    fixed: float
    premium: float
    option_on_whole: bool
    paid: np.ndarray
    received: np.ndarray

    @property
    def at_value(self) -> bool:
        """Whether what comes back is paid for at its value."""
        return self.share > 0.0 and self.fixed <= FOLLOWS and abs(self.premium) <= FOLLOWS

    @property
    def firm(self) -> bool:
        """Whether the bank surely pays a sum that does not follow the value, and gets the package back."""
        return self.whole >= LIKELY and self.fixed >= 1.0 - FOLLOWS

    @property
    def brings_risk_back(self) -> bool:
        """Whether in some scenario the whole package comes back at another price than its value."""
        return self.whole > 0.0 and not self.at_value


def coming_back(run: ChannelRun) -> ComingBack:
    """Return how the package comes back under a contract.

    Parameters
    ----------
    run
        The contract, carried out.
    """
    p = run.outcomes.probability
    back = 1.0 - run.own[:, -1]
    paid, month = np.zeros_like(run.keep), np.full(back.shape, -1, dtype=np.int64)
    for u in run.contract.undertakings:
        if not isinstance(u, Repurchase | SellerCall | BuyerPut | IncomeSwap):
            continue
        used = run.exercised[u.name] >= 0
        month = np.where(used, np.maximum(month, run.exercised[u.name]), month)
        if isinstance(u, IncomeSwap):
            back = np.where(used, 1.0, back)
            rows = np.flatnonzero(used)
            paid[rows, run.exercised[u.name][rows]] += u.notional * run.price
        elif u.name in run.paid:
            paid += run.paid[u.name]
    fixed, premium = _against_value(run, paid, back, month)
    shares = [u.share for u in run.contract.undertakings if isinstance(u, SellerCall | BuyerPut)]
    return ComingBack(
        float(weighted_sum(p, (back >= LIKELY).astype(float))),
        float(weighted_sum(p, back)),
        fixed,
        premium,
        1.0 - math.prod(1.0 - s for s in shares) >= LIKELY,
        paid,
        (1.0 - run.own) * run.keep,
    )


def _against_value(
    run: ChannelRun, paid: np.ndarray, back: np.ndarray, month: np.ndarray
) -> tuple[float, float]:
    """Return the least variability of price less value over that of the value, of all ways to judge it, and the premium."""
    outcomes = run.outcomes
    rows = np.flatnonzero((back > 0.0) & (month >= 0) & (outcomes.probability > 0.0))
    if not len(rows):
        return 1.0, 0.0
    weight = outcomes.probability[rows] / outcomes.probability[rows].sum()
    price = outcomes.present_value(paid)[rows]
    found: list[tuple[float, float]] = []
    for left in _values(run):
        # What comes back is worth what is left at the date, taken at the discount factor of that date.
        worth = back[rows] * left[rows, month[rows]] * outcomes.factors[month[rows]]
        noise = 1e-9 * max(float(np.abs(price).max()), float(np.abs(worth).max()), 1e-300)
        mean, gap = float(weighted_sum(weight, worth)), price - worth
        spread, apart = _deviation(weight, worth), _deviation(weight, gap)
        premium = float(weighted_sum(weight, gap)) / mean if mean > noise else math.inf
        if spread > noise:
            found.append((apart / spread, premium))
        elif np.abs(gap).max() <= noise:
            found.append((0.0, 0.0))
    return min(found, default=(1.0, math.inf))


def _values(run: ChannelRun) -> list[np.ndarray]:
    """Return the value left by month, by each way in which a contract may have it judged."""
    outcomes = run.outcomes
    # The mean of the scenarios: a plan that is stated could make any price look like the value.
    plan = outcomes.mean(outcomes.running)
    ways = {"perfect", "plan"}
    for u in run.contract.undertakings:
        price = getattr(u, "price", None) or getattr(u, "strike", None)
        ways |= {getattr(price, "knowledge", "plan")}
    return [value_left(outcomes, plan, way) for way in sorted(ways)]


def _deviation(weight: np.ndarray, values: np.ndarray) -> float:
    return float(weighted_sum(weight, np.abs(values - float(weighted_sum(weight, values)))))


def return_of_package(version: Version, back: ComingBack) -> dict[str, Any]:
    """Return which word of the derecognition tree describes how the package comes back.

    Parameters
    ----------
    version
        A measured contract.
    back
        How the package comes back.
    """
    promises = version.contract.undertakings
    must = [
        u
        for u in promises
        if (isinstance(u, IncomeSwap) or (isinstance(u, Repurchase) and u.share > 0.0))
        and _used(version, u.name)
    ]
    # An option on nothing is none.
    options = [u for u in promises if isinstance(u, SellerCall | BuyerPut) and u.share > 0.0]
    main = max(
        must, key=lambda u: int((version.retained.run.exercised[u.name] >= 0).sum()), default=None
    )
    carries = isinstance(main, Repurchase) and isinstance(main.price, PlusCarry)
    word = "sale_price_plus_return" if carries else "fixed_price"
    depth = _depth(version, back, options)
    if back.firm or depth == "deep_in":
        one = options[0] if len(options) == 1 and not must else None
        if one is not None:
            return {"repurchase": f"{one.kind}_option", "option_moneyness": "deep_in"}
        return {"repurchase": word, "repurchase_unconditional": True}
    if must:
        if back.at_value and not any(_used(version, u.name) for u in options):
            return {"repurchase": "fair_value", "repurchase_unconditional": back.whole >= LIKELY}
        return {"repurchase": word, "repurchase_unconditional": False}
    if not options:
        return {}
    used = [u for u in options if _used(version, u.name)] or options
    # A put binds the buyer by its worth, a call by what the seller may ask for: the put is the stronger word.
    kind = "put" if any(isinstance(u, BuyerPut) for u in used) else "call"
    return {"repurchase": f"{kind}_option", "option_moneyness": depth}


def variability_kept(
    version: Version, back: ComingBack, returns: Mapping[str, Any]
) -> dict[str, float]:
    """Return variability after the sale over that before, by statistic.

    What comes back at its value is a new purchase (IFRS 9 B3.2.16(j)): its price and its cash are left out.

    Parameters
    ----------
    version
        A measured contract.
    back
        How the package comes back.
    returns
        The same in the words of the derecognition tree.
    """
    retained = version.retained
    if returns.get("repurchase") != "fair_value":
        return {key: retained.share(name).value for key, name in STATISTICS.items()}
    outcomes = retained.run.outcomes
    left = Weighted(
        retained.after + outcomes.present_value(back.paid - back.received),
        outcomes.probability,
        not outcomes.exact,
    )
    noise = 1e-12 * max(float(np.abs(left.values).max()), 1e-300)
    after = {
        "mean_absolute_deviation": left.mad,
        "standard_deviation": left.sd,
        "range": left.range,
    }
    return {
        key: (after[key] if after[key] > noise else 0.0) / before if before > 0.0 else math.nan
        for key, name in STATISTICS.items()
        if math.isfinite(before := retained.measures[name][0].value)
    }


def _used(version: Version, name: str) -> bool:
    run = version.retained.run
    return bool((run.outcomes.probability[run.exercised[name] >= 0] > 0.0).any())


def _depth(version: Version, back: ComingBack, options: list[SellerCall | BuyerPut]) -> str:
    """Return how deep options are in the money: at the end of the band that leaves more with the bank."""
    if not options:
        return ""
    run, worth = version.retained.run, version.worth
    chances = [back.share]
    if "p_package_back_known" in worth:
        names = {u.name for u in options if u.share >= LIKELY}
        known = worth.loc[worth["undertaking"].isin(names), "p_package_back_known"].dropna()
        chances += [float(x) for x in known]
    if back.fixed >= 1.0 - FOLLOWS and max(chances) >= LIKELY and _all_whole(options):
        return "deep_in"
    alone = [
        float(weighted_sum(run.outcomes.probability, run.exercised[u.name] >= 0)) for u in options
    ]
    return "deep_out" if max((*chances, *alone)) <= UNLIKELY else "near"


def _all_whole(options: list[SellerCall | BuyerPut]) -> bool:
    return all(u.share >= LIKELY for u in options)
