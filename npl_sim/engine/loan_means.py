"""Values of single loans: means at another rate and with another servicer, and sums under weights of scenarios."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from npl_sim.core.layout import MOMENTS, TILE
from npl_sim.engine.compile_model import Model
from npl_sim.engine.replicates import Repeats
from npl_sim.engine.simulate import plan
from npl_sim.engine.sums import Sums
from npl_sim.engine.tile import Walker
from npl_sim.market.control_variates import STRETCHES

if TYPE_CHECKING:
    from npl_sim.stats.sample import Sample
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["loan_means", "loan_values"]

PV = MOMENTS.index("pv")

RECORD_CELLS = 2_000_000
"""Loan-paths whose values are held at a time where single loans are valued (64 MB)."""


def _totals(study: Study, scenarios: int) -> Study:
    """Return the study with a number of scenarios, of which only totals are kept."""
    size = study.simulation.model_copy(
        update={"scenarios": scenarios, "precision": None, "detail": "totals"}
    )
    return study.model_copy(update={"simulation": size})


def _repeats(model: Model, loan_draws: np.ndarray) -> Repeats | None:
    """Return how often each loan is drawn, in the order of the model; none where all are drawn once."""
    return Repeats(loan_draws[model.tape_row]) if loan_draws.size else None


def loan_means(
    study: Study,
    table: LoanTable,
    sample: Sample,
    discount: np.ndarray,
    servicing: float,
    model: Model,
    loan_draws: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the weighted mean of each loan's present value and its standard error.

    The scenarios are simulated again, tile by tile, and forgotten. Fees on the totals of placements are not in it.

    Parameters
    ----------
    study
        What is assumed.
    table
        The loans.
    sample
        Weighted scenarios of the run whose loans these are.
    discount
        Discount factor of each month, shape (months + 1,).
    servicing
        What is taken off the receipts in place of `pricing.servicing_rate`. [share of receipts]
    model
        The compiled study.
    loan_draws
        Draws of each loan in a scenario, in the order of the tape; empty: one.

    Returns
    -------
    tuple of numpy.ndarray
        Means and standard errors, shape (loans,), loans in the order of the tape. [package currency]
    """
    sharpened = study.simulation.precision is not None
    study = _totals(study, sample.scenarios)
    # Only now: plans are offered and tested on the study's own terms.
    terms = study.pricing.model_copy(update={"servicing_rate": servicing})
    served = study.model_copy(update={"pricing": terms})
    walker = Walker(
        served,
        model,
        "totals",
        discount,
        _repeats(model, loan_draws),
        STRETCHES if sharpened else 1,
    )
    sums = walker.no_sums()

    def tile(first: int) -> Sums:
        return walker.walk(first, min(TILE, sample.scenarios - first)).sums

    with ThreadPoolExecutor(plan(study, table).threads) as pool:
        for own in pool.map(tile, range(0, sample.scenarios, TILE)):
            sums.add(own)
    mean, error = np.empty(len(sums.moments)), np.empty(len(sums.moments))
    mean[model.tape_row] = sample.total(sums.moments[:, PV])
    error[model.tape_row] = sample.total_error(sums.moments[:, PV], sums.squares)
    return mean, error


def loan_values(
    study: Study,
    table: LoanTable,
    weights: np.ndarray,
    discount: np.ndarray,
    model: Model,
    loan_draws: np.ndarray,
) -> np.ndarray:
    """Return weighted sums over the scenarios, and their draws, of each loan's present value.

    The scenarios are simulated again, block by block, and forgotten: the bits are those of the run itself,
    and the memory does not grow with their number. Fees on the totals of placements are not in it.

    Parameters
    ----------
    study
        What is assumed.
    table
        The loans.
    weights
        Weights of the scenarios, or of their draws, shape (measures, scenarios) or (measures, scenarios, draws);
        blocks without any weight are passed over.
    discount
        Discount factors, shape (months + 1,).
    model
        The compiled study.
    loan_draws
        Draws of each loan in a scenario, in the order of the tape; empty: one.

    Returns
    -------
    numpy.ndarray
        Shape (measures, loans), loans in the order of the tape. [package currency]
    """
    study = _totals(study, weights.shape[1])
    walker = Walker(study, model, "nothing", discount, _repeats(model, loan_draws))
    loans = len(model.package.loans)
    weights = weights.reshape(len(weights), weights.shape[1], -1)
    block = max(1, min(TILE, RECORD_CELLS // max(1, loans)))
    firsts = [f for f in range(0, weights.shape[1], block) if weights[:, f : f + block].any()]

    def part(first: int) -> np.ndarray:
        return walker.weighted_values(first, weights[:, first : first + block])

    total = np.zeros((len(weights), loans))
    with ThreadPoolExecutor(plan(study, table).threads) as pool:
        for values in pool.map(part, firsts):
            total += values
    result = np.empty_like(total)
    result[:, model.tape_row] = total
    return result
