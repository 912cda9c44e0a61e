"""Enforcement: collateral, guarantors, other assets, income, in order of time. docs/model.md section 4.6.

Claims whose income is garnished are followed apart from the others, for they meet every later payment with
less left. Of each claim the payments come in the order of their mean times, and garnishment pays in between.
"""

from __future__ import annotations

import numpy as np

from npl_sim.core.layout import Kind
from npl_sim.dcf.context import Claims, Desk
from npl_sim.dcf.grid import Times, by_month, then
from npl_sim.dcf.payments import Payments, auctioned

__all__ = ["enforce"]


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
    words, count = desk.enforcement, len(claims.rows)
    if count == 0 or not (applied.mass > 0.0).any():
        return
    if elapsed is None and desk.litigation.lawyer_enforcement:
        desk.post(
            Kind.LAWYER, claims.rows, -desk.litigation.lawyer_enforcement * by_month(applied)
        )
    garnished = np.zeros(count)
    if words.garnish_share > 0.0:
        garnished = 1.0 - (1.0 - words.garnish) ** desk.loans.debtors[claims.rows]
    for chance, taken in ((garnished, True), (1.0 - garnished, False)):
        here = chance > 0.0
        if not here.any():
            continue
        part = Times(applied.mass[here] * chance[here, None], applied.smooth)
        since = None if elapsed is None else elapsed[here]
        _follow(desk, claims.take(here), part, bound, frozen[here], since, taken)


def _follow(
    desk: Desk,
    claims: Claims,
    applied: Times,
    bound: bool,
    frozen: np.ndarray,
    elapsed: np.ndarray | None,
    garnished: bool,
) -> None:
    """Follow claims whose income is garnished, or claims whose income is not, each in its own order of time."""
    items = np.array([_item_time(desk, claims, elapsed, slot) for slot in range(desk.items.most)])
    items = items.reshape(desk.items.most, len(claims.rows))
    orders, which = np.unique(
        np.argsort(items, axis=0, kind="stable").T, axis=0, return_inverse=True
    )
    for n, order in enumerate(orders):
        here = which.reshape(-1) == n
        since = None if elapsed is None else elapsed[here]
        own = Times(applied.mass[here], applied.smooth)
        run = Payments(desk, claims.take(here), own, frozen[here], since, garnished)
        run.follow(order, items[order][:, here], _steps(desk, bound, garnished))


def _item_time(desk: Desk, claims: Claims, elapsed: np.ndarray | None, slot: int) -> np.ndarray:
    """Return the mean time from the application to an item's auction; infinite where there is none. [months]"""
    names = desk.items.terms[claims.rows, slot]
    after = np.full(len(claims.rows), np.inf)
    for name in sorted(set(names) - {""}):
        here = names == name
        since = None if elapsed is None else elapsed[here]
        after[here] = auctioned(desk, name, int(here.sum()), since).mean
    return after


def _steps(desk: Desk, bound: bool, garnished: bool) -> list[tuple[str, int, Times]]:
    """Return what may be paid besides items and income, with the time from the application, in order of time."""
    words = desk.enforcement

    def after(duration: object) -> Times:
        return desk.durations(duration, None, 1)

    steps = []
    if bound:
        steps += [
            ("guarantor", k, after(words.guarantor_delay))
            for k in range(desk.backers.cap.shape[1])
        ]
    steps += [("asset", k, after(asset.search)) for k, asset in enumerate(words.assets)]
    if not garnished and words.revival > 0.0:
        steps.append(("revival", 0, then(after(words.search), after(words.revival_delay))))
    return sorted(steps, key=lambda step: float(step[2].mean[0]))
