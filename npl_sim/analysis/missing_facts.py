"""Missing fields and documents of a tape, each as another reading that shows what it is worth.

The reading assumes that the missing fact is known or the document is there. Its effect is what
the fact may be worth at most.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.core.fields import DAYS_PER_MONTH
from npl_sim.engine.clocks import clocks_of
from npl_sim.engine.policy_rows import policy_rows
from npl_sim.legal.calendar_months import whole_day
from npl_sim.tape.other_reading import OtherReading, readings_of

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable


ACKNOWLEDGMENT = "acknowledgment"
"""Name of the fact that a debtor acknowledges a time-barred claim."""


def missing_facts(study: Study, table: LoanTable) -> tuple[OtherReading, ...]:
    """Return the missing fields and documents of a tape, each as another reading.

    Parameters
    ----------
    study
        The study, with its law.
    table
        Its tape.
    """
    return (
        *_limitation(study, table),
        *_appraisal_dates(study, table),
        *_appraisals(table),
        *_seizures(table),
    )


def _limitation(study: Study, table: LoanTable) -> Iterator[OtherReading]:
    """Yield claims and judgments whose period has run out, which a document may revive."""
    loans, today = table.loans, whole_day(study.valuation_date)
    secured = loans["loan_id"].isin(table.collateral["loan_id"]).to_numpy(dtype=bool)
    clocks = clocks_of(study, loans, policy_rows(study.policies, loans, secured))
    stage = loans["stage"].to_numpy(dtype=object)
    open_claim = np.isin(stage, ["", "collection", "plan"])
    cases = (
        (
            ACKNOWLEDGMENT,
            open_claim & (clocks.last_day < today),
            "time-barred, and the debtor can raise it",
            "the debtor signs an acknowledgment on the valuation date",
        ),
        (
            "interruption",
            (stage == "judged") & (clocks.window_last_day < today),
            "the window to apply for enforcement has closed",
            "a document shows an interruption, so that the window runs from the valuation date",
        ),
    )
    for name, at, read, other in cases:
        dates = loans["last_interruption_date"].to_numpy().copy()
        dates[at] = today
        left = loans["limitation_left_months"].to_numpy(dtype=np.float64)
        changed = {
            "last_interruption_date": dates,
            "limitation_left_months": np.where(at & open_claim, np.nan, left),
        }
        names = (name, "last_interruption_date")
        yield from readings_of(loans, loans, at, names, read, other, loans=changed, stops=False)


def _appraisal_dates(study: Study, table: LoanTable) -> list[OtherReading]:
    """Return items whose appraisal has no date: it may be as old as the default."""
    loans, items = table.loans, table.collateral
    at = (items["appraisal_date"].isna() & (items["appraisal_value"] > 0.0)).to_numpy(dtype=bool)
    if not at.any():
        return []
    today = pd.Timestamp(study.valuation_date)
    months = items["loan_id"].map(loans.set_index("loan_id")["age_months"]).fillna(0.0)
    day = (today - pd.to_timedelta(months * DAYS_PER_MONTH, unit="D")).dt.normalize()
    dates = items["appraisal_date"].where(
        ~pd.Series(at, index=items.index), day.astype(items["appraisal_date"].dtype)
    )
    return readings_of(
        loans,
        items,
        at,
        ("appraisal_date", "appraisal_date"),
        "appraisal without a date: its value is taken as of the valuation date",
        "it dates from the default of the loan",
        collateral={"appraisal_date": dates.to_numpy()},
        stops=False,
    )


def _appraisals(table: LoanTable) -> list[OtherReading]:
    """Return items without an appraisal: each may be worth what others are for their loans."""
    loans, items = table.loans, table.collateral
    value = items["appraisal_value"].to_numpy(dtype=np.float64)
    known = value > 0.0
    if known.all() or not known.any():
        return []
    claim = items["loan_id"].map(loans.set_index("loan_id")["gbv"]).to_numpy(dtype=np.float64)
    ratio = pd.Series(np.where(known & (claim > 0.0), value / np.maximum(claim, 1e-9), np.nan))
    kinds = items["kind"].to_numpy(dtype=object)
    typical = ratio.groupby(kinds).transform("median").fillna(ratio.median())
    at = ~known & (claim > 0.0)
    return readings_of(
        loans,
        items,
        at,
        ("appraisal_value", "appraisal_value"),
        "item without an appraisal: taken as worthless",
        "it is worth the median share of the claim of other items of its kind",
        collateral={"appraisal_value": np.where(at, typical * claim, value)},
        stops=False,
    )


def _seizures(table: LoanTable) -> list[OtherReading]:
    """Return items of which the order of seizures is not known: another court may come first."""
    items = table.collateral
    seized_by = items["seized_by"].to_numpy(dtype=object)
    value = items["appraisal_value"].to_numpy(dtype=np.float64)
    at = np.array([not str(text).strip() for text in seized_by], dtype=bool) & (value > 0.0)
    others = items["other_claims"].to_numpy(dtype=np.float64)
    return readings_of(
        table.loans,
        items,
        at,
        ("waitlist", "seized_by"),
        "order of seizures not stated: nobody else is taken to have seized the item first",
        "another court seized it first, for claims of its whole value",
        collateral={
            "seized_by": np.where(at, "another court", seized_by),
            "other_claims": np.where(at, value, others),
        },
        stops=False,
    )
