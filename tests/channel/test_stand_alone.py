"""Accounting and capital work alone: from a clean interpreter, with plain inputs."""

from __future__ import annotations

import doctest
import importlib
import json
import subprocess
import sys

import pytest

MODULES = (
    "accounting",
    "accounting.decision_tree",
    "capital",
    "capital.irb",
    "capital.relief",
    "capital.securitization_weights",
)
CODE = """
import json, sys
import npl_sim.accounting, npl_sim.capital

facts = npl_sim.accounting.TransferFacts(
    carrying_amount=80.0, fair_value=90.0, proceeds=90.0, repurchase="fixed_price"
)

verdict = npl_sim.accounting.derecognition(facts)
weight = npl_sim.capital.irb.risk_weight(0.01, 0.45, "corporate")

packages = {m.split(".")[1] for m in sys.modules if m.startswith("npl_sim.")}
others = {m.split(".")[0] for m in sys.modules}

print(json.dumps([str(verdict.outcome), weight, sorted(packages), sorted(others)]))
"""


@pytest.mark.parametrize("name", MODULES)
def test_documented_examples_run(name):
    tests = doctest.DocTestFinder().find(importlib.import_module(f"npl_sim.{name}"))
    runner = doctest.DocTestRunner()
    tried = sum(runner.run(test).attempted for test in tests)
    assert tried and not runner.failures


def test_accounting_and_capital_need_no_simulation():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    outcome, weight, packages, others = json.loads(done.stdout)
    assert outcome == "keep"
    assert weight == pytest.approx(0.9232, abs=5e-5)  # Basel II, Annex 5, without the factor 1.06
    assert set(packages) <= {"accounting", "capital", "core", "resources"}
    assert not {"numba", "pandas", "matplotlib"} & set(others)


@pytest.mark.parametrize("package", ["accounting", "capital"])
def test_public_names_are_documented(package):
    module = importlib.import_module(f"npl_sim.{package}")
    for name in module.__all__:
        assert (getattr(module, name).__doc__ or "").strip(), name
