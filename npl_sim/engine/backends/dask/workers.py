"""Which workers of a Dask cluster may walk tiles: those that run the same version, each asked once as it joins."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from npl_sim.core.errors import BackendError
from npl_sim.engine.backends.dask.errors import first_line, gone
from npl_sim.engine.checkpoint.identity import version_hash

__all__ = ["POLL", "WRONG", "Crew"]

POLL = 2.0
"""Seconds between looks at who is there."""

TILES_PER_THREAD = 2
"""Tiles under way or finished for each thread of the crew."""

WRONG = (
    "runs another version of npl_sim, numpy, scipy or numba, or another kind of machine, than the process that sends the "
    "work; expected the same, or the bits would not be"
)


def _question() -> Callable[[], str]:
    """Return a function that is sent whole: a worker without npl_sim can say so."""

    def version() -> str:
        from npl_sim.engine.checkpoint import identity

        return identity.version_hash()

    return version


class Crew:
    """The workers that fit.

    Parameters
    ----------
    client
        Client of the cluster.
    address
        Its scheduler, for messages.
    say
        Told once of each worker that does not fit.

    Attributes
    ----------
    fit
        Their addresses.
    """

    def __init__(self, client: Any, address: str, say: Callable[[str], None]) -> None:
        self.fit: list[str] = []
        self._client = client
        self._address = address
        self._say = say
        self._asked: dict[str, Any] = {}
        self._refused: dict[str, str] = {}
        self._seen = -POLL
        self._ever = False
        self._tiles = TILES_PER_THREAD

    def look(self, now: bool = False) -> None:
        """See who came, who left and who fits; the scheduler is asked every few seconds."""
        if not now and time.monotonic() - self._seen < POLL:
            return
        try:
            threads = self._client.nthreads()
            for worker in threads:
                self._ask(worker)
        except Exception:
            # The next tile's result tells what is wrong.
            return
        for known in (self._asked, self._refused):
            for worker in [w for w in known if w not in threads]:
                known.pop(worker)
        self.fit = [w for w in self.fit if w in threads]
        self._tiles = TILES_PER_THREAD * max(1, sum(threads[w] for w in self.fit))
        self._ever = self._ever or bool(self.fit)
        self._seen = time.monotonic()

    def _ask(self, worker: str) -> None:
        """Ask a new worker for its version; take its answer once it is there."""
        if worker in self.fit or worker in self._refused:
            return
        if worker not in self._asked:
            self._asked[worker] = self._client.submit(_question(), workers=[worker], pure=False)
        future = self._asked[worker]
        if future.status == "finished":
            answer = "" if future.result(timeout=POLL) == version_hash() else WRONG
        elif future.status == "error":
            answer = f"cannot tell its version ({first_line(future.exception())}); expected the same npl_sim there"
        else:
            if future.status != "pending":
                del self._asked[worker]
            return
        del self._asked[worker]
        if answer:
            self._refused[worker] = answer
            self._say(f"warning: dask: the worker at {worker} is left out: it {answer}")
        else:
            self.fit.append(worker)

    def wait(self, patience: float, now: bool = False) -> list[str]:
        """Return the workers that fit, once there is one; as they stand now, or stood some seconds ago.

        Raises
        ------
        BackendError
            If none comes in time, or all that are there are refused.
        """
        until = time.monotonic() + patience
        self.look(now)
        while not self.fit:
            late = time.monotonic() > until
            if self._refused and (late or not (self._asked or self._ever)):
                worker, reason = next(iter(self._refused.items()))
                raise BackendError(f"dask: no worker is left; the worker at {worker} {reason}")
            if late and self._client.status != "running":
                raise gone(self._address, TimeoutError("no answer"))
            if late:
                raise BackendError(
                    f"dask: no worker at {self._address} within {patience:g} s; expected at least one"
                )
            time.sleep(0.05)
            self.look(now=True)
        return self.fit

    def tiles(self) -> int:
        """Return the number of tiles that may be under way."""
        self.look()
        return self._tiles
