"""Court queue: the load that the package itself puts on the courts of a region."""

from __future__ import annotations

import numpy as np
import pandas as pd

from npl_sim.core.layout import Stage
from npl_sim.market.spec import Courts


def planned_filing(loans: np.ndarray, terms: np.ndarray) -> np.ndarray:
    """Return the planned month of suit of each loan in collection; -1 for never.

    Parameters
    ----------
    loans
        LOAN records.
    terms
        TERMS records of the policies.
    """
    of_loan = terms[loans["policy"]]
    month = of_loan["litigation_after_months"].astype(np.int64)
    left = loans["limitation_left"]
    early = (of_loan["file_before_expiry"] != 0) & (left >= 0.0) & np.isfinite(left)
    before = np.floor(np.where(early, left - of_loan["expiry_margin"], np.inf))
    month = np.where(early, np.minimum(month, np.maximum(before, 0.0)), month).astype(np.int64)
    claim = loans["principal"] + loans["interest_and_fees"]
    sued = (
        (of_loan["litigate"] != 0)
        & (claim >= of_loan["litigation_minimum_claim"])
        & (loans["stage"] == Stage.COLLECTION)
    )
    return np.where(sued, month, -1)


def court_queues(
    loans: np.ndarray, terms: np.ndarray, regions: pd.Series, courts: Courts, horizon: int
) -> np.ndarray:
    """Return how long each loan's case waits behind other cases of the package. [months]

    The courts of a region take on a fixed number of the package's cases a month. Further cases
    wait, as in a fluid queue. All planned filings count, as if no loan were resolved before:
    this is prudent.

    Parameters
    ----------
    loans, terms
        LOAN and TERMS records.
    regions
        Region of each loan.
    courts
        Capacity of the courts.
    horizon
        Months simulated.
    """
    wait = np.zeros(len(loans))
    filing = planned_filing(loans, terms)
    for region in sorted(set(regions)):
        here = (regions == region).to_numpy() & (filing >= 0) & (filing <= horizon)
        arrivals = np.bincount(filing[here], minlength=horizon + 1)
        backlog = 0.0
        behind = np.zeros(horizon + 1)
        for month in range(horizon + 1):
            backlog = max(0.0, backlog + arrivals[month] - courts.cases_per_month)
            behind[month] = backlog / courts.cases_per_month
        wait[here] = behind[filing[here]]
    return wait
