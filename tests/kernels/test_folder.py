"""The folder of compiled kernels is this user's alone, or another is taken and a line says why."""

from __future__ import annotations

import logging
import os
import stat
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from npl_sim.kernels import _folder
from npl_sim.kernels._folder import find_folder

pytestmark = pytest.mark.skipif(not hasattr(os, "getuid"), reason="Windows has no modes")


@pytest.fixture
def places(tmp_path, monkeypatch):
    """The three places that are tried, all below a folder of the test."""
    named, home, temporary = tmp_path / "named", tmp_path / "home", tmp_path / "tmp"
    temporary.mkdir(mode=0o700)
    monkeypatch.setenv("NPL_SIM_CACHE_DIR", str(named))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    return named, home / "npl_sim", temporary / f"npl_sim-{os.getuid()}"


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_the_named_folder_and_its_parents_are_made_private(places, monkeypatch, caplog):
    named = places[0] / "a" / "b"
    monkeypatch.setenv("NPL_SIM_CACHE_DIR", str(named))
    before = os.umask(0)
    try:
        assert find_folder("kernels-1") == named / "kernels-1"
    finally:
        os.umask(before)
    assert [mode(p) for p in (named / "kernels-1", named, named.parent, places[0])] == [0o700] * 4
    assert not list((named / "kernels-1").iterdir()) and not caplog.records


@pytest.mark.parametrize("which", ["base", "inner"])
@pytest.mark.parametrize("open_to", [0o770, 0o707, 0o777, 0o1777, 0o722])
def test_a_folder_that_others_may_write_is_refused(places, caplog, which, open_to):
    bad = places[0] if which == "base" else places[0] / "kernels-1"
    bad.mkdir(parents=True, mode=0o700)
    bad.chmod(open_to)
    assert find_folder("kernels-1") == places[1] / "kernels-1"
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert f"may be written to by other users (mode {open_to:04o})" in record.getMessage()
    assert (
        f'NPL_SIM_CACHE_DIR: kernel cache "{bad}"' in record.getMessage()
        and "not used" in record.getMessage()
    )


@pytest.mark.parametrize("open_to", [0o700, 0o755, 0o750])
def test_a_folder_that_others_may_read_is_taken(places, caplog, open_to):
    places[0].mkdir()
    places[0].chmod(open_to)
    assert find_folder("kernels-1") == places[0] / "kernels-1"
    assert not caplog.records


@pytest.mark.parametrize("which", ["base", "inner"])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_symbolic_link_is_refused_wherever_it_is(places, tmp_path, caplog, which, number):
    for place in places[:number]:  # so that this one is tried
        place.parent.mkdir(exist_ok=True)
        place.write_text("a file")
    target = tmp_path / "target"
    target.mkdir(mode=0o700)
    bad = places[number] if which == "base" else places[number] / "kernels-1"
    bad.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    bad.symlink_to(target, target_is_directory=True)
    found = find_folder("kernels-1")
    assert found != bad and not list(target.iterdir())
    assert any(f'"{bad}" is a symbolic link' in record.getMessage() for record in caplog.records)


def test_a_dangling_link_makes_nothing(places, tmp_path):
    places[0].symlink_to(tmp_path / "target", target_is_directory=True)
    assert find_folder("kernels-1") == places[1] / "kernels-1"
    assert not (tmp_path / "target").exists()


@pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can give a folder away"
)
def test_a_folder_of_another_user_is_refused(places, caplog):
    places[2].mkdir(mode=0o700)
    os.chown(places[2], 65534, 65534)
    for place in places[:2]:
        place.parent.mkdir(exist_ok=True)
        place.write_text("a file")
    assert find_folder("kernels-1") is None
    assert "belongs to another user (number 65534)" in caplog.records[-1].getMessage()


def test_a_named_folder_that_cannot_be_used_is_reported(places, caplog):
    places[0].write_text("a file")
    assert find_folder("kernels-1") == places[1] / "kernels-1"
    (record,) = caplog.records
    assert "NPL_SIM_CACHE_DIR" in record.getMessage() and "is not a folder" in record.getMessage()


def test_a_named_folder_below_a_file_is_reported(places, caplog, monkeypatch):
    places[0].write_text("a file")
    monkeypatch.setenv("NPL_SIM_CACHE_DIR", str(places[0] / "below"))
    assert find_folder("kernels-1") == places[1] / "kernels-1"
    assert "cannot be written to (" in caplog.records[0].getMessage()


def test_a_default_folder_that_cannot_be_written_to_is_passed_over_in_silence(
    places, caplog, monkeypatch
):
    monkeypatch.delenv("NPL_SIM_CACHE_DIR")
    places[1].parent.write_text("a file")
    assert find_folder("kernels-1") == places[2] / "kernels-1"
    assert not caplog.records


def test_a_relative_name_is_made_absolute(places, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NPL_SIM_CACHE_DIR", "here")
    assert find_folder("kernels-1") == tmp_path / "here" / "kernels-1"


def test_a_name_cannot_write_to_the_terminal(places, monkeypatch, caplog):
    bad = Path(f"{places[0]}\x1b[2J")
    bad.write_text("a file")
    monkeypatch.setenv("NPL_SIM_CACHE_DIR", str(bad))
    find_folder("kernels-1")
    assert "\x1b" not in caplog.records[0].getMessage()


def test_a_worker_process_does_not_repeat_the_message(places, caplog, monkeypatch):
    places[0].write_text("a file")
    monkeypatch.setattr(
        _folder.multiprocessing, "current_process", lambda: SimpleNamespace(daemon=True)
    )
    assert find_folder("kernels-1") == places[1] / "kernels-1"
    assert not caplog.records
