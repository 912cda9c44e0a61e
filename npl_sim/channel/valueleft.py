"""What the package is thought to be worth later on, and the plan. docs/channel.md section 1."""

from __future__ import annotations

import numpy as np

from npl_sim.channel.outcomes import Outcomes
from npl_sim.channel.spec import ChannelContract
from npl_sim.errors import ChannelError

__all__ = ["LEAST_FOR_ESTIMATE", "planned", "value_left"]

LEAST_FOR_ESTIMATE = 100
"""Scenarios that a regression needs."""


def planned(contract: ChannelContract, outcomes: Outcomes) -> np.ndarray:
    """Return the cumulative net cash of the plan, shape (months + 1,). [package currency]"""
    if contract.plan is None:
        return outcomes.mean(outcomes.running)
    months = [point.month for point in contract.plan]
    amounts = [point.cumulative for point in contract.plan]
    if months[0] > 0:
        months, amounts = [0, *months], [0.0, *amounts]
    return np.interp(np.arange(outcomes.months + 1), months, amounts)


def value_left(outcomes: Outcomes, plan: np.ndarray, knowledge: str) -> np.ndarray:
    """Return the value of what is left at the start of each month, the month after the last included.

    Parameters
    ----------
    outcomes
        Cash of the package.
    plan
        Cumulative net cash of the plan. [package currency]
    knowledge
        ``perfect``, ``plan`` or ``estimate``.

    Returns
    -------
    numpy.ndarray
        Shape (scenarios, months + 2); the last column is 0. [package currency]

    Raises
    ------
    ChannelError
        If ``estimate`` is asked of too few scenarios, or of scenarios that are not a sample.
    """
    worth = outcomes.net * outcomes.factors
    rest = np.zeros((outcomes.scenarios, outcomes.months + 2))
    rest[:, :-1] = worth[:, ::-1].cumsum(axis=1)[:, ::-1] / outcomes.factors
    if knowledge == "perfect":
        return rest
    before = np.zeros_like(rest)  # net cash before each month
    before[:, 1:] = outcomes.running
    mean = outcomes.mean(rest)
    if knowledge == "plan":
        expected = np.append(0.0, plan)
        known = expected > 0.0
        ratio = np.where(known, before / np.where(known, expected, 1.0), 1.0)
        return mean * np.maximum(ratio, 0.0)
    return _estimated(outcomes, rest, before, mean)


def _estimated(outcomes: Outcomes, rest: np.ndarray, before: np.ndarray, mean: np.ndarray) -> np.ndarray:
    counted = outcomes.probability > 0.0
    count = int(counted.sum())
    if outcomes.exact or count < LEAST_FOR_ESTIMATE:
        raise ChannelError(
            f"knowledge: estimate: got {count:,} {'weighted ' if outcomes.exact else ''}scenarios; expected a sample of at least "
            f"{LEAST_FOR_ESTIMATE} as likely as one another (write plan or perfect)"
        )
    fitted = np.broadcast_to(mean, rest.shape).copy()
    for m in range(rest.shape[1] - 1):
        spread = float(before[counted, m].std())
        if spread <= 1e-12 * max(1.0, float(np.abs(before[counted, m]).max())):
            continue
        z = (before[:, m] - before[counted, m].mean()) / spread
        design = np.column_stack([np.ones_like(z), z, z * z])
        # By sums in a fixed order, so that the fit does not depend on threads; z is standardised, so they are benign.
        moments = np.einsum("si,sj->ij", design[counted], design[counted])
        slopes = np.linalg.lstsq(
            moments, np.einsum("si,s->i", design[counted], rest[counted, m]), rcond=None
        )[0]
        fitted[:, m] = np.einsum("si,i->s", design, slopes)
    return fitted
