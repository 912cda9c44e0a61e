"""The package's own load on the courts: a larger package slows its own cases."""

from __future__ import annotations

import numpy as np
import pandas as pd

from npl_sim.core.layout import Stage
from npl_sim.market.spec import Courts

__all__ = ["court_queues", "planned_filing"]


def planned_filing(loans: np.ndarray, terms: np.ndarray) -> np.ndarray:
    """Return the month in which each loan in collection is to be sued, -1 where it never is.

    Parameters
    ----------
    loans
        LOAN records.
    terms
        TERMS records of the policies.
    """
    own = terms[loans["policy"]]
    month = own["litigation_after_months"].astype(np.int64)
    left = loans["limitation_left"]
    early = (own["file_before_expiry"] != 0) & (left >= 0.0) & np.isfinite(left)
    before = np.floor(np.where(early, left - own["expiry_margin"], np.inf))
    month = np.where(early, np.minimum(month, np.maximum(before, 0.0)), month).astype(np.int64)
    claim = loans["principal"] + loans["interest_and_fees"]
    sued = (
        (own["litigate"] != 0)
        & (claim >= own["litigation_minimum_claim"])
        & (loans["stage"] == Stage.COLLECTION)
    )
    return np.where(sued, month, -1)


def court_queues(
    loans: np.ndarray, terms: np.ndarray, regions: pd.Series, courts: Courts, horizon: int
) -> np.ndarray:
    """Return how long each loan's case waits behind the package's own. [months]

    The courts of a region take on a fixed number of the package's cases a month; what is filed above
    that waits, as in a queue of a fluid. Counted are all filings that the policies plan, as if no loan
    were resolved before: the prudent reading.

    Parameters
    ----------
    loans, terms
        LOAN and TERMS records.
    regions
        Region of each loan.
    courts
        Capacity.
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
