"""Gross book value by kind of loan, for rules on which loans a bank may sell."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np

Holding = Literal["corporate", "personal_unsecured", "personal_secured"]
"""Kind of loan: to a firm, or to a person without or with collateral."""

PERSONAL = ("consumer", "credit_card", "card", "personal")
CORPORATE = ("sme", "corporate", "firm", "loan_to_firm")
SECURED = ("mortgage", "car", "auto")


def holdings(products: Iterable[str], secured: np.ndarray, gbv: np.ndarray) -> dict[str, float]:
    """Return the gross book value of each kind of loan. [package currency]

    Parameters
    ----------
    products
        Product of each loan, as the tape names it.
    secured
        Whether the loan has collateral, shape (loans,).
    gbv
        Gross book value of each loan, shape (loans,). [package currency]

    Returns
    -------
    dict
        Amounts by `Holding`, and by ``unknown: NAME`` if the product does not show the borrower.
    """
    totals: dict[str, float] = {}
    for product, has_collateral, amount in zip(products, secured, gbv, strict=True):
        kind = _kind(str(product), bool(has_collateral))
        totals[kind] = totals.get(kind, 0.0) + float(amount)
    return totals


def _kind(product: str, secured: bool) -> str:
    name = product.strip().lower()
    if name in SECURED or (name in PERSONAL and secured):
        return "personal_secured"
    if name in PERSONAL:
        return "personal_unsecured"
    return "corporate" if name in CORPORATE else f"unknown: {product}"
