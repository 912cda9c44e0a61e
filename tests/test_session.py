"""What the session of the tests sets up: the kernel is compiled once, and no wait for the disk."""

from __future__ import annotations

import os
import threading

import numba
import pytest
from numba.core.dispatcher import Dispatcher

from npl_sim.kernels._machine_code import CodeCache
from tests.conftest import LAYERS, ORDER
from tests.kernel_once import LOCK, OneAtATime, compile_once


def small(x):
    """A kernel that compiles at once."""
    return 2.0 * x


def kernel(folder, missed):
    """Return the small kernel as a process of its own sees it."""
    dispatcher = numba.njit(small)
    dispatcher._cache = CodeCache(small, folder, lambda: missed.append(1))
    return dispatcher


def waits(thread):
    """Start a thread; return whether it still runs a moment later."""
    thread.start()
    thread.join(0.2)
    return thread.is_alive()


def test_one_process_compiles_and_the_other_takes_its_file(tmp_path, monkeypatch):
    compile = Dispatcher.compile
    monkeypatch.setattr(Dispatcher, "compile", compile)  # restored at the end
    compile_once(tmp_path)
    missed, found = [], []
    second = threading.Thread(target=lambda: found.append(kernel(tmp_path, missed)(2.0)))
    with OneAtATime(tmp_path / LOCK).taken():
        assert waits(second)
        compile(kernel(tmp_path, missed), (numba.float64,))
    second.join(30)
    assert found == [4.0] and len(missed) == 1


def test_code_of_other_folders_does_not_wait(tmp_path, monkeypatch):
    monkeypatch.setattr(Dispatcher, "compile", Dispatcher.compile)
    compile_once(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    with OneAtATime(tmp_path / LOCK).taken():
        assert kernel(other, [])(2.0) == 4.0 and numba.njit(small)(3.0) == 6.0


def test_the_holder_of_the_lock_may_take_it_again(tmp_path):
    lock, done = OneAtATime(tmp_path / LOCK), []

    def twice():
        with lock.taken(), lock.taken():
            done.append(lock.depth)

    assert not waits(threading.Thread(target=twice, daemon=True))
    assert done == [1] and lock.depth == 0


def test_every_layer_has_its_turn():
    assert sorted(ORDER) == sorted([*LAYERS, "unit"])


def test_a_flush_checks_the_handle_only(tmp_path):
    handle = os.open(tmp_path, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)
    with pytest.raises(OSError, match="Bad file"):
        os.fsync(handle)
    assert os.fsync.__name__ == "check_only"
