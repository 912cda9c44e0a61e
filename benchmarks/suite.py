"""Run all benchmarks and write the page: `python -m benchmarks.suite [--full]`.

Each measurement is a function that returns the seconds of each version by round. The page can
then report any ratio with its quartiles. The results are added to the history.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import history
from benchmarks.inputs import Inputs, load_case, load_core, prepare, without
from benchmarks.measure import Load, interleaved, machine_facts
from benchmarks.peers import cpp, plain, vectorized
from benchmarks.probe import ROOT, price, ready
from npl_sim.engine.simulate import simulate
from npl_sim.runs.study_session import StudySession

__all__ = ["MEASUREMENTS", "main", "thread_counts"]

LOANS, TILES = 10_000, 2
PLAIN_LOANS, PLAIN_SCENARIOS = 60, 8
LOAN_STEPS = (1_000, 2_000, 4_000, 8_000)
TILE_STEPS = (1, 2, 4, 8)
THREAD_LOANS, THREAD_SCENARIOS = 10_000, 1_024
FULL_LOANS, FULL_SCENARIOS, FULL_ROUNDS = 10_000, 10_000, 2
COLD_ROUNDS, WARM_ROUNDS = 2, 5
STAGES = ("collection", "litigation", "judged", "enforcement", "plan", "dormant")
PARTS = ("agencies", "restructuring", "preservation", "litigation", "guarantors", "sale")


def report(text: str) -> None:
    """Print progress."""
    print(text, file=sys.stderr, flush=True)


def measure_peers() -> dict[str, Any]:
    """Time the engine and its peers on one thread, on the whole model."""
    return _peers(load_case)


def measure_core() -> dict[str, Any]:
    """Time the engine and its peers on one thread, on the core study of the peers."""
    return _peers(load_core)


def _peers(load: Callable[[int], StudySession]) -> dict[str, Any]:
    """Time the engine and its peers; plain Python runs a smaller package."""
    inputs = prepare(load(LOANS), TILES)
    small = prepare(load(PLAIN_LOANS), tiles=1)
    functions: dict[str, Callable[[], Any]] = {
        "engine": inputs.run_engine,
        "numpy": lambda: vectorized.run(inputs),
        "plain": lambda: plain.run(small, PLAIN_SCENARIOS),
    }
    flags = {}
    for compiler in cpp.COMPILERS:
        for kind, options in (("", cpp.FLAGS), (", relaxed", cpp.RELAXED)):
            try:
                library = cpp.build(options, compiler)
            except cpp.NoCompiler as reason:
                report(str(reason))
                break
            name = ("cpp" if compiler == "g++" else compiler) + kind
            functions[name] = lambda library=library: inputs.run_cpp(library)
            flags[name] = " ".join((compiler, *options))
    return {
        "seconds": interleaved(functions, rounds=9).plain(),
        "flags": flags,
        "paths": inputs.loan_paths,
        "plain_paths": len(small.model.package.loans) * PLAIN_SCENARIOS,
    }


def thread_counts() -> tuple[int, ...]:
    """Return 1, 2, 4 and so on, up to the number of cores of this machine."""
    cores = os.cpu_count() or 1
    powers = [2**n for n in range(cores.bit_length())]
    return tuple(sorted({*powers, cores}))


def measure_scaling() -> dict[str, Any]:
    """Time the simulation by loans, scenarios and threads, and a whole run by threads."""
    by_loans = {n: prepare(load_case(n), tiles=1).run_engine for n in LOAN_STEPS}
    by_tiles = {n: prepare(load_case(2_000), n).run_engine for n in TILE_STEPS}
    case = load_case(THREAD_LOANS, simulation__scenarios=THREAD_SCENARIOS)
    counts = thread_counts()
    tiles = max(8, counts[-1])
    inputs = prepare(load_case(THREAD_LOANS), tiles)
    shares = {n: _shares(inputs, n) for n in counts}
    return {
        "loans": interleaved(by_loans, rounds=9).plain(),
        "tiles": interleaved(by_tiles, rounds=9).plain(),
        "threads": interleaved(
            {n: lambda n=n: simulate(case.study, case.table, threads=n) for n in counts}, rounds=7
        ).plain(),
        "kernel": interleaved(
            {n: lambda n=n: _run_on(shares[n]) for n in counts}, rounds=7
        ).plain(),
        "kernel_tiles": tiles,
    }


def _shares(inputs: Inputs, count: int) -> list[Inputs]:
    """Return the tiles distributed over `count` threads."""
    return [replace(inputs, factors=inputs.factors[n::count]) for n in range(count)]


def _run_on(shares: list[Inputs]) -> None:
    with ThreadPoolExecutor(len(shares)) as pool:
        list(pool.map(Inputs.run_engine, shares))


def measure_stages() -> dict[str, Any]:
    """Time loans by their stage at the start, and the package without one part at a time."""
    case = load_case(LOANS)
    standing: dict[str, Any] = {}
    for stage in STAGES:
        own = case.table.loans[case.table.loans["stage"] == stage]
        if len(own) >= 50:
            standing[stage] = prepare(without(case, rows=own.index), tiles=TILES)
    whole = prepare(case, tiles=TILES)
    parts = {part: prepare(without(case, part=part), tiles=TILES) for part in PARTS}
    return {
        "standing": interleaved({s: i.run_engine for s, i in standing.items()}, rounds=7).plain(),
        "paths": {s: i.loan_paths for s, i in standing.items()},
        "parts": interleaved(
            {"whole": whole.run_engine, **{p: i.run_engine for p, i in parts.items()}}, rounds=7
        ).plain(),
        "whole_paths": whole.loan_paths,
    }


def measure_phases() -> dict[str, Any]:
    """Time a whole pricing by phase, on one thread."""
    from benchmarks import phases

    return phases.measure(THREAD_LOANS, THREAD_SCENARIOS, rounds=4)


def measure_start() -> dict[str, Any]:
    """Time start-up: bare interpreter, help, first compilation and a warm process."""

    def python(*arguments: str) -> Callable[[], Any]:
        return lambda: subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
        )

    times = interleaved(
        {"bare": python("-c", "pass"), "help": python("-m", "npl_sim", "--help")}, rounds=9
    )
    with tempfile.TemporaryDirectory() as folder:
        cold = [ready(NPL_SIM_CACHE_DIR=f"{folder}/{n}") for n in range(COLD_ROUNDS)]
        warm = [ready(NPL_SIM_CACHE_DIR=f"{folder}/0") for _ in range(WARM_ROUNDS)]
    return {"seconds": times.plain(), "cold_runs": cold, "warm_runs": warm}


def measure_full() -> dict[str, Any]:
    """Price 10,000 loans in 10,000 scenarios on two threads and on one, alternating."""
    runs: dict[str, list[dict[str, float]]] = {"2": [], "1": []}
    for _ in range(FULL_ROUNDS):
        for threads, done in runs.items():
            done.append(price(FULL_LOANS, FULL_SCENARIOS, int(threads)))
    return runs


def _installable() -> dict[str, Any]:
    from benchmarks.installable import measure_installable

    return measure_installable()


def _commands() -> dict[str, Any]:
    from benchmarks.commands import measure

    return measure()


def _precision() -> dict[str, Any]:
    from benchmarks.precision import measure

    return measure()


def _reading() -> dict[str, Any]:
    from benchmarks.reading import measure

    return measure()


def measure_waterfall() -> dict[str, Any]:
    """Time a deal (15 steps, 40 dates, 10,000 scenarios), and the same deal in plain Python."""
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
    "core": measure_core,
    "installable": _installable,
    "scaling": measure_scaling,
    "stages": measure_stages,
    "phases": measure_phases,
    "waterfall": measure_waterfall,
    "start": measure_start,
    "commands": _commands,
    "reading": _reading,
    "precision": _precision,
    "full": measure_full,
}
"""Measurements of the suite by name."""

LONG = ("full", "precision", "reading")
"""Measurements that run only on request."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--full", action="store_true", help="also run the long measurements: " + ", ".join(LONG)
    )
    parser.add_argument(
        "--only",
        nargs="+",
        choices=MEASUREMENTS,
        help="run these measurements only; the page keeps the others",
    )
    options = parser.parse_args()
    names = options.only or [n for n in MEASUREMENTS if options.full or n not in LONG]
    commit, facts, load = history.commit(), machine_facts(), Load()
    results, loads = {}, {}
    for name in names:
        loads[name] = load.now()
        report(f"{name} ... (load {loads[name]['load']:.1f}, own {loads[name]['own']:.1f})")
        results[name] = MEASUREMENTS[name]()
    history.append(commit, facts, results, loads)
    from benchmarks.page import write_page

    write_page(history.read(), Path(__file__).parent)
    report("history.jsonl, README.md and figures written")


if __name__ == "__main__":
    main()
