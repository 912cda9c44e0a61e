"""A Dask cluster on this machine: reached over loopback alone, and only with the certificate of this run."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import Any

from npl_sim.engine.dask_faults import first_line
from npl_sim.engine.safe_start import SAFE_PATH, safe_start
from npl_sim.errors import BackendError

__all__ = ["local_cluster"]

PATIENCE = "120s"
"""Time for the processes to connect: a busy machine is slow to start them."""


def local_cluster(workers: int, security: Any) -> Any:
    """Start worker processes on this machine.

    Scheduler and workers listen on 127.0.0.1 and take no connection without the certificate, so other users of the
    machine cannot reach them. The page of figures has no content.

    Parameters
    ----------
    workers
        Number of processes, each with one thread.
    security
        Certificate, from `dask_security.temporary_security`.

    Raises
    ------
    BackendError
        If they cannot be started.
    """
    import dask

    distributed = import_module("distributed")
    settings = {
        "distributed.comm.timeouts.connect": PATIENCE,
        "distributed.scheduler.http.routes": [],
        "distributed.worker.http.routes": [],
        # Also for a worker that is started in place of a lost one.
        "distributed.nanny.pre-spawn-environ": {
            **(dask.config.get("distributed.nanny.pre-spawn-environ", {}) or {}),
            SAFE_PATH: "1",
        },
    }
    try:
        with dask.config.set(settings), safe_start():
            return distributed.LocalCluster(
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
    except (OSError, RuntimeError, TimeoutError) as error:
        raise BackendError(
            f"dask: {workers} workers could not be started on this machine ({first_line(error)}); expected room for their "
            "processes"
        ) from None
