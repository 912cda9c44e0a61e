"""Folders of streamed runs go with their process, however it ends, and locks with them."""

from __future__ import annotations

import errno
import fcntl
import gc
import os
import signal
import tempfile

import numpy as np
import pytest

from npl_sim.core.disk.claims import remove_abandoned
from npl_sim.core.errors import WorkFolderError
from npl_sim.engine import simulate
from npl_sim.engine.checkpoint import block_file as blockfile
from npl_sim.engine.checkpoint import store
from npl_sim.engine.temporary_store import TemporaryStore
from tests.engine.stopped_runs import start, wait_for
from tests.engine.stored_runs import blocks, same, small_run


@pytest.fixture
def place(tmp_path, monkeypatch):
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def streaming(tmp_path):
    """Return a process that streams, once it has rows on the disk."""
    small_run(tmp_path, "streamed")
    child = start(["price", tmp_path / "study.yaml", "--out", tmp_path / "run", "-q"], hang=4)
    wait_for(lambda: len(list((tmp_path / "scratch").glob("*/*-rows-*.block"))) == 3, child)
    return child


def test_what_a_killed_run_streamed_is_removed_by_the_next(tmp_path, place):
    child = streaming(tmp_path)
    left = set(place.iterdir())
    assert len(left) == 2
    remove_abandoned(place)
    assert set(place.iterdir()) == left  # it lives
    child.kill()
    child.wait()
    child.stderr.close()
    assert set(place.iterdir()) == left
    own = TemporaryStore()
    assert {p.stem for p in place.iterdir()} == {own.folder.name}
    del own
    gc.collect()
    assert not list(place.iterdir())


def test_a_run_reported_to_end_leaves_nothing(tmp_path, place):
    child = streaming(tmp_path)
    child.terminate()
    _, messages = child.communicate(timeout=60)
    assert child.returncode == 143 and "Traceback" not in messages
    assert not list(place.iterdir()) and not (tmp_path / "run").exists()
    assert not list(tmp_path.glob(".npl_sim-*"))


def test_a_store_that_cannot_be_opened_leaves_no_temporary_folder(tmp_path, place, monkeypatch):
    case = small_run(tmp_path, "streamed")

    def full(path, parts):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(store, "write_whole", full)
    try:
        simulate.simulate(case.study, case.table)
    except WorkFolderError as error:
        assert "No space left" in str(error)
    gc.collect()
    assert not list(place.iterdir())


def test_without_locks_a_run_still_streams(tmp_path, place, monkeypatch):
    """Only the process itself knows whether it runs, so no other process removes its files."""
    case, whole = small_run(tmp_path, "streamed"), small_run(tmp_path / "b", "totals").simulate()

    def flock(handle, how):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", flock)
    flows = case.simulate()
    (folder,) = place.iterdir()
    remove_abandoned(place)
    assert folder.is_dir()
    assert np.array_equal(flows.net, whole.net) and np.array_equal(flows.receipts, whole.receipts)


# Locks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK])
def test_a_file_system_without_locks_is_not_a_folder_in_use(tmp_path, monkeypatch, number):
    case = small_run(tmp_path, scenarios=4)

    def flock(handle, how):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(
        WorkFolderError, match="work: is on a file system without locks .*another disk$"
    ):
        simulate.simulate(case.study, case.table, work=tmp_path / "work")
    assert not (tmp_path / "work").exists()
    number = errno.EWOULDBLOCK
    with pytest.raises(WorkFolderError, match="is in use by another run"):
        simulate.simulate(case.study, case.table, work=tmp_path / "work")
    number = errno.EIO
    with pytest.raises(WorkFolderError, match="Input/output error"):
        simulate.simulate(case.study, case.table, work=tmp_path / "work")


def test_a_second_process_is_refused_and_a_lock_does_not_outlive_kill_9(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "EVERY", 0.0)
    monkeypatch.setattr(blockfile.os, "fsync", lambda handle: None)
    case, work = small_run(tmp_path), tmp_path / "work"
    settings = ["price", tmp_path / "study.yaml", "--work", work, "-q", "--out"]
    child = start([*settings, tmp_path / "one"], hang=3)
    wait_for(lambda: len(blocks(work)) == 2, child)
    second = start([*settings, tmp_path / "two"])
    _, messages = second.communicate(timeout=60)
    assert (
        second.returncode == 2
        and "is in use by another run" in messages
        and "Traceback" not in messages
    )
    with pytest.raises(WorkFolderError, match="is in use by another run"):
        case.simulate(work=work)
    assert len(blocks(work)) == 2
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    child.stderr.close()
    same(case.simulate(work=work), case.simulate())
    assert {p.suffix for p in work.iterdir()} == {".block", ".json"}


def test_a_folder_with_other_things_is_refused_as_it_was(tmp_path):
    case, work = small_run(tmp_path, scenarios=4), tmp_path / "letters"
    work.mkdir()
    (work / "a.txt").write_text("mine")
    with pytest.raises(
        WorkFolderError,
        match="letters: holds other files than a run of npl-sim and is not touched",
    ):
        case.simulate(work=work)
    assert [p.name for p in work.iterdir()] == ["a.txt"]
