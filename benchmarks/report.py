"""Measures everything turn by turn and writes README.md: `python -m benchmarks.report [--full]`."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import waterfall
from benchmarks.inputs import Inputs, load_case, prepare
from benchmarks.measure import Times, interleaved, machine_facts
from benchmarks.peers import cpp, plain, vectorised
from benchmarks.probe import ROOT, ask
from npl_sim.engine.simulate import simulate
from npl_sim.layout import TILE

LOANS, TILES = 10_000, 2
PLAIN_LOANS, PLAIN_SCENARIOS = 60, 8
LOAN_STEPS = (1_000, 2_000, 4_000, 8_000)
TILE_STEPS = (1, 2, 4, 8)
THREAD_LOANS, THREAD_SCENARIOS = 10_000, 1_024
FULL = (10_000, 10_000)
RELAXED = ("-std=c++17", "-O3", "-march=native", "-ffast-math")


def say(text: str) -> None:
    """Print progress."""
    print(text, file=sys.stderr, flush=True)


def measure_peers() -> dict[str, Any]:
    """Time the engine and its peers on one package, one thread."""
    inputs = prepare(load_case(LOANS), TILES)
    functions = {"engine": inputs.walk_engine, "numpy": lambda: vectorised.run(inputs)}
    try:
        exact, relaxed = cpp.build(), cpp.build(RELAXED)
        functions["cpp"] = lambda: inputs.walk_cpp(exact)
        functions["cpp, relaxed"] = lambda: inputs.walk_cpp(relaxed)
    except cpp.NoCompiler as reason:
        say(str(reason))
    times = interleaved(functions, rounds=9)
    small = prepare(load_case(PLAIN_LOANS), tiles=1)
    slow = interleaved({"plain": lambda: plain.run(small, PLAIN_SCENARIOS)}, rounds=3)
    return {"times": times, "paths": inputs.loan_paths, "plain": slow}


def measure_scaling() -> dict[str, Times]:
    """Time the walk over growing packages and numbers of scenarios, and a whole run on threads."""
    by_loans = {n: prepare(load_case(n), tiles=1).walk_engine for n in LOAN_STEPS}
    by_tiles = {n: prepare(load_case(2_000), n).walk_engine for n in TILE_STEPS}
    case = load_case(THREAD_LOANS, simulation__scenarios=THREAD_SCENARIOS)
    halves = _halves(prepare(load_case(THREAD_LOANS), tiles=8))

    def on(threads: int) -> Any:
        return lambda: simulate(case.study, case.table, threads=threads)

    return {
        "loans": interleaved(by_loans, rounds=9),
        "tiles": interleaved(by_tiles, rounds=9),
        "threads": interleaved({1: on(1), 2: on(2)}, rounds=7),
        "walk": interleaved({1: lambda: _walk_on(1, halves), 2: lambda: _walk_on(2, halves)}, rounds=7),
    }


def _halves(inputs: Inputs) -> list[Inputs]:
    middle = len(inputs.factors) // 2
    return [replace(inputs, factors=f) for f in (inputs.factors[:middle], inputs.factors[middle:])]


def _walk_on(threads: int, halves: list[Inputs]) -> None:
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(Inputs.walk_engine, halves))


def measure_start() -> dict[str, Any]:
    """Time start-up: help beside the bare interpreter, first compilation, a warm process."""

    def python(*words: str) -> Any:
        return lambda: subprocess.run(
            [sys.executable, *words], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
        )

    times = interleaved({"bare": python("-c", "pass"), "help": python("-m", "npl_sim", "--help")}, rounds=9)
    with tempfile.TemporaryDirectory() as folder:
        cold = ask("start", NPL_SIM_CACHE_DIR=folder)
        warm = [ask("start", NPL_SIM_CACHE_DIR=folder) for _ in range(5)]
    ready = float(np.median([w["import"] + w["first_walk"] for w in warm]))
    return {"times": times, "cold": cold["first_walk"], "warm": ready}


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def peers_text(peers: dict[str, Any]) -> str:
    """Return the table of peers."""
    times, slow = peers["times"], peers["plain"].median("plain") / (PLAIN_LOANS * PLAIN_SCENARIOS)
    names = {
        "engine": "engine (numba)",
        "cpp": "C++, scalar, " + " ".join(cpp.FLAGS),
        "cpp, relaxed": "C++, scalar, " + " ".join(RELAXED),
        "numpy": "NumPy, vectorised",
    }
    rows = [
        (
            label,
            f"{1e9 * times.median(name) / peers['paths']:.0f}",
            "1" if name == "engine" else times.ratio_text(name, "engine"),
        )
        for name, label in names.items()
        if name in times.seconds
    ]
    own = times.median("engine") / peers["paths"]
    rows.append(("plain Python (the tests' twin)", f"{1e9 * slow:,.0f}", f"{slow / own:,.0f}"))
    return table(("version, one thread", "ns per loan-path", "its time / engine's (quartiles)"), rows)


def numpy_text(times: Times) -> str:
    """Return what the C++ peer gains over NumPy: how far a path at a time can go."""
    if "cpp" not in times.seconds:
        return ""
    return (
        f"Scalar C++ beats it {times.ratio('numpy', 'cpp'):.1f} times: that is what walking one path at a time "
        "gains over good arrays; more takes work on blocks of paths."
    )


def steps_text(times: Times, unit: str, scale: int) -> str:
    """Return the table of a scaling series: time per unit relative to the first step."""
    first, *_ = times.seconds
    rows = []
    for n in times.seconds:
        relative = times.ratio(n, first) * first / n
        rows.append((f"{n * scale:,}", f"{1e3 * times.median(n):.1f}", f"{relative:.2f}"))
    return table((unit, "ms", f"time per unit / that at {first * scale:,}"), rows)


def target(name: str, aim: str, found: str, reached: bool, why: str) -> tuple[str, ...]:
    """Return a row of the table of targets."""
    return name, aim, found, "reached" if reached else f"missed: {why}"


def targets_text(peers: dict[str, Any], scaling: dict[str, Times], start: dict[str, Any], full: Any) -> str:
    """Return the table of targets."""
    times, rows = peers["times"], []
    if "cpp" in times.seconds:
        ratio = times.ratio("engine", "cpp")
        why = f"{ratio / 1.1:.2f} times it"
        rows.append(target("one thread, against scalar C++", "1.1 x", f"{ratio:.2f} x", ratio <= 1.1, why))
    ratio = times.ratio("numpy", "engine")
    why = f"{ratio / 10:.2f} of it; see Peers"
    rows.append(target("one thread, against vectorised NumPy", "10 x", f"{ratio:.1f} x", ratio >= 10, why))
    ratio, walk = scaling["threads"].ratio(1, 2), scaling["walk"].ratio(1, 2)
    why = f"the walk alone gains {walk:.2f}; the rest is serial, or other work on the machine"
    rows.append(target("second thread, whole run", "1.8 x", f"{ratio:.2f} x", ratio >= 1.8, why))
    if full is not None:
        seconds, peak = full["simulate"] + full["price"], full["peak_gib"]
        name = "10,000 loans x 10,000 scenarios x 120 months, 2 threads"
        rows.append(target(name, "15 s", f"{seconds:.1f} s", seconds < 15, f"{seconds / 15:.2f} times it"))
        rows.append(target("its memory", "2 GiB", f"{peak:.2f} GiB", peak < 2, f"{peak / 2:.2f} times it"))
    over = start["times"].median("help") - start["times"].median("bare")
    rows.append(
        target(
            "help over the bare interpreter",
            "0.3 s",
            f"{over:.2f} s",
            over < 0.3,
            f"{over / 0.3:.1f} times it",
        )
    )
    warm, cold = start["warm"], start["cold"]
    rows.append(
        target(
            "warm process ready to simulate",
            "1.5 s",
            f"{warm:.2f} s",
            warm < 1.5,
            f"{warm / 1.5:.1f} times it",
        )
    )
    rows.append(target("first compilation", "60 s", f"{cold:.1f} s", cold < 60, f"{cold / 60:.1f} times it"))
    return table(("target", "aim", "found", "outcome"), rows)


TEXT = """# Benchmarks

Written by `python -m benchmarks.report --full`; do not edit. Ratios compare versions that took turns in one
run (A B A B; medians over the rounds); times are leads only.

{facts}

The package: the shipped study `configs/studies/first_package.yaml` over a made tape (credit cards, consumer
loans, firms and mortgages with collateral and guarantors, in every stage), 120 months.

## Targets

{targets}

## Peers

{loans:,} loans x {scenarios} scenarios, factors given, the walk alone.

{peers}

* The **C++ peer** (`peers/kernel.cpp`) is the engine's algorithm on the engine's draws; its flows equal the engine's to
  1e-9 in every cell, in the shipped study and in random worlds (`test_peers_agree.py`). Its records are generated from
  the engine's types. It is built without fused products and sums, as the engine is.
* The **NumPy peer** (`peers/vectorised.py`) walks every stage over blocks of {block:,} paths with NumPy's own generator,
  drawing only for the paths that need it. Nothing is left out but the totals that agencies' contracts ask for and
  the records of a pilot run. Its means equal the engine's within 5 standard errors for every kind of cash, in the
  shipped study and in random worlds that use every road of the model.
  {numpy_limit}
* **Plain Python** is the twin that the tests use ({plain_loans} loans x {plain_scenarios} scenarios, factors included).

## Scaling

{by_loans}

{by_scenarios}

Small packages pay more for each loan because each cohort (policy, group, age) has its tables laid out once per
scenario, however few loans share them.

{threads}

{full}

{waterfall}
## Start

{start}

## Do it again

    pip install -e .[dev]
    python -m benchmarks.report --full        # this page
    python -m benchmarks.waterfall            # its section on the waterfall alone
    pytest benchmarks --benchmark-only        # the same parts under pytest-benchmark; --full for the largest run
    pytest benchmarks/test_peers_agree.py     # that all peers walk the same model

Tests never run these. Without a C++ compiler that peer is skipped.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="also run 10,000 loans x 10,000 scenarios")
    wanted = parser.parse_args()
    facts = machine_facts()
    say("peers ...")
    peers = measure_peers()
    say("scaling ...")
    scaling = measure_scaling()
    say("start ...")
    start = measure_start()
    full = one = None
    if wanted.full:
        say("10,000 x 10,000 ...")
        full, one = (ask("price", *map(str, FULL), threads) for threads in ("2", "1"))
    rows = [
        (label, f"{t.median(1):.2f}", f"{t.median(2):.2f}", t.ratio_text(1, 2))
        for label, t in (
            ("whole run", scaling["threads"]),
            ("walk alone, 512 scenarios", scaling["walk"]),
        )
    ]
    sizes = f"{THREAD_LOANS:,} loans x {THREAD_SCENARIOS:,} scenarios"
    largest = ""
    if full is not None and one is not None:
        head = (
            "10,000 loans x 10,000 scenarios x 120 months",
            "simulate, s",
            "value, s",
            "peak, GiB",
            "planned, GiB",
        )
        cells = [
            (
                f"{n} thread" + "s" * (n != "1"),
                *(f"{x[k]:.2f}" for k in ("simulate", "price", "peak_gib", "planned_gib")),
            )
            for n, x in (("2", full), ("1", one))
        ]
        largest = table(head, cells)
    begun = start["times"]
    text = TEXT.format(
        facts=table(("fact", "value"), list(facts.items())),
        targets=targets_text(peers, scaling, start, full),
        loans=LOANS,
        scenarios=TILES * TILE,
        peers=peers_text(peers),
        numpy_limit=numpy_text(peers["times"]),
        block=vectorised.BLOCK_PATHS,
        plain_loans=PLAIN_LOANS,
        plain_scenarios=PLAIN_SCENARIOS,
        by_loans=steps_text(scaling["loans"], f"loans, {TILE} scenarios", 1),
        by_scenarios=steps_text(scaling["tiles"], "scenarios, 2,000 loans", TILE),
        threads=table((sizes, "1 thread, s", "2 threads, s", "gain (quartiles)"), rows),
        full=largest,
        waterfall=waterfall.section(),
        start=table(
            ("start", "s"),
            [
                ("bare interpreter", f"{begun.median('bare'):.3f}"),
                ("`npl-sim --help`", f"{begun.median('help'):.3f}"),
                ("imports and first walk, machine code cached", f"{start['warm']:.2f}"),
                ("first walk, nothing cached: compilation", f"{start['cold']:.1f}"),
            ],
        ),
    )
    (Path(__file__).parent / "README.md").write_text(text)
    say("README.md written")


if __name__ == "__main__":
    main()
