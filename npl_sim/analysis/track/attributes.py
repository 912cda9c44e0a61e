"""Attributes of loans by which cash is tracked: vintage, product, region, stage, servicer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from npl_sim.tape.table import LoanTable

NOT_STATED = "not stated"
"""Value of an attribute that is not known."""


def attributes(
    table: LoanTable, valuation_date: date, servicer_of: Mapping[str, str]
) -> pd.DataFrame:
    """Return the attributes of each loan, in the order of the tape.

    Parameters
    ----------
    table
        The loans.
    valuation_date
        Date from which the age of a default counts back.
    servicer_of
        Servicer of each loan that has one; no loan: no column.

    Returns
    -------
    pandas.DataFrame
        vintage (year of default), product, segment, region, stage, servicer. An attribute that
        repeats an earlier one is left out.
    """
    loans = table.loans.reset_index(drop=True)
    columns: dict[str, np.ndarray] = {"vintage": _vintage(loans, valuation_date)}
    for name in ("product", "segment", "region", "stage"):
        text = loans[name].astype(str).to_numpy(dtype=object)
        columns[name] = np.where(text == "", NOT_STATED, text)
    if (columns["segment"] == columns["product"]).all():
        del columns["segment"]
    if servicer_of:
        names = [servicer_of.get(str(loan), NOT_STATED) for loan in loans["loan_id"]]
        columns["servicer"] = np.array(names, dtype=object)
    return pd.DataFrame(columns)


def _vintage(loans: pd.DataFrame, valuation_date: date) -> np.ndarray:
    """Return the year of default of each loan, as text."""
    dated = pd.to_datetime(loans["default_date"]).dt.year.to_numpy(dtype=np.float64)
    months = valuation_date.year * 12 + valuation_date.month - 1 + valuation_date.day / 31.0
    age = loans["age_months"].to_numpy(dtype=np.float64)
    year = np.where(np.isnan(dated), np.floor((months - age) / 12.0), dated)
    return np.array([NOT_STATED if np.isnan(y) else f"{y:.0f}" for y in year], dtype=object)
