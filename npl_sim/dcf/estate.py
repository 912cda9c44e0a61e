"""Expected payments on claims whose debtors become insolvent. docs/insolvency.md sections 3 to 6.

Durations and free assets are replaced by some quantiles. Congestion counts at its median path, and
collateral at the date of each quantile.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from npl_sim.core.layout import Kind
from npl_sim.dcf import law
from npl_sim.dcf.context import OpenClaims, PolicyContext
from npl_sim.dcf.exit_value import capped, worth_now
from npl_sim.dcf.quantile_functions import expectation, midpoints, quantiles
from npl_sim.policy.insolvency import Insolvency

NODES = 5
"""Quantiles of a duration, and of the free assets."""


@dataclass
class Estate:
    """Open claims of one policy at the month of acceptance."""

    context: PolicyContext
    """Policy and loans; its end is the month of the acceptance."""
    claims: OpenClaims
    terms: Insolvency
    last: int
    """Month of the sale, or the horizon; later payments do not come."""

    def __post_init__(self) -> None:
        rows, loans = self.claims.rows, self.context.loans
        self.cash = np.zeros((len(loans.policy), len(Kind), self.last + 1))
        self.unit = loans.debtor_claims[rows] / np.maximum(loans.claim[rows], 1e-300)
        self.others = self.terms.other_claims * loans.debtor_claims[rows]
        self.month = float(self.context.end)
        self.free = quantiles(self.terms.free_assets, midpoints(NODES))

    def post(self, kind: Kind, times: np.ndarray | float, amounts: np.ndarray) -> None:
        """Add expected amounts, shape (claims,), at a time or a time for each claim. [months]"""
        months = np.ceil(np.broadcast_to(times, amounts.shape) - 1e-9).astype(np.int64)
        ok = months <= self.last
        np.add.at(self.cash[:, kind], (self.claims.rows[ok], months[ok]), amounts[ok])
        share = self.context.litigation.lawyer_contingency_share
        if share:
            at = (self.claims.rows[ok], months[ok])
            np.add.at(self.cash[:, Kind.LAWYER], at, -share * amounts[ok])

    def collateral(self, t: float, owed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the covered claim, and what the estate's sale at `t` pays; shape (claims,)."""
        terms, items = self.terms, self.context.items
        rows, when = self.claims.rows, np.array([min(t, float(self.last))])
        covered, paid = np.zeros((2, len(rows)))
        for slot in range(items.most):
            has = (items.terms[rows, slot] != "") & ~items.seizure_only[rows, slot]
            if not has.any():
                continue
            mean, sd = (x[:, 0] for x in worth_now(self.context, rows[has], slot, when))
            liens, unsold = items.liens[rows[has], slot], self.claims.unsold[has, slot]
            kinds = items.terms[rows[has], slot]
            nobody = [self.context.collateral[k].no_bidder_probability for k in kinds]
            # What auctions left unsold is most of all what never finds a bidder.
            sellable = np.maximum(unsold - np.array(nobody), 0.0)
            most = np.minimum(items.cap[rows[has], slot], owed[has])
            covered[has] += unsold * capped(mean, sd, liens, most)
            for chance, discount in (
                (sellable, terms.estate_sale_discount),
                (unsold - sellable, terms.no_bidder_discount),
            ):
                net, ahead = self.after_costs(mean * (1.0 - discount), liens)
                paid[has] += chance * capped(net, sd, ahead, most)
        return np.minimum(covered, owed), np.minimum(paid, owed)

    def after_costs(self, price: np.ndarray, liens: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return price and liens, both less costs and the administrator's fee at its mean rate."""
        legal = self.context.study.legal
        fee = law.fee(legal.administrator_fee, price - liens)
        rate = legal.administrator_collateral_factor * fee
        rate = np.clip(rate / np.maximum(price - liens, 1e-9 * price + 1e-300), 0.0, 1.0)
        net = price * (1.0 - self.terms.collateral_cost - rate)
        return np.maximum(net, 0.0), liens * (1.0 - rate)

    def dividend(self, owed: np.ndarray, paid: np.ndarray, free: float) -> np.ndarray:
        """Return the dividend of ordinary claims, shape (claims,)."""
        terms, legal, others = self.terms, self.context.study.legal, self.others
        assets = free * (owed * self.unit + others)
        costs = terms.cost_share * assets
        costs = costs + law.fee(legal.insolvency_court_fee, assets)
        costs += law.fee(legal.administrator_fee, assets)
        before = (terms.employee_share + terms.tax_share) * others
        ordinary = (owed - paid) * self.unit
        ordinary += np.maximum(others * (1.0 - terms.other_secured_share) - before, 0.0)
        rest = np.maximum(assets - costs - before, 0.0)
        return np.minimum(rest / np.maximum(ordinary, 1e-300), 1.0)

    def liquidate(self, t: float, owed: np.ndarray, mass: np.ndarray) -> None:
        """Post the payments of a liquidation that begins at `t`."""
        terms = self.terms
        none = terms.no_distribution_probability
        branches = (
            (terms.duration, 1.0 - none, True),
            (terms.no_distribution_duration, none, False),
        )
        for duration, chance, distributes in branches:
            if chance <= 0.0:
                continue
            for wait in quantiles(duration, midpoints(NODES)):
                weight = chance * mass / NODES
                sold = t + terms.collateral_time_share * float(wait)
                _, paid = self.collateral(sold, owed)
                self.post(Kind.INSOLVENCY, sold, weight * paid)
                if distributes:
                    rates = [self.dividend(owed, paid, float(a)) for a in self.free]
                    amount = np.mean(rates, axis=0) * (owed - paid)
                    self.post(Kind.INSOLVENCY, t + float(wait), weight * amount)

    def confirmed(self, t: float, covered: np.ndarray) -> np.ndarray:
        """Return the probability that a plan is confirmed at `t`, shape (claims,)."""
        terms, owed = self.terms, self.claims.owed
        both = terms.secured_vote_probability * terms.ordinary_vote_probability
        _, paid = self.collateral(t, owed)
        offer, none = terms.plan.ordinary_share, terms.no_distribution_probability
        fair = np.mean([self.dividend(owed, paid, float(a)) <= offer for a in self.free], axis=0)
        fair = none + (1.0 - none) * fair
        fair = fair * (terms.plan.secured_share * covered >= paid - 1e-9)
        return np.asarray(both + (1.0 - both) * terms.cram_down_probability * fair)

    def reorganize(self, mass: np.ndarray) -> None:
        """Post the payments of reorganizations, and of the liquidations that follow some."""
        terms, plan, owed = self.terms, self.terms.plan, self.claims.owed
        for wait in quantiles(terms.plan_duration, midpoints(3)):
            t, weight = self.month + float(wait), mass / 3.0
            covered, _ = self.collateral(t, owed)
            chance = self.confirmed(t, covered)
            self.liquidate(t, owed, weight * (1.0 - chance))
            total = plan.secured_share * covered + plan.ordinary_share * (owed - covered)
            follows = weight * chance
            fails = np.zeros(len(owed))
            for k in range(1, plan.term + 1):
                month = plan.grace_months + k
                alive = math.exp(-plan.failure_hazard * month)
                self.post(Kind.INSOLVENCY, t + month, follows * alive * total / plan.term)
                # The share of the total that was paid where the plan fails before this month.
                lost = math.exp(-plan.failure_hazard * (month - 1)) - alive
                fails += lost * (1.0 - (k - 1) / plan.term)
            ended = 1.0 - math.exp(-plan.failure_hazard * (plan.grace_months + plan.term))
            if ended > 0.0:
                rest = np.maximum(owed - total * (1.0 - fails / ended), 0.0)
                middle = t + plan.grace_months + 0.5 * plan.term
                self.liquidate(middle, rest, follows * ended)

    def call(self, unpaid: np.ndarray) -> None:
        """Post what guarantors pay after the acceptance.

        Parameters
        ----------
        unpaid
            Share of guarantors' expected payments that did not come before, shape (loans,).
        """
        rows, enforcement = self.claims.rows, self.context.enforcement
        share, delay = expectation(enforcement.guarantor_share), enforcement.guarantor_delay
        for slot in range(self.context.guarantors.cap.shape[1]):
            cap = self.context.guarantors.cap[rows, slot]
            broken = self.context.guarantors.broken[rows, slot]
            chance = np.where(
                broken,
                enforcement.guarantor_payment_probability
                * enforcement.guarantor_in_default_factor,
                enforcement.guarantor_payment_probability,
            )
            amount = np.minimum(share * self.claims.owed, np.where(np.isnan(cap), 0.0, cap))
            for wait in quantiles(delay, midpoints(NODES)):
                paid = chance * amount * self.claims.mass * unpaid[rows] / NODES
                self.post(Kind.GUARANTOR, self.month + float(wait), paid)


def pay_estates(
    context: PolicyContext, claims: OpenClaims, terms: Insolvency, last: int, unpaid: np.ndarray
) -> np.ndarray:
    """Return the expected cash after an acceptance, shape (loans, kinds, last + 1).

    Parameters
    ----------
    context
        Policy and loans; its end is the month of the acceptance.
    claims
        Claims that are open then.
    terms
        Terms of the policy.
    last
        Month of the sale, or the horizon.
    unpaid
        As of `Estate.call`.
    """
    estate = Estate(context, claims, terms, last)
    chance = terms.reorganization_probability
    if chance < 1.0:
        estate.liquidate(estate.month, claims.owed, (1.0 - chance) * claims.mass)
    if chance > 0.0:
        estate.reorganize(chance * claims.mass)
    estate.call(unpaid)
    return estate.cash
