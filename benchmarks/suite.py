"""Measures everything turn by turn, adds it to the history and writes the page: `python -m benchmarks.suite [--full]`.

Each measurement is a function that returns plain numbers: seconds of each version by round, so that any
ratio can be told with its quartiles later.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import history
from benchmarks.inputs import Inputs, load_case, prepare, without
from benchmarks.measure import interleaved, machine_facts
from benchmarks.peers import cpp, plain, vectorised
from benchmarks.probe import ROOT, ask
from npl_sim.engine.simulate import simulate

__all__ = ["MEASUREMENTS", "main"]

LOANS, TILES = 10_000, 2
PLAIN_LOANS, PLAIN_SCENARIOS = 60, 8
LOAN_STEPS = (1_000, 2_000, 4_000, 8_000)
TILE_STEPS = (1, 2, 4, 8)
THREAD_LOANS, THREAD_SCENARIOS = 10_000, 1_024
FULL = ("10000", "10000")
RELAXED = ("-std=c++17", "-O3", "-march=native", "-ffast-math")
STAGES = ("collection", "litigation", "judged", "enforcement", "plan", "dormant")
PARTS = ("agencies", "restructuring", "preservation", "litigation", "guarantors", "sale")


def say(text: str) -> None:
    """Print progress."""
    print(text, file=sys.stderr, flush=True)


def measure_peers() -> dict[str, Any]:
    """Time the engine and its peers on one package, one thread."""
    inputs = prepare(load_case(LOANS), TILES)
    functions: dict[str, Callable[[], Any]] = {
        "engine": inputs.walk_engine,
        "numpy": lambda: vectorised.run(inputs),
    }
    try:
        exact, relaxed = cpp.build(), cpp.build(RELAXED)
        functions["cpp"] = lambda: inputs.walk_cpp(exact)
        functions["cpp, relaxed"] = lambda: inputs.walk_cpp(relaxed)
    except cpp.NoCompiler as reason:
        say(str(reason))
    times = interleaved(functions, rounds=9)
    small = prepare(load_case(PLAIN_LOANS), tiles=1)
    slow = interleaved({"plain": lambda: plain.run(small, PLAIN_SCENARIOS)}, rounds=3)
    return {
        "seconds": times.plain(),
        "paths": inputs.loan_paths,
        "plain": slow.plain()["plain"],
        "plain_paths": PLAIN_LOANS * PLAIN_SCENARIOS,
    }


def measure_scaling() -> dict[str, Any]:
    """Time the walk over growing packages and numbers of scenarios, and a whole run on threads."""
    by_loans = {n: prepare(load_case(n), tiles=1).walk_engine for n in LOAN_STEPS}
    by_tiles = {n: prepare(load_case(2_000), n).walk_engine for n in TILE_STEPS}
    case = load_case(THREAD_LOANS, simulation__scenarios=THREAD_SCENARIOS)
    halves = _halves(prepare(load_case(THREAD_LOANS), tiles=8))

    def on(threads: int) -> Callable[[], Any]:
        return lambda: simulate(case.study, case.table, threads=threads)

    return {
        "loans": interleaved(by_loans, rounds=9).plain(),
        "tiles": interleaved(by_tiles, rounds=9).plain(),
        "threads": interleaved({1: on(1), 2: on(2)}, rounds=7).plain(),
        "walk": interleaved(
            {1: lambda: _walk_on(1, halves), 2: lambda: _walk_on(2, halves)}, rounds=7
        ).plain(),
    }


def _halves(inputs: Inputs) -> list[Inputs]:
    middle = len(inputs.factors) // 2
    return [replace(inputs, factors=f) for f in (inputs.factors[:middle], inputs.factors[middle:])]


def _walk_on(threads: int, halves: list[Inputs]) -> None:
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(Inputs.walk_engine, halves))


def measure_stages() -> dict[str, Any]:
    """Time what each stage costs: loans by where they stand, and the package with a part of its work-out left out."""
    case = load_case(LOANS)
    standing: dict[str, Any] = {}
    for stage in STAGES:
        own = case.table.loans[case.table.loans["stage"] == stage]
        if len(own) >= 50:
            standing[stage] = prepare(without(case, rows=own.index), tiles=TILES)
    whole = prepare(case, tiles=TILES)
    parts = {part: prepare(without(case, part=part), tiles=TILES) for part in PARTS}
    return {
        "standing": interleaved({s: i.walk_engine for s, i in standing.items()}, rounds=7).plain(),
        "paths": {s: i.loan_paths for s, i in standing.items()},
        "parts": interleaved(
            {"whole": whole.walk_engine, **{p: i.walk_engine for p, i in parts.items()}}, rounds=7
        ).plain(),
        "whole_paths": whole.loan_paths,
    }


def measure_start() -> dict[str, Any]:
    """Time start-up: help beside the bare interpreter, first compilation, a warm process."""

    def python(*words: str) -> Callable[[], Any]:
        return lambda: subprocess.run(
            [sys.executable, *words], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
        )

    times = interleaved({"bare": python("-c", "pass"), "help": python("-m", "npl_sim", "--help")}, rounds=9)
    with tempfile.TemporaryDirectory() as folder:
        cold = ask("start", NPL_SIM_CACHE_DIR=folder)
        warm = [ask("start", NPL_SIM_CACHE_DIR=folder) for _ in range(5)]
    ready = float(np.median([w["import"] + w["first_walk"] for w in warm]))
    return {"seconds": times.plain(), "cold": cold["first_walk"], "warm": ready}


def measure_full() -> dict[str, Any]:
    """Price 10,000 loans in 10,000 scenarios on two threads and on one."""
    return {threads: ask("price", *FULL, threads) for threads in ("2", "1")}


def _installable() -> dict[str, Any]:
    from benchmarks.installable import measure_installable

    return measure_installable()


def measure_waterfall() -> dict[str, Any]:
    """Time a deal of 15 steps over 40 dates in 10,000 scenarios beside a plain loop of the same deal."""
    from benchmarks import waterfall
    from benchmarks.deal import DATES, STEPS

    return {
        "seconds": waterfall.measure().plain(),
        "scenarios": waterfall.SCENARIOS,
        "plain_scenarios": waterfall.PLAIN_SCENARIOS,
        "dates": DATES,
        "steps": STEPS,
    }


MEASUREMENTS: dict[str, Callable[[], dict[str, Any]]] = {
    "peers": measure_peers,
    "installable": _installable,
    "scaling": measure_scaling,
    "stages": measure_stages,
    "waterfall": measure_waterfall,
    "start": measure_start,
    "full": measure_full,
}
"""What the suite measures, by name."""

LONG = ("full",)
"""Measurements that run only where they are asked for."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="also what takes minutes: " + ", ".join(LONG))
    parser.add_argument(
        "--only", nargs="+", choices=MEASUREMENTS, help="measure these alone; the page keeps the rest"
    )
    wanted = parser.parse_args()
    names = wanted.only or [n for n in MEASUREMENTS if wanted.full or n not in LONG]
    facts = machine_facts()
    results = {}
    for name in names:
        say(f"{name} ...")
        results[name] = MEASUREMENTS[name]()
    history.append(facts, results)
    from benchmarks.page import write_page

    write_page(history.read(), Path(__file__).parent)
    say("history.jsonl, README.md and figures written")


if __name__ == "__main__":
    main()
