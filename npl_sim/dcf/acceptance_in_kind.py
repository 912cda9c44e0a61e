"""Acceptance against debt of unsold collateral at a reserve, and its resale.

docs/model.md section 4.6, step 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from npl_sim.core.layout import Kind
from npl_sim.dcf.auction_rounds import HeldRound
from npl_sim.dcf.bids import Round
from npl_sim.dcf.collateral_item import above, mean_between
from npl_sim.dcf.context import PolicyContext
from npl_sim.dcf.debt import SHARES, Debt, Item, batches
from npl_sim.dcf.exit_value import call, worth_now
from npl_sim.dcf.grid import Times, by_month, convolve


@dataclass(frozen=True)
class Failed:
    """A round that failed."""

    released: Times
    """Time of the round."""
    bids: Round
    """The round, at the item's dates."""
    step: HeldRound
    gap: float
    """Expected time since the appraisal. [months]"""


def in_kind(
    context: PolicyContext, debt: Debt, item: Item, failed: Failed, lowered: list[np.ndarray]
) -> np.ndarray:
    """Post acceptance and resale of unsold items; return the probability of acceptance.

    Parameters
    ----------
    context, debt, item
        Policy, claims and items.
    failed
        The round after which they are accepted.
    lowered
        E[min(reduction over claim, i tenths)] by tenths left, to which the results are added.
    """
    rows, which, dates = item.rows, item.which, item.dates
    reserve, released = failed.step.terms.reserve, failed.released
    taken = np.zeros(len(which))
    if reserve <= 0.0 or not (failed.bids.unsold > 0.0).any():
        return taken
    late = 0.5 if released.smooth else 0.0
    mean, sd = worth_now(context, rows, item.slot, item.appraised(failed.gap), late)
    sd = np.maximum(sd, 1e-9)
    owed, cap = debt.owed(dates.at)[which], context.items.cap[rows, item.slot][:, None]
    liens = context.items.liens[rows, item.slot][:, None] + 0.0 * mean
    whole = debt.applied.total[which]
    by_end = np.divide(
        by_month(released).sum(axis=1), whole, out=np.zeros(len(whole)), where=whole > 0.0
    )
    share, spot = dates.shares(released), dates.representing(released)
    here = np.arange(len(which))[:, None], spot
    resale = _Resale(context, item, failed.gap, late)
    weights = debt.left[which].T[:, :, None] * failed.bids.unsold * failed.step.acceptance
    some = (weights > 0.0).any(axis=(1, 2))
    for tenths in batches(some, len(which) * released.mass.shape[1]):
        weight = weights[tenths]
        most = np.minimum(owed * tenths[:, None, None] / SHARES, cap)
        part = _Accepted(item, failed, reserve, (mean, sd, liens, most))
        chance = part.post(context, resale, weight)
        for one in share * weight * chance:
            taken += by_end * one.sum(axis=1)
        pays = item.terms.surplus_payment_probability
        for j, top in zip(tenths, most[:, *here], strict=True):
            at = mean[here], sd[here], liens[here], top, owed[here]
            off = _taken_off(at, reserve, pays, j) * failed.bids.unsold[spot]
            lowered[j][:, 1 : j + 1] += (by_end * (off * failed.step.acceptance).mean(axis=2)).T
    return taken


@dataclass(frozen=True)
class _Accepted:
    """Acceptance of items against claims of some sizes, by date.

    Items worth at most the debt are accepted. Those worth more are accepted with the probability
    that the creditor pays the surplus.
    """

    item: Item
    failed: Failed
    reserve: float
    amounts: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
    """Mean and log deviation of the value, liens, and the most that the claim may receive.

    The last has the shape (sizes, claims, dates), the others (claims, dates).
    """

    def post(self, context: PolicyContext, resale: _Resale, weight: np.ndarray) -> np.ndarray:
        """Post tax, surplus and resale; return the probability of acceptance by size and date."""
        mean, sd, liens, most = self.amounts
        terms, fallen = self.item.terms, self.failed.bids.fallen
        low = liens / self.reserve
        high = np.minimum(most + liens, 1e300) / self.reserve
        top = np.full(high.shape, np.inf)
        # The resale price is the value at resale, given that the auctions failed.
        price = resale.grown * fallen * (1.0 - terms.resale_discount)
        chance, worth, back = (np.zeros(most.shape) for _ in range(3))
        pays = terms.surplus_payment_probability
        for share, least, greatest in ((1.0, low, high), (pays, high, top)):
            if share == 0.0:
                continue
            beyond = above(mean, sd, greatest)
            within = above(mean, sd, least) - beyond
            chance += share * within
            worth += share * mean_between(mean, sd, least, greatest)
            pay = np.clip(liens / np.maximum(price, 1e-300), least, greatest)
            got = price * mean_between(mean, sd, pay, greatest) - liens * (
                above(mean, sd, pay) - beyond
            )
            back += share * np.maximum(got, 0.0)
        released, rows, join = self.failed.released, self.item.rows, self.item.dates.join
        tax = terms.tax * self.reserve * worth
        context.post_each(Kind.TAX, rows, -by_month(released, (weight * tax) @ join))
        paid = None
        if pays > 0.0:
            surplus = self.reserve * call(mean, sd, high)
            paid = -by_month(released, (weight * pays * surplus) @ join)
        resale.post(released, weight * back, weight * worth * fallen, paid)
        return chance


def _taken_off(at: tuple[np.ndarray, ...], reserve: float, pays: float, j: int) -> np.ndarray:
    """Return E[min(reduction over claim, i tenths)], i = 1 .. j, shape (j, claims, dates)."""
    mean, sd, liens, most, owed = at
    steps = np.arange(1, j + 1)[:, None, None] / SHARES
    amount = np.minimum(owed * steps, most)
    low, high = liens / reserve, np.minimum(most + liens, 1e300) / reserve
    reach = np.clip((amount + liens) / reserve, low, high)
    above_reach = above(mean, sd, reach)
    under = reserve * mean_between(mean, sd, low, reach) - liens * (
        above(mean, sd, low) - above_reach
    )
    beyond = above_reach - (1.0 - pays) * above(mean, sd, high)
    return np.asarray((under + amount * beyond) / owed)


class _Resale:
    """Resale of accepted items, at the latest at the end.

    `grown` is the expected growth of the index from appraisal to resale. `held` is the mean of
    that growth times the holding period. Both are by date of acceptance, shape (dates,).
    """

    def __init__(self, context: PolicyContext, item: Item, gap: float, late: float) -> None:
        self.context, self.item = context, item
        self.wait = context.durations(item.terms.resale_duration, None, 1)
        mass = self.wait.mass[0]
        delay, chance = context.at, mass + 0.0
        chance[-1] += max(1.0 - float(mass.sum()), 0.0)
        at, shift = item.dates.at, item.factor.shift
        months = np.arange(len(shift))
        holding = np.minimum(delay[None, :], context.end - at[:, None])
        sold = np.interp(at[:, None] + holding + late, months, shift)
        growth = np.exp(sold - np.interp(item.appraised(gap) + late, months, shift)[:, None])
        self.grown, self.held_growth = growth @ chance, (growth * holding) @ chance

    def post(
        self, released: Times, back: np.ndarray, worth: np.ndarray, paid: np.ndarray | None
    ) -> None:
        """Post resales of accepted items.

        Parameters
        ----------
        released
            Time of acceptance.
        back, worth
            Proceeds and value by date of acceptance, shape (sizes, claims, dates). [package
            currency]
        paid
            Surplus that the creditor pays, shape (sizes, claims, months); none without one.
            [package currency]
        """
        context, rows, join = self.context, self.item.rows, self.item.dates.join
        cash = self._resold(released, back @ join)
        context.post_each(Kind.IN_KIND, rows, cash)
        context.lawyer_share(rows, cash)
        cost = self.item.terms.holding_cost / 12.0 * self.held_growth * worth
        cost_by = -self._resold(released, cost @ join)
        if paid is not None:
            # Size by size, the surplus first.
            cost_by = np.stack([paid, cost_by], axis=1).reshape(-1, *cost_by.shape[1:])
        context.post_each(Kind.HOLDING, rows, cost_by)

    def _resold(self, released: Times, amounts: np.ndarray) -> np.ndarray:
        taken = Times(released.mass * amounts, released.smooth)
        cash = by_month(convolve(taken, self.wait))
        cash[..., -1] += np.maximum(by_month(taken).sum(axis=-1) - cash.sum(axis=-1), 0.0)
        return cash
