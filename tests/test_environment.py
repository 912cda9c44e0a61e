"""Versions of dependencies: bounds, the constraints file, and breaks in newer libraries."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]
TESTED = ROOT / ".ci" / "tested.txt"


def _load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


pins = _load(ROOT / ".ci" / "pins.py")
LINES = [
    line
    for line in TESTED.read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
PINNED = [Requirement(line) for line in LINES]
PYTHONS = ["3.11", "3.12", "3.13"]


def pinned_for(python):
    environment = {"python_version": python, "python_full_version": f"{python}.9", "extra": ""}
    return {
        pins.name_of(r.name): r
        for r in PINNED
        if r.marker is None or r.marker.evaluate(environment)
    }


def test_constraints_are_pins_and_nothing_else():
    """No options, addresses or paths: the user who installs chooses the index."""
    assert len(LINES) > 50 and all(
        re.fullmatch(r"[a-z0-9-]+==[\w.]+( ; .+)?", line) for line in LINES
    )
    assert "://" not in TESTED.read_text(encoding="utf-8")


@pytest.mark.parametrize("python", PYTHONS)
def test_constraints_cover_every_direct_dependency_within_its_bounds(python):
    found = pinned_for(python)
    for one in pins.direct():
        pin = found.get(pins.name_of(one.name))
        assert pin is not None, f"{one.name}: run nox -s constraints"
        (version,) = (s.version for s in pin.specifier)
        assert one.specifier.contains(version), f"{pin}: expected {one}"


def test_every_dependency_has_one_lower_bound_and_what_is_installed_keeps_it():
    lowest = pins.lowest(pins.direct())
    assert {"typer", "click", "matplotlib", "quantlib", "numpy", "pandas"} <= set(lowest)
    for name, version in lowest.items():
        try:
            installed = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # nox and the like, which tests do not need
        assert Version(installed) >= version, name


def test_lowest_takes_the_higher_of_two_bounds(tmp_path):
    project_text = """\
[project]
name = "p"
dependencies = ["a_b>=1", "a-b>=2; python_version >= '3'", "c>=3,<9"]
"""
    more = """\
[project.optional-dependencies]
x = ["d>=4"]
dev = ["p[x]", "e>=5; python_version < '3'"]
"""
    file = tmp_path / "pyproject.toml"
    file.write_text(project_text + more, encoding="utf-8")
    assert {n: str(v) for n, v in pins.lowest(pins.direct(project=file)).items()} == {
        "a-b": "2",
        "c": "3",
        "d": "4",
    }
    file.write_text(project_text.replace("c>=3,<9", "c") + more, encoding="utf-8")
    with pytest.raises(ValueError, match=r"pyproject.toml: c: expected one lower bound"):
        pins.lowest(pins.direct(project=file))


def test_missing_dates_have_a_unit():
    """NumPy 2.5 warns of dates and time spans without a unit; it needs Python 3.12."""
    for path in (*ROOT.glob("npl_sim/**/*.py"), *ROOT.glob("tests/**/*.py")):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"64\(.NaT.\)", text), path.name


def test_the_constraints_state_how_they_are_made():
    assert "nox -s constraints" in TESTED.read_text(encoding="utf-8").splitlines()[1]
    assert re.search(r"(?m)^def constraints\(", (ROOT / "noxfile.py").read_text(encoding="utf-8"))
