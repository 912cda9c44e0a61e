"""Sizes of a tranche compared: what the notes cost, what they lose, what the seller gets.

At each size the whole deal is carried out on the same scenarios, the other tranches following as
its structure says.

* coupon: rates of these notes in the first period, weighted by balance.
* cost of funds: yield of the mean cash of the notes (`debt`, by default all) that are sold,
  against what they are sold for.
* expected loss and default probability of the tranche that varies, and its weighted average life.
* proceeds and cash at closing as in `seller`; without a seller's side all notes are sold at their
  issue prices.
* efficient: no other size brings at least this cash at no higher cost of funds and no higher
  expected loss of the tranche.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from npl_sim.securitization.results.tranches import (
    loss_dates,
    relative_losses,
    weighted_lives,
    yield_of_mean,
)
from npl_sim.securitization.sizing.resize import resized
from npl_sim.securitization.sizing.seller import (
    kept_balances,
    price_values,
    required_rates,
    seller_result,
)
from npl_sim.securitization.sizing.trials import Trials
from npl_sim.securitization.terms.seller import Seller
from npl_sim.securitization.terms.structure import Frontier
from npl_sim.securitization.waterfall.run import DealRun
from npl_sim.stats import risk
from npl_sim.stats.discount import discount_factor

COLUMNS = (
    "size",
    "share_of_pool",
    "notes",
    "coupon",
    "cost_of_funds",
    "cost_of_funds_se",
    "expected_loss",
    "expected_loss_se",
    "default_probability",
    "default_probability_se",
    "wal",
    "wal_se",
    "proceeds",
    "proceeds_se",
    "cash",
    "cash_se",
    "efficient",
)


def frontier_table(trials: Trials, frontier: Frontier) -> pd.DataFrame:
    """Return what each size means.

    Parameters
    ----------
    trials
        The deal on its scenarios.
    frontier
        The sizes.

    Returns
    -------
    pandas.DataFrame
        One row per size, `COLUMNS`. [package currency; share of the tranche's balance; per year;
        years]
    """
    rows = []
    for share in np.linspace(frontier.low, frontier.high, frontier.points):
        size = float(share) * trials.deal.pool_balance
        deal = resized(trials.deal, trials.structure, {frontier.tranche: size})
        rows.append(_row(trials.run(deal), frontier, trials.structure.seller, float(share)))
    table = pd.DataFrame(rows, columns=list(COLUMNS[:-1]))
    table["efficient"] = efficient(table)
    return table


def _row(
    run: DealRun, frontier: Frontier, seller: Seller | None, share: float
) -> tuple[float, ...]:
    deal, name = run.deal, frontier.tranche
    seller = seller or Seller(gross_carrying=0.0, provisions=0.0, retained_rate=0.0)
    debt = frontier.debt or tuple(t.name for t in deal.tranches)
    cost = _cost_of_funds(run, debt, seller)
    loss = risk.mean(relative_losses(run, name))
    default = risk.probability(loss_dates(run, name) > 0)
    lives = weighted_lives(run, name)
    life = (
        risk.mean(lives[np.isfinite(lives)]) if np.isfinite(lives).any() else risk.undefined(0.95)
    )
    result = seller_result(run, seller)
    pairs = (cost, loss, default, life, result.proceeds, result.cash)
    numbers = [x for estimate in pairs for x in (estimate.value, estimate.se)]
    return (deal.tranche(name).balance, share, deal.notes, _coupon(run, debt), *numbers)


def _coupon(run: DealRun, debt: tuple[str, ...]) -> float:
    """Return the first period's rates of the debt, weighted by balance. [per year]"""
    balances = np.array([run.deal.tranche(name).balance for name in debt])
    rates = np.array([run.terms.coupons[name][0].mean() for name in debt])
    return float(rates @ balances / balances.sum()) if balances.sum() > 0 else float("nan")


def _cost_of_funds(run: DealRun, debt: tuple[str, ...], seller: Seller) -> risk.Estimate:
    """Return the yield of the mean cash of the notes sold on their proceeds."""
    kept, prices = kept_balances(run.deal, seller), price_values(run, required_rates(run, seller))
    cash, outlay = np.zeros((run.scenarios, len(run.terms.dates))), np.zeros(run.scenarios)
    for name in debt:
        balance = run.deal.tranche(name).balance
        sold = 1.0 - kept[name] / balance if balance > 0 else 0.0
        cash = cash + sold * run.tranches[name].cash
        outlay = outlay + sold * prices[name]
    years = run.terms.dates.years
    found = yield_of_mean(cash, years, float(outlay.mean()))
    if not np.isfinite(found.value):
        return found
    factor = discount_factor(found.value, years)
    slope = float(cash.mean(axis=0) @ (years * factor)) / (1.0 + found.value)
    excess = risk.mean(cash @ factor - outlay).scaled(1.0 / slope)
    return replace(
        excess, value=found.value, low=found.value + excess.low, high=found.value + excess.high
    )


def efficient(table: pd.DataFrame) -> np.ndarray:
    """Return which rows are efficient: no other row has more cash at no higher cost and loss.

    Differences below 1e-12 of the largest value count as none.
    """
    goods = table[["cash", "cost_of_funds", "expected_loss"]].to_numpy(dtype=float) * [
        1.0,
        -1.0,
        -1.0,
    ]
    small = 1e-12 * np.nanmax(np.abs(goods), axis=0)
    found = np.ones(len(goods), dtype=bool)
    for i, row in enumerate(goods):
        no_worse = (goods >= row - small).all(axis=1)
        better = (goods > row + small).any(axis=1)
        found[i] = np.isfinite(row).all() and not (no_worse & better).any()
    return found
