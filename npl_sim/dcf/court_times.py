"""Durations of court procedures: sequences of steps under congestion and the court queue.

Congestion stretches every step of a case alike. So the steps are summed for each level of
congestion before the levels are averaged. docs/model.md section 4.4.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from npl_sim.dcf.context import PolicyContext
from npl_sim.dcf.filing import Filing
from npl_sim.dcf.grid import Times, convolve, spread
from npl_sim.dcf.quantile_functions import Distribution, has_atoms, remaining


class Step(NamedTuple):
    """One step of a procedure."""

    duration: Distribution
    begun: bool
    """Whether it is in progress on the tape."""
    queued: bool
    """Whether it waits in the court queue."""


class _Durations:
    """Durations by congestion level, averaged at the end."""

    def __init__(self, context: PolicyContext, month: int, wait: float, elapsed: float) -> None:
        self.points, self.wait, self.elapsed = context.points, wait, elapsed
        self.levels, self.weights = context.market.congestion_nodes(month)

    def of_step(self, step: Step, level: float) -> np.ndarray:
        """Return the mass of one step's duration on the grid."""
        values = remaining(step.duration, self.elapsed if step.begun else 0.0)
        values = (values + (self.wait if step.queued else 0.0)) * level
        return spread(values[None, :], np.full(len(values), 1.0 / len(values)), self.points)[0]

    def total(self, steps: tuple[Step, ...]) -> np.ndarray:
        """Return the mass of the sum of steps on the grid."""
        total = np.zeros(self.points)
        for level, weight in zip(self.levels, self.weights, strict=True):
            mass = self.of_step(steps[0], level)
            for step in steps[1:]:
                mass = np.convolve(mass, self.of_step(step, level))[: self.points]
            total += weight * mass
        return total


def after_filing(context: PolicyContext, filing: Filing, fresh: bool, *steps: Step) -> Times:
    """Return the end of a sequence of steps from filing on."""
    rows = filing.claims.rows
    elapsed = np.zeros(len(rows)) if fresh else context.loans.elapsed[rows]
    wait = context.wait[rows] if fresh else np.zeros(len(rows))
    cases = np.stack([np.ceil(filing.times.mean - 1e-9), wait, elapsed], axis=1)
    unique, inverse = np.unique(cases, axis=0, return_inverse=True)
    mass = np.array([_Durations(context, int(m), w, e).total(steps) for m, w, e in unique])
    atoms = all(has_atoms(step.duration) for step in steps)
    certain = atoms and not context.market.congestion.variance.any()
    kernel = Times(mass.reshape(len(unique), context.points)[inverse.reshape(-1)], not certain)
    return convolve(filing.times, kernel)
