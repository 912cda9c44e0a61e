"""Start processes that look for modules nowhere but where Python and its packages are installed.

A process that is started anew first looks in the current folder for the modules with which it begins. Whoever sends a
folder of studies could put a file ``multiprocessing.py`` beside them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["SAFE_PATH", "safe_start"]

SAFE_PATH = "PYTHONSAFEPATH"
"""Environment variable by which Python leaves out the current folder."""


@contextmanager
def safe_start() -> Iterator[None]:
    """Let processes that are started inside leave out the current folder as they begin."""
    before = os.environ.get(SAFE_PATH)
    os.environ[SAFE_PATH] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[SAFE_PATH]
        else:
            os.environ[SAFE_PATH] = before
