"""Cross-checks of the dates that decide when a claim becomes time-barred."""

from __future__ import annotations

import pandas as pd

from npl_sim.core.fields import DAYS_PER_MONTH
from npl_sim.tape.parsed import Parsed


def check_clock_dates(loans: Parsed, frame: pd.DataFrame, valuation: pd.Timestamp) -> None:
    """Warn of limitation dates that are missing, unused, or earlier than what they change.

    Parameters
    ----------
    loans
        Loan rows as read; its log takes the findings.
    frame
        The same rows, completed.
    valuation
        The valuation date, from which ages count back to default where no date of it is stated.
    """
    log, text = loans.log, loans.text("last_interruption_date")
    event, age = frame["last_interruption_date"], frame["age_months"]
    counted_back = valuation - pd.to_timedelta(
        age.clip(upper=1200.0) * DAYS_PER_MONTH + 1.0, unit="D"
    )
    due = frame["default_date"].fillna(
        counted_back.dt.normalize().astype(frame["default_date"].dtype)
    )
    early = (event < due).to_numpy(dtype=bool)
    expected = (
        "an interruption of limitation on or after default: limitation starts when a "
        "claim is due, so default or a stated last due date is used"
    )
    log.warn("last_interruption_date", early, text, expected)
    declared, matures = frame["acceleration_date"], frame["maturity_date"]
    expected = "an acceleration on or before maturity_date: the last due date is taken"
    log.warn("acceleration_date", declared > matures, loans.text("acceleration_date"), expected)
    if "maturity_date" in loans.places:
        counted = (
            frame["stage"].isin(["", "collection", "plan"])
            & frame["limitation_left_months"].isna()
        )
        expected = (
            "a last due date, or none for a debt without installments: limitation is "
            "counted from default"
        )
        log.warn("maturity_date", counted & matures.isna(), loans.text("maturity_date"), expected)
    titled = (
        frame["stage"].isin(["judged", "enforcement"]) & frame["limitation_left_months"].notna()
    )
    expected = (
        "nothing for a loan with a judgment: it was not used. The window to apply for "
        "enforcement runs from the judgment or the last interruption after it"
    )
    log.warn("limitation_left_months", titled, loans.text("limitation_left_months"), expected)
