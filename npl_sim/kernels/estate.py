"""Estate of an insolvent debtor: collateral, dividend, guarantors. docs/insolvency.md."""

from __future__ import annotations

import numpy as np

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.accumulator import is_paid, month_of, owed, pay
from npl_sim.kernels.auction import LASTING_STEP
from npl_sim.kernels.block_draws import draw_lane
from npl_sim.kernels.codes import (
    ADJUDICATING,
    ADMINISTERING,
    CLOSED,
    COLLATERAL_STREAM,
    ESTATE,
    GUARANTOR,
    INSOLVENCY,
)
from npl_sim.kernels.draws import normal, quantile
from npl_sim.kernels.fees import fee, receive_with_lawyer
from npl_sim.kernels.item_value import value_at

__all__ = [
    "call_guarantors",
    "covered_claim",
    "dividend",
    "secures_us",
    "liquidate",
    "receive_from_estate",
    "recovery_of_item",
]

ONE = np.uint64(1)


@compiled
def call_guarantors(block, i, s, until):
    """Receive what guarantors pay up to time `until`, in order of time.

    Row `calls` of the lanes counts the payments that are scheduled, and `called` those received.
    """
    lanes, begin = block.lanes, block.loan["guarantor_begin"]
    while lanes["called"][i] < lanes["calls"][i]:
        row = block.order[lanes["called"][i]]
        at = block.events[row]["at"][i]
        if at > until or is_paid(block, s):
            return
        share = block.events[row]["amount"][i]
        paid = min(share * owed(lanes, s), block.package.guarantors[begin + row]["cap"])
        receive_with_lawyer(block, s, GUARANTOR, month_of(at), paid)
        pay(lanes, s, paid)
        lanes["latest"][i] = at
        lanes["called"][i] += 1


@compiled
def receive_from_estate(block, i, s, t, amount):
    """Receive a payment of the estate or of a plan."""
    if amount > 0.0:
        receive_with_lawyer(block, s, ESTATE, month_of(t), amount)
        pay(block.lanes, s, amount)
        block.lanes["latest"][i] = t


@compiled
def secures_us(block, s, k):
    """Return whether item `k` of the loan is unsold in lane `s`, and secures us."""
    item = block.package.items[block.loan["item_begin"] + k]
    unsold = (block.lanes["unsold"][s] >> np.uint64(k)) & ONE != np.uint64(0)
    return unsold and item["seizure_only"] == 0


@compiled
def market_value(block, item, s, t):
    """Return the value of an item at time `t` in lane `s`."""
    error, drift, _, _ = draw_lane(block, s, item["key"], COLLATERAL_STREAM, 0)
    return value_at(block, item, s, t, normal(error), normal(drift))


@compiled
def covered_claim(block, s, t):
    """Return the part of the claim that unsold collateral covers at its market value."""
    begin, covered = block.loan["item_begin"], 0.0
    for k in range(block.loan["item_end"] - begin):
        item = block.package.items[begin + k]
        if secures_us(block, s, k):
            value = market_value(block, item, s, t)
            covered += max(0.0, min(value - item["liens"], item["cap"]))
    return min(owed(block.lanes, s), covered)


@compiled
def finds_bidder(block, item, s):
    """Return whether an item ever finds a bidder, as in auctions."""
    chance = block.package.auctions[item["terms"]]["no_bidder_probability"]
    if chance <= 0.0:
        return True
    quality, _, _, _ = draw_lane(block, s, item["key"], COLLATERAL_STREAM, LASTING_STEP)
    return quality >= chance


@compiled
def recovery_of_item(block, item, s, t):
    """Return what the estate's sale of an item at `t` brings above liens, before and after costs.

    An item that never finds a bidder in auctions is sold at a discount of its own. Nothing is sold
    below the liens. Costs and the administrator's fee come before the claim.
    """
    terms = block.terms
    discount = terms["no_bidder_discount"]
    if finds_bidder(block, item, s):
        discount = terms["estate_sale_discount"]
    price = market_value(block, item, s, t) * (1.0 - discount)
    proceeds = price - item["liens"]
    if proceeds <= 0.0:
        return 0.0, 0.0
    cost = terms["administrator_collateral_factor"] * fee(
        block.package.fees[ADMINISTERING], proceeds
    )
    cost += terms["collateral_cost"] * price
    return proceeds, max(0.0, min(proceeds - cost, item["cap"]))


@compiled
def sell_collateral(block, i, s, t):
    """Sell the unsold items at time `t`. Return what the claim receives."""
    lanes, begin, received = block.lanes, block.loan["item_begin"], 0.0
    for k in range(block.loan["item_end"] - begin):
        if not secures_us(block, s, k) or is_paid(block, s):
            continue
        proceeds, net = recovery_of_item(block, block.package.items[begin + k], s, t)
        if proceeds > 0.0:
            lanes["unsold"][s] &= ~(ONE << np.uint64(k))
            net = min(net, owed(lanes, s))
            receive_from_estate(block, i, s, t, net)
            received += net
    return received


@compiled
def dividend(block, claim, collateral, free_share):
    """Return the share that ordinary creditors receive.

    Parameters
    ----------
    block
        Context of the loan.
    claim
        Claim in the proceeding. [currency]
    collateral
        Part of it that collateral pays. [currency]
    free_share
        Free assets as a share of all claims on the debtor.
    """
    loan, terms, fees = block.loan, block.terms, block.package.fees
    package_claims = loan["debtor_claims"] / block.claim
    others = terms["other_claims"] * loan["debtor_claims"]
    free = free_share * (claim * package_claims + others)
    costs = terms["insolvency_cost_share"] * free
    costs += fee(fees[ADJUDICATING], free) + fee(fees[ADMINISTERING], free)
    before = (terms["employee_share"] + terms["tax_share"]) * others
    rest = max(0.0, free - costs - before)
    ordinary = (claim - collateral) * package_claims + max(
        0.0, others * (1.0 - terms["other_secured_share"]) - before
    )
    return min(1.0, rest / ordinary) if ordinary > 0.0 else 0.0


@compiled
def liquidate(block, i, s, t, draws):
    """Liquidate the estate from time `t` on. Return the next stage and its time [months].

    Parameters
    ----------
    block
        Context of the loan.
    i, s
        Entry and lane.
    t
        Beginning of the liquidation. [months]
    draws
        Uniforms of the length and the assets, share of free assets, and months already spent.
    """
    terms, lanes, end = block.terms, block.lanes, block.lanes["end"][s]
    length, assets, free_share, spent = draws
    distributes = assets >= terms["no_distribution_probability"]
    row = terms["insolvency_duration"] if distributes else terms["no_distribution_duration"]
    wait = max(0.0, quantile(block.package.quantiles, row, length) - spent)
    wait *= block.congestion[s, min(max(1, month_of(t)), block.congestion.shape[1] - 1)]
    claim, collateral = owed(lanes, s), 0.0
    sold_at, closed_at = t + terms["collateral_time_share"] * wait, t + wait
    if month_of(sold_at) <= end:
        call_guarantors(block, i, s, sold_at)
        collateral = sell_collateral(block, i, s, sold_at)
    if month_of(closed_at) > end:
        return INSOLVENCY, float(end)
    call_guarantors(block, i, s, closed_at)
    if distributes and not is_paid(block, s):
        rest = max(0.0, claim - collateral)
        amount = dividend(block, claim, collateral, free_share) * rest
        receive_from_estate(block, i, s, closed_at, min(amount, owed(lanes, s)))
    return CLOSED, closed_at
