"""The file of mutants, and the run of one in a copy of the project."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
FILE = Path(__file__).with_name("mutants.yaml")
COPIED = ("npl_sim", "tests", "configs", "docs", "benchmarks", "notebooks")
COPIED_FILES = ("pyproject.toml", "README.md", "CHANGELOG.md", "CONTRIBUTING.md")
RED = 1
"""Exit code of pytest where a test failed."""


@dataclass(frozen=True)
class Mutant:
    """One broken formula.

    Attributes
    ----------
    name
        Name of the mutant.
    breaks
        What a user would see wrong.
    file
        File of the formula, relative to the project.
    formula, broken
        Text that occurs once in the file, and what takes its place.
    tests
        Arguments of pytest: the tests of which one must fail.
    """

    name: str
    breaks: str
    file: str
    formula: str
    broken: str
    tests: tuple[str, ...]

    def apply(self, root: Path) -> str:
        """Break the formula in a copy of the project and return the file's former text.

        Raises
        ------
        ValueError
            If the formula does not occur exactly once.
        """
        path = root / self.file
        text = path.read_text(encoding="utf-8")
        count = text.count(self.formula)
        if count != 1:
            raise ValueError(
                f"{self.name}: {self.file} holds the formula {count} times; expected once"
            )
        path.write_text(text.replace(self.formula, self.broken), encoding="utf-8")
        return text


def read_mutants() -> list[Mutant]:
    """Return the mutants of the file."""
    rows = YAML(typ="safe").load(FILE.read_text(encoding="utf-8"))
    return [Mutant(**{**row, "tests": tuple(row["tests"])}) for row in rows]


def copy_project(into: Path) -> Path:
    """Copy what the tests need, and return the copy's folder."""
    hidden = shutil.ignore_patterns("__pycache__", ".*", "*.pyc")
    for name in COPIED:
        shutil.copytree(ROOT / name, into / "project" / name, ignore=hidden)
    for name in COPIED_FILES:
        shutil.copy2(ROOT / name, into / "project" / name)
    shared = ROOT.parent / "shared"
    if shared.is_dir():
        (into / "shared").symlink_to(shared)
    return into / "project"


def run_tests(root: Path, tests: tuple[str, ...]) -> int:
    """Run tests in a copy of the project and return pytest's exit code."""
    # Stale bytecode would hide a mutant of the same size and second.
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "-n",
        "0",
        "-p",
        "no:cacheprovider",
        *tests,
    ]
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode


def verdict(root: Path, mutant: Mutant) -> str:
    """Return ``killed`` where a test turns red, ``survives``, or what went wrong."""
    before = mutant.apply(root)
    try:
        code = run_tests(root, mutant.tests)
    finally:
        (root / mutant.file).write_text(before, encoding="utf-8")
    if code == RED:
        return "killed"
    return "survives" if code == 0 else f"not run: pytest ended with {code}"
