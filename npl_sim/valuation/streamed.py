"""The valuation of cash that lies on disk: a few numbers of each scenario in memory, all of them exact.

Each scenario's cash is read block by block and reduced to what is asked of it. Present values, totals and
rates of return are of the scenario alone; means over scenarios are added in the order of their numbers; the
recovery curve's quantiles are order statistics of all scenarios, some months at a time. So nothing here is an
approximation, and but for the last digits of rates of return the numbers have the bits of a run in memory, of
whatever detail.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from io import BufferedRandom
from itertools import accumulate
from tempfile import TemporaryFile
from typing import Any

import numpy as np
import pandas as pd

from npl_sim.errors import CapacityError, NplSimError
from npl_sim.flows.streamed import NotHeld, StreamedFlows
from npl_sim.stats.discount import payment_years, present_value
from npl_sim.stats.irr import Irr, IrrSolver
from npl_sim.valuation.recovery import Life, curve_frame, life_of, month_statistics
from npl_sim.valuation.spec import Pricing

__all__ = ["StreamedSums"]

CELLS = 2**24
"""Scenario-months that are sorted at a time (128 MB)."""


class StreamedSums:
    """What valuation needs of the cash of each scenario, as `reduce.CashSums` has it of cash in memory.

    Parameters
    ----------
    flows
        Simulated cash of the package.
    pricing
        Terms, whose discounting must be that of the simulation.

    Raises
    ------
    NplSimError
        If it is not: the present values by group were made while the scenarios were walked.
    """

    def __init__(self, flows: StreamedFlows, pricing: Pricing) -> None:
        if (flows.discount_rate, flows.cash_timing) != (pricing.required_return, pricing.cash_timing):
            raise NplSimError(
                f"pricing: {100 * pricing.required_return:g}% ({pricing.cash_timing}), but these streamed flows were "
                f"simulated for {100 * flows.discount_rate:g}% ({flows.cash_timing}); expected the same, or a new run"
            )
        self._flows = flows
        self.net: Any = NotHeld("net cash by scenario and month")
        count, years = flows.scenarios, payment_years(flows.months, flows.cash_timing)
        self.net_total, self.received_total = np.empty(count), np.empty(count)
        self._weighted = np.empty(count)
        self.pv_by_kind = np.empty((count, len(flows.kinds)))
        self.pv_by_group = np.empty((count, len(flows.groups)))
        self._years, self._mean_net = years, np.zeros((0, flows.months + 1))
        self._values: dict[float, np.ndarray] = {}
        wanted = {pricing.required_return, pricing.target_irr or pricing.required_return}
        for rate in wanted:
            self._values[rate] = np.empty(count)
        names = ("net", "received", "pv_by_kind", "pv_by_group")
        for part, found in flows.source.rows(*names):
            net, received = found["net"], found["received"]
            self.net_total[part] = net.sum(axis=1)
            self.received_total[part] = received.sum(axis=1)
            self._weighted[part] = np.einsum("sm,m->s", received, years)
            self.pv_by_kind[part] = found["pv_by_kind"]
            self.pv_by_group[part] = found["pv_by_group"]
            for rate in wanted:
                self._values[rate][part] = present_value(net, rate, flows.cash_timing)
            # Row after row, as the mean of all rows at once would add them.
            self._mean_net = np.add.reduce(np.concatenate([self._mean_net, net]), keepdims=True)

    @cached_property
    def pv(self) -> np.ndarray:
        """Present value of each scenario in package currency, shape (scenarios,)."""
        total: np.ndarray = self.pv_by_group.sum(axis=1)
        return total

    def present_values(self, rate: float, timing: str) -> np.ndarray:
        """Return the present value of each scenario at a rate, shape (scenarios,). [package currency]"""
        if rate not in self._values or timing != self._flows.cash_timing:
            value = np.empty(self._flows.scenarios)
            for part, found in self._flows.source.rows("net"):
                value[part] = present_value(found["net"], rate, timing)
            return value
        return self._values[rate]

    def rates_of_return(self, outlays: Sequence[float], timing: str) -> list[Irr | None]:
        """Return the rates of return of all scenarios at each outlay; none where nothing is laid out."""
        count = self._flows.scenarios
        kinds = (np.float64, np.int64, np.bool_)
        found = [
            Irr(*(np.empty(count, kind) for kind in kinds)) if outlay > 0.0 else None for outlay in outlays
        ]
        for part, rows in self._flows.source.rows("net") if any(found) else ():
            solver = IrrSolver(rows["net"], timing)
            for outlay, whole in zip(outlays, found, strict=True):
                if whole is not None:
                    own = solver.solve(outlay)
                    whole.rate[part], whole.status[part] = own.rate, own.status
                    whole.several[part] = own.several
        return found

    def life(self, timing: str, levels: Iterable[float], confidence: float) -> Life:
        """Return the weighted average life of the cash."""
        mean_net = self._mean_net[0] / self._flows.scenarios
        return life_of(self.received_total, self._weighted, mean_net, self._years, levels, confidence)

    def recovery(self, gbv: float, levels: Iterable[float]) -> pd.DataFrame:
        """Return the recovery curve: every month's order statistics are of all scenarios."""
        levels = tuple(levels)
        flows, frames = self._flows, []
        for measure, name in (("gross", "received"), ("net", "net")):
            parts = [month_statistics(total, levels)[:, skip:] for skip, total in self._strips(name)]
            statistics = np.concatenate(parts, axis=1)
            frames.append(curve_frame(measure, statistics, flows.scenarios, gbv, levels))
        return pd.concat(frames, ignore_index=True)

    def _strips(self, name: str) -> Iterator[tuple[int, np.ndarray]]:
        """Yield the cumulative cash of all scenarios, some months at a time, and how many of them came before.

        The rows are read once, however many strips there are: a file without a name takes them, strip by strip.

        Raises
        ------
        CapacityError
            If the disk has no room for it.
        """
        flows, months = self._flows, self._flows.months + 1
        # Two months at least: a single column would be added in another order.
        width = max(2, CELLS // flows.scenarios)
        firsts = [(first, min(first, max(0, months - 2))) for first in range(0, months, width)]
        strips = [(begin, min(first + width, months), first - begin) for first, begin in firsts]
        if len(strips) == 1:
            total = np.empty((flows.scenarios, months))
            for part, found in flows.source.rows(name):
                np.cumsum(found[name], axis=1, out=total[part])
            yield 0, total
            return
        with self._written(name, strips) as file:
            for begin, end, skip in strips:
                total = np.empty((flows.scenarios, end - begin))
                file.readinto(total.data.cast("B"))
                yield skip, total

    @contextlib.contextmanager
    def _written(self, name: str, strips: list[tuple[int, int, int]]) -> Iterator[BufferedRandom]:
        """Give a file that holds the cumulative cash of all scenarios, one strip of months after the other."""
        count, cell = self._flows.scenarios, 8
        widths = [end - begin for begin, end, _ in strips]
        places = [cell * count * before for before in accumulate(widths, initial=0)]
        folder = self._flows.scratch
        with contextlib.ExitStack() as stack:
            try:
                file = stack.enter_context(TemporaryFile(dir=folder))
                for part, found in self._flows.source.rows(name):
                    total = np.cumsum(found[name], axis=1)
                    for (begin, end, _), width, place in zip(strips, widths, places, strict=False):
                        file.seek(place + cell * part.start * width)
                        file.write(np.ascontiguousarray(total[:, begin:end]).data)
                file.seek(0)
            except OSError as error:
                raise CapacityError(
                    f"{folder}: has no room for the recovery curve ({error.strerror or error}); expected "
                    f"{places[-1] / 2**30:.2f} GiB beside the rows of {count:,} scenarios"
                ) from None
            yield file
