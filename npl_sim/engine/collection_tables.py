"""Collection tables: what the creditor and its agencies do to accounts of one age, month by month.

docs/model.md section 3.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from npl_sim.engine.payment_multipliers import bounds_and_lifts
from npl_sim.kernels.context import CollectionTables
from npl_sim.policy.collection import (
    AgeBands,
    Agency,
    AgeSchedule,
    Collection,
    ContactMethod,
    RecoveryCurve,
)

__all__ = ["NO_AGE", "collection_table", "depends_on_age", "stack_tables"]

NO_AGE = -1
"""Stands for the age of loans whose collection does not depend on it."""


def depends_on_age(collection: Collection) -> bool:
    """Say whether two loans of different age are collected differently."""
    methods = (
        *collection.contact_methods,
        *(c for a in collection.agencies for c in a.contact_methods),
    )
    return (
        any(c.half_life is not None for c in methods)
        or len(set(collection.settlement_discount.shares)) > 1
        or any(isinstance(a.commission, AgeBands) for a in collection.agencies)
        or (collection.curve is not None and collection.curve.clock == "default")
    )


def _worker(collection: Collection, month: int) -> tuple[Sequence[ContactMethod], Agency | None]:
    for agency in collection.agencies:
        if agency.from_month < month <= agency.from_month + agency.months:
            return agency.contact_methods, agency
    return collection.contact_methods, None


def _curve_increments(curve: RecoveryCurve, age: int, horizon: int) -> np.ndarray:
    months = np.arange(horizon + 1.0)
    points: tuple[int, ...] = (0, *curve.months)
    values: tuple[float, ...] = (0.0, *curve.cumulative)
    if curve.months[0] == 0:
        points, values = curve.months, curve.cumulative
    level: np.ndarray
    if curve.clock == "valuation":
        level = np.interp(months, points, values)
    else:
        start = np.interp(age, points, values)
        rest = 1.0 - start
        level = (
            (np.interp(age + months, points, values) - start) / rest if rest > 0 else 0.0 * months
        )
    return np.diff(level, prepend=0.0)


def _commission(agency: Agency, age: float) -> float:
    bands = agency.commission
    if not isinstance(bands, AgeBands):
        return bands
    band = int(np.searchsorted(bands.from_age, age, side="right")) - 1
    return bands.shares[band] if band >= 0 else 0.0


def _discount(schedule: AgeSchedule, ages: np.ndarray) -> np.ndarray:
    return np.interp(ages, schedule.ages, schedule.shares)


@functools.lru_cache(maxsize=1024)
def collection_table(
    collection: Collection, age: int, horizon: int
) -> dict[str, np.ndarray | float | int]:
    """Return the collection table of one row, which is not to be changed.

    Tables are kept, since a command compiles one study several times; 6 KB each for 10 years.

    Parameters
    ----------
    collection
        Terms.
    age
        Age since default at the valuation date. [whole months]
    horizon
        Months simulated.

    Returns
    -------
    dict
        Arrays of shape (horizon + 1,) under settle, cure, pay, commission, cost and discount.
        Also reach [per month], and last, the last month of collection.
    """
    last = min(collection.months, horizon)
    names = ("settle", "cure", "pay", "commission", "cost")
    table: dict[str, np.ndarray] = {n: np.zeros(horizon + 1) for n in names}
    reach = run_down = 0.0
    for m in range(1, last + 1):
        methods, agency = _worker(collection, m)
        settle, cure = collection.settle_hazard, collection.cure_hazard
        rate, cost = collection.payment_rate, 0.0
        reach += collection.reach_hazard
        for method in methods:
            response = method.contacts_per_month**method.contact_exponent
            reach += response * method.reach_per_contact
            cost += method.contacts_per_month * method.cost_per_contact
            if method.half_life is not None:
                response *= 0.5 ** ((age + m - 0.5) / method.half_life)
            settle += response * method.settle_per_contact
            cure += response * method.cure_per_contact
            rate += response * method.pay_per_contact
        table["settle"][m] = settle
        table["cure"][m] = cure
        table["pay"][m] = np.exp(-run_down) - np.exp(-run_down - rate)
        run_down += rate
        if agency is not None:
            table["commission"][m] = _commission(agency, age + m - 0.5)
            cost += agency.monthly_fee
        table["cost"][m] = cost
    if collection.curve is not None:
        table["pay"] = _curve_increments(collection.curve, age, horizon)
        table["pay"][last + 1 :] = 0.0
    table["discount"] = _discount(collection.settlement_discount, age + np.arange(horizon + 1.0))
    return {**table, "reach": reach / last if last else 0.0, "last": last}


def stack_tables(
    collections: Sequence[Collection],
    rows: np.ndarray,
    begin: np.ndarray,
    placements: np.ndarray,
    horizon: int,
    cooperation: tuple[np.ndarray, np.ndarray],
) -> CollectionTables:
    """Return the collection tables of all rows.

    Parameters
    ----------
    collections
        Terms by policy.
    rows
        One row for each table: policy, group, age (`NO_AGE`), and 1 where its loans are collected.
    begin
        First loan of each table, and the number of loans, shape (tables + 1,).
    placements
        Row of the totals of placements for each table; -1 for none.
    horizon
        Months simulated.
    cooperation
        Variance and mean of the log of cooperation by month, shape (horizon + 1,) each.
    """
    tables = []
    for policy, _, age, collected in rows:
        terms = collections[policy] if collected else Collection(months=0)
        tables.append(collection_table(terms, max(0, int(age)), horizon))

    def stacked(name: str) -> np.ndarray:
        return np.array([t[name] for t in tables], dtype=np.float64).reshape(len(tables), -1)

    pay = stacked("pay")
    loading = np.array(
        [collections[policy].cooperation_loading for policy, *_ in rows], dtype=np.float64
    )
    bound, lift = bounds_and_lifts(pay, loading, *cooperation)
    return CollectionTables(
        begin=begin.astype(np.int64),
        policy=np.ascontiguousarray(rows[:, 0]).astype(np.int64),
        group=np.ascontiguousarray(rows[:, 1]).astype(np.int64),
        placement=placements.astype(np.int64),
        last=np.array([t["last"] for t in tables], dtype=np.int64),
        reach=np.array([t["reach"] for t in tables], dtype=np.float64),
        settle=stacked("settle"),
        cure=stacked("cure"),
        pay=pay,
        commission=stacked("commission"),
        cost=stacked("cost"),
        discount=stacked("discount"),
        bound=bound,
        lift=lift,
    )
