"""Data quality flags: stale and missing inputs, with their effect on the price.

The effect is that of a run on a tape with the flagged inputs written down, under common random
numbers.
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
from npl_sim.core.language import gettext as _
from npl_sim.engine.simulate import simulate
from npl_sim.valuation.paired_difference import shared_values

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable


UNDATED_YEARS = 2.0
"""Assumed age of an appraisal without a date, beyond the limit. [years]"""


@dataclass(frozen=True)
class Flag:
    """A stale or missing input."""

    name: str
    """What is wrong."""
    detail: str
    """Its size, and the limit."""
    count: int
    of: int
    """Number of flagged items and of all; 0 for a flag on one input as a whole."""
    effect: float
    se: float
    """Change of the price after correction, mostly below 0, and its standard error; NaN if not
    known. [package currency]"""
    gbv: float = float("nan")
    """Gross book value of the loans concerned; NaN if not known. [package currency]"""


def _months(earlier: pd.Series, later: date) -> np.ndarray:
    return ((pd.Timestamp(later) - pd.to_datetime(earlier)).dt.days / DAYS_PER_MONTH).to_numpy(
        dtype=float
    )


def _effect(study: Study, changed: LoanTable, base: Cash) -> tuple[float, float]:
    """Return the effect of a changed tape on the price, and its standard error."""
    flows = simulate(resized(study, base.scenarios), changed)
    found = flows.sample.difference(shared_values(flows), base.sample, shared_values(base))
    return found.value, found.se


def _gbv_of_items(table: LoanTable, hit: np.ndarray) -> float:
    """Return the gross book value of the loans that some items secure. [package currency]"""
    return _gbv(table, table.loans["loan_id"].isin(table.collateral["loan_id"][hit]).to_numpy())


def _gbv(table: LoanTable, chosen: np.ndarray) -> float:
    return float(table.loans["gbv"].to_numpy(dtype=np.float64)[chosen].sum())


def _appraisals(study: Study, table: LoanTable, base: Cash) -> Iterator[Flag]:
    limits, items = study.prudence.limits, table.collateral
    valued = items["appraisal_value"].to_numpy(dtype=float) > 0.0
    age = _months(items["appraisal_date"], study.valuation_date)
    undated = np.isnan(age) & valued
    stale = (age > limits.appraisal_months) & valued
    years = np.where(undated, UNDATED_YEARS, np.maximum(age - limits.appraisal_months, 0.0) / 12.0)
    for name, hit, detail in (
        (
            _("stale appraisals"),
            stale,
            _("older than {appraisal_months:g} months").format(
                appraisal_months=limits.appraisal_months
            ),
        ),
        (
            _("appraisals without a date"),
            undated,
            _("taken as {undated_years:g} years beyond the limit").format(
                undated_years=UNDATED_YEARS
            ),
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
            _(
                "{detail}; {share:.1%} of appraised value, written down by "
                "{appraisal_haircut:.1%} a year"
            ).format(detail=detail, share=share, appraisal_haircut=limits.appraisal_haircut),
            int(hit.sum()),
            len(items),
            effect,
            se,
            _gbv_of_items(table, hit),
        )
    missing = int((~valued).sum())
    if missing:
        yield Flag(
            _("collateral without a value"),
            _("counted as worthless"),
            missing,
            len(items),
            0.0,
            0.0,
            _gbv_of_items(table, ~valued),
        )


def _limitation(study: Study, table: LoanTable, base: Cash) -> Iterator[Flag]:
    loans = table.loans
    unknown = (
        loans["last_interruption_date"].isna() & loans["limitation_left_months"].isna()
    ).to_numpy()
    if not unknown.any() or not study.legal.limitation:
        return
    if study.prudence.limits.no_limitation_date == "as_stated":
        detail = _(
            "valued as the study states; the effect needs "
            "prudence.limits.no_limitation_date: time_barred"
        )
        effect, se = float("nan"), float("nan")
    else:
        detail = _("valued as time-barred")
        left = loans["limitation_left_months"].astype(float).where(~unknown, -1.0)
        changed = dataclasses.replace(table, loans=loans.assign(limitation_left_months=left))
        effect, se = _effect(study, changed, base)
    count, gbv = int(unknown.sum()), _gbv(table, unknown)
    yield Flag(_("limitation date not known"), detail, count, len(loans), effect, se, gbv)


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
        _("documents missing"),
        _("{share:.1%} of the value of these loans is taken off").format(share=share),
        int(missing.sum()),
        len(missing),
        -share * float(value.sum()),
        # Loans taken as perfectly correlated: an upper bound.
        share * float(error.sum()),
        _gbv(table, missing),
    )


def _dates(study: Study, table: LoanTable, base: Cash) -> Iterator[Flag]:
    limits, today = study.prudence.limits, study.valuation_date
    inputs = (
        (
            _("stale balances"),
            _("the tape's cut-off date"),
            study.tape.cut_off_date or today,
            limits.cut_off_months,
        ),
        ("law read long ago", _("the regime's date"), study.legal.as_of, limits.law_months),
        (
            _("old view of the market"),
            _("the market's date"),
            study.market.as_of,
            limits.market_months,
        ),
    )
    for name, what, day, limit in inputs:
        if day is None:
            if name != "law read long ago" or study.legal.limitation:
                yield Flag(
                    name,
                    _("{what} is not given; not determined").format(what=what),
                    0,
                    0,
                    float("nan"),
                    float("nan"),
                )
            continue
        age = (today - day).days / DAYS_PER_MONTH
        if age > limit:
            detail = _(
                "{what} {day} is {age:.0f} months before the valuation date; the limit is "
                "{limit:g}"
            ).format(what=what, day=day, age=age, limit=limit)
            yield Flag(name, detail, 0, 0, float("nan"), float("nan"))


CHECKS: tuple[Callable[[Study, LoanTable, Cash], Iterator[Flag]], ...] = (
    _appraisals,
    _limitation,
    _documents,
    _dates,
)


def data_flags(study: Study, table: LoanTable, base: Cash) -> tuple[Flag, ...]:
    """Return the stale and missing inputs, each with its effect on the price.

    Parameters
    ----------
    study, table
        What is priced.
    base
        Its flows; further runs have as many scenarios.
    """
    return tuple(flag for check in CHECKS for flag in check(study, table, base))
