"""Cash received from a package, and the account of every row of its file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from npl_sim.tables.findings import Finding

USED = "used"
"""Reason of the rows that count."""

ON_START = "cost_on_start"
"""Reason of costs dated on the valuation date, which count in month 1."""

REASONS = {
    USED: "counted in the comparison",
    ON_START: "counted in month 1: costs dated on the valuation date",
    "unknown_loan": "the loan is not among those that are priced",
    "before_start": "on or before the valuation date, other than costs of that day",
    "after_date": "after the as-of date",
    "incomplete_month": "after the last whole month",
    "copy": "the same as an earlier row in every cell",
}
"""Where each row of the file went."""


@dataclass(frozen=True)
class ActualCash:
    """Cash received, by loan and month."""

    rows: pd.DataFrame
    """Amounts that count: loan_id, month (from 1), cents (costs negative), kind, route, servicer.
    Kind, route and servicer are empty where they are not stated."""
    set_aside: pd.DataFrame
    """Amounts that do not count: row, loan_id, cents, reason."""
    account: pd.DataFrame
    """One row a reason: rows, and the sum of their amounts. [cents]"""
    closed: frozenset[str]
    """Loans that the file marks as settled."""
    servicer_of: dict[str, str]
    """Servicer of each loan, of every row of the file."""
    as_of: date
    """Date up to which cash is known."""
    elapsed: int
    """Whole months from the valuation date to that date."""
    findings: tuple[Finding, ...]
    """What was found, such as unknown loans and copies of rows."""
    total_rows: int
    """Lines of totals, footers and repeated headers, which are no payments."""
    states_costs: bool
    """Whether the file holds costs."""

    @property
    def receipts(self) -> pd.DataFrame:
        """Rows that are receipts, reversals included."""
        return self.rows[~self.rows["is_cost"]]

    def by_month(self) -> tuple[np.ndarray, np.ndarray]:
        """Return receipts and costs of each whole month, shape (months,). [package currency]"""
        found = []
        for cost, sign in ((False, 1), (True, -1)):
            rows = self.rows[self.rows["is_cost"] == cost]
            months = rows["month"].to_numpy(dtype=np.int64) - 1
            cents = np.zeros(self.elapsed, dtype=np.int64)
            np.add.at(cents, months, sign * rows["cents"].to_numpy(dtype=np.int64))
            found.append(cents / 100.0)
        return found[0], found[1]

    def by(self, values: pd.Series) -> pd.Series:
        """Return the receipts by a text of each row, in package currency."""
        receipts = self.receipts
        return receipts["cents"].groupby(values.loc[receipts.index].to_numpy()).sum() / 100.0


def account_of(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the account of all amounts of a file, which add up to the file.

    Parameters
    ----------
    cells
        One row an amount, with `reason` and `cents`.
    """
    grouped = cells.groupby("reason")["cents"].agg(["size", "sum"])
    order = [reason for reason in REASONS if reason in grouped.index or reason == USED]
    found = grouped.reindex(order, fill_value=0)
    return pd.DataFrame(
        {
            "reason": order,
            "meaning": [REASONS[reason] for reason in order],
            "amounts": found["size"].to_numpy(dtype=np.int64),
            "cents": found["sum"].to_numpy(dtype=np.int64),
        }
    )
