"""Backend that simulates tiles: threads of this process, or remote workers.

A backend returns the tiles in the order of their numbers, whichever is finished first. So sums
are added in one order and the bits do not depend on the backend.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from npl_sim.engine.tile import Place, Simulator, TileResult

__all__ = ["Backend", "Part", "Threads"]

Part = tuple[int, int]
"""First scenario and number of scenarios of a tile."""


class Backend(Protocol):
    """Simulates tiles."""

    def simulate(
        self, simulator: Simulator, parts: Sequence[Part], place: Place | None
    ) -> Generator[TileResult, None, None]:
        """Yield the tiles in their order.

        Parameters
        ----------
        simulator
            Simulator of the tiles.
        parts
            The tiles.
        place
            Returns the arrays for a tile's columns, if that needs no copy.

        Raises
        ------
        BackendError
            If no suitable worker can be reached.
        """


class Threads:
    """Threads of this process, with at most two tiles each in progress or waiting.

    Parameters
    ----------
    threads
        Number of threads.
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads

    def simulate(
        self, simulator: Simulator, parts: Sequence[Part], place: Place | None
    ) -> Generator[TileResult, None, None]:
        """Yield the tiles in their order."""
        waiting: deque[Future[TileResult]] = deque()
        with ThreadPoolExecutor(self.threads) as pool:
            try:
                for part in parts:
                    waiting.append(pool.submit(simulator.simulate, *part, place))
                    if len(waiting) >= 2 * self.threads:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()
