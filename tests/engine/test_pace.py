"""The time of a run is estimated before it starts, from work that enters no result."""

from __future__ import annotations

import dataclasses
import time

import numpy as np
import pytest

from npl_sim.core.errors import CapacityError
from npl_sim.core.layout import TILE
from npl_sim.engine import simulate as engine
from npl_sim.engine import time_estimate as pace
from npl_sim.engine.resource_estimate import Extent, ResourceEstimate, resource_estimate
from npl_sim.engine.time_estimate import Pace, check_time, duration, measure_pace, time_text
from npl_sim.runs.study_session import load_study
from npl_sim.study.simulation import Simulation
from tests.builders.studies import loan, study
from tests.engine.test_same_bits import MARKET, POLICIES, tape

SIZE = ResourceEstimate(1_000, 10 * TILE, 120, 2, 4, 4, "totals", 0, 0)


def test_the_time_is_that_of_the_tiles_over_the_threads():
    """10 tiles of 2 s + 1,000 loans x 3 ms = 50 s, 12.5 s on 4 threads, 25 s on 2 cores."""
    found = Pace(fixed=2.0, per_loan=0.003)
    assert found.seconds(SIZE, cores=8) == pytest.approx(12.5)
    assert found.seconds(SIZE, cores=2) == pytest.approx(25.0)
    assert found.seconds(dataclasses.replace(SIZE, threads=1), cores=8) == pytest.approx(50.0)
    more = dataclasses.replace(SIZE, scenarios=10 * TILE + 1)
    assert found.seconds(more, cores=8) == pytest.approx(12.5 * 1.1)


@pytest.mark.parametrize(
    ("seconds", "messages"),
    [
        (0.2, "1 s"),
        (40.4, "40 s"),
        (89, "89 s"),
        (90, "1.5 min"),
        (594, "9.9 min"),
        (720, "12 min"),
        (5_399, "90 min"),
        (5_400, "1.5 h"),
        (12_240, "3.4 h"),
        (86_400, "24 h"),
        (129_600, "1.5 days"),
        (864_000, "10 days"),
        (9e9, "104,167 days"),
    ],
)
def test_a_time_as_text(seconds, messages):
    assert duration(seconds) == messages


def large(folder, loans=600, **sections):
    """Return a study of loans under several policies."""
    simulation = {
        "scenarios": 12 * TILE,
        "horizon_months": 48,
        "seed": 5,
        "threads": 1,
        "detail": "totals",
    }
    terms = {"house": {"appraisal_error": 0.1, "drift_volatility": 0.1, "bid_volatility": 0.1}}
    rows, items = tape(loans)
    return study(
        folder,
        rows,
        POLICIES,
        items,
        market=MARKET,
        collateral=terms,
        simulation={**simulation, **sections.pop("simulation", {})},
        **sections,
    )


def test_the_pace_is_split_into_tile_and_loan(tmp_path, monkeypatch):
    """A tile of n loans that takes 2 + n/100 s has these two parts, whatever the sample."""
    case = large(tmp_path)
    monkeypatch.setattr(
        pace, "_tile_seconds", lambda study, table, *more: 2.0 + 0.01 * len(table.loans)
    )
    found = measure_pace(case.study, case.table, "totals")
    assert (found.fixed, found.per_loan) == pytest.approx((2.0, 0.01))
    assert found.seconds(dataclasses.replace(SIZE, loans=5_000, threads=1)) == pytest.approx(
        10 * 52.0
    )


def test_of_few_loans_all_are_measured(tmp_path, monkeypatch):
    case = study(tmp_path, [loan(i) for i in range(20)], {"collection": {"settle_hazard": 0.1}})
    monkeypatch.setattr(
        pace, "_tile_seconds", lambda study, table, *more: 0.5 + 0.1 * len(table.loans)
    )
    found = measure_pace(case.study, case.table, "totals")
    assert found.fixed + 20 * found.per_loan == pytest.approx(2.5)


def test_the_estimate_is_within_a_factor_of_two_of_the_work(tmp_path):
    """Both count the time of their own threads, so other work on the machine has no effect."""
    case = large(tmp_path, loans=1_500)
    engine.warm_up(case.study, case.table)
    found = min(
        measure_pace(case.study, case.table, "totals", time.thread_time).seconds(case.plan())
        for _ in range(3)
    )
    began = time.process_time()
    case.simulate(threads=1)
    spent = time.process_time() - began
    assert spent / 2 < found < spent * 2


def test_a_short_run_is_not_estimated(tmp_path, monkeypatch):
    case = large(tmp_path)
    monkeypatch.setattr(pace, "measure_pace", lambda *settings: pytest.fail("measured"))
    assert time_text(case.study, case.table, case.plan()) == ("", 0.0)


def test_a_long_run_is_reported_before_it_starts_and_keeps_its_bits(tmp_path, monkeypatch):
    from npl_sim.core.progress import Silent
    from npl_sim.runs.simulation import Clock, simulate_cash

    case, messages, listener = large(tmp_path), [], Silent()
    listener.message = messages.append
    plain = case.simulate()
    monkeypatch.setattr(pace, "LONG_PATHS", 1)
    reported = simulate_cash(case, listener, Clock())
    assert [
        line
        for line in messages
        if line.startswith("simulation takes about ") and line.endswith(" on 1 thread")
    ]
    assert np.array_equal(plain.amounts, reported.amounts)
    monkeypatch.setattr(pace, "LONG_SECONDS", 0.0)
    messages.clear()
    simulate_cash(case, listener, Clock())
    assert messages[-1].startswith("warning: simulation takes about ")


def test_validation_reports_it(tmp_path, monkeypatch):
    from npl_sim.core.progress import Silent
    from npl_sim.runs.validate import validate

    case, messages, listener = large(tmp_path), [], Silent()
    listener.message = messages.append
    monkeypatch.setattr(pace, "LONG_PATHS", 1)
    validate(case, 5, listener)
    assert any("simulation takes about" in line for line in messages)


def test_a_run_to_a_precision_takes_at_least_its_first_scenarios(tmp_path, monkeypatch):
    case = large(tmp_path, simulation={"precision": 0.01})
    monkeypatch.setattr(pace, "LONG_PATHS", 1)
    assert time_text(case.study, case.table, case.plan())[0].startswith("at least about ")


def test_a_run_longer_than_its_limit_is_refused(tmp_path, monkeypatch):
    case = large(tmp_path, simulation={"time_limit_hours": 2.0})
    size = case.plan()
    for seconds in (2.01 * 3600, 1.99 * 3600):
        monkeypatch.setattr(
            pace, "measure_pace", lambda *settings, s=seconds: Pace(s / size.tiles, 0.0)
        )
        if seconds > 7200:
            with pytest.raises(
                CapacityError, match=r"about 2\.0 h on 1 thread.*simulation.time_limit_hours: 2"
            ):
                case.simulate()
        else:
            check_time(case.study, case.table, size)


def test_the_limit_is_no_part_of_a_runs_identity(tmp_path):
    from npl_sim.study.fingerprint import study_hash

    path = large(tmp_path).loaded.path
    plain = study_hash(load_study(path).study)
    assert study_hash(load_study(path, {"simulation.time_limit_hours": 5}).study) == plain


def test_a_refusal_for_memory_names_the_time(tmp_path, monkeypatch):
    case = large(tmp_path, simulation={"scenarios": 100_000_000, "detail": "totals"})
    engine.warm_up(case.study, case.table)
    monkeypatch.setattr(pace, "measure_pace", lambda *settings: Pace(0.0, 1e-6))
    # 100,000,000 / 64 tiles of 600 us = 937.5 s
    with pytest.raises(CapacityError, match="it would take about 16 min on 1 thread$") as found:
        case.plan()
    assert "set detail: streamed" in str(found.value)


@pytest.mark.parametrize("keep", ["streamed", "auto", "totals", "kinds"])
def test_streaming_is_advised_only_where_it_was_not_tried(keep):
    simulation = Simulation(scenarios=1_000_000_000, detail=keep)
    with pytest.raises(CapacityError) as found:
        resource_estimate(simulation, Extent(2_400, 600, 4, 5))
    advised = "detail: streamed" in str(found.value)
    assert advised == (keep in ("totals", "kinds"))
    assert (
        "Raise the limit, take fewer scenarios, or set detail: streamed" in str(found.value)
        or not advised
    )
    assert "Raise the limit or take fewer scenarios" in str(found.value) or advised


def test_a_full_disk_names_the_time(tmp_path, monkeypatch):
    from npl_sim.engine import collect

    case = large(tmp_path, simulation={"scenarios": 40_000, "detail": "streamed"})
    monkeypatch.setattr(
        collect.shutil, "disk_usage", lambda folder: type("Disk", (), {"free": 0})()
    )
    monkeypatch.setattr(pace, "measure_pace", lambda *settings: Pace(0.0, 0.01))
    with pytest.raises(
        CapacityError, match=r"larger disk.*it would take about 62 min on 1 thread"
    ):
        case.simulate()
