"""Measurements that need a process of their own: `python -m benchmarks.probe WHAT`; prints JSON."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

__all__ = ["ask"]

ROOT = Path(__file__).parents[1]


def ask(*words: str, **environment: str) -> dict[str, Any]:
    """Return what a fresh process measures."""
    import subprocess

    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.probe", *words],
        cwd=ROOT,
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def _peak_gib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2.0**20


def _start() -> dict[str, float]:
    """Time from a started interpreter to the first walked tile: imports, then machine code."""
    began = time.perf_counter()
    import npl_sim.engine.simulate  # noqa: F401

    imported = time.perf_counter()
    from benchmarks.inputs import load_case, prepare

    inputs = prepare(load_case(20), tiles=1)
    ready = time.perf_counter()
    inputs.walk_engine()
    return {"import": imported - began, "first_walk": time.perf_counter() - ready}


def _price(loans: int, scenarios: int, threads: int) -> dict[str, float]:
    """Time and memory of a whole pricing, compiled and with its tape read beforehand."""
    from benchmarks.inputs import load_case
    from npl_sim.api import Case

    case: Case = load_case(loans, simulation__scenarios=scenarios)
    load_case(20, simulation__scenarios=2).simulate()
    before = _peak_gib()
    began = time.perf_counter()
    flows = case.simulate(threads=threads)
    simulated = time.perf_counter()
    from npl_sim.valuation.price import price

    price(flows, case.study.pricing, case.study.currency)
    return {
        "simulate": simulated - began,
        "price": time.perf_counter() - simulated,
        "peak_before_gib": before,
        "peak_gib": _peak_gib(),
        "planned_gib": case.plan().peak_bytes / 2.0**30,
    }


def main() -> None:
    what, *rest = sys.argv[1:]
    answer = {"start": _start, "price": _price}[what](*(int(word) for word in rest))
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
