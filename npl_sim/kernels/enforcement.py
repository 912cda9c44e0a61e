"""Performance of a judgment, and enforcement. docs/model.md sections 4.5 and 4.6."""

from __future__ import annotations

import math

import numpy as np

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.auction import sell_items
from npl_sim.kernels.books import accrue, is_paid, month_of, owed, pay
from npl_sim.kernels.codes import (
    CLOSED,
    DEFICIENCY,
    DORMANT,
    ENFORCEMENT,
    ENFORCEMENT_STREAM,
    ENFORCING,
    GARNISHMENT,
    GUARANTOR,
    JUDGED,
    PERFORMANCE,
)
from npl_sim.kernels.draws import quantile
from npl_sim.kernels.fees import distribute, fee, receive_with_lawyer
from npl_sim.kernels.rng import draw

__all__ = ["await_performance", "enforce"]


@compiled
def await_performance(loan, terms, quantiles, books, case, t, end, on_tape, trial):
    """Wait for the debtor to perform the judgment; apply for enforcement if he does not."""
    perform, delay, _, _ = draw(trial, loan["key"], ENFORCEMENT_STREAM, 0)
    if perform < terms["p_perform"]:
        t += quantile(quantiles, terms["q_perform"], delay)
        if month_of(t) > end:
            return JUDGED, float(end)
        accrue(case, loan["accrual"], t)
        amount = owed(case)
        receive_with_lawyer(
            books, loan["group"], PERFORMANCE, month_of(t), amount, terms["lawyer_contingent"]
        )
        return CLOSED, t
    if terms["enforce"] == 0:
        return DORMANT, t
    wait = terms["perform_window"] + terms["apply_delay"]
    late = terms["apply_delay"] > terms["window_months"]
    if on_tape:
        wait = max(0.0, wait - loan["stage_elapsed"])
        late = late or wait > loan["window_left"]
    if late:
        defence, _, _, _ = draw(trial, loan["key"], ENFORCEMENT_STREAM, 3)
        if defence < terms["p_defence"]:
            return DORMANT, t
    if month_of(t + wait) > end:
        return JUDGED, float(end)
    return ENFORCEMENT, t + wait


@compiled
def garnish(loan, terms, books, case, base, start, end):
    """Take a share of the debtor's income month by month; return the last month that paid."""
    amount = terms["garnish_share"] * base
    month = start
    last = min(end, start + int(terms["garnish_months"]))
    while month < last and not is_paid(case):
        month += 1
        accrue(case, loan["accrual"], float(month))
        due = min(amount, owed(case))
        receive_with_lawyer(books, loan["group"], GARNISHMENT, month, due, terms["lawyer_contingent"])
        pay(case, due)
    return month


@compiled
def enforce(loan, package, terms, world, books, case, t, end, on_tape, trial):
    """Walk a loan through enforcement: collateral, guarantor, other assets, income, revival."""
    group = loan["group"]
    contingent = terms["lawyer_contingent"]
    slowness = world.congestion[max(1, month_of(t))]
    accrue(case, loan["accrual"], t)
    base = owed(case)
    latest = t
    if loan["item_begin"] < loan["item_end"]:
        latest = max(
            latest,
            sell_items(loan, package, world, books, case, t, end, contingent, slowness, on_tape, trial),
        )
        if is_paid(case):
            return CLOSED, latest

    _, _, find, coverage = draw(trial, loan["key"], ENFORCEMENT_STREAM, 0)
    search, income, guarantor, guarantor_share = draw(trial, loan["key"], ENFORCEMENT_STREAM, 1)
    guarantor_delay, revival, revival_delay, revival_share = draw(trial, loan["key"], ENFORCEMENT_STREAM, 2)

    if loan["guaranteed"] != 0 and case["bound"] != 0 and guarantor < terms["p_guarantor"]:
        paid_at = t + quantile(package.quantiles, terms["q_guarantor_delay"], guarantor_delay)
        if month_of(paid_at) <= end:
            accrue(case, loan["accrual"], paid_at)
            share = quantile(package.quantiles, terms["q_guarantor_share"], guarantor_share)
            amount = min(share * owed(case), loan["guarantee_cap"])
            receive_with_lawyer(books, group, GUARANTOR, month_of(paid_at), amount, contingent)
            pay(case, amount)
            latest = max(latest, paid_at)
            if is_paid(case):
                return CLOSED, latest

    searched = t + quantile(package.quantiles, terms["q_search"], search) * slowness
    month = month_of(searched)
    if month > end:
        return ENFORCEMENT, float(end)
    latest = max(latest, searched)
    frozen = case["preserved_at"] >= 0.0
    assets = 0.0
    if frozen or find < terms["p_find"]:
        exposed = case["preserved_at"] + max(0.0, t - case["frozen_until"]) if frozen else t
        assets = quantile(package.quantiles, terms["q_coverage"], coverage) * base
        assets *= math.exp(-terms["dissipation"] * exposed)
    if assets > 0.0:
        accrue(case, loan["accrual"], searched)
        court = fee(package.fees[ENFORCING], min(assets, owed(case)))
        distribute(books, case, group, DEFICIENCY, month, assets, 0.0, 0.0, court, np.inf, contingent)
        if is_paid(case):
            return CLOSED, latest
    garnished = income < terms["p_garnish"] and terms["garnish_share"] > 0.0
    if garnished:
        accrue(case, loan["accrual"], searched)
        last = garnish(loan, terms, books, case, base, month, end)
        latest = max(latest, float(last))
    elif assets == 0.0 and revival < terms["p_revival"]:
        revived = searched + quantile(package.quantiles, terms["q_revival_delay"], revival_delay)
        if month_of(revived) <= end:
            accrue(case, loan["accrual"], revived)
            amount = quantile(package.quantiles, terms["q_revival_share"], revival_share) * owed(case)
            receive_with_lawyer(books, group, DEFICIENCY, month_of(revived), amount, contingent)
            pay(case, amount)
            latest = max(latest, revived)
    return (CLOSED if is_paid(case) else DORMANT), latest
