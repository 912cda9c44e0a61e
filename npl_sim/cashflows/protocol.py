"""Protocol of a package's cash, used by valuation, deals, channels and analysis.

The axis order is always scenario, month, kind (or side), group. Month 0 is the valuation date.
Receipts are positive and costs negative, except in properties named costs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

import numpy as np
import pandas as pd

from npl_sim.cashflows.precision import PrecisionResult
from npl_sim.stats.sample import Sample

Draws = Literal["first", "every"]
"""Draws of single loans that count: the first of each scenario, or each as a row of its own."""


class CashBlock(NamedTuple):
    """Cash of consecutive scenarios. [package currency]"""

    part: slice
    """Numbers of the scenarios."""
    net: np.ndarray
    """Net cash, shape (scenarios, draws, months + 1)."""
    received: np.ndarray
    """Receipts, shape of `net`."""
    pv_by_kind: np.ndarray
    """Present value by kind, mean over the draws, shape (scenarios, kinds)."""
    pv_by_group: np.ndarray
    """Present value by group, mean over the draws, shape (scenarios, groups)."""


class Cash(Protocol):
    """Cash of a package by scenario, in memory, on disk or read back from a run folder."""

    @property
    def scenarios(self) -> int:
        """Number of scenarios."""

    @property
    def months(self) -> int:
        """Horizon. [months]"""

    @property
    def draws(self) -> int:
        """Draws of the package in each scenario."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """Names along the kind axis."""

    @property
    def keeps_kinds(self) -> bool:
        """Whether cash is stored by kind, and not only as receipts and costs."""

    @property
    def groups(self) -> tuple[str, ...]:
        """Names along the group axis."""

    @property
    def group_gbv(self) -> np.ndarray:
        """Gross book value of each group. [package currency]"""

    @property
    def gbv(self) -> float:
        """Gross book value of the package. [package currency]"""

    @property
    def discount_rate(self) -> float:
        """Effective annual rate of the simulation. [per year]"""

    @property
    def cash_timing(self) -> str:
        """``month_end`` or ``mid_month``."""

    @property
    def seed(self) -> int:
        """Seed of the run."""

    @property
    def servicing_rate(self) -> float:
        """Servicing among the costs. [share of receipts]"""

    @property
    def sample(self) -> Sample:
        """Weighted scenarios on which every estimate rests."""

    @property
    def factor_averages(self) -> np.ndarray:
        """Average log deviation of each market factor, shape (scenarios, factors)."""

    @property
    def factor_names(self) -> tuple[str, ...]:
        """Names of the market factors."""

    @property
    def loans(self) -> pd.DataFrame:
        """Moments of each loan; no rows if loans are not stored."""

    @property
    def loan_replicates(self) -> np.ndarray:
        """Draws of each loan in a scenario; empty if all are drawn once."""

    @property
    def mean_by_kind(self) -> np.ndarray:
        """Weighted mean, shape (months + 1, kinds, groups). [package currency]"""

    @property
    def stage_gbv(self) -> np.ndarray:
        """Weighted mean GBV by stage and month. [package currency]"""

    @property
    def control_variates(self) -> np.ndarray:
        """Control variates of each scenario, shape (scenarios, control variates)."""

    @property
    def control_blocks(self) -> tuple[int, ...]:
        """Sizes of the blocks of control variates."""

    @property
    def precision(self) -> PrecisionResult | None:
        """Precision of the price or the bid; None if no precision was requested."""

    @property
    def has_short_rate(self) -> bool:
        """Whether the short rate is simulated."""

    @property
    def short_rate(self) -> np.ndarray:
        """Short rate by scenario and month; empty if it is not simulated. [per year]"""

    @property
    def by_kind(self) -> np.ndarray:
        """Cash of the first draw by scenario, month and kind, all groups. [package currency]"""

    @property
    def net(self) -> np.ndarray:
        """Net cash of the first draw by scenario and month. [package currency]"""

    @property
    def receipts(self) -> np.ndarray:
        """Receipts of the first draw by scenario and month. [package currency]"""

    @property
    def costs(self) -> np.ndarray:
        """Costs of the first draw by scenario and month, positive where paid.

        Unit: package currency.
        """

    @property
    def streams_from(self) -> Path | None:
        """Folder of a run whose scenarios are read from disk; None if they are in memory."""

    def net_by_draw(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield blocks of scenarios with net cash, shape (scenarios, draws, months + 1)."""

    def receipts_by_draw(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield blocks of scenarios with receipts, shape (scenarios, draws, months + 1)."""

    def with_precision(self, result: PrecisionResult) -> Cash:
        """Return the same cash with its precision."""

    def stored_columns(self) -> Iterator[dict[str, np.ndarray]]:
        """Yield the columns to store by blocks of scenarios (see `stored_cash`)."""

    def blocks(self, rate: float, timing: str) -> Iterator[CashBlock]:
        """Yield the cash by blocks of scenarios, with present values by kind and group."""

    def receipts_and_costs(
        self, exclude: Collection[str] = ..., draws: Draws = ...
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return receipts and costs without some kinds of cost."""
