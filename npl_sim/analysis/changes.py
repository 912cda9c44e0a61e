"""Things that can be moved by themselves: how a study, or its cash, looks when they are.

Levers of the world change the study and take a run of their own, under common random numbers. Levers of
the cash (costs, delay, return) are read off the flows that stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from npl_sim.cashflows.protocol import Cash
from npl_sim.core.layout import MAX_ROUNDS
from npl_sim.market.spec import Overlay, Stress
from npl_sim.stats.discount import discount_factor, present_value

if TYPE_CHECKING:
    from npl_sim.study.model import Study

__all__ = [
    "AUCTION_LEVERS",
    "CASH_LEVERS",
    "WORLD_LEVERS",
    "AuctionLever",
    "CashLever",
    "WorldLever",
    "moved_auctions",
    "moved_world",
    "price_of",
    "shifted",
]

NAME = "lever of a sensitivity"


@dataclass(frozen=True)
class WorldLever:
    """A multiplier laid on systematic factors.

    Attributes
    ----------
    name
        What moves, in words.
    factor
        Name or pattern of the factors.
    low, high
        Multipliers that a tornado shows.
    worst
        Multiplier as bad as a reverse stress looks.
    """

    name: str
    factor: str
    low: float
    high: float
    worst: float


@dataclass(frozen=True)
class CashLever:
    """A change of the simulated cash, or of its discounting.

    Attributes
    ----------
    name
        What moves, in words.
    form
        costs: costs times x; delay: cash x months later; rate: required return plus x; servicing: share of
        receipts plus x.
    low, high, worst
        As for `WorldLever`.
    neutral
        Value that changes nothing.
    """

    name: str
    form: Literal["costs", "delay", "rate", "servicing"]
    low: float
    high: float
    worst: float
    neutral: float


@dataclass(frozen=True)
class AuctionLever:
    """A change of the terms on which every kind of collateral is auctioned.

    Attributes
    ----------
    name
        What moves, in words.
    form
        discount: forced-sale discount plus x; reserve: every reserve price times x; rounds: x more rounds on the
        terms of the last, or fewer, one at least being left.
    unit
        Unit of a setting.
    low, high, neutral, worst
        As for `CashLever`.
    """

    name: str
    form: Literal["discount", "reserve", "rounds"]
    unit: str
    low: float
    high: float
    neutral: float
    worst: float


WORLD_LEVERS = (
    WorldLever("collateral prices", "index:*", 0.9, 1.1, 0.02),
    WorldLever("borrowers' cooperation", "cooperation", 0.8, 1.2, 0.01),
    WorldLever("duration of legal steps", "congestion", 0.8, 1.25, 8.0),
)
"""Levers that take a run."""

AUCTION_LEVERS = (
    AuctionLever("forced-sale discount", "discount", "percentage points", -0.07, 0.07, 0.0, 0.9),
    AuctionLever("reserve prices of auctions", "reserve", "multiple", 0.9, 1.1, 1.0, 2.0),
    AuctionLever("rounds of auctions", "rounds", "rounds", -1.0, 1.0, 0.0, -2.0),
)
"""Levers of auctions, which take a run each where the package has collateral."""

CASH_LEVERS = (
    CashLever("costs of work-out", "costs", 0.8, 1.2, 20.0, 1.0),
    CashLever("recovery lag", "delay", -6.0, 6.0, 240.0, 0.0),
    CashLever("required return", "rate", -0.02, 0.02, 5.0, 0.0),
    CashLever("servicing fee", "servicing", -0.01, 0.01, 0.9, 0.0),
)
"""Levers that are read off the flows."""


def moved_world(study: Study, factor: str, multiple: float) -> Study:
    """Return a study in whose world some factors stand at a multiple of their level."""
    if multiple == 1.0:
        return study
    stress = Stress(name=NAME, overlays=(Overlay(factor=factor, multiply=multiple),))
    kept = tuple(s for s in study.market.stresses if s.name != NAME)
    market = study.market.model_copy(update={"stresses": (*kept, stress)})
    names = tuple(n for n in study.stress if n != NAME)
    return study.model_copy(update={"market": market, "stress": (*names, NAME)})


MOST_DISCOUNT = 0.99
"""Forced-sale discount up to which a lever goes. [share of market value]"""

HIGHEST_RESERVE = 2.0
"""Largest reserve that a study takes. [share of appraisal]"""


def moved_auctions(study: Study, form: str, x: float) -> Study:
    """Return a study whose auctions are held on other terms (see `AuctionLever`)."""
    collateral = {}
    for kind, terms in study.collateral.items():
        rounds = terms.rounds
        changes: dict[str, Any] = {}
        if form == "discount":
            changes["forced_sale_discount"] = min(
                max(terms.forced_sale_discount + x, 0.0), MOST_DISCOUNT
            )
        elif form == "reserve":
            changes["rounds"] = tuple(
                r.model_copy(update={"reserve": min(r.reserve * x, HIGHEST_RESERVE)})
                for r in rounds
            )
        else:
            count = min(max(len(rounds) + int(x), 1), MAX_ROUNDS)
            changes["rounds"] = (*rounds[:count], *(rounds[-1],) * max(count - len(rounds), 0))
        collateral[kind] = terms.model_copy(update=changes)
    return study.model_copy(update={"collateral": collateral})


def shifted(cash: np.ndarray, months: float) -> np.ndarray:
    """Return cash (scenarios, months + 1) that comes later, or for negative months earlier.

    Parts of a month are shared between its neighbours. Cash that would come before month 1 comes in month 1,
    cash that would come beyond the horizon in its last month.
    """
    whole = int(np.floor(months))
    part = months - whole
    if part > 0.0:
        return (1.0 - part) * shifted(cash, whole) + part * shifted(cash, whole + 1)
    if whole == 0:
        return cash
    last = cash.shape[1] - 1
    to = np.clip(np.arange(1, last + 1) + whole, 1, last)
    moved = np.zeros_like(cash)
    moved[:, 0] = cash[:, 0]
    for month, target in enumerate(to, start=1):
        moved[:, target] += cash[:, month]
    return moved


def _changed(flows: Cash, lever: CashLever, x: float) -> tuple[np.ndarray, float]:
    """Return net cash and the rate at which it is discounted."""
    net, received, rate = flows.net, flows.receipts, flows.discount_rate
    if lever.form == "costs":
        return received + x * (net - received), rate
    if lever.form == "servicing":
        return net - x * received, rate
    if lever.form == "rate":
        return net, rate + x
    return net, rate


def price_of(flows: Cash, lever: CashLever, x: float) -> np.ndarray:
    """Return the price in each scenario with a lever of the cash moved, shape (scenarios,)."""
    net, rate = _changed(flows, lever, x)
    value = present_value(net, rate, flows.cash_timing)
    if lever.form == "delay" and x != 0.0:
        # Exact beyond the horizon too: the whole stream is discounted for longer. Cash that would come
        # before the first month comes in it.
        if x > 0.0:
            value = net[:, 0] + (value - net[:, 0]) * discount_factor(rate, x / 12.0)
        else:
            value = present_value(shifted(net, x), rate, flows.cash_timing)
    return value
