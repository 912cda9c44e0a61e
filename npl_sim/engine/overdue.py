"""Loans whose legal stage has lasted longer than the study lets it last."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.core.errors import counted, shortened
from npl_sim.core.fields import DAYS_PER_MONTH
from npl_sim.engine.warning_text import Note
from npl_sim.policy.distributions import Duration
from npl_sim.policy.enforcement import CollateralTerms, Enforcement
from npl_sim.policy.policy import Policy
from npl_sim.tape.names import normal_name

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["overdue_on_tape", "overdue_stages", "stage_limits"]

LEVEL = 0.999
"""Probability by which a stage should have ended."""

HARDLY = 180.0
"""Longest stage where the study states no duration. Italian courts took up to 15 years for a bankruptcy (2018);
elsewhere an assumption. [months]"""

MEANING = {
    "litigation": "the suit counts as about to end",
    "judged": "performance or the application counts as due at once, unless its window has run out",
    "enforcement": "collateral counts as about to be auctioned, and a search for assets begins anew",
}
"""What the simulation does with a stage that lasts beyond its duration."""


def longest(duration: Duration) -> float:
    """Return the quantile of a duration at `LEVEL`. [months]"""
    return float(np.asarray(duration.quantile(np.array([LEVEL])))[0])


def _searches(enforcement: Enforcement) -> float:
    """Return how long enforcement without collateral may last. [months]"""
    return max(longest(enforcement.search), *(longest(a.search) for a in enforcement.assets), 0.0)


def _policy_limit(policy: Policy, stage: str) -> float:
    """Return how long a stage may last under a policy, `HARDLY` where the policy says nothing of it. [months]"""
    if stage == "litigation" and policy.litigation is not None:
        return longest(policy.litigation.lawsuit.duration)
    if policy.enforcement is None:
        return HARDLY
    if stage == "judged":
        terms = policy.enforcement
        return longest(terms.perform_delay) + terms.performance_window + terms.apply_delay
    return _searches(policy.enforcement) if stage == "enforcement" else HARDLY


def _seizure_limits(study: Study, table: LoanTable) -> pd.Series:
    """Return how long enforcement may last until the first item of a loan is auctioned, by loan id. [months]"""
    kinds = {normal_name("kind", k): terms for k, terms in study.collateral.items()}
    kinds.setdefault("default", CollateralTerms())
    limits = {k: longest(t.seizure) + sum(r.months for r in t.rounds) for k, t in kinds.items()}
    items = table.collateral
    each = items["kind"].astype(str).map(lambda kind: limits.get(kind, limits["default"]))
    return each.groupby(items["loan_id"].astype(str)).min()


def stage_limits(study: Study, table: LoanTable, rows: np.ndarray) -> np.ndarray:
    """Return how long the stage of each loan may last; infinite for stages without a duration.

    Parameters
    ----------
    study, table
        The study and its loans.
    rows
        Row of the policy of each loan, shape (loans,).

    Returns
    -------
    np.ndarray
        Months, shape (loans,).
    """
    loans = table.loans
    stages = loans["stage"].to_numpy(dtype=str)
    limits = np.full(len(loans), np.inf)  # collection, plan and dormant have no duration
    for stage in MEANING:
        for i, policy in enumerate(study.policies):
            limits[(rows == i) & (stages == stage)] = _policy_limit(policy, stage)
    if study.collateral and len(table.collateral):
        seizure = (
            loans["loan_id"]
            .astype(str)
            .map(_seizure_limits(study, table))
            .to_numpy(dtype=np.float64)
        )
        secured = (stages == "enforcement") & ~np.isnan(seizure)
        limits[secured] = seizure[secured]
    return limits


def overdue_stages(study: Study, table: LoanTable, rows: np.ndarray) -> Iterator[Note]:
    """Yield a note for each policy and stage with loans that stand in it longer than the study lets them."""
    for i, count, told in _late(study, table, rows):
        name = shortened(study.policies[i].name)
        yield Note(f"policies.{i}: {counted(count, 'loan')} of policy {name!r}, {told}", told.gbv)


def overdue_on_tape(study: Study, table: LoanTable) -> Iterator[Note]:
    """Yield a note for each stage that has lasted implausibly long, for a tape without a study of its own."""
    for _, count, told in _late(study, table, np.zeros(len(table.loans), dtype=np.int64)):
        yield Note(f"stage: {counted(count, 'loan')}, {told}", told.gbv)


def _late(study: Study, table: LoanTable, rows: np.ndarray) -> Iterator[tuple[int, int, Note]]:
    """Yield policy, number of loans and the rest of the note for each policy and stage that has overdue loans."""
    loans = table.loans
    valuation = pd.Timestamp(study.valuation_date)
    days = (valuation - pd.to_datetime(loans["stage_date"])).dt.days
    elapsed = np.nan_to_num((days / DAYS_PER_MONTH).to_numpy(dtype=np.float64), nan=0.0)
    limits = stage_limits(study, table, rows)
    stages = loans["stage"].to_numpy(dtype=str)
    # A tolerance of one day: dates are whole days, months are not.
    late = elapsed > limits + 1.0 / DAYS_PER_MONTH
    whole = float(loans["gbv"].sum())
    for i in range(len(study.policies)):
        for stage in MEANING:
            at = np.flatnonzero(late & (rows == i) & (stages == stage))
            if len(at):
                at = at[np.argsort(-elapsed[at], kind="stable")]
                first = at[0]
                yield (
                    i,
                    len(at),
                    _told(loans.iloc[at], elapsed[first], limits[first], study.currency, whole),
                )


def _told(late: pd.DataFrame, elapsed: float, limit: float, currency: str, whole: float) -> Note:
    """Return in words how long loans have stood in a stage.

    Parameters
    ----------
    late
        The loans, that of the longest stage first.
    elapsed, limit
        How long that one has lasted, and may last. [months]
    currency
        Currency of the amounts.
    whole
        Gross book value of all loans. [package currency]
    """
    first = late.iloc[0]
    stage, part = str(first["stage"]), float(late["gbv"].sum())
    share = f" ({100.0 * part / whole:.1f} %)" if whole > 0.0 else ""
    longer, meaning = (
        "99.9 % of cases last under the study",
        f"{MEANING[stage].capitalize()}, which may overstate the value; ",
    )
    if limit == HARDLY:
        longer, meaning = (
            f"{HARDLY / 12.0:g} years, which hardly any case lasts (an assumption: the study states no duration)",
            "",
        )
    check = f"{meaning}check the stage, its date and its duration"
    return Note(
        f"GBV {part:,.2f} {currency}{share}, have stood in {stage} longer than {longer}; the longest is "
        f"{shortened(str(first['loan_id']))!r}, {elapsed:,.1f} months since {first['stage_date']:%Y-%m-%d}, where {limit:,.1f} "
        f"were expected at most. {check[0].upper()}{check[1:]}",
        part,
    )
