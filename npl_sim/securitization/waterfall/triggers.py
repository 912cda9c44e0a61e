"""Triggers are tested, conditions are judged. docs/deals.md section 5."""

from __future__ import annotations

from functools import reduce

import numpy as np

from npl_sim.core.errors import ProgramError, known, of_kind
from npl_sim.securitization.dates import years_365
from npl_sim.securitization.terms.conditions import (
    Accelerated,
    AllOf,
    AnyOf,
    Condition,
    FromPayment,
    NotOf,
    Outstanding,
    TriggerActive,
)
from npl_sim.securitization.terms.triggers import (
    BalanceTrigger,
    CollectionRatio,
    CumulativeLoss,
    DateTrigger,
    InterestShortfall,
    ProfitabilityRatio,
    ServicerReplacement,
    Trigger,
)
from npl_sim.securitization.waterfall.compiled_terms import Terms
from npl_sim.securitization.waterfall.state import State
from npl_sim.stats.discount import discount_factor

__all__ = ["Tester", "holds"]


def holds(condition: Condition, state: State, k: int) -> np.ndarray:
    """Return the scenarios in which a condition holds on payment date `k`, shape (S,)."""
    if isinstance(condition, TriggerActive):
        return state.active[condition.name]
    if isinstance(condition, Accelerated):
        return state.accelerated
    if isinstance(condition, FromPayment):
        return np.full(len(state.ended), k + 1 >= condition.number)
    if isinstance(condition, NotOf):
        return ~holds(condition.of, state, k)
    if isinstance(condition, AllOf):
        return reduce(np.logical_and, [holds(c, state, k) for c in condition.of])
    if isinstance(condition, AnyOf):
        return reduce(np.logical_or, [holds(c, state, k) for c in condition.of])
    any_left = reduce(np.logical_or, [state.balance[name] > 0.0 for name in condition.tranches])
    return any_left if isinstance(condition, Outstanding) else ~any_left


class Tester:
    """Tests the triggers of a deal, with their sums computed once.

    Parameters
    ----------
    terms
        What the waterfall needs of the deal.

    Attributes
    ----------
    values
        Tested value of each trigger by name, shape (K, S). NaN if not tested, infinite without a
        denominator; date triggers have none.
    """

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._collected = np.cumsum(terms.cash.net, axis=0)
        self._ratios = {t.name: self._ratio(t) for t in terms.deal.triggers}
        shape = (len(terms.dates), terms.scenarios)
        self.values = {
            t.name: np.full(shape, np.nan)
            for t in terms.deal.triggers
            if not isinstance(t, DateTrigger)
        }

    def _ratio(self, trigger: Trigger) -> tuple[np.ndarray, np.ndarray] | None:
        """Return the upper and lower sums of a ratio, by date and scenario."""
        terms, cash = self._terms, self._terms.cash
        if isinstance(trigger, ProfitabilityRatio):
            if trigger.proxy_rate is None:
                closed = (cash.extras["closed_pv"], cash.extras["closed_target"])
                return np.cumsum(closed[0], axis=0), np.cumsum(closed[1], axis=0)
            ends = terms.dates.collection
            years = np.array([years_365(ends[0], end) for end in ends[1:]])
            factor = discount_factor(trigger.proxy_rate, years)[:, None]
            return np.cumsum(cash.net * factor, axis=0), np.cumsum(
                self._planned() * factor, axis=0
            )
        if isinstance(trigger, CollectionRatio | ServicerReplacement):
            if terms.plan is None:  # refused by `checks`
                raise ProgramError("terms.plan is missing; expected a value by earlier checks")
            return self._collected, terms.plan[1:, None]
        if isinstance(trigger, CumulativeLoss):
            if trigger.measure == "resolved":
                return np.cumsum(cash.extras["resolved"], axis=0) - self._collected, np.empty(0)
            if terms.plan is None:
                raise ProgramError("terms.plan is missing; expected a value by earlier checks")
            return terms.plan[1:, None] - self._collected, np.empty(0)
        return None

    def _planned(self) -> np.ndarray:
        if self._terms.plan is None:
            raise ProgramError("terms.plan is missing; expected a value by earlier checks")
        planned: np.ndarray = np.diff(self._terms.plan)[:, None]
        return planned

    def test(self, state: State, k: int) -> None:
        """Test all triggers on payment date `k` (counted from 0) and note which are active."""
        for trigger in self._terms.deal.triggers:
            if k + 1 < trigger.first_test:
                continue
            name = trigger.name
            value, failed = self._tested(trigger, state, k)
            if name in self.values:
                self.values[name][k] = np.where(state.ended, np.nan, value)
            state.fails[name] = np.where(failed, state.fails[name] + 1, 0)
            state.passes[name] = np.where(failed, 0, state.passes[name] + 1)
            active = state.active[name] | (state.fails[name] >= trigger.consecutive)
            if trigger.cure_after is not None:
                active &= state.passes[name] < trigger.cure_after
            state.active[name] = active
        for name in self._terms.deal.event_of_default:
            state.accelerated = state.accelerated | (state.active[name] & ~state.ended)

    def _tested(self, trigger: Trigger, state: State, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Return what a trigger looks at, and in which scenarios the test fails, shape (S,)."""
        ratio = self._ratios[trigger.name]
        if isinstance(trigger, CumulativeLoss):
            ratio = known(ratio, "ratio")
            value = ratio[0][k] / self._terms.deal.pool_balance
            return value, value > trigger.above
        if isinstance(trigger, CollectionRatio | ServicerReplacement | ProfitabilityRatio):
            ratio = known(ratio, "ratio")
            upper, lower = ratio[0][k], np.broadcast_to(ratio[1][k], ratio[0][k].shape)
            value = np.divide(upper, lower, out=np.full(upper.shape, np.inf), where=lower > 0.0)
            return value, value < trigger.below
        if isinstance(trigger, InterestShortfall):
            return self._unpaid(trigger, state)
        if isinstance(trigger, BalanceTrigger):
            original = sum(self._terms.deal.tranche(name).balance for name in trigger.tranches)
            left = state.balances(trigger.tranches)
            value = left / original if original > 0.0 else np.zeros(left.shape)
            return value, left <= trigger.at_most * original
        trigger = of_kind(trigger, DateTrigger, "trigger")
        failed = np.full(len(state.ended), self._terms.dates.payment[k] >= trigger.date)
        return failed.astype(float), failed

    def _unpaid(self, trigger: InterestShortfall, state: State) -> tuple[np.ndarray, np.ndarray]:
        """Return the largest share of unpaid interest, and whether any share is too large."""
        unpaid, largest = np.zeros(len(state.ended), dtype=bool), np.zeros(len(state.ended))
        for name in trigger.tranches:
            original = self._terms.deal.tranche(name).balance
            unpaid |= state.interest[name] > trigger.tolerance * original
            if original > 0.0:
                largest = np.maximum(largest, state.interest[name] / original)
        return largest, unpaid
