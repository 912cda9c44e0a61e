"""Enforcement: events applied in order of time to the amount owed. docs/model.md 4.6."""

from __future__ import annotations

import math

import numpy as np

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.accumulator import accrue, is_paid, month_of, owed, pay, post
from npl_sim.kernels.assets import either, value_of_asset
from npl_sim.kernels.auction import Enforcement, accept, hold_auction, sell
from npl_sim.kernels.codes import (
    ASSET_STREAM,
    CLOSED,
    DEFICIENCY,
    DORMANT,
    ENFORCEMENT,
    ENFORCEMENT_STREAM,
    ENFORCING,
    GARNISHMENT,
    GUARANTOR,
    GUARANTOR_STREAM,
    LAWYER,
)
from npl_sim.kernels.draws import quantile
from npl_sim.kernels.fees import Costs, distribute, fee, receive_with_lawyer
from npl_sim.kernels.rng import draw
from npl_sim.kernels.schedule import (
    ACCEPTANCE,
    ASSET,
    AUCTION_SALE,
    GUARANTEE,
    REVIVAL,
    schedule,
)

ONE = np.uint64(1)


@compiled
def garnish(enforcement, month, last, until):
    """Garnish the debtor's income in the months after `month` that end before `until`.

    Returns
    -------
    int
        Last month that paid. It is at most `last`.
    """
    path, state = enforcement.path, enforcement.path.state
    amount = path.terms["garnishment_share"] * enforcement.base
    while month < last and month + 1 < until and not is_paid(state):
        month += 1
        accrue(path, float(month))
        due = min(amount, owed(state))
        receive_with_lawyer(path, GARNISHMENT, month, due)
        pay(state, due)
    return month


@compiled
def schedule_items(enforcement, count, on_tape):
    """Schedule the sale or acceptance of each collateral item. Return the number of events."""
    path = enforcement.path
    for i in range(path.loan["item_begin"], path.loan["item_end"]):
        at, what, amount = hold_auction(enforcement, path.package.items[i], on_tape)
        if what >= 0:
            count = schedule(path.scenario.events, count, at, what, i, amount)
    return count


@compiled
def schedule_guarantors(enforcement, count):
    """Schedule the payment of each guarantor, as a share of the amount owed at that time.

    Return the number of events.
    """
    path = enforcement.path
    loan, package, terms = path.loan, path.package, path.terms
    for i in range(loan["guarantor_begin"], loan["guarantor_end"]):
        guarantor = package.guarantors[i]
        pays, share, delay, _ = draw(path.replicate, guarantor["key"], GUARANTOR_STREAM, 0)
        if pays < terms["guarantor_payment_probability"] * guarantor["factor"]:
            wait = quantile(package.quantiles, terms["guarantor_delay"], delay)
            at = enforcement.applied + wait
            if month_of(at) <= path.end:
                part = quantile(package.quantiles, terms["guarantor_share"], share)
                count = schedule(path.scenario.events, count, at, GUARANTEE, i, part)
    return count


@compiled
def schedule_assets(enforcement, count):
    """Schedule the cash of other assets, class by class.

    Returns
    -------
    tuple
        Number of events, and whether any asset was found.
    """
    path = enforcement.path
    loan, package, begin = path.loan, path.package, path.terms["asset_begin"]
    any_found = False
    for i in range(begin, path.terms["asset_end"]):
        asset = package.assets[i]
        present, find, coverage, search = draw(
            path.replicate, loan["key"], ASSET_STREAM, i - begin
        )
        if present >= either(asset["ownership_probability"], loan["debtors"]):
            continue
        value = value_of_asset(enforcement, asset, i - begin, coverage, find)
        if value > 0.0:
            any_found = True
            at = enforcement.applied
            at += (
                quantile(package.quantiles, asset["realization_duration"], search)
                * enforcement.slowness
            )
            if month_of(at) <= path.end:
                count = schedule(path.scenario.events, count, at, ASSET, i, value)
    return count, any_found


@compiled
def schedule_revival(path, count, searched):
    """Schedule the resumption of an enforcement terminated at `searched` for lack of assets.

    Return the number of events.
    """
    terms, quantiles = path.terms, path.package.quantiles
    revival, delay, share, _ = draw(path.replicate, path.loan["key"], ENFORCEMENT_STREAM, 1)
    if revival < terms["resumption_probability"]:
        at = searched + quantile(quantiles, terms["resumption_delay"], delay)
        if month_of(at) <= path.end:
            part = quantile(quantiles, terms["resumption_share"], share)
            count = schedule(path.scenario.events, count, at, REVIVAL, 0, part)
    return count


@compiled
def apply_event(path, event):
    """Apply one event to the amount owed at its time. Return whether it had an effect."""
    package, state = path.package, path.state
    at, what, amount = event["at"], event["what"], event["amount"]
    accrue(path, at)
    if what == AUCTION_SALE or what == ACCEPTANCE:
        item = package.items[event["row"]]
        if what == AUCTION_SALE:
            sell(path, item, at, amount)
        elif not accept(path, item, at, amount):
            return False
        state["unsold"] &= ~(ONE << np.uint64(event["row"] - path.loan["item_begin"]))
        return True
    if what == ASSET:
        court = fee(package.fees[ENFORCING], min(amount, owed(state)))
        distribute(path, DEFICIENCY, month_of(at), amount, Costs(0.0, 0.0, court), np.inf)
        return True
    paid = amount * owed(state)
    kind = DEFICIENCY
    if what == GUARANTEE:
        kind = GUARANTOR
        paid = min(paid, package.guarantors[event["row"]]["cap"])
    receive_with_lawyer(path, kind, month_of(at), paid)
    pay(state, paid)
    return True


@compiled
def apply_events(enforcement, count, garnished_from):
    """Apply events and garnishment in order of time until the claim is paid.

    Parameters
    ----------
    enforcement
        The enforcement. Its events are scheduled.
    count
        Number of events.
    garnished_from
        Month after which income is garnished; -1 for never.

    Returns
    -------
    float
        Time of the last payment. It is the time of the application if there is none.
    """
    path = enforcement.path
    events = path.scenario.events
    latest = enforcement.applied
    month = last = garnished_from
    if garnished_from >= 0:
        last = min(path.end, garnished_from + int(path.terms["garnishment_months"]))
    for i in range(count + 1):
        until = events[i]["at"] if i < count else math.inf
        if month < last:
            before = month
            month = garnish(enforcement, month, last, until)
            if month > before:
                latest = max(latest, float(month))
        if i == count or is_paid(path.state):
            break
        if apply_event(path, events[i]):
            latest = max(latest, until)
            if is_paid(path.state):
                break
    return latest


@compiled
def schedule_all(enforcement, on_tape, searched):
    """Schedule the events of an enforcement whose search for assets ends at `searched`.

    Returns
    -------
    tuple
        Number of events, and the month after which income is garnished (-1 for never).
    """
    path, count, found = enforcement.path, 0, False
    loan, terms = path.loan, path.terms
    if loan["item_begin"] < loan["item_end"]:
        count = schedule_items(enforcement, count, on_tape)
    if loan["guarantor_begin"] < loan["guarantor_end"] and path.state["guarantor_liable"] != 0:
        count = schedule_guarantors(enforcement, count)
    if terms["asset_begin"] < terms["asset_end"]:
        count, found = schedule_assets(enforcement, count)
    if month_of(searched) > path.end:
        return count, -1
    _, _, _, income = draw(path.replicate, loan["key"], ENFORCEMENT_STREAM, 0)
    chance = either(terms["garnishment_probability"], loan["debtors"])
    if income < chance and terms["garnishment_share"] > 0.0:
        return count, month_of(searched)
    if not found and terms["resumption_probability"] > 0.0:
        count = schedule_revival(path, count, searched)
    return count, -1


@compiled
def enforce(path, t, on_tape):
    """Simulate enforcement: collateral, guarantors, other assets, income, resumption.

    Returns
    -------
    tuple
        Next stage and its time [months].
    """
    state, terms = path.state, path.terms
    slowness = path.scenario.congestion[max(1, month_of(t))]
    if on_tape:
        state["default_interest_from"] = 0.0
    elif terms["lawyer_enforcement_fee"] > 0.0:
        post(path, LAWYER, month_of(t), -terms["lawyer_enforcement_fee"])
    accrue(path, t)
    enforcement = Enforcement(path, t, slowness, owed(state))
    _, _, search, _ = draw(path.replicate, path.loan["key"], ENFORCEMENT_STREAM, 0)
    months = quantile(path.package.quantiles, terms["search_duration"], search)
    searched = t + months * slowness
    count, garnished_from = schedule_all(enforcement, on_tape, searched)
    latest = apply_events(enforcement, count, garnished_from)
    if is_paid(state):
        return CLOSED, latest
    if month_of(searched) > path.end:
        return ENFORCEMENT, float(path.end)
    return DORMANT, max(latest, searched)
