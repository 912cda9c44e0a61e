"""Collateral: its value in time, its sale by auction, its acceptance against debt. docs/model.md 4.6."""

from __future__ import annotations

import math

import numpy as np

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.books import accrue, is_paid, month_of, owed, pay, post, receive
from npl_sim.kernels.codes import COLLATERAL, COLLATERAL_STREAM, ENFORCING, HOLDING, IN_KIND, LAWYER, TAX
from npl_sim.kernels.draws import normal, quantile
from npl_sim.kernels.fees import distribute, fee
from npl_sim.kernels.rng import draw

__all__ = ["sell_items", "unsold_value"]

ONE = np.uint64(1)


@compiled
def value_at(item, index, t, error, drift):
    """Return the item's value at time `t`, for standard normal `error` and `drift`."""
    a = item["appraisal_error"]
    s = item["drift_volatility"]
    level = item["value"] * index[item["index"], min(month_of(t), index.shape[1] - 1)]
    if a == 0.0 and s == 0.0:
        return level
    return level * math.exp(a * (error - 0.5 * a) + s * (math.sqrt(t) * drift - 0.5 * s * t))


@compiled
def sell_items(loan, package, world, books, case, t, end, contingent, slowness, on_tape, trial):
    """Sell the loan's collateral item by item; return the time of the last sale or acceptance."""
    latest = t
    begin = loan["item_begin"]
    for i in range(begin, loan["item_end"]):
        if i > begin and is_paid(case):
            break
        at = sell(
            loan,
            package.items[i],
            package,
            world.indices,
            books,
            case,
            t,
            end,
            contingent,
            slowness,
            on_tape,
            trial,
        )
        if at >= 0.0:
            case["unsold"] &= ~(ONE << np.uint64(i - begin))
            latest = max(latest, at)
    return latest


@compiled
def sell(loan, item, package, index, books, case, t, end, contingent, slowness, on_tape, trial):
    """Auction one item; return the time of the sale or acceptance, -1 where it stays unsold."""
    group = loan["group"]
    auction = package.auctions[item["terms"]]
    error_draw, drift_draw, seizure, in_kind = draw(trial, item["key"], COLLATERAL_STREAM, 0)
    error = normal(error_draw) if item["appraisal_error"] > 0.0 else 0.0
    drift = normal(drift_draw) if item["drift_volatility"] > 0.0 else 0.0
    if on_tape:
        seizure = item["elapsed_probability"] + seizure * (1.0 - item["elapsed_probability"])
    wait = quantile(package.quantiles, auction["q_seizure"], seizure)
    if on_tape:
        wait = max(0.0, wait - loan["stage_elapsed"])
    at = t + wait * slowness
    appraisal = value_at(item, index, at, error, drift)

    noise = auction["bid_volatility"]
    bids = (0.5, 0.5, 0.5, 0.5)
    if noise > 0.0:
        bids = draw(trial, item["key"], COLLATERAL_STREAM, 1)
    rounds = auction["rounds"]
    for r in range(rounds):
        at += auction["gap"][r] * slowness
        month = month_of(at)
        if month > end:
            return -1.0
        bid = value_at(item, index, at, error, drift) * (1.0 - auction["forced_discount"])
        if noise > 0.0:
            bid *= math.exp(noise * normal(bids[r]) - 0.5 * noise * noise)
        if bid >= auction["reserve"][r] * appraisal and bid > item["liens"]:
            accrue(case, loan["accrual"], at)
            proceeds = bid - item["liens"]
            court = fee(package.fees[ENFORCING], min(proceeds, owed(case), item["cap"]))
            distribute(
                books,
                case,
                group,
                COLLATERAL,
                month,
                proceeds,
                auction["cost"] * bid,
                auction["tax"] * bid,
                court,
                item["cap"],
                contingent,
            )
            return at
    taken_for = auction["reserve"][rounds - 1] * appraisal - item["liens"]
    accrue(case, loan["accrual"], at)
    # An item worth more than the debt would have to be paid for in cash: the creditor lets it go.
    if 0.0 < taken_for <= min(owed(case), item["cap"]) and in_kind < auction["p_in_kind"]:
        if auction["tax"] > 0.0:
            post(books, group, TAX, month_of(at), -auction["tax"] * (taken_for + item["liens"]))
        pay(case, taken_for)
        resell(
            item, group, auction, package.quantiles, index, books, at, end, error, drift, contingent, trial
        )
        return at
    return -1.0


@compiled
def resell(item, group, auction, quantiles, index, books, taken, end, error, drift, contingent, trial):
    """Hold an item taken in kind and resell it, at the latest at `end`."""
    resale, _, _, _ = draw(trial, item["key"], COLLATERAL_STREAM, 2)
    sold = taken + quantile(quantiles, auction["q_resale"], resale)
    if month_of(sold) > end:
        sold = max(taken, float(end))
    month = month_of(sold)
    value = value_at(item, index, sold, error, drift)
    amount = max(0.0, value * (1.0 - auction["resale_discount"]) - item["liens"])
    receive(books, group, IN_KIND, month, amount)
    if contingent > 0.0:
        post(books, group, LAWYER, month, -contingent * amount)
    if auction["holding"] > 0.0:
        post(books, group, HOLDING, month, -auction["holding"] * value * (sold - taken))


@compiled
def unsold_value(loan, items, index, case, t, trial):
    """Return what the unsold items would bring us at time `t`: value above liens, within their caps."""
    total = 0.0
    begin = loan["item_begin"]
    for i in range(begin, loan["item_end"]):
        if case["unsold"] & (ONE << np.uint64(i - begin)):
            item = items[i]
            error_draw, drift_draw, _, _ = draw(trial, item["key"], COLLATERAL_STREAM, 0)
            value = value_at(item, index, t, normal(error_draw), normal(drift_draw))
            total += max(0.0, min(value - item["liens"], item["cap"]))
    return total
