"""Benchmarks of the time by loans, scenarios and threads."""

from __future__ import annotations

import pytest

from benchmarks.inputs import load_case, prepare
from benchmarks.suite import thread_counts
from npl_sim.engine.simulate import simulate


@pytest.mark.parametrize("loans", [1000, 2000, 4000, 8000])
@pytest.mark.benchmark(group="loans, at 64 scenarios")
def test_loans(benchmark, loans):
    inputs = prepare(load_case(loans), tiles=1)
    benchmark(inputs.run_engine)


@pytest.mark.parametrize("tiles", [1, 2, 4, 8])
@pytest.mark.benchmark(group="tiles of 64 scenarios, at 2,000 loans")
def test_scenarios(benchmark, tiles):
    inputs = prepare(load_case(2000), tiles)
    benchmark(inputs.run_engine)


@pytest.mark.parametrize("threads", thread_counts())
@pytest.mark.benchmark(group="threads, 10,000 loans x 1,024 scenarios, whole run")
def test_threads(benchmark, threads):
    case = load_case(10_000, simulation__scenarios=1024)
    benchmark.pedantic(
        simulate, (case.study, case.table, None, threads), rounds=3, warmup_rounds=1
    )
