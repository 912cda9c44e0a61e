"""What goes wrong on a Dask cluster, in words."""

from __future__ import annotations

from npl_sim.core.errors import BackendError, NplSimError
from npl_sim.engine.backends.threads import Part

__all__ = ["PLACE", "failure", "first_line", "gone"]

PLACE = "on the worker "
"""Begins the note of an error that says where it came about."""


def first_line(error: BaseException) -> str:
    """Return what an error says, in a line; its name where it says nothing."""
    return (str(error).splitlines() or [""])[0] or type(error).__name__


def gone(address: str, error: BaseException) -> BackendError:
    """Return the error of a scheduler that does not answer any more."""
    return BackendError(
        f"dask: the scheduler at {address} is gone ({first_line(error)}); with --work FOLDER the same command goes on "
        "from what is finished"
    )


def failure(part: Part, error: BaseException) -> BaseException:
    """Return the error to raise for a tile that failed: what the user may see in words, a fault of ours as it is."""
    from distributed import KilledWorker

    notes = [n.removeprefix(PLACE) for n in getattr(error, "__notes__", ()) if n.startswith(PLACE)]
    where = f"the worker at {notes[0]}" if notes else "a worker"
    what = f"scenarios {part[0] + 1:,} to {sum(part):,}"
    if isinstance(error, KilledWorker):
        return BackendError(
            f"dask: several workers died on one tile ({first_line(error)}); expected workers with enough memory"
        )
    if isinstance(error, MemoryError):
        return BackendError(
            f"dask: {where} has too little memory for {what} ({first_line(error)}); expected more for each worker, or "
            "fewer threads in it"
        )
    if isinstance(error, OSError | ImportError | NplSimError):
        return BackendError(
            f"dask: {where} failed on {what}: {type(error).__name__}: {first_line(error)}"
        )
    return error
