"""From a title to its end: performance, application, guarantors, other assets, garnishment. docs/model.md 4.5, 4.6."""

from __future__ import annotations

import numpy as np

from npl_sim.dcf import law
from npl_sim.dcf.auction import auction, shifted
from npl_sim.dcf.debt import SHARES, Debt
from npl_sim.dcf.desk import Claims, Desk
from npl_sim.dcf.exits import leave
from npl_sim.dcf.grid import Times, by_month, then
from npl_sim.dcf.laws import expectation, midpoints, probability_by, quantiles
from npl_sim.dcf.litigate import Title
from npl_sim.layout import Kind
from npl_sim.paths.distributions import certain
from npl_sim.paths.enforcement import AssetClass

__all__ = ["enforce", "judge"]

SHARE_CELLS = 24


def _delay_rate(desk: Desk) -> float:
    return desk.study.legal.judgment_delay_rate / 12.0


def judge(desk: Desk, title: Title, elapsed: np.ndarray | None = None) -> None:
    """Follow titles: performed, enforced, or left to lie.

    Parameters
    ----------
    desk
        The policy.
    title
        Claims with their title.
    elapsed
        Time since judgment of loans that stand there on the tape; none: judged on the walk. [months]
    """
    words, claims, times = desk.enforcement, title.claims, title.times
    count = len(claims.rows)
    if count == 0:
        return
    gone = np.zeros(count)
    if elapsed is not None:
        gone = np.where(elapsed > 0.0, probability_by(words.perform_delay, elapsed), 0.0)
    performs = words.perform * (1.0 - gone) / (1.0 - gone * words.perform)
    performed = then(times, desk.durations(words.perform_delay, None, count, elapsed)).scaled(performs)
    since = np.zeros(count) if elapsed is None else elapsed
    waited = _beyond(words.perform_delay, words.performance_window, since)
    extra = claims.principal * _delay_rate(desk) * waited
    receipts = by_month(performed, claims.owed(desk.at) + extra[:, None])
    desk.post(Kind.PERFORMANCE, claims.rows, receipts)
    desk.lawyer_share(claims.rows, receipts)

    owed_late = claims.owed_at(np.full(count, float(desk.end)))
    unpaid = times.scaled(1.0 - performs)
    waiting = by_month(times).sum(axis=1) * performs - by_month(performed).sum(axis=1)
    leave(desk, claims, np.maximum(waiting, 0.0), owed_late)
    applies = _applies(desk, claims.rows, elapsed)
    if desk.policy.enforcement is None:
        applies = np.zeros(count)
    until = np.maximum(words.performance_window + words.apply_delay - since, 0.0)
    by_until, inverse = np.unique(until, return_inverse=True)
    for i, wait in enumerate(by_until):
        here = inverse.reshape(-1) == i
        step = desk.durations(certain(float(wait)), None, int(here.sum()))
        applied = then(Times(unpaid.mass[here], unpaid.smooth), step).scaled(applies[here])
        open_mass = by_month(unpaid).sum(axis=1)[here] - by_month(applied).sum(axis=1)
        leave(desk, claims.take(here), np.maximum(open_mass, 0.0), owed_late[here])
        enforce(desk, claims.take(here), applied, title.bound, title.frozen[here], None)


def _beyond(words: object, window: float, since: np.ndarray) -> np.ndarray:
    """Return the mean of what a delay exceeds a window by, counted from the valuation date on."""
    values = quantiles(words, midpoints())
    unique, inverse = np.unique(since, return_inverse=True)
    means = []
    for s in unique:
        later = values[values > s] if (values > s).any() else values[-1:]
        means.append(float((np.maximum(later - max(window, s), 0.0)).mean()))
    return np.array(means)[inverse.reshape(-1)]


def _applies(desk: Desk, rows: np.ndarray, elapsed: np.ndarray | None) -> np.ndarray:
    """Return the probability that enforcement is applied for in time, or that lateness is not pleaded."""
    words, window = desk.enforcement, desk.study.legal.enforcement_window_months
    if window is None:
        return np.ones(len(rows))
    late = np.full(len(rows), words.apply_delay > window)
    if elapsed is not None:
        late |= desk.loans.window_left[rows] < 0.0
    return np.where(late, 1.0 - desk.litigation.defence_raised, 1.0)


def enforce(
    desk: Desk,
    claims: Claims,
    applied: Times,
    bound: bool,
    frozen: np.ndarray,
    elapsed: np.ndarray | None,
) -> None:
    """Follow enforcement from the application.

    Parameters
    ----------
    desk
        The policy.
    claims
        Claims as judged.
    applied
        Probability of the application by time.
    bound
        Whether guarantors are bound.
    frozen
        Time of the freeze of assets, NaN where there is none. [months]
    elapsed
        Time since the application of loans that stand there on the tape; none: applied for on the walk.
    """
    count = len(claims.rows)
    if count == 0 or not (applied.mass > 0.0).any():
        return
    delay = claims.principal * _delay_rate(desk)
    late_from = np.zeros(count) if elapsed is not None else applied.mean - desk.enforcement.apply_delay
    base = np.stack(
        [claims.principal + claims.other - delay * late_from, claims.principal * claims.rate + delay], axis=1
    )
    left = np.zeros((count, SHARES + 1))
    left[:, -1] = 1.0
    debt = Debt(claims.rows, applied, elapsed, base, left, np.ones((count, desk.items.most)), np.zeros(count))
    if elapsed is None and desk.litigation.lawyer_enforcement:
        desk.post(Kind.LAWYER, claims.rows, -desk.litigation.lawyer_enforcement * by_month(applied))
    for slot in range(desk.items.most):
        auction(desk, debt, slot)
    rest = _Rest(desk, debt, frozen)
    if bound:
        rest.guarantors()
    rest.assets()
    rest.income()
    by_end = by_month(applied).sum(axis=1)
    owed = debt.owed(np.array([float(desk.end)]))[:, 0]
    still = np.maximum(rest.remaining() * owed - rest.later, 0.0)
    pledged = np.maximum(rest.top * owed - rest.later, 0.0)
    leave(desk, claims, by_end, still, debt.unsold, pledged)


class _Rest:
    """What follows the collateral, one payment after another, each taken off the claim in tenths.

    `top` is the mean share left of claims whose collateral brought nothing.
    """

    def __init__(self, desk: Desk, debt: Debt, frozen: np.ndarray) -> None:
        self.desk, self.debt, self.frozen = desk, debt, frozen
        self.share = np.tile(np.arange(SHARES + 1) / SHARES, (len(debt.rows), 1))
        self.nothing = np.ones(len(debt.rows))
        self.later = np.zeros(len(debt.rows))
        self.whole = debt.owed(desk.at)
        self.top = np.ones(len(debt.rows))
        self.left_before_assets = debt.left

    def remaining(self) -> np.ndarray:
        """Return the expected share of the claim that is left."""
        return np.asarray((self.debt.left * self.share).sum(axis=1))

    def _grown(self, t: np.ndarray) -> np.ndarray:
        """Return what claims have grown by where collateral was sold after time t, shape (claims, shares).

        Collateral comes off first in the order of the model, whenever it is sold, with interest to then.
        """
        late = np.maximum(self.debt.sold_at - t, 0.0)
        growth = 1.0 + self.debt.base[:, 1] * late / self.debt.owed(t[:, None])[:, 0]
        sold = np.tile(growth[:, None], (1, SHARES + 1))
        sold[:, -1] = 1.0
        return sold

    def _by_end(self, times: Times) -> np.ndarray:
        total = self.debt.applied.total
        return np.divide(by_month(times).sum(axis=1), total, out=np.zeros(len(total)), where=total > 0.0)

    def _receive(self, kind: Kind, cash: np.ndarray) -> None:
        self.desk.post(kind, self.debt.rows, cash)
        self.desk.lawyer_share(self.debt.rows, cash)

    def _lower(self, chance: np.ndarray, paid: np.ndarray, owed: np.ndarray) -> None:
        """Take a payment off the claims.

        Parameters
        ----------
        chance
            Probability that it is made by the end, shape (claims,).
        paid
            Equally likely amounts by tenths left, shape (claims, SHARES + 1, amounts).
        owed
            The whole claim then, shape (claims, SHARES + 1).
        """
        left = self.debt.left
        steps = np.arange(SHARES + 1) / SHARES
        out = np.zeros(left.shape)
        for j in range(SHARES + 1):
            if not (left[:, j] > 0.0).any():
                continue
            part = (paid[:, j] / owed[:, j, None])[:, None, :]
            capped = np.minimum(part, steps[None, : j + 1, None]).mean(axis=2) * chance[:, None]
            out += shifted(left[:, j], capped * SHARES, j)
        self.debt.left = out
        self.top = self.top - chance * np.minimum(paid[:, -1].mean(axis=1) / owed[:, -1], self.top)

    def guarantors(self) -> None:
        """Let guarantors pay, one after another."""
        desk, words, debt = self.desk, self.desk.enforcement, self.debt
        parts = quantiles(words.guarantor_share, midpoints(SHARE_CELLS))
        parts = parts * _scale(parts, words.guarantor_share)
        times = then(debt.applied, desk.durations(words.guarantor_delay, None, len(debt.rows)))
        owed = debt.owed(times.mean[:, None]) * self._grown(times.mean)
        by_end = self._by_end(times)
        for slot in range(desk.backers.cap.shape[1]):
            cap = desk.backers.cap[debt.rows, slot]
            factor = np.where(desk.backers.broken[debt.rows, slot], words.guarantor_in_default, 1.0)
            chance = np.where(np.isnan(cap), 0.0, words.guarantor_pays * factor)
            cap = np.where(np.isnan(cap), 0.0, cap)
            paid = np.minimum(self.share[:, :, None] * owed[:, :, None] * parts, cap[:, None, None])
            pays = paid.mean(axis=2)
            ratio = chance * (debt.left * pays).sum(axis=1) / owed[:, -1]
            self._receive(Kind.GUARANTOR, by_month(times, ratio[:, None] * self.whole))
            self._lower(chance * by_end, paid, owed)

    def assets(self) -> None:
        """Turn other assets into cash, class by class."""
        self.left_before_assets = self.debt.left.copy()
        for words in self.desk.enforcement.assets:
            self._asset(words)

    def _asset(self, words: AssetClass) -> None:
        desk, debt = self.desk, self.debt
        present = 1.0 - (1.0 - words.present) ** desk.loans.debtors[debt.rows]
        entitled, kept = _secured(words, desk.at, self.frozen)
        weight = debt.applied.mass
        total = np.maximum((weight * entitled).sum(axis=1), 1e-300)
        entitled_mean = (weight * entitled).sum(axis=1) / np.maximum(debt.applied.total, 1e-300)
        mean_amount = (weight * kept * self.whole).sum(axis=1) / total
        parts = quantiles(words.coverage, midpoints(SHARE_CELLS))
        parts = parts * _scale(parts, words.coverage)
        amount = mean_amount[:, None] * parts
        cover = expectation(words.coverage)
        times = then(
            Times(weight * kept * self.whole, debt.applied.smooth),
            desk.durations(words.search, debt.applied.mean, len(debt.rows)),
        )
        paid_by = then(
            Times(weight, debt.applied.smooth),
            desk.durations(words.search, debt.applied.mean, len(debt.rows)),
        )
        owed = debt.owed(paid_by.mean[:, None]) * self._grown(paid_by.mean)
        most = np.minimum(amount[:, None, :], (self.share * owed)[:, :, None])
        fee = law.fee(desk.study.legal.enforcement_fee, most)
        net = np.clip(amount[:, None, :] - fee, 0.0, most) * (most > 0.0)
        gross_mean = (debt.left * most.mean(axis=2)).sum(axis=1)
        net_mean = (debt.left * net.mean(axis=2)).sum(axis=1)
        scale = np.maximum(mean_amount * cover, 1e-300)
        cash = by_month(times) * (present * cover)[:, None]
        gross, received = cash * (gross_mean / scale)[:, None], cash * (net_mean / scale)[:, None]
        desk.post(Kind.DEFICIENCY, debt.rows, gross)
        desk.post(Kind.COURT_FEE, debt.rows, received - gross)
        desk.lawyer_share(debt.rows, received)
        chance = present * entitled_mean
        self.nothing = self.nothing * (1.0 - chance * (cover > 0.0))
        self._lower(chance * self._by_end(paid_by), net, owed)

    def income(self) -> None:
        """Garnish income, and revive what was closed for want of assets."""
        desk, debt, words = self.desk, self.debt, self.desk.enforcement
        search = desk.durations(words.search, debt.applied.mean, len(debt.rows))
        searched = then(debt.applied, search)
        garnished = np.zeros(len(debt.rows))
        if words.garnish_share > 0.0:
            garnished = 1.0 - (1.0 - words.garnish) ** desk.loans.debtors[debt.rows]
            base = by_month(then(Times(debt.applied.mass * self.whole, debt.applied.smooth), search))
            applied_owed = debt.owed(debt.applied.mean[:, None])
            instalment = words.garnish_share * applied_owed
            left = self.share * debt.owed(searched.mean[:, None])
            cash = np.zeros(base.shape)
            growth = self.share * debt.base[:, 1:]
            for k in range(1, min(words.garnish_months, desk.end) + 1):
                left = left + growth
                paid = np.minimum(instalment, left)
                left = left - paid
                ratio = words.garnish_share * (debt.left * paid).sum(axis=1) / instalment[:, 0]
                cash[:, k:] += base[:, :-k] * (garnished * ratio)[:, None]
            self._receive(Kind.GARNISHMENT, cash)
            self.later += cash.sum(axis=1) / np.maximum(debt.applied.total, 1e-300)
        if words.revival > 0.0:
            chance = words.revival * self.nothing * (1.0 - garnished) * expectation(words.revival_share)
            times = then(searched, desk.durations(words.revival_delay, None, len(debt.rows)))
            share = (self.left_before_assets * self.share).sum(axis=1)
            cash = by_month(times, (chance * share)[:, None] * self.whole)
            self._receive(Kind.DEFICIENCY, cash)
            self.later += cash.sum(axis=1) / np.maximum(debt.applied.total, 1e-300)


def _scale(parts: np.ndarray, words: object) -> float:
    """Return what brings the mean of a few quantiles to the distribution's mean."""
    mean = float(parts.mean())
    return expectation(words) / mean if mean > 0.0 else 1.0


def _secured(words: AssetClass, t: np.ndarray, frozen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the probability of an entitlement by time of the application, and that times what is left of the asset.

    Both of shape (claims, points).
    """
    decay, rivals = words.dissipation / 12.0, words.rivals / 12.0

    def rank(s: np.ndarray) -> np.ndarray:
        first = np.exp(-rivals * s)
        return np.asarray(first + (1.0 - first) * words.rank_share)

    count = len(frozen)
    loose = np.broadcast_to(words.find * np.exp(-decay * t) * rank(t), (count, len(t)))
    entitled = np.full((count, len(t)), words.find)
    if not np.isfinite(frozen).any() or words.find_preserved == 0.0:
        return entitled, loose
    has = np.isfinite(frozen)[:, None]
    f = np.minimum(np.where(has, frozen[:, None], 0.0), t[None, :])
    if words.freeze_months > 0.0:
        renewals = np.maximum(np.ceil((t - f) / words.freeze_months - 1.0 - 1e-9), 0.0)
    else:
        renewals = np.where(t > f, 60.0, 0.0)
    holds = words.renewal**renewals
    kept = holds * np.exp(-decay * f) * rank(f)
    if words.renewal < 1.0 and words.freeze_months > 0.0:
        for k in range(int(renewals.max())):
            ends = f + words.freeze_months * (1 + k)
            lapsed = (k < renewals) * words.renewal**k * (1.0 - words.renewal)
            kept = kept + lapsed * np.exp(-decay * np.maximum(f + t - ends, 0.0)) * rank(t)
    elif words.renewal < 1.0:
        kept = kept + (1.0 - holds) * np.exp(-decay * t) * rank(t)
    p = words.find_preserved
    both = p * kept + (1.0 - p) * loose
    entitled_both = np.where(has, p + (1.0 - p) * words.find, entitled)
    return entitled_both, np.where(has, both, loose)
