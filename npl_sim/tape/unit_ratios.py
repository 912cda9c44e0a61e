"""Detect amount columns in another unit by their ratios to related amounts.

Balances and appraised values have checks of their own. The median ratio reveals a column in
10,000 beside others in single units, as no product or collateral has a ratio below a thousandth.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from npl_sim.tape.parsed import Parsed

RATIO = 1000.0
"""Factor, either way, beyond which a median ratio indicates another unit."""

_LEAST_ROWS = 3


def median_ratio(amounts: pd.Series, base: pd.Series) -> float | None:
    """Return the median ratio of two amounts above 0; None if there are too few."""
    both = (amounts > 0.0) & (base > 0.0)
    if int(both.sum()) < _LEAST_ROWS:
        return None
    return float((amounts / base)[both].median())


def _check(
    table: Parsed, name: str, amounts: pd.Series, base: pd.Series, of: str, highest: float
) -> None:
    """Warn of a column whose median ratio to another column is out of proportion.

    Parameters
    ----------
    table
        Rows as read; its log takes the finding.
    name
        The column.
    amounts, base
        Its amounts, and those that they are held against.
    of
        What these are, in words.
    highest
        Multiple up to which the median may be meant.
    """
    if name not in table.given:
        return
    both = (amounts > 0.0) & (base > 0.0)
    median = median_ratio(amounts, base)
    if median is None or 1.0 / RATIO <= median <= highest:
        return
    far = (amounts < base / RATIO) if median < 1.0 else (amounts > base * highest)
    upper = f" to {highest:,.0f} times it" if np.isfinite(highest) else ""
    expected = (
        f"amounts that are on the median from a {RATIO:,.0f}th of {of}{upper}: it is "
        f"{median:,.3g} times; is the unit of "
        "this column that of the others? tape.column_units states it"
    )
    table.log.warn(name, both & far, table.text(name), expected, confirm=f"unit.{name}")


def check_interest_unit(loans: Parsed, frame: pd.DataFrame) -> None:
    """Warn if accrued interest is in another unit than principal.

    Parameters
    ----------
    loans
        Loan rows as read; its log takes the finding.
    frame
        The same rows, completed.
    """
    _check(
        loans,
        "accrued_interest",
        frame["accrued_interest"],
        frame["principal"],
        "the principal",
        float("inf"),
    )


def check_lien_units(items: Parsed, rows: pd.DataFrame, loans: pd.DataFrame) -> None:
    """Warn if prior liens or caps are in another unit than appraised values or claims.

    Parameters
    ----------
    items
        Collateral rows as read; its log takes the findings.
    rows
        The same rows, completed.
    loans
        Completed loan rows.
    """
    _check(
        items,
        "prior_liens",
        rows["prior_liens"],
        rows["appraisal_value"],
        "the appraised value",
        RATIO,
    )
    _check(items, "secured_cap", rows["secured_cap"], _claims(rows, loans), "the claim", RATIO)


def check_cap_unit(backers: Parsed, rows: pd.DataFrame, loans: pd.DataFrame) -> None:
    """Warn if guarantors' caps are in another unit than the claims.

    Parameters
    ----------
    backers
        Guarantor rows as read; its log takes the finding.
    rows
        The same rows, completed.
    loans
        Completed loan rows.
    """
    _check(backers, "cap", rows["cap"], _claims(rows, loans), "the claim", RATIO)


def _claims(rows: pd.DataFrame, loans: pd.DataFrame) -> pd.Series:
    return rows["loan_id"].map(loans.drop_duplicates("loan_id").set_index("loan_id")["gbv"])
