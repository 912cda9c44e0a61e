"""The mean value of each loan at another rate and with another servicer, with its error."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from npl_sim.engine.lower import Model, lower
from npl_sim.engine.pilot import run_pilot
from npl_sim.engine.repeats import Repeats
from npl_sim.engine.simulate import plan, record_paths
from npl_sim.engine.walker import Walker
from npl_sim.layout import MOMENTS, TILE
from npl_sim.market.controls import STRETCHES

if TYPE_CHECKING:
    from npl_sim.stats.sample import Sample
    from npl_sim.study import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["loan_means"]

PV = MOMENTS.index("pv")


def loan_means(
    study: Study,
    table: LoanTable,
    sample: Sample,
    discount: np.ndarray,
    servicing: float,
    model: Model | None = None,
    loan_draws: np.ndarray | None = None,
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
        The compiled study, where the caller has it.
    loan_draws
        Draws of each loan in a scenario, in the order of the tape; none: one. [draws]

    Returns
    -------
    tuple of numpy.ndarray
        Means and standard errors, shape (loans,), loans in the order of the tape. [package currency]
    """
    size = study.simulation.model_copy(
        update={"scenarios": sample.scenarios, "precision": None, "keep": "totals"}
    )
    sharpened = study.simulation.precision is not None
    study = study.model_copy(update={"simulation": size})
    if model is None:
        model = lower(study, table, run_pilot(study, table, record_paths))
    # Only now: plans are offered and tested on the study's own terms.
    terms = study.pricing.model_copy(update={"servicing_rate": servicing})
    served = study.model_copy(update={"pricing": terms})
    repeats = None if loan_draws is None else Repeats(loan_draws[model.tape_row])
    walker = Walker(served, model, "totals", discount, repeats, STRETCHES if sharpened else 1)
    sums = walker.no_sums()

    def tile(first: int) -> object:
        return walker.walk(first, min(TILE, sample.scenarios - first)).sums

    with ThreadPoolExecutor(plan(study, table).threads) as pool:
        for own in pool.map(tile, range(0, sample.scenarios, TILE)):
            sums.add(own)  # type: ignore[arg-type]
    mean, error = np.empty(len(sums.moments)), np.empty(len(sums.moments))
    mean[model.tape_row] = sample.total(sums.moments[:, PV])
    error[model.tape_row] = sample.total_error(sums.moments[:, PV], sums.squares)
    return mean, error
