"""npl-sim structure as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.cli.test_cli import POLICY, run
from tests.deal.scenes import words
from tests.worlds import loan, study

LIMIT = {"kind": "advance_rate", "at_most": 0.2}


def write_deal(folder: Path, **changes) -> Path:
    path = folder / "deal.yaml"
    structure = {
        "size": [{"tranche": "senior", "limits": [LIMIT, {"kind": "expected_loss", "at_most": 0.0}]}]
    }
    with path.open("w", encoding="utf-8") as file:
        YAML().dump({**words(structure=structure), **changes}, file)
    return path


@pytest.fixture
def flows(tmp_path):
    path = tmp_path / "flows.csv"
    path.write_text("date,received\n2024-12-31,60\n2025-12-31,40\n2026-12-31,50\n", encoding="utf-8")
    return path


def test_a_deal_on_a_table_of_flows(tmp_path, flows):
    """Of 500, 20 % are 100; without loss it could be the present value, 125.2: the advance rate binds."""
    done = run("structure", write_deal(tmp_path), "--flows", flows, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "Size   senior 100.0 (20.00% of the pool" in done.stdout
    assert "Bound by: advance rate on pool balance" in done.stdout
    assert (tmp_path / "out" / "limits.png").is_file()
    data = json.loads((tmp_path / "out" / "structuring.json").read_text(encoding="utf-8"))
    again = run("structure", write_deal(tmp_path), "--flows", flows, "--json")
    assert json.loads(again.stdout) == data
    assert data["sized"][0]["balance"]["value"] == pytest.approx(100.0, abs=1e-3)


def test_what_is_refused(tmp_path, flows):
    deal = write_deal(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("x")
    for arguments, message in (
        ((deal,), "expected either DEAL --flows FILE or STUDY --deal DEAL"),
        (
            (deal, "--flows", flows, "--out", tmp_path / "full"),
            "is not empty; expected a new folder, or --force",
        ),
        ((deal, "--flows", tmp_path / "no.csv"), "no.csv: does not exist"),
        ((deal, "--flows", flows, "--set", "structure=null"), "has no structure"),
        ((deal, "--flows", flows, "--set", "structure.size.0.tranche=senor"), "did you mean 'senior'"),
        ((deal, "--flows", flows, "--scenarios", "5"), "a table has its scenarios in it"),
        (
            (deal, "--flows", flows, "--set", "structure.size.0.limits.0.at_most=0"),
            "structure.size.0.limits.0",
        ),
    ):
        done = run("structure", *arguments)
        assert done.returncode == 2 and message in done.stderr, done.stderr
        assert "Traceback" not in done.stderr


def test_a_deal_on_a_study(tmp_path):
    """The package's own cash: notes of next to nothing are covered; another currency is refused."""
    study(tmp_path, [loan(i, principal=100.0) for i in range(8)], POLICY, simulation={"scenarios": 50, "horizon_months": 36, "seed": 4})  # fmt: skip
    deal = write_deal(
        tmp_path, cutoff_date="2026-06-30", closing_date="2026-06-30", legal_final="2029-06-30", pool_balance=800.0,
        claims=[{"kind": "recovery_costs", "name": "costs"}],
        schedule={"first_payment": "2027-06-30", "frequency_months": 12, "calendar": "none"},
        steps=[{"kind": "pay", "of": ["costs"]}, *words()["steps"]],
        structure={"size": [{"tranche": "senior", "limits": [{"kind": "net_cover", "at_least": 1.0, "quantile": 0.5}]}]},
    )  # fmt: skip
    done = run("structure", tmp_path / "study.yaml", "--deal", deal, "--json")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert data["scenarios"] == 50 and 0.0 < data["sized"][0]["balance"]["value"] < 800.0
    done = run("structure", tmp_path / "study.yaml", "--deal", deal, "--set", "currency=EUR")
    assert done.returncode == 2 and "the study is in CNY and deal 'three years' in EUR" in done.stderr
