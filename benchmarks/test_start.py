"""Start-up, compilation, and the largest run (with --full)."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks.probe import ROOT, ask


def run_python(*words):
    subprocess.run([sys.executable, *words], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize("words", [("-c", "pass"), ("-m", "npl_sim", "--help")], ids=["bare", "help"])
@pytest.mark.benchmark(group="start of the interpreter")
def test_help(benchmark, words):
    benchmark.pedantic(run_python, words, rounds=9, warmup_rounds=1)


@pytest.mark.benchmark(group="first walk of a process")
def test_cold(benchmark, tmp_path):
    folders = iter(str(tmp_path / str(n)) for n in range(9))
    answer = benchmark.pedantic(lambda: ask("start", NPL_SIM_CACHE_DIR=next(folders)), rounds=1)
    benchmark.extra_info.update(answer)


@pytest.mark.benchmark(group="first walk of a process")
def test_warm(benchmark, inputs):
    answer = benchmark.pedantic(lambda: ask("start"), rounds=3, warmup_rounds=1)
    benchmark.extra_info.update(answer)


@pytest.mark.benchmark(group="10,000 loans x 10,000 scenarios x 120 months, 2 threads")
def test_full(benchmark, request):
    if not request.config.getoption("--full"):
        pytest.skip("runs with --full: it takes some 30 seconds and up to 2 GiB")
    answer = benchmark.pedantic(lambda: ask("price", "10000", "10000", "2"), rounds=1)
    benchmark.extra_info.update(answer)
    assert answer["peak_gib"] < 2.0
