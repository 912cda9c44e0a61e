"""Every test file has one layer, and the list of layers names files that exist."""

from __future__ import annotations

import os
import subprocess
import sys
from fnmatch import fnmatch
from types import SimpleNamespace

import pytest

from tests.conftest import LAYERS, ROOT, layer_of
from tests.unit_limits import MOST_LOAN_PATHS, unit_limits

FILES = [p.relative_to(ROOT).as_posix() for p in (ROOT / "tests").rglob("test_*.py")]


@pytest.mark.parametrize("layer", LAYERS)
def test_patterns_match_files(layer):
    unused = [p for p in LAYERS[layer] if not any(fnmatch(f, p) for f in FILES)]
    assert not unused


def test_no_file_has_two_layers():
    for file in FILES:
        found = [n for n, patterns in LAYERS.items() if any(fnmatch(file, p) for p in patterns)]
        assert len(found) <= 1, (file, found)


def test_unlisted_files_are_unit_tests():
    assert layer_of("tests/stats/test_irr.py") == "unit"
    assert layer_of("tests/cli/test_cli.py") == "end_to_end"


def test_a_unit_test_starts_no_process():
    """This file is a unit test itself."""
    with pytest.raises(pytest.fail.Exception, match="starts a process"):
        subprocess.run([sys.executable, "-c", ""])
    with pytest.raises(pytest.fail.Exception, match="starts a process"):
        os.fork()


def test_a_unit_test_simulates_a_small_package_only(monkeypatch):
    class Simulator:
        model = SimpleNamespace(package=SimpleNamespace(loans=range(100)))

        def simulate(self, first, count):
            return first + count

    monkeypatch.setitem(sys.modules, "npl_sim.engine.tile", SimpleNamespace(Simulator=Simulator))
    most = MOST_LOAN_PATHS // 100
    with unit_limits():
        assert Simulator().simulate(0, most) == most
        with pytest.raises(pytest.fail.Exception, match="50,100 loan paths"):
            Simulator().simulate(most, 1)
    assert Simulator().simulate(0, 10 * most) == 10 * most
