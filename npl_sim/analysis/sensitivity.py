"""What moves the price: one thing at a time, two together, and the named stresses side by side.

Every run shares its scenarios with the base, so the error of a difference is that of what moved.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.analysis.levers import (
    AUCTION_LEVERS,
    CASH_LEVERS,
    WORLD_LEVERS,
    moved_auctions,
    moved_world,
    price_of,
)
from npl_sim.engine.simulate import simulate
from npl_sim.flows.package import PackageFlows
from npl_sim.stats import risk
from npl_sim.stats.discount import discount_factors, present_value
from npl_sim.valuation.bid import kept_share, solve_bid
from npl_sim.valuation.buyer import BuyerCase
from npl_sim.valuation.control import controlled_mean

if TYPE_CHECKING:
    from npl_sim.study import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["Grid", "base_of", "heat_map", "resized", "stress_table", "tornado"]

MOST_SCENARIOS = 4000
"""Scenarios of a sensitivity's runs: paired differences need fewer than the price."""


@dataclass(frozen=True)
class Grid:
    """Price against required return and horizon.

    Attributes
    ----------
    returns
        Required returns, shape (rows,). [per year]
    horizons
        Months after which cash no longer counts, shape (columns,). [months]
    price, se
        Mean present value and its standard error, shape (rows, columns). [package currency]
    """

    returns: np.ndarray
    horizons: np.ndarray
    price: np.ndarray
    se: np.ndarray


def resized(study: Study, scenarios: int) -> Study:
    """Return the study with a number of scenarios, receipts and costs being all that is kept of them."""
    sizes = {"scenarios": scenarios, "precision": None, "keep": "totals"}
    return study.model_copy(update={"simulation": study.simulation.model_copy(update=sizes)})


def base_of(study: Study, table: LoanTable, flows: PackageFlows) -> tuple[Study, PackageFlows]:
    """Return the study and the flows that sensitivities are measured from: at most `MOST_SCENARIOS`."""
    small = resized(study, min(flows.scenarios, MOST_SCENARIOS))
    return small, flows if flows.scenarios <= MOST_SCENARIOS else simulate(small, table)


def _values(flows: PackageFlows) -> np.ndarray:
    return present_value(flows.net(), flows.discount_rate, flows.cash_timing)


def _bid(study: Study, flows: PackageFlows) -> float:
    before, _ = solve_bid(BuyerCase(flows, study.buyer, study.pricing))
    return before.value * kept_share(study.buyer, before.value)


def tornado(study: Study, table: LoanTable, base: PackageFlows) -> pd.DataFrame:
    """Return what the price becomes when one thing moves and all else stands.

    Parameters
    ----------
    study, table
        What is priced; `study` of the size of `base`.
    base
        Its flows.

    Returns
    -------
    pandas.DataFrame
        Two rows a lever: lever, unit, setting, price, change and its se (paired), bid (of the levers
        of the world and of auctions, else NaN); and, the same in both, sensitivity and its se: relative change of the price for
        one per cent of a multiple, one month, one round, or one percentage point, between the two settings. Largest
        swing first. [package currency; share of price]
    """
    own = _values(base)
    mean = controlled_mean(own, base.drivers).estimate.value
    rows = []
    for lever in WORLD_LEVERS:
        ends = []
        for x in (lever.low, lever.high):
            flows = simulate(moved_world(study, lever.factor, x), table)
            ends.append((x, _values(flows), _bid(study, flows)))
        unit = 100.0 * (lever.high - lever.low)
        rows += _pair(lever.name, "multiple", ends, own, mean, base, unit)
    for auction in AUCTION_LEVERS:
        if not len(table.collateral):
            break
        ends = []
        for x in (auction.low, auction.high):
            flows = simulate(moved_auctions(study, auction.form, x), table)
            ends.append((x, _values(flows), _bid(study, flows)))
        unit = (1.0 if auction.unit == "rounds" else 100.0) * (auction.high - auction.low)
        rows += _pair(auction.name, auction.unit, ends, own, mean, base, unit)
    for cash in CASH_LEVERS:
        ends = [(x, price_of(base, cash, x), math.nan) for x in (cash.low, cash.high)]
        unit = {"costs": 100.0, "delay": 1.0}.get(cash.form, 100.0) * (cash.high - cash.low)
        name = {"costs": "multiple", "delay": "months"}.get(cash.form, "percentage points")
        rows += _pair(cash.name, name, ends, own, mean, base, unit)
    frame = pd.DataFrame(rows)
    swing = frame.groupby("lever")["price"].transform(lambda p: abs(p.iloc[1] - p.iloc[0]))
    return (
        frame.assign(swing=swing)
        .sort_values(["swing", "lever", "setting"], ascending=[False, True, True], kind="stable")
        .drop(columns="swing")
        .reset_index(drop=True)
    )


def _pair(
    name: str,
    unit: str,
    ends: list[tuple[float, np.ndarray, float]],
    own: np.ndarray,
    mean: float,
    base: PackageFlows,
    distance: float,
) -> list[dict[str, object]]:
    (_, low, _), (_, high, _) = ends
    slope = controlled_mean((high - low) / distance, base.drivers).estimate
    scale = 1.0 / mean if mean != 0.0 else math.nan
    rows: list[dict[str, object]] = []
    for x, values, bid in ends:
        change = controlled_mean(values - own, base.drivers).estimate
        rows.append(
            {
                "lever": name,
                "unit": unit,
                "setting": round(100.0 * x, 9) if unit == "percentage points" else x,
                "price": mean + change.value,
                "change": change.value,
                "se": change.se,
                "bid": bid,
                "sensitivity": slope.value * scale,
                "sensitivity_se": slope.se * abs(scale),
            }
        )
    return rows


def heat_map(base: PackageFlows, returns: np.ndarray | None = None) -> Grid:
    """Return the price against required return and horizon, cash after the horizon counting nothing.

    Parameters
    ----------
    base
        Simulated cash.
    returns
        Required returns; none: nine around the one at which the loans were discounted. [per year]
    """
    if returns is None:
        centre = base.discount_rate
        returns = np.round(centre + np.arange(-4, 5) * 0.02, 6)
        returns = returns[returns > -0.5]
    last = base.months
    horizons = np.array([m for m in (12, 24, 36, 48, 60, 84, 120, 180, 240) if m < last] + [last])
    net = base.net()
    price = np.empty((len(returns), len(horizons)))
    se = np.empty_like(price)
    for i, rate in enumerate(returns):
        running = np.cumsum(net * discount_factors(float(rate), last, base.cash_timing), axis=1)
        for j, month in enumerate(horizons):
            found = controlled_mean(np.ascontiguousarray(running[:, month]), base.drivers).estimate
            price[i, j], se[i, j] = found.value, found.se
    return Grid(np.asarray(returns), horizons, price, se)


def stress_table(study: Study, table: LoanTable, base: PackageFlows, price: float) -> pd.DataFrame:
    """Return the named stresses of the market side by side, the study's own world first.

    Parameters
    ----------
    study, table
        What is priced; `study` of the size of `base`.
    base
        Its flows.
    price
        Price whose loss is told. [package currency]

    Returns
    -------
    pandas.DataFrame
        Rows by stress: price, change and its se (paired), q5 and shortfall of the price, bid, and p_loss:
        probability that cash does not repay `price`. [package currency; share of scenarios]
    """
    own = _values(base)
    level = study.pricing.shortfall_level
    mean = controlled_mean(own, base.drivers).estimate.value
    rows = []
    names = [s.name for s in study.market.stresses if s.name not in study.stress]
    for name in ("", *names):
        moved = study.model_copy(update={"stress": (*study.stress, name)}) if name else study
        flows = simulate(moved, table) if name else base
        values = own if not name else _values(flows)
        change = controlled_mean(values - own, base.drivers).estimate
        rows.append(
            {
                "stress": name or "as the study stands",
                "price": mean + change.value,
                "change": change.value,
                "se": change.se if name else 0.0,
                "q5": risk.quantile(values, 0.05).value,
                "shortfall": risk.expected_shortfall(values, level).value,
                "bid": _bid(study, flows),
                "p_loss": float(np.mean(flows.net().sum(axis=1) < price)),
            }
        )
    return pd.DataFrame(rows)
