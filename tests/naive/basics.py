"""Small things that every stage needs: months, plain records, fee schedules, straight lines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

__all__ = ["fee", "month", "plain", "straight_lines"]


def month(t: float) -> int:
    """Return the month that holds time `t` (section 1): month m covers (m-1, m]."""
    return max(0, math.ceil(t - 1e-9))


def plain(row: Any) -> Any:
    """Return a record of npl_sim/core/layout.py as a namespace of plain numbers and lists.

    A row that is plain already is returned as it is.
    """
    if isinstance(row, SimpleNamespace):
        return row
    return SimpleNamespace(**{name: row[name].tolist() for name in row.dtype.names})


def fee(schedule: Any, amount: float) -> float:
    """Return the fee on `amount` by a row of FEES.

    `base` is the fee at the lower end of a bracket, fixed parts included. The marginal rate of the
    bracket is charged on the amount above its lower end.
    """
    if schedule.brackets == 0 or amount <= 0.0:
        return 0.0
    last = schedule.brackets - 1
    i = next((i for i in range(last) if amount <= schedule.upper[i]), last)
    lower = schedule.upper[i - 1] if i > 0 else 0.0
    return min(schedule.base[i] + schedule.rate[i] * (amount - lower), schedule.cap)


def straight_lines(x: float, xs: Sequence[float], ys: Sequence[float]) -> float:
    """Return the value at `x` of straight lines through the points (xs, ys), flat beyond the
    ends.
    """
    if x <= xs[0]:
        return ys[0]
    for (x0, y0), (x1, y1) in zip(
        zip(xs, ys, strict=True), zip(xs[1:], ys[1:], strict=True), strict=False
    ):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return ys[-1]
