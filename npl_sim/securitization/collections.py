"""What a package collects, brought to the payment dates of a deal. docs/deals.md section 2."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from npl_sim.cashflows.facts import refunds_received
from npl_sim.cashflows.protocol import Cash
from npl_sim.core.errors import DealError
from npl_sim.securitization.dates import DealDates, add_months, month_end, year_fraction
from npl_sim.securitization.terms.claims import Fee
from npl_sim.securitization.terms.deal import Deal

EXTRAS = ("closed_pv", "closed_target", "resolved")
"""Series that some triggers need: present value of actual and of planned net collections of the
positions closed, and the balance of claims closed."""


@dataclass(frozen=True)
class DatedFlows:
    """Cash of a package by date, N dates."""

    dates: tuple[date, ...]
    """Dates, rising."""
    received: np.ndarray
    costs: np.ndarray
    """Receipts and costs of collection, both at least 0, shape (scenarios, N). [package
    currency]"""
    extras: Mapping[str, np.ndarray] = field(default_factory=dict)
    """Further series by name (see `EXTRAS`), shape (scenarios, N). [package currency]"""
    numbers: tuple[int, ...] | None = None
    """Numbers of the scenarios; defaults to counting from 0."""
    short_rate: np.ndarray | None = None
    """Short rate at each date, shape (scenarios, N); none where it is not simulated. [per year]"""
    notes: tuple[str, ...] = ()
    """What the user must know of the file from which the cash was read."""

    def __post_init__(self) -> None:
        shape = (len(self.received), len(self.dates))
        for name, amounts in {
            "received": self.received,
            "costs": self.costs,
            **self.extras,
        }.items():
            if amounts.shape != shape:
                raise DealError(
                    f"{name}: shape {amounts.shape}; expected (scenarios, dates), that is {shape}"
                )
            low = 0.0 if name in ("received", "costs") else -np.inf
            if amounts.size and not (amounts.min() >= low and np.isfinite(amounts).all()):
                raise DealError(
                    f"{name}: holds missing, infinite or negative amounts; expected at least 0"
                )
        rates = self.short_rate
        if rates is not None and (rates.shape != shape or not np.isfinite(rates).all()):
            raise DealError(
                f"short_rate: shape {rates.shape}; expected a finite rate for each scenario and "
                f"date, that is {shape}"
            )
        if any(b <= a for a, b in zip(self.dates, self.dates[1:], strict=False)):
            raise DealError("dates: do not rise; expected each to be later than the one before")

    @property
    def scenarios(self) -> int:
        """Number of scenarios."""
        return len(self.received)

    def mean(self) -> DatedFlows:
        """Return the mean over scenarios, as one scenario."""
        extras = {name: x.mean(axis=0, keepdims=True) for name, x in self.extras.items()}
        return replace(
            self,
            received=self.received.mean(axis=0, keepdims=True),
            costs=self.costs.mean(axis=0, keepdims=True),
            extras=extras,
            numbers=None,
            short_rate=None
            if self.short_rate is None
            else self.short_rate.mean(axis=0, keepdims=True),
        )


@dataclass(frozen=True)
class Collections:
    """Cash of a package by payment date; K dates and S scenarios, dates first in memory."""

    received: np.ndarray
    costs: np.ndarray
    """Of each collection period, shape (K, S). [package currency]"""
    receipt_years: np.ndarray
    """Receipts times the years for which they wait for the payment date, shape (K, S). [package
    currency x years]"""
    extras: Mapping[str, np.ndarray]
    """Further series by name, shape (K, S). [package currency]"""
    before_cutoff: np.ndarray
    to_seller: np.ndarray
    after_last: np.ndarray
    """Net cash outside the deal, shape (S,): until cut-off, until closing, after the last period.
    [package currency]"""

    @property
    def net(self) -> np.ndarray:
        """Receipts less costs, shape (K, S), in package currency."""
        return self.received - self.costs

    def chosen(self, numbers: np.ndarray) -> Collections:
        """Return the scenarios with the given numbers, counted from 0, in this order."""

        def part(table: np.ndarray) -> np.ndarray:
            return np.take(table, numbers, axis=-1)

        return Collections(
            part(self.received),
            part(self.costs),
            part(self.receipt_years),
            {name: part(x) for name, x in self.extras.items()},
            part(self.before_cutoff),
            part(self.to_seller),
            part(self.after_last),
        )


def dated(month_zero: date, month: int) -> date:
    """Return the date of a simulation month; month ends stay month ends."""
    return add_months(month_zero, month, month_zero == month_end(month_zero))


def servicer_fees(deal: Deal) -> tuple[str, ...]:
    """Return the names of the fees by which a deal pays its servicer."""
    return tuple(c.name for c in deal.claims if isinstance(c, Fee) and c.role == "servicer")


def from_package(flows: Cash, month_zero: date, leave_out: Collection[str] = ()) -> DatedFlows:
    """Return the simulated cash of a package by date.

    Parameters
    ----------
    flows
        Simulated cash. Months are dated from `month_zero`; where that is the last day of a month,
        all are.
    month_zero
        Valuation date of the simulation.
    leave_out
        Kinds of cost that the deal pays itself, such as ``servicing`` (see
        `Cash.receipts_and_costs`).

    Raises
    ------
    NplSimError
        If a kind to leave out is unknown or was not kept.
    """
    received, costs = refunds_received(*flows.receipts_and_costs(exclude=leave_out))
    dates = tuple(dated(month_zero, m) for m in range(received.shape[1]))
    rates = flows.short_rate if flows.short_rate.size else None
    return DatedFlows(dates, received, costs, short_rate=rates)


def allot(flows: DatedFlows, deal: Deal, dates: DealDates) -> Collections:
    """Return cash by collection period.

    Parameters
    ----------
    flows
        Cash by date.
    deal, dates
        The deal and its dates.
    """
    days = np.array([d.toordinal() for d in flows.dates], dtype=np.int64)
    ends = np.array([d.toordinal() for d in dates.collection], dtype=np.int64)
    edges = np.searchsorted(days, ends, side="right")  # first flow after each end
    first = edges[0]
    if deal.interim_collections == "seller":
        first = max(first, int(np.searchsorted(days, deal.closing_date.toordinal(), side="right")))
    weight = _waiting(flows, deal, dates, edges)
    starts = np.maximum(edges, first)

    def periods(amounts: np.ndarray) -> np.ndarray:
        table = np.zeros((len(dates), flows.scenarios))
        for k, (low, high) in enumerate(zip(starts, starts[1:], strict=False)):
            if high > low:
                table[k] = amounts[:, low:high].sum(axis=1)
        return table

    net = flows.received - flows.costs
    return Collections(
        received=periods(flows.received),
        costs=periods(flows.costs),
        receipt_years=periods(flows.received * weight)
        if weight.any()
        else np.zeros((len(dates), flows.scenarios)),
        extras={name: periods(x) for name, x in flows.extras.items()},
        before_cutoff=net[:, : edges[0]].sum(axis=1),
        to_seller=net[:, edges[0] : first].sum(axis=1),
        after_last=net[:, starts[-1] :].sum(axis=1),
    )


def _waiting(flows: DatedFlows, deal: Deal, dates: DealDates, edges: np.ndarray) -> np.ndarray:
    """Return the years that the cash of each date earns interest, shape (N,)."""
    weight = np.zeros(len(flows.dates))
    if deal.collection_account.kind == "none":
        return weight
    for k, payment in enumerate(dates.payment):
        for n in range(edges[k], edges[k + 1]):
            start = max(flows.dates[n], deal.closing_date)
            weight[n] = max(0.0, year_fraction(deal.day_count, start, payment))
    return weight
