"""Start processes that import modules only from the Python installation and its packages.

A new process searches the current folder first for its modules. The sender of a folder of studies
could add a file ``multiprocessing.py`` to it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["SAFE_PATH", "safe_start"]

SAFE_PATH = "PYTHONSAFEPATH"
"""Environment variable that removes the current folder from Python's search path."""


@contextmanager
def safe_start() -> Iterator[None]:
    """Start processes in this context without the current folder in their search path."""
    before = os.environ.get(SAFE_PATH)
    os.environ[SAFE_PATH] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[SAFE_PATH]
        else:
            os.environ[SAFE_PATH] = before
