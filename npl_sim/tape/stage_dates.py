"""Start date of each loan's stage, from dates of filing, judgment, enforcement and pause."""

from __future__ import annotations

import numpy as np
import pandas as pd

from npl_sim.tape.parsed import Parsed
from npl_sim.tape.schema import STAGE_DATES


def date_stages(loans: Parsed, frame: pd.DataFrame) -> pd.DataFrame:
    """Fill an empty `stage_date` from the date column that is certain for the stage.

    The filing date starts litigation, but not judgment or enforcement. For loans in those stages
    it is reported and not used.

    Parameters
    ----------
    loans
        Loan rows as read, with their log.
    frame
        The same rows, completed.
    """
    frame, log = frame.copy(deep=False), loans.log
    stage = frame["stage"].to_numpy(dtype=object)
    for name, columns in STAGE_DATES.items():
        here = stage == name
        for column in columns:
            take = here & frame["stage_date"].isna().to_numpy() & frame[column].notna().to_numpy()
            frame.loc[take, "stage_date"] = frame.loc[take, column]
    dated = {column for columns in STAGE_DATES.values() for column in columns}
    for column in sorted(dated & loans.given):
        sure = {name for name, columns in STAGE_DATES.items() if column in columns}
        other = (
            ~np.isin(stage, list(sure))
            & frame[column].notna().to_numpy()
            & frame["stage_date"].isna().to_numpy()
        )
        expected = (
            f"a date of the stage itself ({column} dates {' and '.join(sorted(sure))} "
            f"alone): it was not used for loans "
            "in other stages"
        )
        log.warn(column, other & (stage != "collection"), loans.text(column), expected)
    _contradictions(loans, frame, stage)
    return frame


_ORDER = ("filing_date", "judgment_date", "enforcement_date", "pause_date")
_STAGES_BEFORE = {
    # A date that a loan in this stage cannot have yet.
    "collection": _ORDER,
    "litigation": _ORDER[1:],
    "judged": _ORDER[2:],
}


def _contradictions(loans: Parsed, frame: pd.DataFrame, stage: np.ndarray) -> None:
    """Report dates of later stages, dates out of order, and two dates for one stage."""
    log = loans.log
    for name, later in _STAGES_BEFORE.items():
        for column in later:
            if column in loans.given:
                odd = (stage == name) & frame[column].notna().to_numpy()
                log.warn(
                    column,
                    odd,
                    loans.text(column),
                    f"no such date for a loan in {name}: stage or date is wrong",
                )
    for earlier, after in zip(_ORDER, _ORDER[1:], strict=False):
        if {earlier, after} <= loans.given:
            odd = (frame[after] < frame[earlier]).to_numpy(dtype=bool)
            log.warn(after, odd, loans.text(after), f"a date on or after {earlier}")
    if "stage_date" not in loans.given:
        return
    for name, columns in STAGE_DATES.items():
        for column in (c for c in columns[:1] if c in loans.given):
            given = loans.frame["stage_date"]
            apart = (given - frame[column]).abs() > pd.Timedelta(days=31)
            odd = (stage == name) & apart.to_numpy(dtype=bool)
            log.warn(
                "stage_date",
                odd,
                loans.text("stage_date"),
                f"what agrees with {column} within a month",
            )
