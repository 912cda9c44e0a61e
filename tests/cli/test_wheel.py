"""The built wheel holds all that the examples need: one is priced from it in an empty folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from npl_sim.resources.shipped import ROOT as RESOURCES

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The wheel, built without a network and unpacked to a folder of its own."""
    pytest.importorskip("hatchling", reason="the wheel is built by hatchling, which is not here")
    folder = tmp_path_factory.mktemp("wheel")
    options = ("--no-deps", "--no-build-isolation", "--no-index", "-q", "-w", str(folder))
    subprocess.run([sys.executable, "-m", "pip", "wheel", str(ROOT), *options], check=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(site, folder, *arguments):
    """Run a command of the installed program in a folder."""
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )


def test_the_wheel_holds_every_resource(installed):
    def found(root):
        files = (p for p in root.rglob("*") if p.is_file() and p.suffix != ".pyc")
        return sorted(p.relative_to(root).as_posix() for p in files)

    assert found(installed / "npl_sim" / "resources") == found(RESOURCES)


def test_an_example_is_priced_from_the_wheel_in_an_empty_folder(installed, tmp_path):
    where = run(installed, tmp_path, "-c", "import npl_sim; print(npl_sim.__file__)").stdout
    assert Path(where.strip()).is_relative_to(installed)
    program = ("-m", "npl_sim")
    run(installed, tmp_path, *program, "init", "mine", "--example", "italy")
    run(
        installed,
        tmp_path / "mine",
        *(*program, "price", "italy.yaml", "--scenarios", "30", "--no-figures", "--out", "run"),
    )
    summary = json.loads((tmp_path / "mine" / "run" / "summary.json").read_text(encoding="utf-8"))
    assert summary["price"]["mean"]["value"] > 0.0
