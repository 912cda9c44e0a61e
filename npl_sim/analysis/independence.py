"""A second opinion: the value by a method that shares no code with the simulation, and where the two differ."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.dcf.limits import limits
from npl_sim.dcf.value import ExpectedCash, expected_cash
from npl_sim.errors import NplSimError
from npl_sim.layout import Kind
from npl_sim.stats import risk
from npl_sim.stats.risk import Estimate

if TYPE_CHECKING:
    from npl_sim.study import Study
    from npl_sim.tape.table import LoanTable
    from npl_sim.valuation.price import PriceDistribution

__all__ = ["SecondOpinion", "second_opinion"]

WORST = 20
"""Loans listed by their difference."""


@dataclass(frozen=True)
class SecondOpinion:
    """The value of a package by the second method, beside the simulation's.

    Attributes
    ----------
    value
        By the second method. [package currency]
    difference
        Second less simulated mean; its error is the simulation's sampling error. [package currency]
    share
        Difference over the simulated mean; NaN where that is 0.
    bound
        Difference beyond sampling error, as a share of the mean, that draws a flag
        (``prudence.second_method_bound``).
    flagged
        Whether the difference lies outside the sampling interval by more than the bound, or a segment's does.
    by_segment
        One row a segment: segment, loans, gbv, simulated, se (NaN where the run does not tell it), second,
        difference, share, flagged. Simulated is the plain mean of the scenarios, to which breakdowns sum; the
        mean behind `difference` may have control variates. [package currency]
    by_kind
        One row a kind of cash: kind, simulated, se, second, difference, present values. [package currency]
    worst
        The loans with the largest difference: loan_id, segment, stage, gbv, simulated, se, second,
        difference. [package currency]
    limits
        What the second method simplifies for this study, in sentences.
    """

    value: float
    difference: Estimate
    share: float
    bound: float
    flagged: bool
    by_segment: pd.DataFrame
    by_kind: pd.DataFrame
    worst: pd.DataFrame
    limits: tuple[str, ...]


def second_opinion(study: Study, table: LoanTable, result: PriceDistribution) -> SecondOpinion:
    """Value the package by the second method and set it beside the simulation.

    Parameters
    ----------
    study, table
        What was priced.
    result
        Its simulated price.

    Raises
    ------
    NplSimError
        If the result is of other loans than the table's.
    """
    loans = result.flows.loans
    if list(loans["loan_id"]) != list(table.loans["loan_id"]):
        raise NplSimError(
            f"second opinion: the result is of {len(loans):,} loans, the tape holds {len(table.loans):,} others; "
            "expected the result of this tape"
        )
    second = expected_cash(study, table)
    mean, bound = result.mean, study.prudence.second_method_bound
    value = second.value
    difference = Estimate(value - mean.value, mean.se, value - mean.high, value - mean.low, mean.confidence)
    segments = _by_segment(study, table, result, second, bound)
    return SecondOpinion(
        value=value,
        difference=difference,
        share=_share(difference.value, mean.value),
        bound=bound,
        flagged=_beyond(difference, bound * abs(mean.value)) or bool(segments["flagged"].any()),
        by_segment=segments,
        by_kind=_by_kind(result, second),
        worst=_worst(table, result, second),
        limits=limits(study, table),
    )


def _share(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def _beyond(difference: Estimate, allowed: float) -> bool:
    """Return whether the interval of a difference lies outside [-allowed, allowed]."""
    return difference.low > allowed or difference.high < -allowed


def _by_segment(
    study: Study, table: LoanTable, result: PriceDistribution, second: ExpectedCash, bound: float
) -> pd.DataFrame:
    """Set both methods side by side by segment.

    The segment's own sampling error is known where the flows were kept by segment.
    """
    frame = pd.DataFrame(
        {
            "segment": table.loans["segment"].astype(str).to_numpy(),
            "gbv": table.loans["gbv"].to_numpy(dtype=np.float64),
            "simulated": _simulated(study, result),
            "second": second.pv.sum(axis=1),
            "se_at_most": result.flows.loans["pv_se"].to_numpy(dtype=np.float64),
        }
    )
    grouped = frame.groupby("segment", sort=True)
    table_by = grouped[["gbv", "simulated", "second"]].agg(math.fsum)
    table_by.insert(0, "loans", grouped.size())
    known = {}
    if study.simulation.group_by == "segment" and "group" in result.breakdowns:
        own = result.breakdowns["group"]
        known = dict(zip(own["group"].astype(str), own["pv_se"], strict=True))
    table_by.insert(3, "se", [known.get(name, math.nan) for name in table_by.index])
    table_by["difference"] = table_by["second"] - table_by["simulated"]
    table_by["share"] = [
        _share(d, s) for d, s in zip(table_by["difference"], table_by["simulated"], strict=True)
    ]
    flagged = []
    # Where it is not known, the errors of its loans bound it: they can at most all move together.
    at_most = grouped["se_at_most"].agg(math.fsum)
    for row in table_by.itertuples():
        error = at_most[row.Index] if math.isnan(row.se) else row.se
        interval = risk.symmetric(row.difference, error, max(result.scenarios - 1, 1), result.mean.confidence)
        flagged.append(_beyond(interval, bound * abs(row.simulated)))
    table_by["flagged"] = flagged
    return table_by.reset_index()


def _simulated(study: Study, result: PriceDistribution) -> np.ndarray:
    """Return the simulated mean of each loan, which must have been discounted as the price was."""
    same = (
        result.flows.discount_rate == study.pricing.required_return
        and result.flows.cash_timing == study.pricing.cash_timing
    )
    if not same:
        raise NplSimError(
            f"second opinion: loans were discounted at {result.flows.discount_rate:.4%} ({result.flows.cash_timing}), "
            f"the study says {study.pricing.required_return:.4%} ({study.pricing.cash_timing}); expected the same"
        )
    return np.asarray(result.flows.loans["pv_mean"].to_numpy(dtype=np.float64))


def _by_kind(result: PriceDistribution, second: ExpectedCash) -> pd.DataFrame:
    simulated = result.breakdowns["kind"].set_index("kind")
    names = [k.name.lower() for k in Kind]
    frame = pd.DataFrame(
        {
            "kind": names,
            "simulated": simulated["pv"].reindex(names).to_numpy(dtype=np.float64),
            "se": simulated["pv_se"].reindex(names).to_numpy(dtype=np.float64),
            "second": second.pv.sum(axis=0),
        }
    )
    frame["difference"] = frame["second"] - frame["simulated"]
    return frame[(frame["simulated"] != 0.0) | (frame["second"] != 0.0)].reset_index(drop=True)


def _worst(table: LoanTable, result: PriceDistribution, second: ExpectedCash) -> pd.DataFrame:
    simulated = result.flows.loans
    frame = table.loans[["loan_id", "segment", "stage", "gbv"]].copy()
    frame["simulated"] = simulated["pv_mean"].to_numpy(dtype=np.float64)
    frame["se"] = simulated["pv_se"].to_numpy(dtype=np.float64)
    frame["second"] = second.pv.sum(axis=1)
    frame["difference"] = frame["second"] - frame["simulated"]
    order = np.argsort(-frame["difference"].abs().to_numpy(), kind="stable")[:WORST]
    return frame.iloc[order].reset_index(drop=True)
