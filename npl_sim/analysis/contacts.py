"""Legal caps on contacts with one borrower, checked over all loans of the borrower."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.core.errors import StudyError, counted
from npl_sim.core.fields import DAYS_PER_MONTH
from npl_sim.engine.policy_rows import policy_rows
from npl_sim.tape.other_reading import OtherReading, first_ids, gbv_of
from npl_sim.tape.parsed import among

if TYPE_CHECKING:
    from npl_sim.legal.regime import ContactCap
    from npl_sim.policy.collection import ContactMethod
    from npl_sim.policy.policy import Policy
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable


_WEEK = 7.0 / DAYS_PER_MONTH
"""A week. [months]"""

_EVEN_DAYS = 30.0
"""Default number of days a month with contacts. [days]"""

_DUST = 1e-9


def _methods(policy: Policy, month: int) -> tuple[ContactMethod, ...]:
    """Return the contact methods of a policy in a month, counted from 1."""
    if month > policy.collection.months:
        return ()
    for agency in policy.collection.agencies:
        if agency.from_month < month <= agency.from_month + agency.months:
            return agency.contact_methods
    return policy.collection.contact_methods


def _months(study: Study) -> list[int]:
    """Return the first month of every set of contact methods."""
    starts = {1}
    for policy in study.policies:
        for agency in policy.collection.agencies:
            starts |= {agency.from_month + 1, agency.from_month + agency.months + 1}
    return sorted(starts)


def _loads(study: Study, cap: ContactCap) -> tuple[np.ndarray, np.ndarray]:
    """Return contacts with one account on its busiest day, and a month; shape (policies, sets)."""
    months = _months(study)
    day, month = np.zeros((2, len(study.policies), len(months)))
    for i, policy in enumerate(study.policies):
        for j, at in enumerate(months):
            own = [c for c in _methods(policy, at) if c.method == cap.method]
            day[i, j] = sum(c.busiest_day for c in own)
            month[i, j] = sum(c.contacts_per_month for c in own)
    return day, month


class _Excess:
    """Contacts with each borrower above the caps of a regime."""

    def __init__(self, study: Study, count: np.ndarray) -> None:
        self.over, self.share = np.zeros(len(count), dtype=bool), np.ones(len(count))
        """Whether some cap is exceeded, and the allowed share of contacts; shape (borrowers,)."""
        self.texts: list[str] = []
        """The worst excess of each cap in words."""
        for cap in study.legal.contact_caps:
            if cap.counted_per == "borrower":
                self._add(cap, count, *_loads(study, cap))

    def _add(self, cap: ContactCap, count: np.ndarray, day: np.ndarray, month: np.ndarray) -> None:
        most = (
            ("day", count @ day, cap.per_day, _EVEN_DAYS),
            ("week", count @ month * _WEEK, cap.per_week, 1.0 / _WEEK),
            ("month", count @ month, cap.per_month, 1.0),
        )
        for period, got, allowed, times in most:
            worst = got.max(axis=1)
            hit = worst > (np.inf if allowed is None else allowed * (1.0 + _DUST))
            if allowed is None or not hit.any():
                continue
            self.over |= hit
            volume = (count @ month).max(axis=1)
            room = np.divide(allowed * times, volume, out=np.ones(len(count)), where=volume > 0.0)
            self.share = np.minimum(self.share, np.where(hit, np.minimum(room, 1.0), 1.0))
            self.texts.append(
                f"up to {worst.max():.3g} {cap.method}s a {period}, {allowed:g} are allowed "
                f"({cap.rule})"
            )


def contact_readings(study: Study, table: LoanTable) -> tuple[OtherReading, ...]:
    """Return borrowers contacted above a cap over all their loans, with contacts cut to the cap.

    Hazards of settlement and cure are cut as the contacts are. Contacts that can move to other
    days of the month are moved there at no cost.

    Parameters
    ----------
    study, table
        The study, with its law and policies, and its loans.
    """
    loans = table.loans
    try:
        secured = among(loans["loan_id"], table.collateral["loan_id"].to_numpy(object))
        policy = policy_rows(study.policies, loans, secured)
    except StudyError:
        return ()  # pricing reports a loan without a policy
    rows = np.flatnonzero((loans["stage"] == "collection").to_numpy(dtype=bool))
    codes, names = pd.factorize(loans["borrower_id"].to_numpy(dtype=object)[rows])
    count = np.zeros((len(names), len(study.policies)))
    np.add.at(count, (codes, policy[rows]), 1.0)
    several = count.sum(axis=1) > 1.0
    count[~several] = 0.0  # the study itself checks the caps for a single account
    excess = _Excess(study, count)
    if not excess.over.any():
        return ()
    at = np.zeros(len(loans), dtype=bool)
    at[rows] = excess.over[codes]
    share = np.ones(len(loans))
    share[rows] = np.where(excess.over, excess.share, 1.0)[codes]
    borrowers = int(excess.over.sum())
    return (
        OtherReading(
            "contact_caps",
            "borrower_id",
            f"{counted(borrowers, 'borrower')} with several loans, {int(at.sum()):,} in all: each "
            f"loan is contacted by itself, together {'; '.join(excess.texts)}",
            "the contacts of all loans of a borrower are cut to the cap",
            int(at.sum()),
            gbv_of(loans, at),
            first_ids(loans["loan_id"], at),
            loans={
                "responsiveness": loans["responsiveness"].fillna(1.0).to_numpy(dtype=np.float64)
                * share
            }
            if (share < 1.0).any()
            else {},
            stops=False,
        ),
    )
