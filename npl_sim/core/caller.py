"""Names of arguments in messages: options for the command line, parameters for Python."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["argument", "command_line", "on_command_line"]

OPTIONS = {
    "loan": "--loan",
    "work": "--work",
    "folder": "--out",
    "overwrite": "--force",
    "scenarios": "--scenarios",
    "seed": "--seed",
    "month_zero": "--month-zero",
    "address": "--dask",
    "certificates": "--dask-tls",
    "insecure": "--dask-insecure",
    "mask": "--mask",
}
"""Option of the command line by parameter of the Python functions."""


class _Caller:
    """State of the process. Unlike a context variable, all threads share it."""

    command_line = False


@contextmanager
def command_line(running: bool = True) -> Iterator[None]:
    """Name arguments by their options within a ``with`` statement."""
    before, _Caller.command_line = _Caller.command_line, running
    try:
        yield
    finally:
        _Caller.command_line = before


def on_command_line() -> bool:
    """Return whether the command line runs this process."""
    return _Caller.command_line


def argument(parameter: str) -> str:
    """Return the name of an argument as the caller gives it.

    Parameters
    ----------
    parameter
        Name of the parameter in Python, such as ``work``.

    Returns
    -------
    str
        The option on the command line, such as ``--work``; else the parameter itself.
    """
    return OPTIONS[parameter] if _Caller.command_line else parameter
