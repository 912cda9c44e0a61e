"""What the package brings, scenario by scenario: from a simulation or from a table. docs/channel.md section 1."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from npl_sim.cashflows.facts import refunds_received
from npl_sim.cashflows.protocol import Cash
from npl_sim.stats.discount import discount_factors
from npl_sim.stats.sample import Sample

__all__ = ["Outcomes", "outcomes_of_flows"]


@dataclass(frozen=True)
class Outcomes:
    """Cash of the package, and how likely each scenario is.

    Attributes
    ----------
    received, costs
        Receipts and costs, both at least 0, shape (scenarios, months + 1). [package currency]
    probability
        Of each scenario, summing to 1; a scenario that is only looked at has 0. Shape (scenarios,).
    exact
        Whether the scenarios are the whole distribution and not a sample of it.
    face
        What the debtors owe. [package currency]
    discount_rate
        Effective annual rate. [per year]
    cash_timing
        ``month_end`` or ``mid_month``.
    seed
        Seed of further draws.
    drivers, driver_names
        Average deviations of the systematic factors, shape (scenarios, factors), and their names.
    sample
        Weighted scenarios of a simulation, whose weights are `probability`; none: a stated distribution.
    """

    received: np.ndarray
    costs: np.ndarray
    probability: np.ndarray
    exact: bool
    face: float
    discount_rate: float
    cash_timing: str = "month_end"
    seed: int = 0
    drivers: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    driver_names: tuple[str, ...] = ()
    sample: Sample | None = None

    @property
    def scenarios(self) -> int:
        """Number of scenarios."""
        return self.received.shape[0]

    @property
    def months(self) -> int:
        """Horizon. [months]"""
        return self.received.shape[1] - 1

    @cached_property
    def net(self) -> np.ndarray:
        """Receipts less costs, shape (scenarios, months + 1). [package currency]"""
        return self.received - self.costs

    @cached_property
    def factors(self) -> np.ndarray:
        """Discount factors, shape (months + 1,)."""
        return discount_factors(self.discount_rate, self.months, self.cash_timing)

    @cached_property
    def running(self) -> np.ndarray:
        """Cumulative net cash, shape (scenarios, months + 1). [package currency]"""
        return self.net.cumsum(axis=1)

    def mean(self, amounts: np.ndarray) -> np.ndarray:
        """Return the mean over scenarios, along the first axis."""
        # einsum and not a matrix product: the order of its additions does not depend on threads.
        result: np.ndarray = np.einsum("s,s...->...", self.probability, amounts)
        return result

    def among(self, rows: np.ndarray) -> np.ndarray:
        """Return the probabilities of some scenarios alone, for a replicate of the jackknife, shape (rows,).

        Those of a simulation are balanced anew, so that errors are those of the weighted estimates.

        Parameters
        ----------
        rows
            Numbers of the scenarios.
        """
        own = self.probability[rows]
        if self.sample is not None and len(rows) < self.scenarios:
            own = np.maximum(self.sample.subset(rows).weights, 0.0)
        share: np.ndarray = own / own.sum()
        return share

    def present_value(self, cash: np.ndarray) -> np.ndarray:
        """Return the present value of monthly cash, shape (scenarios,). [package currency]"""
        value: np.ndarray = np.einsum("sm,m->s", cash, self.factors)
        return value

    def with_lossless(self, amount: float) -> Outcomes:
        """Return the outcomes with one more scenario, of probability 0, that pays `amount` for sure.

        Its present value is `amount`, its timing that of the mean; where the mean is worth nothing it pays
        in the last month.
        """
        mean = self.mean(self.net)
        worth = float(mean @ self.factors)
        if worth > 0.0:
            cash = mean * (amount / worth)
        else:
            cash = np.zeros(self.months + 1)
            cash[-1] = amount / self.factors[-1]
        return replace(
            self,
            received=np.vstack([self.received, np.maximum(cash, 0.0)]),
            costs=np.vstack([self.costs, np.maximum(-cash, 0.0)]),
            probability=np.append(self.probability, 0.0),
            sample=None,
        )


def outcomes_of_flows(flows: Cash, discount_rate: float, face: float | None = None) -> Outcomes:
    """Return the outcomes of a simulated package, without the study's servicing.

    The contract charges its own `servicing.fair_share` in place of it.

    Parameters
    ----------
    flows
        Simulated cash.
    discount_rate
        Effective annual rate. [per year]
    face
        What the debtors owe; none: the gross book value. [package currency]
    """
    received, costs = refunds_received(*flows.receipts_and_costs())
    return Outcomes(
        received=received,
        costs=costs,
        probability=flows.sample.weights,
        exact=False,
        face=flows.gbv if face is None else face,
        discount_rate=discount_rate,
        cash_timing=flows.cash_timing,
        seed=flows.seed,
        drivers=flows.factor_averages,
        driver_names=flows.factor_names,
        sample=flows.sample,
    )
