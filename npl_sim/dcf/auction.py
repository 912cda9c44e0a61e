"""Collateral: expected proceeds of auctions, and what is left of the claim. docs/model.md section 4.6, step 1.

A best bid is B = V x: V, the item's value at the appraisal, is lognormal, and x, the bid over that
value, is lognormal too and must reach the reserve. Given x, everything that depends on B is piecewise
linear in V, so its expectation is a sum of Black-Scholes calls; x is integrated by Gauss-Legendre
nodes above the reserve.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from npl_sim.dcf import law
from npl_sim.dcf.desk import Desk
from npl_sim.dcf.exits import call, worth_now
from npl_sim.dcf.grid import Times, by_month, then
from npl_sim.dcf.laws import expectation
from npl_sim.layout import Kind
from npl_sim.paths.enforcement import CollateralTerms

__all__ = ["SHARES", "Debt", "auction", "shifted"]

SHARES = 10
"""Steps in which the part of a claim that is left is told apart."""

BID_NODES = 8
RATIO_NODES = 8


@dataclass
class Debt:
    """Claims in enforcement, as auctions see them.

    Attributes
    ----------
    rows
        Loan of each claim.
    applied
        Probability of the application by time.
    elapsed
        Time since the application of loans that stand in enforcement on the tape; none: on the walk.
    base
        What is owed at the valuation date, and its growth a month, shape (claims, 2): owed is linear.
    left
        Probability that 0, 1, ... `SHARES` tenths of the claim are left, shape (claims, SHARES + 1).
    unsold
        Probability that each item is unsold at the end, shape (claims, items).
    sold_at
        Mean time of a sale by the end, 0 where there is none, shape (claims,). [months]
    """

    rows: np.ndarray
    applied: Times
    elapsed: np.ndarray | None
    base: np.ndarray
    left: np.ndarray
    unsold: np.ndarray
    sold_at: np.ndarray

    def owed(self, t: np.ndarray) -> np.ndarray:
        """Return what the whole claim would be at times, shape (claims, times)."""
        return np.asarray(np.maximum(self.base[:, :1] + self.base[:, 1:] * t, 1e-9))


def _knots(desk: Desk) -> tuple[np.ndarray, np.ndarray]:
    """Return times at which amounts are worked out, and the weights that join them by straight lines."""
    wanted = [0, 2, 4, 6, 9, 12, 18, 24, 36, 48, 72, 96, 120, 180, 240, 360, 480, 600]
    knots = np.array(sorted({*(k for k in wanted if k < desk.end), desk.end}), dtype=np.float64)
    weights = np.array([np.interp(desk.at, knots, row) for row in np.eye(len(knots))])
    return knots, weights


@dataclass(frozen=True)
class _Round:
    """One round of an auction: bids over the appraisal where it sells, and how likely each is.

    Attributes
    ----------
    ratio, weight
        Nodes of the bid over the appraisal and their probabilities, which sum to that of a sale in this round.
    unsold
        Probability that this round and all before it fail.
    fallen
        What the index is then worth on average, over its unconditional mean.
    """

    ratio: np.ndarray
    weight: np.ndarray
    unsold: float
    fallen: float


def _rounds(desk: Desk, name: str, growth: np.ndarray, risk: np.ndarray) -> list[_Round]:
    """Return the rounds of an auction.

    The index goes on moving from round to round; its density among the auctions still open is carried
    on a grid, so that a second round after a fallen index has the worse chances that it has.

    Parameters
    ----------
    desk, name
        The policy and the kind of collateral.
    growth, risk
        Expected growth of the index from the appraisal to each round, and the variance of its log.
    """
    words = desk.collateral[name]
    widest = math.sqrt(float(risk.max()))
    moved = np.linspace(-5.0, 5.0, 41) * widest if widest > 1e-9 else np.zeros(1)
    open_mass = (moved == 0.0).astype(np.float64)
    rounds, before = [], 0.0
    for step, up, spread in zip(words.rounds, growth, risk, strict=True):
        sd = math.sqrt(max(float(spread) - before, 0.0))
        if sd > 1e-9 and len(moved) > 1:
            jump = np.exp(-0.5 * ((moved[None, :] - moved[:, None]) / sd) ** 2)
            open_mass = (open_mass / jump.sum(axis=1)) @ jump
        before = float(spread)
        mean = (1.0 - words.forced_sale_discount) * up * np.exp(moved - spread / 2.0)
        sells, ratio = _bids(mean, words.bid_volatility, step.reserve)
        weight = (open_mass * sells)[:, None] / ratio.shape[1] + 0.0 * ratio
        open_mass = open_mass * (1.0 - sells)
        nodes, chances = _gathered(ratio.ravel(), weight.ravel())
        still = float(open_mass.sum())
        fallen = float(open_mass @ np.exp(moved - spread / 2.0)) / still if still > 1e-15 else 1.0
        rounds.append(_Round(nodes, chances, still, fallen))
    return rounds


def _bids(mean: np.ndarray, sd: float, reserve: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the probability that a lognormal bid reaches a reserve, and equally likely bids where it does.

    Each bid is the mean of its part of the distribution.
    """
    if sd < 1e-9:
        return (mean >= reserve * (1.0 - 1e-9)).astype(np.float64), mean[:, None]
    with np.errstate(divide="ignore"):
        least = (
            np.log(reserve / np.maximum(mean, 1e-300)) / sd + sd / 2.0 if reserve > 0.0 else mean * 0.0 - 40.0
        )
    sells = special.ndtr(-least)
    parts = np.linspace(1.0, 0.0, BID_NODES + 1)
    z = -special.ndtri(np.maximum(sells, 1e-300)[:, None] * parts)
    inside = np.diff(special.ndtr(z - sd), axis=1) * BID_NODES / np.maximum(sells, 1e-300)[:, None]
    return sells, mean[:, None] * inside


def _gathered(ratio: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a few nodes in place of many: means over parts of about equal probability."""
    order = np.argsort(ratio, kind="stable")
    ratio, weight = ratio[order], weight[order]
    total = float(weight.sum())
    if total <= 1e-15:
        return np.ones(1), np.zeros(1)
    middle = (np.cumsum(weight) - weight / 2.0) / total
    part = np.minimum((middle * RATIO_NODES).astype(int), RATIO_NODES - 1)
    chances = np.bincount(part, weight, RATIO_NODES)
    sums = np.bincount(part, weight * ratio, RATIO_NODES)
    kept = chances > 0.0
    return sums[kept] / chances[kept], chances[kept]


@dataclass(frozen=True)
class _Lot:
    """An item of many claims at times: its value's mean and log deviation, and what bounds its proceeds."""

    mean: np.ndarray
    sd: np.ndarray
    liens: np.ndarray
    most: np.ndarray
    rate: float

    def gross(self, bids: _Round) -> tuple[np.ndarray, np.ndarray]:
        """Return the probability of a sale and expected gross receipts, both of the shape of the lot."""
        sold, gross = np.zeros(self.mean.shape), np.zeros(self.mean.shape)
        for ratio, weight in zip(bids.ratio, bids.weight, strict=True):
            mean = self.mean * ratio
            sold += weight * _above(mean, self.sd, self.liens)
            gross += weight * (call(mean, self.sd, self.liens) - call(mean, self.sd, self.liens + self.most))
        return sold, gross

    def net(self, bids: _Round, fee: np.ndarray, up_to: np.ndarray | None = None) -> np.ndarray:
        """Return expected receipts less the costs that fall on the creditor.

        Parameters
        ----------
        bids
            The round.
        fee
            Enforcement fee as a share of gross receipts.
        up_to
            Amounts up to which net receipts count, of the shape of the lot or with one more axis in front;
            none: all.
        """
        kept = 1.0 - self.rate
        slope = kept - fee
        begin = self.liens * (1.0 - fee) / slope
        bend = self.liens + self.most
        full = (self.most * (1.0 + fee) + self.liens) / kept
        if up_to is not None:
            low = (up_to + self.liens * (1.0 - fee)) / slope
            high = (up_to + self.liens + fee * self.most) / kept
            cut = np.where(low <= bend, low, high)
            bend, full = np.minimum(bend, cut), np.minimum(full, cut)
        bend = np.maximum(bend, begin)
        full = np.maximum(full, bend)
        total = np.zeros(np.broadcast_shapes(self.mean.shape, bend.shape))
        for ratio, weight in zip(bids.ratio, bids.weight, strict=True):
            mean = self.mean * ratio
            middle = call(mean, self.sd, bend)
            part = slope * (call(mean, self.sd, begin) - middle) + kept * (middle - call(mean, self.sd, full))
            total += weight * part
        return total


def _above(mean: np.ndarray, sd: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Return the probability that a lognormal exceeds a level."""
    sd = np.maximum(sd, 1e-9)
    with np.errstate(divide="ignore"):
        d = (np.log(np.maximum(mean, 1e-300)) - np.log(np.maximum(level, 1e-300))) / sd - sd / 2.0
    return np.asarray(np.where(level > 0.0, special.ndtr(d), (mean > 0.0).astype(float)))


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
            _sell(desk, debt, slot, name, np.flatnonzero((names == name) & (index == k)))


def _sell(desk: Desk, debt: Debt, slot: int, name: str, which: np.ndarray) -> None:
    words, rows = desk.collateral[name], debt.rows[which]
    applied = Times(debt.applied.mass[which], debt.applied.smooth)
    elapsed = None if debt.elapsed is None else debt.elapsed[which]
    factor = desk.world.indices[desk.items.index[rows[0], slot]]
    gaps = np.cumsum([r.months for r in words.rounds])
    middle = float(np.clip(np.mean(applied.mean) + expectation(words.seizure), 0, desk.end))
    months = np.arange(len(factor.shift))
    before = np.interp(middle, months, factor.shift)
    growth = np.exp(np.interp(middle + gaps, months, factor.shift) - before)
    # Of the log index between the appraisal and each round.
    first, later = (
        np.interp(middle, months, factor.variance),
        np.interp(middle + gaps, months, factor.variance),
    )
    risk = np.maximum.accumulate(np.maximum(later + first - 2.0 * factor.persistence**gaps * first, 0.0))
    rounds = _rounds(desk, name, growth, risk)

    knots, join = _knots(desk)
    congested = applied.mean
    whole = applied.total
    liens, cap = desk.items.liens[rows, slot], desk.items.cap[rows, slot]
    owed = debt.owed(knots)[which]
    left = debt.left[which]
    unsold, chance_time = np.ones(len(which)), np.zeros(len(which))
    shares = np.arange(SHARES + 1) / SHARES
    out = np.zeros(left.shape)
    lowered = [np.zeros((len(which), SHARES + 1)) for _ in range(SHARES + 1)]
    last = None
    for step, gap in zip(rounds, gaps, strict=True):
        times = then(applied, desk.durations(words.seizure, congested, len(which), elapsed, float(gap)))
        last = times
        late = 0.5 if times.smooth else 0.0
        mean, sd = worth_now(desk, rows, slot, np.maximum(knots - gap, 0.0), late)
        by_end = np.divide(by_month(times).sum(axis=1), whole, out=np.zeros(len(whole)), where=whole > 0.0)
        middle_knot = np.argmin(np.abs(knots[None, :] - times.mean[:, None]), axis=1)
        here = np.arange(len(which)), middle_knot
        for j in range(1, SHARES + 1):
            weight = left[:, j]
            if not (weight > 0.0).any():
                continue
            most = np.minimum(owed * shares[j], cap[:, None])
            lot = _Lot(mean, sd, liens[:, None] + 0.0 * most, most, words.cost + words.tax)
            sold, gross = lot.gross(step)
            # The fee is worked out on the average receipt.
            each = np.divide(gross, sold, out=np.zeros(gross.shape), where=sold > 1e-12)
            charged = law.fee(desk.study.legal.enforcement_fee, each)
            fee = np.minimum(np.divide(charged, each, out=0.0 * each, where=each > 1e-9), 0.5)
            net = lot.net(step, fee)
            _post_sale(desk, rows, times, weight, join, (sold, gross, net), lot, fee, words)
            chance = weight * by_end * sold[here]
            unsold, chance_time = unsold - chance, chance_time + chance * times.mean
            spot = _Lot(
                mean[here][:, None],
                sd[here][:, None],
                lot.liens[here][:, None],
                most[here][:, None],
                lot.rate,
            )
            up_to = np.minimum(shares[1 : j + 1, None, None] * owed[here][:, None], most[here][:, None])
            got = spot.net(step, fee[here][:, None], up_to)[:, :, 0]
            lowered[j][:, 1 : j + 1] += (by_end * got / owed[here]).T
    sold_at = np.divide(chance_time, 1.0 - unsold, out=np.zeros(len(which)), where=unsold < 1.0 - 1e-9)
    debt.sold_at[which] = np.maximum(debt.sold_at[which], sold_at)
    if words.accept_in_kind > 0.0 and last is not None:
        unsold -= _in_kind(desk, debt, which, slot, name, last, rounds[-1], float(gaps[-1]), lowered)
    for j in range(SHARES + 1):
        out += shifted(left[:, j], lowered[j] * SHARES, j)
    debt.left[which] = out
    debt.unsold[which, slot] = np.clip(unsold, 0.0, 1.0)


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
    rows: np.ndarray,
    times: Times,
    weight: np.ndarray,
    join: np.ndarray,
    amounts: tuple[np.ndarray, np.ndarray, np.ndarray],
    lot: _Lot,
    fee: np.ndarray,
    words: CollateralTerms,
) -> None:
    """Post a round's receipts and what of the costs falls on the creditor, in proportion to the kinds.

    `amounts` are the probability of a sale, gross and net receipts at the knots, which `join` joins.
    """
    sold, gross, net = amounts
    gross_by = by_month(times, weight[:, None] * (gross @ join))
    net_by = by_month(times, weight[:, None] * (net @ join))
    desk.post(Kind.COLLATERAL, rows, gross_by)
    # Costs and tax are on the price, the fee on what is left of it above the liens.
    above = gross.sum(axis=1) / np.maximum(gross.sum(axis=1) + (sold * lot.liens).sum(axis=1), 1e-300)
    on_price = (fee.mean(axis=1) * above)[:, None]
    total = np.maximum(words.cost + words.tax + on_price, 1e-300)
    borne = gross_by - net_by
    for kind, share in ((Kind.AUCTION, words.cost), (Kind.TAX, words.tax), (Kind.COURT_FEE, on_price)):
        desk.post(kind, rows, -borne * share / total)
    desk.lawyer_share(rows, net_by)


def _in_kind(
    desk: Desk,
    debt: Debt,
    which: np.ndarray,
    slot: int,
    name: str,
    released: Times,
    failed: _Round,
    gap: float,
    lowered: list[np.ndarray],
) -> np.ndarray:
    """Take unsold items against the debt and resell them; return the probability that they are taken."""
    words, rows, unsold = desk.collateral[name], debt.rows[which], failed.unsold
    reserve = words.rounds[-1].reserve
    taken_at_all = np.zeros(len(which))
    if reserve <= 0.0 or unsold <= 0.0:
        return taken_at_all
    factor = desk.world.indices[desk.items.index[rows[0], slot]]
    t = released.mean
    months = np.arange(len(factor.shift))
    late = 0.5 if released.smooth else 0.0
    knots, _ = _knots(desk)
    spot = np.argmin(np.abs(knots[None, :] - t[:, None]), axis=1)
    mean, sd = worth_now(desk, rows, slot, np.maximum(knots - gap, 0.0), late)
    here = np.arange(len(which)), spot
    mean, sd = mean[here], np.maximum(sd[here], 1e-9)
    owed = np.maximum(debt.base[which, 0] + debt.base[which, 1] * t, 1e-9)
    liens, cap = desk.items.liens[rows, slot], desk.items.cap[rows, slot]
    resold = then(released, desk.durations(words.resale, None, len(which)))
    taken_cash, sold_cash = by_month(released), by_month(resold)
    sold_cash[:, -1] += np.maximum(taken_cash.sum(axis=1) - sold_cash.sum(axis=1), 0.0)
    total = taken_cash.sum(axis=1)
    by_end = np.divide(total, debt.applied.total[which], out=np.zeros(len(total)), where=total > 0.0)
    month = np.arange(desk.end + 1)
    held = np.divide(
        sold_cash @ month - taken_cash @ month, total, out=np.zeros(len(total)), where=total > 0.0
    )
    grown = np.exp(
        np.interp(t + held + late, months, factor.shift)
        - np.interp(np.maximum(t - gap, 0) + late, months, factor.shift)
    )
    for j in range(1, SHARES + 1):
        weight = debt.left[which, j] * unsold * words.accept_in_kind
        if not (weight > 0.0).any():
            continue
        most = np.minimum(owed * j / SHARES, cap)
        low, high = liens / reserve, np.minimum(most + liens, 1e300) / reserve
        chance = _above(mean, sd, low) - _above(mean, sd, high)
        worth = _mean_between(mean, sd, low, high)
        taken_at_all += weight * by_end * chance
        desk.post(Kind.TAX, rows, -(weight * words.tax * reserve * worth)[:, None] * taken_cash)
        price = grown * failed.fallen * (1.0 - words.resale_discount)
        least = np.clip(liens / np.maximum(price, 1e-300), low, high)
        back = price * _mean_between(mean, sd, least, high) - liens * (
            _above(mean, sd, least) - _above(mean, sd, high)
        )
        back = weight * np.maximum(back, 0.0)
        desk.post(Kind.IN_KIND, rows, back[:, None] * sold_cash)
        desk.lawyer_share(rows, back[:, None] * sold_cash)
        keeping = weight * words.holding_cost / 12.0 * worth * grown * failed.fallen * held
        desk.post(Kind.HOLDING, rows, -keeping[:, None] * sold_cash)
        # What the claim is lowered by lies between 0 and `most`: its mean is kept, spread over the steps.
        for i in range(1, j + 1):
            amount = np.minimum(owed * i / SHARES, most)
            reach = np.clip((amount + liens) / reserve, low, high)
            under = reserve * _mean_between(mean, sd, low, reach) - liens * (
                _above(mean, sd, low) - _above(mean, sd, reach)
            )
            off = under + amount * (_above(mean, sd, reach) - _above(mean, sd, high))
            lowered[j][:, i] += unsold * words.accept_in_kind * by_end * off / owed
    return taken_at_all


def _mean_between(mean: np.ndarray, sd: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return E[V; low < V <= high] of a lognormal V."""
    return mean * (_above(mean * np.exp(sd**2), sd, low) - _above(mean * np.exp(sd**2), sd, high))
