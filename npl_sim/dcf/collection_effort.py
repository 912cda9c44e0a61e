"""Collection effort by age: monthly hazards, payment curve and costs of accounts.

docs/model.md section 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from npl_sim.policy.collection import AgeBands, Agency, Collection, ContactMethod, RecoveryCurve


@dataclass(frozen=True)
class CollectionEffort:
    """Tables of accounts of one age, by month; month 0 is empty."""

    settle: np.ndarray
    cure: np.ndarray
    pay: np.ndarray
    commission: np.ndarray
    cost: np.ndarray
    discount: np.ndarray
    reach: float


def _in_charge(terms: Collection, month: int) -> tuple[tuple[ContactMethod, ...], Agency | None]:
    """Return the contact methods of a month, and the agency in charge, if any."""
    for agency in terms.agencies:
        if 0 < month - agency.from_month <= agency.months:
            return agency.contact_methods, agency
    return terms.contact_methods, None


def _commission(commission: float | AgeBands, age: float) -> float:
    """Return the commission rate at an age."""
    if not isinstance(commission, AgeBands):
        return commission
    share = 0.0
    for begin, value in zip(commission.from_age, commission.shares, strict=True):
        share = value if begin <= age else share
    return share


def _curve(terms: RecoveryCurve, age: float, months: np.ndarray) -> np.ndarray:
    """Return the payments of a recovery curve by month, as shares of the claim."""
    x, y = [0, *terms.months], [0.0, *terms.cumulative]
    if terms.months[0] == 0:
        x, y = x[1:], y[1:]
    if terms.clock == "valuation":
        level = np.interp(months, x, y)
    else:
        already = float(np.interp(age, x, y))
        level = np.zeros(len(months))
        if already < 1.0:
            level = (np.interp(age + months, x, y) - already) / (1.0 - already)
    return np.asarray(np.diff(level, prepend=0.0))


def collection_effort(terms: Collection, age: float, horizon: int) -> CollectionEffort:
    """Return the tables of accounts of one age.

    Parameters
    ----------
    terms
        Terms of collection.
    age
        Whole months since default at the valuation date. [months]
    horizon
        Last month.
    """
    last = min(terms.months, horizon)
    months = np.arange(horizon + 1.0)
    settle, cure, rate, commission, cost = (np.zeros(horizon + 1) for _ in range(5))
    reach = 0.0
    for m in range(1, last + 1):
        methods, agency = _in_charge(terms, m)
        settle[m], cure[m], rate[m] = terms.settle_hazard, terms.cure_hazard, terms.payment_rate
        reach += terms.reach_hazard
        for method in methods:
            heard = method.contacts_per_month**method.contact_exponent
            half_life = method.half_life
            decay = 1.0 if half_life is None else 2.0 ** (-(age + m - 0.5) / half_life)
            settle[m] += method.settle_per_contact * heard * decay
            cure[m] += method.cure_per_contact * heard * decay
            rate[m] += method.pay_per_contact * heard * decay
            cost[m] += method.cost_per_contact * method.contacts_per_month
            reach += method.reach_per_contact * heard
        if agency is not None:
            commission[m] = _commission(agency.commission, age + m - 0.5)
            cost[m] += agency.monthly_fee
    if terms.curve is None:
        pay = -np.diff(np.exp(-np.cumsum(rate)), prepend=1.0)
    else:
        pay = np.where(months <= last, _curve(terms.curve, age, months), 0.0)
    table = terms.settlement_discount
    discount = np.interp(age + months, table.ages, table.shares)
    mean_reach = reach / last if last else 0.0
    return CollectionEffort(settle, cure, pay, commission, cost, discount, mean_reach)
