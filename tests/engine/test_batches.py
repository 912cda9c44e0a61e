"""Remote workers return the sums of a batch of tiles, and the bits are those of single tiles."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from npl_sim.core.layout import TILE
from npl_sim.engine import sums as running_sums
from npl_sim.engine.backends.dask import batches
from npl_sim.engine.backends.dask.batches import simulate_part, tasks_of
from npl_sim.engine.compile_model import compile_model
from npl_sim.engine.simulate import Sampling, simulate
from npl_sim.engine.sums import RunningSums, Sums, from_arrays, stored_names
from npl_sim.engine.tile import Simulator
from tests.builders.studies import loan, study
from tests.engine.stored_runs import blocks, same, small_run

BATCH = 3
"""Tiles of a batch in these tests, which simulate little."""

SIZE = BATCH * TILE
LONG = 3 * SIZE + TILE + 9


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(running_sums, "BATCH", BATCH)
    monkeypatch.setattr(batches, "BATCH", BATCH)


class Away:
    """A backend whose tasks return what a worker would send."""

    def __init__(self, threads=1):
        self.threads, self.sent = threads, []

    def simulate(self, simulator, parts, place):
        for task in tasks_of(simulator, parts, self.threads):
            sent = pickle.dumps(simulate_part(simulator, *task))
            self.sent.append((task, len(sent)))
            yield pickle.loads(sent)


def random_sums(count):
    rng = np.random.default_rng(2)
    one = Sums.zero(5, 2, 1, 3, 2)
    return [
        Sums(*(rng.lognormal(0.0, 9.0, a.shape) * rng.choice([-1, 1], a.shape) for a in one))
        for _ in range(count)
    ]


def equal(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def added(parts):
    total = parts[0].like()
    for part in parts:
        total.add(part)
    return total


def test_tiles_make_batches_and_batches_make_the_total():
    parts = random_sums(2 * BATCH + 3)
    running = RunningSums()
    assert running.total() is None
    for n, part in enumerate(parts, start=1):
        running.add(part)
        groups = [added(parts[i : min(i + BATCH, n)]) for i in range(0, n, BATCH)]
        assert running.tiles == n and equal(running.total(), added(groups))
        again = from_arrays(n, running.arrays().__getitem__)
        assert running.arrays().keys() == stored_names(n) and equal(again.total(), running.total())
    # One sequence of all tiles has other last digits: batches are what is tested here.
    assert not equal(running.total(), added(parts))


def test_a_batch_as_a_whole_gives_the_same_bits_and_nothing_else_is_taken():
    parts = random_sums(2 * BATCH + 1)
    single, whole = RunningSums(), RunningSums()
    for part in parts:
        single.add(part)
    whole.add(added(parts[:BATCH]), BATCH)
    whole.add(added(parts[BATCH : 2 * BATCH]), BATCH)
    whole.add(parts[-1])
    assert equal(single.total(), whole.total())
    with pytest.raises(ValueError, match=f"got {BATCH} after {2 * BATCH + 1}; expected 1"):
        whole.add(parts[0], BATCH)
    with pytest.raises(ValueError, match="got 2 after 0"):
        RunningSums().add(parts[0], 2)


def test_a_copy_is_independent():
    parts = random_sums(BATCH + 2)
    running = RunningSums()
    for part in parts[:-1]:
        running.add(part)
    other, before = running.copy(), running.total()
    other.add(parts[-1])
    assert equal(running.total(), before) and not equal(other.total(), before)


@pytest.mark.parametrize("keep", ["kinds", "totals", "streamed"])
@pytest.mark.parametrize("threads", [1, 2])
def test_batches_do_not_show(tmp_path, keep, threads):
    case, away = small_run(tmp_path, keep, scenarios=LONG), Away(threads)
    same(simulate(case.study, case.table, backend=away), simulate(case.study, case.table))
    tasks = [task for task, _ in away.sent]
    whole = [task for task in tasks if task[1] == SIZE]
    assert whole == [(n * SIZE, SIZE) for n in range(3 // threads * threads)]
    assert sum(count for _, count in tasks) == LONG and tasks == sorted(tasks)


@pytest.mark.parametrize("keep", ["totals", "streamed"])
@pytest.mark.parametrize(
    ("first", "one", "other"), [(4, None, Away()), (5, Away(), None), (3, Away(), Away())]
)
def test_a_run_resumes_inside_a_batch(tmp_path, each_tile, keep, first, one, other):
    """With or without workers before and after it."""
    long = small_run(tmp_path, keep, scenarios=LONG)
    whole = simulate(long.study, long.table)
    few, work = small_run(tmp_path, keep, scenarios=first * TILE), tmp_path / "work"
    simulate(few.study, few.table, work=work, backend=one)
    same(simulate(long.study, long.table, work=work, backend=other), whole)


def test_stored_rows_whose_sums_are_lost_are_no_obstacle_to_a_batch(tmp_path, each_tile):
    """The rows reach into the batch, whose scenarios are simulated again."""
    work = tmp_path / "work"
    few = small_run(tmp_path, "streamed", scenarios=SIZE + 2 * TILE)
    simulate(few.study, few.table, work=work)
    for path in blocks(work, "sums"):
        path.unlink()
    long = small_run(tmp_path, "streamed", scenarios=2 * SIZE)
    away = Away()
    same(
        simulate(long.study, long.table, work=work, backend=away),
        simulate(long.study, long.table),
    )
    assert [task for task, _ in away.sent] == [(0, SIZE), (SIZE, SIZE)]


def test_more_scenarios_continue_in_memory_inside_a_batch(tmp_path):
    policy = {"collection": {"settle_hazard": 0.03}}
    size = {"horizon_months": 12, "detail": "totals"}
    case = study(tmp_path, [loan(i) for i in range(9)], policy, simulation=size)
    rounds = Sampling(case.study, case.table)
    for scenarios in (2 * TILE, SIZE + TILE, 2 * SIZE + 2 * TILE):
        same(rounds.to(scenarios), Sampling(case.study, case.table).to(scenarios))


def test_a_batch_sends_the_sums_once(tmp_path, monkeypatch):
    """Some 200 bytes a loan and batch, where single tiles send them each time."""
    loans = 250
    case = study(
        tmp_path,
        [loan(i) for i in range(loans)],
        {"collection": {"settle_hazard": 0.01}},
        simulation={"scenarios": SIZE, "horizon_months": 24, "detail": "streamed", "seed": 1},
    )
    simulator = Simulator(case.study, compile_model(case.study, case.table), "streamed")
    sums = sum(array.nbytes for array in simulator.zero_sums())
    parts = [(n * TILE, TILE) for n in range(BATCH)]
    assert tasks_of(simulator, parts, 1) == [(0, SIZE)]
    sent = len(pickle.dumps(simulate_part(simulator, 0, SIZE)))
    columns = 8 * SIZE * sum(int(np.prod(shape)) for shape in simulator.shapes.values())
    assert sums + columns < sent < 1.01 * (sums + columns) + 4000
    # With too few batches for the workers, or too much cash by scenario, tiles stay single.
    assert tasks_of(simulator, parts, 2) == parts
    monkeypatch.setattr(batches, "COLUMN_BYTES", columns - 1)
    assert tasks_of(simulator, parts, 1) == parts if columns > sums else [(0, SIZE)]
