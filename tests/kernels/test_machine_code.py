"""Compiled code on disk is whole, this user's and this processor's, or it is compiled again to the
same bits.
"""

from __future__ import annotations

import errno
import logging
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numba
import numpy as np
import pytest

from npl_sim.kernels import _jit, _machine_code
from npl_sim.kernels._machine_code import DIGEST, MAGIC, CodeCache

ROOT = Path(__file__).parents[2]


def small(x):
    """A kernel that compiles at once."""
    return 3.0 * x + 1.0


class Kernel:
    """A process's view of the small kernel: its dispatcher, and how often it had to be
    compiled.
    """

    def __init__(self, folder):
        self.misses = 0
        self.dispatcher = numba.njit(small)
        self.dispatcher._cache = CodeCache(small, folder, self._missed)

    def _missed(self):
        self.misses += 1

    def __call__(self, x):
        return self.dispatcher(x)


def only(folder):
    (path,) = folder.glob("*.nbc")
    return path


@pytest.fixture
def kept(tmp_path):
    """The file of the small kernel, kept by an earlier process."""
    first = Kernel(tmp_path)
    assert first(2.0) == 7.0 and first.misses == 1
    return only(tmp_path)


def check_compiled_anew(folder, whole):
    """The next process compiles, gives the bits, and leaves a whole file to the one after it."""
    again = Kernel(folder)
    assert not again.dispatcher._cache.holds(again.dispatcher.targetctx.codegen())
    assert again(2.0) == 7.0 and again.misses == 1
    third = Kernel(folder)
    assert third(2.0) == 7.0 and third.misses == 0
    assert [p.name for p in folder.iterdir()] == [whole]


def test_a_whole_file_is_used(kept):
    again = Kernel(kept.parent)
    assert again.dispatcher._cache.holds(again.dispatcher.targetctx.codegen())
    assert again(2.0) == 7.0 and again.misses == 0
    assert kept.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("place", [0.0, 0.001, 0.002, 0.01, 0.1, 0.3, 0.5, 0.8, 0.99, 0.99999])
def test_a_cut_file_is_a_miss(kept, place):
    content = kept.read_bytes()
    cut = content[: int(place * len(content))]
    assert len(cut) < len(content)
    kept.write_bytes(cut)
    check_compiled_anew(kept.parent, kept.name)


@pytest.mark.parametrize("place", [3, len(MAGIC) + 2, len(MAGIC) + DIGEST + 1, -5000, -1])
def test_a_changed_byte_is_a_miss(kept, place):
    """Also one in the machine code, which numba would run."""
    content = bytearray(kept.read_bytes())
    content[place] ^= 0x10
    kept.write_bytes(content)
    check_compiled_anew(kept.parent, kept.name)


def test_random_bytes_are_a_miss(kept):
    kept.write_bytes(np.random.default_rng(1).bytes(5000))
    check_compiled_anew(kept.parent, kept.name)


def test_whole_code_that_cannot_be_loaded_is_a_miss(kept):
    """As from another numba that calls itself the same."""
    _machine_code._write(kept, b"not a pickle")
    again = Kernel(kept.parent)
    assert again(2.0) == 7.0 and again.misses == 1
    assert Kernel(kept.parent)(2.0) == 7.0


def test_a_folder_in_place_of_the_file_is_a_miss(kept):
    kept.unlink()
    kept.mkdir()
    (kept / "something").write_text("x")
    check_compiled_anew(kept.parent, kept.name)


def test_a_pipe_in_place_of_the_file_does_not_hang(kept):
    kept.unlink()
    os.mkfifo(kept)
    check_compiled_anew(kept.parent, kept.name)


def test_a_symbolic_link_is_not_followed(kept, tmp_path_factory):
    target = tmp_path_factory.mktemp("elsewhere") / "planted.nbc"
    target.write_bytes(kept.read_bytes())
    kept.unlink()
    kept.symlink_to(target)
    before = target.read_bytes()
    check_compiled_anew(kept.parent, kept.name)
    assert target.read_bytes() == before and not kept.is_symlink()


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_is_a_miss(kept, mode):
    kept.chmod(mode)
    check_compiled_anew(kept.parent, kept.name)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_a_miss(kept):
    os.chown(kept, 65534, 65534)
    check_compiled_anew(kept.parent, kept.name)


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_a_miss(kept):
    kept.chmod(0)
    check_compiled_anew(kept.parent, kept.name)


def test_a_full_disk_does_not_stop_the_run(tmp_path, monkeypatch, caplog):
    def full(path, payload):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(_machine_code, "_write", full)
    with caplog.at_level(logging.WARNING, "npl_sim"):
        assert Kernel(tmp_path)(2.0) == 7.0
    assert "could not be kept" in caplog.text and "No space left" in caplog.text
    assert str(tmp_path) in caplog.text


def test_what_cannot_be_written_leaves_no_draft(tmp_path, monkeypatch):
    def full(*names):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", full)
    assert Kernel(tmp_path)(2.0) == 7.0
    assert not list(tmp_path.iterdir())


def test_a_folder_that_went_away_does_not_stop_the_run(tmp_path):
    assert Kernel(tmp_path / "gone")(2.0) == 7.0


def test_each_signature_has_a_file(kept):
    other = Kernel(kept.parent)
    assert other(2) == 7.0 and other.misses == 1
    assert len(list(kept.parent.glob("*.nbc"))) == 2
    assert Kernel(kept.parent)(2.0) == 7.0


def test_another_processor_has_its_own_file_and_does_not_disturb(kept, monkeypatch):
    """A home folder that two kinds of machines share."""
    from numba.core.codegen import JITCPUCodegen

    true = JITCPUCodegen.magic_tuple
    monkeypatch.setattr(
        JITCPUCodegen, "magic_tuple", lambda self: (*true(self)[:1], "another", "")
    )
    elsewhere = Kernel(kept.parent)
    assert not elsewhere.dispatcher._cache.holds(elsewhere.dispatcher.targetctx.codegen())
    assert elsewhere(2.0) == 7.0 and elsewhere.misses == 1
    assert len(list(kept.parent.glob("*.nbc"))) == 2
    monkeypatch.undo()
    again = Kernel(kept.parent)
    assert again(2.0) == 7.0 and again.misses == 0


def test_without_a_folder_each_process_compiles():
    kernel = Kernel(None)
    assert kernel(2.0) == 7.0 and kernel.misses == 1
    assert not kernel.dispatcher._cache.holds(kernel.dispatcher.targetctx.codegen())


def test_flush_removes_what_is_kept(kept):
    Kernel(kept.parent).dispatcher._cache.flush()
    assert not list(kept.parent.iterdir())


def test_is_cached_asks_for_what_is_compiled_here_or_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(_jit, "cache_folder", tmp_path)
    first = _jit.compiled(small, entry=True)
    assert not _jit.is_cached(first)
    assert first(2.0) == 7.0
    assert _jit.is_cached(first)
    kept = _jit.compiled(small, entry=True)
    assert _jit.is_cached(kept)
    only(tmp_path).write_bytes(b"cut")
    assert not _jit.is_cached(kept)
    assert _jit.is_cached(first)  # in this process
    assert _jit.is_cached(small)  # not compiled at all, as with NUMBA_DISABLE_JIT


def test_a_slow_compilation_is_reported_once_for_a_process(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(_jit, "cache_folder", tmp_path)
    monkeypatch.setattr(_jit, "_announced", set())
    with caplog.at_level(logging.WARNING, "npl_sim"):
        assert _jit.compiled(small, entry=True, slow=_jit.LOAN_PATHS)(2.0) == 7.0
        assert _jit.compiled(small, entry=True, slow=_jit.LOAN_PATHS)(2) == 7.0
    assert [r.getMessage() for r in caplog.records] == [_jit.COMPILING.format(_jit.LOAN_PATHS)]
    assert caplog.records[0].levelno == logging.WARNING


def test_a_reported_message_is_not_logged_as_well(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(_jit, "cache_folder", tmp_path)
    monkeypatch.setattr(_jit, "_announced", set())
    messages = []
    with caplog.at_level(logging.WARNING, "npl_sim"):
        _jit.announce_compiling(messages.append)
        assert _jit.compiled(small, entry=True, slow=_jit.LOAN_PATHS)(2.0) == 7.0
    assert messages == [_jit.COMPILING.format(_jit.LOAN_PATHS)] and not caplog.records


def test_a_fast_or_kept_kernel_is_not_reported(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(_jit, "cache_folder", tmp_path)
    monkeypatch.setattr(_jit, "_announced", set())
    with caplog.at_level(logging.WARNING, "npl_sim"):
        assert _jit.compiled(small, entry=True)(2.0) == 7.0
        assert _jit.compiled(small, entry=True, slow=_jit.LOAN_PATHS)(2.0) == 7.0
    assert not caplog.records


def test_python_shows_it_on_the_standard_error(tmp_path):
    """As a notebook does: nothing was set up to show it."""
    (tmp_path / "small.py").write_text(
        textwrap.dedent("""
        from npl_sim.kernels._jit import LOAN_PATHS, compiled

        @compiled(entry=True, slow=LOAN_PATHS)
        def small(x):
            return 3.0 * x + 1.0

        print(small(2.0))
        """)
    )
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "NPL_SIM_CACHE_DIR": str(tmp_path / "cache"),
    }
    for times in (1, 0):
        done = subprocess.run(
            [sys.executable, "small.py"],
            capture_output=True,
            text=True,
            env=environment,
            cwd=tmp_path,
        )
        assert (done.returncode, done.stdout) == (0, "7.0\n"), done.stderr
        assert done.stderr == f"{_jit.COMPILING.format(_jit.LOAN_PATHS)}\n" * times


def test_processes_that_compile_at_once_all_give_the_bits(tmp_path):
    code = (
        "import numba\nfrom npl_sim.kernels._machine_code import CodeCache\nfrom "
        "pathlib import Path\n"
        "def small(x):\n    return 3.0 * x + 1.0\n"
        "kernel = numba.njit(small)\n"
        f"kernel._cache = CodeCache(small, Path({str(tmp_path)!r}))\nprint(kernel(2.0))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    together = [
        subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment
        )
        for _ in range(3)
    ]
    assert [p.communicate()[0] for p in together] == ["7.0\n"] * 3
    assert [p.suffix for p in tmp_path.iterdir()] == [".nbc"]
