"""The work between a read tape and a priced package, with the time of each phase."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from npl_sim.errors import NplSimError

if TYPE_CHECKING:
    from pathlib import Path

    from npl_sim.api import Case
    from npl_sim.engine.backends import Backend
    from npl_sim.progress import Progress
    from npl_sim.valuation.price import PriceDistribution

__all__ = ["Clock", "open_backend", "value_case"]


class Clock:
    """Seconds by phase."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time what is done inside."""
        began = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - began


@contextmanager
def open_backend(kind: str, address: str | None, workers: int | None) -> Iterator[Backend | None]:
    """Give who walks the tiles: none for this process's threads, or the workers of a Dask cluster.

    Parameters
    ----------
    kind
        ``threads`` or ``dask``.
    address
        Address of a scheduler; none: workers of this machine.
    workers
        Number of those; none or 0: one for each core.

    Raises
    ------
    NplSimError
        If the words do not fit, or the cluster cannot be reached.
    """
    if kind not in ("threads", "dask"):
        raise NplSimError(f"--backend: got {kind!r}; expected threads or dask")
    if kind == "threads":
        if address is not None:
            raise NplSimError("--dask: is the address of a scheduler; expected --backend dask with it")
        yield None
        return
    from npl_sim.engine.dask_backend import Dask

    with Dask(address, workers or os.cpu_count() or 1) as cluster:
        yield cluster


def value_case(
    case: Case,
    progress: Progress,
    clock: Clock,
    say: Callable[[str], None],
    backend: Backend | None = None,
    work: Path | None = None,
) -> PriceDistribution:
    """Simulate a package and value it; the first run of a version compiles and says so.

    Parameters
    ----------
    case
        Study and tape.
    progress
        Told of the simulation's progress.
    clock
        Notes the time of each phase.
    say
        Prints a line.
    backend
        Who walks the tiles; none: threads of this process.
    work
        Folder of finished scenarios, from which a run that was stopped goes on.
    """
    from npl_sim.engine.simulate import warm_up
    from npl_sim.kernels._jit import is_cached
    from npl_sim.kernels.package import simulate_tile

    if not is_cached(simulate_tile):
        say("compiling the kernel, once for this version: about 20 seconds ...")
        with clock.phase("compile"):
            warm_up(case.study, case.table)
    with clock.phase("simulate"):
        flows = case.simulate(progress, backend=backend, work=work)
    with clock.phase("value"):
        from npl_sim.valuation.price import price as value

        return value(flows, case.study.pricing, case.study.currency)
