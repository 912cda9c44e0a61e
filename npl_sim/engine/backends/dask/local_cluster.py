"""Local Dask cluster: reachable over loopback only, with the certificate of this run."""

from __future__ import annotations

import contextlib
import logging
import sys
from importlib import import_module
from typing import Any

from npl_sim.core.errors import BackendError
from npl_sim.engine.backends.dask.errors import first_line
from npl_sim.engine.backends.safe_start import SAFE_PATH, safe_start
from npl_sim.engine.temporary_store import TemporaryStore

TIMEOUT = "120s"
"""Time for the processes to connect: a busy machine starts them slowly."""


class LocalCluster:
    """Worker processes on this machine, and their scheduler.

    Both listen on 127.0.0.1 and refuse connections without the certificate, so other users of the
    machine cannot use them. The dashboard is empty. Dask imports modules from its temporary
    folder, which all users share by default: here it is a private folder.

    Parameters
    ----------
    workers
        Number of processes, each with one thread.
    security
        Certificate from `certificates.temporary_security`.

    Attributes
    ----------
    address : str
        Address of the scheduler.

    Raises
    ------
    BackendError
        If they cannot be started.
    """

    def __init__(self, workers: int, security: Any) -> None:
        import dask

        self._temporary = TemporaryStore(
            "dask: workers of this machine need a folder", "set TMPDIR"
        )
        kind: Any = import_module("distributed").LocalCluster
        self._cluster: Any = kind.__new__(kind)
        try:
            with dask.config.set(_settings(str(self._temporary.folder))), safe_start():
                self._cluster.__init__(
                    n_workers=workers,
                    threads_per_worker=1,
                    memory_limit=0,
                    host="127.0.0.1",
                    protocol="tls://",
                    security=security,
                    dashboard_address=None,
                    # The dashboard needs a port all the same: any, for two runs on one machine.
                    scheduler_kwargs={"dashboard_address": "127.0.0.1:0", "dashboard": False},
                    silence_logs=logging.CRITICAL,
                )
        except BaseException as error:
            self._abandon()
            if isinstance(error, OSError | RuntimeError):
                raise BackendError(
                    f"dask: {workers} workers could not be started on this machine "
                    f"({first_line(error)}); expected resources for their processes"
                ) from None
            raise
        finally:
            _forget(str(self._temporary.folder))
        self.address = str(self._cluster.scheduler_address)

    def _abandon(self) -> None:
        """End a cluster that is not fully started, without messages of Dask."""
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)
        with contextlib.suppress(Exception):
            self._cluster.close(timeout=2)
        # Otherwise Dask tries again as the process ends.
        self._cluster.shutdown_on_close = False

    def close(self) -> None:
        """End the processes."""
        self._cluster.close(timeout=10)


def _settings(folder: str) -> dict[str, Any]:
    """Return the settings of Dask for a cluster with a temporary folder."""
    import dask

    environment = dask.config.get("distributed.nanny.pre-spawn-environ", {}) or {}
    return {
        "temporary-directory": folder,
        "distributed.comm.timeouts.connect": TIMEOUT,
        "distributed.scheduler.http.routes": [],
        "distributed.worker.http.routes": [],
        # This also holds for the replacement of a lost worker.
        "distributed.nanny.pre-spawn-environ": {**environment, SAFE_PATH: "1"},
    }


def _forget(folder: str) -> None:
    """Remove the folder of the cluster from this process's search path."""
    sys.path[:] = [path for path in sys.path if not path.startswith(folder)]
