"""A run folder is the same bytes, its manifest aside, however and wherever the run was made."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders.studies import loan, study
from tests.cli.conftest import POLICY, SIZE


def content(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file but the manifest, by name."""
    files = (p for p in folder.rglob("*") if p.is_file() and p.name != "manifest.json")
    return {str(p.relative_to(folder)): p.read_bytes() for p in files}


@pytest.fixture
def sound(tmp_path):
    items = [{"collateral_id": "C", "loan_id": "L000001", "kind": "land", "appraisal_value": 500}]
    backers = [{"guarantor_id": f"G{i}", "loan_id": "L000002", "cap": 100 + i} for i in range(3)]
    study(
        tmp_path / "s",
        [loan(i, group_id=f"g{i % 2}") for i in range(9)],
        POLICY,
        items,
        backers,
        **SIZE,
    )
    return tmp_path / "s" / "study.yaml"


def test_threads_and_backend(command, sound, tmp_path):
    """Figures are drawn from the tables: two runs have them."""
    for name, more in (
        ("1", ("--threads", 1)),
        ("2", ("--threads", 2, "--no-figures")),
        ("own", ()),
    ):
        assert command("price", sound, "--out", name, *more)[0] == 0
    first = content(tmp_path / "1")
    assert "study.json" in first
    assert first == content(tmp_path / "own")
    drawn = {name for name in first if name.startswith("figures")}
    assert drawn and content(tmp_path / "2") == {k: first[k] for k in first.keys() - drawn}
    assert "threads" not in json.loads(first["study.json"])["simulation"]


def test_bid_book_and_contract(command, sound, tmp_path):
    contract = Path(__file__).parents[2] / "configs" / "channel" / "first_loss_guarantee.yaml"
    for verb, more in (("bid", ()), ("channel", ("--contract", contract))):
        for threads in (1, 2):
            arguments = (
                verb,
                sound,
                *more,
                "--threads",
                threads,
                "--out",
                f"{verb}{threads}",
                "--no-figures",
            )
            assert command(*arguments)[0] in (0, 5)
        assert content(tmp_path / f"{verb}1") == content(tmp_path / f"{verb}2")


def test_environment_of_the_process(sound, tmp_path):
    places = {
        "first": {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C.UTF-8"},
        "second": {"PYTHONHASHSEED": "77", "TZ": "Asia/Shanghai", "LC_ALL": "C"},
    }
    for name, more in places.items():
        arguments = [
            sys.executable,
            "-m",
            "npl_sim",
            "price",
            str(sound),
            "--out",
            str(tmp_path / name),
            "--quiet",
        ]
        root = str(Path(__file__).parents[2])
        subprocess.run(
            arguments, check=True, env={**os.environ, "PYTHONPATH": root, **more}, cwd=tmp_path
        )
    assert content(tmp_path / "first") == content(tmp_path / "second")
