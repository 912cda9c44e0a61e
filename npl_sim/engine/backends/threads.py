"""Who walks the tiles: the threads of this process, or workers elsewhere.

A backend gives back every tile in the order of the numbers, whoever was first done with it; so sums are
added in one order and the bits do not depend on the backend.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from npl_sim.engine.tile import Place, Walked, Walker

__all__ = ["Backend", "Part", "Threads"]

Part = tuple[int, int]
"""First scenario and number of scenarios of a tile."""


class Backend(Protocol):
    """Walks tiles."""

    def walk(
        self, walker: Walker, parts: Sequence[Part], place: Place | None
    ) -> Generator[Walked, None, None]:
        """Yield the tiles in their order.

        Parameters
        ----------
        walker
            What walks.
        parts
            The tiles.
        place
            Gives the arrays that a tile's columns should lie in, where that can be done without a copy.

        Raises
        ------
        BackendError
            If the workers cannot be reached or do not fit.
        """


class Threads:
    """Threads of this process; at most two tiles for each are finished or under way.

    Parameters
    ----------
    threads
        Number of threads.
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads

    def walk(
        self, walker: Walker, parts: Sequence[Part], place: Place | None
    ) -> Generator[Walked, None, None]:
        """Yield the tiles in their order."""
        waiting: deque[Future[Walked]] = deque()
        with ThreadPoolExecutor(self.threads) as pool:
            try:
                for part in parts:
                    waiting.append(pool.submit(walker.walk, *part, place))
                    if len(waiting) >= 2 * self.threads:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()
