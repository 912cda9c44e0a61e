"""The collection tables of one loan, month by month (docs/model.md, section 3)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

from scipy import special
from scipy.optimize import brentq

from npl_sim.policy.collection import Agency, Channel, Collection, RecoveryCurve

from .basics import straight_lines
from .conditions import Conditions

__all__ = ["Tables", "collection_tables", "running_paid", "running_resolved"]


@dataclass
class Tables:
    """What collection does to a loan in months 1..M; the entries of month 0 are 0."""

    settle: list[float]  # hazard of a settlement
    cure: list[float]  # hazard of a cure
    pay: list[float]  # expected payment as a share of the claim
    commission: list[float]  # agency's share of what is collected
    cost: list[float]  # contacts and fees
    discount: list[float]  # that a settlement grants
    reach: float  # rate of events that restart the limitation clock


def collection_tables(collection: Collection, age: float, horizon: int) -> Tables:
    """Return the tables of a loan of `age` months since default. Nobody works after
    `collection.months`.
    """
    rows = Tables(*([0.0] * (horizon + 1) for _ in range(6)), reach=0.0)
    run_down = 0.0
    reach_hazards = []
    for m in range(1, min(collection.months, horizon) + 1):
        agency = agency_of(collection, m)
        channels = collection.channels if agency is None else agency.channels
        rows.settle[m] = collection.settle_hazard
        rows.cure[m] = collection.cure_hazard
        rate = collection.payment_rate
        reach_hazards.append(collection.reach_hazard)
        for c in channels:
            counted = c.contacts_per_month**c.diminishing
            effect = counted * wear(c, age + m - 0.5)
            rows.settle[m] += c.settle_per_contact * effect
            rows.cure[m] += c.cure_per_contact * effect
            rate += c.pay_per_contact * effect
            reach_hazards[-1] += c.reach_per_contact * counted
            rows.cost[m] += c.cost_per_contact * c.contacts_per_month
        if collection.curve is not None:
            rows.pay[m] = curve_at(collection.curve, age, m) - curve_at(
                collection.curve, age, m - 1
            )
        else:
            rows.pay[m] = math.exp(-run_down) - math.exp(-(run_down + rate))
        run_down += rate
        if agency is not None:
            rows.commission[m] = commission_at(agency, age + m - 0.5)
            rows.cost[m] += agency.monthly_fee
        schedule = collection.settlement_discount
        rows.discount[m] = straight_lines(age + m, schedule.ages, schedule.shares)
    if reach_hazards:
        rows.reach = sum(reach_hazards) / len(reach_hazards)
    return rows


def agency_of(collection: Collection, m: int) -> Agency | None:
    """Return the agency that has the accounts in month m; without one, the creditor works."""
    return next(
        (a for a in collection.agencies if a.from_month < m <= a.from_month + a.months), None
    )


def commission_at(agency: Agency, age: float) -> float:
    """Return the agency's share at that age: that of the last band that has begun."""
    if isinstance(agency.commission, float | int):
        return float(agency.commission)
    begun = [
        s
        for a, s in zip(agency.commission.from_age, agency.commission.shares, strict=True)
        if a <= age
    ]
    return begun[-1] if begun else 0.0


def wear(channel: Channel, age: float) -> float:
    """Return what is left of the effect of a contact at that age."""
    return 1.0 if channel.half_life is None else 0.5 ** (age / channel.half_life)


def curve_at(curve: RecoveryCurve, age: float, m: int) -> float:
    """Return the share of the claim recovered in (0, m], on the curve's own clock."""
    if curve.clock == "valuation":
        return cumulative(curve, float(m))
    before = cumulative(curve, age)
    return (cumulative(curve, age + m) - before) / (1.0 - before) if before < 1.0 else 0.0


def cumulative(curve: RecoveryCurve, x: float) -> float:
    """Return the vintage table at x: from zero at month 0, straight lines, flat after the last
    point.
    """
    if curve.months[0] == 0:
        return straight_lines(x, curve.months, curve.cumulative)
    return straight_lines(x, (0, *curve.months), (0.0, *curve.cumulative))


def running_resolved(tables: Tables, up: list[float]) -> list[float]:
    """Return H[m], the cumulative hazard of settlement and cure in this scenario."""
    total, sums = 0.0, [0.0]
    for m in range(1, len(tables.settle)):
        total += up[m] * (tables.settle[m] + tables.cure[m])
        sums.append(total)
    return sums


def running_paid(tables: Tables, conditions: Conditions) -> list[float]:
    """Return C[m], the cumulative share paid in this scenario, at most the whole claim.

    A month's multiplier is bounded by one over all that is to be paid, and lifted so that its mean
    stays.
    """
    most = 1.0 / sum(tables.pay) if sum(tables.pay) > 0.0 else math.inf
    total, sums = 0.0, [0.0]
    for m in range(1, len(tables.pay)):
        if tables.pay[m] > 0.0:
            sd = conditions.sd[m] if conditions.sd else 0.0
            mean = min(1.0, conditions.mean[m]) if conditions.mean else 1.0
            total += min(lift(most, sd, mean) * conditions.up[m], most) * tables.pay[m]
        sums.append(min(1.0, total))
    return sums


@cache
def lift(most: float, sd: float, mean: float) -> float:
    """Return k for which min(k X, most) has the mean of the lognormal X, a mean of at most 1.

    min(k X, most) = k X less a call on it; the price of the call is that of Black and Scholes.
    """
    if sd == 0.0:
        return 1.0

    def excess(log_k: float) -> float:
        d = (log_k + math.log(mean / most)) / sd + sd / 2.0
        forward = math.exp(log_k) * mean
        return forward * float(special.ndtr(-d)) + most * float(special.ndtr(d - sd)) - mean

    return math.exp(brentq(excess, 0.0, 600.0, xtol=1e-15)) if excess(0.0) < 0.0 else 1.0
