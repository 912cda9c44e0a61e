"""Dask backend: workers of a running cluster, or of a local one, simulate the tiles.

The compiled model is sent once to every suitable worker (see `workers`) and stays there for
further rounds. In long runs a worker returns the sums of a batch of tiles (see `batches`). A
bounded number of tiles is in progress, and they are returned in the order of their numbers.
Another worker repeats the tiles of a lost worker, to the same bits. If the last worker with the
model is lost, the model is sent again. A tile that fails is not repeated: it would fail on every
worker.
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
from npl_sim.engine.backends.dask.batches import simulate_part, tasks_of
from npl_sim.engine.backends.dask.certificates import (
    check_security,
    security_of,
    temporary_security,
)
from npl_sim.engine.backends.dask.errors import PLACE, failure, first_line, lost_scheduler
from npl_sim.engine.backends.dask.handshake import check_versions, greet, on_this_machine, resolve
from npl_sim.engine.backends.dask.local_cluster import LocalCluster
from npl_sim.engine.backends.dask.workers import POLL, WRONG, Workers
from npl_sim.engine.backends.threads import Part
from npl_sim.engine.checkpoint.identity import version_hash
from npl_sim.engine.tile import Place, Simulator, TileResult

TIMEOUT = 60.0
"""Longest wait for the scheduler and for a first worker. [seconds]"""

FETCH = 60.0
"""Least timeout for the transfer of a finished tile. [seconds]"""

MOST_LOSSES = 5
"""Most losses of the model with its workers before a tile is finished."""


def _task(simulator: Simulator, version: str, first: int, count: int) -> TileResult:
    """Simulate a tile or a batch on a worker; errors carry the worker's address as a note."""
    try:
        if version_hash() != version:
            # The version has changed since the worker joined, as after a restart.
            raise BackendError(f"it {WRONG}")
        return simulate_part(simulator, first, count)
    except Exception as error:
        from distributed import get_worker

        error.add_note(f"{PLACE}{get_worker().address}")
        raise


class Dask:
    """A Dask cluster; to be closed, or used in a ``with`` statement.

    Anyone who reaches a scheduler without TLS can run code on it, on its workers and here; see
    docs/trust.md.

    Parameters
    ----------
    address
        Address of a scheduler, such as ``tls://10.0.0.5:8786``; defaults to workers of this
        machine, one process each, with a temporary certificate.
    workers
        Number of those processes.
    timeout
        Longest wait for the scheduler and a first worker. [seconds]
    report
        Receives warnings on unsuitable workers and on a connection without TLS; defaults to
        lines on the standard error.
    certificates
        Folder with ``ca.pem``, ``cert.pem`` and ``key.pem``, or a ``distributed.Security``;
        defaults to the settings of Dask.
    insecure
        Whether a scheduler on another machine may be without TLS.

    Raises
    ------
    BackendError
        If Dask is missing, or the scheduler is unreachable, insecure or of another version.
    """

    def __init__(
        self,
        address: str | None,
        workers: int,
        timeout: float = TIMEOUT,
        report: Callable[[str], None] | None = None,
        certificates: Path | Any = None,
        insecure: bool = False,
    ) -> None:
        try:
            importlib.import_module("distributed")
        except ImportError:
            raise BackendError(
                "the backend dask needs an optional package; run pip install 'npl_sim[dist]'"
            ) from None
        self.timeout = timeout
        self._report = report or (lambda line: print(line, file=sys.stderr))
        # Dask logs lost workers; the messages that matter are reported here.
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        self._cluster: LocalCluster | None = None
        self._sent: tuple[Simulator, Any] | None = None
        if address is None:
            self.security = temporary_security()
            self._cluster = LocalCluster(workers, self.security)
            self.address = self._cluster.address
        else:
            self.security = security_of(certificates)
            self.address = self._greet(address, given=certificates is not None, insecure=insecure)
        self._client = self._connect()
        self._workers = Workers(self._client, self.address, self._report)

    def _greet(self, text: str, given: bool, insecure: bool) -> str:
        """Check a scheduler before a client is made of it; return its address."""
        address = parse_address(text)
        arguments = check_security(address, self.security, given)
        local = on_this_machine(resolve(address, self.timeout))
        warning = check_transport(address, local, insecure)
        greet(address, arguments.get("ssl_context"), self.timeout)
        check_versions(address, arguments, self.timeout)
        if warning:
            self._report(warning)
        return str(address)

    def _connect(self) -> Any:
        """Return a client of the scheduler; close a failed one, which would block."""
        from distributed import Client

        client: Any = Client.__new__(Client)
        try:
            client.__init__(
                self.address, timeout=self.timeout, set_as_default=False, security=self.security
            )
        except BaseException as error:
            with contextlib.suppress(Exception):
                client.close(timeout=1)
            client.status = "closed"
            if self._cluster is not None:
                self._cluster.close()
            if isinstance(error, Exception):
                raise BackendError(
                    f"dask: no scheduler answers at {self.address} ({first_line(error)}); "
                    f"expected the address of a running one, such as {EXAMPLE}"
                ) from None
            raise
        return client

    def __enter__(self) -> Dask:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Disconnect from the cluster; end a local one."""
        self._sent = None
        self._client.close(timeout=5)
        if self._cluster is not None:
            self._cluster.close()

    def simulate(
        self, simulator: Simulator, parts: Sequence[Part], place: Place | None
    ) -> Generator[TileResult, None, None]:
        """Yield the tiles in their order, some as whole batches."""
        waiting: deque[tuple[Part, Any, list[str]]] = deque()
        if not parts:
            return
        model, losses = self._send(simulator), 0
        left = deque(tasks_of(simulator, parts, self._workers.threads))
        try:
            while left or waiting:
                while left and len(waiting) < self._workers.tiles():
                    part = left.popleft()
                    waiting.append(self._submit(model, part))
                result = self._result(*waiting[0])
                if result is None:
                    losses += 1
                    if losses > MOST_LOSSES:
                        raise self._lost(losses)
                    self._sent = None
                    model = self._send(simulator)
                    waiting = deque(self._submit(model, part) for part, *_ in waiting)
                    continue
                losses = 0
                waiting.popleft()
                yield result
        finally:
            for _, future, _ in waiting:
                future.release()

    def _send(self, simulator: Simulator) -> Any:
        """Send the compiled model to every suitable worker, unless it is there already."""
        for _ in range(MOST_LOSSES):
            workers = self._workers.wait(self.timeout, now=True)
            sent = self._sent
            if sent is not None and sent[0] is simulator and sent[1].status == "finished":
                return sent[1]
            self._sent = None
            try:
                model = self._client.scatter(
                    simulator, workers=workers, broadcast=True, hash=False
                )
            except TimeoutError as error:
                raise BackendError(
                    f"dask: the model did not reach the workers at {self.address} in time "
                    f"({first_line(error)}); expected a faster network or fewer workers "
                    "(setting of Dask: distributed.comm.timeouts.connect)"
                ) from None
            except (OSError, KeyError) as error:
                if self._client.status != "running":
                    raise lost_scheduler(self.address, error) from None
                # A worker left during the transfer.
                continue
            self._sent = simulator, model
            return model
        raise self._lost(MOST_LOSSES)

    def _submit(self, model: Any, part: Part) -> tuple[Part, Any, list[str]]:
        """Submit a tile; return it with its future and the workers that may simulate it."""
        workers = list(self._workers.wait(self.timeout))
        try:
            return (
                part,
                self._client.submit(
                    _task, model, version_hash(), *part, workers=workers, pure=False
                ),
                workers,
            )
        except Exception as error:
            raise lost_scheduler(self.address, error) from None

    def _result(self, part: Part, future: Any, workers: list[str]) -> TileResult | None:
        """Return a finished tile; none if it was lost with the model or with all its workers."""
        away_since = 0.0
        while True:
            # This waits without fetching, so a timeout here is never one of the task.
            with contextlib.suppress(TimeoutError, CancelledError):
                future.exception(timeout=POLL)
            if future.status == "error":
                raise failure(part, future.exception())
            if future.status == "finished":
                return self._fetch(future)
            if self._client.status == "running":
                away_since = 0.0
                self._workers.look()
                if future.status != "pending" or not set(workers) & set(self._workers.fit):
                    return None
                continue
            away_since = away_since or time.monotonic()
            if future.status != "pending" or time.monotonic() - away_since > self.timeout / 2.0:
                raise lost_scheduler(self.address, TimeoutError("no answer"))

    def _fetch(self, future: Any) -> TileResult | None:
        """Return the result of a task; none if it was lost with its worker."""
        try:
            result: TileResult = future.result(timeout=max(FETCH, self.timeout))
        except (OSError, CancelledError) as error:
            if self._client.status != "running":
                raise lost_scheduler(self.address, error) from None
            return None
        return result

    def _lost(self, times: int) -> BackendError:
        return BackendError(
            f"dask: the workers at {self.address} were lost {times} times before they finished a "
            "tile; expected workers that stay (is their memory enough?)"
        )
