"""Auctions of collateral: expected proceeds, and the rest of the claim.

Amounts are computed at a set of dates (`debt.dates_of`) with linear interpolation between them.
The rounds of an auction depend on the date of its appraisal (`bids`). The rest of a claim is
computed at dates that represent the time of the sale. docs/model.md section 4.6, step 1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from npl_sim.core.layout import Kind
from npl_sim.dcf import law
from npl_sim.dcf.acceptance_in_kind import Failed, in_kind
from npl_sim.dcf.auction_rounds import held_rounds
from npl_sim.dcf.bids import Round
from npl_sim.dcf.collateral_item import Lot
from npl_sim.dcf.context import PolicyContext
from npl_sim.dcf.debt import SHARES, Debt, Item, batches, item_of
from npl_sim.dcf.exit_value import worth_now
from npl_sim.dcf.grid import Times, by_month, convolve
from npl_sim.dcf.rounds_by_date import RoundsByDate


@dataclass
class _Sales:
    """Results of the rounds of an auction."""

    unsold: np.ndarray
    """Probability that the item is unsold at the end, shape (claims,)."""
    lowered: list[np.ndarray]
    """E[min(net receipts over claim, i tenths)] by tenths left, (claims, SHARES + 1) each."""


@dataclass(frozen=True)
class _Round:
    """One round: its time, its bids, and the time since the appraisal."""

    times: Times
    bids: Round
    gap: float


def auction(context: PolicyContext, debt: Debt, slot: int) -> None:
    """Sell the item in a position, post its cash, and lower the claims by it.

    Parameters
    ----------
    context
        Policy and loans.
    debt
        Claims; their `left` and `unsold` change.
    slot
        Position of the item.
    """
    names = context.items.terms[debt.rows, slot]
    for name in sorted(set(names) - {""}):
        index = context.items.index[debt.rows, slot]
        for k in np.unique(index[names == name]):
            which = np.flatnonzero((names == name) & (index == k))
            _sell(context, debt, item_of(context, debt, name, which, slot))


def _sell(context: PolicyContext, debt: Debt, item: Item) -> None:
    which, terms = item.which, item.terms
    applied = Times(debt.applied.mass[which], debt.applied.smooth)
    elapsed = None if debt.elapsed is None else debt.elapsed[which]
    shape = len(which), SHARES + 1
    sales = _Sales(np.ones(len(which)), [np.zeros(shape) for _ in range(SHARES + 1)])
    for r, round_ in enumerate(held_rounds(terms)):
        wait = context.durations(
            terms.seizure_duration, applied.mean, len(which), elapsed, round_.sale
        )
        times = convolve(applied, wait)
        late = 0.5 if times.smooth else 0.0
        gap = float(item.gaps[r])
        step = _bids(context, item, item.appraised(gap) + late, item.gaps[: r + 1])
        _one_round(context, debt, item, sales, _Round(times, step, gap))
        if round_.acceptance > 0.0:
            failed = Failed(times, step, round_, gap)
            sales.unsold -= in_kind(context, debt, item, failed, sales.lowered)
    left, out = debt.left[which], np.zeros(shape)
    for j in range(SHARES + 1):
        out += shifted(left[:, j], sales.lowered[j] * SHARES, j)
    debt.left[which] = out
    debt.unsold[which, item.slot] = np.clip(sales.unsold, 0.0, 1.0)


def _bids(context: PolicyContext, item: Item, appraised: np.ndarray, gaps: np.ndarray) -> Round:
    """Return the bids of a round, from the cache where claims before had the same."""
    rounds: RoundsByDate = context.market.shared.setdefault("rounds", RoundsByDate())
    return rounds.of(item.terms, item.factor, appraised, gaps)


def _one_round(context: PolicyContext, debt: Debt, item: Item, sales: _Sales, one: _Round) -> None:
    """Post the cash of one round and add its results to those of the auction."""
    times, step, dates = one.times, one.bids, item.dates
    late = 0.5 if times.smooth else 0.0
    mean, sd = worth_now(context, item.rows, item.slot, item.appraised(one.gap), late)
    liens = context.items.liens[item.rows, item.slot][:, None] + 0.0 * mean
    left = debt.left[item.which]
    by_end = _by_end(debt, item, times)
    share, spot = dates.shares(times), dates.representing(times)
    sold = Lot(mean, sd, liens, mean[:0], 0.0).sold(step)
    here = np.arange(len(item.which))[:, None], spot
    at_spots = Lot(mean[here], sd[here], liens[here], mean[:0], 0.0)
    owed = debt.owed(dates.at)[item.which]
    cap = context.items.cap[item.rows, item.slot][:, None]
    for tenths in batches((left > 0.0).any(axis=0), len(left) * times.mass.shape[1]):
        most = np.minimum(owed * (tenths / SHARES)[:, None, None], cap)
        lot = Lot(mean, sd, liens, most, item.terms.cost + item.terms.tax)
        at_bend = lot.calls(step, liens + most)
        gross = lot.gross(step, at_bend)
        # The fee is computed on the average receipt.
        each = np.divide(gross, sold, out=np.zeros(gross.shape), where=sold > 1e-12)
        charged = law.fee(context.study.legal.enforcement_fee, each)
        fee = np.minimum(np.divide(charged, each, out=0.0 * each, where=each > 1e-9), 0.5)
        weight = left[:, tenths].T[:, :, None]
        net = lot.net(step, fee, at_bend)
        _post_sale(context, item, lot, (times, weight, share), (sold, gross, net, fee))
        for part in weight * by_end[:, None] * share * sold:
            sales.unsold = sales.unsold - part.sum(axis=1)
        by_cap = slice(None), *here
        at_spot = replace(at_spots, most=most[by_cap], rate=lot.rate)
        _lower(sales, at_spot, (step.take(spot), fee[by_cap]), (tenths, by_end, owed[here]))


def _by_end(debt: Debt, item: Item, times: Times) -> np.ndarray:
    """Return the probability that a round takes place by the end, shape (claims,)."""
    whole = debt.applied.total[item.which]
    inside = by_month(times).sum(axis=1)
    return np.divide(inside, whole, out=np.zeros(len(whole)), where=whole > 0.0)


def _lower(
    sales: _Sales,
    lot: Lot,
    round_and_fee: tuple[Round, np.ndarray],
    claims: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    """Add a round's expected receipts, capped at each tenth of the claim.

    `claims` holds the tenths left of each cap of the lot, then the probability of the round by
    the end. Last come the whole claims at the lot's dates.
    """
    (step, fee), (tenths, by_end, owed) = round_and_fee, claims
    cap = np.repeat(np.arange(len(tenths)), tenths)
    tenth = np.concatenate([np.arange(1, j + 1) for j in tenths]) / SHARES
    amount = np.minimum(tenth[:, None, None] * owed, lot.most[cap])
    got = lot.net(step, fee, up_to=(amount, cap)) / owed
    lowered = by_end * got.mean(axis=2)
    for n, j in enumerate(tenths):
        sales.lowered[j][:, 1 : j + 1] += lowered[cap == n].T


def shifted(weight: np.ndarray, capped: np.ndarray, j: int) -> np.ndarray:
    """Return the distribution of claims of j tenths less R, from E[min(R, i)] for i = 0 .. j.

    The probabilities of i are second differences of those expectations. So R is split between
    adjacent steps with an exact mean.
    """
    out = np.zeros((len(weight), SHARES + 1))
    if j == 0:
        out[:, 0] = weight
        return out
    above = np.zeros((len(weight), j + 2))  # probability of at least i
    above[:, 0] = 1.0
    above[:, 1 : j + 1] = np.clip(np.diff(capped[:, : j + 1], axis=1), 0.0, 1.0)
    above = np.minimum.accumulate(above, axis=1)
    for i in range(j + 1):
        out[:, j - i] = weight * (above[:, i] - above[:, i + 1])
    return out


def _post_sale(
    context: PolicyContext,
    item: Item,
    lot: Lot,
    when: tuple[Times, np.ndarray, np.ndarray],
    amounts: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
) -> None:
    """Post a round's receipts and the creditor's part of its costs, in proportion to the kinds.

    `when` holds the time of the round, the probability of each claim by tenths left, and its
    share at each date. `amounts` holds the probability of a sale, gross and net receipts and the
    fee's share by date.
    """
    (times, weight, share), (sold, gross, net, fee) = when, amounts
    terms, rows, join = item.terms, item.rows, item.dates.join
    gross_by = by_month(times, weight * (gross @ join))
    net_by = by_month(times, weight * (net @ join))
    context.post_each(Kind.COLLATERAL, rows, gross_by)
    # Costs and tax are on the price; the fee is on the price less the liens.
    paid, before = (share * gross).sum(axis=2), (share * sold * lot.liens).sum(axis=1)
    charged = np.divide((share * gross * fee).sum(axis=2), paid, out=0.0 * paid, where=paid > 0.0)
    on_price = (charged * paid / np.maximum(paid + before, 1e-300))[:, :, None]
    total = np.maximum(terms.cost + terms.tax + on_price, 1e-300)
    borne = gross_by - net_by
    parts = {Kind.AUCTION: terms.cost, Kind.TAX: terms.tax, Kind.COURT_FEE: on_price}
    for kind, part in parts.items():
        context.post_each(kind, rows, -borne * part / total)
    context.lawyer_share(rows, net_by)
