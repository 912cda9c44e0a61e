"""Enforcement: collateral, guarantors, other assets and income, in order of time.

Claims with garnished income are computed apart from the others, for they have less left at every
later payment. The payments on a claim come in the order of their mean times, with garnishment in
between. docs/model.md section 4.6.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from npl_sim.core.layout import Kind
from npl_sim.dcf.auction_rounds import auctioned
from npl_sim.dcf.context import Claims, PolicyContext
from npl_sim.dcf.filing import Title
from npl_sim.dcf.grid import Times, by_month, convolve
from npl_sim.dcf.payments import Payments


def enforce(context: PolicyContext, title: Title, elapsed: np.ndarray | None) -> None:
    """Post the cash of enforcement from the application on.

    Parameters
    ----------
    context
        Policy and loans.
    title
        Claims as judged, with the times of the application.
    elapsed
        Time since the application of loans in enforcement on the tape; none for later
        applications. [months]
    """
    terms, claims, applied = context.enforcement, title.claims, title.times
    count = len(claims.rows)
    if count == 0 or not (applied.mass > 0.0).any():
        return
    lawyer = context.litigation.lawyer_enforcement_fee
    if elapsed is None and lawyer:
        context.post(Kind.LAWYER, claims.rows, -lawyer * by_month(applied))
    garnished = np.zeros(count)
    if terms.garnishment_share > 0.0:
        garnished = (
            1.0 - (1.0 - terms.garnishment_probability) ** context.loans.debtors[claims.rows]
        )
    for chance, with_garnishment in ((garnished, True), (1.0 - garnished, False)):
        here = chance > 0.0
        if not here.any():
            continue
        part = title.take(here)
        times = Times(part.times.mass * chance[here, None], applied.smooth)
        since = None if elapsed is None else elapsed[here]
        _pay_in_order(context, replace(part, times=times), since, with_garnishment)


def _pay_in_order(
    context: PolicyContext, title: Title, elapsed: np.ndarray | None, garnished: bool
) -> None:
    """Post the payments on claims, grouped by the order of their items' auctions."""
    count, slots = len(title.claims.rows), range(context.items.most)
    items = np.array([_item_time(context, title.claims, elapsed, slot) for slot in slots])
    items = items.reshape(context.items.most, count)
    orders, which = np.unique(
        np.argsort(items, axis=0, kind="stable").T, axis=0, return_inverse=True
    )
    steps = _steps(context, title.bound, garnished)
    for n, order in enumerate(orders):
        here = which.reshape(-1) == n
        since = None if elapsed is None else elapsed[here]
        payments = Payments(context, title.take(here), since, garnished)
        payments.follow(order, items[order][:, here], steps)


def _item_time(
    context: PolicyContext, claims: Claims, elapsed: np.ndarray | None, slot: int
) -> np.ndarray:
    """Return the mean time from application to an item's auction; inf without one. [months]"""
    names = context.items.terms[claims.rows, slot]
    after = np.full(len(claims.rows), np.inf)
    for name in sorted(set(names) - {""}):
        here = names == name
        since = None if elapsed is None else elapsed[here]
        after[here] = auctioned(context, name, int(here.sum()), since).mean
    return after


def _steps(context: PolicyContext, bound: bool, garnished: bool) -> list[tuple[str, int, Times]]:
    """Return other payments than items and income, in order of their mean time."""
    terms = context.enforcement

    def after(duration: object) -> Times:
        return context.durations(duration, None, 1)

    steps = []
    if bound:
        steps += [
            ("guarantor", k, after(terms.guarantor_delay))
            for k in range(context.guarantors.cap.shape[1])
        ]
    steps += [
        ("asset", k, after(asset.realization_duration)) for k, asset in enumerate(terms.assets)
    ]
    if not garnished and terms.resumption_probability > 0.0:
        steps.append(
            ("revival", 0, convolve(after(terms.search_duration), after(terms.resumption_delay)))
        )
    return sorted(steps, key=lambda step: float(step[2].mean[0]))
