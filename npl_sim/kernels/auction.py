"""Collateral: value over time, sale by auction, acceptance against debt. docs/model.md 4.6."""

from __future__ import annotations

import math

import numpy as np

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.accumulator import month_of, owed, pay, post
from npl_sim.kernels.block_draws import (
    draw_block,
    draw_lane,
    exp_block,
    normal_block,
    quantile_block,
)
from npl_sim.kernels.codes import COLLATERAL, COLLATERAL_STREAM, ENFORCING, HOLDING, IN_KIND, TAX
from npl_sim.kernels.draws import normal, quantile
from npl_sim.kernels.fees import Costs, distribute, fee, receive_with_lawyer
from npl_sim.kernels.priority import await_other_court, share_at_sale, share_of_proceeds
from npl_sim.kernels.schedule import ACCEPTANCE, AUCTION_SALE, clear

ONE = np.uint64(1)

ERROR_DRAW, DRIFT_DRAW, SEIZURE, TAKEN_IN_KIND = range(4)
BID_DRAW = 4
"""Rows of draws; from `BID_DRAW` on, one for each round."""
ERROR, DRIFT, NOISE = range(8, 11)
"""Rows of normals: error of the appraisal, drift of the value, noise of the bid."""
TIME, APPRAISAL, BID, EXPONENT = range(11, 15)
"""Rows of times [months], values [currency], and the logarithm of their ratio to the index."""


@compiled
def value_at(block, item, s, t, error, drift):
    """Return the item's value in lane `s` at time `t`, for normals `error` and `drift`."""
    index = block.indices
    a = item["appraisal_error"]
    v = item["drift_volatility"]
    level = item["value"] * index[s, item["index"], min(month_of(t), index.shape[2] - 1)]
    if a == 0.0 and v == 0.0:
        return level
    return level * math.exp(a * (error - 0.5 * a) + v * (math.sqrt(t) * drift - 0.5 * v * t))


@compiled
def draw_value(block, item, number, count):
    """Fill the rows of draws of an item, and the normals of its value."""
    lanes = block.lanes
    w = lanes["w"]
    draw_block(block.replicate, lanes, number, count, item["key"], COLLATERAL_STREAM, 0, 0)
    for i in range(count):
        w[ERROR, i] = w[DRIFT, i] = 0.0
    if item["appraisal_error"] > 0.0:
        normal_block(lanes, count, ERROR_DRAW, ERROR)
    if item["drift_volatility"] > 0.0:
        normal_block(lanes, count, DRIFT_DRAW, DRIFT)


@compiled
def value_block(block, item, at, count, to):
    """Fill row `to` with the values of an item at the times in row `TIME`. [currency]"""
    lanes, index = block.lanes, block.indices
    w, month = lanes["w"], lanes["cell"]
    a, v = item["appraisal_error"], item["drift_volatility"]
    value, row, last = item["value"], item["index"], index.shape[2] - 1
    for i in range(count):
        month[i] = min(month_of(w[TIME, i]), last)
    for i in range(count):
        w[to, i] = value * index[at[i], row, month[i]]
    if a == 0.0 and v == 0.0:
        return
    for i in range(count):
        t = w[TIME, i]
        drift = v * (math.sqrt(t) * w[DRIFT, i] - 0.5 * v * t)
        w[EXPONENT, i] = a * (w[ERROR, i] - 0.5 * a) + drift
    exp_block(lanes, count, EXPONENT, to)


@compiled
def await_our_court(block, item, count, on_tape):
    """Fill row `TIME` with the wait from the application until our court's appraisal."""
    lanes, auction = block.lanes, block.package.auctions[item["terms"]]
    w, spent = lanes["w"], 0.0
    if on_tape:
        elapsed, spent = item["elapsed_probability"], block.loan["stage_elapsed"]
        for i in range(count):
            w[SEIZURE, i] = elapsed + w[SEIZURE, i] * (1.0 - elapsed)
    quantile_block(
        lanes, count, block.package.quantiles, auction["seizure_duration"], SEIZURE, TIME
    )
    for i in range(count):
        w[TIME, i] = max(0.0, w[TIME, i] - spent) * lanes["slowness"][i]


@compiled
def draw_for_auction(block, item, count, on_tape):
    """Fill the rows of an item's draws, and the time and appraisal of its seizure."""
    lanes, auction = block.lanes, block.package.auctions[item["terms"]]
    w, number = lanes["w"], lanes["number"]
    draw_value(block, item, number, count)
    if item["waitlisted"] != 0:
        await_other_court(block, item, count, on_tape)
    else:
        await_our_court(block, item, count, on_tape)
    for i in range(count):
        w[TIME, i] += lanes["time"][lanes["at"][i]]
        lanes["open"][i] = 1
    value_block(block, item, lanes["at"], count, APPRAISAL)
    if auction["bid_volatility"] > 0.0:
        draw_block(
            block.replicate, lanes, number, count, item["key"], COLLATERAL_STREAM, 1, BID_DRAW
        )


@compiled
def hold_round(block, item, event, count, r):
    """Hold round `r` of an auction in the lanes in which it is open. Return how many still are."""
    lanes, auction = block.lanes, block.package.auctions[item["terms"]]
    w, at, ends, still_open = lanes["w"], lanes["at"], lanes["end"], lanes["open"]
    months, reserve = auction["round_months"][r], auction["reserve"][r]
    for i in range(count):
        w[TIME, i] += months * lanes["slowness"][i]
    value_block(block, item, at, count, BID)
    noise = auction["bid_volatility"]
    if noise > 0.0:
        normal_block(lanes, count, BID_DRAW + r, NOISE)
        for i in range(count):
            w[EXPONENT, i] = noise * w[NOISE, i] - 0.5 * noise * noise
        exp_block(lanes, count, EXPONENT, BID)
    kept, liens, left = 1.0 - auction["forced_sale_discount"], item["liens"], 0
    for i in range(count):
        if still_open[i] == 0:
            continue
        if month_of(w[TIME, i]) > ends[at[i]]:
            still_open[i] = 0
            continue
        bid = w[BID, i] * kept
        if bid >= reserve * w[APPRAISAL, i] and bid > liens:
            event["what"][i], event["at"][i] = AUCTION_SALE, w[TIME, i]
            event["amount"][i] = bid
            still_open[i] = 0
        left += still_open[i]
    return left


@compiled
def hold_auction(block, item, event, count, on_tape):
    """Schedule the auction of one item, before the amount owed at its time is known.

    The event is a sale at the bid, or acceptance at the last reserve where no bid suffices and
    the creditor would take the item. Else the item stays unsold.
    """
    lanes, auction = block.lanes, block.package.auctions[item["terms"]]
    w = lanes["w"]
    draw_for_auction(block, item, count, on_tape)

    clear(event, count)
    left, rounds = count, auction["rounds"]
    for r in range(rounds):
        if left > 0:
            left = hold_round(block, item, event, count, r)
    if left == 0:
        return
    for i in range(count):
        reserve = auction["reserve"][rounds - 1] * w[APPRAISAL, i]
        takes = (
            reserve > item["liens"]
            and w[TAKEN_IN_KIND, i] < auction["acceptance_against_debt_probability"]
        )
        if lanes["open"][i] != 0 and takes:
            event["what"][i], event["at"][i] = ACCEPTANCE, w[TIME, i]
            event["amount"][i] = reserve


@compiled
def sell(block, s, item, at, bid):
    """Sell an item to the best bidder in lane `s`."""
    auction = block.package.auctions[item["terms"]]
    share = share_at_sale(block, s, item)
    proceeds = (bid - item["liens"] - item["claims_ahead"]) * share
    base = min(proceeds, owed(block.lanes, s), item["cap"])
    court = fee(block.package.fees[ENFORCING], base)
    costs = Costs(auction["cost"] * bid * share, auction["tax"] * bid * share, court)
    distribute(block, s, COLLATERAL, month_of(at), proceeds, costs, item["cap"])


@compiled
def accept(block, s, item, at, reserve):
    """Accept an item against the debt at the last reserve. Return whether it is accepted."""
    auction = block.package.auctions[item["terms"]]
    price = reserve - item["liens"]
    # Other creditors of the same rank or before would have to be paid in cash.
    if item["claims_ahead"] > 0.0 or item["claims_beside"] > 0.0:
        return False
    # The creditor would have to pay in cash for an item worth more than the debt, and releases it.
    if price > min(owed(block.lanes, s), item["cap"]):
        return False
    if auction["tax"] > 0.0:
        post(block, s, TAX, month_of(at), -auction["tax"] * reserve)
    pay(block.lanes, s, price)
    resell(block, s, item, at)
    return True


@compiled
def resell(block, s, item, taken):
    """Hold an item accepted in kind at `taken`, and resell it at the end at the latest."""
    auction, end = block.package.auctions[item["terms"]], block.lanes["end"][s]
    error_draw, drift_draw, _, _ = draw_lane(block, s, item["key"], COLLATERAL_STREAM, 0)
    resale, _, _, _ = draw_lane(block, s, item["key"], COLLATERAL_STREAM, 2)
    sold = taken + quantile(block.package.quantiles, auction["resale_duration"], resale)
    if month_of(sold) > end:
        sold = max(taken, float(end))
    month = month_of(sold)
    value = value_at(block, item, s, sold, normal(error_draw), normal(drift_draw))
    amount = max(0.0, value * (1.0 - auction["resale_discount"]) - item["liens"])
    receive_with_lawyer(block, s, IN_KIND, month, amount)
    if auction["holding_cost"] > 0.0:
        post(block, s, HOLDING, month, -auction["holding_cost"] * value * (sold - taken))


@compiled
def add_unsold_value(block, item, bit, count, to):
    """Add the value of an unsold item at the end, above liens and within its cap, to row `to`.

    The entries are those of the list of `some`; the row is in the order of the scenarios.
    """
    lanes = block.lanes
    w, some = lanes["w"], lanes["some"]
    draw_value(block, item, lanes["some_number"], count)
    for i in range(count):
        w[TIME, i] = float(lanes["end"][some[i]])
    value_block(block, item, some, count, BID)
    share = share_of_proceeds(block.claim, item)
    for i in range(count):
        s = some[i]
        unsold = (lanes["unsold"][s] >> np.uint64(bit)) & ONE != np.uint64(0)
        ours = (w[BID, i] - item["liens"] - item["claims_ahead"]) * share
        value = max(0.0, min(ours, item["cap"]))
        w[to, s] += value if unsold else 0.0
