"""Cash of the package by scenario, simulated or from a table. docs/channel.md section 1."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from npl_sim.cashflows.facts import refunds_received
from npl_sim.cashflows.protocol import Cash
from npl_sim.channels.statistics import Weighted
from npl_sim.stats.discount import discount_factors
from npl_sim.stats.sample import Sample


@dataclass(frozen=True)
class Outcomes:
    """Cash of the package by scenario, with probabilities."""

    received: np.ndarray
    """Receipts, at least 0, shape (scenarios, months + 1). [package currency]"""
    costs: np.ndarray
    """Costs, at least 0, shape (scenarios, months + 1). [package currency]"""
    probability: np.ndarray
    """Probability of each scenario, 0 for one that is only inspected, shape (scenarios,)."""
    exact: bool
    """Whether the scenarios are the whole distribution, not a sample of it."""
    face: float
    """Amount that the debtors owe. [package currency]"""
    discount_rate: float
    """Effective annual discount rate. [per year]"""
    cash_timing: str = "month_end"
    """``month_end`` or ``mid_month``."""
    seed: int = 0
    """Seed of further draws."""
    drivers: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    """Mean deviations of the systematic factors, shape (scenarios, factors)."""
    driver_names: tuple[str, ...] = ()
    """Names of the systematic factors."""
    sample: Sample | None = None
    """Weighted scenarios of a simulation; None for a stated distribution."""

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
        return np.einsum("s,s...->...", self.probability, amounts)

    def among(self, rows: np.ndarray) -> np.ndarray:
        """Return the probabilities within a subset of scenarios, for the jackknife, shape (rows,).

        The weights of a simulation are balanced again, so errors are those of weighted estimates.

        Parameters
        ----------
        rows
            Numbers of the scenarios.
        """
        weights = self.probability[rows]
        if self.sample is not None and len(rows) < self.scenarios:
            weights = np.maximum(self.sample.subset(rows).weights, 0.0)
        return weights / weights.sum()

    def present_value(self, cash: np.ndarray) -> np.ndarray:
        """Return the present value of monthly cash, shape (scenarios,). [package currency]"""
        return np.einsum("sm,m->s", cash, self.factors)

    def weighted(self, values: np.ndarray) -> Weighted:
        """Return values of shape (scenarios,) as a weighted distribution."""
        return Weighted(values, self.probability, not self.exact)

    def with_lossless(self, amount: float) -> Outcomes:
        """Return the outcomes with one more scenario, of probability 0, without loss.

        Its present value is `amount`. It has the timing of the mean, or pays in the last month if
        the mean has no value.
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

    The contract charges its `servicing.fair_share` instead.

    Parameters
    ----------
    flows
        Simulated cash.
    discount_rate
        Effective annual rate. [per year]
    face
        Amount that the debtors owe; defaults to the gross book value. [package currency]
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
