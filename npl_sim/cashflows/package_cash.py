"""The package's simulated cash flows: what every valuation starts from."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from npl_sim.cashflows.precision import PrecisionResult
from npl_sim.cashflows.sums import net_and_received
from npl_sim.cashflows.weights import sample_of
from npl_sim.core.errors import NplSimError
from npl_sim.stats.sample import Sample

__all__ = ["Draws", "PackageCash", "refunds_received"]

Draws = Literal["first", "every"]
"""Draws of single loans that count: the first of each scenario, or each as a row of its own."""

SERVICING = "servicing"
"""Kind of cost that is a share of receipts, so that it is known where only totals are kept."""


@dataclass(frozen=True)
class PackageCash:
    """Cash flows of a package, scenario by scenario, with per-loan moments.

    Attributes
    ----------
    flows
        Amounts, receipts positive and costs negative, shape (scenarios, months + 1, kinds, groups);
        month 0 is the valuation date. [package currency]
    kinds
        Names along the kind axis: those of `layout.Kind` in lower case, or ("received", "costs").
    groups
        Names along the group axis.
    group_gbv
        Gross book value of each group. [package currency]
    mean_by_kind
        Weighted mean over scenarios and their draws, every kind kept, shape (months + 1, len(layout.Kind), groups).
        [package currency]
    loans
        One row per loan in the order of the tape: loan_id, borrower_id, product, segment, region,
        stage, gbv, and over the weighted scenarios and their draws pv_mean, pv_sd (of a single draw), pv_se (of the
        mean; NaN where it cannot be estimated), received_mean, costs_mean, months_to_cash (receipt-weighted mean
        month; NaN where nothing is received), p_any (probability of any receipt).
    stage_gbv
        Weighted mean GBV in each stage at the end of each month, shape (len(layout.Stage), months + 1).
        [package currency]
    discount_rate
        Effective annual rate at which `loans.pv_*` were discounted. [per year]
    cash_timing
        ``month_end`` or ``mid_month``, the convention of that discounting.
    seed
        Seed of the run.
    servicing_rate
        Servicing among the costs, as a share of every receipt in the same month. [share of 1]
    drivers
        Average log deviation of each market factor from its median path over the horizon, whatever the package, shape
        (scenarios, factors).
    driver_names
        Names of the factors.
    controls
        What the weights of the scenarios balance: averages of the market factors, of expectation zero, whatever the
        package (`market.controls`), shape (scenarios, controls).
    control_blocks
        Numbers of controls that are left out together where there are too few scenarios for all, the last first.
    repeated
        Receipts and costs of the package in further draws of single loans' luck in the same worlds, each
        with the law of `flows`, shape (scenarios, draws - 1, 2, months + 1). [package currency]
    averaged
        Cash as the mean over the draws of each scenario, shape of `flows`; empty unless it is `repeated`. Read it as
        `world_flows`. [package currency]
    loan_draws
        Draws of each loan in a scenario, in the order of the tape, shape (loans,); empty where all are drawn once.
    rate_paths
        Short rate by scenario and month as it is kept, shape (scenarios, months + 1), or empty where it is not
        simulated; read it as `short_rate`. [per year]
    reached
        How well the price or the bid came to be known, where a precision was asked for.
    """

    flows: np.ndarray
    kinds: tuple[str, ...]
    groups: tuple[str, ...]
    group_gbv: np.ndarray
    mean_by_kind: np.ndarray
    loans: pd.DataFrame
    stage_gbv: np.ndarray
    discount_rate: float
    cash_timing: str
    seed: int
    servicing_rate: float
    drivers: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    driver_names: tuple[str, ...] = ()
    controls: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    control_blocks: tuple[int, ...] = ()
    repeated: np.ndarray = field(default_factory=lambda: np.empty((0, 0, 2, 0)))
    averaged: np.ndarray = field(default_factory=lambda: np.empty((0, 0, 0, 0)))
    loan_draws: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    rate_paths: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    reached: PrecisionResult | None = None

    @property
    def scenarios(self) -> int:
        """Number of scenarios."""
        return self.flows.shape[0]

    @property
    def months(self) -> int:
        """Horizon. [months]"""
        return self.flows.shape[1] - 1

    @property
    def gbv(self) -> float:
        """Gross book value of the package. [package currency]"""
        return float(self.group_gbv.sum())

    @property
    def draws(self) -> int:
        """Draws of the package in each world; 1 unless it is `repeated`."""
        return 1 + self.repeated.shape[1]

    @property
    def world_flows(self) -> np.ndarray:
        """Cash as the mean over the draws of each world, shape of `flows`. [package currency]"""
        return self.averaged if self.draws > 1 else self.flows

    @property
    def short_rate(self) -> np.ndarray:
        """Simulated short rate, shape (scenarios, months + 1); empty where it is not simulated. [per year]"""
        return self.rate_paths

    @cached_property
    def sample(self) -> Sample:
        """Return the weighted scenarios on which every estimate of this run rests."""
        if not self.controls.size:
            return Sample.plain(self.scenarios)
        return sample_of(self.controls, self.control_blocks)

    def all_received(self) -> np.ndarray:
        """Return receipts in every draw of every world, shape (scenarios x draws, months + 1). [package currency]"""
        return self._every_draw(self.received(), self.repeated[:, :, 0])

    def all_net(self) -> np.ndarray:
        """Return net cash in every draw of every world, shape (scenarios x draws, months + 1). [package currency]"""
        return self._every_draw(self.net(), self.repeated.sum(axis=2))

    def net_by_draw(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield some scenarios at a time and their net cash, shape (scenarios, draws, months + 1). [package currency]"""
        yield (
            slice(0, self.scenarios),
            self.all_net().reshape(self.scenarios, self.draws, self.months + 1),
        )

    def received_by_draw(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield some scenarios at a time and their receipts, shape (scenarios, draws, months + 1). [package currency]"""
        every = self.all_received().reshape(self.scenarios, self.draws, self.months + 1)
        yield slice(0, self.scenarios), every

    def receipts_and_costs(
        self, exclude: Collection[str] = (SERVICING,), draws: Draws = "first"
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return receipts and costs by scenario and month, without some kinds of cost.

        Whoever bears other costs than the simulation's own (a buyer, a seller, a deal, a channel) takes the cash
        from here and charges them itself.

        Parameters
        ----------
        exclude
            Kinds of cost to leave out. ``servicing`` can be left out of any flows; other kinds only where the flows
            keep every kind, and not of several draws.
        draws
            Which draws of single loans count (see `Draws`).

        Returns
        -------
        tuple
            Receipts and costs, shape (scenarios, months + 1), or (scenarios x draws, months + 1) for every draw.
            A month's costs are negative where more fees come back than are paid. [package currency]

        Raises
        ------
        NplSimError
            If a kind is unknown, or no cost, or was not kept.

        Notes
        -----
        costs = receipts - net - servicing_rate * receipts - sum of the other kinds left out (as positive amounts).
        """
        receipts, net = {
            "first": lambda: (self.received(), self.net()),
            "every": lambda: (self.all_received(), self.all_net()),
        }[draws]()
        costs = receipts - net
        for kind in sorted(set(exclude)):
            costs -= (
                self.servicing_rate * receipts if kind == SERVICING else self._cost_of(kind, draws)
            )
        return receipts, costs

    def _cost_of(self, kind: str, draws: Draws) -> np.ndarray:
        """Return a kind of cost by scenario and month, positive where it is paid. [package currency]"""
        costs = [k for k, receipt in zip(self.kinds, self.is_receipt, strict=True) if not receipt]
        known = sorted({SERVICING, *(k for k in costs if k != "costs")})
        if kind not in known:
            raise NplSimError(
                f"exclude: got {kind!r}; expected kinds of cost that these flows keep: {', '.join(known)} "
                "(simulation.detail: kinds keeps every kind)"
            )
        if draws != "first" and self.draws > 1:
            raise NplSimError(f"exclude: got {kind!r} of several draws; expected servicing alone")
        amount: np.ndarray = -self.flows[:, :, self.kinds.index(kind), :].sum(axis=2)
        return amount

    def _every_draw(self, own: np.ndarray, others: np.ndarray) -> np.ndarray:
        if self.draws == 1:
            return own
        return np.concatenate([own[:, None], others], axis=1).reshape(-1, own.shape[1])

    def net(self) -> np.ndarray:
        """Return net cash by scenario and month, shape (scenarios, months + 1). [package currency]"""
        return self._sums[0]

    def received(self) -> np.ndarray:
        """Return receipts by scenario and month, shape (scenarios, months + 1). [package currency]"""
        return self._sums[1]

    @cached_property
    def _sums(self) -> tuple[np.ndarray, np.ndarray]:
        net, received = (np.zeros(self.flows.shape[:2]) for _ in range(2))
        net_and_received(self.flows, self.is_receipt, net, received)
        return net, received

    @property
    def is_receipt(self) -> np.ndarray:
        """Which entries of the kind axis are receipts."""
        from npl_sim.core.layout import KIND_IS_INFLOW, Kind

        names = {k.name.lower(): bool(KIND_IS_INFLOW[k]) for k in Kind} | {
            "received": True,
            "costs": False,
        }
        return np.array([names[k] for k in self.kinds])


def refunds_received(receipts: np.ndarray, costs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return receipts and costs, both at least 0: a month in which more fees come back than are paid is a receipt.

    Parameters
    ----------
    receipts, costs
        By scenario and month, as `PackageCash.receipts_and_costs` gives them. [package currency]
    """
    return np.maximum(receipts + np.maximum(-costs, 0.0), 0.0), np.maximum(costs, 0.0)
