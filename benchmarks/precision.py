"""Precision per second: cost of a given error, against plain sampling, in CPU seconds."""

from __future__ import annotations

import time
from typing import Any

from benchmarks.inputs import STUDY, load_case
from npl_sim.engine.simulate import Sampling, warm_up
from npl_sim.runs.study_session import StudySession, load_study

__all__ = ["CASES", "gain", "measure"]

SIMPLE = {"buyer.measure": "expectation", "buyer.level": None}
"""A bid in expectation, with the shipped debt and tax."""

BARE = {**SIMPLE, "buyer.debt": None, "buyer.tax": None}
"""A bid in expectation without debt and tax."""

CASES: dict[str, tuple[int, str, dict[str, Any]]] = {
    "price, shipped": (0, "price", {}),
    "price, 20,000 loans": (20_000, "price", {}),
    "bid in expectation, shipped": (0, "bid", BARE),
    "bid in expectation with debt and tax, shipped": (0, "bid", SIMPLE),
    "bid at a probability of 60 %, shipped": (0, "bid", {}),
}
"""Loans (0: the shipped tape), quantity and changes of the study."""

WANTED = 0.001
LEAST = 256
PLAIN = 256
"""Plain scenarios that are timed, after the first tile."""


def case_of(name: str, seed: int, wanted: float, loans: int = 0) -> StudySession:
    """Return the study of a case with a seed; `loans` overrides the size of its tape."""
    size, quantity, changes = CASES[name]
    settings = {"precision": wanted, "precision_of": quantity, "scenarios": LEAST, "threads": 1}
    overrides = {f"simulation.{key}": value for key, value in settings.items()}
    overrides |= {"simulation.seed": seed, **changes}
    if not (loans or size):
        return load_study(STUDY, overrides)
    named = {key.replace(".", "__"): value for key, value in overrides.items()}
    return load_case(loans or size, **named)


def gain(case: StudySession) -> dict[str, float]:
    """Return the gain of a run to a precision over plain sampling, in time.

    The whole run counts, with its trial run and its estimates. Plain sampling counts the
    simulation of as many scenarios as the same interval would need, without a valuation.
    """
    warm_up(case.study, case.table)
    plain = Sampling(case.study, case.table, threads=1)
    plain.to(64)
    began = time.process_time()
    plain.to(64 + PLAIN)
    each = (time.process_time() - began) / PLAIN
    began = time.process_time()
    result = case.simulate().precision
    spent = time.process_time() - began
    if result is None:
        raise ValueError("simulation.precision is not set")
    return {
        "gain": result.plain_scenarios * each / spent,
        "work": result.gain,
        "scenarios": result.scenarios,
        "seconds": spent,
        "plain_ms": 1e3 * each,
        "half_width": result.half_width,
    }


def measure(rounds: int = 5, wanted: float = WANTED, loans: int = 0) -> dict[str, Any]:
    """Return the gains of every case, one round for each seed, the cases in turn."""
    found: dict[str, dict[str, list[float]]] = {
        name: {"gains": [], "work": [], "scenarios": []} for name in CASES
    }
    for seed in range(1, rounds + 1):
        for name, lists in found.items():
            one = gain(case_of(name, seed, wanted, loans))
            for key, values in lists.items():
                values.append(one["gain" if key == "gains" else key])
    return found
