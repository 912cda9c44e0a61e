"""Cash flows of a package that are not held in memory: they are read from disk, some scenarios at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, Protocol

import numpy as np

from npl_sim.cashflows.package_cash import PackageCash
from npl_sim.core.errors import CapacityError

__all__ = ["NotHeld", "RowSource", "OnDiskCash", "drawn", "whole_bytes"]

GIB = 2.0**30


def whole_bytes(scenarios: int, draws: int, months: int) -> int:
    """Return the memory that the cash of all scenarios takes when it is asked for whole."""
    # Whoever asks for one array makes a few more of the same size.
    return 4 * 8 * scenarios * draws * (months + 1)


def drawn(found: dict[str, np.ndarray], name: str) -> np.ndarray:
    """Return net cash or receipts of some rows, shape (scenarios, draws, months + 1). [package currency]

    Parameters
    ----------
    found
        Columns of the rows: the one asked for and, where there are further draws, ``repeated``.
    name
        ``net`` or ``received``.
    """
    own = found[name][:, None]
    if "repeated" not in found:
        return own
    others = found["repeated"]
    others = others.sum(axis=2) if name == "net" else others[:, :, 0]
    return np.concatenate([own, others], axis=1)


class RowSource(Protocol):
    """Gives what was kept of each scenario, from the first scenario to the last."""

    def rows(self, *names: str) -> Iterator[tuple[slice, dict[str, np.ndarray]]]:
        """Yield the scenarios' numbers and their rows of the named columns, block by block."""


class NotHeld:
    """Stands where an array would be, and says why there is none.

    Parameters
    ----------
    what
        What it would hold.
    """

    def __init__(self, what: str) -> None:
        self._what = what

    def _refuse(self) -> NoReturn:
        raise CapacityError(
            f"simulation.detail: streamed keeps no {self._what} in memory; expected a run with simulation.detail: totals "
            "or kinds, of fewer scenarios or with a higher memory_limit_gib, for what asks for it"
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        self._refuse()

    def __getitem__(self, key: object) -> NoReturn:
        self._refuse()

    def __len__(self) -> int:
        self._refuse()

    def __array__(self, *args: object, **options: object) -> np.ndarray:
        self._refuse()


@dataclass(frozen=True)
class OnDiskCash(PackageCash):
    """Cash flows whose scenarios lie on disk.

    `flows` is a `NotHeld`: by scenario, month and group nothing is kept. Net cash and receipts of each
    scenario and month are, exactly, and are read block by block.

    Attributes
    ----------
    source
        Gives the columns ``net``, ``received``, ``pv_by_kind`` and ``pv_by_group`` of each scenario, the
        present values being those at `discount_rate`; ``repeated`` where there are further draws, and ``short_rate``
        where that is simulated.
    count, horizon
        Numbers of scenarios and months.
    scratch
        Folder with room for a temporary file, where the rows lie.
    limit_bytes
        Memory that `net` and `received` may take when they are asked for whole.
    draw_count
        Draws of the package in each world.
    """

    source: RowSource = field(kw_only=True, repr=False)
    count: int = field(kw_only=True)
    horizon: int = field(kw_only=True)
    scratch: Path = field(kw_only=True)
    limit_bytes: float = field(kw_only=True)
    draw_count: int = field(kw_only=True, default=1)

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
        """Draws of the package in each world."""
        return self.draw_count

    @property
    def short_rate(self) -> np.ndarray:
        """Simulated short rate, where it fits into memory; empty where it is not simulated. [per year]

        Raises
        ------
        CapacityError
            If it does not fit.
        """
        if not isinstance(self.rate_paths, NotHeld):
            return self.rate_paths
        return self._whole("short_rate")

    def net(self) -> np.ndarray:
        """Return net cash by scenario and month, where it fits into memory.

        Raises
        ------
        CapacityError
            If it does not.
        """
        return self._whole("net")

    def received(self) -> np.ndarray:
        """Return receipts by scenario and month, where they fit into memory.

        Raises
        ------
        CapacityError
            If they do not.
        """
        return self._whole("received")

    def all_net(self) -> np.ndarray:
        """Return net cash in every draw of every world, where it fits into memory.

        Raises
        ------
        CapacityError
            If it does not.
        """
        return self._whole("net", self.draws)

    def all_received(self) -> np.ndarray:
        """Return receipts in every draw of every world, where they fit into memory.

        Raises
        ------
        CapacityError
            If they do not.
        """
        return self._whole("received", self.draws)

    def net_by_draw(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield some scenarios at a time and their net cash, shape (scenarios, draws, months + 1). [package currency]"""
        yield from self._by_draw("net", self.draws)

    def received_by_draw(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield some scenarios at a time and their receipts, shape (scenarios, draws, months + 1). [package currency]"""
        yield from self._by_draw("received", self.draws)

    def _by_draw(self, name: str, draws: int) -> Iterator[tuple[slice, np.ndarray]]:
        if draws == 1:
            for part, found in self.source.rows(name):
                yield part, found[name][:, None]
            return
        for part, found in self.source.rows(name, "repeated"):
            yield part, drawn(found, name)

    def _whole(self, name: str, draws: int = 1) -> np.ndarray:
        size = whole_bytes(self.count, draws, self.horizon)
        if size > self.limit_bytes:
            what = "short rates" if name == "short_rate" else "cash"
            times = f" x {draws} draws" if draws > 1 else ""
            raise CapacityError(
                f"simulation.detail: streamed, and this asks for the {what} of {self.count:,} scenarios{times} x {self.horizon} "
                f"months at once, which would take about {size / GIB:.2f} GiB; expected at most "
                f"{self.limit_bytes / GIB:.2f} GiB within memory_limit_gib: take fewer scenarios or raise the limit"
            )
        cash = np.empty((self.count, draws, self.horizon + 1))
        for part, found in self._by_draw(name, draws):
            cash[part] = found
        return cash.reshape(-1, self.horizon + 1)
