"""Collection: expected settlements, cures and partial payments by month. docs/model.md sections 3 and 4.1.

Two things differ between accounts on the same terms: how willing the borrower is, and the world's
cooperation. Both are integrated: willingness by Gauss-Legendre nodes between the points at which
something changes, cooperation by Gauss-Hermite nodes of its running effect.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from npl_sim.dcf.market_moments import Factor, normal_nodes
from npl_sim.dcf.quantile_functions import quantiles
from npl_sim.policy.collection import AgeBands, Agency, Channel, Collection, RecoveryCurve

__all__ = ["Collected", "Effort", "collected", "effort"]

COOPERATION_NODES = 7
WILLING_NODES = 8


@dataclass(frozen=True)
class Effort:
    """What is done to accounts of one age, by month; month 0 is empty."""

    settle: np.ndarray
    cure: np.ndarray
    pay: np.ndarray
    commission: np.ndarray
    cost: np.ndarray
    discount: np.ndarray
    reach: float
    last: int


def _at_work(words: Collection, month: int) -> tuple[tuple[Channel, ...], Agency | None]:
    for agency in words.agencies:
        if 0 < month - agency.from_month <= agency.months:
            return agency.channels, agency
    return words.channels, None


def _banded(commission: float | AgeBands, age: float) -> float:
    if not isinstance(commission, AgeBands):
        return commission
    share = 0.0
    for begin, value in zip(commission.from_age, commission.shares, strict=True):
        share = value if begin <= age else share
    return share


def _curve(words: RecoveryCurve, age: float, months: np.ndarray) -> np.ndarray:
    x, y = [0, *words.months], [0.0, *words.cumulative]
    if words.months[0] == 0:
        x, y = x[1:], y[1:]
    if words.clock == "valuation":
        level = np.interp(months, x, y)
    else:
        already = float(np.interp(age, x, y))
        level = np.zeros(len(months))
        if already < 1.0:
            level = (np.interp(age + months, x, y) - already) / (1.0 - already)
    return np.asarray(np.diff(level, prepend=0.0))


def effort(words: Collection, age: float, horizon: int) -> Effort:
    """Return the tables of one age.

    Parameters
    ----------
    words
        Terms of collection.
    age
        Whole months since default at the valuation date. [months]
    horizon
        Last month.
    """
    last = min(words.months, horizon)
    months = np.arange(horizon + 1.0)
    settle, cure, rate, commission, cost = (np.zeros(horizon + 1) for _ in range(5))
    reach = 0.0
    for m in range(1, last + 1):
        channels, agency = _at_work(words, m)
        settle[m], cure[m], rate[m] = words.settle_hazard, words.cure_hazard, words.payment_rate
        reach += words.reach_hazard
        for channel in channels:
            heard = channel.contacts_per_month**channel.diminishing
            kept = (
                1.0 if channel.half_life is None else 2.0 ** (-(age + m - 0.5) / channel.half_life)
            )
            settle[m] += channel.settle_per_contact * heard * kept
            cure[m] += channel.cure_per_contact * heard * kept
            rate[m] += channel.pay_per_contact * heard * kept
            cost[m] += channel.cost_per_contact * channel.contacts_per_month
            reach += channel.reach_per_contact * heard
        if agency is not None:
            commission[m] = _banded(agency.commission, age + m - 0.5)
            cost[m] += agency.monthly_fee
    if words.curve is None:
        pay = -np.diff(np.exp(-np.cumsum(rate)), prepend=1.0)
    else:
        pay = np.where(months <= last, _curve(words.curve, age, months), 0.0)
    table = words.settlement_discount
    discount = np.interp(age + months, table.ages, table.shares)
    return Effort(
        settle, cure, pay, commission, cost, discount, reach / last if last else 0.0, last
    )


@dataclass(frozen=True)
class Collected:
    """Probabilities of one account until the end of its collection, by month, shape (e + 1,) each.

    A name that ends in `_paid` is the probability times the share of the first claim that the account has
    paid by then, so that what is left of any claim follows.

    Attributes
    ----------
    settled, settled_paid, cured, cured_paid
        Settlements and cures in each month.
    paying
        Expected partial payments in each month, share of the first claim.
    working
        Probability that the account is worked in each month.
    left, left_paid
        Nothing ended it by `e`, shape ().
    shielded
        The part of `left` whose clock partial payments or a broken promise keep running, shape ().
    offered, offered_paid
        An offer was accepted, shape ().
    """

    settled: np.ndarray
    settled_paid: np.ndarray
    cured: np.ndarray
    cured_paid: np.ndarray
    paying: np.ndarray
    working: np.ndarray
    left: float
    left_paid: float
    shielded: float
    offered: float
    offered_paid: float


@dataclass(frozen=True)
class _Nodes:
    """Accounts that differ in willingness (second axis) and in the world's cooperation (first axis)."""

    weight: np.ndarray
    response: np.ndarray
    payer: np.ndarray
    chosen: np.ndarray
    hazard: np.ndarray
    share: np.ndarray


def _bounded(
    pay: np.ndarray, cooperation: Factor, loading: float, deviates: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Return what has been paid by month at nodes of cooperation, shape (nodes, months + 1), at most the whole.

    The running sum over its mean is bounded where the whole claim is paid, and raised until the mean over the
    nodes is that of the curve, or of the curve under an adverse stress.
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
        level = _raised(running[:, m] / mean[m], weights, bound, min(stress, 1.0)) * max(
            stress, 1.0
        )
        paid[:, m] = plain[m] * np.minimum(level, bound)
    return np.minimum(np.maximum.accumulate(paid, axis=1), 1.0)


def _raised(level: np.ndarray, weights: np.ndarray, bound: float, goal: float) -> np.ndarray:
    """Return levels times the factor at which their mean, each counted up to the bound, meets a goal."""
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
    words: Collection,
    table: Effort,
    cooperation: Factor,
    responsiveness: float,
    most_willing: float,
    e: int,
) -> _Nodes:
    deviates, weights = normal_nodes(COOPERATION_NODES)
    loading = words.cooperation_loading
    if loading == 0.0 or not cooperation.variance.any():
        deviates, weights = np.zeros(1), np.ones(1)
    hazard = cooperation.running(loading, (table.settle + table.cure)[1:], 1, deviates)
    paid = _bounded(table.pay[1:], cooperation, loading, deviates, weights)
    payers = np.maximum(words.payer_share, paid[:, -1])
    x, w = np.polynomial.legendre.leggauss(WILLING_NODES)
    x, w = (x + 1.0) / 2.0, w / 2.0
    bounds = np.sort(np.stack([np.zeros_like(payers), np.minimum(payers, 1.0), np.full_like(payers, most_willing),
                               np.ones_like(payers)], axis=1), axis=1)  # fmt: skip
    width = np.diff(bounds, axis=1)
    u = (bounds[:, :-1, None] + width[:, :, None] * x).reshape(len(payers), -1)
    weight = (width[:, :, None] * w).reshape(len(payers), -1) * weights[:, None]
    response = responsiveness * quantiles(words.frailty, np.clip(1.0 - u, 1e-12, 1.0 - 1e-12))
    payer = u < payers[:, None]
    return _Nodes(
        weight,
        response,
        payer,
        u < most_willing,
        hazard[:, : e + 1],
        paid[:, : e + 1] / payers[:, None],
    )


def _hunt(
    words: Collection, table: Effort, nodes: _Nodes, chance: np.ndarray, e: int
) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Follow accounts month by month to `e`; return sums by month, and who is left without and with a broken promise.

    `chance` is the probability with which each node's accounts come along.
    """
    promise = words.promise
    wait = 0 if promise is None else promise.months
    kept = 1.0 if promise is None else promise.kept
    whole, broken = chance.copy(), np.zeros_like(chance)
    promised = [np.zeros_like(chance) for _ in range(e + wait + 2)]
    names = ("settled", "settled_paid", "cured", "cured_paid", "paying", "working")
    sums = {name: np.zeros(e + 1) for name in names}
    ended = np.zeros_like(chance)
    unheard = np.zeros_like(chance)
    unheard_broken = np.zeros_like(chance)
    share = nodes.share[:, None, :] * nodes.payer[:, :, None]
    for m in range(1, e + 1):
        working = chance - ended
        sums["working"][m] = working.sum()
        sums["paying"][m] = (working * (share[:, :, m] - share[:, :, m - 1])).sum()
        total = table.settle[m] + table.cure[m]
        event = -np.expm1(-nodes.response * (nodes.hazard[:, m] - nodes.hazard[:, m - 1])[:, None])
        settles = table.settle[m] / total if total > 0.0 else 0.0
        asked, asked_broken = whole * event, broken * event
        whole, broken = whole - asked, broken - asked_broken
        cured = (asked + asked_broken) * (1.0 - settles)
        settled = (asked + asked_broken) * settles
        if promise is None:
            done = settled
        elif m + wait > e:
            unheard, unheard_broken = (
                unheard + asked * settles,
                unheard_broken + asked_broken * settles,
            )
            done = np.zeros_like(chance)
        else:
            promised[m + wait] = settled
            done = np.zeros_like(chance)
        if promise is not None:
            done = done + kept * promised[m]
            broken = broken + (1.0 - kept) * promised[m]
        ended = ended + cured + done
        sums["settled"][m], sums["settled_paid"][m] = done.sum(), (done * share[:, :, m]).sum()
        sums["cured"][m], sums["cured_paid"][m] = cured.sum(), (cured * share[:, :, m]).sum()
    return sums, whole + unheard, broken + unheard_broken


def collected(
    words: Collection,
    table: Effort,
    cooperation: Factor,
    responsiveness: float,
    e: int,
    offer: tuple[int, float, float] | None,
) -> Collected:
    """Return what collection brings until month `e`.

    Parameters
    ----------
    words, table
        Terms, and what is done to accounts of this age.
    cooperation
        The factor.
    responsiveness
        Multiplies the hazards.
    e
        Last month of collection.
    offer
        Month of an offer, share of borrowers to whom it is made, probability that it is accepted; none: no offer.
    """
    most_willing = 1.0 if offer is None else offer[1]
    nodes = _nodes(words, table, cooperation, responsiveness, most_willing, e)
    accepted = (
        np.zeros_like(nodes.weight) if offer is None else nodes.weight * nodes.chosen * offer[2]
    )
    sums, whole, broken = _hunt(words, table, nodes, nodes.weight - accepted, e)
    at_end = nodes.payer * nodes.share[:, None, -1]
    left = whole + broken
    shielded = np.where(at_end > 0.0, left, broken).sum()
    offered = offered_paid = 0.0
    if offer is not None:
        month = offer[0]
        early = _Nodes(
            **{
                **vars(nodes),
                "hazard": nodes.hazard[:, : month + 1],
                "share": nodes.share[:, : month + 1],
            }
        )
        before, whole, broken = _hunt(words, table, early, accepted, month)
        for name, values in before.items():
            sums[name][: month + 1] += values
        offered = float((whole + broken).sum())
        offered_paid = float(((whole + broken) * nodes.payer * nodes.share[:, None, month]).sum())
    return Collected(
        **sums,
        left=float(left.sum()),
        left_paid=float((left * at_end).sum()),
        shielded=float(shielded),
        offered=offered,
        offered_paid=offered_paid,
    )
