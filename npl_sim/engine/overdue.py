"""Loans whose legal stage has lasted longer than the study expects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.core.errors import counted, shortened
from npl_sim.core.fields import DAYS_PER_MONTH
from npl_sim.core.language import N_
from npl_sim.core.language import gettext as _
from npl_sim.engine.warning_text import Note
from npl_sim.policy.distributions import Duration
from npl_sim.policy.enforcement import CollateralTerms
from npl_sim.policy.policy import Policy
from npl_sim.tape.names import kind_and_place, terms_name

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["overdue_on_tape", "overdue_stages", "stage_limits"]

LEVEL = 0.999
"""Probability with which a stage should have ended."""

LONGEST_STAGE = 180.0
"""Longest stage if the study states no duration. [months]

Italian bankruptcies took up to 15 years (2018); an assumption for other procedures."""

MEANING = {
    "litigation": N_("the suit counts as about to end"),
    "judged": N_(
        "performance or the application counts as due at once, unless its window has ended"
    ),
    "insolvency": N_("the distribution counts as due at once"),
    "enforcement": N_("collateral counts as about to be auctioned, and a new asset search begins"),
}
"""Treatment by the simulation of a stage that lasts beyond its duration."""


def longest(duration: Duration) -> float:
    """Return the quantile of a duration at `LEVEL`. [months]"""
    return float(np.asarray(duration.quantile(np.array([LEVEL])))[0])


def _policy_limit(policy: Policy, stage: str) -> float:
    """Return the longest stage under a policy, `LONGEST_STAGE` without terms. [months]"""
    if stage == "litigation" and policy.litigation is not None:
        return longest(policy.litigation.lawsuit.duration)
    if stage == "insolvency" and policy.insolvency is not None:
        return longest(policy.insolvency.duration)
    terms = policy.enforcement
    if terms is not None and stage == "judged":
        return (
            longest(terms.performance_delay) + terms.performance_window + terms.application_delay
        )
    if terms is not None and stage == "enforcement":
        return max(
            longest(terms.search_duration),
            *(longest(a.realization_duration) for a in terms.assets),
            0.0,
        )
    return LONGEST_STAGE


def _seizure_limits(study: Study, table: LoanTable) -> pd.Series:
    """Return the longest time to the auction of a loan's first item, by loan id. [months]"""
    kinds = {kind_and_place(k): terms for k, terms in study.collateral.items()}
    kinds.setdefault("default", CollateralTerms())
    limits = {k: longest(t.seizure_duration) + t.longest_auction for k, t in kinds.items()}
    items = table.collateral
    places = zip(items["kind"].astype(str), items["region"].astype(str), strict=True)
    each = pd.Series([limits[terms_name(limits, *p) or "default"] for p in places], items.index)
    return each.groupby(items["loan_id"].astype(str)).min()


def stage_limits(study: Study, table: LoanTable, rows: np.ndarray) -> np.ndarray:
    """Return the longest duration of each loan's stage; infinite for stages without one.

    Parameters
    ----------
    study, table
        The study and its loans.
    rows
        Row of the policy of each loan, shape (loans,).

    Returns
    -------
    np.ndarray
        Shape (loans,). [months]
    """
    loans = table.loans
    stages = loans["stage"].to_numpy(dtype=str)
    limits = np.full(len(loans), np.inf)  # collection, plan and dormant have no duration
    for stage in MEANING:
        for i, policy in enumerate(study.policies):
            limits[(rows == i) & (stages == stage)] = _policy_limit(policy, stage)
    if study.collateral and len(table.collateral):
        by_loan = loans["loan_id"].astype(str).map(_seizure_limits(study, table))
        seizure = by_loan.to_numpy(dtype=np.float64)
        secured = (stages == "enforcement") & ~np.isnan(seizure)
        limits[secured] = seizure[secured]
    return limits


def overdue_stages(study: Study, table: LoanTable, rows: np.ndarray) -> Iterator[Note]:
    """Yield a warning for each policy and stage with overdue loans."""
    for i, count, note in _overdue(study, table, rows):
        name = shortened(study.policies[i].name)
        yield Note(
            _("policies.{i}: {count} of policy {name!r}, {note}").format(
                i=i, count=counted(count, "loan"), name=name, note=note
            ),
            note.gbv,
        )


def overdue_on_tape(study: Study, table: LoanTable) -> Iterator[Note]:
    """Yield a warning for each implausibly long stage of a tape without its own study."""
    for _policy, count, note in _overdue(study, table, np.zeros(len(table.loans), dtype=np.int64)):
        yield Note(
            _("stage: {count}, {note}").format(count=counted(count, "loan"), note=note), note.gbv
        )


def _overdue(study: Study, table: LoanTable, rows: np.ndarray) -> Iterator[tuple[int, int, Note]]:
    """Yield policy, number of loans and text for each policy and stage with overdue loans."""
    loans = table.loans
    valuation = pd.Timestamp(study.valuation_date)
    days = (valuation - pd.to_datetime(loans["stage_date"])).dt.days
    elapsed = np.nan_to_num((days / DAYS_PER_MONTH).to_numpy(dtype=np.float64), nan=0.0)
    limits = stage_limits(study, table, rows)
    stages = loans["stage"].to_numpy(dtype=str)
    # A tolerance of one day: dates are whole days, months are not.
    overdue = elapsed > limits + 1.0 / DAYS_PER_MONTH
    whole = float(loans["gbv"].sum())
    for i in range(len(study.policies)):
        for stage in MEANING:
            at = np.flatnonzero(overdue & (rows == i) & (stages == stage))
            if len(at):
                at = at[np.argsort(-elapsed[at], kind="stable")]
                first = elapsed[at[0]], limits[at[0]]
                yield i, len(at), _note(loans.iloc[at], *first, study.currency, whole)


def _note(
    overdue: pd.DataFrame, elapsed: float, limit: float, currency: str, whole: float
) -> Note:
    """Return the text on overdue loans of a stage.

    Parameters
    ----------
    overdue
        The loans, the longest stage first.
    elapsed, limit
        Duration and limit of the longest stage. [months]
    currency
        Currency of the amounts.
    whole
        Gross book value of all loans. [package currency]
    """
    first = overdue.iloc[0]
    stage, part = str(first["stage"]), float(overdue["gbv"].sum())
    share = f" ({100.0 * part / whole:.1f} %)" if whole > 0.0 else ""
    longer = _("99.9 % of cases last under the study")
    advice = _(
        "{capitalize}, which may overstate the value; check the stage, its date and its duration"
    ).format(capitalize=_(MEANING[stage]).capitalize())
    if limit == LONGEST_STAGE:
        longer = _(
            "{longest_stage:g} years, beyond almost any case (an assumption: the study "
            "states no duration)"
        ).format(longest_stage=LONGEST_STAGE / 12.0)
        advice = _("Check the stage, its date and its duration")
    return Note(
        _(
            "GBV {part:,.2f} {currency}{share}, have been in {stage} longer than "
            "{longer}. The longest is {loan_id!r}, {elapsed:,.1f} months since "
            "{stage_date:%Y-%m-%d}; expected at most {limit:,.1f}. {advice}"
        ).format(
            part=part,
            currency=currency,
            share=share,
            stage=stage,
            longer=longer,
            loan_id=shortened(str(first["loan_id"])),
            elapsed=elapsed,
            stage_date=first["stage_date"],
            limit=limit,
            advice=advice,
        ),
        part,
    )
