"""`--relative-paths`: a run folder holds no absolute path, and `diff` still finds its tape."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from npl_sim.core.masking import without_folders
from npl_sim.runs import recorded_paths as recorded
from npl_sim.runs.recorded_paths import recorded_path
from tests.builders.masked_studies import leaks
from tests.builders.studies import loan, study
from tests.cli.conftest import POLICY, SIZE

DEAL = Path(__file__).parents[1] / "deal" / "files" / "example.yaml"


@pytest.fixture
def sent(tmp_path):
    """A study in a folder, given by its absolute path, with a warning that names its file."""
    folder = tmp_path / "bank" / "studies"
    items = [{"collateral_id": "C", "loan_id": "L000001", "kind": "land", "appraisal_value": 500}]
    study(folder, [loan(i) for i in range(5)], POLICY, items, jurisdiction="IT", **SIZE)
    return folder / "study.yaml"


def test_no_file_of_the_folder_holds_an_absolute_path(command, sent, tmp_path):
    tape = f"tape.loans={sent.parent / 'loans.csv'}"
    for verb in ("price", "bid"):
        arguments = (
            verb,
            sent,
            "--set",
            tape,
            "--out",
            tmp_path / "runs" / verb,
            "--relative-paths",
            "--no-figures",
        )
        assert command(*arguments)[0] == 0
        assert leaks(tmp_path / "runs" / verb, str(tmp_path.parent)) == []
    manifest = json.loads((tmp_path / "runs" / "price" / "manifest.json").read_text())
    assert manifest["tape"][0]["path"] == "../../bank/studies/loans.csv"
    assert manifest["command"] == [
        "npl-sim",
        "price",
        "../../bank/studies/study.yaml",
        "--set",
        "tape.loans=../../bank/studies/loans.csv",
        "--out",
        ".",
        "--relative-paths",
        "--no-figures",
    ]
    issues = json.loads((tmp_path / "runs" / "price" / "summary.json").read_text())["issues"]
    assert any(issue["location"].startswith("study.yaml:") for issue in issues)


def test_deals_and_batches(command, sent, tmp_path):
    flows = tmp_path / "bank" / "flows.csv"
    flows.write_text("scenario,month,received\n1,3,50e6\n1,20,350e6\n", encoding="utf-8")
    arguments = (
        "deal",
        "run",
        DEAL,
        "--flows",
        flows,
        "--out",
        tmp_path / "deal",
        "--relative-paths",
        "--no-figures",
    )
    assert command(*arguments)[0] == 0
    assert leaks(tmp_path / "deal", str(tmp_path.parent)) == []
    broken = sent.with_name("broken.yaml")
    broken.write_text(
        sent.read_text(encoding="utf-8").replace("loans.csv", "nothing.csv"), encoding="utf-8"
    )
    assert command("batch", sent, broken, "--out", tmp_path / "batch", "--relative-paths")[0] == 4
    assert leaks(tmp_path / "batch", str(tmp_path.parent)) == []
    assert "../bank/studies/study.yaml" in (tmp_path / "batch" / "results.csv").read_text(
        encoding="utf-8-sig"
    )


def test_diff_finds_the_tape_from_the_run_folder_wherever_both_lie(
    command, sent, tmp_path, monkeypatch
):
    for name, seed in (("a", 1), ("b", 2)):
        out = tmp_path / "bank" / "runs" / name
        more = ("--seed", seed, "--relative-paths", "--no-figures")
        assert command("price", sent, "--out", out, *more)[0] == 0
    shutil.move(tmp_path / "bank", tmp_path / "elsewhere")
    (tmp_path / "third").mkdir()
    monkeypatch.chdir(tmp_path / "third")
    code, out, err = command("compare", "../elsewhere/runs/a", "../elsewhere/runs/b", "--quiet")
    assert (code, "price of the second run" in out) == (0, True), err


def test_a_path_through_the_root_or_the_homes_is_the_name_alone(tmp_path, monkeypatch):
    assert recorded_path("/etc/banks/tape.csv", tmp_path / "run") == "tape.csv"
    monkeypatch.setattr(recorded, "_home_parent", lambda: tmp_path.resolve())
    assert recorded_path(tmp_path / "anna" / "tape.csv", tmp_path / "bo" / "run") == "tape.csv"
    assert (
        recorded_path(tmp_path / "anna" / "tape.csv", tmp_path / "anna" / "run") == "../tape.csv"
    )


def test_a_message_keeps_the_names_of_files_beside_and_above():
    text = "/d/bank/s.yaml:3:1: market: /d/market/cn.yaml: does not exist; see x/d/bank/s.yaml"
    issues = without_folders(text, [Path("/d/bank/s.yaml")])
    assert issues == "s.yaml:3:1: market: market/cn.yaml: does not exist; see x/d/bank/s.yaml"
