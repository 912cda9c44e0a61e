"""The valuation of cash that lies on disk: a few numbers of each scenario in memory, all of them exact.

Each scenario's cash is read block by block and reduced to what is asked of it. Present values, totals and
rates of return are of the scenario alone; means over scenarios are added in the order of their numbers; the
recovery curve's quantiles are order statistics of all scenarios, some months at a time. So nothing here is an
approximation, and but for the last digits of rates of return the numbers have the bits of a run in memory, of
whatever detail.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BufferedRandom
from itertools import accumulate
from tempfile import TemporaryFile

import numpy as np
import pandas as pd

from npl_sim.cashflows.on_disk import OnDiskCash, drawn
from npl_sim.core.errors import CapacityError, NplSimError
from npl_sim.stats.discount import payment_years, present_value
from npl_sim.stats.irr import Irr, IrrSolver
from npl_sim.valuation.recovery import Life, Mean, curve_frame, life_of, month_statistics
from npl_sim.valuation.spec import Pricing

__all__ = ["OnDiskSums"]

Reader = Callable[[], Iterator[tuple[slice, np.ndarray]]]
"""Yields some scenarios at a time and their cash, shape (scenarios, draws, months + 1)."""

CELLS = 2**24
"""Scenario-months that are sorted at a time (128 MB)."""


class OnDiskSums:
    """What valuation needs of the cash of each scenario, as `reduce.InMemorySums` has it of cash in memory.

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

    def __init__(self, flows: OnDiskCash, pricing: Pricing) -> None:
        if (flows.discount_rate, flows.cash_timing) != (
            pricing.required_return,
            pricing.cash_timing,
        ):
            raise NplSimError(
                f"pricing: {100 * pricing.required_return:g}% ({pricing.cash_timing}), but these streamed flows were "
                f"simulated for {100 * flows.discount_rate:g}% ({flows.cash_timing}); expected the same, or a new run"
            )
        self._flows, self._sample = flows, flows.sample
        count, years = flows.scenarios, payment_years(flows.months, flows.cash_timing)
        shape = (count, flows.draws)
        net_total, received_total, weighted = np.empty(shape), np.empty(shape), np.empty(shape)
        self.pv_by_kind = np.empty((count, len(flows.kinds)))
        self.pv_by_group = np.empty((count, len(flows.groups)))
        wanted = {pricing.required_return, pricing.target_irr or pricing.required_return}
        values = {rate: np.empty(shape) for rate in wanted}
        # Equal weights divide at the end, so that the bits are those of a run in memory.
        plain = self._sample.is_plain
        weights = np.ones(count) if plain else self._sample.weights
        mean = np.zeros((1, flows.months + 1))
        more = ("repeated",) if flows.draws > 1 else ()
        for part, found in flows.source.rows(
            "net", "received", "pv_by_kind", "pv_by_group", *more
        ):
            net, received = drawn(found, "net"), drawn(found, "received")
            self.pv_by_kind[part], self.pv_by_group[part] = (
                found["pv_by_kind"],
                found["pv_by_group"],
            )
            received_total[part] = received.sum(axis=2)
            weighted[part] = np.einsum("sdm,m->sd", received, years)
            net_total[part] = net.sum(axis=2)
            own = weights[part, None] * (net[:, 0] if net.shape[1] == 1 else net.mean(axis=1))
            # Row after row, as the mean of all rows at once would add them.
            mean = np.add.reduce(np.concatenate([mean, own]), keepdims=True)
            for rate in wanted:
                values[rate][part] = _present_values(net, rate, flows.cash_timing)
        self.net_total, self.received_total = _shaped(net_total), _shaped(received_total)
        self._weighted = _shaped(weighted)
        self._mean = Mean(mean[0] / count if plain else mean[0], years)
        self._values = {rate: _shaped(value) for rate, value in values.items()}

    def present_values(self, rate: float, timing: str) -> np.ndarray:
        """Return present values at a rate, shape (scenarios,) or (scenarios, draws). [package currency]"""
        if rate in self._values and timing == self._flows.cash_timing:
            return self._values[rate]
        value = np.empty((self._flows.scenarios, self._flows.draws))
        for part, net in self._flows.net_by_draw():
            value[part] = _present_values(net, rate, timing)
        return _shaped(value)

    def rates_of_return(self, outlays: Sequence[float], timing: str) -> list[Irr | None]:
        """Return the rates of return of all scenarios at each outlay; none where nothing is laid out."""
        flows = self._flows
        count, draws = flows.scenarios * flows.draws, flows.draws
        kinds = (np.float64, np.int64, np.bool_)
        found = [
            Irr(*(np.empty(count, kind) for kind in kinds)) if outlay > 0.0 else None
            for outlay in outlays
        ]
        for part, net in flows.net_by_draw() if any(found) else ():
            solver = IrrSolver(net.reshape(-1, net.shape[2]), timing)
            rows = slice(part.start * draws, part.stop * draws)
            for outlay, whole in zip(outlays, found, strict=True):
                if whole is not None:
                    own = solver.solve(outlay)
                    whole.rate[rows], whole.status[rows] = own.rate, own.status
                    whole.several[rows] = own.several
        return found

    def life(self, timing: str, levels: Iterable[float], confidence: float) -> Life:
        """Return the weighted average life of the cash."""
        return life_of(
            self._sample, self.received_total, self._weighted, self._mean, levels, confidence
        )

    def recovery(self, gbv: float, levels: Iterable[float]) -> pd.DataFrame:
        """Return the recovery curve: every month's quantiles are of all scenarios."""
        levels, frames = tuple(levels), []
        rows = {"gross": self._flows.received_by_draw, "net": self._flows.net_by_draw}
        for measure, read in rows.items():
            parts = [
                month_statistics(self._sample, total, levels)[:, skip:]
                for skip, total in self._strips(read)
            ]
            frames.append(curve_frame(measure, np.concatenate(parts, axis=1), gbv, levels))
        return pd.concat(frames, ignore_index=True)

    def _strips(self, read: Reader) -> Iterator[tuple[int, np.ndarray]]:
        """Yield the cumulative cash of all scenarios, some months at a time, and how many of them came before.

        The rows are read once, however many strips there are: a file without a name takes them, strip by strip.

        Raises
        ------
        CapacityError
            If the disk has no room for it.
        """
        flows, months = self._flows, self._flows.months + 1
        # Two months at least: a single column would be added in another order.
        count, draws = flows.scenarios * flows.draws, flows.draws
        width = max(2, CELLS // count)
        firsts = [(first, min(first, max(0, months - 2))) for first in range(0, months, width)]
        strips = [(begin, min(first + width, months), first - begin) for first, begin in firsts]
        if len(strips) == 1:
            total = np.empty((count, months))
            for part, cash in read():
                rows = slice(part.start * draws, part.stop * draws)
                np.cumsum(cash.reshape(-1, months), axis=1, out=total[rows])
            yield 0, total
            return
        with self._written(read, strips) as file:
            for begin, end, skip in strips:
                total = np.empty((count, end - begin))
                file.readinto(total.data.cast("B"))
                yield skip, total

    @contextlib.contextmanager
    def _written(
        self, read: Reader, strips: list[tuple[int, int, int]]
    ) -> Iterator[BufferedRandom]:
        """Give a file that holds the cumulative cash of all scenarios, one strip of months after the other."""
        count, draws, cell = self._flows.scenarios * self._flows.draws, self._flows.draws, 8
        widths = [end - begin for begin, end, _ in strips]
        places = [cell * count * before for before in accumulate(widths, initial=0)]
        folder = self._flows.scratch
        with contextlib.ExitStack() as stack:
            try:
                file = stack.enter_context(TemporaryFile(dir=folder))
                for part, cash in read():
                    total = np.cumsum(cash.reshape(-1, cash.shape[2]), axis=1)
                    for (begin, end, _), width, place in zip(strips, widths, places, strict=False):
                        file.seek(place + cell * part.start * draws * width)
                        file.write(np.ascontiguousarray(total[:, begin:end]).data)
                file.seek(0)
            except OSError as error:
                raise CapacityError(
                    f"{folder}: has no room for the recovery curve ({error.strerror or error}); expected "
                    f"{places[-1] / 2**30:.2f} GiB beside the rows of {self._flows.scenarios:,} scenarios"
                ) from None
            yield file


def _present_values(net: np.ndarray, rate: float, timing: str) -> np.ndarray:
    """Return present values of cash by scenario, draw and month, shape (scenarios, draws). [package currency]"""
    scenarios, draws, months = net.shape
    return present_value(net.reshape(-1, months), rate, timing).reshape(scenarios, draws)


def _shaped(values: np.ndarray) -> np.ndarray:
    """Return (scenarios, draws) as it is for several draws, as (scenarios,) for one."""
    return np.ascontiguousarray(values[:, 0]) if values.shape[1] == 1 else values
