"""Worker processes give the bits of one thread, and the loss of workers changes nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from npl_sim.core.errors import BackendError, CapacityError
from npl_sim.core.layout import TILE
from npl_sim.engine.backends.dask.backend import Dask
from npl_sim.engine.backends.threads import Threads
from npl_sim.engine.checkpoint import identity, store
from npl_sim.engine.simulate import Sampling, simulate
from npl_sim.engine.tile import Simulator
from tests.engine.cluster_processes import pids
from tests.engine.stored_runs import blocks, same, small_run

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning",
    "ignore::ResourceWarning",
    "ignore::DeprecationWarning",
)


class Watch:
    """Does something when so many tiles are done."""

    def __init__(self, tiles, action):
        self.tiles, self.action = tiles, action

    def start(self, total, label):
        self.done = 0

    def advance(self, done):
        self.done += 1
        if self.done == self.tiles:
            self.action()

    def finish(self):
        pass


@pytest.mark.parametrize("keep", ["kinds", "streamed"])
def test_workers_give_the_bits_of_one_thread(tmp_path, cluster, keep):
    case = small_run(tmp_path, keep)
    assert len(set(pids(cluster).values()) | {os.getpid()}) == 3
    same(
        simulate(case.study, case.table, backend=cluster),
        simulate(case.study, case.table, threads=1),
    )


def test_tiles_come_in_order_and_few_are_under_way(tmp_path, cluster):
    case = small_run(tmp_path, scenarios=40 * TILE)
    result = []

    class Spy:
        def simulate(self, simulator, parts, place):
            for tile in cluster.simulate(simulator, parts, place):
                result.append(tile.first)
                tasks = cluster._client.run_on_scheduler(
                    lambda dask_scheduler: len(dask_scheduler.tasks)
                )
                # The tape, two tiles for each of two threads, and some that the scheduler is about
                # to forget.
                assert tasks <= 1 + 2 * 2 + 4
                yield tile

    simulate(case.study, case.table, backend=Spy())
    # Each of the two threads has a batch of 16 tiles; the others are single.
    assert result == [n * TILE for n in (0, 16, *range(32, 40))]


@pytest.mark.parametrize("lost", ["one", "all"])
def test_a_killed_worker_changes_nothing(tmp_path, cluster, lost):
    """kill -9 in mid run; with all of them goes the tape that was sent to them."""
    case = small_run(tmp_path, scenarios=16 * TILE)
    before = pids(cluster)

    def kill():
        for pid in list(before.values())[: 1 if lost == "one" else 2]:
            os.kill(pid, signal.SIGKILL)

    same(
        simulate(case.study, case.table, Watch(1, kill), backend=cluster),
        simulate(case.study, case.table),
    )
    if lost == "all":
        assert not set(pids(cluster).values()) & set(before.values())


WORKER = "the worker at tls://.*"
PART = "scenarios 65 to 128"


class Faulty:
    """A simulator that fails with an error."""

    def __init__(self, error):
        self.error = error

    def simulate(self, first, count):
        raise self.error


@pytest.mark.parametrize(
    ("error", "kind", "settings"),
    [
        (
            PermissionError(13, "no access"),
            BackendError,
            f"{WORKER} failed on {PART}: PermissionError: .*access",
        ),
        (TimeoutError("slow"), BackendError, f"{WORKER} failed on {PART}: TimeoutError: slow"),
        (MemoryError("8 GiB"), BackendError, f"{WORKER} has too little memory for {PART} .8 GiB"),
        (
            CapacityError("simulation: too large"),
            BackendError,
            f"{WORKER}: CapacityError: simulation: too large",
        ),
        (ZeroDivisionError("ours"), ZeroDivisionError, "ours"),
    ],
)
def test_an_error_in_a_tile_is_reported_as_it_is(tmp_path, cluster, error, kind, settings):
    """Not as a lost scheduler, and not for ever."""
    with pytest.raises(kind, match=settings) as reported:
        list(cluster.simulate(Faulty(error), [(TILE, TILE)], None))
    assert "gone" not in str(reported.value)
    case = small_run(tmp_path)
    same(simulate(case.study, case.table, backend=cluster), simulate(case.study, case.table))


def test_what_workers_cannot_read_is_reported(cluster):
    class Broken(Simulator):
        pass

    with pytest.raises(Exception) as reported:
        list(cluster.simulate(Broken.__new__(Broken), [(0, TILE)], None))
    assert "gone" not in str(reported.value)


def test_a_tile_whose_workers_all_left_is_handed_out_again(cluster):
    """Others have joined, but it may not go to them; with workers there that fit it would wait for
    ever."""
    cluster._workers.wait(60.0, now=True)
    nobody = ["tcp://127.0.0.1:1"]
    future = cluster._client.submit(os.getpid, workers=nobody, pure=False)
    assert cluster._result((0, TILE), future, nobody) is None
    future.release()


def test_a_tape_is_sent_once_for_all_rounds(tmp_path, cluster, monkeypatch):
    case, sent, scatter = small_run(tmp_path), [], cluster._client.scatter
    monkeypatch.setattr(
        cluster._client, "scatter", lambda *a, **b: (sent.append(a), scatter(*a, **b))[1]
    )
    sampling = Sampling(case.study, case.table, backend=cluster)
    for tiles in (2, 4, 6):
        flows = sampling.to(tiles * TILE)
    assert len(sent) == 1
    same(flows, Sampling(case.study, case.table).to(6 * TILE))


def test_a_tape_that_does_not_arrive_is_not_called_a_missing_worker(cluster, monkeypatch):
    def slow(*args, **settings):
        raise TimeoutError("30 s")

    monkeypatch.setattr(cluster._client, "scatter", slow)
    with pytest.raises(
        BackendError, match="the model did not reach the workers at .* in time .30 s"
    ):
        list(cluster.simulate(Faulty(None), [(0, TILE)], None))


def test_a_lost_scheduler_is_reported_and_finished_scenarios_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "EVERY", 0.0)
    case, work = small_run(tmp_path), tmp_path / "work"
    world_ = {**os.environ, "PYTHONPATH": str(ROOT)}
    file = tmp_path / "scheduler.json"
    settings = ["--scheduler-file", str(file)]
    scheduler, worker = (
        subprocess.Popen(
            [sys.executable, "-m", "distributed.cli." + name, *settings, *more],
            cwd=ROOT,
            env=world_,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for name, more in (
            ("dask_scheduler", ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"]),
            ("dask_worker", ["--no-nanny", "--nthreads", "1", "--no-dashboard"]),
        )
    )
    try:
        import json
        import time

        until = time.monotonic() + 60
        while not (file.exists() and file.stat().st_size):
            assert time.monotonic() < until
            time.sleep(0.05)
        address = json.loads(file.read_text())["address"]
        with Dask(address, 0, timeout=8.0) as cluster:
            cluster.timeout = 4.0
            with pytest.raises(
                BackendError, match=f"the scheduler at {address} is gone .*; with a folder work"
            ):
                simulate(
                    case.study, case.table, Watch(3, scheduler.kill), backend=cluster, work=work
                )
        assert 3 <= len(blocks(work)) < 10
        same(simulate(case.study, case.table, work=work), simulate(case.study, case.table))
    finally:
        for process in (scheduler, worker):
            process.kill()
            process.wait()


def test_threads_return_tiles_in_order_and_few_are_under_way():
    going = []

    class Slow:
        def simulate(self, first, count, place):
            going.append(first)
            return first

    seen = []
    for first in Threads(2).simulate(Slow(), [(n, 1) for n in range(50)], None):
        seen.append(first)
        assert len(going) - len(seen) <= 4
    assert seen == list(range(50))


def test_the_version_of_an_installation_does_not_depend_on_its_place(tmp_path, monkeypatch):
    import shutil

    here = Path(identity.__file__).parents[2]
    shutil.copytree(here, tmp_path / "npl_sim", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(
        identity, "__file__", str(tmp_path / "npl_sim" / "engine" / "checkpoint" / "identity.py")
    )
    again = identity.code_hash.__wrapped__()
    assert again == identity.code_hash()
    (tmp_path / "npl_sim" / "kernels" / "loan_block.py").write_text("changed")
    assert identity.code_hash.__wrapped__() != again
