"""Errors of a Dask cluster as messages for the user."""

from __future__ import annotations

from npl_sim.core.caller import argument
from npl_sim.core.errors import BackendError, NplSimError
from npl_sim.engine.backends.threads import Part

PLACE = "on the worker "
"""Start of the note of an error that states its worker."""


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message; its name if it has none."""
    return (str(error).splitlines() or [""])[0] or type(error).__name__


def lost_scheduler(address: str, error: BaseException) -> BackendError:
    """Return the error of a scheduler that no longer answers."""
    return BackendError(
        f"dask: the scheduler at {address} is gone ({first_line(error)}); "
        f"with a folder {argument('work')} the same command resumes from the finished scenarios"
    )


def failure(part: Part, error: BaseException) -> BaseException:
    """Return the error of a failed tile: a message for the user, or a program error."""
    from distributed import KilledWorker

    notes = [n.removeprefix(PLACE) for n in getattr(error, "__notes__", ()) if n.startswith(PLACE)]
    where = f"the worker at {notes[0]}" if notes else "a worker"
    what = f"scenarios {part[0] + 1:,} to {sum(part):,}"
    if isinstance(error, KilledWorker):
        return BackendError(
            f"dask: several workers died on one tile ({first_line(error)}); "
            "expected workers with enough memory"
        )
    if isinstance(error, MemoryError):
        return BackendError(
            f"dask: {where} has too little memory for {what} ({first_line(error)}); "
            "expected more for each worker, or fewer threads in it"
        )
    if isinstance(error, OSError | ImportError | NplSimError):
        return BackendError(
            f"dask: {where} failed on {what}: {type(error).__name__}: {first_line(error)}"
        )
    return error
