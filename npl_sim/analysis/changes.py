"""One-at-a-time changes of a study or of its cash, for sensitivities and reverse stress tests.

Changes of market factors and of auction terms change the study and need a simulation of their own,
under common random numbers. Changes of the cash (costs, delay, return) use the simulated cash.
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


NAME = "one-at-a-time change"
"""Name of the stress that a change of a market factor adds to a study."""

MOST_DISCOUNT = 0.99
"""Largest forced-sale discount after a change. [share of market value]"""

HIGHEST_RESERVE = 2.0
"""Largest reserve price of a study. [share of appraisal]"""


@dataclass(frozen=True)
class Change:
    """A change of one input."""

    name: str
    """Name of the input."""
    kind: Literal["factor", "auction", "cash"]
    """What is changed: a market factor, the terms of auctions, or the simulated cash."""
    form: str
    """What a setting x does.

    - factor: the name or pattern of the factors, which are multiplied by x
    - auction: discount (forced-sale discount plus x), reserve (every reserve price times x),
      rounds (x rounds more, at least one in all)
    - cash: costs (costs times x), delay (cash x months later), rate (required return plus x),
      servicing (share of receipts plus x)
    """
    unit: Literal["multiple", "percentage points", "rounds", "months"]
    """Unit of a setting in tables."""
    low: float
    high: float
    """Settings of a tornado."""
    worst: float
    """Worst setting that a reverse stress test tries."""
    neutral: float = 1.0
    """Setting that changes nothing."""

    @property
    def scale(self) -> float:
        """Settings in tables for a setting of 1: percentage points for a share of 1."""
        return 100.0 if self.unit == "percentage points" else 1.0

    @property
    def steps(self) -> float:
        """Steps between low and high: per cent of a multiple, else one of the unit."""
        return (self.high - self.low) * (100.0 if self.unit == "multiple" else self.scale)


CHANGES = (
    Change("collateral prices", "factor", "index:*", "multiple", 0.9, 1.1, 0.02),
    Change("borrowers' cooperation", "factor", "cooperation", "multiple", 0.8, 1.2, 0.01),
    Change("duration of legal steps", "factor", "congestion", "multiple", 0.8, 1.25, 8.0),
    Change(
        "forced-sale discount", "auction", "discount", "percentage points", -0.07, 0.07, 0.9, 0.0
    ),
    Change("reserve prices of auctions", "auction", "reserve", "multiple", 0.9, 1.1, 2.0),
    Change("rounds of auctions", "auction", "rounds", "rounds", -1.0, 1.0, -2.0, 0.0),
    Change("costs of work-out", "cash", "costs", "multiple", 0.8, 1.2, 20.0),
    Change("recovery lag", "cash", "delay", "months", -6.0, 6.0, 240.0, 0.0),
    Change("required return", "cash", "rate", "percentage points", -0.02, 0.02, 5.0, 0.0),
    Change("servicing fee", "cash", "servicing", "percentage points", -0.01, 0.01, 0.9, 0.0),
)
"""Changes of a bid book, in the order in which they are made."""


def changed_study(study: Study, change: Change, x: float) -> Study:
    """Return a study with one change of kind factor or auction at a setting.

    A further change adds to the first one; a further setting of the same one replaces it.
    """
    if x == change.neutral and change.kind == "factor":
        return study
    if change.kind == "factor":
        earlier = next((s.overlays for s in study.market.stresses if s.name == NAME), ())
        kept_too = (o for o in earlier if o.factor != change.form)
        overlays = (*kept_too, Overlay(factor=change.form, multiplier=x))
        stress = Stress(name=NAME, overlays=overlays)
        kept = tuple(s for s in study.market.stresses if s.name != NAME)
        market = study.market.model_copy(update={"stresses": (*kept, stress)})
        names = tuple(n for n in study.stress if n != NAME)
        return study.model_copy(update={"market": market, "stress": (*names, NAME)})
    collateral = {}
    for kind, terms in study.collateral.items():
        rounds = terms.rounds
        update: dict[str, Any] = {}
        if change.form == "discount":
            discount = max(terms.forced_sale_discount + x, 0.0)
            update["forced_sale_discount"] = min(discount, MOST_DISCOUNT)
        elif change.form == "reserve":
            update["rounds"] = tuple(
                r.model_copy(update={"reserve": min(r.reserve * x, HIGHEST_RESERVE)})
                for r in rounds
            )
        else:
            count = min(max(len(rounds) + int(x), 1), MAX_ROUNDS)
            update["rounds"] = (*rounds[:count], *(rounds[-1],) * max(count - len(rounds), 0))
        collateral[kind] = terms.model_copy(update=update)
    return study.model_copy(update={"collateral": collateral})


def shifted(cash: np.ndarray, months: float) -> np.ndarray:
    """Return cash (scenarios, months + 1) that comes later, or for negative months earlier.

    A part of a month is split between the two months around it. Cash before month 1 is moved to
    month 1, cash beyond the horizon to its last month.
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


def price_of(flows: Cash, change: Change, x: float) -> np.ndarray:
    """Return the price in each scenario with a change of kind cash, shape (scenarios,)."""
    net, rate = flows.net, flows.discount_rate
    if change.form == "costs":
        received = flows.receipts
        net = received + x * (net - received)
    elif change.form == "servicing":
        net = net - x * flows.receipts
    elif change.form == "rate":
        rate = rate + x
    elif x < 0.0:
        net = shifted(net, x)
    value = present_value(net, rate, flows.cash_timing)
    if change.form == "delay" and x > 0.0:
        # Exact beyond the horizon: the whole stream is discounted for longer.
        value = net[:, 0] + (value - net[:, 0]) * discount_factor(rate, x / 12.0)
    return value
