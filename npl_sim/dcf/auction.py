"""Collateral: expected proceeds of auctions, and what is left of the claim. docs/model.md section 4.6, step 1.

Amounts are worked out at a set of dates (`debt.dates_of`) and joined by straight lines; the rounds of an auction know
the date of its appraisal (`bids`). What is left of a claim is told apart at the dates that stand for the time of
the sale.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from npl_sim.core.layout import Kind
from npl_sim.dcf import law
from npl_sim.dcf.acceptance_in_kind import in_kind
from npl_sim.dcf.bids import Round, round_of
from npl_sim.dcf.collateral_item import Lot
from npl_sim.dcf.context import Desk
from npl_sim.dcf.debt import SHARES, Debt, Item, item_of
from npl_sim.dcf.exit_value import worth_now
from npl_sim.dcf.grid import Times, by_month, then

__all__ = ["auction", "shifted"]


@dataclass
class _Sales:
    """What the rounds of an auction come to.

    Attributes
    ----------
    unsold
        Probability that the item is unsold at the end, shape (claims,).
    lowered
        By tenths left, E[min(net receipts over what is owed, i tenths)], shape (claims, SHARES + 1) each.
    """

    unsold: np.ndarray
    lowered: list[np.ndarray]


def auction(desk: Desk, debt: Debt, slot: int) -> None:
    """Sell the item in a position, post its cash, and take what it brings off the claims.

    Parameters
    ----------
    desk
        The policy.
    debt
        Claims; their `left` and `unsold` are changed.
    slot
        Position of the item.
    """
    names = desk.items.terms[debt.rows, slot]
    for name in sorted(set(names) - {""}):
        index = desk.items.index[debt.rows, slot]
        for k in np.unique(index[names == name]):
            which = np.flatnonzero((names == name) & (index == k))
            _sell(desk, debt, item_of(desk, debt, name, which, slot))


def _sell(desk: Desk, debt: Debt, item: Item) -> None:
    which, terms = item.which, item.terms
    applied = Times(debt.applied.mass[which], debt.applied.smooth)
    elapsed = None if debt.elapsed is None else debt.elapsed[which]
    shape = len(which), SHARES + 1
    sales = _Sales(np.ones(len(which)), [np.zeros(shape) for _ in range(SHARES + 1)])
    nominal = np.cumsum([r.months for r in terms.rounds])
    for r in range(len(nominal)):
        wait = desk.durations(terms.seizure, applied.mean, len(which), elapsed, float(nominal[r]))
        times = then(applied, wait)
        late = 0.5 if times.smooth else 0.0
        gap = float(item.gaps[r])
        step = round_of(terms, item.factor, item.appraised(gap) + late, item.gaps[: r + 1])
        _one_round(desk, debt, item, sales, (times, step, gap))
    if terms.accept_in_kind > 0.0:
        sales.unsold -= in_kind(desk, debt, item, times, step, sales.lowered)
    left, out = debt.left[which], np.zeros(shape)
    for j in range(SHARES + 1):
        out += shifted(left[:, j], sales.lowered[j] * SHARES, j)
    debt.left[which] = out
    debt.unsold[which, item.slot] = np.clip(sales.unsold, 0.0, 1.0)


def _one_round(
    desk: Desk, debt: Debt, item: Item, sales: _Sales, round_: tuple[Times, Round, float]
) -> None:
    """Post the cash of one round and add up what it comes to; `round_`: when, bids, time since the appraisal."""
    times, step, gap = round_
    terms, rows, which, dates = item.terms, item.rows, item.which, item.dates
    late = 0.5 if times.smooth else 0.0
    mean, sd = worth_now(desk, rows, item.slot, item.appraised(gap), late)
    liens = desk.items.liens[rows, item.slot][:, None] + 0.0 * mean
    cap, owed, left = desk.items.cap[rows, item.slot], debt.owed(dates.at)[which], debt.left[which]
    whole = debt.applied.total[which]
    by_end = np.divide(
        by_month(times).sum(axis=1), whole, out=np.zeros(len(whole)), where=whole > 0.0
    )
    share, spot = dates.shares(times), dates.standing_for(times)
    steps, here = np.arange(SHARES + 1) / SHARES, (np.arange(len(which))[:, None], spot)
    for j in range(1, SHARES + 1):
        weight = left[:, j]
        if not (weight > 0.0).any():
            continue
        most = np.minimum(owed * steps[j], cap[:, None])
        lot = Lot(mean, sd, liens, most, terms.cost + terms.tax)
        sold, gross = lot.gross(step)
        # The fee is worked out on the average receipt.
        each = np.divide(gross, sold, out=np.zeros(gross.shape), where=sold > 1e-12)
        charged = law.fee(desk.study.legal.enforcement_fee, each)
        fee = np.minimum(np.divide(charged, each, out=0.0 * each, where=each > 1e-9), 0.5)
        _post_sale(desk, item, lot, (times, weight, share), (sold, gross, lot.net(step, fee), fee))
        chance = (weight * by_end)[:, None] * share * sold
        sales.unsold = sales.unsold - chance.sum(axis=1)
        at_spot = Lot(mean[here], sd[here], liens[here], most[here], lot.rate)
        up_to = np.minimum(steps[1 : j + 1, None, None] * owed[here], most[here])
        got = at_spot.net(step.take(spot), fee[here], up_to) / owed[here]
        sales.lowered[j][:, 1 : j + 1] += (by_end * got.mean(axis=2)).T


def shifted(weight: np.ndarray, capped: np.ndarray, j: int) -> np.ndarray:
    """Return where claims of j tenths land that are lowered by R, from E[min(R, i)] for i = 0 .. j.

    The probabilities of i are second differences of those expectations: a split between neighbours
    that keeps the mean.
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
    desk: Desk,
    item: Item,
    lot: Lot,
    when: tuple[Times, np.ndarray, np.ndarray],
    amounts: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
) -> None:
    """Post a round's receipts and what of the costs falls on the creditor, in proportion to the kinds.

    `when` is the time of the round, the probability of each claim and its share at each date; `amounts` are the
    probability of a sale, gross and net receipts and the fee's share at the dates.
    """
    (times, weight, share), (sold, gross, net, fee) = when, amounts
    terms, rows, join = item.terms, item.rows, item.dates.join
    gross_by = by_month(times, weight[:, None] * (gross @ join))
    net_by = by_month(times, weight[:, None] * (net @ join))
    desk.post(Kind.COLLATERAL, rows, gross_by)
    # Costs and tax are on the price, the fee on what is left of it above the liens.
    paid, before = (share * gross).sum(axis=1), (share * sold * lot.liens).sum(axis=1)
    charged = np.divide((share * gross * fee).sum(axis=1), paid, out=0.0 * paid, where=paid > 0.0)
    on_price = (charged * paid / np.maximum(paid + before, 1e-300))[:, None]
    total = np.maximum(terms.cost + terms.tax + on_price, 1e-300)
    borne = gross_by - net_by
    for kind, part in (
        (Kind.AUCTION, terms.cost),
        (Kind.TAX, terms.tax),
        (Kind.COURT_FEE, on_price),
    ):
        desk.post(kind, rows, -borne * part / total)
    desk.lawyer_share(rows, net_by)
