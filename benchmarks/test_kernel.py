"""Benchmark of the engine and its peers: one package, one thread."""

from __future__ import annotations

import pytest

from benchmarks.inputs import load_case, prepare
from benchmarks.peers import plain, vectorized

GROUP = "simulation of 2,000 loans x 128 scenarios, one thread"


@pytest.mark.benchmark(group=GROUP)
def test_engine(benchmark, inputs):
    benchmark.extra_info["loan_paths"] = inputs.loan_paths
    benchmark(inputs.run_engine)


@pytest.mark.benchmark(group=GROUP)
def test_cpp(benchmark, inputs, library):
    benchmark.extra_info["loan_paths"] = inputs.loan_paths
    benchmark(inputs.run_cpp, library)


@pytest.mark.benchmark(group=GROUP)
def test_numpy(benchmark, inputs):
    benchmark.extra_info["loan_paths"] = inputs.loan_paths
    benchmark(vectorized.run, inputs)


@pytest.mark.benchmark(group="simulation of 60 loans x 8 scenarios, plain Python")
def test_plain_python(benchmark):
    small = prepare(load_case(60), tiles=1)
    benchmark.extra_info["loan_paths"] = 60 * 8
    benchmark.pedantic(plain.run, (small, 8), rounds=3)
