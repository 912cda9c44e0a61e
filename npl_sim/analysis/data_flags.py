"""Timeliness and completeness: which inputs are stale or missing, and what that is worth.

The effect of a flag on values is that of a run on a tape in which the flagged inputs are written down, under
common random numbers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.analysis.sensitivity import resized
from npl_sim.cashflows.protocol import Cash
from npl_sim.core.fields import DAYS_PER_MONTH
from npl_sim.engine.simulate import simulate
from npl_sim.valuation.paired_difference import shared_values

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["Flag", "data_flags"]

UNDATED_YEARS = 2.0
"""Years beyond the limit that an appraisal without a date is taken to be old."""


@dataclass(frozen=True)
class Flag:
    """An input that is stale or missing.

    Attributes
    ----------
    name
        What is wrong.
    detail
        How much of it, against which limit.
    count, of
        How many, of how many; 0 where the flag is on one input as a whole.
    effect, se
        Change of the price where it is corrected, mostly below 0, and its standard error; NaN where
        the study says nothing of what it costs. [package currency]
    """

    name: str
    detail: str
    count: int
    of: int
    effect: float
    se: float


def _months(earlier: pd.Series, later: date) -> np.ndarray:
    return ((pd.Timestamp(later) - pd.to_datetime(earlier)).dt.days / DAYS_PER_MONTH).to_numpy(
        dtype=float
    )


def _effect(study: Study, changed: LoanTable, base: Cash) -> tuple[float, float]:
    """Return what a changed tape does to the price; prudence counts only what it takes."""
    flows = simulate(resized(study, base.scenarios), changed)
    found = flows.sample.difference(shared_values(flows), base.sample, shared_values(base))
    return found.value, found.se


def _appraisals(study: Study, table: LoanTable, base: Cash) -> Iterator[Flag]:
    limits, items = study.prudence.limits, table.collateral
    valued = items["appraisal_value"].to_numpy(dtype=float) > 0.0
    age = _months(items["appraisal_date"], study.valuation_date)
    undated = np.isnan(age) & valued
    stale = (age > limits.appraisal_months) & valued
    years = np.where(undated, UNDATED_YEARS, np.maximum(age - limits.appraisal_months, 0.0) / 12.0)
    for name, hit, detail in (
        ("stale appraisals", stale, f"older than {limits.appraisal_months:g} months"),
        (
            "appraisals without a date",
            undated,
            f"taken as {UNDATED_YEARS:g} years beyond the limit",
        ),
    ):
        if not hit.any():
            continue
        haircut = np.where(
            hit, 1.0 - (1.0 - limits.appraisal_haircut) ** np.nan_to_num(years), 0.0
        )
        value = items["appraisal_value"].to_numpy(dtype=float)
        written = items.assign(appraisal_value=value * (1.0 - haircut))
        effect, se = _effect(study, dataclasses.replace(table, collateral=written), base)
        share = value[hit].sum() / value.sum()
        yield Flag(
            name,
            f"{detail}; {share:.1%} of appraised value, written down by {limits.appraisal_haircut:.1%} a year",
            int(hit.sum()),
            len(items),
            effect,
            se,
        )
    missing = int((~valued).sum())
    if missing:
        yield Flag(
            "collateral without a value", "counted as worthless", missing, len(items), 0.0, 0.0
        )


def _limitation(study: Study, table: LoanTable, base: Cash) -> Iterator[Flag]:
    loans = table.loans
    unknown = (
        loans["last_interruption_date"].isna() & loans["limitation_left_months"].isna()
    ).to_numpy()
    if not unknown.any() or not study.legal.limitation:
        return
    if study.prudence.limits.no_limitation_date == "as_stated":
        detail = "valued as the study has it; prudence.limits.no_limitation_date: time_barred tells the effect"
        effect, se = float("nan"), float("nan")
    else:
        detail = "valued as time-barred"
        left = loans["limitation_left_months"].astype(float).where(~unknown, -1.0)
        changed = dataclasses.replace(table, loans=loans.assign(limitation_left_months=left))
        effect, se = _effect(study, changed, base)
    yield Flag("limitation date not known", detail, int(unknown.sum()), len(loans), effect, se)


def _documents(study: Study, table: LoanTable, base: Cash) -> Iterator[Flag]:
    missing = table.loans["documents_missing"].to_numpy(dtype=bool)
    if not missing.any():
        return
    share = study.prudence.limits.undocumented
    own = base.loans.set_index("loan_id")["pv_mean"].reindex(table.loans["loan_id"]).to_numpy()
    value = np.maximum(own[missing], 0.0)
    error = (
        base.loans.set_index("loan_id")["pv_se"]
        .reindex(table.loans["loan_id"])
        .to_numpy()[missing]
    )
    yield Flag(
        "documents missing",
        f"{share:.1%} of the value of these loans is taken off",
        int(missing.sum()),
        len(missing),
        -share * float(value.sum()),
        # As if the loans moved together: an upper bound.
        share * float(error.sum()),
    )


def _dates(study: Study, table: LoanTable, base: Cash) -> Iterator[Flag]:
    limits, today = study.prudence.limits, study.valuation_date
    inputs = (
        (
            "stale balances",
            "the tape's cut-off date",
            study.tape.cut_off_date or today,
            limits.cut_off_months,
        ),
        ("law read long ago", "the regime's date", study.legal.as_of, limits.law_months),
        ("old view of the market", "the market's date", study.market.as_of, limits.market_months),
    )
    for name, what, day, limit in inputs:
        if day is None:
            if name != "law read long ago" or study.legal.limitation:
                yield Flag(
                    name,
                    f"{what} is not given; it cannot be told",
                    0,
                    0,
                    float("nan"),
                    float("nan"),
                )
            continue
        age = (today - day).days / DAYS_PER_MONTH
        if age > limit:
            told = f"{what} {day} is {age:.0f} months before the valuation date; the limit is {limit:g}"
            yield Flag(name, told, 0, 0, float("nan"), float("nan"))


CHECKS: tuple[Callable[[Study, LoanTable, Cash], Iterator[Flag]], ...] = (
    _appraisals,
    _limitation,
    _documents,
    _dates,
)


def data_flags(study: Study, table: LoanTable, base: Cash) -> tuple[Flag, ...]:
    """Return what is stale or missing, each with its effect on the price.

    Parameters
    ----------
    study, table
        What is priced.
    base
        Its flows; further runs have as many scenarios.
    """
    return tuple(flag for check in CHECKS for flag in check(study, table, base))
