"""Workers of a Dask cluster walk the tiles: one that is there already, or one on this machine.

The lowered tape is sent once to every worker that fits (see `dask_crew`), and kept there for a next round. A bounded
number of tiles is under way, and tiles are given back in the order of their numbers. What a lost worker had is done
again by another, to the same bits; if the lowered tape itself was lost with the last worker that held it, it is sent
again. A tile that fails is not tried again: it would fail anywhere.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import sys
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

from npl_sim.core.errors import BackendError
from npl_sim.engine.backends.dask.address import EXAMPLE, check_transport, parse_address
from npl_sim.engine.backends.dask.certificates import (
    check_security,
    security_of,
    temporary_security,
)
from npl_sim.engine.backends.dask.errors import PLACE, failure, first_line, gone
from npl_sim.engine.backends.dask.handshake import check_versions, greet, on_this_machine, resolve
from npl_sim.engine.backends.dask.local_cluster import LocalCluster
from npl_sim.engine.backends.dask.workers import POLL, WRONG, Crew
from npl_sim.engine.backends.threads import Part
from npl_sim.engine.checkpoint.identity import version_hash
from npl_sim.engine.tile import Place, Walked, Walker

__all__ = ["Dask"]

PATIENCE = 60.0
"""Seconds to wait for the scheduler, and for a first worker."""

FETCH = 60.0
"""Seconds in which a finished tile must come, at least."""

MOST_LOSSES = 5
"""Times that the tape may be lost with its workers before a tile is done."""


def _task(walker: Walker, version: str, first: int, count: int) -> Walked:
    """Walk a tile, on a worker; what goes wrong carries the worker's address as a note."""
    try:
        if version_hash() != version:
            # It was another when the worker joined: started anew at the same address, perhaps.
            raise BackendError(f"it {WRONG}")
        return walker.walk(first, count)
    except Exception as error:
        from distributed import get_worker

        error.add_note(f"{PLACE}{get_worker().address}")
        raise


class Dask:
    """A Dask cluster; to be closed, or used in a ``with`` statement.

    Whoever reaches a scheduler without TLS can run code on it, on its workers and here; see docs/trust.md.

    Parameters
    ----------
    address
        Address of a scheduler, such as ``tls://10.0.0.5:8786``; none: workers of this machine, one
        process each, with a certificate of their own.
    workers
        Number of those processes.
    patience
        Time to wait for the scheduler and a first worker. [seconds]
    say
        Told of workers that are left out, and of a connection without TLS; none: a line on the standard error.
    certificates
        Folder with ``ca.pem``, ``cert.pem`` and ``key.pem``, or a ``distributed.Security``; none: those of Dask's
        settings.
    insecure
        Whether a scheduler on another machine may be without TLS.

    Raises
    ------
    BackendError
        If Dask is not installed, or the scheduler cannot be reached, is not secure or runs other versions.
    """

    def __init__(
        self,
        address: str | None,
        workers: int,
        patience: float = PATIENCE,
        say: Callable[[str], None] | None = None,
        certificates: Path | Any = None,
        insecure: bool = False,
    ) -> None:
        try:
            importlib.import_module("distributed")
        except ImportError:
            raise BackendError(
                "--backend dask needs an optional package; run pip install 'npl_sim[dist]'"
            ) from None
        self.patience = patience
        self._say = say or (lambda line: print(line, file=sys.stderr))
        # Dask tells of lost workers on its own; what matters is said here.
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        self._cluster: LocalCluster | None = None
        self._sent: tuple[Walker, Any] | None = None
        if address is None:
            self.security = temporary_security()
            self._cluster = LocalCluster(workers, self.security)
            self.address = self._cluster.address
        else:
            self.security = security_of(certificates)
            self.address = self._greet(address, given=certificates is not None, insecure=insecure)
        self._client = self._connect()
        self._crew = Crew(self._client, self.address, self._say)

    def _greet(self, text: str, given: bool, insecure: bool) -> str:
        """Check a scheduler before a client is made of it; return its address."""
        address = parse_address(text)
        arguments = check_security(address, self.security, given)
        local = on_this_machine(resolve(address, self.patience))
        warning = check_transport(address, local, insecure)
        greet(address, arguments.get("ssl_context"), self.patience)
        check_versions(address, arguments, self.patience)
        if warning:
            self._say(warning)
        return str(address)

    def _connect(self) -> Any:
        """Return a client of the scheduler; one that is half made is let go of, or it would hold the process for minutes."""
        from distributed import Client

        client: Any = Client.__new__(Client)
        try:
            client.__init__(
                self.address, timeout=self.patience, set_as_default=False, security=self.security
            )
        except BaseException as error:
            with contextlib.suppress(Exception):
                client.close(timeout=1)
            client.status = "closed"
            if self._cluster is not None:
                self._cluster.close()
            if isinstance(error, Exception):
                raise BackendError(
                    f"dask: no scheduler answers at {self.address} ({first_line(error)}); expected the address of a running "
                    f"one, such as {EXAMPLE}"
                ) from None
            raise
        return client

    def __enter__(self) -> Dask:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the cluster; one that was started here ends."""
        self._sent = None
        self._client.close(timeout=5)
        if self._cluster is not None:
            self._cluster.close()

    def walk(
        self, walker: Walker, parts: Sequence[Part], place: Place | None
    ) -> Generator[Walked, None, None]:
        """Yield the tiles in their order."""
        waiting: deque[tuple[Part, Any, list[str]]] = deque()
        left, losses = deque(parts), 0
        if not left:
            return
        tape = self._send(walker)
        try:
            while left or waiting:
                while left and len(waiting) < self._crew.tiles():
                    part = left.popleft()
                    waiting.append(self._submit(tape, part))
                walked = self._result(*waiting[0])
                if walked is None:
                    losses += 1
                    if losses > MOST_LOSSES:
                        raise self._lost(losses)
                    self._sent = None
                    tape = self._send(walker)
                    waiting = deque(self._submit(tape, part) for part, *_ in waiting)
                    continue
                losses = 0
                waiting.popleft()
                yield walked
        finally:
            for _, future, _ in waiting:
                future.release()

    def _send(self, walker: Walker) -> Any:
        """Send the lowered tape to every worker that fits, once there is one; what is there already is not sent again."""
        for _ in range(MOST_LOSSES):
            crew = self._crew.wait(self.patience, now=True)
            if (
                self._sent is not None
                and self._sent[0] is walker
                and self._sent[1].status == "finished"
            ):
                return self._sent[1]
            self._sent = None
            try:
                tape = self._client.scatter(walker, workers=crew, broadcast=True, hash=False)
            except TimeoutError as error:
                raise BackendError(
                    f"dask: the lowered tape did not reach the workers at {self.address} in time ({first_line(error)}); "
                    "expected a faster network or fewer workers (setting of Dask: distributed.comm.timeouts.connect)"
                ) from None
            except (OSError, KeyError) as error:
                if self._client.status != "running":
                    raise gone(self.address, error) from None
                # A worker left while it was sent to.
                continue
            self._sent = walker, tape
            return tape
        raise self._lost(MOST_LOSSES)

    def _submit(self, tape: Any, part: Part) -> tuple[Part, Any, list[str]]:
        """Hand out a tile; return it with its future and those that may walk it."""
        crew = list(self._crew.wait(self.patience))
        try:
            return (
                part,
                self._client.submit(_task, tape, version_hash(), *part, workers=crew, pure=False),
                crew,
            )
        except Exception as error:
            raise gone(self.address, error) from None

    def _result(self, part: Part, future: Any, crew: list[str]) -> Walked | None:
        """Return a finished tile; none if it was lost, with what it needs or with all that might walk it."""
        away_since = 0.0
        while True:
            # This waits without fetching: a time that runs out here is never the task's own.
            with contextlib.suppress(TimeoutError, CancelledError):
                future.exception(timeout=POLL)
            if future.status == "error":
                raise failure(part, future.exception())
            if future.status == "finished":
                return self._fetch(future)
            if self._client.status == "running":
                away_since = 0.0
                self._crew.look()
                if future.status != "pending" or not set(crew) & set(self._crew.fit):
                    return None
                continue
            away_since = away_since or time.monotonic()
            if future.status != "pending" or time.monotonic() - away_since > self.patience / 2.0:
                raise gone(self.address, TimeoutError("no answer"))

    def _fetch(self, future: Any) -> Walked | None:
        """Return what a task made; none if it was lost with its worker."""
        try:
            walked: Walked = future.result(timeout=max(FETCH, self.patience))
        except (OSError, CancelledError) as error:
            if self._client.status != "running":
                raise gone(self.address, error) from None
            return None
        return walked

    def _lost(self, times: int) -> BackendError:
        return BackendError(
            f"dask: the workers at {self.address} were lost {times} times before they finished a tile; expected workers "
            "that stay (is their memory enough?)"
        )
