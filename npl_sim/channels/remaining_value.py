"""Estimates of the value left, and the business plan. docs/channel.md section 1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from npl_sim.channels.outcomes import Outcomes
from npl_sim.channels.terms.contract import ChannelContract
from npl_sim.channels.terms.prices import FairValue, Formula
from npl_sim.channels.terms.undertakings import BuyerPut, IncomeSwap, SellerCall
from npl_sim.core.errors import ChannelError

LEAST_FOR_ESTIMATE = 100
"""Fewest scenarios of a regression."""


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
    """Return the value left at the start of each month, up to the month after the last.

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
        If ``estimate`` has too few scenarios, or scenarios that are not a sample.
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


def _estimated(
    outcomes: Outcomes, rest: np.ndarray, before: np.ndarray, mean: np.ndarray
) -> np.ndarray:
    counted = outcomes.probability > 0.0
    count = int(counted.sum())
    if outcomes.exact or count < LEAST_FOR_ESTIMATE:
        kind = "weighted " if outcomes.exact else ""
        raise ChannelError(
            f"knowledge: estimate: got {count:,} {kind}scenarios; expected a sample of at least "
            f"{LEAST_FOR_ESTIMATE} with equal probability (write plan or perfect)"
        )
    fitted = np.broadcast_to(mean, rest.shape).copy()
    for m in range(rest.shape[1] - 1):
        spread = float(before[counted, m].std())
        if spread <= 1e-12 * max(1.0, float(np.abs(before[counted, m]).max())):
            continue
        z = (before[:, m] - before[counted, m].mean()) / spread
        design = np.column_stack([np.ones_like(z), z, z * z])
        # Sums in a fixed order: the fit does not depend on threads. z has mean 0 and variance 1.
        moments = np.einsum("si,sj->ij", design[counted], design[counted])
        slopes = np.linalg.lstsq(
            moments, np.einsum("si,s->i", design[counted], rest[counted, m]), rcond=None
        )[0]
        fitted[:, m] = np.einsum("si,i->s", design, slopes)
    return fitted


@dataclass(frozen=True)
class Views:
    """Plan and estimates: all that one scenario takes from the others."""

    plan: np.ndarray
    """Cumulative net cash of the plan, shape (months + 1,). [package currency]"""
    left: dict[str, np.ndarray]
    """Value left, by estimation method (see `value_left`). [package currency]"""

    @classmethod
    def of(cls, contract: ChannelContract, outcomes: Outcomes) -> Views:
        """Return the views that a contract needs."""
        plan = planned(contract, outcomes)
        return cls(plan, {k: value_left(outcomes, plan, k) for k in sorted(_knowledge(contract))})

    def row(self, scenario: int) -> Views:
        """Return the views of one scenario."""
        return Views(self.plan, {k: x[scenario][None, :] for k, x in self.left.items()})


def _knowledge(contract: ChannelContract) -> set[str]:
    """Return the estimation methods for the value left in a contract."""
    found: set[str] = set()
    for u in contract.undertakings:
        if isinstance(u, SellerCall | BuyerPut):
            found.add(u.knowledge)
        if isinstance(u, IncomeSwap) and u.final == "cash":
            found.add(u.knowledge)
        price = getattr(u, "price", None) or getattr(u, "strike", None)
        if isinstance(price, Formula | FairValue):
            found.add(price.knowledge)
    return found
