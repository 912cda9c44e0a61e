"""Folders of streamed runs go with their process, however it ends, and locks with them."""

from __future__ import annotations

import errno
import fcntl
import gc
import os
import signal
import tempfile
from pathlib import Path

import numpy as np
import pytest

from npl_sim.engine import blockfile, scratch, simulate, store
from npl_sim.engine.scratch import Scratch, remove_abandoned
from npl_sim.errors import WorkFolderError
from tests.engine.test_store import blocks, same, start, wait_for, world


@pytest.fixture
def place(tmp_path, monkeypatch):
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def streaming(tmp_path):
    """Return a process that streams, once it has rows on the disk."""
    world(tmp_path, "streamed")
    child = start(["price", tmp_path / "study.yaml", "--out", tmp_path / "run", "-q"], hang=4)
    wait_for(lambda: len(list((tmp_path / "scratch").glob("*/rows/*-rows-*.block"))) == 3, child)
    return child


def test_what_a_killed_run_streamed_is_removed_by_the_next(tmp_path, place):
    child = streaming(tmp_path)
    (left,) = place.iterdir()
    remove_abandoned(place)
    assert left.exists()  # it lives
    child.kill()
    child.wait()
    child.stderr.close()
    assert left.exists()
    own = Scratch()
    assert list(place.iterdir()) == [own.folder.parent]
    del own
    gc.collect()
    assert not list(place.iterdir())


def test_a_run_told_to_end_leaves_nothing(tmp_path, place):
    child = streaming(tmp_path)
    child.terminate()
    _, said = child.communicate(timeout=60)
    assert child.returncode == 143 and "Traceback" not in said
    assert not list(place.iterdir()) and not (tmp_path / "run").exists()


def test_only_abandoned_folders_of_this_user_and_machine_are_removed(tmp_path, place, monkeypatch):
    own = Scratch()
    names = ("npl_sim-0", "npl_sim-rows-old", "npl_sim-rows-far", "npl_sim-rows-mine")
    old, unlocked, far, mine = (place / name for name in names)
    for folder in (old, unlocked, far, mine):
        folder.mkdir()
    (unlocked / ".lock").touch()  # of a version that locked another file
    (far / ".alive").write_text("another machine")
    (mine / ".alive").write_text(scratch.platform.node())
    (place / "npl_sim-rows-link").symlink_to(mine)
    with monkeypatch.context() as other:
        other.setattr(os, "getuid", lambda: 4711)
        remove_abandoned(place)
    assert mine.exists()
    remove_abandoned(place)
    left = {p.name for p in place.iterdir()}
    assert left == {"npl_sim-rows-link", *names[:3], own.folder.parent.name}


def test_a_scratch_folder_is_locked_before_another_run_can_see_that_it_is_one(place, monkeypatch):
    rename = Path.rename

    def watched(path, target):
        remove_abandoned(place)
        rename(path, target)
        remove_abandoned(place)

    monkeypatch.setattr(Path, "rename", watched)
    own = Scratch()
    assert (own.folder.parent / ".alive").exists()


def test_a_store_that_cannot_be_opened_leaves_no_scratch(tmp_path, place, monkeypatch):
    case = world(tmp_path, "streamed")

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
    """Nobody but itself can tell whether it lives, so nobody else removes what it leaves."""
    case, whole = world(tmp_path, "streamed"), world(tmp_path / "b", "totals").simulate()

    def flock(handle, how):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", flock)
    flows = case.simulate()
    (folder,) = place.iterdir()
    assert {p.name for p in folder.iterdir()} == {".alive.new", "rows"}
    remove_abandoned(place)
    assert np.array_equal(flows.net(), whole.net()) and np.array_equal(flows.received(), whole.received())


# Locks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK])
def test_a_file_system_without_locks_is_not_a_folder_in_use(tmp_path, monkeypatch, number):
    case = world(tmp_path, scenarios=4)

    def flock(handle, how):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(WorkFolderError, match="work: lies on a file system that cannot lock .*another disk$"):
        simulate.simulate(case.study, case.table, work=tmp_path / "work")
    number = errno.EWOULDBLOCK
    with pytest.raises(WorkFolderError, match="is in use by another run"):
        simulate.simulate(case.study, case.table, work=tmp_path / "work")
    number = errno.EIO
    with pytest.raises(WorkFolderError, match="Input/output error"):
        simulate.simulate(case.study, case.table, work=tmp_path / "work")


def test_a_second_process_is_refused_and_a_lock_does_not_outlive_kill_9(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "EVERY", 0.0)
    monkeypatch.setattr(blockfile.os, "fsync", lambda handle: None)
    case, work = world(tmp_path), tmp_path / "work"
    words = ["price", tmp_path / "study.yaml", "--work", work, "-q", "--out"]
    child = start([*words, tmp_path / "one"], hang=3)
    wait_for(lambda: len(blocks(work)) == 2, child)
    second = start([*words, tmp_path / "two"])
    _, said = second.communicate(timeout=60)
    assert second.returncode == 2 and "is in use by another run" in said and "Traceback" not in said
    with pytest.raises(WorkFolderError, match="is in use by another run"):
        case.simulate(work=work)
    assert len(blocks(work)) == 2
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    child.stderr.close()
    same(case.simulate(work=work), case.simulate())
