"""Simulated cash of a package on disk, read by blocks of scenarios."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from npl_sim.cashflows.facts import CashFacts
from npl_sim.cashflows.package_cash import with_replicates
from npl_sim.cashflows.protocol import CashBlock
from npl_sim.core.errors import CapacityError, NplSimError

GIB = 2.0**30
KEPT = ("net", "received", "pv_by_kind", "pv_by_group")
"""Columns that every run on disk stores for each scenario."""


def whole_bytes(scenarios: int, draws: int, months: int) -> int:
    """Return the memory for the cash of all scenarios as one array. [bytes]"""
    # A caller of one array makes about three more of the same size.
    return 4 * 8 * scenarios * draws * (months + 1)


class RowSource(Protocol):
    """Stored columns of each scenario, from the first scenario to the last."""

    def rows(self, *names: str) -> Iterator[tuple[slice, dict[str, np.ndarray]]]:
        """Yield blocks: the numbers of the scenarios and their rows of the named columns."""


@dataclass(frozen=True, kw_only=True)
class OnDiskCash(CashFacts):
    """Simulated cash whose scenarios are on disk: net cash and receipts by scenario and month.

    Cash by scenario, month and group is not stored. The stored values are exact.
    """

    source: RowSource = field(repr=False)
    """Columns ``net``, ``received``, ``pv_by_kind`` and ``pv_by_group`` of each scenario, with
    present values at `discount_rate`; ``repeated`` with further draws, ``short_rate`` if it is
    simulated."""
    count: int
    """Number of scenarios."""
    horizon: int
    """Number of months."""
    folder: Path
    """Folder of the rows."""
    limit_bytes: float
    """Memory limit of one array of all scenarios. [bytes]"""
    draw_count: int = 1
    """Draws of the package in each scenario."""
    has_short_rate: bool = False
    """Whether the short rate is simulated."""

    @property
    def scenarios(self) -> int:
        """Number of scenarios."""
        return self.count

    @property
    def months(self) -> int:
        """Horizon. [months]"""
        return self.horizon

    @property
    def draws(self) -> int:
        """Draws of the package in each scenario."""
        return self.draw_count

    @property
    def streams_from(self) -> Path:
        """Folder of the run."""
        return self.folder

    @property
    def by_kind(self) -> np.ndarray:
        """Receipts and costs of the first draw, shape (scenarios, months + 1, 2)."""
        received, net = self.first("received"), self.first("net")
        return np.stack([received, net - received], axis=2)

    @property
    def short_rate(self) -> np.ndarray:
        """Short rate by scenario and month; empty if it is not simulated. [per year]

        Raises
        ------
        CapacityError
            If it does not fit into memory.
        """
        return self.first("short_rate") if self.has_short_rate else np.empty((0, 0))

    def first(self, name: str) -> np.ndarray:
        """Return a column of each first draw, shape (scenarios, months + 1).

        Raises
        ------
        CapacityError
            If it does not fit into memory.
        """
        rows = ((part, columns[name]) for part, columns in self.source.rows(name))
        return self._whole(rows, name, 1)

    def every(self, name: str) -> np.ndarray:
        """Return ``net`` or ``received`` of every draw, shape (scenarios x draws, months + 1).

        Raises
        ------
        CapacityError
            If it does not fit into memory.
        """
        return self._whole(self.by_draw(name), name, self.draws)

    def by_draw(self, name: str) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield ``net`` or ``received`` by blocks, shape (scenarios, draws, months + 1)."""
        for part, columns in self.source.rows(name, *self._replicates):
            yield part, self._drawn(columns, name)

    def blocks(self, rate: float, timing: str) -> Iterator[CashBlock]:
        """Yield the cash by blocks of scenarios, with present values by kind and group.

        Raises
        ------
        NplSimError
            If the rate or the timing differs from that of the simulation.
        """
        if (self.discount_rate, self.cash_timing) != (rate, timing):
            raise NplSimError(
                f"pricing: {100 * rate:g}% ({timing}), but these streamed flows were simulated "
                f"for {100 * self.discount_rate:g}% ({self.cash_timing}); "
                "expected the same, or a new run"
            )
        for part, columns in self.source.rows(*KEPT, *self._replicates):
            net, received = self._drawn(columns, "net"), self._drawn(columns, "received")
            yield CashBlock(part, net, received, columns["pv_by_kind"], columns["pv_by_group"])

    def stored_columns(self) -> Iterator[dict[str, np.ndarray]]:
        """Yield all columns by blocks of scenarios, to store them."""
        rate = ("short_rate",) if self.has_short_rate else ()
        for _, columns in self.source.rows(*KEPT, *self._replicates, *rate):
            yield columns

    @property
    def _replicates(self) -> tuple[str, ...]:
        return ("repeated",) if self.draws > 1 else ()

    def _drawn(self, columns: dict[str, np.ndarray], name: str) -> np.ndarray:
        if self.draws == 1:
            return columns[name][:, None]
        return with_replicates(columns[name], columns["repeated"], name)

    def _whole(
        self, blocks: Iterator[tuple[slice, np.ndarray]], name: str, draws: int
    ) -> np.ndarray:
        size = whole_bytes(self.count, draws, self.horizon)
        if size > self.limit_bytes:
            what = "short rates" if name == "short_rate" else "cash"
            times = f" x {draws} draws" if draws > 1 else ""
            raise CapacityError(
                f"simulation.detail: streamed, and this needs the {what} of {self.count:,} "
                f"scenarios{times} x {self.horizon} months at once, about {size / GIB:.2f} GiB; "
                f"expected at most {self.limit_bytes / GIB:.2f} GiB within memory_limit_gib. "
                "Take fewer scenarios or raise the limit"
            )
        cash = np.empty((self.count, draws, self.horizon + 1))
        for part, rows in blocks:
            cash[part] = rows.reshape(-1, draws, self.horizon + 1)
        return cash.reshape(-1, self.horizon + 1)
