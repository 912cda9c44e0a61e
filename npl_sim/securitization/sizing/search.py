"""Search for the largest size of a tranche within its limits, with few waterfall runs.

One run gives all limits of a tranche at a size, and is cached. Sizes are tried from small to large
until a limit breaks. Brent's method then narrows the first break down, on the smallest distance to
a limit. A limit that holds again at larger sizes does not bring the size back. The loss that a
rating allows rises with the life. With few deciding scenarios, such a limit can break and hold
again within its own error. The search then ends at one of these sizes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from npl_sim.securitization.sizing.limits import Reading, needs_run
from npl_sim.securitization.sizing.trials import Trials
from npl_sim.securitization.terms.limits import Limit
from npl_sim.stats.roots import brent_root

GRID = 8
"""Sizes that are tried before the place where a limit breaks is narrowed down."""
NEAR = 0.05
"""Distance from a size found before, as a share of it, within which it is looked for again."""


def narrowed(margin: Callable[[float], float], good: float, bad: float, width: float) -> float:
    """Return the largest size known to hold between one that holds (or 0) and one that does not.

    Parameters
    ----------
    margin
        Distance of a size to its limits: at least 0 where it holds; what is not defined does not
        hold.
    good, bad
        A size that holds, or 0, and one that does not. [package currency]
    width
        Width to which the size is found. [package currency]
    """
    seen: dict[float, float] = {}

    def at(size: float) -> float:
        if size not in seen:
            room = margin(size)
            # Nothing is exactly 0: a limit that is met exactly holds.
            seen[size] = -1.0 if math.isnan(room) else room if room else 1e-300
        return seen[size]

    if good == 0.0:
        good = min(width, 0.5 * bad)
        if at(good) < 0.0:
            return 0.0
    brent_root(at, good, bad, xtol=width, rtol=1e-15, maxiter=200)
    broken = min((size for size, room in seen.items() if room < 0.0), default=bad)
    return max(size for size, room in seen.items() if room >= 0.0 and size < broken)


def largest_holding(margin: Callable[[float], float], high: float, width: float) -> float:
    """Return the largest size up to which a margin is not negative: 0 to infinity.

    Parameters
    ----------
    margin
        Distance of a size to its limits (see `narrowed`).
    high
        Largest size looked at. [package currency]
    width
        Width to which the size is found; what is returned is on the side that holds. [package
        currency]
    """
    good = 0.0
    for step in range(1, GRID + 1):
        size = high * step / GRID
        if not margin(size) >= 0.0:
            return narrowed(margin, good, size, width)
        good = size
    return math.inf


def nearest_holding(
    margin: Callable[[float], float], near: float, high: float, width: float
) -> float:
    """Return a size near another at which a margin changes its sign.

    It is the largest size up to which the margin is not negative where the margin falls with the
    size. Few sizes are tried: steps that grow from the other size lead to the change of sign.

    Parameters
    ----------
    margin
        Distance of a size to its limits (see `narrowed`).
    near
        A size found before on similar scenarios. [package currency]
    high, width
        Largest size looked at, and width of the search. [package currency]

    Returns
    -------
    float
        The size; 0 if no smaller size holds, infinity if the largest holds. [package currency]
    """
    near, step = min(near, high), max(2.0 * width, NEAR * near / 4.0)
    good = bad = near
    if margin(near) >= 0.0:
        while bad < high:
            good, bad, step = bad, min(bad + step, high), 2.0 * step
            if not margin(bad) >= 0.0:
                return narrowed(margin, good, bad, width)
        return math.inf
    while good > 0.0:
        bad, good, step = good, max(good - step, 0.0), 2.0 * step
        if good > 0.0 and margin(good) >= 0.0:
            break
    return narrowed(margin, good, bad, width)


class Search:
    """The limits of one tranche at any size, the other tranches as they are.

    Parameters
    ----------
    trials
        The deal on its scenarios.
    name, limits
        Tranche and its limits.
    sizes
        Balances of the other tranches that are sized. [package currency]
    """

    def __init__(
        self, trials: Trials, name: str, limits: Sequence[Limit], sizes: dict[str, float]
    ) -> None:
        self._trials, self._name, self._limits, self._sizes = (
            trials,
            name,
            tuple(limits),
            dict(sizes),
        )
        self._seen: dict[float, tuple[Reading, ...]] = {}

    def readings(self, size: float) -> tuple[Reading, ...]:
        """Return what all limits read at a size."""
        if size not in self._seen:
            sizes = {**self._sizes, self._name: size}
            self._seen[size] = self._trials.readings(self._name, self._limits, sizes)
        return self._seen[size]

    def margin(self, size: float) -> float:
        """Return the smallest distance to a limit, as a share of the limit."""
        distances = [r.room for r in self.readings(size)]
        return math.nan if any(math.isnan(r) for r in distances) else min(distances)

    def largest(self, high: float, width: float, near: float | None = None) -> float:
        """Return the largest size that keeps all limits (see `largest_holding`).

        Parameters
        ----------
        high, width
            Largest size looked at, and width of the search. [package currency]
        near
            A size that was found before, around which is looked first. [package currency]
        """
        if near and self._trials.rough:
            return nearest_holding(self.margin, near, high, width)
        if near:
            low, up = near * (1.0 - NEAR), min(near * (1.0 + NEAR), high)
            if self.margin(low) >= 0.0 > self.margin(up):
                return narrowed(self.margin, low, up, width)
        return largest_holding(self.margin, high, width)

    def tightest(self, size: float) -> int:
        """Return the number of the limit that is closest at a size."""
        distances = [r.room for r in self.readings(size)]
        return min(
            range(len(distances)),
            key=lambda i: -math.inf if math.isnan(distances[i]) else distances[i],
        )

    def alone(self, number: int, good: float, high: float, width: float) -> float:
        """Return the largest size for one limit alone; infinity if it never binds.

        Parameters
        ----------
        number
            Number of the limit.
        good
            A size at which it holds. [package currency]
        high, width
            Largest size looked at, and width of the search. [package currency]
        """
        limit = self._limits[number]

        def margin(size: float) -> float:
            if needs_run(limit):
                return self.readings(size)[number].room
            sizes = {**self._sizes, self._name: size}
            return self._trials.readings(self._name, (limit,), sizes)[0].room

        for size in sorted({s for s in self._seen if s > good} | {high}):
            if not margin(size) >= 0.0:
                return narrowed(margin, good, size, width)
            good = size
        return math.inf
