"""Scales of charts: from numbers to places, and round ticks."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Linear scale from numbers to places."""

    low: float
    high: float
    """Numbers at the ends."""
    start: float
    end: float
    """Places of the ends. [px]"""

    def __call__(self, value: float) -> float:
        """Return the place of a number. [px]"""
        reach = self.high - self.low
        share = (value - self.low) / reach if reach else 0.0
        return self.start + share * (self.end - self.start)


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Return round numbers between two numbers: steps of 1, 2, 2.5 or 5 times a power of ten.

    Parameters
    ----------
    low, high
        Range; the ticks lie within it.
    count
        Wanted number of steps.
    """
    reach = high - low
    if not (math.isfinite(reach) and reach > 0.0):
        return [low]
    raw = reach / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = min((s * power for s in (1.0, 2.0, 2.5, 5.0, 10.0)), key=lambda s: abs(s - raw))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


def tick_text(value: float, every: list[float]) -> str:
    """Return a tick with the decimals that tell all ticks apart."""
    step = min((b - a for a, b in zip(every, every[1:], strict=False)), default=1.0)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0.0 else 0
    if decimals < 6 and round(step, decimals) != round(step, 9):
        decimals += 1
    return f"{value:,.{decimals}f}".replace("-", "−")
