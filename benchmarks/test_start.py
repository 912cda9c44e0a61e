"""Benchmarks of start-up, compilation and the largest run (with --full)."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks.probe import ROOT, price, ready


def run_python(*arguments):
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize(
    "arguments", [("-c", "pass"), ("-m", "npl_sim", "--help")], ids=["bare", "help"]
)
@pytest.mark.benchmark(group="start of the interpreter")
def test_help(benchmark, arguments):
    benchmark.pedantic(run_python, arguments, rounds=9, warmup_rounds=1)


@pytest.mark.parametrize("figures", ["--figures", "--no-figures"])
@pytest.mark.benchmark(group="price of the shipped package, kernel cached")
def test_price(benchmark, tmp_path, figures):
    """Targets on a quiet machine of 2 cores: 2.2 s with figures, 1.5 s without."""
    study = "configs/studies/first_package.yaml"
    command = ("-m", "npl_sim", "price", study, "--quiet", "--force", "--out", str(tmp_path / "a"))
    benchmark.pedantic(run_python, (*command, figures), rounds=5, warmup_rounds=1)


@pytest.mark.benchmark(group="start-up of a process to its first tile")
def test_cold(benchmark, tmp_path):
    folders = iter(str(tmp_path / str(n)) for n in range(9))
    answer = benchmark.pedantic(lambda: ready(NPL_SIM_CACHE_DIR=next(folders)), rounds=1)
    benchmark.extra_info.update(answer)


@pytest.mark.benchmark(group="start-up of a process to its first tile")
def test_warm(benchmark):
    answer = benchmark.pedantic(ready, rounds=3, warmup_rounds=1)
    benchmark.extra_info.update(answer)


@pytest.mark.benchmark(group="10,000 loans x 10,000 scenarios x 120 months, 2 threads")
def test_full(benchmark, request):
    if not request.config.getoption("--full"):
        pytest.skip("needs --full; takes about 30 seconds and up to 2 GiB")
    answer = benchmark.pedantic(lambda: price(10_000, 10_000, 2), rounds=1)
    benchmark.extra_info.update(answer)
    assert answer["peak_gib"] < 2.0
