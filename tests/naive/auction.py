"""Turning one item of collateral into cash, and sharing it out (docs/model.md, section 4.6, step
1).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from npl_sim.core.layout import MAX_AUCTIONS, FeeRow, Kind, Stream

from .basics import month
from .loan_state import LoanState, normal

__all__ = ["dispose", "distribute"]

SMALLEST = 2.0**-33
"""Smallest probability of a tail of valuations."""


class Lot(NamedTuple):
    """An item that is put up for auction, and what does not change from auction to auction."""

    state: LoanState
    k: int
    item: Any
    auction: Any
    congestion: float

    def word(self, step: int, n: int) -> float:
        """Return word n of a step of the item's draws."""
        return self.state.draw(self.item.key, Stream.COLLATERAL, step)[n]

    @property
    def floor(self) -> float:
        """Return what a price must exceed: prior liens, and costs under the no-surplus rule."""
        if self.auction.surplus_required:
            return self.item.liens / (1.0 - self.auction.cost - self.auction.tax)
        return self.item.liens

    def appraisal(self, cycle: int, t: float) -> float:
        """Return the court's appraisal of a cycle of auctions."""
        k = self.auction.court_appraisal_error
        error = math.exp(k * normal(self.word(4, cycle)) - k * k / 2.0) if k > 0.0 else 1.0
        return self.state.item_value(self.item, t) * error


def dispose(
    state: LoanState, k: int, t: float, congestion: float, on_tape: bool
) -> Iterator[tuple[float, Callable[[float], bool]]]:
    """Seize, appraise and auction item k. Yield when something may be paid, and how.

    An auction after the end does not take place, and the item is then still unsold.
    """
    item = state.items[k]
    lot = Lot(state, k, item, state.auctions[item.terms], congestion)
    gone = item.elapsed_probability if on_tape else 0.0
    since = state.loan.stage_elapsed if on_tape else 0.0
    if item.waitlisted:
        wait = wait_in_line(lot, gone, since)
    else:
        wait = state.quantile(lot.auction.seizure_duration, gone + lot.word(0, 2) * (1.0 - gone))
        wait = max(0.0, wait - since) * congestion
    yield from auctions(lot, t + wait)


def wait_in_line(lot: Lot, gone: float, since: float) -> float:
    """Return the wait until an item is appraised that another court seized first.

    That court appraises it, or ours, if it hands the item over after the statutory wait. It is
    never sooner than our court alone.
    """
    state, terms = lot.state, lot.state.terms
    alone = state.quantile(lot.auction.seizure_duration, gone + lot.word(0, 2) * (1.0 - gone))
    gone = lot.item.elapsed_elsewhere if since > 0.0 else 0.0
    alone = max(0.0, alone - since) * lot.congestion
    theirs = state.quantile(terms.other_court_sale_duration, gone + lot.word(7, 0) * (1.0 - gone))
    theirs = max(0.0, theirs - since) * lot.congestion
    request = max(0.0, terms.waitlist_transfer_months - since)
    if lot.word(7, 1) >= terms.other_court_transfer_probability or theirs <= request:
        return max(alone, theirs)
    delay = state.quantile(terms.other_court_transfer_duration, lot.word(7, 2))
    return max(alone, min(theirs, request + delay * lot.congestion))


def ours_of(claim: float, item: Any, amount: float) -> float:
    """Return our part of an amount that we share with ordinary creditors by their claims."""
    return amount * claim / (claim + item.claims_beside)


def auctions(lot: Lot, t: float) -> Iterator[tuple[float, Callable[[float], bool]]]:
    """Hold the auctions of an item that is appraised at t."""
    auction, state = lot.auction, lot.state
    appraisal, cycle, r, defaulted = lot.appraisal(0, t), 0, 0, False
    for j in range(MAX_AUCTIONS):
        t += auction.round_months[r] * lot.congestion
        if not state.happens(t):
            return
        if lot.word(9 + 2 * j, 0) < auction.withdrawal_probability:
            continue
        reserve = auction.reserve[r] * appraisal
        window = auction.window[r] * lot.congestion
        price = highest_price(lot, j, r, reserve, t)
        if price is not None:
            t += window * lot.word(8 + 2 * j, 2)
            if not state.happens(t):
                return
            if not defaulted and lot.word(8 + 2 * j, 3) < auction.winner_default_probability:
                defaulted = True
                forfeited = auction.deposit * max(reserve, lot.floor)
                if forfeited > 0.0:
                    yield t, partial(forfeit, lot, forfeited)
                continue
            yield t, partial(sell, state, lot.k, auction, price, r)
            return
        t += window
        if not state.happens(t):
            return
        taken_at = max(reserve, lot.floor)
        if lot.word(9 + 2 * j, 1) < auction.acceptance[r] and taken_at > lot.item.liens:
            pays = lot.word(9 + 2 * j, 2) < auction.surplus_payment_probability
            yield t, partial(take_in_kind, state, lot.k, auction, taken_at, pays)
        r += 1
        if r == auction.rounds:
            if cycle == auction.reauctions:
                return
            cycle, r = cycle + 1, 0
            t += auction.reappraisal_months * lot.congestion
            if not state.happens(t):
                return
            appraisal = lot.appraisal(cycle, t)


def highest_price(lot: Lot, j: int, r: int, reserve: float, t: float) -> float | None:
    """Return the price of auction j; None if it fails.

    The valuations of a Poisson number of bidders are the points of a Poisson process. The
    probabilities of the tails above the best and the second-best, times the mean number, are the
    first two arrivals at unit rate.
    """
    auction, floor = lot.auction, lot.floor
    if lot.word(3, 0) < auction.no_bidder_probability:
        return None
    mean = auction.bidders[r]
    if math.isinf(mean):
        best = valuation(lot, -normal(lot.word(8 + 2 * j, 0)), t)
        price = best
    else:
        first = -math.log(lot.word(8 + 2 * j, 0))
        second = first - math.log(lot.word(8 + 2 * j, 1))
        if first >= mean:
            return None
        best = valuation(lot, -normal(max(first / mean, SMALLEST)), t)
        price = max(reserve, floor)
        if second < mean:
            price = max(price, valuation(lot, -normal(max(second / mean, SMALLEST)), t))
    if best < reserve or best <= floor:
        return None
    return max(reserve, floor) if auction.window[r] > 0.0 else price


def valuation(lot: Lot, z: float, t: float) -> float:
    """Return a bidder's valuation: market value less the discount, with noise of mean one."""
    s, correlation = lot.auction.bid_volatility, lot.auction.bid_correlation
    shared = normal(lot.word(3, 1))
    move = s * (math.sqrt(correlation) * shared + math.sqrt(1.0 - correlation) * z)
    value = lot.state.item_value(lot.item, t) * (1.0 - lot.auction.forced_sale_discount)
    return value * math.exp(move - s * s / 2.0)


def forfeit(lot: Lot, amount: float, t: float) -> bool:
    """Take the deposit of a winner who did not pay: it is a part of the claim's payment."""
    state = lot.state
    if not state.unsold[lot.k]:
        return False
    paid = min(amount, state.owed, lot.item.cap)
    state.receive(t, Kind.COLLATERAL, paid, f"deposit on item {lot.k + 1} forfeited")
    return True


def sell(state: LoanState, k: int, auction: Any, bid: float, r: int, t: float) -> bool:
    """Sell item k in round r: prior claims and costs come first, then the claim up to the item's
    cap.
    """
    if not state.unsold[k]:
        return False
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


def take_in_kind(
    state: LoanState, k: int, auction: Any, price: float, pays: bool, t: float
) -> bool:
    """Take item k at a reserve against the debt, hold it, and resell it at the end at the latest.

    The creditor pays in cash what it is worth above the debt; one who does not leaves it.
    """
    item = state.items[k]
    due = min(state.owed, item.cap)
    surplus = max(0.0, price - item.liens - due)
    if not state.unsold[k] or (surplus > 0.0 and not pays):
        return False
    if item.claims_ahead or item.claims_beside:
        return False
    state.unsold[k] = False
    state.post(t, Kind.TAX, -auction.tax * price, f"transfer tax on item {k + 1}, taken in kind")
    state.post(t, Kind.HOLDING, -surplus, f"surplus of item {k + 1}, taken in kind")
    state.reduce(min(price - item.liens, due))
    resale = state.draw(item.key, Stream.COLLATERAL, 2)[0]
    t_s = t + state.quantile(auction.resale_duration, resale)
    if month(t_s) > state.exit_end:
        t_s = float(state.exit_end)
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
