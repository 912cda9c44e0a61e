"""Move a tape to another valuation date: facts stay, ages derived from dates change."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from npl_sim.tape.checks import derived_ages
from npl_sim.tape.table import LoanTable


def as_of(table: LoanTable, valuation_date: date, cut_off_date: date | None) -> LoanTable:
    """Return a tape as of another valuation date.

    No file is read again, so a tape with later events can be compared with an earlier one. A loan
    that defaulted after the date has age 0. Ages stated in the file are facts and do not change.

    Parameters
    ----------
    table
        The tape.
    valuation_date
        Date from which ages run.
    cut_off_date
        Day of the days past due; defaults to the valuation date.
    """
    frame = table.loans
    valuation = pd.Timestamp(valuation_date)
    cut_off = valuation if cut_off_date is None else pd.Timestamp(cut_off_date)
    stated = frame["loan_id"].isin(table.stated_ages).to_numpy()
    derived = derived_ages(frame, valuation, cut_off)
    kept = stated | np.isnan(derived)
    ages = np.where(kept, frame["age_months"].to_numpy(dtype=np.float64), np.maximum(derived, 0.0))
    return replace(table, loans=frame.assign(age_months=ages))
