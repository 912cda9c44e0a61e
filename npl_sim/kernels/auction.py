"""Collateral: value over time, sale by auction, acceptance against debt. docs/model.md 4.6."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.accumulator import month_of, owed, pay, post
from npl_sim.kernels.codes import COLLATERAL, COLLATERAL_STREAM, ENFORCING, HOLDING, IN_KIND, TAX
from npl_sim.kernels.draws import normal, quantile
from npl_sim.kernels.fees import Costs, distribute, fee, receive_with_lawyer
from npl_sim.kernels.rng import draw
from npl_sim.kernels.schedule import ACCEPTANCE, AUCTION_SALE

ONE = np.uint64(1)


class Enforcement(NamedTuple):
    """An enforcement under way."""

    path: Any
    """Context of the loan (LoanPath)."""
    applied: float
    """Time of the application. [months]"""
    slowness: float
    """Congestion at the application."""
    base: float
    """Amount owed at the application. [currency]"""


@compiled
def value_at(path, item, t, error, drift):
    """Return the item's value at time `t`, for standard normal `error` and `drift`."""
    index = path.scenario.indices
    a = item["appraisal_error"]
    s = item["drift_volatility"]
    level = item["value"] * index[item["index"], min(month_of(t), index.shape[1] - 1)]
    if a == 0.0 and s == 0.0:
        return level
    return level * math.exp(a * (error - 0.5 * a) + s * (math.sqrt(t) * drift - 0.5 * s * t))


@compiled
def hold_auction(enforcement, item, on_tape):
    """Simulate the auction of one item, before the amount owed at its time is known.

    Returns
    -------
    tuple
        Time, code and amount: `AUCTION_SALE` with the bid, or `ACCEPTANCE` with the reserve.
        The item is accepted where no bid suffices and the creditor would take it. Time and code
        are -1 where the item stays unsold.
    """
    path = enforcement.path
    auction = path.package.auctions[item["terms"]]
    error_draw, drift_draw, seizure, in_kind = draw(
        path.replicate, item["key"], COLLATERAL_STREAM, 0
    )
    error = normal(error_draw) if item["appraisal_error"] > 0.0 else 0.0
    drift = normal(drift_draw) if item["drift_volatility"] > 0.0 else 0.0
    if on_tape:
        seizure = item["elapsed_probability"] + seizure * (1.0 - item["elapsed_probability"])
    wait = quantile(path.package.quantiles, auction["seizure_duration"], seizure)
    if on_tape:
        wait = max(0.0, wait - path.loan["stage_elapsed"])
    at = enforcement.applied + wait * enforcement.slowness
    appraisal = value_at(path, item, at, error, drift)

    noise = auction["bid_volatility"]
    bids = (0.5, 0.5, 0.5, 0.5)
    if noise > 0.0:
        bids = draw(path.replicate, item["key"], COLLATERAL_STREAM, 1)
    rounds = auction["rounds"]
    for r in range(rounds):
        at += auction["round_months"][r] * enforcement.slowness
        if month_of(at) > path.end:
            return -1.0, -1, 0.0
        bid = value_at(path, item, at, error, drift) * (1.0 - auction["forced_sale_discount"])
        if noise > 0.0:
            bid *= math.exp(noise * normal(bids[r]) - 0.5 * noise * noise)
        if bid >= auction["reserve"][r] * appraisal and bid > item["liens"]:
            return at, AUCTION_SALE, bid
    reserve = auction["reserve"][rounds - 1] * appraisal
    if reserve > item["liens"] and in_kind < auction["acceptance_against_debt_probability"]:
        return at, ACCEPTANCE, reserve
    return -1.0, -1, 0.0


@compiled
def sell(path, item, at, bid):
    """Sell an item to the best bidder."""
    auction = path.package.auctions[item["terms"]]
    proceeds = bid - item["liens"]
    base = min(proceeds, owed(path.state), item["cap"])
    court = fee(path.package.fees[ENFORCING], base)
    costs = Costs(auction["cost"] * bid, auction["tax"] * bid, court)
    distribute(path, COLLATERAL, month_of(at), proceeds, costs, item["cap"])


@compiled
def accept(path, item, at, reserve):
    """Accept an item against the debt at the last reserve. Return whether it is accepted."""
    auction = path.package.auctions[item["terms"]]
    price = reserve - item["liens"]
    # The creditor would have to pay in cash for an item worth more than the debt, and releases it.
    if price > min(owed(path.state), item["cap"]):
        return False
    if auction["tax"] > 0.0:
        post(path, TAX, month_of(at), -auction["tax"] * reserve)
    pay(path.state, price)
    resell(path, item, at)
    return True


@compiled
def resell(path, item, taken):
    """Hold an item accepted in kind at `taken`, and resell it at the end at the latest."""
    auction = path.package.auctions[item["terms"]]
    error_draw, drift_draw, _, _ = draw(path.replicate, item["key"], COLLATERAL_STREAM, 0)
    resale, _, _, _ = draw(path.replicate, item["key"], COLLATERAL_STREAM, 2)
    sold = taken + quantile(path.package.quantiles, auction["resale_duration"], resale)
    if month_of(sold) > path.end:
        sold = max(taken, float(path.end))
    month = month_of(sold)
    value = value_at(path, item, sold, normal(error_draw), normal(drift_draw))
    amount = max(0.0, value * (1.0 - auction["resale_discount"]) - item["liens"])
    receive_with_lawyer(path, IN_KIND, month, amount)
    if auction["holding_cost"] > 0.0:
        post(path, HOLDING, month, -auction["holding_cost"] * value * (sold - taken))


@compiled
def unsold_value(path, t):
    """Return the value of the unsold items at time `t`, above liens and within their caps."""
    loan, total = path.loan, 0.0
    begin = loan["item_begin"]
    for i in range(begin, loan["item_end"]):
        if path.state["unsold"] & (ONE << np.uint64(i - begin)):
            item = path.package.items[i]
            error_draw, drift_draw, _, _ = draw(path.replicate, item["key"], COLLATERAL_STREAM, 0)
            value = value_at(path, item, t, normal(error_draw), normal(drift_draw))
            total += max(0.0, min(value - item["liens"], item["cap"]))
    return total
