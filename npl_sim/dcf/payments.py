"""Payments in enforcement, in sequence; each lowers the claim in tenths.

docs/model.md section 4.6.
"""

from __future__ import annotations

import numpy as np

from npl_sim.core.layout import Kind
from npl_sim.dcf import law
from npl_sim.dcf.auction import auction, shifted
from npl_sim.dcf.auction_rounds import auctioned
from npl_sim.dcf.context import PolicyContext
from npl_sim.dcf.debt import SHARES, Debt
from npl_sim.dcf.exit_value import leave
from npl_sim.dcf.filing import Title
from npl_sim.dcf.freezes import secured
from npl_sim.dcf.grid import Times, by_month, convolve
from npl_sim.dcf.quantile_functions import expectation, midpoints, quantiles
from npl_sim.policy.enforcement import AssetClass

SHARE_CELLS = 24


def delay_rate(context: PolicyContext) -> float:
    """Return the interest rate on delayed performance. [per month]"""
    return context.study.legal.judgment_delay_rate / 12.0


def _sooner(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the probability that a time, shape (points,), precedes others, (claims, points)."""
    later = 1.0 - np.cumsum(second, axis=1) + 0.5 * second
    return np.asarray(later @ first)


class Payments:
    """Payments on claims in enforcement.

    `top` is the mean share left of claims whose collateral gave no proceeds. `nothing` is the
    probability that no other assets were found. `bare` is the ratio of what is left of those
    claims to the average.
    """

    def __init__(
        self, context: PolicyContext, title: Title, elapsed: np.ndarray | None, garnished: bool
    ) -> None:
        claims, applied = title.claims, title.times
        count, terms = len(claims.rows), context.enforcement
        delay = claims.principal * delay_rate(context)
        due = applied.mean - terms.application_delay
        late_from = np.zeros(count) if elapsed is not None else due
        base = np.stack(
            [
                claims.principal + claims.other - delay * late_from,
                claims.principal * claims.rate + delay,
            ],
            axis=1,
        )
        left = np.zeros((count, SHARES + 1))
        left[:, -1] = 1.0
        unsold = np.ones((count, context.items.most))
        self.debt = Debt(claims.rows, applied, elapsed, base, left, unsold)
        self.context, self.claims, self.frozen = context, claims, title.frozen
        self.share = np.tile(np.arange(SHARES + 1) / SHARES, (count, 1))
        self.whole = self.debt.owed(context.at)
        self.top, self.nothing, self.bare = np.ones(count), np.ones(count), np.ones(count)
        self.searched = convolve(
            applied, context.durations(terms.search_duration, applied.mean, count)
        )
        self.most_months = min(terms.garnishment_months, context.end) if garnished else 0
        self.paid_months = np.zeros(count)
        for asset in terms.assets:
            if expectation(asset.coverage) > 0.0:
                self.nothing = self.nothing * (1.0 - self._entitled(asset)[0])

    def follow(
        self, order: np.ndarray, times: np.ndarray, steps: list[tuple[str, int, Times]]
    ) -> None:
        """Post all payments: items in their order, each after the earlier other payments.

        Parameters
        ----------
        order
            Positions of the items in order of time.
        times
            Mean times from the application to their auctions, shape (items, claims). [months]
        steps
            Other payments, with their time from the application.
        """
        start = self.debt.applied.mean
        done = np.zeros((len(steps), len(start)))
        for slot, at in zip(order, times, strict=True):
            if not np.isfinite(at).any():
                continue
            for n, (what, number, after) in enumerate(steps):
                sooner = np.maximum(self._before_item(slot, after.mass[0]) - done[n], 0.0)
                self.garnish(start + np.minimum(at, after.mean[0]))
                self._take(what, number, sooner)
                done[n] += sooner
            self.garnish(start + at)
            auction(self.context, self.debt, slot)
        for n, (what, number, after) in enumerate(steps):
            self.garnish(start + after.mean[0])
            self._take(what, number, 1.0 - done[n])
        self.garnish(np.full(len(start), np.inf))
        self.leave()

    def _before_item(self, slot: int, mass: np.ndarray) -> np.ndarray:
        """Return the probability of a payment before an item's auction; 0 without an item."""
        names = self.context.items.terms[self.debt.rows, slot]
        sooner, elapsed = np.zeros(len(names)), self.debt.elapsed
        for name in sorted(set(names) - {""}):
            here = names == name
            since = None if elapsed is None else elapsed[here]
            times = auctioned(self.context, name, int(here.sum()), since)
            sooner[here] = _sooner(mass, times.mass)
        return sooner

    def _take(self, what: str, number: int, weight: np.ndarray) -> None:
        """Post one payment, with the probability `weight` that it comes now."""
        if not (weight > 1e-9).any():
            return
        if what == "guarantor":
            self._guarantor(number, weight)
        elif what == "asset":
            self._asset(self.context.enforcement.assets[number], weight)
        else:
            self._revive(weight)

    def leave(self) -> None:
        """Post the value of the rest of the claims at the end."""
        context, debt = self.context, self.debt
        owed = debt.owed(np.array([float(context.end)]))[:, 0]
        by_end = by_month(debt.applied).sum(axis=1)
        leave(context, self.claims, by_end, self._remaining() * owed, debt.unsold, self.top * owed)

    def _remaining(self) -> np.ndarray:
        """Return the expected share of the claim that is left."""
        return np.asarray((self.debt.left * self.share).sum(axis=1))

    def _by_end(self, times: Times) -> np.ndarray:
        total = self.debt.applied.total
        return np.divide(
            by_month(times).sum(axis=1), total, out=np.zeros(len(total)), where=total > 0.0
        )

    def _receive(self, kind: Kind, cash: np.ndarray) -> None:
        self.context.post(kind, self.debt.rows, cash)
        self.context.lawyer_share(self.debt.rows, cash)

    def _lower(self, chance: np.ndarray, paid: np.ndarray, owed: np.ndarray) -> None:
        """Lower the claims by a payment.

        Parameters
        ----------
        chance
            Probability of a payment by the end, shape (claims,).
        paid
            Equally likely amounts by tenths left, shape (claims, SHARES + 1, amounts).
        owed
            The whole claim then, shape (claims,).
        """
        left = self.debt.left
        steps = np.arange(SHARES + 1) / SHARES
        out = np.zeros(left.shape)
        for j in range(SHARES + 1):
            if not (left[:, j] > 0.0).any():
                continue
            part = (paid[:, j] / owed[:, None])[:, None, :]
            capped = np.minimum(part, steps[None, : j + 1, None]).mean(axis=2) * chance[:, None]
            out += shifted(left[:, j], capped * SHARES, j)
        self.debt.left = out
        self.top = self.top - chance * np.minimum(paid[:, -1].mean(axis=1) / owed, self.top)

    def _shares(
        self, distribution: object, cap: np.ndarray, chance: np.ndarray, kind: Kind, times: Times
    ) -> None:
        """Post a random share of the claim, at most a cap, with a probability."""
        parts = quantiles(distribution, midpoints(SHARE_CELLS))
        parts = parts * _scale(parts, distribution)
        owed = self.debt.owed(times.mean[:, None])[:, 0]
        paid = np.minimum((self.share * owed[:, None])[:, :, None] * parts, cap[:, None, None])
        ratio = chance * (self.debt.left * paid.mean(axis=2)).sum(axis=1) / owed
        self._receive(kind, by_month(times, ratio[:, None] * self.whole))
        self._lower(chance * self._by_end(times), paid, owed)

    def _guarantor(self, slot: int, weight: np.ndarray) -> None:
        """Post the payment of the guarantor in a position."""
        context, terms, debt = self.context, self.context.enforcement, self.debt
        times = convolve(
            debt.applied, context.durations(terms.guarantor_delay, None, len(debt.rows))
        )
        cap = context.guarantors.cap[debt.rows, slot]
        broken = context.guarantors.broken[debt.rows, slot]
        factor = np.where(broken, terms.guarantor_in_default_factor, 1.0)
        pays = terms.guarantor_payment_probability * factor
        chance = np.where(np.isnan(cap), 0.0, pays) * weight
        self._shares(
            terms.guarantor_share, np.nan_to_num(cap, posinf=np.inf), chance, Kind.GUARANTOR, times
        )

    def _revive(self, weight: np.ndarray) -> None:
        """Post payments of resumed cases, which were terminated for lack of assets."""
        context, terms = self.context, self.context.enforcement
        times = convolve(
            self.searched, context.durations(terms.resumption_delay, None, len(self.debt.rows))
        )
        # Cases without assets had no payment from them, so more than average is left.
        chance = terms.resumption_probability * self.nothing * self.bare * weight
        self._shares(
            terms.resumption_share, np.full(len(chance), np.inf), chance, Kind.DEFICIENCY, times
        )

    def _entitled(self, asset: AssetClass) -> tuple[np.ndarray, np.ndarray]:
        """Return the probability of access to a class of assets, and what is left of them.

        Shapes (claims,) and (claims, points).
        """
        applied = self.debt.applied
        debtors = self.context.loans.debtors[self.debt.rows]
        present = 1.0 - (1.0 - asset.ownership_probability) ** debtors
        entitled, kept = secured(asset, self.context.at, self.frozen)
        mean = (applied.mass * entitled).sum(axis=1) / np.maximum(applied.total, 1e-300)
        return present * mean, present[:, None] * kept

    def _asset(self, asset: AssetClass, weight: np.ndarray) -> None:
        """Post the proceeds of one class of other assets."""
        context, debt = self.context, self.debt
        applied = debt.applied
        accessible, kept = self._entitled(asset)
        worth = applied.mass * kept * self.whole
        # Mean value of an accessible asset over applications.
        mean_amount = worth.sum(axis=1) / np.maximum(accessible * applied.total, 1e-300)
        parts = quantiles(asset.coverage, midpoints(SHARE_CELLS))
        parts = parts * _scale(parts, asset.coverage)
        amount = mean_amount[:, None] * parts
        coverage = expectation(asset.coverage)
        search = context.durations(asset.realization_duration, applied.mean, len(debt.rows))
        times, paid_by = convolve(Times(worth, applied.smooth), search), convolve(applied, search)
        owed = debt.owed(paid_by.mean[:, None])[:, 0]
        most = np.minimum(amount[:, None, :], (self.share * owed[:, None])[:, :, None])
        fee = law.fee(context.study.legal.enforcement_fee, most)
        net = np.clip(amount[:, None, :] - fee, 0.0, most) * (most > 0.0)
        gross_mean = (debt.left * most.mean(axis=2)).sum(axis=1)
        net_mean = (debt.left * net.mean(axis=2)).sum(axis=1)
        scale = np.maximum(mean_amount * coverage, 1e-300)
        cash = by_month(times) * (coverage * weight)[:, None]
        gross, received = cash * (gross_mean / scale)[:, None], cash * (net_mean / scale)[:, None]
        context.post(Kind.DEFICIENCY, debt.rows, gross)
        context.post(Kind.COURT_FEE, debt.rows, received - gross)
        context.lawyer_share(debt.rows, received)
        before = self._remaining()
        self._lower(accessible * weight * self._by_end(paid_by), net, owed)
        after = self._remaining()
        self.bare = self.bare * np.divide(
            before, after, out=np.ones(len(before)), where=after > 1e-12
        )

    def garnish(self, until: np.ndarray) -> None:
        """Garnish income in the months that end before times, shape (claims,). [months]"""
        debt, terms, searched = self.debt, self.context.enforcement, self.searched
        # On average a month ends half a month after the search and before the next payment.
        months = np.round(np.clip(until - searched.mean - 1.0, self.paid_months, self.most_months))
        if not (months > self.paid_months).any():
            return
        search = self.context.durations(terms.search_duration, debt.applied.mean, len(debt.rows))
        base = by_month(
            convolve(Times(debt.applied.mass * self.whole, debt.applied.smooth), search)
        )
        installment = terms.garnishment_share * debt.owed(debt.applied.mean[:, None])
        left = self.share * debt.owed((searched.mean + self.paid_months)[:, None])
        growth = self.share * debt.base[:, 1:]
        cash, total = np.zeros(base.shape), np.zeros(left.shape)
        for k in range(int(self.paid_months.min()) + 1, int(months.max()) + 1):
            pays = ((k > self.paid_months) & (k <= months))[:, None]
            left = left + growth * pays
            paid = np.minimum(installment, left) * pays
            left, total = left - paid, total + paid
            ratio = terms.garnishment_share * (debt.left * paid).sum(axis=1) / installment[:, 0]
            cash[:, k:] += base[:, :-k] * ratio[:, None]
        self._receive(Kind.GARNISHMENT, cash)
        self._lower(
            self._by_end(searched),
            total[:, :, None],
            debt.owed((searched.mean + months)[:, None])[:, 0],
        )
        self.paid_months = months


def _scale(parts: np.ndarray, distribution: object) -> float:
    """Return the factor that corrects the mean of a few quantiles."""
    mean = float(parts.mean())
    return expectation(distribution) / mean if mean > 0.0 else 1.0
