"""Turning one item of collateral into cash, and sharing it out (docs/model.md, section 4.6, step
1).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

from npl_sim.core.layout import FeeRow, Kind, Stream

from .basics import month
from .loan_state import LoanState, normal

__all__ = ["dispose", "distribute"]


def dispose(
    state: LoanState, k: int, t: float, congestion: float, on_tape: bool
) -> tuple[float, Callable[[float], bool]] | None:
    """Seize, appraise and auction item k. Return when it is sold or taken in kind, and how; None:
    neither.

    A round after the end does not take place, and the item is then still unsold.
    """
    item = state.items[k]
    auction = state.auctions[item.terms]
    _, _, seizure, in_kind = state.draw(item.key, Stream.COLLATERAL, 0)
    bids = state.draw(item.key, Stream.COLLATERAL, 1)
    gone = item.elapsed_probability if on_tape else 0.0
    since = state.loan.stage_elapsed if on_tape else 0.0
    if item.waitlisted:
        t_r = t + wait_in_line(state, item, gone, since, congestion)
    else:
        wait = state.quantile(auction.seizure_duration, gone + seizure * (1.0 - gone))
        t_r = t + max(0.0, wait - since) * congestion
    appraisal = state.item_value(item, t_r)
    for r in range(auction.rounds):
        t_r += auction.round_months[r] * congestion
        if not state.happens(t_r):
            return None
        bid = best_bid(state, item, auction, t_r, bids[r])
        if bid >= auction.reserve[r] * appraisal and bid > item.liens:
            return t_r, partial(sell, state, k, auction, bid, r)
    if in_kind >= auction.acceptance_against_debt_probability:
        return None
    return t_r, partial(
        take_in_kind, state, k, auction, auction.reserve[auction.rounds - 1] * appraisal
    )


def wait_in_line(
    state: LoanState, item: Any, gone: float, since: float, congestion: float
) -> float:
    """Return the wait until an item is appraised that another court seized first.

    That court appraises it, or ours, if it hands the item over after the statutory wait.
    """
    sale, transfer, delay, _ = state.draw(item.key, Stream.COLLATERAL, 7)
    theirs = state.quantile(state.terms.other_court_sale_duration, gone + sale * (1.0 - gone))
    theirs = max(0.0, theirs - since) * congestion
    request = max(0.0, state.terms.waitlist_transfer_months - since)
    if transfer >= state.terms.other_court_transfer_probability or theirs <= request:
        return theirs
    ours = request + state.quantile(state.terms.other_court_transfer_duration, delay) * congestion
    return min(theirs, ours)


def ours_of(claim: float, item: Any, amount: float) -> float:
    """Return our part of an amount that we share with ordinary creditors by their claims."""
    return amount * claim / (claim + item.claims_beside)


def best_bid(state: LoanState, item: Any, auction: Any, t: float, word: float) -> float:
    """Return the best bid of a round: market value less the forced-sale discount, with noise of
    mean one.
    """
    s = auction.bid_volatility
    noise = math.exp(s * normal(word) - s * s / 2.0)
    return state.item_value(item, t) * (1.0 - auction.forced_sale_discount) * noise


def sell(state: LoanState, k: int, auction: Any, bid: float, r: int, t: float) -> bool:
    """Sell item k in round r: prior claims and costs come first, then the claim up to the item's
    cap.
    """
    item = state.items[k]
    state.unsold[k] = False
    claim = state.owed
    left = ours_of(claim, item, bid - item.liens - item.claims_ahead)
    costs = {
        Kind.AUCTION: ours_of(claim, item, auction.cost * bid),
        Kind.TAX: ours_of(claim, item, auction.tax * bid),
        Kind.COURT_FEE: state.fee(FeeRow.ENFORCEMENT, min(left, state.owed, item.cap)),
    }
    reason = f"item {k + 1} sold in round {r + 1}"
    distribute(state, t, left, costs, item.cap, Kind.COLLATERAL, reason)
    return True


def take_in_kind(state: LoanState, k: int, auction: Any, price: float, t: float) -> bool:
    """Take item k at the last reserve against the debt, hold it, and resell it at the end at the
    latest.

    An item worth more than what is owed is released.
    """
    item = state.items[k]
    if not 0.0 < price - item.liens <= min(state.owed, item.cap):
        return False
    if item.claims_ahead or item.claims_beside:
        return False
    state.unsold[k] = False
    state.post(t, Kind.TAX, -auction.tax * price, f"transfer tax on item {k + 1}, taken in kind")
    state.reduce(price - item.liens)
    resale = state.draw(item.key, Stream.COLLATERAL, 2)[0]
    t_s = t + state.quantile(auction.resale_duration, resale)
    if month(t_s) > state.end:
        t_s = float(state.end)
    value = state.item_value(item, t_s)
    reason = f"item {k + 1}, taken in kind, is resold"
    receipt = max(0.0, value * (1.0 - auction.resale_discount) - item.liens)
    state.post(t_s, Kind.IN_KIND, receipt, reason)
    state.pay_lawyer(t_s, receipt, reason)
    held_months = max(0.0, t_s - t)
    state.post(
        t_s,
        Kind.HOLDING,
        -auction.holding_cost * value * held_months,
        f"item {k + 1} held for {held_months:.1f} months",
    )
    return True


def distribute(
    state: LoanState,
    t: float,
    proceeds: float,
    costs: dict[Kind, float],
    cap: float,
    kind: Kind,
    reason: str,
) -> None:
    """Share out proceeds: costs first, then the claim; a surplus is the debtor's.

    The claim gets `net`. Costs that the surplus covers are the debtor's; the rest falls on the
    creditor, whose receipt is then shown gross beside them. The lawyer is paid on `net`.
    """
    total = sum(costs.values())
    net = max(0.0, min(proceeds - total, state.owed, cap))
    gross = max(0.0, min(proceeds, state.owed, cap))
    borne = gross - net
    state.post(t, kind, gross, reason)
    if borne > 0.0:
        for what, cost in costs.items():
            state.post(t, what, -borne * cost / total, f"{what.name.lower()}, {reason}")
    state.reduce(net)
    state.pay_lawyer(t, net, reason)
