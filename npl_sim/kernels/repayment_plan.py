"""Instalments of a restructured or cured loan, and redefault. docs/model.md section 4.3."""

from __future__ import annotations

import math

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.accumulator import accrue, is_paid, month_of, owed, pay, receive
from npl_sim.kernels.codes import CLOSED, DORMANT, INSTALMENT, LITIGATION, PLAN, PLAN_STREAM
from npl_sim.kernels.collection import BY_CURE, BY_OFFER
from npl_sim.kernels.rng import draw

__all__ = ["repay"]


@compiled
def balance_after(level, balloon, rate, term, paid):
    """Return the plan's balance after `paid` instalments."""
    if rate == 0.0:
        return level * (1.0 - paid / term) + balloon
    grown = (1.0 + rate) ** term
    return level * (grown - (1.0 + rate) ** paid) / (grown - 1.0) + balloon


@compiled
def value_of_rest(instalment, balloon, factor, wait, rest):
    """Return what `rest` instalments and the balloon are worth, the first due `wait` + 1 months from now."""
    annuity = float(rest)
    if factor != 1.0:
        annuity = factor * (1.0 - factor**rest) / (1.0 - factor)
    return factor**wait * (instalment * annuity + balloon * factor**rest)


@compiled
def redefault_month(down, hazard, start, last, threshold):
    """Return the first month in `start` + 1 .. `last` by which the hazard meets `threshold`; 0: none."""
    if hazard * (down[last] - down[start]) < threshold:
        return 0
    low = start + 1
    high = last
    while low < high:
        middle = (low + high) // 2
        if hazard * (down[middle] - down[start]) >= threshold:
            high = middle
        else:
            low = middle + 1
    return low


@compiled
def repay(loan, terms, world, books, case, t, end, entry, trial):
    """Walk a loan through its instalments.

    Parameters
    ----------
    entry
        `BY_OFFER`, `BY_CURE`, or -1 for a loan that stands in a plan on the tape.

    Returns
    -------
    tuple
        Next stage and its time [months].
    """
    start = month_of(t)
    accrue(case, loan["accrual"], t)
    cured = entry == BY_CURE or (entry != BY_OFFER and terms["offer_month"] < 0)
    rate = terms["cure_rate"] if cured else terms["restructuring_rate"]
    term = int(terms["cure_term"] if cured else terms["restructuring_term"])
    hazard = terms["cure_redefault_hazard"] if cured else terms["restructuring_redefault_hazard"]
    grace = 0 if cured else int(terms["restructuring_grace"])
    balloon_share = 0.0 if cured else terms["restructuring_balloon"]
    haircut = 0.0 if cured else terms["haircut"]
    if entry < 0:
        haircut = 0.0
        grace = 0
        term = max(1, term - int(math.floor(loan["stage_elapsed"])))

    balance = owed(case) * (1.0 - haircut)
    level = balance * (1.0 - balloon_share)
    balloon = balance * balloon_share
    if rate == 0.0:
        instalment = level / term
    else:
        instalment = level * rate / (1.0 - (1.0 + rate) ** -term) + balloon * rate
    first = start + grace + 1
    last = start + grace + term

    default = 0
    again = 1.0
    if hazard > 0.0:
        w0, again, _, _ = draw(trial, loan["key"], PLAN_STREAM, case["plans"])
        default = redefault_month(
            world.down[loan["policy"]], hazard, start, min(last, end), -math.log(w0)
        )
    until = min(last, end) if default == 0 else default - 1
    paid = max(0, until - first + 1)
    for m in range(first, until + 1):
        receive(books, loan["group"], INSTALMENT, m, instalment)

    if default == 0 and last <= end:
        if balloon > 0.0:
            receive(books, loan["group"], INSTALMENT, last, balloon)
        return CLOSED, float(last)
    if default == 0 or (not cured and terms["haircut_revoked"] == 0):
        case["principal"] = balance_after(level, balloon, rate, term, paid)
        case["other"] = 0.0
        case["since"] = float(end if default == 0 else default)
    else:
        accrue(case, loan["accrual"], float(default))
        pay(case, min(owed(case), instalment * paid))
    if default == 0:
        factor = terms["plan_discount_factor"] * math.exp(-hazard)
        case["plan_value"] = value_of_rest(
            instalment, balloon, factor, max(0, first - 1 - end), term - paid
        )
        return PLAN, float(end)
    if is_paid(case):
        return CLOSED, float(default)
    case["plans"] += 1
    if (
        not cured
        and case["plans"] < terms["restructuring_plans"]
        and again < terms["restructuring_accept"]
    ):
        return PLAN, float(default)
    if terms["litigate"] != 0 and case["claim"] >= terms["litigation_minimum_claim"]:
        return LITIGATION, float(default)
    return DORMANT, float(default)
