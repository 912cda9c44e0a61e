"""A run that is stopped at any moment resumes to the same bytes; nothing half-written is read as
whole."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from npl_sim.core.errors import WorkFolderError
from npl_sim.core.layout import TILE
from npl_sim.engine.checkpoint import block_file as blockfile
from npl_sim.engine.checkpoint.block_file import open_block, write_block
from npl_sim.engine.simulate import Sampling, simulate
from npl_sim.runs.study_session import load_study
from tests.engine.stored_runs import SIZE, blocks, same, small_run

ROOT = Path(__file__).parents[2]


def test_the_world_of_these_tests_has_a_short_rate_to_compare(tmp_path):
    flows = small_run(tmp_path, scenarios=4).simulate()
    assert (
        flows.short_rate.shape == (4, SIZE["horizon_months"] + 1) and flows.short_rate.std() > 0.0
    )


# The file ---------------------------------------------------------------------------------------


def test_a_block_file_reads_back_and_in_parts(tmp_path):
    a, b = np.random.default_rng(1).random((7, 3, 2)), np.arange(5)
    path = tmp_path / "x.block"
    made = write_block(
        path, {"run": "r"}, {"a": [a[:3], a[3:3], a[3:]], "b": [b], "none": [np.zeros((0, 4))]}
    )
    for block in (made, open_block(path)):
        assert block.head["run"] == "r" and block.arrays.keys() == {"a", "b", "none"}
        assert np.array_equal(block.read("a"), a) and np.array_equal(block.read("a", 2, 5), a[2:5])
        assert np.array_equal(block.read("b"), b) and block.read("none").shape == (0, 4)
    assert os.listdir(tmp_path) == ["x.block"]


def test_a_block_file_that_is_cut_or_changed_anywhere_is_none(tmp_path):
    path = tmp_path / "x.block"
    write_block(path, {"run": "r"}, {"a": [np.arange(6.0)]})
    whole = path.read_bytes()
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        assert open_block(path) is None
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert open_block(path) is None, at
    path.write_bytes(whole + b"x")
    assert open_block(path) is None
    path.write_bytes(whole)
    assert open_block(path) is not None


def test_a_file_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    reported, replace, fsync = [], Path.replace, os.fsync
    monkeypatch.setattr(
        blockfile.os,
        "fsync",
        lambda handle: (reported.append(os.readlink(f"/proc/self/fd/{handle}")), fsync(handle)),
    )
    monkeypatch.setattr(Path, "replace", lambda a, b: (reported.append("rename"), replace(a, b)))
    write_block(tmp_path / "x.block", {}, {"a": [np.arange(6.0)]})
    draft, *rest = reported
    assert Path(draft).name == "x.block" and Path(draft).parent.name.startswith(".npl_sim-")
    assert Path(draft).parent.parent == tmp_path and rest == ["rename", str(tmp_path)]
    assert [p.name for p in tmp_path.iterdir()] == ["x.block"]


# Going on ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("keep", ["kinds", "totals", "streamed"])
def test_a_run_goes_on_from_whatever_is_whole(tmp_path, each_tile, keep):
    """Blocks and sums are lost or damaged one by one, in every place; the result has the same
    bits."""
    case, work = small_run(tmp_path, keep), tmp_path / "work"
    whole = simulate(case.study, case.table)
    same(simulate(case.study, case.table, work=work), whole)
    names = [p.name for p in work.iterdir()]
    assert len(blocks(work)) == 10 and len(blocks(work, "sums")) == 2 and "plan.json" in names
    for n, path in enumerate(blocks(work) + blocks(work, "sums")):
        if n % 3 == 0:
            path.unlink()
        elif n % 3 == 1:
            path.write_bytes(path.read_bytes()[:-1])
        else:
            data = bytearray(path.read_bytes())
            data[len(data) // 2] ^= 64
            path.write_bytes(data)
        same(simulate(case.study, case.table, work=work), whole)
        assert len(blocks(work)) == 10
    for path in blocks(work, "sums"):
        path.unlink()
    same(simulate(case.study, case.table, work=work), whole)


def test_finished_tiles_are_not_simulated_again(tmp_path, each_tile):
    case, work = small_run(tmp_path), tmp_path / "work"
    simulate(case.study, case.table, work=work)
    result = []

    class Spy:
        def simulate(self, simulator, parts, place):
            result.extend(parts)
            return (simulator.simulate(*part, place) for part in parts)

    same(
        simulate(case.study, case.table, work=work, backend=Spy()),
        simulate(case.study, case.table),
    )
    assert result == [(10 * TILE, 7)]


def test_more_and_fewer_scenarios_share_the_work(tmp_path, each_tile):
    case, work = small_run(tmp_path, "totals"), tmp_path / "work"
    for scenarios in (3 * TILE, 8 * TILE + 1, 2 * TILE, 5 * TILE + 5, 9 * TILE):
        other = small_run(tmp_path, "totals", scenarios=scenarios)
        same(simulate(other.study, other.table, work=work), simulate(other.study, other.table))
    assert [p.name[12:31] for p in blocks(work)][-1] == "000000008-000000009"
    same(simulate(case.study, case.table, work=work), simulate(case.study, case.table))


def test_rounds_of_one_sampling_share_the_work(tmp_path, each_tile):
    case = small_run(tmp_path, "totals")
    first, plain = (
        Sampling(case.study, case.table, work=tmp_path / "work"),
        Sampling(case.study, case.table),
    )
    for scenarios in (2 * TILE, 5 * TILE):
        same(first.to(scenarios), plain.to(scenarios))
    del first
    again = Sampling(case.study, case.table, work=tmp_path / "work")
    same(
        again.to(2 * TILE), plain.to(2 * TILE)
    )  # a resumed run decides on its rounds as the first did
    same(again.to(7 * TILE), plain.to(7 * TILE))


# Another's work ---------------------------------------------------------------------------------


def test_the_work_of_another_run_is_refused(tmp_path, each_tile):
    case, work = small_run(tmp_path / "a"), tmp_path / "work"
    simulate(case.study, case.table, work=work)
    before = {p.name: p.read_bytes() for p in work.iterdir()}
    other = load_study(tmp_path / "a" / "study.yaml", {"simulation.seed": 5})
    with pytest.raises(
        WorkFolderError, match="another run .study '.*'.: another study, or other values in it"
    ):
        simulate(other.study, other.table, work=work)
    tape = tmp_path / "a" / "loans.csv"
    tape.write_text(tape.read_text().replace("1007", "1008"))
    other = load_study(tmp_path / "a" / "study.yaml")
    with pytest.raises(WorkFolderError, match="another tape"):
        simulate(other.study, other.table, work=work)
    assert {p.name: p.read_bytes() for p in work.iterdir()} == before
    # Parties, prices to test and the number of threads shape no scenario.
    settings = {"pricing.prices": [10.0], "simulation.threads": 1, "name": "other"}
    other = load_study(tmp_path / "a" / "study.yaml", settings)
    other.table = case.table
    simulate(other.study, other.table, work=work)


def test_another_version_s_work_is_refused(tmp_path, each_tile, monkeypatch):
    from npl_sim.engine.checkpoint import identity

    case, work = small_run(tmp_path), tmp_path / "work"
    simulate(case.study, case.table, work=work)
    monkeypatch.setattr(identity, "code_hash", lambda: "other code")
    with pytest.raises(WorkFolderError, match="another version of npl_sim"):
        simulate(case.study, case.table, work=work)


def test_a_block_smuggled_in_from_another_run_is_not_read(tmp_path, each_tile):
    case = small_run(tmp_path, "totals")
    other = load_study(tmp_path / "study.yaml", {"simulation.seed": 5})
    simulate(other.study, other.table, work=tmp_path / "other")
    simulate(case.study, case.table, work=tmp_path / "work")
    for name in (blocks(tmp_path / "work")[4].name, blocks(tmp_path / "work", "sums")[-1].name):
        shutil.copy(tmp_path / "other" / name, tmp_path / "work" / name)
    same(
        simulate(case.study, case.table, work=tmp_path / "work"), simulate(case.study, case.table)
    )


def test_foreign_folders_are_not_touched(tmp_path):
    case = small_run(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.doc").write_text("x")
    with pytest.raises(WorkFolderError, match="holds other files than a run of npl-sim"):
        simulate(case.study, case.table, work=tmp_path / "mine")
    with pytest.raises(WorkFolderError, match="is a file"):
        simulate(case.study, case.table, work=tmp_path / "study.yaml")
    with pytest.raises(
        WorkFolderError, match="study.yaml/work: cannot be written .Not a directory.$"
    ):
        simulate(case.study, case.table, work=tmp_path / "study.yaml" / "work")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "plan.json").write_text("[]")
    with pytest.raises(WorkFolderError, match="is not the plan of a run"):
        simulate(case.study, case.table, work=tmp_path / "bad")


def test_two_runs_do_not_share_a_folder_at_a_time(tmp_path):
    case = small_run(tmp_path, "streamed")
    flows = simulate(case.study, case.table, work=tmp_path / "work")
    with pytest.raises(WorkFolderError, match="is in use by another run"):
        simulate(case.study, case.table, work=tmp_path / "work")
    del flows
    simulate(case.study, case.table, work=tmp_path / "work")


# The disk ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("keep", ["kinds", "streamed"])
def test_a_full_disk_is_reported_and_costs_nothing_that_was_written(
    tmp_path, each_tile, monkeypatch, keep
):
    case, work = small_run(tmp_path, keep), tmp_path / "work"
    write, count = os.write, 0

    def full(handle, data):
        nonlocal count
        count += 1
        if count > 40:
            write(handle, bytes(data)[: len(data) // 2])  # a part still fits
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(handle, data)

    monkeypatch.setattr(blockfile.os, "write", full)
    with pytest.raises(
        WorkFolderError, match="No space left on device.; the first [0-9]+ scenarios are safe"
    ):
        simulate(case.study, case.table, work=work)
    count = 0
    if keep == "streamed":
        with pytest.raises(
            WorkFolderError,
            match="No space left on device.; expected space .*: give a folder work",
        ):
            simulate(case.study, case.table)
    monkeypatch.setattr(blockfile.os, "write", write)
    assert 0 < len(blocks(work)) < 10 and not list(work.glob(".*"))
    same(simulate(case.study, case.table, work=work), simulate(case.study, case.table))


# The process ------------------------------------------------------------------------------------
