"""Run folders: one run for each name, whole or not there, none lost."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path

import pytest

from npl_sim.core.disk import claims
from npl_sim.core.errors import RunFolderError
from npl_sim.runs import place as module
from npl_sim.runs.folder import open_run, write_folder
from npl_sim.runs.place import RunPlace, new_place


@pytest.fixture(autouse=True)
def impatient(monkeypatch, tmp_path):
    monkeypatch.setattr(claims, "LOCK_TIMEOUT", 0.05)
    monkeypatch.chdir(tmp_path)


def filler(who, between=lambda: None):
    def fill(draft):
        (draft / "summary.json").write_text(json.dumps({"who": who}))
        between()
        return []

    return fill


def write(folder, who, overwrite=False, between=lambda: None):
    return write_folder(RunPlace(Path(folder), overwrite), filler(who, between), {}, {})


def who(folder):
    return open_run(folder).summary["who"]


def names():
    return sorted(p.name for p in Path.cwd().iterdir())


@pytest.mark.parametrize("overwrite", [False, True])
def test_the_second_of_two_runs_is_refused_before_its_work(overwrite):
    if overwrite:
        write("o", "old")
    with RunPlace(Path("o"), overwrite) as first:
        for other in ("o", "./o", "../" + Path.cwd().name + "/o"):
            with pytest.raises(RunFolderError, match="is being written by another run"):
                RunPlace(Path(other), True)
        write_folder(first, filler("first"), {}, {})
    assert who("o") == "first" and names() == ["o"]
    with pytest.raises(RunFolderError, match="exists already; use overwrite or another folder"):
        RunPlace(Path("o"))
    assert write("o", "later", overwrite=True).folder == Path("o")
    assert who("o") == "later" and names() == ["o"]


def test_a_reader_never_sees_a_half_run():
    write("o", "old")
    seen = []
    write("o", "new", True, between=lambda: seen.append(who("o")))
    assert seen == ["old"] and who("o") == "new"
    write("p", "x", between=lambda: seen.append(os.path.lexists("p")))
    assert seen[-1] is False


@pytest.mark.parametrize("stood", [False, True])
def test_a_run_whose_name_is_lost_in_spite_of_all_is_kept(stood):
    """As where locks do not reach another machine."""
    if stood:
        write("o", "old")

    def thief():
        shutil.rmtree("o", ignore_errors=True)
        shutil.copytree("elsewhere", "o")

    write("elsewhere", "thief")
    with pytest.raises(RunFolderError, match="this run is whole and is kept as o-2$"):
        write("o", "mine", stood, thief)
    assert who("o") == "thief" and who("o-2") == "mine" and names() == ["elsewhere", "o", "o-2"]
    if not stood:
        shutil.rmtree("o")
        with pytest.raises(RunFolderError, match="is kept as o-3$"):
            write("o", "more", False, thief)


def test_a_run_goes_where_the_old_one_was_removed_meanwhile():
    write("o", "old")
    write("o", "new", True, between=lambda: shutil.rmtree("o"))
    assert who("o") == "new" and names() == ["o"]


@pytest.mark.parametrize("name", ["", " ", ".", "/", "n" * 300])
def test_a_name_that_is_none_is_refused_without_litter(name):
    Path("mine.txt").touch()
    for overwrite in (False, True):
        with pytest.raises(RunFolderError):
            RunPlace(Path(name), overwrite)
    assert names() == ["mine.txt"]


def test_a_refusal_leaves_no_folders():
    with pytest.raises(RuntimeError), RunPlace(Path("a/b/c")):
        raise RuntimeError
    Path("letters").mkdir()
    Path("letters/a").touch()
    with pytest.raises(RunFolderError, match="is not a run folder and is not touched"):
        RunPlace(Path("letters"), True)
    Path("letters/link").symlink_to("nowhere")
    with pytest.raises(RunFolderError, match="exists|cannot"):
        RunPlace(Path("letters/a"))
    assert names() == ["letters"] and len(list(Path("letters").iterdir())) == 2


@pytest.mark.parametrize("step", ["fsync", "rename"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("stood", [False, True])
def test_a_fault_of_the_disk_leaves_what_stood_there(monkeypatch, step, number, stood):
    if stood:
        write("o", "old")

    def failing(*args):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as ill:
        ill.setattr(os, step, failing)
        if step == "rename" and stood:
            ill.setattr(module, "replace_folder", failing)
        with pytest.raises(RunFolderError, match=f"^o: cannot be written .{os.strerror(number)}"):
            write("o", "new", True)
    assert names() == ["o"] * stood
    assert not stood or who("o") == "old"


def test_runs_without_a_name_of_their_own_never_share_one(monkeypatch):
    class Stopped(module.datetime):
        @classmethod
        def now(cls):
            return cls(2026, 1, 2, 3, 4, 5)

    monkeypatch.setattr(module, "datetime", Stopped)
    places = [new_place("a/b c", "0123456789") for _ in range(3)]
    made = [write_folder(p, filler(str(i)), {}, {}).folder for i, p in enumerate(places)]
    stem = "a_b_c-20260102-030405-01234567"
    assert [f.name for f in made] == [stem, f"{stem}-2", f"{stem}-3"]
    assert [who(f) for f in made] == ["0", "1", "2"] and names() == ["runs"]
    assert len(os.fsencode(new_place("名" * 300, "0").folder.name)) <= 200
