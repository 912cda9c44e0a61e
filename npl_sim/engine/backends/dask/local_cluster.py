"""A Dask cluster on this machine: reached over loopback alone, and only with the certificate of this run."""

from __future__ import annotations

import contextlib
import logging
import sys
from importlib import import_module
from typing import Any

from npl_sim.core.errors import BackendError
from npl_sim.engine.backends.dask.errors import first_line
from npl_sim.engine.backends.safe_start import SAFE_PATH, safe_start
from npl_sim.engine.temporary_store import Scratch

__all__ = ["LocalCluster"]

PATIENCE = "120s"
"""Time for the processes to connect: a busy machine is slow to start them."""


class LocalCluster:
    """Worker processes on this machine, and their scheduler.

    Both listen on 127.0.0.1 and take no connection without the certificate, so other users of the machine cannot reach
    them. The pages of figures have no content. Dask looks for modules in its folder of temporary files, which for all
    users is one below the temporary folder: here it is a private one.

    Parameters
    ----------
    workers
        Number of processes, each with one thread.
    security
        Certificate, from `dask_security.temporary_security`.

    Attributes
    ----------
    address
        Address of the scheduler.

    Raises
    ------
    BackendError
        If they cannot be started.
    """

    def __init__(self, workers: int, security: Any) -> None:
        import dask

        self._scratch = Scratch("dask: workers of this machine need a folder", "set TMPDIR")
        kind: Any = import_module("distributed").LocalCluster
        self._cluster: Any = kind.__new__(kind)
        try:
            with dask.config.set(_settings(str(self._scratch.folder))), safe_start():
                self._cluster.__init__(
                    n_workers=workers,
                    threads_per_worker=1,
                    memory_limit=0,
                    host="127.0.0.1",
                    protocol="tls://",
                    security=security,
                    dashboard_address=None,
                    # It has a port all the same: any, as two runs may share a machine.
                    scheduler_kwargs={"dashboard_address": "127.0.0.1:0", "dashboard": False},
                    silence_logs=logging.CRITICAL,
                )
        except BaseException as error:
            self._abandon()
            if isinstance(error, OSError | RuntimeError):
                raise BackendError(
                    f"dask: {workers} workers could not be started on this machine ({first_line(error)}); expected room "
                    "for their processes"
                ) from None
            raise
        finally:
            _forget(str(self._scratch.folder))
        self.address = str(self._cluster.scheduler_address)

    def _abandon(self) -> None:
        """End what is half started, as after a stop, without words of Dask's own."""
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)
        with contextlib.suppress(Exception):
            self._cluster.close(timeout=2)
        # Or Dask would try again as the process ends.
        self._cluster.shutdown_on_close = False

    def close(self) -> None:
        """End the processes."""
        self._cluster.close(timeout=10)


def _settings(folder: str) -> dict[str, Any]:
    """Return the settings of Dask for a cluster whose temporary files go to a folder."""
    import dask

    own = dask.config.get("distributed.nanny.pre-spawn-environ", {}) or {}
    return {
        "temporary-directory": folder,
        "distributed.comm.timeouts.connect": PATIENCE,
        "distributed.scheduler.http.routes": [],
        "distributed.worker.http.routes": [],
        # Also for a worker that is started in place of a lost one.
        "distributed.nanny.pre-spawn-environ": {**own, SAFE_PATH: "1"},
    }


def _forget(folder: str) -> None:
    """Take the folder, which goes with the cluster, out of the places where this process looks for modules."""
    sys.path[:] = [path for path in sys.path if not path.startswith(folder)]
