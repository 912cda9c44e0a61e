"""The kernel is compiled once for all workers of a test run.

Its compilation takes a processor about a minute. A worker that needs it while another compiles
waits for the file. Meanwhile workers run the tests that need no kernel.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:  # Windows: each worker compiles for itself
    fcntl = None  # type: ignore[assignment]

LOCK = "compiled-by-one.lock"


class OneAtATime:
    """A lock of all processes that the holder may take again.

    Parameters
    ----------
    path
        File of the lock; its folder exists.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.depth = path, 0

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Hold the lock in a block; wait for it first."""
        if self.depth or fcntl is None:
            yield
            return
        with self.path.open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self.depth += 1
            try:
                yield
            finally:
                self.depth -= 1


def compile_once(folder: Path | None) -> None:
    """Let one process at a time compile the functions that are kept in a folder.

    Parameters
    ----------
    folder
        Folder of the machine code. Without one, processes cannot share it.
    """
    from numba.core.dispatcher import Dispatcher

    from npl_sim.kernels._machine_code import CodeCache

    if folder is None:
        return
    lock, compile = OneAtATime(folder / LOCK), Dispatcher.compile

    @functools.wraps(compile)
    def compile_or_wait(self: Any, signature: Any) -> Any:
        cache = self._cache
        if not isinstance(cache, CodeCache) or cache.cache_path != str(folder):
            return compile(self, signature)
        # Whoever waited finds the file that the other process wrote.
        with lock.taken():
            return compile(self, signature)

    Dispatcher.compile = compile_or_wait


def compile_now(folder: Path) -> None:
    """Compile the loan paths unless they are on disk, before a test starts processes that would.

    Parameters
    ----------
    folder
        Folder for a study.
    """
    from npl_sim.kernels._jit import is_cached
    from npl_sim.kernels.package import simulate_tile

    if is_cached(simulate_tile):
        return
    from tests.builders.studies import loan, study

    small = {"scenarios": 2, "horizon_months": 6, "seed": 1}
    policy = {"collection": {"settle_hazard": 0.1}}
    study(folder, [loan()], policy, simulation=small).simulate()
