"""Second opinion: the value by a method that shares no code with the simulation.

A difference is flagged where it is both significant and material: above `STANDARD_ERRORS` of its
own errors, and above a share of the price. The package, each segment and each kind of cash are
tested. Loans in insolvency on the tape are left out: the second method does not value them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from npl_sim.analysis.covered import LeftOut, covered_part, left_out
from npl_sim.core.errors import NplSimError
from npl_sim.core.layout import Kind
from npl_sim.dcf.simplifications import limits
from npl_sim.dcf.value import ExpectedCash, expected_cash
from npl_sim.stats.risk import Estimate

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable
    from npl_sim.valuation.price import PriceDistribution


WORST = 20
"""Loans listed by their difference."""

STANDARD_ERRORS = 4.0
"""Standard errors beyond which a difference is significant, where the sample is large."""

AGREE, DIFFER, UNKNOWN = "agree", "differ", "not determined"
"""Verdicts on a difference; a material one with an unknown error is not determined."""


@dataclass(frozen=True)
class SecondOpinion:
    """Value of a package by the second method, compared with the simulation."""

    value: float
    """Value by the second method; loans left out count as simulated. [package currency]"""
    left_out: LeftOut
    """Loans that the second method does not value. No comparison has them."""
    difference: Estimate
    """Second less simulated mean; its error is that of the simulation. [package currency]"""
    share: float
    """Difference over the simulated mean of the loans compared; NaN where that is 0."""
    z: float
    """Difference over its standard error; NaN where the error is not known."""
    critical: float
    """|z| beyond which a difference is significant (see `critical_value`)."""
    bound: float
    """Share of the price beyond which a difference is material, ``second_method_bound``."""
    flagged: bool
    """Whether any difference is significant and material."""
    differs: tuple[str, ...]
    unknown: tuple[str, ...]
    """Flagged differences, and undetermined ones: ``package``, ``segment NAME``, ``kind NAME``."""
    by_segment: pd.DataFrame
    """Rows by segment: segment, loans, gbv, simulated, se, second, difference, z, share, verdict,
    flagged. [package currency]

    The error is NaN where the run does not have it. The share is of the segment's simulated value.
    Simulated values sum to the simulated mean, with the same scenario weights.
    """
    by_kind: pd.DataFrame
    """Rows by kind of cash, present values: kind, simulated, se, second, difference, z, share (of
    the price of the package), verdict, flagged. [package currency]"""
    worst: pd.DataFrame
    """The loans with the largest difference: loan_id, segment, stage, gbv, simulated, se, second,
    difference. [package currency]"""
    limits: tuple[str, ...]
    """Simplifications of the second method for this study, in sentences."""


NEVER_BY_CHANCE = -math.log(2.0 * float(stats.norm.sf(STANDARD_ERRORS)))
"""Poisson mean for which no event is as improbable as a significant difference."""


@dataclass(frozen=True)
class _Gate:
    """Thresholds of a difference: |z| and a share of the price."""

    critical: float
    bound: float

    def verdict(self, difference: float, at_least: float, at_most: float, price: float) -> str:
        """Return the verdict on a difference.

        Parameters
        ----------
        difference
            Second less simulated. [package currency]
        at_least, at_most
            Bounds of its standard error; NaN if not known. [package currency]
        price
            Base of the share. [package currency]
        """
        if (
            abs(difference) <= self.bound * abs(price)
            or abs(difference) <= self.critical * at_least
        ):
            return AGREE
        if abs(difference) > self.critical * at_most:
            return DIFFER
        return UNKNOWN


def critical_value(scenarios: int) -> float:
    """Return the |z| beyond which a difference is significant.

    Its probability by chance is that of `STANDARD_ERRORS` of a normal variate, about 1 in 16,000.
    Errors estimated from few scenarios need a larger value (Student's t).

    Parameters
    ----------
    scenarios
        Scenarios of the simulation.
    """
    return float(stats.t.isf(stats.norm.sf(STANDARD_ERRORS), max(scenarios - 1, 1)))


def second_opinion(
    study: Study, table: LoanTable, result: PriceDistribution
) -> SecondOpinion | None:
    """Value a package by the second method and compare the value with the simulation.

    None if the second method covers none of its loans.

    Parameters
    ----------
    study, table
        What was priced.
    result
        Its simulated price.

    Raises
    ------
    NplSimError
        If the result is for other loans than those of the table.
    """
    loans = result.flows.loans
    if list(loans["loan_id"]) != list(table.loans["loan_id"]):
        raise NplSimError(
            f"second opinion: the result is of {len(loans):,} loans, the tape holds "
            f"{len(table.loans):,} others; expected the result of this tape"
        )
    whole, out = result.mean.value, left_out(table, _simulated(study, result))
    if out.loans == len(loans):
        return None
    sentences = limits(study, table)
    if out.loans:
        table, result = covered_part(study, table, result)
    second = expected_cash(study, table)
    mean, value = result.mean, second.value
    gate = _Gate(critical_value(result.scenarios), study.prudence.second_method_bound)
    difference = Estimate(
        value - mean.value, mean.se, value - mean.high, value - mean.low, mean.confidence
    )
    segments = _by_segment(study, table, result, second, gate)
    kinds = _by_kind(result, second, gate)
    verdicts = [("package", gate.verdict(difference.value, mean.se, mean.se, mean.value))]
    for name, frame in (("segment", segments), ("kind", kinds)):
        verdicts += [
            (f"{name} {n}", v) for n, v in zip(frame[name], frame["verdict"], strict=True)
        ]
    differs = tuple(name for name, verdict in verdicts if verdict == DIFFER)
    return SecondOpinion(
        value=whole + difference.value if out.loans else value,
        left_out=out,
        difference=difference,
        share=_share(difference.value, mean.value),
        z=_z(difference.value, mean.se),
        critical=gate.critical,
        bound=gate.bound,
        flagged=bool(differs),
        differs=differs,
        unknown=tuple(name for name, verdict in verdicts if verdict == UNKNOWN),
        by_segment=segments,
        by_kind=kinds,
        worst=_worst(table, result, second),
        limits=sentences,
    )


def _share(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def _z(difference: float, se: float) -> float:
    """Return a difference over its error; NaN where the error is not known, or both are 0."""
    if se > 0.0:
        return difference / se
    return math.copysign(math.inf, difference) if se == 0.0 and difference else math.nan


def _by_segment(
    study: Study, table: LoanTable, result: PriceDistribution, second: ExpectedCash, gate: _Gate
) -> pd.DataFrame:
    """Compare both methods by segment.

    The sampling error of a segment is known where the cash was kept by segment. Otherwise the
    errors of its loans bound it: from below by independence, from above by perfect correlation.
    """
    errors = result.flows.loans["pv_se"].to_numpy(dtype=np.float64)
    frame = pd.DataFrame(
        {
            "segment": table.loans["segment"].astype(str).to_numpy(),
            "gbv": table.loans["gbv"].to_numpy(dtype=np.float64),
            "simulated": _simulated(study, result),
            "second": second.pv.sum(axis=1),
            "at_most": errors,
            "at_least": errors**2,
        }
    )
    grouped = frame.groupby("segment", sort=True)
    by = grouped[["gbv", "simulated", "second"]].agg(math.fsum)
    by.insert(0, "loans", grouped.size())
    known = {}
    if study.simulation.group_by == "segment" and "group" in result.breakdowns:
        own = result.breakdowns["group"]
        known = dict(zip(own["group"].astype(str), own["pv_se"], strict=True))
    by.insert(3, "se", [known.get(name, math.nan) for name in by.index])
    by["difference"] = by["second"] - by["simulated"]
    by["z"] = [_z(d, se) for d, se in zip(by["difference"], by["se"], strict=True)]
    by["share"] = [_share(d, s) for d, s in zip(by["difference"], by["simulated"], strict=True)]
    most, least = grouped["at_most"].agg(math.fsum), grouped["at_least"].agg(math.fsum) ** 0.5
    by["verdict"] = [
        gate.verdict(
            row.difference,
            least[row.Index] if math.isnan(row.se) else row.se,
            most[row.Index] if math.isnan(row.se) else row.se,
            row.simulated,
        )
        for row in by.itertuples()
    ]
    by["flagged"] = by["verdict"] == DIFFER
    return by.reset_index()


def _simulated(study: Study, result: PriceDistribution) -> np.ndarray:
    """Return the simulated mean of each loan; it must have the discount rate of the price."""
    same = (
        result.flows.discount_rate == study.pricing.required_return
        and result.flows.cash_timing == study.pricing.cash_timing
    )
    if not same:
        raise NplSimError(
            f"second opinion: loans were discounted at {result.flows.discount_rate:.4%} "
            f"({result.flows.cash_timing}), the study says {study.pricing.required_return:.4%} "
            f"({study.pricing.cash_timing}); expected the same"
        )
    return np.asarray(result.flows.loans["pv_mean"].to_numpy(dtype=np.float64))


def _by_kind(result: PriceDistribution, second: ExpectedCash, gate: _Gate) -> pd.DataFrame:
    """Compare both methods by kind of cash; shares are of the price of the package."""
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
    # A kind has one sign: a mean of 0 means 0 in every scenario. That is significant only where
    # the second method expects many payments, the largest of which is a whole claim.
    never = frame["simulated"] == 0.0
    payments = (
        result.scenarios
        * frame["second"].abs()
        / max(float(result.flows.loans["gbv"].max()), 1e-300)
    )
    frame.loc[never, "se"] = np.where(payments[never] > NEVER_BY_CHANCE, 0.0, np.nan)
    frame["difference"] = frame["second"] - frame["simulated"]
    price = result.mean.value
    rows = list(zip(frame["difference"], frame["se"], strict=True))
    frame["z"] = [_z(d, se) for d, se in rows]
    frame["share"] = [_share(d, price) for d, _ in rows]
    frame["verdict"] = [gate.verdict(d, se, se, price) for d, se in rows]
    frame["flagged"] = frame["verdict"] == DIFFER
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
