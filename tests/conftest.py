"""Settings of every test, however the suite was started.

A shell without job control starts background jobs with the interrupt ignored, and nohup ignores
the hang-up. A program inherits ignored signals, so tests that stop one by a signal would not end.
"""

from __future__ import annotations

import signal
import threading
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from types import FrameType

import pytest

STOPS = ("SIGINT", "SIGHUP", "SIGTERM")


def ignore(number: int, frame: FrameType | None) -> None:
    """Do nothing: the suite continues as if the signal were ignored."""


def hear_again() -> None:
    """Replace ignored signals by a handler that does nothing.

    Programs that tests start then receive the signals again. A started program does not inherit
    a handler, while an ignored signal stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for name in STOPS:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, ignore)


hear_again()

ROOT = Path(__file__).parents[1]
LAYERS: dict[str, list[str]] = tomllib.loads(
    (ROOT / "tests" / "layers.toml").read_text(encoding="utf-8")
)


def layer_of(path: str) -> str:
    """Return the layer of a test file, given from the root of the repository."""
    found = (n for n, patterns in LAYERS.items() if any(fnmatch(path, p) for p in patterns))
    return next(found, "unit")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test with its layer (see `layers.toml`)."""
    for item in items:
        path = item.path.relative_to(ROOT).as_posix()
        item.add_marker(layer_of(path))
