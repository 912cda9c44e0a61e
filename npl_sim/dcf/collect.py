"""Collection: expected settlements, cures and partial payments by month.

Accounts on the same terms differ in the willingness of the borrower and in the scenario's
cooperation. Both are integrated. Willingness has Gauss-Legendre nodes between the points at
which something changes. Cooperation has Gauss-Hermite nodes of its running effect.
docs/model.md sections 3 and 4.1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from npl_sim.dcf.collection_effort import CollectionEffort
from npl_sim.dcf.market_moments import Factor, normal_nodes
from npl_sim.dcf.quantile_functions import quantiles
from npl_sim.policy.collection import Collection

COOPERATION_NODES = 7
WILLING_NODES = 8


class Offer(NamedTuple):
    """Offer of a repayment plan."""

    month: int
    offered_share: float
    """Share of borrowers, the most willing ones, who receive the offer."""
    accept: float
    """Probability that it is accepted."""


@dataclass(frozen=True)
class CollectionOutcome:
    """Probabilities of one account until the end of its collection, by month, shape (last + 1,).

    A name that ends in `_paid` is the probability times the share of the first claim paid by
    then. It gives the rest of any claim.
    """

    settled: np.ndarray
    """Settlements in each month."""
    settled_paid: np.ndarray
    cured: np.ndarray
    """Cures in each month."""
    cured_paid: np.ndarray
    paying: np.ndarray
    """Expected partial payments in each month. [share of the first claim]"""
    working: np.ndarray
    """Probability that the account is in collection in each month."""
    left: float
    """Probability that the account is still open at the end."""
    left_paid: float
    shielded: float
    """Part of `left` with a limitation clock restarted by payments or a broken promise."""
    offered: float
    """Probability of an accepted offer."""
    offered_paid: float


@dataclass(frozen=True)
class _Nodes:
    """Accounts that differ in cooperation (first axis) and in willingness (second axis)."""

    weight: np.ndarray
    response: np.ndarray
    payer: np.ndarray
    chosen: np.ndarray
    hazard: np.ndarray
    share: np.ndarray

    def until(self, month: int) -> _Nodes:
        """Return the nodes up to a month."""
        return replace(self, hazard=self.hazard[:, : month + 1], share=self.share[:, : month + 1])


def _bounded(
    pay: np.ndarray, cooperation: Factor, loading: float, deviates: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Return cumulative payments at nodes of cooperation, shape (nodes, months + 1), at most 1.

    The running sum over its mean is bounded at the whole claim. It is then raised until its mean
    over the nodes equals that of the curve, or of the curve under an adverse stress.
    """
    plain = np.concatenate([[0.0], np.cumsum(pay)])
    running = cooperation.running(loading, pay, 1, deviates)
    months = np.flatnonzero(plain > 0.0)
    if not len(months):
        return running
    bound = max(1.0 / plain[-1], 1.0)
    mean = weights @ running
    paid = np.zeros(running.shape)
    for m in months:
        stress = mean[m] / plain[m]
        level = _raised(running[:, m] / mean[m], weights, bound, min(stress, 1.0))
        paid[:, m] = plain[m] * np.minimum(level * max(stress, 1.0), bound)
    return np.minimum(np.maximum.accumulate(paid, axis=1), 1.0)


def _raised(level: np.ndarray, weights: np.ndarray, bound: float, goal: float) -> np.ndarray:
    """Return levels times the factor at which their mean, bounded, meets a goal."""
    order = np.argsort(level)[::-1]
    above = 0.0
    for i, node in enumerate(order):
        rest = order[i:]
        factor = (goal - bound * above) / float(weights[rest] @ level[rest])
        if factor * level[node] <= bound:
            return np.asarray(factor * level)
        above += float(weights[node])
    return np.full(len(level), bound)


def _nodes(
    terms: Collection,
    effort: CollectionEffort,
    cooperation: Factor,
    responsiveness: float,
    offered_share: float,
) -> _Nodes:
    deviates, weights = normal_nodes(COOPERATION_NODES)
    loading = terms.cooperation_loading
    if loading == 0.0 or not cooperation.variance.any():
        deviates, weights = np.zeros(1), np.ones(1)
    hazard = cooperation.running(loading, (effort.settle + effort.cure)[1:], 1, deviates)
    paid = _bounded(effort.pay[1:], cooperation, loading, deviates, weights)
    payers = np.maximum(terms.payer_share, paid[:, -1])
    x, w = np.polynomial.legendre.leggauss(WILLING_NODES)
    x, w = (x + 1.0) / 2.0, w / 2.0
    zero, one = np.zeros_like(payers), np.ones_like(payers)
    points = [zero, np.minimum(payers, 1.0), np.full_like(payers, offered_share), one]
    bounds = np.sort(np.stack(points, axis=1), axis=1)
    width = np.diff(bounds, axis=1)
    u = (bounds[:, :-1, None] + width[:, :, None] * x).reshape(len(payers), -1)
    weight = (width[:, :, None] * w).reshape(len(payers), -1) * weights[:, None]
    response = responsiveness * quantiles(terms.frailty, np.clip(1.0 - u, 1e-12, 1.0 - 1e-12))
    payer = u < payers[:, None]
    return _Nodes(weight, response, payer, u < offered_share, hazard, paid / payers[:, None])


def _by_month(
    terms: Collection, effort: CollectionEffort, nodes: _Nodes, chance: np.ndarray
) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Return sums by month, and the open accounts without and with a broken promise.

    `chance` is the probability of the accounts of each node. The nodes end in the last month.
    """
    promise, last = terms.promise, nodes.hazard.shape[1] - 1
    wait = 0 if promise is None else promise.months
    kept = 1.0 if promise is None else promise.kept_probability
    whole, broken = chance.copy(), np.zeros_like(chance)
    promised = [np.zeros_like(chance) for _ in range(last + wait + 2)]
    names = ("settled", "settled_paid", "cured", "cured_paid", "paying", "working")
    sums = {name: np.zeros(last + 1) for name in names}
    ended = np.zeros_like(chance)
    # Promises that fall due after the last month.
    pending, pending_broken = np.zeros_like(chance), np.zeros_like(chance)
    share = nodes.share[:, None, :] * nodes.payer[:, :, None]
    for m in range(1, last + 1):
        working = chance - ended
        sums["working"][m] = working.sum()
        sums["paying"][m] = (working * (share[:, :, m] - share[:, :, m - 1])).sum()
        total = effort.settle[m] + effort.cure[m]
        event = -np.expm1(-nodes.response * (nodes.hazard[:, m] - nodes.hazard[:, m - 1])[:, None])
        settles = effort.settle[m] / total if total > 0.0 else 0.0
        reacts, reacts_broken = whole * event, broken * event
        whole, broken = whole - reacts, broken - reacts_broken
        cured = (reacts + reacts_broken) * (1.0 - settles)
        settled = (reacts + reacts_broken) * settles
        done = settled
        if promise is not None:
            if m + wait > last:
                pending = pending + reacts * settles
                pending_broken = pending_broken + reacts_broken * settles
            else:
                promised[m + wait] = settled
            done = kept * promised[m]
            broken = broken + (1.0 - kept) * promised[m]
        ended = ended + cured + done
        sums["settled"][m], sums["settled_paid"][m] = done.sum(), (done * share[:, :, m]).sum()
        sums["cured"][m], sums["cured_paid"][m] = cured.sum(), (cured * share[:, :, m]).sum()
    return sums, whole + pending, broken + pending_broken


def collection_outcome(
    terms: Collection,
    effort: CollectionEffort,
    cooperation: Factor,
    responsiveness: float,
    last: int,
    offer: Offer | None,
) -> CollectionOutcome:
    """Return the outcome of collection until month `last`.

    Parameters
    ----------
    terms, effort
        Terms of collection, and the effort on accounts of this age.
    cooperation
        The cooperation factor.
    responsiveness
        Multiplies the hazards.
    last
        Last month of collection.
    offer
        Offer of a plan; none without an offer.
    """
    offered_share = 1.0 if offer is None else offer.offered_share
    nodes = _nodes(terms, effort, cooperation, responsiveness, offered_share).until(last)
    accepted = np.zeros_like(nodes.weight)
    if offer is not None:
        accepted = nodes.weight * nodes.chosen * offer.accept
    sums, whole, broken = _by_month(terms, effort, nodes, nodes.weight - accepted)
    at_end = nodes.payer * nodes.share[:, None, -1]
    left = whole + broken
    shielded = np.where(at_end > 0.0, left, broken).sum()
    offered = offered_paid = 0.0
    if offer is not None:
        month = offer.month
        before, whole, broken = _by_month(terms, effort, nodes.until(month), accepted)
        for name, values in before.items():
            sums[name][: month + 1] += values
        offered = float((whole + broken).sum())
        offered_paid = float(((whole + broken) * nodes.payer * nodes.share[:, None, month]).sum())
    return CollectionOutcome(
        **sums,
        left=float(left.sum()),
        left_paid=float((left * at_end).sum()),
        shielded=float(shielded),
        offered=offered,
        offered_paid=offered_paid,
    )
