"""npl-sim deal size as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from npl_sim.runs.folder import open_run
from tests.builders.deals import deal_terms
from tests.builders.studies import loan, study
from tests.cli.test_cli import POLICY

LIMIT = {"kind": "advance_rate", "at_most": 0.2}


def write_deal(folder: Path, **changes) -> Path:
    path = folder / "deal.yaml"
    structure = {
        "size": [
            {"tranche": "senior", "limits": [LIMIT, {"kind": "expected_loss", "at_most": 0.0}]}
        ]
    }
    with path.open("w", encoding="utf-8") as file:
        YAML().dump({**deal_terms(structure=structure), **changes}, file)
    return path


@pytest.fixture
def flows(tmp_path):
    path = tmp_path / "flows.csv"
    path.write_text(
        "date,received\n2024-12-31,60\n2025-12-31,40\n2026-12-31,50\n", encoding="utf-8"
    )
    return path


def test_a_deal_on_a_table_of_flows(command, tmp_path, flows):
    """The advance rate binds: 20 % of 500 are 100; without loss the size would be 125.2."""
    deal = write_deal(tmp_path)
    code, out, err = command("deal", "size", deal, "--flows", flows, "--out", "out")
    assert code == 0, err
    assert "Size   senior 100.0 (20.00% of the pool" in out
    assert "Bound by: advance rate on pool balance" in out
    made = open_run(tmp_path / "out")
    assert {"deal.json", "figures/limits.png", "tables/limits.parquet"} <= set(
        made.manifest["files"]
    )
    assert made.manifest["kind"] == "structure" and made.manifest["flows"]["file"] == "flows.csv"
    limits = made.table("limits")
    assert limits.loc[limits.binding, "limit"].tolist() == ["advance rate on pool balance"]
    code, out, err = command(
        "deal", "size", deal, "--flows", flows, "--json", "--no-figures", "--out", "again"
    )
    assert code == 0 and err == "" and json.loads(out) == made.summary
    assert made.summary["sized"][0]["balance"]["value"] == pytest.approx(100.0, abs=1e-3)
    # The deal that came out is a deal like any other: tranche carries it out.
    code, out, err = command(
        "deal", "run", "out/deal.json", "--flows", flows, "--json", "--no-figures", "--out", "t"
    )
    assert code == 0, err
    assert (
        json.loads(out)["tranches"]["senior"]["balance"]
        == made.summary["sized"][0]["balance"]["value"]
    )


def test_what_is_refused(command, tmp_path, flows):
    deal = write_deal(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("x")
    for arguments, message in (
        ((deal,), "is a deal; expected --flows FILE"),
        (
            (deal, "--flows", flows, "--out", "full"),
            "exists already; use --force or another --out",
        ),
        (
            (deal, "--flows", flows, "--out", "full", "--force"),
            "is not a run folder and is not touched",
        ),
        ((deal, "--flows", tmp_path / "no.csv"), "no.csv: no such file"),
        ((deal, "--flows", flows, "--set", "structure=null"), "has no structure"),
        (
            (deal, "--flows", flows, "--set", "structure.size.0.tranche=senor"),
            "did you mean 'senior'",
        ),
        ((deal, "--flows", flows, "--scenarios", "5"), "a table has its own scenarios"),
        (
            (deal, "--flows", flows, "--stress", "slump"),
            "for which --stress means nothing: its cash is not simulated. "
            "Expected the command without --stress",
        ),
        (
            (deal, "--flows", flows, "--set", "structure.size.0.limits.0.at_most=0"),
            "structure.size.0.limits.0",
        ),
    ):
        code, out, err = command("deal", "size", *arguments)
        assert code == 2 and message in err and out == "", err
        assert "Traceback" not in err
    assert not (tmp_path / "runs").exists()


def test_a_deal_on_a_study(command, tmp_path):
    """Tiny notes are covered by the package's own cash, of which the deal pays the servicing."""
    study(
        tmp_path,
        [loan(i, principal=100.0) for i in range(8)],
        POLICY,
        pricing={"servicing_rate": 0.2},
        simulation={"scenarios": 50, "horizon_months": 36, "seed": 4},
    )
    fee = {
        "kind": "fee",
        "name": "servicer",
        "role": "servicer",
        "amounts": [{"kind": "per_year", "amount": 0.0}],
    }
    limit = {"kind": "net_cover", "at_least": 1.0, "quantile": 0.5}
    write_deal(
        tmp_path,
        cutoff_date="2026-06-30",
        closing_date="2026-06-30",
        legal_final="2029-06-30",
        pool_balance=800.0,
        claims=[{"kind": "recovery_costs", "name": "costs"}, fee],
        schedule={"first_payment": "2027-06-30", "frequency_months": 12, "calendar": "none"},
        steps=[{"kind": "pay", "of": ["costs", "servicer"]}, *deal_terms()["steps"]],
        structure={"size": [{"tranche": "senior", "limits": [limit]}]},
    )
    printed = {}
    for name in ("size", "run"):
        line = ("deal", name, "study.yaml", "--deal", "deal.yaml", "--json", "--no-figures")
        line = (*line, "--out", name)
        code, out, err = command(*line)
        assert code == 0, err
        printed[name] = json.loads(out)
        assert any(
            "so that npl-sim deal run and deal size leave it out" in note
            for note in printed[name]["notes"]
        )
        assert (tmp_path / name / "study.json").is_file()
        code, _, err = command(*line, "--force", "--set", "deal.currency=EUR")
        assert code == 2 and "deal.currency: got 'EUR'; expected 'CNY'" in err
    size = printed["size"]["sized"][0]["balance"]["value"]
    assert printed["size"]["deal"]["scenarios"] == 50 and 0.0 < size < 800.0
    # Both saw the same cash: the median of net collections is the size at which the cover is 1.
    covers = [
        printed[name]["tranches"]["senior"]["cover_quantiles"]["0.5"]["value"]
        for name in ("size", "run")
    ]
    assert covers[0] * size == pytest.approx(covers[1] * 100.0)
