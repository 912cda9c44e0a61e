"""Enforcement: its events, and how they meet what is owed. docs/model.md section 4.6."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.accumulator import accrue, is_paid, month_of, owed, pay, post
from npl_sim.kernels.auction import accept, hold_auction, sell
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
    PRESERVATION_STREAM,
)
from npl_sim.kernels.draws import quantile
from npl_sim.kernels.fees import distribute, fee, receive_with_lawyer
from npl_sim.kernels.rng import draw
from npl_sim.kernels.schedule import (
    ACCEPTANCE,
    ASSET,
    AUCTION_SALE,
    GUARANTEE,
    REVIVAL,
    schedule,
)

__all__ = ["enforce"]

ONE = np.uint64(1)


class Matter(NamedTuple):
    """A loan in enforcement, with all that its events need."""

    loan: Any  # record of LOAN
    package: Any
    terms: Any  # record of TERMS
    world: Any
    books: Any
    case: Any  # record of CASE
    trial: Any
    applied: float  # time of the application
    end: int
    slowness: float  # congestion at the application
    base: float  # owed at the application


@compiled
def garnish(matter, month, last, until):
    """Take a share of the debtor's income in the months after `month`, up to `last`, that end before `until`.

    Returns
    -------
    int
        Last month that paid.
    """
    loan, case, terms = matter.loan, matter.case, matter.terms
    amount = terms["garnish_share"] * matter.base
    while month < last and month + 1 < until and not is_paid(case):
        month += 1
        accrue(case, loan["accrual"], float(month))
        due = min(amount, owed(case))
        receive_with_lawyer(
            matter.books, loan["group"], GARNISHMENT, month, due, terms["lawyer_contingent"]
        )
        pay(case, due)
    return month


@compiled
def either(chance, debtors):
    """Return the chance that at least one of the joint debtors meets it."""
    return chance if debtors <= 1 else 1.0 - (1.0 - chance) ** debtors


@compiled
def worth_of_asset(matter, asset, step, coverage, find):
    """Return what an asset class is worth to us when enforcement lays hands on it; 0: nothing was found."""
    t = matter.applied
    frozen_at = matter.case["preserved_at"]
    frozen = False
    secured = exposed = t
    rival = 0.5
    preserved = frozen_at >= 0.0 and asset["find_preserved"] > 0.0
    if preserved or asset["rivals"] > 0.0:
        found, renewal, rival, _ = draw(
            matter.trial, matter.loan["key"], PRESERVATION_STREAM, step
        )
        frozen = preserved and found < asset["find_preserved"]
        if frozen:
            since = min(t, frozen_at)
            again = asset["renewal"]
            kept = math.inf
            if again < 1.0:
                kept = 1.0
                if again > 0.0:
                    kept += math.floor(math.log(renewal) / math.log(again))
            until = since + asset["freeze_months"] * kept
            exposed = since
            if until >= t:
                secured = since
            else:
                # A freeze that ran out has lost its rank.
                exposed += t - until
    if not frozen and find >= asset["find"]:
        return 0.0
    worth = quantile(matter.package.quantiles, asset["coverage"], coverage) * matter.base
    if asset["dissipation"] > 0.0:
        worth *= math.exp(-asset["dissipation"] * exposed)
    if asset["rivals"] > 0.0 and -math.log(rival) < asset["rivals"] * secured:
        worth *= asset["rank_share"]
    return worth


@compiled
def schedule_items(matter, count, on_tape):
    """Schedule the sale, or the acceptance, of each item of collateral; return the number of events."""
    loan, package = matter.loan, matter.package
    for i in range(loan["item_begin"], loan["item_end"]):
        at, what, amount = hold_auction(matter, package.items[i], on_tape)
        if what >= 0:
            count = schedule(matter.world.events, count, at, what, i, amount)
    return count


@compiled
def schedule_guarantors(matter, count):
    """Schedule the payment of each guarantor, as a share of what is owed then; return the number of events."""
    loan, package, terms = matter.loan, matter.package, matter.terms
    for i in range(loan["guarantor_begin"], loan["guarantor_end"]):
        guarantor = package.guarantors[i]
        pays, share, delay, _ = draw(matter.trial, guarantor["key"], GUARANTOR_STREAM, 0)
        if pays < terms["guarantor_pays"] * guarantor["factor"]:
            at = matter.applied + quantile(package.quantiles, terms["guarantor_delay"], delay)
            if month_of(at) <= matter.end:
                part = quantile(package.quantiles, terms["guarantor_share"], share)
                count = schedule(matter.world.events, count, at, GUARANTEE, i, part)
    return count


@compiled
def schedule_assets(matter, count):
    """Schedule the cash of other assets, class by class.

    Returns
    -------
    tuple
        Number of events, and whether anything was found at all.
    """
    loan, package, terms = matter.loan, matter.package, matter.terms
    found = False
    begin = terms["asset_begin"]
    for i in range(begin, terms["asset_end"]):
        asset = package.assets[i]
        present, find, coverage, search = draw(matter.trial, loan["key"], ASSET_STREAM, i - begin)
        if present >= either(asset["present"], loan["debtors"]):
            continue
        worth = worth_of_asset(matter, asset, i - begin, coverage, find)
        if worth > 0.0:
            found = True
            at = matter.applied
            at += quantile(package.quantiles, asset["search"], search) * matter.slowness
            if month_of(at) <= matter.end:
                count = schedule(matter.world.events, count, at, ASSET, i, worth)
    return count, found


@compiled
def schedule_revival(matter, count, searched):
    """Schedule the revival of a case closed at `searched` for want of assets; return the number of events."""
    terms, quantiles = matter.terms, matter.package.quantiles
    revival, delay, share, _ = draw(matter.trial, matter.loan["key"], ENFORCEMENT_STREAM, 1)
    if revival < terms["enforcement_revival"]:
        at = searched + quantile(quantiles, terms["revival_delay"], delay)
        if month_of(at) <= matter.end:
            part = quantile(quantiles, terms["revival_share"], share)
            count = schedule(matter.world.events, count, at, REVIVAL, 0, part)
    return count


@compiled
def happen(matter, event):
    """Let one event meet what is owed at its time; say whether it brought anything."""
    loan, package, case, terms = matter.loan, matter.package, matter.case, matter.terms
    at, what, amount = event["at"], event["what"], event["amount"]
    accrue(case, loan["accrual"], at)
    if what == AUCTION_SALE or what == ACCEPTANCE:
        item = package.items[event["row"]]
        if what == AUCTION_SALE:
            sell(matter, item, at, amount)
        elif not accept(matter, item, at, amount):
            return False
        case["unsold"] &= ~(ONE << np.uint64(event["row"] - loan["item_begin"]))
        return True
    contingent = terms["lawyer_contingent"]
    if what == ASSET:
        court = fee(package.fees[ENFORCING], min(amount, owed(case)))
        distribute(
            matter.books, case, loan["group"], DEFICIENCY, month_of(at),
            amount, 0.0, 0.0, court, np.inf, contingent,
        )  # fmt: skip
        return True
    paid = amount * owed(case)
    kind = DEFICIENCY
    if what == GUARANTEE:
        kind = GUARANTOR
        paid = min(paid, package.guarantors[event["row"]]["cap"])
    receive_with_lawyer(matter.books, loan["group"], kind, month_of(at), paid, contingent)
    pay(case, paid)
    return True


@compiled
def play_out(matter, count, garnished_from):
    """Let events and garnishment happen in order of time until the claim is paid.

    Parameters
    ----------
    matter
        The loan in enforcement; its events are scheduled.
    count
        Number of events.
    garnished_from
        Month after which income is garnished; -1: never.

    Returns
    -------
    float
        Time of the last payment, the time of the application if there is none.
    """
    case, events = matter.case, matter.world.events
    latest = matter.applied
    month = last = garnished_from
    if garnished_from >= 0:
        last = min(matter.end, garnished_from + int(matter.terms["garnish_months"]))
    for i in range(count + 1):
        until = events[i]["at"] if i < count else math.inf
        if month < last:
            before = month
            month = garnish(matter, month, last, until)
            if month > before:
                latest = max(latest, float(month))
        if i == count or is_paid(case):
            break
        if happen(matter, events[i]):
            latest = max(latest, until)
            if is_paid(case):
                break
    return latest


@compiled
def enforce(loan, package, terms, world, books, case, t, end, on_tape, trial):
    """Walk a loan through enforcement: collateral, guarantors, other assets, income, revival."""
    slowness = world.congestion[max(1, month_of(t))]
    if on_tape:
        case["late_from"] = 0.0
    elif terms["lawyer_enforcement"] > 0.0:
        post(books, loan["group"], LAWYER, month_of(t), -terms["lawyer_enforcement"])
    accrue(case, loan["accrual"], t)
    matter = Matter(loan, package, terms, world, books, case, trial, t, end, slowness, owed(case))

    count = 0
    found = False
    if loan["item_begin"] < loan["item_end"]:
        count = schedule_items(matter, count, on_tape)
    if loan["guarantor_begin"] < loan["guarantor_end"] and case["bound"] != 0:
        count = schedule_guarantors(matter, count)
    if terms["asset_begin"] < terms["asset_end"]:
        count, found = schedule_assets(matter, count)
    _, _, search, income = draw(trial, loan["key"], ENFORCEMENT_STREAM, 0)
    searched = t + quantile(package.quantiles, terms["enforcement_search"], search) * slowness
    garnished_from = -1
    if month_of(searched) <= end:
        if (
            income < either(terms["enforcement_garnish"], loan["debtors"])
            and terms["garnish_share"] > 0.0
        ):
            garnished_from = month_of(searched)
        elif not found and terms["enforcement_revival"] > 0.0:
            count = schedule_revival(matter, count, searched)

    latest = play_out(matter, count, garnished_from)
    if is_paid(case):
        return CLOSED, latest
    if month_of(searched) > end:
        return ENFORCEMENT, float(end)
    return DORMANT, max(latest, searched)
