"""Terms and helpers that test_deal_warnings.py, test_deal_limits.py share."""

from __future__ import annotations

import copy

from tests.builders.deals import deal_terms

SHORTFALL = {"kind": "interest_shortfall", "name": "short", "tranches": ["senior"]}


def changed(path, value, **changes):
    """Return the terms of the plain deal with one value set."""
    found = copy.deepcopy(deal_terms(**changes))
    at = found
    *before, last = path
    for key in before:
        at = at[key]
    at[last] = value
    return found


SENIOR = {"name": "senior", "balance": 100.0, "coupon": {"kind": "fixed", "rate": 0.1}}


MEZZ = {"name": "mezz", "balance": 30.0, "coupon": {"kind": "fixed", "rate": 0.12}}


REST = {"kind": "residual", "payee": "seller"}


RETURN = {"kind": "fixed_return", "name": "return", "tranche": "mezz", "rate": 0.1}


def order(*steps, claims=(), **changes):
    named = [
        {"kind": kind, ("of" if kind == "pay" else "to"): list(to), **more}
        for kind, to, more in steps
    ]
    return deal_terms(
        tranches=[SENIOR, MEZZ], claims=list(claims), steps=[*named, REST], **changes
    )


def step(kind, *to, **more):
    return kind, to, more


GOOD = (
    step("interest", "senior"),
    step("principal", "senior"),
    step("interest", "mezz"),
    step("principal", "mezz"),
)


PLAIN = (step("interest", "senior", "mezz"),)
