"""Which policy governs each loan."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from npl_sim.core.errors import StudyError
from npl_sim.policy.policy import AppliesTo, Policy
from npl_sim.tape.names import normal_name

__all__ = ["policy_rows"]


def _applies(condition: AppliesTo, loans: pd.DataFrame, secured: np.ndarray) -> np.ndarray:
    chosen = np.ones(len(loans), dtype=bool)
    for names, column in (
        (condition.products, "product"),
        (condition.segments, "segment"),
        (condition.regions, "region"),
        (condition.stages, "stage"),
    ):
        if names:
            chosen &= loans[column].isin([normal_name(column, n) for n in names]).to_numpy()
    chosen &= (loans["gbv"] >= condition.minimum_gbv).to_numpy()
    if condition.maximum_gbv is not None:
        chosen &= (loans["gbv"] <= condition.maximum_gbv).to_numpy()
    if condition.secured is not None:
        chosen &= secured == condition.secured
    if condition.loans:
        chosen &= loans["loan_id"].isin(condition.loans).to_numpy()
    return chosen


def policy_rows(
    policies: Sequence[Policy], loans: pd.DataFrame, secured: np.ndarray
) -> np.ndarray:
    """Return the row of the policy that governs each loan: the first whose conditions it meets.

    Policies of overrides come first, then those that name loans.

    Raises
    ------
    StudyError
        If no policy applies to some loan.
    """
    rows = np.full(len(loans), -1, dtype=np.int64)
    order = sorted(range(len(policies)), key=lambda i: (policies[i].rank, i))
    for i in reversed(order):
        rows[_applies(policies[i].applies_to, loans, secured)] = i
    orphans = np.flatnonzero(rows < 0)
    if len(orphans):
        first = loans.iloc[orphans[0]]
        raise StudyError(
            [
                f"policies: no policy applies to {len(orphans):,} of {len(loans):,} loans, "
                f"such as {first['loan_id']!r} (product {first['product']!r}, "
                f"region {first['region']!r}, stage {first['stage']!r}, GBV {first['gbv']:,.2f}); "
                "expected one for every loan. Add a last policy without applies_to"
            ]
        )
    return rows
