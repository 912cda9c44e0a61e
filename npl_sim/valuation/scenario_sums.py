"""Sums of a package's cash by scenario: present values, totals, rates of return and recovery.

The cash is read by blocks of scenarios, from memory or from disk, and reduced to a few numbers of
each scenario. Means over scenarios are added in the order of the scenarios. Quantiles of the
recovery curve are order statistics of all scenarios. All results are therefore exact and do not
depend on the blocks, except for the last digits of rates of return.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import pandas as pd

from npl_sim.cashflows.protocol import Cash
from npl_sim.stats.discount import payment_years, present_value
from npl_sim.stats.irr import Irr, IrrSolver
from npl_sim.valuation.recovery import Life, Mean, curve_frame, life_of, month_statistics
from npl_sim.valuation.spec import Pricing

Reader = Callable[[], Iterator[tuple[slice, np.ndarray]]]
"""Yields blocks of scenarios and their cash, shape (scenarios, draws, months + 1)."""

CELLS = 3 * 2**23
"""Scenario-months of a run on disk that are held at a time (192 MB)."""

PIECE_CELLS = 2**21
"""Scenario-months that are sorted at a time (16 MB)."""


class ScenarioSums:
    """Sums of the cash of each scenario under the terms of a valuation.

    Parameters
    ----------
    cash
        Simulated cash of the package.
    pricing
        Terms of the valuation.

    Raises
    ------
    NplSimError
        If the cash holds present values at another discount rate only.
    """

    def __init__(self, cash: Cash, pricing: Pricing) -> None:
        self._cash, self._sample, self._timing = cash, cash.sample, pricing.cash_timing
        count, years = cash.scenarios, payment_years(cash.months, pricing.cash_timing)
        shape = (count, cash.draws)
        net_total, received_total, weighted = (np.empty(shape) for _ in range(3))
        self.pv_by_kind = np.empty((count, len(cash.kinds)))
        """Present value by scenario and kind, mean over the draws. [package currency]"""
        self.pv_by_group = np.empty((count, len(cash.groups)))
        """Present value by scenario and group, mean over the draws. [package currency]"""
        values = {
            rate: np.empty(shape)
            for rate in {pricing.required_return, pricing.target_irr or pricing.required_return}
        }
        # With equal weights, divide at the end, as a mean over all rows does.
        plain = self._sample.is_plain
        weights = np.ones(count) if plain else self._sample.weights
        mean = np.zeros((1, cash.months + 1))
        for block in cash.blocks(pricing.required_return, pricing.cash_timing):
            part, net = block.part, block.net
            self.pv_by_kind[part], self.pv_by_group[part] = block.pv_by_kind, block.pv_by_group
            received_total[part] = block.received.sum(axis=2)
            weighted[part] = np.einsum("sdm,m->sd", block.received, years)
            net_total[part] = net.sum(axis=2)
            rows = weights[part, None] * (net[:, 0] if net.shape[1] == 1 else net.mean(axis=1))
            # Add row by row, in the order of a mean over all rows.
            mean = np.add.reduce(np.concatenate([mean, rows]), keepdims=True)
            for rate, value in values.items():
                value[part] = _present_values(net, rate, self._timing)
        self.net_total, self.received_total = _shaped(net_total), _shaped(received_total)
        self._weighted = _shaped(weighted)
        self._mean = Mean(mean[0] / count if plain else mean[0], years)
        self._values = {rate: _shaped(value) for rate, value in values.items()}

    def present_values(self, rate: float) -> np.ndarray:
        """Return present values, shape (scenarios,) or (scenarios, draws). [package currency]"""
        if rate not in self._values:
            self._values[rate] = _shaped(draw_values(self._cash, rate, self._timing))
        return self._values[rate]

    def rates_of_return(self, outlays: Sequence[float]) -> list[Irr | None]:
        """Return the rates of return of all scenarios at each outlay; None at an outlay of 0."""
        cash = self._cash
        count = cash.scenarios * cash.draws
        types = (np.float64, np.int64, np.bool_)
        results = [
            Irr(*(np.empty(count, kind) for kind in types)) if outlay > 0.0 else None
            for outlay in outlays
        ]
        for part, net in cash.net_by_draw() if any(results) else ():
            solver = IrrSolver(net.reshape(-1, net.shape[2]), self._timing)
            rows = slice(part.start * cash.draws, part.stop * cash.draws)
            for outlay, result in zip(outlays, results, strict=True):
                if result is not None:
                    solved = solver.solve(outlay)
                    result.rate[rows], result.status[rows] = solved.rate, solved.status
                    result.several[rows] = solved.several
        return results

    def life(self, levels: Iterable[float], confidence: float) -> Life:
        """Return the weighted average life of the cash."""
        return life_of(
            self._sample, self.received_total, self._weighted, self._mean, levels, confidence
        )

    def recovery(self, gbv: float, levels: Iterable[float]) -> pd.DataFrame:
        """Return the recovery curve, with quantiles over all scenarios in every month."""
        levels, frames = tuple(levels), []
        rows = {"gross": self._cash.receipts_by_draw, "net": self._cash.net_by_draw}
        for measure, read in rows.items():
            parts = [
                self._statistics(total, levels)[:, skip:] for skip, total in self._strips(read)
            ]
            frames.append(curve_frame(measure, np.concatenate(parts, axis=1), gbv, levels))
        return pd.concat(frames, ignore_index=True)

    def _statistics(self, total: np.ndarray, levels: tuple[float, ...]) -> np.ndarray:
        """Return the statistics of each month, some months at a time to save memory."""
        count, months = total.shape
        parts = []
        for begin, end, skip in _spans(months, PIECE_CELLS // count):
            piece = np.ascontiguousarray(total[:, begin:end])
            parts.append(month_statistics(self._sample, piece, levels)[:, skip:])
        return np.concatenate(parts, axis=1)

    def _strips(self, read: Reader) -> Iterator[tuple[int, np.ndarray]]:
        """Yield strips of months: the number of leading months to skip, and the cumulative cash.

        Cash on disk is read once for each strip, which continues from the sums of the one before.
        A strip is valid until the next one.
        """
        cash, months = self._cash, self._cash.months + 1
        count, draws = cash.scenarios * cash.draws, cash.draws
        width = months if cash.streams_from is None else max(2, min(CELLS // count, months))
        spans = _spans(months, width)
        store, before = np.empty(count * width), np.zeros(count)
        for (begin, end, skip), (following, _, _) in zip(
            spans, [*spans[1:], spans[-1]], strict=True
        ):
            total = store[: count * (end - begin)].reshape(count, end - begin)
            for part, rows in read():
                place = slice(part.start * draws, part.stop * draws)
                total[place] = rows.reshape(-1, months)[:, begin:end]
                if begin > 0:
                    total[place, 0] += before[place]
                np.cumsum(total[place], axis=1, out=total[place])
            if following > begin:
                before[:] = total[:, following - begin - 1]
            yield skip, total


def _spans(months: int, width: int) -> list[tuple[int, int, int]]:
    """Return begin, end and months to skip of spans of months; none has a single month.

    NumPy adds a single column in another order than several.
    """
    width, last = max(2, width), max(0, months - 2)
    firsts = range(0, months, width)
    return [(min(i, last), min(i + width, months), i - min(i, last)) for i in firsts]


def draw_values(cash: Cash, rate: float, timing: str) -> np.ndarray:
    """Return present values of net cash, shape (scenarios, draws). [package currency]

    Parameters
    ----------
    cash
        Simulated cash of the package.
    rate
        Effective annual rate. [per year]
    timing
        ``month_end`` or ``mid_month``.
    """
    values = np.empty((cash.scenarios, cash.draws))
    for part, net in cash.net_by_draw():
        values[part] = _present_values(net, rate, timing)
    return values


def _present_values(net: np.ndarray, rate: float, timing: str) -> np.ndarray:
    """Return present values, shape (scenarios, draws). [package currency]"""
    scenarios, draws, months = net.shape
    return present_value(net.reshape(-1, months), rate, timing).reshape(scenarios, draws)


def _shaped(values: np.ndarray) -> np.ndarray:
    """Return values of shape (scenarios, draws), or of shape (scenarios,) for one draw."""
    return np.ascontiguousarray(values[:, 0]) if values.shape[1] == 1 else values
