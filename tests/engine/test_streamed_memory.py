"""A run is streamed where memory requires it, and takes little memory then."""

from __future__ import annotations

import gc
import tempfile
import tracemalloc

import pytest

from npl_sim.core.errors import CapacityError
from npl_sim.core.layout import TILE
from npl_sim.engine import collect
from npl_sim.engine import resource_estimate as engine_plan
from npl_sim.engine.checkpoint import store
from npl_sim.engine.resource_estimate import Extent, resource_estimate
from npl_sim.engine.run_estimate import estimate_resources
from npl_sim.engine.simulate import simulate
from npl_sim.study.simulation import Simulation
from npl_sim.valuation import scenario_sums as streamed
from npl_sim.valuation.price import price
from tests.engine.streamed_runs import case_loader


@pytest.fixture
def case(tmp_path):
    return case_loader(tmp_path)


def test_a_run_is_streamed_only_where_memory_asks_for_it():
    def keep(scenarios, limit, requested="auto"):
        settings = Simulation(scenarios=scenarios, memory_limit_gib=limit, detail=requested)
        return resource_estimate(settings, Extent(10_000, 2500, 4, 12))

    assert keep(10_000, 4.0).detail == "kinds"
    assert keep(100_000, 4.0).detail == "totals"
    million = keep(1_000_000, 8.0)
    assert (
        million.detail == "streamed"
        and "streams receipts and costs of the package by scenario to disk" in million.describe()
    )
    assert million.peak_bytes < 2 * 2**30
    with pytest.raises(CapacityError, match="take fewer scenarios"):
        keep(100_000_000, 8.0)
    with pytest.raises(CapacityError):
        keep(1_000_000, 8.0, "totals")


@pytest.mark.parametrize("requested", [0, 1, 64])
def test_the_detail_does_not_depend_on_threads_or_cores(monkeypatch, requested):
    """Near every border between details, and with replicates that need much memory."""
    for scenarios in range(4_000, 60_000, 2_000):
        found = set()
        for cores in (1, 2, 16, 256):
            monkeypatch.setattr(engine_plan.os, "cpu_count", lambda cores=cores: cores)
            for threads in (requested, cores):
                settings = Simulation(scenarios=scenarios, memory_limit_gib=1.5, threads=threads)
                found.add(resource_estimate(settings, Extent(50_000, 2500, 4, 12)).detail)
        assert len(found) == 1


def test_threads_that_memory_does_not_bear_are_left_out(monkeypatch):
    """A refusal does not depend on the machine either: it is for one thread."""
    monkeypatch.setattr(engine_plan.os, "cpu_count", lambda: 64)
    settings = Simulation(scenarios=10_000, memory_limit_gib=1.0, detail="totals")
    some = resource_estimate(settings, Extent(100_000, 0, 4, 12))
    assert 1 < some.threads < 64 and some.peak_bytes <= 2**30
    assert f"on {some.threads} threads (of 64: memory_limit_gib allows no more)" in some.describe()
    monkeypatch.setattr(engine_plan.os, "cpu_count", lambda: some.threads)
    few = resource_estimate(settings, Extent(100_000, 0, 4, 12))
    assert few.peak_bytes == some.peak_bytes and "allows no more" not in few.describe()
    monkeypatch.setattr(engine_plan.os, "cpu_count", lambda: 1)
    one = resource_estimate(settings, Extent(100_000, 0, 4, 12)).peak_bytes
    for cores in (1, 64):
        monkeypatch.setattr(engine_plan.os, "cpu_count", lambda cores=cores: cores)
        exact = settings.model_copy(update={"memory_limit_gib": one / 2**30})
        assert resource_estimate(exact, Extent(100_000, 0, 4, 12)).threads == 1
        with pytest.raises(CapacityError, match="100,000 loans"):
            resource_estimate(
                exact.model_copy(update={"memory_limit_gib": 0.999 * one / 2**30}),
                Extent(100_000, 0, 4, 12),
            )


def test_tiles_that_are_simulated_remotely_take_no_memory_here():
    settings = Simulation(scenarios=10_000, memory_limit_gib=8.0, threads=32)
    here, away = (
        resource_estimate(settings, Extent(100_000, 0, 4, 12, remote=remote))
        for remote in (False, True)
    )
    assert away.detail == here.detail and away.threads == 0
    assert (
        away.peak_bytes
        == resource_estimate(
            settings.model_copy(update={"threads": 1}), Extent(100_000, 0, 4, 12)
        ).peak_bytes
    )
    assert (
        away.peak_bytes < here.peak_bytes and "on the backend's workers; keeps" in away.describe()
    )


def test_the_plan_tells_the_size_on_disk(case, monkeypatch, tmp_path):
    monkeypatch.setattr(store, "EVERY", 0.0)
    run = case(simulation__detail="streamed", simulation__scenarios=4 * TILE)
    simulate(run.study, run.table, work=tmp_path / "work")
    rows = sum(p.stat().st_size for p in (tmp_path / "work").glob("streamed-rows-*"))
    reported = estimate_resources(run.study, run.table).result_bytes
    assert reported <= rows <= reported + 4 * 1000  # a head for each file
    from collections import namedtuple

    usage = namedtuple("usage", "free")
    monkeypatch.setattr(collect.shutil, "disk_usage", lambda folder: usage(reported))
    with pytest.raises(CapacityError, match="GiB free; expected at least"):
        simulate(run.study, run.table)
    # Stored rows need no more space, and neither does the recovery curve.
    monkeypatch.setattr(collect.shutil, "disk_usage", lambda folder: usage(collect.SPARE - 1))
    with pytest.raises(CapacityError, match="GiB free; expected at least"):
        simulate(run.study, run.table, work=tmp_path / "work")
    monkeypatch.setattr(collect.shutil, "disk_usage", lambda folder: usage(collect.SPARE))
    simulate(run.study, run.table, work=tmp_path / "work")


def test_nothing_is_left_in_the_temporary_folder(case, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    run = case(simulation__detail="streamed")
    flows = simulate(run.study, run.table)
    assert len(list((tmp_path / "scratch").iterdir())) == 2  # a folder and its lock
    del flows
    gc.collect()
    assert not list((tmp_path / "scratch").iterdir())


def test_memory_hardly_grows_with_the_scenarios(case, monkeypatch):
    """What is traced is what numpy and Python allocate; held cash alone takes 1.2 kB a scenario
    here.

    What waits to be written, and the months that are sorted at a time, are bounded by constants;
    here low ones."""
    monkeypatch.setattr(store, "EVERY", 0.0)
    monkeypatch.setattr(streamed, "CELLS", 8000)

    def peak(keep, scenarios):
        run = case(simulation__detail=keep, simulation__scenarios=scenarios, simulation__threads=1)
        run.table
        tracemalloc.start()
        price(simulate(run.study, run.table), run.study.pricing)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    few, many = 8 * TILE, 24 * TILE
    growth = {
        keep: (peak(keep, many) - peak(keep, few)) / (many - few)
        for keep in ("totals", "streamed")
    }
    assert growth["totals"] > 4 * growth["streamed"], growth
    assert growth["streamed"] < 8 * (
        4 * 5 + 2 + 40
    )  # the numbers of a scenario that the plan counts
