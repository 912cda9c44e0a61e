"""Facts of a simulated run that are common to all forms of its cash, and derived quantities."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd

from npl_sim.cashflows.precision import PrecisionResult
from npl_sim.cashflows.protocol import CashBlock, Draws
from npl_sim.cashflows.weights import sample_of
from npl_sim.core.errors import NplSimError
from npl_sim.core.layout import KIND_IS_INFLOW, Kind
from npl_sim.stats.sample import Sample

SERVICING = "servicing"
"""Kind of cost that is a share of receipts, and so is known even if only totals are stored."""

_IS_RECEIPT = {k.name.lower(): bool(KIND_IS_INFLOW[k]) for k in Kind} | {
    "received": True,
    "costs": False,
}


@dataclass(frozen=True, kw_only=True)
class CashFacts(ABC):
    """Facts of a run: the package, its weighted means and its control variates."""

    kinds: tuple[str, ...]
    """Names along the kind axis: those of `layout.Kind` in lower case, or ("received",
    "costs")."""
    groups: tuple[str, ...]
    """Names along the group axis."""
    group_gbv: np.ndarray
    """Gross book value of each group. [package currency]"""
    mean_by_kind: np.ndarray
    """Weighted mean over scenarios and their draws, shape (months + 1, len(layout.Kind), groups).
    [package currency]"""
    loans: pd.DataFrame
    """One row per loan in the order of the tape; no rows if loans are not stored.

    Facts: loan_id, borrower_id, product, segment, region, stage, gbv. Means over the weighted
    scenarios and their draws: pv_mean, received_mean, costs_mean. `pv_sd` is the standard
    deviation of a single draw. `pv_se` is the standard error of the mean (NaN if unknown).
    `months_to_cash` is the receipt-weighted mean month (NaN without receipts), and `p_any` the
    probability of any receipt."""
    stage_gbv: np.ndarray
    """Weighted mean GBV in each stage at the end of each month, shape (stages, months + 1).
    [package currency]"""
    discount_rate: float
    """Effective annual rate at which `loans.pv_*` were discounted. [per year]"""
    cash_timing: str
    """Payment time within the month for discounting: ``month_end`` or ``mid_month``."""
    seed: int
    """Seed of the run."""
    servicing_rate: float
    """Servicing among the costs, as a share of every receipt in the same month. [share of 1]"""
    factor_averages: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    """Average log deviation of each market factor from its median path over the horizon, shape
    (scenarios, factors). It does not depend on the package."""
    factor_names: tuple[str, ...] = ()
    """Names of the market factors."""
    control_variates: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    """Averages of the market factors with expectation zero (`market.control_variates`), which the
    scenario weights balance. Shape (scenarios, control variates)."""
    control_blocks: tuple[int, ...] = ()
    """Sizes of the blocks of control variates. Too few scenarios drop the last blocks first."""
    loan_replicates: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    """Draws of each loan in a scenario, in the order of the tape, shape (loans,); empty if all
    are drawn once."""
    precision: PrecisionResult | None = None
    """Precision of the price or the bid; None if no precision was requested."""

    @property
    @abstractmethod
    def scenarios(self) -> int:
        """Number of scenarios."""

    @property
    @abstractmethod
    def months(self) -> int:
        """Horizon. [months]"""

    @property
    @abstractmethod
    def draws(self) -> int:
        """Draws of the package in each scenario; 1 without replicates."""

    @abstractmethod
    def every(self, name: str) -> np.ndarray:
        """Return ``net`` or ``received`` of every draw, shape (scenarios x draws, months + 1)."""

    @abstractmethod
    def first(self, name: str) -> np.ndarray:
        """Return ``net`` or ``received`` of each first draw, shape (scenarios, months + 1)."""

    @abstractmethod
    def by_draw(self, name: str) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield ``net`` or ``received`` by blocks of scenarios."""

    @abstractmethod
    def blocks(self, rate: float, timing: str) -> Iterator[CashBlock]:
        """Yield the cash by blocks of scenarios, with present values by kind and group."""

    @property
    def gbv(self) -> float:
        """Gross book value of the package. [package currency]"""
        return float(self.group_gbv.sum())

    @property
    def keeps_kinds(self) -> bool:
        """Whether cash is stored by kind, and not only as receipts and costs."""
        return self.kinds != ("received", "costs")

    @property
    def is_receipt(self) -> np.ndarray:
        """Which entries of the kind axis are receipts."""
        return np.array([_IS_RECEIPT[k] for k in self.kinds])

    @cached_property
    def sample(self) -> Sample:
        """Return the weighted scenarios on which every estimate of this run rests."""
        if not self.control_variates.size:
            return Sample.plain(self.scenarios)
        return sample_of(self.control_variates, self.control_blocks)

    @property
    @abstractmethod
    def by_kind(self) -> np.ndarray:
        """Cash of the first draw by kind, shape (scenarios, months + 1, kinds), all groups."""

    @property
    def net(self) -> np.ndarray:
        """Net cash of the first draw, shape (scenarios, months + 1). [package currency]"""
        return self.first("net")

    @property
    def receipts(self) -> np.ndarray:
        """Receipts of the first draw, shape (scenarios, months + 1). [package currency]"""
        return self.first("received")

    @property
    def costs(self) -> np.ndarray:
        """Costs of the first draw, positive where paid, shape of `net`. [package currency]"""
        return self.receipts - self.net

    def net_by_draw(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield blocks of scenarios with net cash, shape (scenarios, draws, months + 1)."""
        yield from self.by_draw("net")

    def receipts_by_draw(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield blocks of scenarios with receipts, shape (scenarios, draws, months + 1)."""
        yield from self.by_draw("received")

    def with_precision(self, result: PrecisionResult) -> Self:
        """Return the same cash with its precision."""
        return replace(self, precision=result)

    def receipts_and_costs(
        self, exclude: Collection[str] = (SERVICING,), draws: Draws = "first"
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return receipts and costs by scenario and month, without some kinds of cost.

        Valuations of buyers and sellers, deals and channels start from it and add their own costs.

        Parameters
        ----------
        exclude
            Kinds of cost to leave out. ``servicing`` can always be left out. Other kinds require
            cash stored by kind, and the first draw.
        draws
            Draws of single loans that count (see `Draws`).

        Returns
        -------
        tuple
            Receipts and costs, shape (scenarios, months + 1), or (scenarios x draws, months + 1)
            for every draw. Costs are negative in a month whose refunds exceed the fees paid.
            [package currency]

        Raises
        ------
        NplSimError
            If a kind is unknown, is not a cost, or is not stored.

        Notes
        -----
        costs = receipts - net - servicing_rate * receipts - sum of the other kinds left out, as
        positive amounts.
        """
        read = {"first": self.first, "every": self.every}[draws]
        receipts, net = read("received"), read("net")
        costs = receipts - net
        for kind in sorted(set(exclude)):
            costs -= (
                self.servicing_rate * receipts if kind == SERVICING else self._cost_of(kind, draws)
            )
        return receipts, costs

    def _cost_of(self, kind: str, draws: Draws) -> np.ndarray:
        """Return a kind of cost by scenario and month, positive where paid. [package currency]"""
        kept = [k for k in self.kinds if self.keeps_kinds and not _IS_RECEIPT[k]]
        if kind not in kept:
            raise NplSimError(
                f"exclude: got {kind!r}; expected kinds of cost that these flows keep: "
                f"{', '.join(sorted({SERVICING, *kept}))} "
                "(simulation.detail: kinds keeps every kind)"
            )
        if draws != "first" and self.draws > 1:
            raise NplSimError(f"exclude: got {kind!r} of several draws; expected servicing alone")
        return -self.by_kind[:, :, self.kinds.index(kind)]


def refunds_received(receipts: np.ndarray, costs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return receipts and costs of at least 0; a net refund in a month becomes a receipt.

    Parameters
    ----------
    receipts, costs
        By scenario and month, as `receipts_and_costs` returns them. [package currency]
    """
    return np.maximum(receipts + np.maximum(-costs, 0.0), 0.0), np.maximum(costs, 0.0)
