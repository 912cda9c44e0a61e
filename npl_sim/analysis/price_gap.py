"""Facts of a package that explain why its price lies outside published ranges, largest first.

The loans are those of the classes that no published range holds (`comparables`). Each fact has an
effect in points of their claims. Four facts sum exactly to what the price lacks of the claims: no
cover, cover that does not come in, costs, and the required return. A fact on some of the loans has
the effect that the price has with and without them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.analysis.comparables import ABOVE, BELOW, INSIDE
from npl_sim.analysis.package.facts import months_to_cash

if TYPE_CHECKING:
    from npl_sim.analysis.comparables import Comparables

MATERIAL = 0.05
"""Claims of a class that must be explained. [share of GBV]"""

FACTS = 3
"""Most facts of an explanation."""

LEAST = 0.005
"""Least effect of a fact. [share of GBV]"""


@dataclass(frozen=True)
class Fact:
    """One fact, and its effect on the price."""

    name: str
    """return, costs, not realized, not covered, worthless, time-barred, insolvent, guaranteed,
    covered or enforced."""
    points: float
    """Effect on the price of these loans, negative if it lowers it. [share of GBV]"""
    figure: float
    """Receipts after costs, costs of receipts, receipts, cover, or the share of the claims."""
    second: float
    """Months to cash, or the price of the loans concerned; NaN without one."""


@dataclass(frozen=True)
class PriceGap:
    """Classes outside every published range, on one side of it, and why."""

    classes: tuple[tuple[str, str], ...]
    """Segment and security of each class, largest claims first."""
    side: str
    """Below or above (`comparables`)."""
    chosen: np.ndarray
    """Whether each loan belongs to them, shape (loans,)."""
    price: float
    """Price of these loans. [share of GBV]"""
    published: tuple[float, float]
    """Lowest and highest published figure of these classes. [share of GBV]"""
    facts: tuple[Fact, ...]
    """At most `FACTS`, largest effect first."""


def price_gap(found: Comparables, loans: pd.DataFrame) -> PriceGap | None:
    """Return why the price lies outside published ranges; None if nothing must be explained.

    A class is compared with the closest figures: prices, and those of its own security, where
    there are such. It is explained if none holds it and its claims are material; where no class
    is inside and none is material, all are. Of the two sides the one with more claims counts.

    Parameters
    ----------
    found
        Comparison with published figures.
    loans
        Loans in the order of the tape. [package currency, unless stated]

        - segment, secured, gbv, pv, receipts, costs (negative), free_collateral
        - months_to_cash [months]
        - worthless, time_barred, insolvent, guaranteed, enforced: marks
    """
    outside = _outside(found, float(loans["gbv"].sum()))
    if not outside:
        return None
    claims = {
        side: sum(c.gbv for c in outside.values() if c.side == side) for side in (BELOW, ABOVE)
    }
    side = max(claims, key=lambda name: claims[name])
    names = [key for key, own in outside.items() if own.side == side]
    names.sort(key=lambda key: -outside[key].gbv)
    security = np.where(loans["secured"].to_numpy(dtype=bool), "secured", "unsecured")
    chosen = np.zeros(len(loans), dtype=bool)
    for segment, kind in names:
        chosen |= (loans["segment"] == segment).to_numpy() & (security == kind)
    own = loans[chosen]
    gbv = float(own["gbv"].sum())
    if gbv <= 0.0:
        return None
    sign = -1.0 if side == BELOW else 1.0
    facts = [*_groups(own, sign)] + (_steps(own) if side == BELOW else [])
    facts = [fact for fact in facts if sign * fact.points >= LEAST]
    facts.sort(key=lambda fact: -abs(fact.points))
    price = float(own["pv"].sum()) / gbv
    ends = min(outside[k].low for k in names), max(outside[k].high for k in names)
    return PriceGap(tuple(names), side, chosen, price, ends, tuple(facts[:FACTS]))


@dataclass(frozen=True)
class _Class:
    """Side, claims and ends of the published figures of a class that none of them holds."""

    side: str
    gbv: float
    low: float
    high: float


def _outside(found: Comparables, gbv: float) -> dict[tuple[str, str], _Class]:
    """Return each class to explain, by segment and security."""
    classes: dict[tuple[str, str], _Class] = {}
    if found.table.empty or gbv <= 0.0:
        return classes
    compared = found.table[found.table["verdict"].isin((INSIDE, BELOW, ABOVE))]
    any_inside = False
    for key, rows in compared.groupby(["segment", "security"], sort=True):
        own = _closest(rows)
        sides = set(own["verdict"])
        any_inside = any_inside or INSIDE in sides
        if len(sides) == 1 and INSIDE not in sides:
            ends = float(own["low"].min()), float(own["high"].max())
            classes[key] = _Class(sides.pop(), float(own["gbv"].max()), *ends)
    material = {key: own for key, own in classes.items() if own.gbv >= MATERIAL * gbv}
    return material if material or any_inside else classes


def _closest(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the figures closest to a class: prices, and of its own security, where there are."""
    prices = rows[rows["measure"] != "recovery_of_gbv"]
    rows = prices if len(prices) else rows
    own = rows[rows["of_own_security"].to_numpy(dtype=bool)]
    return own if len(own) else rows


def _steps(own: pd.DataFrame) -> list[Fact]:
    """Return the steps from the claims down to the price."""
    gbv, pv, receipts, costs = (
        float(own[name].sum()) for name in ("gbv", "pv", "receipts", "costs")
    )
    months = months_to_cash(
        own["receipts"].to_numpy(dtype=np.float64),
        own["months_to_cash"].to_numpy(dtype=np.float64),
    )
    facts = [Fact("return", (pv - receipts - costs) / gbv, (receipts + costs) / gbv, months)]
    if receipts > 0.0:
        facts.append(Fact("costs", costs / gbv, -costs / receipts, math.nan))
    cover = float(np.minimum(own["free_collateral"], own["gbv"]).sum())
    if cover > 0.0:
        facts.append(Fact("not covered", (cover - gbv) / gbv, cover / gbv, math.nan))
        facts.append(Fact("not realized", (receipts - cover) / gbv, receipts / gbv, cover / gbv))
    return facts


def _groups(own: pd.DataFrame, sign: float) -> list[Fact]:
    """Return the facts on some of the loans: the price with them less that without them."""
    gbv, pv = own["gbv"].to_numpy(dtype=np.float64), own["pv"].to_numpy(dtype=np.float64)
    nothing = own["worthless"].to_numpy(dtype=bool)
    barred = own["time_barred"].to_numpy(dtype=bool) & ~nothing
    # A loan counts once: for the first of these that holds.
    insolvent = own["insolvent"].to_numpy(dtype=bool) & ~nothing & ~barred
    masks = {"worthless": nothing, "time-barred": barred, "insolvent": insolvent}
    if sign > 0.0:
        masks |= {
            "guaranteed": own["guaranteed"].to_numpy(dtype=bool),
            "covered": (own["free_collateral"] >= own["gbv"]).to_numpy(),
            "enforced": own["enforced"].to_numpy(dtype=bool),
        }
    facts = []
    for name, mask in masks.items():
        claims, rest = float(gbv[mask].sum()), float(gbv[~mask].sum())
        if claims > 0.0 and rest > 0.0:
            effect = float(pv.sum() / gbv.sum() - pv[~mask].sum() / rest)
            share = claims / float(gbv.sum())
            facts.append(Fact(name, effect, share, float(pv[mask].sum()) / claims))
    return facts
