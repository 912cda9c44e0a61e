"""Auctions of a collateral item, before the amount owed is known. docs/model.md 4.6.

A list holds the lanes whose item is up for auction. It becomes shorter from auction to auction.
Items that never find a bidder are in a list of their own, without draws of bids.
"""

from __future__ import annotations

import math

from npl_sim.core.layout import MAX_AUCTIONS
from npl_sim.kernels._jit import compiled
from npl_sim.kernels.accumulator import month_of
from npl_sim.kernels.bids import BEST, DEFAULTS, PLACE, SECOND, SHARED, bid_block, floor_of
from npl_sim.kernels.block_draws import (
    draw_block,
    draw_lane,
    exp_block,
    normal_block,
    quantile_block,
)
from npl_sim.kernels.codes import COLLATERAL_STREAM
from npl_sim.kernels.draws import normal
from npl_sim.kernels.item_value import (
    APPRAISAL,
    DRIFT,
    ERROR,
    EXPONENT,
    SEIZURE,
    TIME,
    draw_value,
    value_at,
    value_block,
)
from npl_sim.kernels.priority import await_other_court
from npl_sim.kernels.schedule import (
    ACCEPTANCE,
    AUCTION_SALE,
    COVERED_ACCEPTANCE,
    FORFEIT,
    accepting_rounds,
    clear,
    item_rows,
)

WITHDRAWN, ACCEPTED, PAYS_SURPLUS = range(20, 23)
"""Rows of draws of one auction that do not concern bids."""
QUALITY, SHARED_DRAW = range(20, 22)
"""Rows of draws of what lasts from auction to auction."""
BY_ENTRY = 27
"""First of the rows that hold error, drift, shared normal, time and appraisal by entry."""
ROWS = (ERROR, DRIFT, SHARED, TIME, APPRAISAL)
NO_BIDDER = 0
"""Row that marks entries whose item never finds a bidder."""
LASTING_STEP, APPRAISAL_STEP, OTHER_STEP = 3, 4, 9
"""Steps of draws: what lasts, errors of appraisals, and 9 + 2j for auction j."""


@compiled
def appraise_block(block, item, auction, count):
    """Fill row `APPRAISAL` with the first appraisals of the court."""
    lanes, error = block.lanes, auction["court_appraisal_error"]
    w, key = lanes["w"], item["key"]
    value_block(block, item, lanes["at"], count, APPRAISAL)
    if error > 0.0:
        draw_block(
            block.replicate,
            lanes,
            lanes["number"],
            count,
            key,
            COLLATERAL_STREAM,
            APPRAISAL_STEP,
            4,
        )
        normal_block(lanes, count, 4, SHARED)
        for i in range(count):
            w[EXPONENT, i] = error * (w[SHARED, i] - 0.5 * error)
        exp_block(lanes, count, EXPONENT, APPRAISAL)


@compiled
def await_our_court(block, item, auction, count, on_tape):
    """Fill row `TIME` with the wait from the application until our court's appraisal."""
    lanes, spent = block.lanes, 0.0
    w = lanes["w"]
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
def draw_for_auction(block, item, auction, count, on_tape):
    """Fill the rows of an item by entry: value, time and appraisal of its seizure, what lasts."""
    lanes = block.lanes
    w, number = lanes["w"], lanes["number"]
    draw_value(block, item, number, count)
    if item["waitlisted"] != 0:
        await_other_court(block, item, count, on_tape)
    else:
        await_our_court(block, item, auction, count, on_tape)
    for i in range(count):
        w[TIME, i] += lanes["time"][lanes["at"][i]]
    appraise_block(block, item, auction, count)
    share = auction["bid_correlation"] if auction["bid_volatility"] > 0.0 else 0.0
    nobody = auction["no_bidder_probability"]
    for i in range(count):
        w[SHARED, i] = w[NO_BIDDER, i] = 0.0
    if nobody > 0.0 or share > 0.0:
        key, row = item["key"], QUALITY
        draw_block(
            block.replicate, lanes, number, count, key, COLLATERAL_STREAM, LASTING_STEP, row
        )
        for i in range(count):
            w[NO_BIDDER, i] = 1.0 if w[QUALITY, i] < nobody else 0.0
        if share > 0.0:
            normal_block(lanes, count, SHARED_DRAW, SHARED)
    for n, row in enumerate(ROWS):
        for i in range(count):
            w[BY_ENTRY + n, i] = w[row, i]


@compiled
def list_lots(block, count, nobody):
    """List the entries whose item finds bidders, or never does. Return how many there are."""
    lanes = block.lanes
    w, at, number, left = lanes["w"], lanes["at"], lanes["number"], 0
    for i in range(count):
        if (w[NO_BIDDER, i] != 0.0) != nobody:
            continue
        lanes["lot"][left], lanes["some"][left] = i, at[i]
        lanes["some_number"][left] = number[i]
        lanes["round"][left] = lanes["appraisals"][left] = lanes["defaulted"][left] = 0
        for n, row in enumerate(ROWS):
            w[row, left] = w[BY_ENTRY + n, i]
        left += 1
    return left


@compiled
def keep_lot(lanes, k, left):
    """Move lot `k` to place `left` of the list."""
    w = lanes["w"]
    if k == left:
        return
    for row in ROWS:
        w[row, left] = w[row, k]
    lanes["lot"][left], lanes["some"][left] = lanes["lot"][k], lanes["some"][k]
    lanes["some_number"][left], lanes["round"][left] = lanes["some_number"][k], lanes["round"][k]
    lanes["appraisals"][left] = lanes["appraisals"][k]
    lanes["defaulted"][left] = lanes["defaulted"][k]


@compiled
def schedule(event, i, what, at, amount):
    """Write one event of entry `i`."""
    event["what"][i], event["at"][i], event["amount"][i] = what, at, amount


@compiled
def schedule_acceptance(block, auction, row, k, amount):
    """Schedule the acceptance of lot `k` at the reserve of its failed round."""
    lanes, r = block.lanes, block.lanes["round"][k]
    rows = accepting_rounds(auction, auction["rounds"])
    place = lanes["appraisals"][k] * rows + accepting_rounds(auction, r)
    pays = lanes["w"][PAYS_SURPLUS, k] < auction["surplus_payment_probability"]
    what = ACCEPTANCE if pays else COVERED_ACCEPTANCE
    schedule(block.events[row + place], lanes["lot"][k], what, lanes["w"][TIME, k], amount)


@compiled
def appraise_again(block, item, auction, k):
    """Begin a new cycle of rounds for lot `k`. Return whether its item is still up."""
    lanes = block.lanes
    w, s = lanes["w"], lanes["some"][k]
    if lanes["appraisals"][k] == auction["reauctions"]:
        return False
    lanes["appraisals"][k] += 1
    lanes["round"][k] = 0
    w[TIME, k] += auction["reappraisal_months"] * lanes["slowness"][lanes["lot"][k]]
    if month_of(w[TIME, k]) > lanes["end"][s]:
        return False
    w[APPRAISAL, k] = value_at(block, item, s, w[TIME, k], w[ERROR, k], w[DRIFT, k])
    error = auction["court_appraisal_error"]
    if error > 0.0:
        _, u1, u2, u3 = draw_lane(block, s, item["key"], COLLATERAL_STREAM, APPRAISAL_STEP)
        u = u1 if lanes["appraisals"][k] == 1 else (u2 if lanes["appraisals"][k] == 2 else u3)
        w[APPRAISAL, k] *= math.exp(error * (normal(u) - 0.5 * error))
    return True


@compiled
def settle_sale(block, auction, row, k, reserve, floor):
    """Schedule the sale of lot `k`, or the winner's deposit. Return whether it is still up."""
    lanes, r = block.lanes, block.lanes["round"][k]
    w, window = lanes["w"], auction["window"][r]
    last = row + item_rows(auction) - 1
    if window > 0.0:
        w[TIME, k] += window * lanes["slowness"][lanes["lot"][k]] * w[PLACE, k]
        if month_of(w[TIME, k]) > lanes["end"][lanes["some"][k]]:
            return False
    if lanes["defaulted"][k] == 0 and w[DEFAULTS, k] < auction["winner_default_probability"]:
        lanes["defaulted"][k] = 1
        amount = auction["deposit"] * max(reserve, floor)
        if amount > 0.0:
            schedule(block.events[last - 1], lanes["lot"][k], FORFEIT, w[TIME, k], amount)
        return True
    price = max(reserve, floor)
    if window == 0.0:
        price = max(price, w[SECOND, k])
    schedule(block.events[last], lanes["lot"][k], AUCTION_SALE, w[TIME, k], price)
    return False


@compiled
def settle(block, item, auction, row, k, bids, others):
    """Settle one auction of lot `k`. Return whether its item is still up."""
    lanes, r = block.lanes, block.lanes["round"][k]
    w, end = lanes["w"], lanes["end"][lanes["some"][k]]
    if month_of(w[TIME, k]) > end:
        return False
    if others and w[WITHDRAWN, k] < auction["withdrawal_probability"]:
        return True
    reserve, floor = auction["reserve"][r] * w[APPRAISAL, k], floor_of(item, auction)
    if bids and w[BEST, k] >= reserve and w[BEST, k] > floor:
        return settle_sale(block, auction, row, k, reserve, floor)
    if auction["window"][r] > 0.0:
        w[TIME, k] += auction["window"][r] * lanes["slowness"][lanes["lot"][k]]
        if month_of(w[TIME, k]) > end:
            return False
    amount = max(reserve, floor)
    if others and amount > item["liens"] and w[ACCEPTED, k] < auction["acceptance"][r]:
        schedule_acceptance(block, auction, row, k, amount)
    lanes["round"][k] = r + 1
    if r + 1 < auction["rounds"]:
        return True
    return appraise_again(block, item, auction, k)


@compiled
def hold_auctions(block, item, auction, row, left, bids):
    """Hold all auctions of the listed lots."""
    lanes = block.lanes
    w, rounds, lot, number = lanes["w"], lanes["round"], lanes["lot"], lanes["some_number"]
    accepts = accepting_rounds(auction, auction["rounds"]) > 0
    others = accepts or auction["withdrawal_probability"] > 0.0
    if not (bids or accepts):
        return
    for j in range(MAX_AUCTIONS):
        if left == 0:
            return
        for k in range(left):
            w[TIME, k] += auction["round_months"][rounds[k]] * lanes["slowness"][lot[k]]
        if bids:
            bid_block(block, item, auction, left, j)
        if others:
            key, step = item["key"], OTHER_STEP + 2 * j
            draw_block(
                block.replicate, lanes, number, left, key, COLLATERAL_STREAM, step, WITHDRAWN
            )
        still_up = 0
        for k in range(left):
            if settle(block, item, auction, row, k, bids, others):
                keep_lot(lanes, k, still_up)
                still_up += 1
        left = still_up


@compiled
def auction_item(block, item, row, owner, count, on_tape):
    """Schedule what the auctions of an item may bring, in the rows of events from `row` on.

    The events are acceptances at failed rounds, the deposit of a winner who does not pay, and the
    sale. Whether the item is still unsold, and what is owed then, is known when they are applied.
    """
    auction = block.package.auctions[item["terms"]]
    for n in range(item_rows(auction)):
        clear(block.events[row + n], count)
        block.events[row + n]["owner"] = owner
    draw_for_auction(block, item, auction, count, on_tape)
    for nobody in range(2):
        left = list_lots(block, count, nobody == 1)
        hold_auctions(block, item, auction, row, left, nobody == 0)
