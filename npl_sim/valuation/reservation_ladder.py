"""Ladder from the cash of a package to the seller's reservation price, step by step.

The steps lead from the present value of the cash to the hold value, and from the hold value to the
price. At the price P a sale leaves the seller with the hold value H::

    P (1 - c) - t (P (1 - c) - B) = H      so      P = (H - t B) / ((1 - t) (1 - c))

with c the costs of the sale, t the tax rate and B the tax basis. Provisions move no cash. They
enter through the book value: the tax basis where `tax_basis` is book, and the capital.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from npl_sim.valuation.breakdown import check_sum
from npl_sim.valuation.seller import SellerCase

STEPS = (
    "cash",
    "own_cost",
    "overheads",
    "tax",
    "capital",
    "hold_value",
    "tax_relief",
    "tax_on_price",
    "sale_cost",
    "reservation",
)
"""Names of the steps, in order; `hold_value` and `reservation` are levels reached."""


@dataclass(frozen=True)
class Step:
    """One step of the ladder.

    Attributes
    ----------
    name
        One of `STEPS`.
    formula
        Formula of the amount, in the symbols of `symbols`.
    amount
        Change of the value by the step; NaN for a level. [package currency]
    value
        Value after the step. [package currency]
    """

    name: str
    formula: str
    amount: float
    value: float


def symbols(case: SellerCase) -> dict[str, float]:
    """Return the quantities of the formulas by symbol.

    Unit: package currency; rates and shares are of 1.
    """
    return {
        "r": case.seller.discount_rate,
        "t": case.seller.tax_rate,
        "c": case.seller.sale_cost,
        "GBV": case.gbv,
        "provisions": case.provisions,
        "book": case.book_value,
        "B": case.basis,
        "S": case.basis * float(case.recovered @ case.discount),
        "K": case.capital_cost(),
    }


def reservation_ladder(case: SellerCase) -> tuple[Step, ...]:
    """Return the steps from the cash to the reservation price.

    Parameters
    ----------
    case
        Valuation of the package by its owner.

    Raises
    ------
    ConservationError
        If the steps do not end at the reservation price of the valuation.
    NplSimError
        If a sale leaves no proceeds.
    """
    parts, t, c = case.parts(), case.seller.tax_rate, case.seller.sale_cost
    price = case.sample.mean(case.prices()).value
    hold = case.sample.mean(case.hold_values()).value
    proceeds = hold - t * case.basis
    taxed = proceeds / (1.0 - t)
    changes = {
        "cash": ("sum of cash_m v_m, v_m = (1 + r)^-m/12", parts["cash before own cost"]),
        "own_cost": ("- own servicing of receipts, PV", parts["own cost"]),
        "overheads": ("- overheads on open GBV, PV", parts["overheads"]),
        "tax": ("- t (cash + own cost + overheads - S)", parts["tax"]),
        "capital": ("- K", parts["cost of capital"]),
        "hold_value": ("H", float("nan")),
        "tax_relief": ("- t B", -t * case.basis),
        "tax_on_price": ("(H - t B) t / (1 - t)", taxed - proceeds),
        "sale_cost": ("P c", taxed / (1.0 - c) - taxed),
        "reservation": ("P = (H - t B) / ((1 - t) (1 - c))", float("nan")),
    }
    steps, value = [], 0.0
    for name in STEPS:
        formula, amount = changes[name]
        if math.isfinite(amount):
            value += amount
        steps.append(Step(name, formula, amount, value))
    scale = float(np.abs(_amounts(steps)).sum())
    check_sum("steps to the hold value", _amounts(steps[:5]), hold, scale)
    check_sum("steps to the reservation price", _amounts(steps), price, scale)
    return tuple(steps)


def _amounts(steps: list[Step]) -> np.ndarray:
    return np.array([step.amount for step in steps if math.isfinite(step.amount)])
