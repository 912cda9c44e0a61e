"""Acceptance against debt of unsold collateral at the last reserve, and its resale.

docs/model.md section 4.6, step 1.
"""

from __future__ import annotations

import numpy as np

from npl_sim.core.layout import Kind
from npl_sim.dcf.bids import Round
from npl_sim.dcf.collateral_item import above, mean_between
from npl_sim.dcf.context import PolicyContext
from npl_sim.dcf.debt import SHARES, Debt, Item, batches
from npl_sim.dcf.exit_value import worth_now
from npl_sim.dcf.grid import Times, by_month, convolve


def in_kind(
    context: PolicyContext,
    debt: Debt,
    item: Item,
    released: Times,
    failed: Round,
    lowered: list[np.ndarray],
) -> np.ndarray:
    """Post acceptance and resale of unsold items; return the probability of acceptance.

    Parameters
    ----------
    context, debt, item
        Policy, claims and items.
    released
        Time of the last round.
    failed
        The last round, at the item's dates.
    lowered
        E[min(reduction over claim, i tenths)] by tenths left, to which the results are added.
    """
    terms, rows, which, dates = item.terms, item.rows, item.which, item.dates
    reserve, taken = terms.rounds[-1].reserve, np.zeros(len(which))
    if reserve <= 0.0 or not (failed.unsold > 0.0).any():
        return taken
    gap, late = float(item.gaps[-1]), 0.5 if released.smooth else 0.0
    mean, sd = worth_now(context, rows, item.slot, item.appraised(gap), late)
    sd = np.maximum(sd, 1e-9)
    owed, cap = debt.owed(dates.at)[which], context.items.cap[rows, item.slot][:, None]
    liens = context.items.liens[rows, item.slot][:, None] + 0.0 * mean
    low = liens / reserve
    whole = debt.applied.total[which]
    by_end = np.divide(
        by_month(released).sum(axis=1), whole, out=np.zeros(len(whole)), where=whole > 0.0
    )
    share, spot = dates.shares(released), dates.representing(released)
    here = np.arange(len(which))[:, None], spot
    resale = _Resale(context, item, gap, late)
    sure = failed.unsold * terms.acceptance_against_debt_probability
    some = ((debt.left[which].T[:, :, None] * sure) > 0.0).any(axis=(1, 2))
    for tenths in batches(some, len(which) * released.mass.shape[1]):
        weight = debt.left[which][:, tenths].T[:, :, None] * failed.unsold
        weight = weight * terms.acceptance_against_debt_probability
        most = np.minimum(owed * tenths[:, None, None] / SHARES, cap)
        high = np.minimum(most + liens, 1e300) / reserve
        above_low, above_high = above(mean, sd, low), above(mean, sd, high)
        worth = mean_between(mean, sd, low, high)
        for part in share * weight * (above_low - above_high):
            taken += by_end * part.sum(axis=1)
        tax = by_month(released, (terms.tax * reserve * weight * worth) @ dates.join)
        context.post_each(Kind.TAX, rows, -tax)
        # The resale price is the value at resale, given that the auctions failed.
        price = resale.grown * failed.fallen * (1.0 - terms.resale_discount)
        least = np.clip(liens / np.maximum(price, 1e-300), low, high)
        back = price * mean_between(mean, sd, least, high) - liens * (
            above(mean, sd, least) - above_high
        )
        resale.post(released, weight * np.maximum(back, 0.0), weight * worth * failed.fallen)
        each = (a[:, *here] for a in (high, most))
        at = mean[here], sd[here], liens[here], low[here], *each, owed[here]
        for n, j in enumerate(tenths):
            off = _taken_off((*at[:4], at[4][n], at[5][n], at[6]), reserve, j)
            off = off * failed.unsold[spot] * terms.acceptance_against_debt_probability
            lowered[j][:, 1 : j + 1] += (by_end * off.mean(axis=2)).T
    return taken


def _taken_off(at: tuple[np.ndarray, ...], reserve: float, j: int) -> np.ndarray:
    """Return E[min(reduction over claim, i tenths)], i = 1 .. j, shape (j, claims, dates)."""
    mean, sd, liens, low, high, most, owed = at
    steps = np.arange(1, j + 1)[:, None, None] / SHARES
    amount = np.minimum(owed * steps, most)
    reach = np.clip((amount + liens) / reserve, low, high)
    above_reach = above(mean, sd, reach)
    under = reserve * mean_between(mean, sd, low, reach) - liens * (
        above(mean, sd, low) - above_reach
    )
    return np.asarray((under + amount * (above_reach - above(mean, sd, high))) / owed)


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

    def post(self, released: Times, back: np.ndarray, worth: np.ndarray) -> None:
        """Post resales with proceeds `back` of items of value `worth`, by date of acceptance.

        Both have the shape (tenths, claims, dates).
        """
        context, rows, join = self.context, self.item.rows, self.item.dates.join
        cash = self._resold(released, back @ join)
        context.post_each(Kind.IN_KIND, rows, cash)
        context.lawyer_share(rows, cash)
        cost = self.item.terms.holding_cost / 12.0 * self.held_growth * worth
        context.post_each(Kind.HOLDING, rows, -self._resold(released, cost @ join))

    def _resold(self, released: Times, amounts: np.ndarray) -> np.ndarray:
        taken = Times(released.mass * amounts, released.smooth)
        cash = by_month(convolve(taken, self.wait))
        cash[..., -1] += np.maximum(by_month(taken).sum(axis=-1) - cash.sum(axis=-1), 0.0)
        return cash
