"""A run that is stopped at any moment goes on to the same bytes; nothing half-written is read as
whole."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from npl_sim.cli import main
from npl_sim.core.errors import WorkFolderError
from npl_sim.core.layout import TILE
from npl_sim.engine.checkpoint import block_file as blockfile
from npl_sim.engine.checkpoint import store
from npl_sim.engine.checkpoint.block_file import open_block, write_block
from npl_sim.engine.simulate import Sampling, simulate
from npl_sim.runs.study_session import load_study
from tests.builders.studies import loan, study

ROOT = Path(__file__).parents[2]
POLICY = {
    "collection": {
        "settle_hazard": 0.03, "payment_rate": 0.01, "payer_share": 0.5,
        "agencies": [{"name": "A", "from_month": 2, "months": 10, "contract": "city"}],
    },
    "residual_share": 0.1,
}  # fmt: skip
CONTRACTS = [
    {"name": "city", "tiers": [{"up_to": 0.1, "rate": 0.2}, {"rate": 0.35}], "fixed_monthly": 10}
]
SIZE = {"scenarios": 10 * TILE + 7, "horizon_months": 24, "seed": 4, "threads": 2}
MARKET = {
    "cooperation": {"volatility": 0.3},
    "short_rate": {"initial": 0.02, "mean": 0.03, "mean_reversion": 0.3, "volatility": 0.01},
}


@pytest.fixture
def each_tile(monkeypatch):
    """Write every tile as soon as it is done, and do not wait for the disk."""
    monkeypatch.setattr(store, "EVERY", 0.0)
    monkeypatch.setattr(blockfile.os, "fsync", lambda handle: None)


def world(folder, keep="kinds", **simulation):
    loans = [loan(i, product="ab"[i % 2], principal=1000 + i) for i in range(30)]
    size = {**SIZE, "detail": keep, "group_by": "product", **simulation}
    return study(folder, loans, POLICY, contracts=CONTRACTS, market=MARKET, simulation=size)


def same(a, b):
    assert np.array_equal(a.net, b.net) and np.array_equal(a.receipts, b.receipts)
    assert np.array_equal(a.mean_by_kind, b.mean_by_kind) and np.array_equal(
        a.stage_gbv, b.stage_gbv
    )
    assert np.array_equal(a.factor_averages, b.factor_averages) and a.loans.equals(b.loans)
    assert np.array_equal(a.short_rate, b.short_rate)


def test_the_world_of_these_tests_has_a_short_rate_to_compare(tmp_path):
    flows = world(tmp_path, scenarios=4).simulate()
    assert (
        flows.short_rate.shape == (4, SIZE["horizon_months"] + 1) and flows.short_rate.std() > 0.0
    )


def blocks(work, sort="rows"):
    return sorted(work.glob(f"*-{sort}-*.block"))


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
    case, work = world(tmp_path, keep), tmp_path / "work"
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
    case, work = world(tmp_path), tmp_path / "work"
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
    case, work = world(tmp_path, "totals"), tmp_path / "work"
    for scenarios in (3 * TILE, 8 * TILE + 1, 2 * TILE, 5 * TILE + 5, 9 * TILE):
        other = world(tmp_path, "totals", scenarios=scenarios)
        same(simulate(other.study, other.table, work=work), simulate(other.study, other.table))
    assert [p.name[12:31] for p in blocks(work)][-1] == "000000008-000000009"
    same(simulate(case.study, case.table, work=work), simulate(case.study, case.table))


def test_rounds_of_one_sampling_share_the_work(tmp_path, each_tile):
    case = world(tmp_path, "totals")
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
    case, work = world(tmp_path / "a"), tmp_path / "work"
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

    case, work = world(tmp_path), tmp_path / "work"
    simulate(case.study, case.table, work=work)
    monkeypatch.setattr(identity, "code_hash", lambda: "other code")
    with pytest.raises(WorkFolderError, match="another version of npl_sim"):
        simulate(case.study, case.table, work=work)


def test_a_block_smuggled_in_from_another_run_is_not_read(tmp_path, each_tile):
    case = world(tmp_path, "totals")
    other = load_study(tmp_path / "study.yaml", {"simulation.seed": 5})
    simulate(other.study, other.table, work=tmp_path / "other")
    simulate(case.study, case.table, work=tmp_path / "work")
    for name in (blocks(tmp_path / "work")[4].name, blocks(tmp_path / "work", "sums")[-1].name):
        shutil.copy(tmp_path / "other" / name, tmp_path / "work" / name)
    same(
        simulate(case.study, case.table, work=tmp_path / "work"), simulate(case.study, case.table)
    )


def test_foreign_folders_are_not_touched(tmp_path):
    case = world(tmp_path)
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
    case = world(tmp_path, "streamed")
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
    case, work = world(tmp_path, keep), tmp_path / "work"
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

CHILD = """
import os, sys, time
from npl_sim.cli import main
from npl_sim.engine.checkpoint import block_file as blockfile, store
store.EVERY = 0.0
blockfile.os.fsync = lambda handle: None  # a kill loses nothing that was written
replace, rows = blockfile.Path.replace, 0
def slow(self, target):
    global rows
    rows += "-rows-" in self.name
    if {hang} and rows == {hang} and "-rows-" in self.name:
        time.sleep(120)  # killed between writing and naming
    replace(self, target)
    time.sleep(0.03)
blockfile.Path.replace = slow
if {limit}:
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
sys.argv = ["npl-sim", *sys.argv[1:]]
main()
"""


def start(arguments, hang=0, limit=0):
    return subprocess.Popen(
        [sys.executable, "-c", CHILD.format(hang=hang, limit=limit), *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition, process, seconds=60.0):
    until = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < until
        time.sleep(0.005)


def priced(monkeypatch, *arguments):
    monkeypatch.setattr(
        sys, "argv", ["npl-sim", "price", *map(str, arguments), "-q", "--no-figures"]
    )
    with pytest.raises(SystemExit) as stopped:
        main()
    assert not stopped.value.code


def contents(folder):
    """Return every file of a run folder but the manifest, whose times differ."""
    return {
        p.relative_to(folder): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.name != "manifest.json"
    }


def test_killed_runs_go_on_to_the_same_bytes(tmp_path, monkeypatch):
    """kill -9 after the second and after the seventh block, and in the middle of writing the
    fifth."""
    world(tmp_path)
    yaml = tmp_path / "study.yaml"
    children = {}
    for name, hang in (("early", 0), ("late", 0), ("writing", 5)):
        work = tmp_path / name
        children[name] = start(
            ["price", yaml, "--out", tmp_path / f"{name}-run", "--work", work, "-q"], hang
        )
    priced(monkeypatch, yaml, "--out", tmp_path / "whole")
    points = {
        "early": lambda w: len(blocks(w)) >= 2,
        "late": lambda w: len(blocks(w)) >= 7,
        "writing": lambda w: (
            len(blocks(w)) == 4 and list(w.glob(".npl_sim-*/kinds-rows-000000004-*"))
        ),
    }
    pending = dict(points)
    until = time.monotonic() + 90
    while pending and time.monotonic() < until:
        for name, events in list(pending.items()):
            assert children[name].poll() is None, children[name].stderr.read()
            if events(tmp_path / name):
                children[name].send_signal(signal.SIGKILL)
                assert children[name].wait() == -signal.SIGKILL
                children[name].stderr.close()
                del pending[name]
        time.sleep(0.002)
    assert not pending
    for name in points:
        work = tmp_path / name
        assert 2 <= len(blocks(work)) < 10 and not (tmp_path / f"{name}-run").exists()
        priced(monkeypatch, yaml, "--out", tmp_path / f"{name}-run", "--work", work)
        assert contents(tmp_path / f"{name}-run") == contents(tmp_path / "whole")


def test_a_limit_on_the_size_of_files_is_reported_like_a_full_disk(tmp_path, monkeypatch):
    world(tmp_path, "streamed")
    yaml, work = tmp_path / "study.yaml", tmp_path / "work"
    child = start(["price", yaml, "--out", tmp_path / "run", "--work", work, "-q"], limit=20_000)
    _, messages = child.communicate(timeout=60)
    assert (
        child.returncode == 2
        and "cannot be written (File too large)" in messages
        and "Traceback" not in messages
    )
    assert not (tmp_path / "run").exists()
    priced(monkeypatch, yaml, "--out", tmp_path / "run", "--work", work)
    priced(monkeypatch, yaml, "--out", tmp_path / "whole")
    assert contents(tmp_path / "run") == contents(tmp_path / "whole")
