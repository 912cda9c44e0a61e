"""Trial runs of sizes, all on the same scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from npl_sim.securitization.collections import DatedFlows
from npl_sim.securitization.sizing.limits import (
    Reading,
    needs_run,
    read_limit,
    read_stress,
    stress_of,
)
from npl_sim.securitization.sizing.rating_stress import mean_scenario, stressed_terms
from npl_sim.securitization.sizing.resize import resized
from npl_sim.securitization.terms.deal import Deal
from npl_sim.securitization.terms.limits import Limit, StressLimit
from npl_sim.securitization.terms.ratings import Stress
from npl_sim.securitization.terms.structure import Structure
from npl_sim.securitization.waterfall.compiled_terms import Terms, prepare
from npl_sim.securitization.waterfall.run import DealRun
from npl_sim.securitization.waterfall.waterfall import run_terms


@dataclass(frozen=True)
class Trials:
    """A deal's terms on its flows, prepared once; only balances change between trials."""

    deal: Deal
    structure: Structure
    """The deal, and what is asked of it."""
    terms: Terms
    """Terms on the flows as they are."""
    stressed: dict[Stress, Terms]
    """Terms on stressed flows."""
    confidence: float = 0.95
    """Confidence of intervals."""
    rough: bool = False
    """Whether sizes are looked for near those found before, with few trials."""

    @classmethod
    def of(
        cls,
        deal: Deal,
        structure: Structure,
        flows: DatedFlows,
        index: np.ndarray | None = None,
        confidence: float = 0.95,
    ) -> Trials:
        """Return trials of a deal on flows, with every stress that its limits ask for."""
        terms = prepare(deal, flows, index)
        stresses = {
            stress_of(limit, structure)
            for size in structure.size
            for limit in size.limits
            if isinstance(limit, StressLimit)
        }
        return cls(
            deal,
            structure,
            terms,
            {s: stressed_terms(terms, flows, s) for s in stresses},
            confidence,
        )

    @property
    def scenarios(self) -> int:
        """Number of scenarios."""
        return self.terms.scenarios

    @cached_property
    def net(self) -> np.ndarray:
        """Net collections of each scenario, shape (S,). [package currency]"""
        return self.terms.cash.net.sum(axis=0)

    @cached_property
    def _stressed_means(self) -> dict[Stress, Terms]:
        return {stress: mean_scenario(terms) for stress, terms in self.stressed.items()}

    def with_deal(self, deal: Deal) -> Trials:
        """Return the trials of a deal with other terms, on the same scenarios."""
        terms, structure = self.terms.with_deal(deal), deal.structure or self.structure
        stressed = {stress: t.with_deal(deal) for stress, t in self.stressed.items()}
        return replace(self, deal=deal, structure=structure, terms=terms, stressed=stressed)

    def resampled(self, numbers: np.ndarray) -> Trials:
        """Return the trials on chosen scenarios as if there were no others."""
        terms = self.terms.resampled(numbers)
        stressed = {
            stress: replace(t.resampled(numbers), plan=terms.plan, plan_left=terms.plan_left)
            for stress, t in self.stressed.items()
        }
        return replace(self, terms=terms, stressed=stressed)

    def run(self, deal: Deal, tables: bool = True) -> DealRun:
        """Carry out the deal with other balances, with or without tables by date."""
        return run_terms(replace(self.terms, deal=deal), tables=tables)

    def readings(
        self, name: str, limits: Sequence[Limit], sizes: dict[str, float]
    ) -> tuple[Reading, ...]:
        """Return the values of a tranche's limits at given sizes, from one waterfall run.

        Parameters
        ----------
        name
            Tranche.
        limits
            Its limits.
        sizes
            Balances by tranche. [package currency]
        """
        deal = resized(self.deal, self.structure, sizes)
        run = self.run(deal, tables=False) if any(needs_run(limit) for limit in limits) else None
        found = []
        for limit in limits:
            if isinstance(limit, StressLimit):
                terms = self._stressed_means[stress_of(limit, self.structure)]
                found.append(
                    read_stress(limit, name, run_terms(replace(terms, deal=deal), tables=False))
                )
            else:
                found.append(
                    read_limit(limit, name, deal, self.structure, self.net, run, self.confidence)
                )
        return tuple(found)
