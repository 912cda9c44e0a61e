"""Exit: sale of what is unresolved, or its value at the horizon. docs/model.md section 4.7."""

from __future__ import annotations

import math

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.codes import CLOSED, PLAN, RESIDUAL, SALE
from npl_sim.kernels.item_value import add_unsold_value
from npl_sim.kernels.lanes import move
from npl_sim.kernels.rng import MASK

__all__ = ["leave"]

SECURED = 20
"""Row of the value of unsold collateral. [currency]"""
UNSECURED_PRICE, SECURED_PRICE, FACTOR, DISCOUNT, AMOUNT = range(21, 26)
"""Rows of prices per unit of the claim, of the factors of price and cash, and of receipts."""
SOLD = 26
"""Row: 1 where the loan is sold."""


@compiled
def list_sold(block):
    """Fill row `SOLD`. List the lanes whose price needs collateral, and return their number."""
    lanes, n = block.lanes, block.width
    w, first, policy = lanes["w"], block.replicate.scenario & MASK, block.loan["policy"]
    some, some_number = lanes["some"], lanes["some_number"]
    count = 0
    for s in range(n):
        leaves = block.exit[s, policy] == lanes["end"][s]
        sold = leaves & (lanes["stage"][s] != CLOSED)
        kept = (lanes["stage"][s] == PLAN) & (lanes["plan_value"][s] >= 0.0)
        w[SOLD, s] = 1.0 if sold else 0.0
        w[SECURED, s] = 0.0
        some[count] = s
        some_number[count] = first + s
        count += 1 if sold & (not kept) else 0
    return count


@compiled
def look_up_prices(block):
    """Fill the rows of prices by stage and month of exit, and of the discount factor."""
    loan, terms, lanes = block.loan, block.terms, block.lanes
    w, end, decay, policy = lanes["w"], -1, 0.0, loan["policy"]
    kept_share = 1.0 - terms["sale_bulk_discount"]
    for s in range(block.width):
        if lanes["end"][s] != end:
            end = lanes["end"][s]
            decay = math.exp(-terms["sale_decay"] * (loan["age"] + end))
        stage = lanes["stage"][s]
        w[UNSECURED_PRICE, s] = terms["sale_unsecured_price"][stage] * decay
        w[SECURED_PRICE, s] = terms["sale_secured_price"][stage]
        w[FACTOR, s] = kept_share * block.sale_up[s, policy]
        w[DISCOUNT, s] = block.cash.discount[end]


@compiled
def value_claims(block):
    """Fill what each lane brings at its end: the price at a sale, or the value of what is left."""
    lanes, loan, terms = block.lanes, block.loan, block.terms
    w, ends, stages = lanes["w"], lanes["end"], lanes["stage"]
    accrual, default_rate = loan["accrual"], terms["judgment_delay_rate"]
    residual = terms["residual_share"]
    for s in range(block.width):
        end, since = float(ends[s]), lanes["accrued_to"][s]
        principal = lanes["principal"][s]
        interest = lanes["interest_and_fees"][s]
        interest += principal * accrual * max(0.0, end - since)
        default = lanes["default_interest"][s]
        begin = max(since, lanes["default_interest_from"][s])
        default += principal * default_rate * max(0.0, end - begin)
        due = principal + interest + default
        secured = min(due, w[SECURED, s])
        price = w[UNSECURED_PRICE, s] * (due - secured) + w[SECURED_PRICE, s] * secured
        kept = (stages[s] == PLAN) & (lanes["plan_value"][s] >= 0.0)
        price = lanes["plan_value"][s] if kept else price
        price *= w[FACTOR, s]
        rest = lanes["plan_value"][s] if kept else residual * due
        sold = w[SOLD, s] > 0.0
        amount = price if sold else rest
        w[AMOUNT, s] = 0.0 if stages[s] == CLOSED else max(0.0, amount)
        priced = sold & (not kept)
        lanes["exit_due"][s] = due if priced else 0.0
        lanes["exit_secured"][s] = secured if priced else 0.0


@compiled
def add_exits(block):
    """Add the receipts of the exits, and close the loans that are sold."""
    lanes, cash = block.lanes, block.cash
    w, ends, sums = lanes["w"], lanes["end"], lanes["sums"]
    servicing = cash.servicing
    for s in range(block.width):
        amount = w[AMOUNT, s]
        sums[0, s] += amount * (1.0 - servicing) * w[DISCOUNT, s]
        sums[1, s] += amount
        sums[2, s] -= amount * servicing
        sums[3, s] += amount * ends[s]
    for s in range(block.width):
        sold = w[SOLD, s] > 0.0
        if w[AMOUNT, s] > 0.0:
            kind = SALE if sold else RESIDUAL
            cash.flows[s, kind, ends[s]] += w[AMOUNT, s]
        if sold:
            move(block, s, lanes["stage"][s], CLOSED, ends[s])


@compiled
def leave(block):
    """Sell the unresolved loans, or value them at the horizon."""
    loan, package = block.loan, block.package
    count = list_sold(block)
    if count > 0:
        for k in range(loan["item_begin"], loan["item_end"]):
            bit = k - loan["item_begin"]
            add_unsold_value(block, package.items[k], bit, count, SECURED)

    look_up_prices(block)
    value_claims(block)
    add_exits(block)
