"""Performance of a judgment, and enforcement. docs/model.md sections 4.5 and 4.6."""

from __future__ import annotations

import math

import numpy as np

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.auction import sell_items
from npl_sim.kernels.books import accrue, is_paid, month_of, owed, pay, post
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
    JUDGED,
    LAWYER,
    PERFORMANCE,
    PRESERVATION_STREAM,
)
from npl_sim.kernels.draws import quantile
from npl_sim.kernels.fees import distribute, fee, receive_with_lawyer
from npl_sim.kernels.rng import draw

__all__ = ["await_performance", "enforce"]


@compiled
def await_performance(loan, terms, quantiles, books, case, t, end, on_tape, trial):
    """Wait for the debtor to perform the judgment; apply for enforcement if he does not."""
    perform, delay, _, _ = draw(trial, loan["key"], ENFORCEMENT_STREAM, 0)
    chance = terms["p_perform"]
    spent = 0.0
    if on_tape:
        # He has not performed yet: the longer that lasts, the less he will.
        gone = loan["elapsed_probability"]
        spent = loan["stage_elapsed"]
        if gone > 0.0:
            chance *= (1.0 - gone) / (1.0 - gone * chance)
            delay = gone + delay * (1.0 - gone)
    case["late_from"] = t + max(0.0, terms["perform_window"] - spent)
    if perform < chance:
        t += max(0.0, quantile(quantiles, terms["q_perform"], delay) - spent)
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
        wait = max(0.0, wait - spent)
        late = late or wait > loan["window_left"]
    if late:
        _, _, _, defence = draw(trial, loan["key"], ENFORCEMENT_STREAM, 1)
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
def either(chance, debtors):
    """Return the chance that at least one of the joint debtors meets it."""
    return chance if debtors <= 1 else 1.0 - (1.0 - chance) ** debtors


@compiled
def call_guarantors(loan, package, terms, books, case, t, end, trial):
    """Call the guarantors one after another; return the time of the last payment, `t` if there is none."""
    latest = t
    for i in range(loan["guarantor_begin"], loan["guarantor_end"]):
        if i > loan["guarantor_begin"] and is_paid(case):
            break
        guarantor = package.guarantors[i]
        pays, share, delay, _ = draw(trial, guarantor["key"], GUARANTOR_STREAM, 0)
        if pays < terms["p_guarantor"] * guarantor["factor"]:
            paid_at = t + quantile(package.quantiles, terms["q_guarantor_delay"], delay)
            if month_of(paid_at) <= end:
                accrue(case, loan["accrual"], paid_at)
                part = quantile(package.quantiles, terms["q_guarantor_share"], share)
                amount = min(part * owed(case), guarantor["cap"])
                receive_with_lawyer(
                    books, loan["group"], GUARANTOR, month_of(paid_at), amount, terms["lawyer_contingent"]
                )
                pay(case, amount)
                latest = max(latest, paid_at)
    return latest


@compiled
def worth_of_asset(loan, package, asset, step, case, base, t, coverage, find, trial):
    """Return what an asset class is worth to us when enforcement lays hands on it; 0: nothing was found."""
    frozen = False
    secured = exposed = t
    rival = 0.5
    preserved = case["preserved_at"] >= 0.0 and asset["p_find_preserved"] > 0.0
    if preserved or asset["rivals"] > 0.0:
        found, renewal, rival, _ = draw(trial, loan["key"], PRESERVATION_STREAM, step)
        frozen = preserved and found < asset["p_find_preserved"]
        if frozen:
            since = min(t, case["preserved_at"])
            again = asset["p_renewal"]
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
    if not frozen and find >= asset["p_find"]:
        return 0.0
    worth = quantile(package.quantiles, asset["q_coverage"], coverage) * base
    if asset["dissipation"] > 0.0:
        worth *= math.exp(-asset["dissipation"] * exposed)
    if asset["rivals"] > 0.0 and -math.log(rival) < asset["rivals"] * secured:
        worth *= asset["rank_share"]
    return worth


@compiled
def take_assets(loan, package, terms, books, case, base, t, end, slowness, trial):
    """Turn other assets into cash, class by class.

    Returns
    -------
    tuple
        Time of the last receipt, `t` if there is none; and whether anything was found at all.
    """
    latest = t
    found = False
    begin = terms["asset_begin"]
    for i in range(begin, terms["asset_end"]):
        if is_paid(case):
            break
        asset = package.assets[i]
        present, find, coverage, search = draw(trial, loan["key"], ASSET_STREAM, i - begin)
        if present >= either(asset["p_present"], loan["debtors"]):
            continue
        worth = worth_of_asset(loan, package, asset, i - begin, case, base, t, coverage, find, trial)
        if worth > 0.0:
            found = True
            at = t + quantile(package.quantiles, asset["q_search"], search) * slowness
            month = month_of(at)
            if month <= end:
                accrue(case, loan["accrual"], at)
                court = fee(package.fees[ENFORCING], min(worth, owed(case)))
                distribute(
                    books,
                    case,
                    loan["group"],
                    DEFICIENCY,
                    month,
                    worth,
                    0.0,
                    0.0,
                    court,
                    np.inf,
                    terms["lawyer_contingent"],
                )
                latest = max(latest, at)
    return latest, found


@compiled
def enforce(loan, package, terms, world, books, case, t, end, on_tape, trial):
    """Walk a loan through enforcement: collateral, guarantors, other assets, income, revival."""
    group = loan["group"]
    contingent = terms["lawyer_contingent"]
    slowness = world.congestion[max(1, month_of(t))]
    if on_tape:
        case["late_from"] = 0.0
    elif terms["lawyer_enforcement"] > 0.0:
        post(books, group, LAWYER, month_of(t), -terms["lawyer_enforcement"])
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
    if loan["guarantor_begin"] < loan["guarantor_end"] and case["bound"] != 0:
        latest = max(latest, call_guarantors(loan, package, terms, books, case, t, end, trial))
        if is_paid(case):
            return CLOSED, latest
    found = False
    if terms["asset_begin"] < terms["asset_end"]:
        at, found = take_assets(loan, package, terms, books, case, base, t, end, slowness, trial)
        latest = max(latest, at)
        if is_paid(case):
            return CLOSED, latest

    _, _, search, income = draw(trial, loan["key"], ENFORCEMENT_STREAM, 0)
    searched = t + quantile(package.quantiles, terms["q_search"], search) * slowness
    month = month_of(searched)
    if month > end:
        return ENFORCEMENT, float(end)
    latest = max(latest, searched)
    if income < either(terms["p_garnish"], loan["debtors"]) and terms["garnish_share"] > 0.0:
        accrue(case, loan["accrual"], searched)
        last = garnish(loan, terms, books, case, base, month, end)
        latest = max(latest, float(last))
    elif not found and terms["p_revival"] > 0.0:
        revival, revival_delay, revival_share, _ = draw(trial, loan["key"], ENFORCEMENT_STREAM, 1)
        if revival < terms["p_revival"]:
            revived = searched + quantile(package.quantiles, terms["q_revival_delay"], revival_delay)
            if month_of(revived) <= end:
                accrue(case, loan["accrual"], revived)
                amount = quantile(package.quantiles, terms["q_revival_share"], revival_share) * owed(case)
                receive_with_lawyer(books, group, DEFICIENCY, month_of(revived), amount, contingent)
                pay(case, amount)
                latest = max(latest, revived)
    return (CLOSED if is_paid(case) else DORMANT), latest
