"""Deal terms compiled to arrays by payment date. docs/deals.md section 2."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from npl_sim.core.errors import DealError
from npl_sim.securitization.business_plan import plan_by_period, plan_total
from npl_sim.securitization.collections import Collections, DatedFlows, allot
from npl_sim.securitization.dates import DealDates, deal_dates, years_365
from npl_sim.securitization.terms.bounds import bounded
from npl_sim.securitization.terms.claims import GuaranteePremium, RecoveryCosts
from npl_sim.securitization.terms.deal import Deal
from npl_sim.securitization.terms.rates import (
    FixedRate,
    FlatIndex,
    FloatingRate,
    NoRate,
    RateWord,
    SimulatedIndex,
)
from npl_sim.securitization.terms.triggers import CumulativeLoss, ProfitabilityRatio
from npl_sim.securitization.waterfall.call_value import CallValues, call_values
from npl_sim.securitization.waterfall.series import Series

__all__ = ["Terms", "prepare"]


@dataclass(frozen=True)
class Terms:
    """What the waterfall needs of a deal and its flows; K payment dates, S scenarios."""

    deal: Deal
    dates: DealDates
    cash: Collections
    """The deal, its dates and its collections."""
    index: np.ndarray | None
    """Reference rate of each period, shape (K, S) or (K, 1); none where nothing floats. [per
    year]"""
    coupons: dict[str, np.ndarray]
    income: dict[str, np.ndarray]
    """Rates of tranches (at least 0), accounts and available cash by name, shape (K, S) or (K, 1).
    [per year]"""
    fractions: dict[str, np.ndarray]
    """Year fractions of the periods by tranche, shape (K,)."""
    periods: np.ndarray
    """Year fractions in the deal's day count, shape (K,)."""
    premium_rates: dict[str, np.ndarray]
    """Rates of guarantee premia by claim, shape (K,). [per year]"""
    plan: np.ndarray | None
    """Business plan at the cut-off and the end of each collection period, shape (K + 1,). [package
    currency]"""
    plan_left: np.ndarray | None
    """What the plan expects after each collection period, shape (K,). [package currency]"""
    call: CallValues | None
    """What the package is worth to a caller on each date; none without a clean-up call."""
    series: Series = field(repr=False)
    """Collections and values to a caller as one table."""

    @property
    def scenarios(self) -> int:
        """Number of scenarios."""
        return self.cash.received.shape[1]

    def scenario(self, number: int) -> Terms:
        """Return the terms of one scenario; the business plan stays that of all."""
        return self.chosen(np.array([number]))

    def chosen(self, numbers: np.ndarray) -> Terms:
        """Return the terms of some scenarios; business plan and call stay those of all."""

        def part(table: np.ndarray) -> np.ndarray:
            return table if table.shape[1] == 1 else np.take(table, numbers, axis=1)

        return self.mapped(self.cash.chosen(numbers), part)

    def resampled(self, numbers: np.ndarray) -> Terms:
        """Return the terms of chosen scenarios as if there were no others.

        A business plan that is the mean of the simulation, and the value of the package to a
        caller, are computed anew.
        """
        found = self.chosen(numbers)
        plan = plan_by_period(self.deal, self.dates, found.cash)
        call = call_values(self.deal, self.dates, found.cash)
        return replace(
            found,
            plan=plan,
            plan_left=_plan_left(self.deal, plan),
            call=call,
            series=Series.of(found.cash, call),
        )

    def with_deal(self, deal: Deal) -> Terms:
        """Return the terms of a deal that differs in balances, rates, accounts or prices."""
        return replace(
            self,
            deal=deal,
            coupons=_coupons(deal, self.dates, self.index),
            income=_income(deal, self.dates, self.index),
        )

    def mapped(self, cash: Collections, change: Callable[[np.ndarray], np.ndarray]) -> Terms:
        """Return the terms on other collections, with the tables by date changed.

        Parameters
        ----------
        cash
            The collections.
        change
            Change of every table of shape (K, S) or (K, 1), such as a part of the scenarios.
        """
        call = None if self.call is None else self.call.mapped(change)
        return replace(
            self,
            cash=cash,
            index=None if self.index is None else change(self.index),
            coupons={name: change(x) for name, x in self.coupons.items()},
            income={name: change(x) for name, x in self.income.items()},
            call=call,
            series=Series.of(cash, call),
        )


def prepare(deal: Deal, flows: DatedFlows, index: np.ndarray | None = None) -> Terms:
    """Return what the waterfall needs.

    Parameters
    ----------
    deal
        The deal.
    flows
        Cash of the package by date.
    index
        Simulated reference rate of each period, fixed at its start, shape (scenarios, K); none:
        the deal's own. [per year]

    Raises
    ------
    DealError
        If the flows lack what the deal needs, or hold costs that no claim pays.
    """
    dates = deal_dates(deal)
    cash = allot(flows, deal, dates)
    _expect(deal, flows, cash)
    levels = _index(deal, dates, index, flows)
    plan = plan_by_period(deal, dates, cash)
    periods = dates.fractions(deal.day_count)
    call = call_values(deal, dates, cash)
    return Terms(
        deal=deal,
        dates=dates,
        cash=cash,
        index=levels,
        coupons=_coupons(deal, dates, levels),
        income=_income(deal, dates, levels),
        fractions={t.name: dates.fractions(t.day_count or deal.day_count) for t in deal.tranches},
        periods=periods,
        premium_rates={
            c.name: _premium(c, dates) for c in deal.claims if isinstance(c, GuaranteePremium)
        },
        plan=plan,
        plan_left=_plan_left(deal, plan),
        call=call,
        series=Series.of(cash, call),
    )


def _plan_left(deal: Deal, plan: np.ndarray | None) -> np.ndarray | None:
    """Return what the plan expects after each collection period."""
    return None if plan is None else plan_total(deal, plan) - plan[1:]


def _coupons(deal: Deal, dates: DealDates, index: np.ndarray | None) -> dict[str, np.ndarray]:
    return {t.name: np.maximum(_rates(t.coupon, dates, index), 0.0) for t in deal.tranches}


def _income(deal: Deal, dates: DealDates, index: np.ndarray | None) -> dict[str, np.ndarray]:
    return {
        "available": _rates(deal.collection_account, dates, index),
        **{a.name: _rates(a.reinvestment, dates, index) for a in deal.accounts},
    }


def _expect(deal: Deal, flows: DatedFlows, cash: Collections) -> None:
    needs = {
        name
        for t in deal.triggers
        for name in (
            ("closed_pv", "closed_target")
            if isinstance(t, ProfitabilityRatio) and t.proxy_rate is None
            else ("resolved",)
            if isinstance(t, CumulativeLoss) and t.measure == "resolved"
            else ()
        )
    }
    for name in sorted(needs - set(flows.extras)):
        raise DealError(
            f"deal {deal.name!r}: a trigger needs the series {name!r}, which the cash flows "
            "lack; expected it there, or a trigger without it (proxy_rate, measure: plan)"
        )
    if cash.costs.any() and not any(isinstance(c, RecoveryCosts) for c in deal.claims):
        raise DealError(
            f"deal {deal.name!r}: nothing pays the costs of collection; expected a claim of "
            "kind recovery_costs and a step that pays it, or flows net of costs"
        )


def _rates_by_place(deal: Deal) -> Iterator[tuple[str, RateWord]]:
    yield "collection_account", deal.collection_account
    yield from ((f"tranche {t.name!r}", t.coupon) for t in deal.tranches)
    yield from ((f"account {a.name!r}", a.reinvestment) for a in deal.accounts)


def _index(
    deal: Deal, dates: DealDates, given: np.ndarray | None, flows: DatedFlows
) -> np.ndarray | None:
    scenarios = flows.scenarios
    if given is not None:
        if given.shape != (scenarios, len(dates)) or not np.isfinite(given).all():
            raise DealError(
                f"index: shape {given.shape}; expected a finite rate for each scenario and "
                f"payment date, that is {(scenarios, len(dates))}"
            )
        return np.ascontiguousarray(given.T, dtype=np.float64)
    floating = [what for what, word in _rates_by_place(deal) if isinstance(word, FloatingRate)]
    floating += [f"hedge {h.name!r}" for h in deal.hedges]
    if deal.index is None:
        if floating:
            raise DealError(
                f"deal {deal.name!r}: {floating[0]} floats, but there is no reference rate; "
                "expected the deal to have an index"
            )
        return None
    if isinstance(deal.index, FlatIndex):
        return np.full((len(dates), 1), deal.index.rate)
    if isinstance(deal.index, SimulatedIndex):
        return _simulated(deal, dates, deal.index, flows)
    points = deal.index.points
    levels = [
        next((p.rate for p in reversed(points) if p.date <= start), points[0].rate)
        for start in dates.accrual[:-1]
    ]
    return np.array(levels)[:, None]


def _simulated(
    deal: Deal, dates: DealDates, word: SimulatedIndex, flows: DatedFlows
) -> np.ndarray:
    """Return the short rate as it was known when each period was fixed, shape (K, S)."""
    if flows.short_rate is None:
        raise DealError(
            f"deal {deal.name!r}: its index is simulated, but the cash flows have no short_rate; "
            "expected a study with market.short_rate, a column short_rate, or another index"
        )
    if flows.dates[0] > dates.closing:
        raise DealError(
            f"deal {deal.name!r}: its index is simulated, but the short rate begins on "
            f"{flows.dates[0]}, after closing on {dates.closing}; expected a rate by closing"
        )
    days = np.array([d.toordinal() for d in flows.dates])
    fixed = np.array([d.toordinal() for d in dates.accrual[:-1]])
    last_known = np.searchsorted(days, fixed, side="right") - 1
    return np.ascontiguousarray(flows.short_rate[:, last_known].T) + word.spread


def _rates(word: RateWord, dates: DealDates, index: np.ndarray | None) -> np.ndarray:
    if isinstance(word, NoRate):
        return np.zeros((len(dates), 1))
    if isinstance(word, FixedRate):
        return np.full((len(dates), 1), word.rate)
    if isinstance(word, FloatingRate):
        if index is None:
            raise DealError(
                "a rate floats, but there is no reference rate; expected the deal to have an index"
            )
        rate = bounded(index, word.index_floor, word.index_cap) + word.spread
        return bounded(rate, word.floor, word.cap)
    rates = [
        next((s.rate for s in reversed(word.steps) if s.since <= start), word.steps[0].rate)
        for start in dates.accrual[:-1]
    ]
    return np.array(rates)[:, None]


def _premium(claim: GuaranteePremium, dates: DealDates) -> np.ndarray:
    ages = [int(years_365(dates.closing, start)) for start in dates.accrual[:-1]]
    return np.array(
        [next(r.rate for r in reversed(claim.rates) if r.from_year <= age) for age in ages]
    )
