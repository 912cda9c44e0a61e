"""The part of a package that the second method covers, and how much it leaves out."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from npl_sim.analysis.sensitivity import MOST_SCENARIOS, resized
from npl_sim.engine.simulate import simulate
from npl_sim.valuation.price import price

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable
    from npl_sim.valuation.price import PriceDistribution


@dataclass(frozen=True)
class LeftOut:
    """Loans that the second method does not value: those in insolvency on the tape."""

    loans: int
    """Number of loans."""
    gbv: float
    """Their gross book value. [package currency]"""
    gbv_share: float
    """The same as a share of the package; NaN if that has none. [share]"""
    value: float
    """Their simulated value. [package currency]"""
    value_share: float
    """The same as a share of the package's value; NaN if that is 0. [share]"""

    @property
    def covered_share(self) -> float:
        """Share of the value that the second method covers; NaN if unknown. [share]"""
        return 1.0 - self.value_share


def in_insolvency(table: LoanTable) -> np.ndarray:
    """Return which loans of a tape the second method leaves out."""
    return np.asarray(table.loans["stage"].astype(str) == "insolvency", dtype=bool)


def simulates(table: LoanTable) -> bool:
    """Return whether the comparison simulates, since some loans are left out."""
    return bool(in_insolvency(table).any())


def left_out(table: LoanTable, simulated: np.ndarray) -> LeftOut:
    """Return what the second method leaves out of a package.

    Parameters
    ----------
    table
        The loans.
    simulated
        Simulated value of each loan. [package currency]
    """
    out, gbv = in_insolvency(table), table.loans["gbv"].to_numpy(dtype=np.float64)
    claims, value = math.fsum(gbv[out]), math.fsum(simulated[out])
    every, whole = math.fsum(gbv), math.fsum(simulated)
    return LeftOut(
        int(out.sum()),
        claims,
        claims / every if every else math.nan,
        value,
        value / whole if whole else math.nan,
    )


def covered_part(
    study: Study, table: LoanTable, result: PriceDistribution
) -> tuple[LoanTable, PriceDistribution]:
    """Return the loans that the second method covers, and their own simulated price.

    They are simulated again, since a run does not keep the cash of each loan by kind.

    Parameters
    ----------
    study, table
        What was priced; some loans are in insolvency, but not all.
    result
        The price of the whole package.
    """
    kept = table.loans.loc[~in_insolvency(table), "loan_id"]
    frames = {
        name: frame[frame["loan_id"].isin(kept)].reset_index(drop=True)
        for name, frame in (
            ("loans", table.loans),
            ("collateral", table.collateral),
            ("guarantors", table.guarantors),
        )
    }
    part = dataclasses.replace(table, **frames, other_readings=(), bank={})
    small = resized(study, min(result.scenarios, MOST_SCENARIOS))
    return part, price(simulate(small, part), study.pricing, result.currency)
