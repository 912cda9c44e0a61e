"""Cash of the package to the buyer by quarter and then by year, with low and high.

The cash is that of the buyer, delayed by the handover: receipts less costs of work-out, servicing,
turnover tax and overheads. It is before price, debt, income tax and capital charge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from npl_sim.valuation.buyer import BuyerCase

QUARTERS = 12
"""Quarters before the table goes on by year."""

LAST_YEAR = 10
"""Last year with a row of its own; one row holds the rest."""

BANDS = (0.05, 0.25, 0.75, 0.95)
"""Quantiles of the cash to date."""


@dataclass(frozen=True)
class PeriodCash:
    """Cash by period.

    Attributes
    ----------
    table
        Rows by period; the last is the whole horizon. [package currency; months; share]

        - first, last: its months
        - receipts, costs (0 or less), net: means
        - low, high: quantiles of net at 5 % and 95 %
        - to_date, of_price: net to date, and over the price.
    to_date
        Net cash to date by quarter from month 0: month, mean, and its quantiles q5 to q95
        (`BANDS`). [package currency]
    repaid
        First month in which mean net cash to date reaches the price; NaN if it never does.
    """

    table: pd.DataFrame
    to_date: pd.DataFrame
    repaid: float


def periods(months: int) -> list[tuple[int, int]]:
    """Return first and last month of each period: quarters, then years, then the rest."""
    found = []
    first = 1
    while first <= months:
        year = (first - 1) // 12 + 1
        length = 3 if first <= 3 * QUARTERS else 12 if year <= LAST_YEAR else months
        last = min(first + length - 1, months)
        found.append((first, last))
        first = last + 1
    return found


def period_cash(case: BuyerCase, price: float) -> PeriodCash:
    """Return the cash by period of a package.

    Parameters
    ----------
    case
        The buyer's cash.
    price
        Price that the cash is compared with. [package currency]
    """
    rows = []
    to_date = 0.0
    parts = periods(case.months)
    # Cash of the valuation date counts in the first period.
    for i, (first, last) in enumerate(parts):
        start = 0 if i == 0 else first
        row = _row(case, start, last)
        to_date += row["net"]
        rows.append({"first": first, "last": last, **row, "to_date": to_date})
    total = _row(case, 0, case.months)
    rows.append({"first": 1, "last": case.months, **total, "to_date": to_date})
    table = pd.DataFrame(rows)
    table["of_price"] = table["to_date"] / price if price > 0.0 else np.nan
    running = np.cumsum(case.mean(case.pool))
    hit = np.flatnonzero(running >= price)
    return PeriodCash(table, _running(case), float(hit[0]) if hit.size else np.nan)


def _row(case: BuyerCase, start: int, last: int) -> dict[str, float]:
    net = case.pool[start : last + 1].sum(axis=0)
    by_scenario = case.by_scenario(net)
    received = float(case.mean(case.received[start : last + 1]).sum())
    mean = float(case.mean(case.pool[start : last + 1]).sum())
    return {
        "receipts": received,
        "costs": mean - received,
        "net": mean,
        "low": case.sample.quantile(by_scenario, 0.05).value,
        "high": case.sample.quantile(by_scenario, 0.95).value,
    }


def _running(case: BuyerCase) -> pd.DataFrame:
    running = np.cumsum(case.pool, axis=0)
    months = sorted({*range(0, case.months + 1, 3), case.months})
    rows = []
    for month in months:
        values = case.by_scenario(running[month])
        bands = {f"q{round(100 * q)}": case.sample.quantile(values, q).value for q in BANDS}
        rows.append({"month": month, "mean": float(case.mean(running[month])), **bands})
    return pd.DataFrame(rows)
