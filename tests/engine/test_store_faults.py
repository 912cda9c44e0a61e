"""Faults of a disk that may pass, and blocks that are not what their names say."""

from __future__ import annotations

import errno
import json
import os
import shutil
import weakref
from pathlib import Path

import numpy as np
import pytest

from npl_sim.core.errors import WorkFolderError
from npl_sim.core.layout import TILE
from npl_sim.engine.checkpoint import block_file as blockfile
from npl_sim.engine.checkpoint import store
from npl_sim.engine.checkpoint.block_file import open_block, write_block
from npl_sim.engine.simulate import Sampling, simulate
from tests.engine.stored_runs import blocks, same, small_run

# Blocks -----------------------------------------------------------------------------------------


def test_a_renamed_block_is_not_read_as_other_scenarios(tmp_path, each_tile):
    case, work = small_run(tmp_path, "totals"), tmp_path / "work"
    whole = simulate(case.study, case.table, work=work)
    first, second, *_ = blocks(work)
    shutil.copy(first, second)
    same(simulate(case.study, case.table, work=work), whole)
    one, two = blocks(work, "sums")
    shutil.copy(two, one)
    other = small_run(tmp_path, "totals", scenarios=9 * TILE)
    same(simulate(other.study, other.table, work=work), simulate(other.study, other.table))


def test_a_block_of_other_lengths_than_its_name_says_is_none(tmp_path, each_tile):
    case, work = small_run(tmp_path, "totals"), tmp_path / "work"
    whole = simulate(case.study, case.table, work=work)
    path = blocks(work)[3]
    block = open_block(path)
    write_block(path, block.head, {name: [block.read(name)[:-1]] for name in block.arrays})
    same(simulate(case.study, case.table, work=work), whole)


def test_kept_sums_win_over_those_they_replace(tmp_path, each_tile):
    """As after a stop between the writing of the one and the removal of the other."""
    case, work = small_run(tmp_path, "totals"), tmp_path / "work"
    simulate(case.study, case.table, work=work)
    (kept,) = work.glob("*-sums-*-kept.block")
    shutil.copy(kept, kept.with_name(kept.name.replace("-kept", "")))
    other = small_run(tmp_path, "totals", scenarios=14 * TILE)
    same(simulate(other.study, other.table, work=work), simulate(other.study, other.table))
    assert kept.exists() and not kept.with_name(kept.name.replace("-kept", "")).exists()


@pytest.mark.parametrize("change", [{"format": 3}, {"format": 5}, {"tile": 128}])
def test_a_folder_of_another_format_is_refused(tmp_path, each_tile, change):
    case, work = small_run(tmp_path, scenarios=4), tmp_path / "work"
    simulate(case.study, case.table, work=work)
    plan = work / "plan.json"
    plan.write_text(json.dumps(json.loads(plan.read_text()) | change))
    with pytest.raises(WorkFolderError, match="another version of npl_sim"):
        simulate(case.study, case.table, work=work)


# The disk ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.EACCES])
@pytest.mark.parametrize("sort", ["rows", "sums"])
def test_what_cannot_be_read_now_is_named_and_stays(
    tmp_path, each_tile, monkeypatch, sort, number
):
    case, work = small_run(tmp_path, "totals"), tmp_path / "work"
    whole = simulate(case.study, case.table, work=work)
    before, broken, read = {p.name for p in work.iterdir()}, blocks(work, sort)[-1], Path.open

    def fail(path, *how, **more):
        if path == broken:
            raise OSError(number, os.strerror(number))
        return read(path, *how, **more)

    with monkeypatch.context() as ill:
        ill.setattr(Path, "open", fail)
        with pytest.raises(
            WorkFolderError, match=f"{broken.name}: cannot be read .*nothing was removed"
        ):
            simulate(case.study, case.table, work=work)
    assert {p.name for p in work.iterdir()} == before
    same(simulate(case.study, case.table, work=work), whole)


def test_sums_that_cannot_be_read_any_more_stay(tmp_path, each_tile, monkeypatch):
    case, work = small_run(tmp_path, "totals"), tmp_path / "work"
    sampling = Sampling(case.study, case.table, work=work)
    sampling.to(4 * TILE)
    before = {p.name for p in work.iterdir() if not p.name.startswith(".")}

    def fail(path):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(store, "open_block", fail)
    with pytest.raises(WorkFolderError, match="-sums-.*: cannot be read .Input/output error"):
        sampling.to(6 * TILE)
    assert {p.name for p in work.iterdir()} == before


def test_a_read_that_ends_early_is_a_fault_of_the_disk(tmp_path, monkeypatch):
    path = tmp_path / "x.block"
    block = write_block(path, {}, {"a": [np.arange(60_000.0)]})
    path.write_bytes(path.read_bytes()[:200_000])
    with pytest.raises(OSError, match="ends before its size"):
        block.read("a")
    size = (
        len(blockfile.MAGIC)
        + len(path.read_bytes().split(b"\n")[1])
        + 1
        + 480_000
        + blockfile.DIGEST
    )
    monkeypatch.setattr(
        blockfile.os, "fstat", lambda handle: os.stat_result((0,) * 6 + (size,) + (0,) * 3)
    )
    with pytest.raises(OSError, match="ends before its size"):
        open_block(path)


def test_what_waits_to_be_written_holds_no_sums(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "EVERY", 1e9)
    case = small_run(tmp_path, "streamed")
    sums = []

    class Spy:
        def simulate(self, simulator, parts, place):
            for part in parts:
                result = simulator.simulate(*part, place)
                sums.append(weakref.ref(result.sums.moments))
                assert sum(s() is not None for s in sums) <= 3
                yield result

    simulate(case.study, case.table, backend=Spy())
    assert len(sums) == 11


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EACCES, errno.EOPNOTSUPP])
def test_a_file_system_that_syncs_no_folders_is_no_fault(tmp_path, monkeypatch, number):
    fsync = os.fsync

    def only_files(handle):
        if os.path.isdir(f"/proc/self/fd/{handle}"):
            raise OSError(number, os.strerror(number))
        fsync(handle)

    monkeypatch.setattr(blockfile.os, "fsync", only_files)
    write_block(tmp_path / "x.block", {}, {"a": [np.arange(3.0)]})
    assert open_block(tmp_path / "x.block") is not None
    number = errno.EIO
    with pytest.raises(OSError, match="Input/output"):
        write_block(tmp_path / "x.block", {}, {"a": [np.arange(3.0)]})
