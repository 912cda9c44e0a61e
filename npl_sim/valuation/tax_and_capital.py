"""Tax base and unrecovered outlay of a buyer, month by month."""

from __future__ import annotations

import numpy as np

from npl_sim.core.errors import known
from npl_sim.valuation.parties import Buyer


class TaxAndCapital:
    """Tax and capital charge of a buyer, month by month.

    Parameters
    ----------
    buyer
        Terms of the buyer.
    pool
        Cash of the package to the buyer, shape (months + 1, draws). [package currency]
    deducted
        Share of the outlay deducted in each month under `as_collected`, shape (months + 1,).
    outlay
        Price with its costs, shape (draws,). [package currency]
    """

    def __init__(
        self, buyer: Buyer, pool: np.ndarray, deducted: np.ndarray, outlay: np.ndarray
    ) -> None:
        self.buyer, self.pool, self.deducted = buyer, pool, deducted
        self.outlay = outlay
        self.left = outlay.copy()
        self.undeducted = outlay.copy()
        self.year = pool[0].copy()
        self.carried = np.zeros_like(outlay)
        if buyer.tax is not None:
            self._deduct(0)

    def _deduct(self, m: int) -> None:
        tax, last = self.buyer.tax, m == len(self.pool) - 1
        tax = known(tax, "tax")
        if last:
            part = self.undeducted.copy()
        elif tax.recovery == "price_first":
            part = np.minimum(self.undeducted, np.maximum(self.pool[m], 0.0))
        else:
            part = np.minimum(self.undeducted, self.outlay * self.deducted[m])
        self.undeducted -= part
        self.year -= part

    def tax(self, m: int, interest: np.ndarray) -> np.ndarray:
        """Return the tax paid in a month; 0 except at the end of a year."""
        tax = self.buyer.tax
        if tax is None:
            return np.zeros_like(self.outlay)
        self.year += self.pool[m] - interest
        self._deduct(m)
        if m % 12 and m != len(self.pool) - 1:
            return np.zeros_like(self.outlay)
        result = self.year + self.carried
        self.carried = np.minimum(result, 0.0)
        self.year = np.zeros_like(self.outlay)
        return tax.rate * np.maximum(result, 0.0)

    def capital_charge(self, m: int) -> np.ndarray:
        """Return the month's charge on the outlay not recovered at its start."""
        capital = self.buyer.capital
        if capital is None:
            return np.zeros_like(self.outlay)
        rate = capital.risk_weight * capital.ratio * capital.cost / 12.0
        charge = rate * self.left
        self.left = np.maximum(self.left - np.maximum(self.pool[m], 0.0), 0.0)
        return charge
