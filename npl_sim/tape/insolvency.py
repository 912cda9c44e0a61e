"""Insolvency of debtors on a tape: status of the proceeding, and the stage of the loan."""

from __future__ import annotations

import numpy as np
import pandas as pd

from npl_sim.tables.cell_types import column_text
from npl_sim.tape.names import normal_name
from npl_sim.tape.parsed import Parsed
from npl_sim.tape.schema import INSOLVENCY_STATUSES

UNKNOWN = "liquidation"
"""How an unknown word is read: the proceeding without a plan."""


def read_insolvency(loans: Parsed, frame: pd.DataFrame) -> pd.DataFrame:
    """Complete the status of each debtor's proceeding, and the stage of loans that are in one.

    A proceeding that was accepted overrides the stage of the tape. A petition does not. An unknown
    word is reported and read as a liquidation. A stage that names the proceeding, such as
    Fallimento, gives the status where none is stated.

    Parameters
    ----------
    loans
        Loan rows as read, with their log.
    frame
        The same rows, completed.
    """
    frame = frame.copy()
    status = frame["insolvency_status"].to_numpy(dtype=object)
    status = np.where(status == "none", "", status)
    named = np.full(len(frame), "", dtype=object)
    inside = (frame["stage"] == "insolvency").to_numpy(dtype=bool)
    if inside.any() and "stage" in loans.places:
        texts = column_text(loans.raw.frame[loans.places["stage"]])
        named = np.array([normal_name("insolvency_status", text) for text in texts], dtype=object)
    named = np.where(np.isin(named, INSOLVENCY_STATUSES), named, "accepted")
    status = np.where((status == "") & inside, named, status)
    unknown = ~np.isin(status, ["", *INSOLVENCY_STATUSES])
    expected = (
        f"one of {', '.join(INSOLVENCY_STATUSES)}, none, or a value_map for insolvency_status: "
        f"read as {UNKNOWN}"
    )
    log = loans.log
    log.warn("insolvency_status", unknown, loans.text("insolvency_status"), expected)
    status = np.where(unknown, UNKNOWN, status)
    moved = ~np.isin(status, ["", "petition"]) & ~inside
    # The date of the tape's stage is not that of the proceeding.
    frame.loc[moved, "stage_date"] = pd.NaT
    frame.loc[moved, "stage"] = "insolvency"
    frame["insolvency_status"] = pd.Series(status, index=frame.index, dtype="str")
    return frame
