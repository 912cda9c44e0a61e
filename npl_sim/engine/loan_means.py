"""Values of single loans: means at another rate and servicing fee, and weighted sums."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from npl_sim.core.layout import TILE
from npl_sim.engine.compile_model import Model
from npl_sim.engine.replicates import Replicates
from npl_sim.engine.run_estimate import estimate_resources, resized
from npl_sim.engine.sums import PV, RunningSums, Sums
from npl_sim.engine.tile import Simulator
from npl_sim.market.control_variates import STRETCHES

if TYPE_CHECKING:
    from npl_sim.stats.sample import Sample
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["LoanMeans", "loan_means", "loan_values"]

RECORD_CELLS = 2_000_000
"""Loan paths whose values are in memory at a time (64 MB)."""


class LoanMeans(NamedTuple):
    """Weighted means over the scenarios of a run. [package currency]"""

    value: np.ndarray
    error: np.ndarray
    """Present value of each loan and its standard error, shape (loans,)."""
    cash: np.ndarray
    """Cash by group of the model, shape (groups, kinds, months + 1)."""


def _totals(study: Study, scenarios: int) -> Study:
    """Return the study with a number of scenarios, of which only totals are stored."""
    return resized(study, scenarios=scenarios, precision=None, keep="totals")


def _replicates(model: Model, loan_draws: np.ndarray) -> Replicates | None:
    """Return the draws of each loan in the order of the model; none where all are one."""
    return Replicates(loan_draws[model.tape_row]) if loan_draws.size else None


def loan_means(
    study: Study,
    table: LoanTable,
    sample: Sample,
    discount: np.ndarray,
    servicing: float,
    model: Model,
    loan_draws: np.ndarray,
) -> LoanMeans:
    """Return the weighted mean of each loan's present value, its error, and the mean cash.

    The scenarios are simulated again, tile by tile, and not stored. Fees on the totals of
    placements are not included.

    Parameters
    ----------
    study
        Assumptions.
    table
        The loans.
    sample
        Weighted scenarios of the run.
    discount
        Discount factor of each month, shape (months + 1,).
    servicing
        Servicing fee in place of `pricing.servicing_rate`. [share of receipts]
    model
        The compiled study.
    loan_draws
        Draws of each loan in a scenario, in the order of the tape; empty for one.

    Returns
    -------
    LoanMeans
        Loans in the order of the tape.
    """
    stretches = 1 if study.simulation.precision is None else STRETCHES
    study = _totals(study, sample.scenarios)
    # The model keeps the study's own terms: plans are offered and tested on them.
    terms = study.pricing.model_copy(update={"servicing_rate": servicing})
    served = study.model_copy(update={"pricing": terms})
    replicates = _replicates(model, loan_draws)
    simulator = Simulator(served, model, "totals", discount, replicates, stretches)
    running = RunningSums()

    def tile(first: int) -> Sums:
        return simulator.simulate(first, min(TILE, sample.scenarios - first)).sums

    with ThreadPoolExecutor(estimate_resources(study, table).threads) as pool:
        for part in pool.map(tile, range(0, sample.scenarios, TILE)):
            running.add(part)
    sums = running.total() or simulator.zero_sums()
    mean, error = np.empty(len(sums.moments)), np.empty(len(sums.moments))
    mean[model.tape_row] = sample.total(sums.moments[:, PV])
    error[model.tape_row] = sample.total_error(sums.moments[:, PV], sums.squares)
    return LoanMeans(mean, error, sample.total(sums.mean))


def loan_values(
    study: Study,
    table: LoanTable,
    weights: np.ndarray,
    discount: np.ndarray,
    model: Model,
    loan_draws: np.ndarray,
) -> np.ndarray:
    """Return weighted sums of each loan's present value over scenarios and their draws.

    The scenarios are simulated again, block by block, and not stored. So the bits are those of
    the run itself, and memory does not grow with their number. Fees on the totals of placements
    are not included.

    Parameters
    ----------
    study
        Assumptions.
    table
        The loans.
    weights
        Weights of the scenarios, shape (measures, scenarios), or of their draws, shape
        (measures, scenarios, draws). Blocks without any weight are skipped.
    discount
        Discount factors, shape (months + 1,).
    model
        The compiled study.
    loan_draws
        Draws of each loan in a scenario, in the order of the tape; empty for one.

    Returns
    -------
    numpy.ndarray
        Shape (measures, loans), loans in the order of the tape. [package currency]
    """
    study = _totals(study, weights.shape[1])
    simulator = Simulator(study, model, "nothing", discount, _replicates(model, loan_draws))
    loans = len(model.package.loans)
    weights = weights.reshape(len(weights), weights.shape[1], -1)
    block = max(1, min(TILE, RECORD_CELLS // max(1, loans)))
    firsts = [f for f in range(0, weights.shape[1], block) if weights[:, f : f + block].any()]

    def part(first: int) -> np.ndarray:
        return simulator.weighted_values(first, weights[:, first : first + block])

    total = np.zeros((len(weights), loans))
    with ThreadPoolExecutor(estimate_resources(study, table).threads) as pool:
        for values in pool.map(part, firsts):
            total += values
    result = np.empty_like(total)
    result[:, model.tape_row] = total
    return result
