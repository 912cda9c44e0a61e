"""Errors of sizes: the whole structuring is repeated on resampled scenarios.

Scenarios are drawn with replacement, as many as there are. On each resample all tranches are sized
again in turn, and all terms are solved for again. A business plan that is the mean of the
simulation, stressed mean collections and the value to a caller are computed anew. So the error
of a size counts the errors of the other sizes and terms. The standard error is the standard
deviation of the sizes found. The interval is Student's, with one degree of freedom less than there
are resamples.

A limit that fewer than ten scenarios decide has no tail to resample from. Then no size of the deal
has an error.

References
----------
Efron and Tibshirani, An Introduction to the Bootstrap, chapters 6 and 13.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from npl_sim.core.errors import DealError
from npl_sim.core.language import gettext as _
from npl_sim.securitization.sizing.limits import RARE
from npl_sim.securitization.sizing.settle import Settled, settle
from npl_sim.securitization.sizing.sizing import (
    NO_ERROR,
    NOT_RESAMPLED,
    Sizing,
    binding_reading,
)
from npl_sim.securitization.sizing.trials import Trials
from npl_sim.stats.risk import Estimate, symmetric

__all__ = ["resampled_sizes", "size_errors", "with_errors"]

SEED = 20240229
"""Seed of the resamples, which are the same on every run."""
PRECISION = 2e-4
"""Width to which sizes are found on a resample, as a share of the pool."""
MOST_FAILED = 0.05
"""Share of the resamples on which no size may be found."""


def resampled_sizes(settled: Settled, count: int) -> dict[str, np.ndarray]:
    """Return the sizes found on resamples, before rounding, by tranche.

    Parameters
    ----------
    settled
        Sizes and terms on all scenarios, around which is looked first.
    count
        Number of resamples.

    Returns
    -------
    dict
        Shape (count,); NaN where no size keeps a limit. [package currency]
    """
    trials = _rough(settled.trials)
    terms = [solved.value.value for solved in settled.solved]
    rng = np.random.Generator(np.random.Philox(SEED))
    sizes = {name: np.full(count, np.nan) for name in settled.exactly}
    for number in range(count):
        chosen = rng.integers(0, trials.scenarios, trials.scenarios)
        try:
            found = settle(trials.resampled(chosen), settled.exactly, terms).exactly
        except DealError:
            continue
        for name, size in found.items():
            sizes[name][number] = size
    return sizes


def _rough(trials: Trials) -> Trials:
    """Return the trials with a coarser search, and sizes that are not rounded."""
    structure = trials.structure
    rough = structure.model_copy(
        update={
            "precision": max(structure.precision, PRECISION),
            "size": tuple(s.model_copy(update={"round_to": 0.0}) for s in structure.size),
        }
    )
    found = trials.with_deal(trials.deal.model_copy(update={"structure": rough}))
    return replace(found, rough=True)


def size_errors(settled: Settled, count: int) -> tuple[dict[str, Estimate], str | None]:
    """Return the sizes before rounding with their errors, or why they have none.

    Parameters
    ----------
    settled
        Sizes and terms on all scenarios.
    count
        Number of resamples.

    Returns
    -------
    tuple
        Estimates by tranche [package currency], and None; or none, and the reason.
    """
    if not count:
        return {}, NOT_RESAMPLED
    trials = settled.trials
    for item in trials.structure.size:
        size = settled.exactly[item.tranche]
        reading = binding_reading(trials, item, settled.sizes, size)
        if reading is not None and reading.few:
            return {}, (
                _(
                    "{no_error}: {reading} of {tranche} rests on {cases} of {scenarios:,} "
                    "scenarios, too few to resample; expected more scenarios, so that at least "
                    "{rare} decide it"
                ).format(
                    no_error=NO_ERROR,
                    reading=reading.text,
                    tranche=item.tranche,
                    cases=reading.cases,
                    scenarios=trials.scenarios,
                    rare=RARE,
                )
            )
    sizes = resampled_sizes(settled, count)
    failed = max(int(np.isnan(x).sum()) for x in sizes.values())
    if failed > MOST_FAILED * count:
        return {}, _(
            "{no_error}: on {failed} of {count} resamples no size keeps all limits"
        ).format(no_error=NO_ERROR, failed=failed, count=count)
    return {
        name: _estimate(settled.exactly[name], found[np.isfinite(found)], trials.confidence)
        for name, found in sizes.items()
    }, None


def _estimate(size: float, resampled: np.ndarray, confidence: float) -> Estimate:
    return symmetric(size, float(resampled.std(ddof=1)), len(resampled) - 1, confidence)


def with_errors(sizing: Sizing, settled: Settled) -> Sizing:
    """Return the sizes with standard errors and intervals, or with the reason why not.

    Parameters
    ----------
    sizing
        Sizes on all scenarios.
    settled
        Sizes and terms, as they were found.
    """
    errors, reason = size_errors(settled, settled.trials.structure.resamples)
    if reason is not None:
        return replace(sizing, without_error=reason)
    sized = tuple(
        replace(s, balance=replace(errors[s.tranche], value=s.balance.value)) for s in sizing.sized
    )
    return replace(sizing, sized=sized, without_error=None)
