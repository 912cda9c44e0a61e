"""Measurements in a separate process: `python -m benchmarks.probe LOANS SCENARIOS THREADS`.

The command prints JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.memory import peak_mib

__all__ = ["ROOT", "answer", "price", "ready"]

ROOT = Path(__file__).parents[1]


def price(loans: int, scenarios: int, threads: int) -> dict[str, float]:
    """Return seconds and memory of a pricing in a new process."""
    return answer("benchmarks.probe", {}, str(loans), str(scenarios), str(threads))


def ready(**environment: str) -> dict[str, float]:
    """Return the seconds of a new process up to its first tile, in total and by step."""
    began = time.perf_counter()
    steps = answer("benchmarks.ready", environment)
    return {"whole": time.perf_counter() - began, **steps}


def answer(module: str, environment: dict[str, str], *arguments: str) -> dict[str, float]:
    """Return the JSON that a module prints in a new process."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _price(loans: int, scenarios: int, threads: int) -> dict[str, float]:
    """Return time and memory of a pricing whose code is compiled and whose tape is read."""
    from benchmarks.inputs import load_case
    from npl_sim.runs.study_session import StudySession

    case: StudySession = load_case(loans, simulation__scenarios=scenarios)
    load_case(20, simulation__scenarios=2).simulate()
    before = peak_mib() / 1024.0
    began = time.perf_counter()
    flows = case.simulate(threads=threads)
    simulated = time.perf_counter()
    from npl_sim.valuation.price import price as value

    value(flows, case.study.pricing, case.study.currency)
    return {
        "simulate": simulated - began,
        "price": time.perf_counter() - simulated,
        "peak_before_gib": before,
        "peak_gib": peak_mib() / 1024.0,
        "planned_gib": case.plan().peak_bytes / 2.0**30,
    }


if __name__ == "__main__":
    print(json.dumps(_price(*(int(argument) for argument in sys.argv[1:]))))
