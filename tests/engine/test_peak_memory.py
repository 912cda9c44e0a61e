"""A run and its valuation take at most the memory that is stated before they start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders.studies import loan, study

ROOT = Path(__file__).parents[2]
CHILD = """
import sys
from benchmarks.memory import peak_mib
from npl_sim.engine.run_estimate import estimate_resources
from npl_sim.engine.simulate import simulate
from npl_sim.runs.study_session import load_study
from npl_sim.valuation.price import price
case = load_study(sys.argv[1])
found = price(simulate(case.study, case.table), case.study.pricing)
stated = estimate_resources(case.study, case.table)
print(stated.detail, peak_mib() * 2**20, stated.peak_bytes)
"""


@pytest.mark.parametrize(
    ("detail", "scenarios"), [("kinds", 2500), ("totals", 50_000), ("streamed", 120_000)]
)
def test_the_peak_is_within_the_estimate(tmp_path, detail, scenarios):
    loans = [loan(i, product="abcd"[i % 4], principal=1000 + i) for i in range(12)]
    size = {"scenarios": scenarios, "detail": detail, "threads": 2, "group_by": "product"}
    size["memory_limit_gib"] = 4
    policy = {"collection": {"settle_hazard": 0.02}}
    study(tmp_path, loans, policy, simulation={"horizon_months": 120, "seed": 1, **size})
    child = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path / "study.yaml")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    found, taken, stated = child.stdout.split()
    assert found == detail
    # The estimate must not be far too high either.
    assert float(taken) <= float(stated)
    assert float(taken) > 0.6 * float(stated)
