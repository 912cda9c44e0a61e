"""Things that can be moved by themselves: how a study, or its cash, looks when they are.

Levers of the world change the study and take a run of their own, under common random numbers. Levers of
the cash (costs, delay, return) are read off the flows that stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from npl_sim.flows.package import PackageFlows
from npl_sim.market.spec import Overlay, Stress
from npl_sim.stats.discount import present_value

if TYPE_CHECKING:
    from npl_sim.study import Study

__all__ = ["CASH_LEVERS", "WORLD_LEVERS", "CashLever", "WorldLever", "moved_world", "price_of", "shifted"]

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


WORLD_LEVERS = (
    WorldLever("collateral prices", "index:*", 0.9, 1.1, 0.02),
    WorldLever("borrowers' cooperation", "cooperation", 0.8, 1.2, 0.01),
    WorldLever("duration of legal steps", "congestion", 0.8, 1.25, 8.0),
)
"""Levers that take a run."""

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


def _changed(flows: PackageFlows, lever: CashLever, x: float) -> tuple[np.ndarray, float]:
    """Return net cash and the rate at which it is discounted."""
    net, received, rate = flows.net(), flows.received(), flows.discount_rate
    if lever.form == "costs":
        return received + x * (net - received), rate
    if lever.form == "servicing":
        return net - x * received, rate
    if lever.form == "rate":
        return net, rate + x
    return net, rate


def price_of(flows: PackageFlows, lever: CashLever, x: float) -> np.ndarray:
    """Return the price in each scenario with a lever of the cash moved, shape (scenarios,)."""
    net, rate = _changed(flows, lever, x)
    value = present_value(net, rate, flows.cash_timing)
    if lever.form == "delay" and x != 0.0:
        # Exact beyond the horizon too: the whole stream is discounted for longer. Cash that would come
        # before the first month comes in it.
        if x > 0.0:
            value = net[:, 0] + (value - net[:, 0]) * (1.0 + rate) ** (-x / 12.0)
        else:
            value = present_value(shifted(net, x), rate, flows.cash_timing)
    return value
