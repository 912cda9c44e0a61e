"""Sensitivities of the price: one-at-a-time changes (tornado), a two-way grid, named stresses.

Every run shares its scenarios with the base, so its error is that of a paired difference. Changes
are measured on at most `MOST_SCENARIOS` scenarios of one draw each and added to the figures of the
whole run. So the row without a change shows the price and the bid of the report.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.analysis.changes import CHANGES, Change, changed_study, price_of
from npl_sim.analysis.moved_bid import AtOurBid, bid_on
from npl_sim.cashflows.protocol import Cash
from npl_sim.engine.simulate import simulate
from npl_sim.stats.discount import discount_factors
from npl_sim.valuation.paired_difference import shared_values

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable
    from npl_sim.valuation.price import PriceDistribution


MOST_SCENARIOS = 4000
"""Most scenarios of a run: paired differences need fewer than the price."""


@dataclass(frozen=True)
class Grid:
    """Price against required return and horizon."""

    returns: np.ndarray
    """Required returns, shape (rows,). [per year]"""
    horizons: np.ndarray
    """Horizons beyond which cash does not count, shape (columns,). [months]"""
    price: np.ndarray
    se: np.ndarray
    """Mean present value and its standard error, shape (rows, columns). [package currency]"""


@dataclass(frozen=True)
class Level:
    """Figures of the price under one stress."""

    price: float
    q5: float
    shortfall: float
    """Mean, 5 % quantile and expected shortfall of the price. [package currency]"""
    bid: float
    """The buyer's bid. [package currency]"""
    p_loss: float
    """Probability that cash does not repay a price. [probability]"""

    @classmethod
    def of_run(cls, result: PriceDistribution, bid: float, outlay: float) -> Level:
        """Return the figures of a priced run; `outlay` is the price to repay."""
        sample = result.sample
        return cls(
            price=result.mean.value,
            q5=sample.quantile(result.pv, 0.05).value,
            shortfall=result.expected_shortfall.value,
            bid=bid,
            p_loss=sample.probability(result.net_total < outlay).value,
        )

    def moved(self, base: Level, other: Level) -> Level:
        """Return these figures with the changes from `base` to `other`."""
        if other == base:
            return self
        change = {name: value - getattr(base, name) for name, value in vars(other).items()}
        found = {name: getattr(self, name) + change[name] for name in change}
        return Level(**found | {"p_loss": min(max(found["p_loss"], 0.0), 1.0)})


def resized(study: Study, scenarios: int) -> Study:
    """Return the study with a number of scenarios, of which only receipts and costs are kept."""
    sizes = {"scenarios": scenarios, "precision": None, "detail": "totals"}
    return study.model_copy(update={"simulation": study.simulation.model_copy(update=sizes)})


def base_of(study: Study, table: LoanTable, flows: Cash) -> tuple[Study, Cash]:
    """Return the study and the cash that changes are measured from: at most `MOST_SCENARIOS`."""
    small = resized(study, min(flows.scenarios, MOST_SCENARIOS))
    return small, flows if flows.scenarios <= MOST_SCENARIOS else simulate(small, table)


def level_of(study: Study, flows: Cash, outlay: float, bid: float | None = None) -> Level:
    """Return the figures of the price on the first draw of each scenario.

    Parameters
    ----------
    study, flows
        What is priced, and its cash.
    outlay
        Price to repay. [package currency]
    bid
        The buyer's bid on this cash; defaults to solving it here. [package currency]
    """
    values, sample = shared_values(flows), flows.sample
    return Level(
        price=sample.mean(values).value,
        q5=sample.quantile(values, 0.05).value,
        shortfall=sample.expected_shortfall(values, study.pricing.shortfall_level).value,
        bid=bid_on(study, flows) if bid is None else bid,
        p_loss=sample.probability(flows.net.sum(axis=1) < outlay).value,
    )


def tornado(
    study: Study,
    table: LoanTable,
    base: Cash,
    whole: Level | None = None,
    own: Level | None = None,
) -> pd.DataFrame:
    """Return the price under each one-at-a-time change (`changes.CHANGES`).

    Parameters
    ----------
    study, table
        What is priced; `study` of the size of `base`.
    base
        Its flows.
    whole
        Figures of the whole run, to which changes are added; defaults to those of `base`.
    own
        Figures of `base` (see `level_of`); defaults to solving its bid here.

    Returns
    -------
    pandas.DataFrame
        Two rows a change, largest swing first. [package currency; share of price]

        - name of the input, unit, setting, price; change and its se (paired)
        - bid; own_irr_change: mean rate of return on own money at the bid, less that without the
          change; own_irr_se: its paired error [per year]
        - the three are NaN for the required return and where cash changes for the better
        - sensitivity and its se: relative change of the price for one step between the settings.
          A step is one per cent of a multiple, one month, round or percentage point
    """
    values = shared_values(base)
    mean = base.sample.mean(values).value if whole is None else whole.price
    own = level_of(study, base, 0.0) if own is None else own
    ours = AtOurBid(study, base, own.bid, own.bid if whole is None else whole.bid)
    rows: list[dict[str, object]] = []
    for change in CHANGES:
        if change.kind == "auction" and not len(table.collateral):
            continue
        ends = []
        for x in (change.low, change.high):
            if change.kind == "cash":
                ends.append((x, base, price_of(base, change, x)))
                continue
            flows = simulate(changed_study(study, change, x), table)
            ends.append((x, flows, shared_values(flows)))
        rows += _pair(change, ends, values, mean, ours)
    frame = pd.DataFrame(rows)
    swing = frame.groupby("lever")["price"].transform(lambda p: abs(p.iloc[1] - p.iloc[0]))
    return (
        frame.assign(swing=swing)
        .sort_values(["swing", "lever", "setting"], ascending=[False, True, True], kind="stable")
        .drop(columns="swing")
        .reset_index(drop=True)
    )


def _pair(
    change: Change,
    ends: list[tuple[float, Cash, np.ndarray]],
    own: np.ndarray,
    mean: float,
    ours: AtOurBid,
) -> list[dict[str, object]]:
    """Return the two rows of a change."""
    base = ours.base
    (_, below, low), (_, above, high) = ends
    slope = above.sample.difference(high / change.steps, below.sample, low / change.steps)
    scale = 1.0 / mean if mean != 0.0 else math.nan
    rows: list[dict[str, object]] = []
    for x, flows, values in ends:
        moved = flows.sample.difference(values, base.sample, own)
        rows.append(
            {
                "lever": change.name,
                "unit": change.unit,
                "setting": round(100.0 * x, 9) if change.scale != 1.0 else x,
                "price": mean + moved.value,
                "change": moved.value,
                "se": moved.se,
                **ours.end(change, x, flows),
                "sensitivity": slope.value * scale,
                "sensitivity_se": slope.se * abs(scale),
            }
        )
    return rows


def heat_map(flows: Cash, returns: np.ndarray | None = None) -> Grid:
    """Return the price by required return and horizon; cash after the horizon does not count.

    Parameters
    ----------
    flows
        Simulated cash of the whole run.
    returns
        Required returns; defaults to nine around the discount rate of the loans. [per year]
    """
    if returns is None:
        steps = np.arange(-4, 5) * 0.02
        # The study's own return is not rounded, so that its cell is the price.
        returns = np.where(
            steps == 0.0, flows.discount_rate, np.round(flows.discount_rate + steps, 6)
        )
        returns = returns[returns > -0.5]
    last, sample = flows.months, flows.sample
    horizons = np.array([m for m in (12, 24, 36, 48, 60, 84, 120, 180, 240) if m < last] + [last])
    shape = (len(returns), len(horizons))
    values = np.empty((flows.scenarios, *shape))
    for part, cash in flows.net_by_draw():
        net = cash.mean(axis=1)
        for i, rate in enumerate(returns):
            running = np.cumsum(
                net * discount_factors(float(rate), last, flows.cash_timing), axis=1
            )
            values[part, i] = running[:, horizons]
    cells = values.reshape(flows.scenarios, -1)
    errors = sample.errors_of_means(cells)
    return Grid(
        np.asarray(returns), horizons, sample.average(cells).reshape(shape), errors.reshape(shape)
    )


def stress_table(
    study: Study,
    table: LoanTable,
    base: Cash,
    price: float,
    whole: Level | None = None,
    own: Level | None = None,
) -> pd.DataFrame:
    """Return the named stresses of the market side by side, the study as it stands first.

    Parameters
    ----------
    study, table
        What is priced; `study` of the size of `base`.
    base
        Its flows.
    price
        Price that cash must repay. [package currency]
    whole
        Figures of the whole run, to which changes are added; defaults to those of `base`.
    own
        Figures of `base` at `price` (see `level_of`); computed here by default.

    Returns
    -------
    pandas.DataFrame
        Rows by stress: price, change and its se (paired), q5 and shortfall of the price, bid,
        p_loss. The last is the probability that cash does not repay `price`. [package currency;
        probability]
    """
    own = level_of(study, base, price) if own is None else own
    whole = own if whole is None else whole
    rows = [{"stress": "as the study stands", "change": 0.0, "se": 0.0, **vars(whole)}]
    for name in (s.name for s in study.market.stresses if s.name not in study.stress):
        flows = simulate(study.model_copy(update={"stress": (*study.stress, name)}), table)
        level = whole.moved(own, level_of(study, flows, price))
        change = flows.sample.difference(shared_values(flows), base.sample, shared_values(base))
        rows.append({"stress": name, "change": change.value, "se": change.se, **vars(level)})
    columns = ["stress", "price", "change", "se", "q5", "shortfall", "bid", "p_loss"]
    return pd.DataFrame(rows, columns=columns)
