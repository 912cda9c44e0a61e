"""Collateral: its value in time, its sale by auction, its acceptance against debt. docs/model.md 4.6."""

from __future__ import annotations

import math

import numpy as np

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.accumulator import month_of, owed, pay, post
from npl_sim.kernels.codes import COLLATERAL, COLLATERAL_STREAM, ENFORCING, HOLDING, IN_KIND, TAX
from npl_sim.kernels.draws import normal, quantile
from npl_sim.kernels.fees import distribute, fee, receive_with_lawyer
from npl_sim.kernels.rng import draw
from npl_sim.kernels.schedule import ACCEPTANCE, AUCTION_SALE

__all__ = ["accept", "hold_auction", "sell", "unsold_value"]

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
def hold_auction(matter, item, on_tape):
    """Auction one item, before it is known what is owed.

    Returns
    -------
    tuple
        Time, `AUCTION_SALE` with the bid, or `ACCEPTANCE` with the reserve where nobody bids enough and
        the creditor would take the item; -1 for both where the item stays unsold.
    """
    package, index = matter.package, matter.world.indices
    auction = package.auctions[item["terms"]]
    error_draw, drift_draw, seizure, in_kind = draw(
        matter.trial, item["key"], COLLATERAL_STREAM, 0
    )
    error = normal(error_draw) if item["appraisal_error"] > 0.0 else 0.0
    drift = normal(drift_draw) if item["drift_volatility"] > 0.0 else 0.0
    if on_tape:
        seizure = item["elapsed_probability"] + seizure * (1.0 - item["elapsed_probability"])
    wait = quantile(package.quantiles, auction["seizure"], seizure)
    if on_tape:
        wait = max(0.0, wait - matter.loan["stage_elapsed"])
    at = matter.applied + wait * matter.slowness
    appraisal = value_at(item, index, at, error, drift)

    noise = auction["bid_volatility"]
    bids = (0.5, 0.5, 0.5, 0.5)
    if noise > 0.0:
        bids = draw(matter.trial, item["key"], COLLATERAL_STREAM, 1)
    rounds = auction["rounds"]
    for r in range(rounds):
        at += auction["round_months"][r] * matter.slowness
        if month_of(at) > matter.end:
            return -1.0, -1, 0.0
        bid = value_at(item, index, at, error, drift) * (1.0 - auction["forced_sale_discount"])
        if noise > 0.0:
            bid *= math.exp(noise * normal(bids[r]) - 0.5 * noise * noise)
        if bid >= auction["reserve"][r] * appraisal and bid > item["liens"]:
            return at, AUCTION_SALE, bid
    reserve = auction["reserve"][rounds - 1] * appraisal
    if reserve > item["liens"] and in_kind < auction["accept_in_kind"]:
        return at, ACCEPTANCE, reserve
    return -1.0, -1, 0.0


@compiled
def sell(matter, item, at, bid):
    """Sell an item to its best bidder."""
    auction, case = matter.package.auctions[item["terms"]], matter.case
    proceeds = bid - item["liens"]
    court = fee(matter.package.fees[ENFORCING], min(proceeds, owed(case), item["cap"]))
    distribute(
        matter.books,
        case,
        matter.loan["group"],
        COLLATERAL,
        month_of(at),
        proceeds,
        auction["cost"] * bid,
        auction["tax"] * bid,
        court,
        item["cap"],
        matter.terms["lawyer_contingent"],
    )


@compiled
def accept(matter, item, at, reserve):
    """Take an item against the debt at the last reserve; say whether it is taken."""
    auction, case = matter.package.auctions[item["terms"]], matter.case
    taken_for = reserve - item["liens"]
    # An item worth more than the debt would have to be paid for in cash: the creditor lets it go.
    if taken_for > min(owed(case), item["cap"]):
        return False
    if auction["tax"] > 0.0:
        post(matter.books, matter.loan["group"], TAX, month_of(at), -auction["tax"] * reserve)
    pay(case, taken_for)
    resell(matter, item, at)
    return True


@compiled
def resell(matter, item, taken):
    """Hold an item taken in kind and resell it, at the latest at the end."""
    package, books, group = matter.package, matter.books, matter.loan["group"]
    auction = package.auctions[item["terms"]]
    error_draw, drift_draw, _, _ = draw(matter.trial, item["key"], COLLATERAL_STREAM, 0)
    resale, _, _, _ = draw(matter.trial, item["key"], COLLATERAL_STREAM, 2)
    sold = taken + quantile(package.quantiles, auction["resale"], resale)
    if month_of(sold) > matter.end:
        sold = max(taken, float(matter.end))
    month = month_of(sold)
    value = value_at(item, matter.world.indices, sold, normal(error_draw), normal(drift_draw))
    amount = max(0.0, value * (1.0 - auction["resale_discount"]) - item["liens"])
    receive_with_lawyer(books, group, IN_KIND, month, amount, matter.terms["lawyer_contingent"])
    if auction["holding_cost"] > 0.0:
        post(books, group, HOLDING, month, -auction["holding_cost"] * value * (sold - taken))


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
