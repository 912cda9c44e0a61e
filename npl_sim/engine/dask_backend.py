"""Workers of a Dask cluster walk the tiles: one that is there already, or one on this machine.

The lowered tape is sent once to every worker. A bounded number of tiles is under way, and tiles are given
back in the order of their numbers. What a lost worker had is done again by another, to the same bits; if the
lowered tape itself was lost with the last worker that held it, it is sent again.
"""

from __future__ import annotations

import importlib
import logging
import time
from collections import deque
from collections.abc import Generator, Sequence
from typing import Any

from npl_sim.engine.backends import Part
from npl_sim.engine.identity import version_hash
from npl_sim.engine.walker import Place, Walked, Walker
from npl_sim.errors import BackendError, NplSimError

__all__ = ["Dask"]

PATIENCE = 60.0
"""Seconds to wait for the scheduler, and for a first worker."""

POLL = 2.0
"""Seconds between looks at whether the scheduler is still there."""

MOST_LOSSES = 5
"""Times that the tape may be lost with its workers before a tile is done."""

TILES_PER_THREAD = 2
"""Tiles under way or finished for each thread of the cluster."""


def _task(walker: Walker, version: str, first: int, count: int) -> Walked:
    """Walk a tile, on a worker."""
    if version_hash() != version:
        raise BackendError(
            "dask: a worker runs another version of npl_sim, numpy, scipy or numba, or another kind of machine, than "
            "the process that sends the work; expected the same, or the bits would not be"
        )
    return walker.walk(first, count)


class Dask:
    """A Dask cluster; to be closed, or used in a ``with`` statement.

    Parameters
    ----------
    address
        Address of a scheduler, such as ``tcp://10.0.0.5:8786``; none: workers of this machine, one
        process each.
    workers
        Number of those processes.
    patience
        Time to wait for the scheduler and a first worker. [seconds]

    Raises
    ------
    BackendError
        If Dask is not installed, or the scheduler cannot be reached.
    """

    def __init__(self, address: str | None, workers: int, patience: float = PATIENCE) -> None:
        try:
            distributed: Any = importlib.import_module("distributed")
        except ImportError:
            raise BackendError(
                "--backend dask needs an optional package; run pip install 'npl_sim[dist]'"
            ) from None
        self.patience = patience
        # Dask tells of lost workers on its own; what matters is said here.
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        self._cluster: Any = None
        if address is None:
            address = self._start(distributed, workers)
        self.address = address
        try:
            self._client: Any = distributed.Client(address, timeout=patience, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise BackendError(
                f"dask: no scheduler answers at {address} ({str(error).splitlines()[0]}); expected the address of a "
                "running one, such as tcp://10.0.0.5:8786"
            ) from None

    def _start(self, distributed: Any, workers: int) -> str:
        """Start workers on this machine; return the address of their scheduler."""
        import dask

        try:
            # A busy machine is slow to start processes.
            with dask.config.set({"distributed.comm.timeouts.connect": "120s"}):
                self._cluster = distributed.LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    memory_limit=0,
                    dashboard_address=None,
                    silence_logs=logging.CRITICAL,
                )
        except (OSError, RuntimeError, TimeoutError) as error:
            raise BackendError(
                f"dask: {workers} workers could not be started on this machine "
                f"({(str(error).splitlines() or [type(error).__name__])[0]}); expected room for their processes"
            ) from None
        address: str = self._cluster.scheduler_address
        return address

    def __enter__(self) -> Dask:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the cluster; one that was started here ends."""
        self._client.close(timeout=5)
        if self._cluster is not None:
            self._cluster.close(timeout=10)

    def walk(
        self, walker: Walker, parts: Sequence[Part], place: Place | None
    ) -> Generator[Walked, None, None]:
        """Yield the tiles in their order."""
        waiting: deque[tuple[Part, Any]] = deque()
        left, losses, version = deque(parts), 0, version_hash()
        if not left:
            return
        tape = self._send(walker)
        room = _Room(self._client)
        try:
            while left or waiting:
                while left and len(waiting) < room.tiles():
                    part = left.popleft()
                    waiting.append((part, self._submit(tape, version, part)))
                walked = self._result(waiting[0][1])
                if walked is None:
                    losses += 1
                    if losses > MOST_LOSSES:
                        raise BackendError(
                            f"dask: the workers at {self.address} were lost {losses} times before they finished a "
                            "tile; expected workers that stay (is their memory enough?)"
                        )
                    tape = self._send(walker)
                    waiting = deque((part, self._submit(tape, version, part)) for part, _ in waiting)
                    continue
                losses = 0
                waiting.popleft()
                yield walked
        finally:
            for _, future in waiting:
                future.release()

    def _send(self, walker: Walker) -> Any:
        """Send the lowered tape to every worker; wait for a first one."""
        try:
            self._client.wait_for_workers(1, timeout=self.patience)
            return self._client.scatter(walker, broadcast=True, hash=False)
        except TimeoutError:
            raise BackendError(
                f"dask: no worker at {self.address} within {self.patience:g} s; expected at least one"
            ) from None
        except OSError as error:
            raise self._gone(error) from None

    def _submit(self, tape: Any, version: str, part: Part) -> Any:
        try:
            return self._client.submit(_task, tape, version, *part, pure=False, retries=2)
        except Exception as error:
            raise self._gone(error) from None

    def _result(self, future: Any) -> Walked | None:
        """Return a finished tile; none if it was lost with what it needs."""
        from concurrent.futures import CancelledError

        from distributed import KilledWorker

        lost_since = 0.0
        while True:
            try:
                walked: Walked = future.result(timeout=POLL)
                return walked
            except TimeoutError as error:
                lost_since = 0.0 if self._client.status == "running" else lost_since or time.monotonic()
                if lost_since and time.monotonic() - lost_since > self.patience / 2.0:
                    raise self._gone(error) from None
            except NplSimError:
                raise
            except KilledWorker as error:
                raise BackendError(
                    f"dask: several workers died on one tile ({str(error).splitlines()[0]}); expected workers with "
                    "enough memory"
                ) from None
            except CancelledError as error:
                if self._client.status != "running":
                    raise self._gone(error) from None
                return None
            except ModuleNotFoundError as error:
                raise BackendError(
                    f"dask: a worker lacks a package ({error}); expected the same npl_sim on every worker"
                ) from None
            except OSError as error:
                raise self._gone(error) from None

    def _gone(self, error: BaseException) -> BackendError:
        text = (str(error).splitlines() or [""])[0] or type(error).__name__
        return BackendError(
            f"dask: the scheduler at {self.address} is gone ({text}); with --work FOLDER the same command goes on from "
            "what is finished"
        )


class _Room:
    """How many tiles may be under way, as workers come and go."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._asked = 0.0
        self._tiles = TILES_PER_THREAD

    def tiles(self) -> int:
        """Return the number of tiles; the scheduler is asked every few seconds."""
        if time.monotonic() - self._asked > POLL:
            try:
                threads = sum(self._client.nthreads().values())
            except Exception:
                # The next tile's result tells what is wrong.
                threads = 0
            self._tiles = max(TILES_PER_THREAD, TILES_PER_THREAD * threads)
            self._asked = time.monotonic()
        return self._tiles
