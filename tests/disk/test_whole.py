"""Every writer of a file: a disk error or a kill leaves the old file and nothing else."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pandas as pd
import pytest

from npl_sim.core.disk import whole_file as whole
from npl_sim.core.disk.whole_file import whole_file, write_whole
from npl_sim.tables.csv_safe import write_csv

FRAME = pd.DataFrame({"a": ["x"] * 50})


def figure(path):
    from matplotlib.figure import Figure

    from npl_sim.reports.figure_files import save

    save(Figure(figsize=(1, 1)), path, 30)


WRITERS = {
    "bytes": lambda path: write_whole(path, [b"x" * 100]),
    "csv": lambda path: write_csv(FRAME, path),
    "figure": figure,
}


@pytest.fixture(params=WRITERS)
def write(request):
    return WRITERS[request.param]


def fail(number):
    def failing(*args, **named):
        raise OSError(number, os.strerror(number))

    return failing


@pytest.mark.parametrize("stood", [True, False])
@pytest.mark.parametrize("step", ["sync", "replace"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_fault_leaves_what_stood_there(tmp_path, monkeypatch, write, step, number, stood):
    path = tmp_path / "x.png"
    if stood:
        path.write_bytes(b"old")
    with monkeypatch.context() as ill:
        if step == "sync":
            ill.setattr(whole.os, "fsync", fail(number))
        else:
            ill.setattr(Path, "replace", fail(number))
        with pytest.raises(OSError, match=os.strerror(number)):
            write(path)
    assert [p.name for p in tmp_path.iterdir()] == ["x.png"] * stood
    assert not stood or path.read_bytes() == b"old"
    write(path)
    assert [p.name for p in tmp_path.iterdir()] == ["x.png"] and path.read_bytes() != b"old"


def test_a_stop_in_the_middle_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt), whole_file(tmp_path / "x") as draft:
        draft.write_text("half")
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_a_short_write_is_gone_on_with(tmp_path, monkeypatch):
    write = os.write
    monkeypatch.setattr(whole.os, "write", lambda handle, data: write(handle, bytes(data)[:7]))
    write_whole(tmp_path / "x", [b"", bytes(range(100)), memoryview(b"end")])
    assert (tmp_path / "x").read_bytes() == bytes(range(100)) + b"end"


def test_what_is_no_regular_file_is_never_replaced(tmp_path, write):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name, message in (("pipe", "is not a regular file"), ("folder", "is a folder")):
        with pytest.raises(OSError, match=message):
            write(tmp_path / name)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    with pytest.raises(FileNotFoundError):
        write(tmp_path / "absent" / "x.png")


def test_a_link_stays_a_link(tmp_path, write):
    (tmp_path / "there.png").write_bytes(b"old")
    (tmp_path / "x.png").symlink_to("there.png")
    write(tmp_path / "x.png")
    assert (tmp_path / "x.png").is_symlink() and (tmp_path / "there.png").read_bytes() != b"old"


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EACCES, errno.EOPNOTSUPP])
def test_a_file_system_that_syncs_no_folders_is_no_fault(tmp_path, monkeypatch, number):
    fsync = os.fsync

    def only_files(handle):
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(number, os.strerror(number))
        fsync(handle)

    monkeypatch.setattr(whole.os, "fsync", only_files)
    write_whole(tmp_path / "x", [b"x"])
    assert (tmp_path / "x").read_bytes() == b"x"
