"""Results of a deal run that reports show, computed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from npl_sim.core.errors import DealError
from npl_sim.securitization.results.by_date import cash_totals
from npl_sim.securitization.results.tranches import (
    LEVELS,
    TrancheResult,
    loss_dates,
    tranche_results,
    weighted_lives,
    yield_of,
)
from npl_sim.securitization.results.triggers import TriggerResult, trigger_results
from npl_sim.securitization.waterfall.call import CallResult, call_result
from npl_sim.securitization.waterfall.run import DealRun
from npl_sim.stats import risk
from npl_sim.stats.risk import Estimate

BAD = 0.05
"""Level of net collections at which a scenario is called bad."""


@dataclass(frozen=True)
class DealOutcome:
    """What a deal means."""

    run: DealRun
    """The deal carried out."""
    numbers: tuple[int, ...]
    """Numbers by which the scenarios are known."""
    tranches: dict[str, TrancheResult]
    triggers: dict[str, TriggerResult]
    """Results by name."""
    totals: pd.DataFrame
    """Where the cash comes from and goes (`bydate.cash_totals`)."""
    net: Estimate
    """Net collections of the deal. [package currency]"""
    call: CallResult | None
    """What the clean-up call means for its holder; none without one."""
    lives: dict[str, np.ndarray]
    yields: dict[str, np.ndarray]
    """Weighted average life [years] and yield [per year] of each tranche by scenario, shape (S,);
    NaN where not defined."""
    levels: tuple[float, ...]
    confidence: float
    """Levels of quantiles and confidence of intervals."""

    @property
    def collected(self) -> np.ndarray:
        """Net collections of the deal's periods by scenario, shape (S,), in package currency."""
        return self.run.terms.cash.net.sum(axis=0)

    def scenario_at(self, level: float) -> int:
        """Return the first scenario whose net collections are their quantile at a level."""
        order = np.argsort(self.collected, kind="stable")
        return int(order[risk.order_statistic(len(order), level) - 1])

    @property
    def ledger_scenarios(self) -> dict[str, int]:
        """Places of the scenarios that have a ledger in every run: a median and a bad one."""
        return {"median": self.scenario_at(0.5), "bad": self.scenario_at(BAD)}

    def place_of(self, name: str) -> int:
        """Return the place of a scenario by its number, or by ``median`` or ``bad``.

        Raises
        ------
        DealError
            If there is none.
        """
        if name in self.ledger_scenarios:
            return self.ledger_scenarios[name]
        if name.lstrip("-").isdecimal() and int(name) in self.numbers:
            return self.numbers.index(int(name))
        raise DealError(
            f"scenario {name!r}: there is none; expected a number from {self.numbers[0]} to "
            f"{self.numbers[-1]}, {' or '.join(self.ledger_scenarios)}"
        )

    def by_scenario(self) -> pd.DataFrame:
        """Return what each tranche gets in each scenario.

        Returns
        -------
        pandas.DataFrame
            tranche, scenario, interest, principal, other, principal_lost, interest_unpaid (at the
            end), largest_unpaid, wal, yield, loss_payment (number of the loss date, 0: none),
            interest_cover (the least). [package currency, years, per year]
        """
        frames = []
        for name, flows in self.run.tranches.items():
            least = self.run.totals[name].coverage
            columns = {
                "tranche": name,
                "scenario": self.numbers,
                "interest": flows.interest.sum(axis=1),
                "principal": flows.principal.sum(axis=1),
                "other": flows.other.sum(axis=1),
                "principal_lost": flows.balance[:, -1],
                "interest_unpaid": flows.unpaid[:, -1],
                "largest_unpaid": flows.unpaid.max(axis=1),
                "wal": self.lives[name],
                "yield": self.yields[name],
                "loss_payment": loss_dates(self.run, name),
                "interest_cover": np.where(np.isfinite(least), least, np.nan),
            }
            frames.append(pd.DataFrame(columns))
        return pd.concat(frames, ignore_index=True)


def outcome_of(
    run: DealRun,
    numbers: Sequence[int] | None = None,
    levels: Sequence[float] = LEVELS,
    confidence: float = 0.95,
) -> DealOutcome:
    """Return what a deal means.

    Parameters
    ----------
    run
        The deal carried out.
    numbers
        Numbers of the scenarios; defaults to counting from 0.
    levels
        Levels of quantiles.
    confidence
        Confidence of intervals.
    """
    years = run.terms.dates.years
    return DealOutcome(
        run=run,
        numbers=tuple(range(run.scenarios) if numbers is None else numbers),
        tranches=tranche_results(run, levels, confidence),
        triggers=trigger_results(run, confidence),
        totals=cash_totals(run, confidence),
        net=risk.mean(run.terms.cash.net.sum(axis=0), confidence),
        call=call_result(run, confidence),
        lives={t.name: weighted_lives(run, t.name) for t in run.deal.tranches},
        yields={
            t.name: yield_of(run.tranches[t.name].cash, years, t.price * t.balance)
            for t in run.deal.tranches
        },
        levels=tuple(levels),
        confidence=confidence,
    )
