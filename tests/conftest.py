"""Settings of every test, however the suite was started.

A shell without job control starts background jobs with the interrupt ignored, and nohup ignores
the hang-up. A program inherits ignored signals, so tests that stop one by a signal would not end.
"""

from __future__ import annotations

import functools
import gc
import os
import signal
import threading
import tomllib
from collections.abc import Generator
from fnmatch import fnmatch
from pathlib import Path
from types import FrameType

import pytest

from tests.kernel_once import compile_now, compile_once
from tests.unit_limits import unit_limits

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


ORDER = ("dask", "end_to_end", "statistical", "verification", "unit")
"""Layers as workers begin them: long tests first, so that all workers end at the same time."""


@functools.cache
def layer_of(path: str) -> str:
    """Return the layer of a test file, given from the root of the repository."""
    found = (n for n, patterns in LAYERS.items() if any(fnmatch(path, p) for p in patterns))
    return next(found, "unit")


@functools.cache
def layer_of_file(path: Path) -> str:
    """Return the layer of a test file."""
    return layer_of(path.relative_to(ROOT).as_posix())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark every test with its layer (see `layers.toml`); workers begin with long tests."""
    is_worker = hasattr(config, "workerinput")
    for item in items:
        layer = layer_of_file(item.path)
        item.add_marker(layer)
        if is_worker and layer != "unit" and isinstance(item, pytest.Function):
            item.fixturenames.insert(0, "kernel")
    if is_worker:
        items.sort(key=lambda item: ORDER.index(layer_of_file(item.path)))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Leave the thousands of tests out of garbage collection; workers share the kernel."""
    gc.collect()
    gc.freeze()
    if hasattr(session.config, "workerinput"):
        from npl_sim.kernels._jit import cache_folder

        compile_once(cache_folder)


@pytest.fixture(scope="session", autouse=True)
def no_flush_to_disk() -> Generator[None, None, None]:
    """Leave out waits for the disk: no test cuts the power."""

    def check_only(handle: int) -> None:
        os.fstat(handle)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", check_only)
        yield


@pytest.fixture(scope="session")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Compile the kernel here, before programs that tests start would."""
    compile_now(tmp_path_factory.mktemp("kernel"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Hold unit tests to their limits; fixtures shared by several tests are not counted."""
    if item.get_closest_marker("unit") is None:
        return (yield)
    with unit_limits():
        return (yield)
