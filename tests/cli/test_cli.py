"""The command line as a user meets it: twice in a process of its own, and then in this one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from npl_sim.core.errors import RunFolderError
from npl_sim.runs.folder import open_run
from npl_sim.study.fingerprint import study_hash
from tests.builders.studies import loan, study, write_csv

POLICY = {"collection": {"settle_hazard": 0.03, "payment_rate": 0.01}, "residual_share": 0.1}
SIZE = {"simulation": {"scenarios": 100, "horizon_months": 36, "seed": 4}}


ROOT = Path(__file__).parents[2]


def run_program(*arguments):
    """Run the command line in a process of its own."""
    command = [sys.executable, "-m", "npl_sim", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, capture_output=True, text=True, env=environment, encoding="utf-8"
    )


@dataclass(frozen=True)
class Done:
    """What came of a command, with the names of `subprocess`."""

    returncode: int | None
    stdout: str
    stderr: str


@pytest.fixture
def run(command, monkeypatch):
    """Run the command line in this process, which starts faster."""

    def run(*arguments, cwd=None):
        if cwd is not None:
            monkeypatch.chdir(cwd)
        code, output, messages = command(*arguments)
        return Done(code or 0, output, messages)

    return run


@pytest.fixture
def small(tmp_path):
    study(
        tmp_path, [loan(i, product="ab"[i % 2], region="east") for i in range(8)], POLICY, **SIZE
    )
    return tmp_path / "study.yaml"


def test_price_writes_a_whole_run_folder(small, tmp_path):
    out = tmp_path / "runs" / "one"
    done = run_program("price", small, "--out", out)
    assert done.returncode == 0, done.stderr
    assert "Value " in done.stdout and "Bid " not in done.stdout
    assert "8 loans x 100 scenarios x 36 months" in done.stderr and "peak memory" in done.stderr
    finished = open_run(out)
    assert finished.manifest["seed"] == 4 and finished.manifest["tape"][0]["rows"] == 8
    prices = finished.table("prices")
    assert len(prices) == 100
    assert finished.summary["reconciliation"]["loans"]["rows_in"] == 8
    assert {p.name for p in (out / "figures").iterdir()} >= {
        "price_distribution.png",
        "recovery.png",
    }
    assert list(tmp_path.glob("runs/.*")) == []


def test_same_inputs_give_the_same_bytes(small, tmp_path):
    for name, threads in (("a", 1), ("b", 2)):
        assert (
            run_program(
                "price", small, "--out", tmp_path / name, "--threads", threads, "--no-figures"
            ).returncode
            == 0
        )
    for path in sorted((tmp_path / "a").rglob("*")):
        if path.is_file() and path.name != "manifest.json":
            other = tmp_path / "b" / path.relative_to(tmp_path / "a")
            assert path.read_bytes() == other.read_bytes(), path.name


def test_overrides_reach_the_run(run, small, tmp_path):
    done = run(
        "price",
        small,
        "--out",
        tmp_path / "r",
        "--json",
        "--scenarios",
        60,
        "--seed",
        9,
        "--no-figures",
        "--set",
        "pricing.required_return=0.2",
    )
    assert done.returncode == 0 and done.stderr == ""
    summary = json.loads(done.stdout)
    assert "0.2" in json.dumps(summary)
    manifest = open_run(tmp_path / "r").manifest
    assert (manifest["scenarios"], manifest["seed"]) == (60, 9)


def test_a_run_is_overwritten_only_with_force(run, small, tmp_path):
    out = tmp_path / "r"
    assert run("price", small, "--out", out, "-q").returncode == 0
    again = run("price", small, "--out", out, "-q")
    assert (
        again.returncode == 2
        and "exists already" in again.stderr
        and "Traceback" not in again.stderr
    )
    assert run("price", small, "--out", out, "-q", "--force").returncode == 0
    foreign = tmp_path / "mine"
    foreign.mkdir()
    (foreign / "thesis.doc").write_text("x")
    refused = run("price", small, "--out", foreign, "-q", "--force")
    assert refused.returncode == 2 and (foreign / "thesis.doc").exists()


def test_a_changed_or_half_run_is_not_read(run, small, tmp_path):
    out = tmp_path / "r"
    assert run("price", small, "--out", out, "-q", "--no-figures").returncode == 0
    (out / "summary.json").write_text("{}")
    with pytest.raises(RunFolderError, match="was changed since the run"):
        open_run(out)
    (out / "summary.json").unlink()
    with pytest.raises(RunFolderError, match="is missing"):
        open_run(out)
    (out / "manifest.json").unlink()
    with pytest.raises(RunFolderError, match="has no manifest"):
        open_run(out)


def test_a_folder_is_refused_before_the_work(run, small, tmp_path):
    for name in ("file", "folder"):
        (tmp_path / "folder").mkdir(exist_ok=True)
        (tmp_path / "file").write_text("x")
        done = run("price", small, "--out", tmp_path / name, "--scenarios", 100_000_000)
        assert (
            done.returncode == 2
            and "exists already" in done.stderr
            and "peak memory" not in done.stderr
        )
    done = run("price", small, "--out", tmp_path / "file", "--force")
    assert done.returncode == 2 and "is not a run folder" in done.stderr


def test_a_run_may_go_into_the_folder_where_one_stands(run, small, tmp_path):
    here = tmp_path / "here"
    here.mkdir()
    done = run("price", small, "--out", ".", "--force", "-q", "--no-figures", cwd=here)
    assert done.returncode == 0, done.stderr
    assert open_run(here).manifest["seed"] == 4 and list(tmp_path.glob(".here*")) == []


@pytest.mark.parametrize(
    "text", ["[]", "{}", '{"files": 3}', '{"files": {"a": 1}}', '{"files": {"a": {}}}', "{"]
)
def test_a_manifest_that_is_none_is_refused(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(RunFolderError, match="expected the manifest of a finished run"):
        open_run(tmp_path)


def test_the_hash_of_a_study_does_not_depend_on_place_or_threads(tmp_path):
    hashes = set()
    for name, threads in (("a", 1), ("b", 2)):
        case = study(
            tmp_path / name, [loan(0)], POLICY, simulation={"threads": threads, "seed": 4}
        )
        hashes.add(study_hash(case.study))
    assert len(hashes) == 1
    other = study(tmp_path / "c", [loan(0)], POLICY, simulation={"seed": 5})
    assert study_hash(other.study) not in hashes


def test_a_tape_is_checked_by_itself(run, small, tmp_path):
    done = run("validate", tmp_path / "loans.csv")
    assert (
        done.returncode == 0 and "8 rows" in done.stdout and "checked against today" in done.stdout
    )
    write_csv(tmp_path / "loans.csv", [{**loan(0), "principal": "many"}, loan(1)])
    assert run("validate", tmp_path / "loans.csv").returncode == 3
    assert run("validate", tmp_path / "none.csv").returncode == 3


def test_many_errors_are_counted_and_not_all_printed(run, small):
    small.write_text(small.read_text() + "".join(f"k{i}: 1\n" for i in range(500)))
    lines = run("price", small).stderr.splitlines()
    assert len(lines) == 51 and lines[-1] == "npl-sim: and 450 more"


def test_errors_of_a_study_are_reported_without_a_traceback(run, small):
    small.write_text(small.read_text().replace("settle_hazard", "settle_hazrd"))
    done = run("price", small)
    assert (
        done.returncode == 2
        and "did you mean 'settle_hazard'" in done.stderr
        and "Traceback" not in done.stderr
    )


def test_a_faulty_tape_stops_the_run_or_goes_into_quarantine(run, small, tmp_path):
    rows = [loan(i) for i in range(3)] + [
        {**loan(3), "principal": "-5"},
        {**loan(4), "principal": "many"},
    ]
    write_csv(tmp_path / "loans.csv", rows)
    stopped = run("price", small, "--out", tmp_path / "r")
    assert stopped.returncode == 3 and "row 5" in stopped.stderr and "'many'" in stopped.stderr
    assert not (tmp_path / "r").exists()
    checked = run("validate", small)
    assert checked.returncode == 3 and "3 errors" in checked.stdout
    aside = run("price", small, "--out", tmp_path / "r", "--set", "tape.on_error=quarantine")
    assert aside.returncode == 0 and "3 rows" in aside.stderr and "2 rows" in aside.stderr
    quarantine = pd.read_csv(tmp_path / "r" / "quarantine.csv", dtype=str)
    assert len(quarantine) == 2 and quarantine["reasons"].notna().all()


def test_explain_prints_the_loan_s_own_figures(run, small):
    done = run("explain", small, "--loan", "L000003")
    assert done.returncode == 0, done.stderr
    assert (
        "claim 1,000.00" in done.stdout
        and "policy 0" in done.stdout
        and "present value" in done.stdout
    )
    missing = run("explain", small, "--loan", "L00003")
    assert missing.returncode == 2 and "L000003" in missing.stderr


def test_synth_makes_a_tape_that_prices(run, tmp_path):
    assert run("init", tmp_path / "tape", "--synthetic", 50, "--seed", 3).returncode == 0
    names = sorted(p.name for p in (tmp_path / "tape").iterdir())
    assert any("collateral" in n for n in names) and len(names) == 3
    again = tmp_path / "again"
    run("init", again, "--synthetic", 50, "--seed", 3)
    assert all((again / n).read_bytes() == (tmp_path / "tape" / n).read_bytes() for n in names)
    taken = run("init", again, "--synthetic", 20)
    assert taken.returncode == 2 and "exists already; use --force" in taken.stderr
    assert all((again / n).read_bytes() == (tmp_path / "tape" / n).read_bytes() for n in names)
    assert run("init", again, "--synthetic", 20, "--force").returncode == 0
    bad = run("init", tmp_path / "t", "--synthetic", 5, "--valuation-date", "soon")
    assert bad.returncode == 2 and "a date such as" in bad.stderr


def test_schema_version_and_help(run, tmp_path):
    assert run("schema", "--out", tmp_path / "s.json").returncode == 0
    nowhere = run("schema", "--out", tmp_path / "no" / "s.json")
    assert nowhere.returncode == 2 and "cannot be written" in nowhere.stderr
    assert json.loads((tmp_path / "s.json").read_text())["title"] == "Study"
    assert "numba" in run("doctor").stdout
    for command in ("price", "validate", "explain", "init", "schema", "doctor"):
        assert command in run("--help").stdout
        assert run(command, "--help").returncode == 0


def test_too_large_a_run_is_refused_before_it_starts(run, small):
    done = run("price", small, "--scenarios", 100_000_000)
    assert done.returncode == 2 and "memory_limit_gib" in done.stderr


def test_compare_prints_the_paired_difference(run, small):
    done = run("compare", small, "--with", "policies.0.residual_share=0.0")
    assert done.returncode == 0, done.stderr
    assert "difference" in done.stdout and "policies.0.residual_share = 0.0" in done.stdout
    refused = run("compare", small)
    assert refused.returncode == 2 and "expected at least one --with" in refused.stderr
