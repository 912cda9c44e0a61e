"""Suitable workers of a Dask cluster: those with the same version, asked once as they join."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from npl_sim.core.errors import BackendError
from npl_sim.engine.backends.dask.errors import first_line, lost_scheduler
from npl_sim.engine.checkpoint.identity import version_hash

POLL = 2.0
"""Seconds between requests for the list of workers."""

TILES_PER_THREAD = 2
"""Tiles in progress or finished for each thread of the workers."""

WRONG = (
    "runs another version of npl_sim, numpy, scipy or numba, or another kind of machine, than "
    "this process; expected the same, for the same bits"
)


def _question() -> Callable[[], str]:
    """Return a function that is sent whole, so that a worker without npl_sim can answer."""

    def version() -> str:
        from npl_sim.engine.checkpoint import identity

        return identity.version_hash()

    return version


class Workers:
    """The suitable workers of a cluster.

    Parameters
    ----------
    client
        Client of the cluster.
    address
        Its scheduler, for messages.
    report
        Receives one message for each unsuitable worker.

    Attributes
    ----------
    fit : list of str
        Addresses of the suitable workers.
    threads : int
        Number of their threads.
    """

    def __init__(self, client: Any, address: str, report: Callable[[str], None]) -> None:
        self.fit: list[str] = []
        self._client = client
        self._address = address
        self._report = report
        self._pending: dict[str, Any] = {}
        self._refused: dict[str, str] = {}
        self._seen = -POLL
        self._ever = False
        self.threads = 1

    def look(self, now: bool = False) -> None:
        """Update the list of workers, at most every few seconds unless `now`."""
        if not now and time.monotonic() - self._seen < POLL:
            return
        try:
            threads = self._client.nthreads()
            for worker in threads:
                self._ask(worker)
        except Exception:
            # The result of the next tile reports the error.
            return
        for known in (self._pending, self._refused):
            for worker in [w for w in known if w not in threads]:
                known.pop(worker)
        self.fit = [w for w in self.fit if w in threads]
        self.threads = max(1, sum(threads[w] for w in self.fit))
        self._ever = self._ever or bool(self.fit)
        self._seen = time.monotonic()

    def _ask(self, worker: str) -> None:
        """Ask a new worker for its version, or read its answer."""
        if worker in self.fit or worker in self._refused:
            return
        if worker not in self._pending:
            self._pending[worker] = self._client.submit(_question(), workers=[worker], pure=False)
        future = self._pending[worker]
        if future.status == "finished":
            answer = "" if future.result(timeout=POLL) == version_hash() else WRONG
        elif future.status == "error":
            reason = first_line(future.exception())
            answer = f"cannot report its version ({reason}); expected the same npl_sim there"
        else:
            if future.status != "pending":
                del self._pending[worker]
            return
        del self._pending[worker]
        if answer:
            self._refused[worker] = answer
            self._report(f"warning: dask: the worker at {worker} is left out: it {answer}")
        else:
            self.fit.append(worker)

    def wait(self, timeout: float, now: bool = False) -> list[str]:
        """Return the suitable workers as soon as there is one.

        Parameters
        ----------
        timeout
            Longest wait. [seconds]
        now
            Whether to update the list first; else it may be some seconds old.

        Raises
        ------
        BackendError
            If none comes in time, or all are refused.
        """
        until = time.monotonic() + timeout
        self.look(now)
        while not self.fit:
            late = time.monotonic() > until
            if self._refused and (late or not (self._pending or self._ever)):
                worker, reason = next(iter(self._refused.items()))
                raise BackendError(f"dask: no worker is left; the worker at {worker} {reason}")
            if late and self._client.status != "running":
                raise lost_scheduler(self._address, TimeoutError("no answer"))
            if late:
                raise BackendError(
                    f"dask: no worker at {self._address} within {timeout:g} s; "
                    "expected at least one"
                )
            time.sleep(0.05)
            self.look(now=True)
        return self.fit

    def tiles(self) -> int:
        """Return the most tiles in progress."""
        self.look()
        return TILES_PER_THREAD * self.threads
