"""`npl-sim deal run` as a user meets it: a study, a deal with a table of flows, and what may be wrong with either."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from npl_sim.runs.folder import open_run
from npl_sim.runs.study_session import load_study
from tests.builders.deals import run_deal_of
from tests.builders.studies import loan, study
from tests.cli.test_cli import run as in_a_process

EXAMPLE = Path(__file__).parents[1] / "deal" / "files" / "example.yaml"
FLOWS = """\
scenario,month,received,costs
1,3,50e6,1e6
1,9,80e6,2e6
1,20,350e6,3e6
4,6,20e6,1e6
4,20,90e6,9e6
"""
RECIPE = """\
name: pool
month_zero: 2026-06-30
expected_total: 400.0e6
curve: [{month: 3, share: 0.0}, {month: 30, share: 1.0}]
level_volatility: 0.3
costs: 0.02
scenarios: 40
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(EXAMPLE, tmp_path / "deal.yaml")
    (tmp_path / "flows.csv").write_text(FLOWS)
    return tmp_path


def small_study(folder, **sections):
    """Write a study of 40 claims of ten million each, which settle in time."""
    policy = {
        "collection": {"months": 60, "settle_hazard": 0.02, "payment_rate": 0.01},
        "residual_share": 0.1,
    }
    size = {"simulation": {"scenarios": 60, "horizon_months": 72, "seed": 4}}
    rows = [loan(i, principal=25_000_000) for i in range(40)]
    study(folder, rows, policy, **{**size, "deal": "deal.yaml", **sections})
    return folder / "study.yaml"


def test_a_table_goes_through_a_deal(command, here):
    code, out, err = command("deal", "run", "deal.yaml", "--flows", "flows.csv", "--out", "r")
    assert code == 0, err
    assert "flows: 2 scenarios from 2026-09-30 to 2028-02-29" in err
    assert "the flows end on 2028-02-29" in err
    made = open_run(here / "r")
    summary = made.summary
    # Net cash of the first scenario 474, of the second 100.
    assert summary["collections"]["net"]["value"] == pytest.approx((474e6 + 100e6) / 2)
    cash = pd.DataFrame(summary["cash"]).groupby("side")["mean"].sum()
    assert cash["in"] == pytest.approx(cash["out"])
    assert made.manifest["kind"] == "tranche" and made.manifest["flows"]["file"] == "flows.csv"
    assert len(made.manifest["deal_sha256"]) == 64 and made.manifest["scenarios"] == 2
    assert {p.name for p in (here / "r" / "figures").iterdir()} == {
        f"{name}.png"
        for name in ("balances", "cash_by_step", "cover", "lives_and_yields", "triggers")
    }
    for said in (
        "senior",
        "mezzanine",
        "Where the cash goes",
        "collections below plan",
        "standard errors",
    ):
        assert said in out
    scenarios = made.table("tranche_scenarios")
    assert sorted(scenarios.scenario.unique()) == [1, 4]
    assert made.table("ledger_bad").scenario.unique().tolist() == [4]


def test_the_ledger_of_one_scenario_is_that_of_its_number(command, here):
    code, out, err = command(
        "deal", "run", "deal.yaml", "--flows", "flows.csv", "--ledger", "4", "--json"
    )
    assert code == 0, err
    told = json.loads(out)
    assert told["scenario"] == 4
    rows = pd.DataFrame(told["ledger"])
    # 20 million are collected by 2027-05-31: taxes are 0.3 % of them, the servicer's fee 5 %.
    second = rows[rows.payment == 2].set_index("label")
    assert second.loc["taxes", "paid"] == pytest.approx(60_000)
    assert second.loc["servicing", "paid"] == pytest.approx(1e6)
    assert second.loc["taxes", "reason"] == "owed in full"
    over = "passed over, because trigger 'collections below plan' is active"
    assert second.loc["interest mezzanine", "reason"] == over
    assert not (here / "runs").exists()
    code, out, err = command(
        "deal", "run", "deal.yaml", "--flows", "flows.csv", "--ledger", "bad", "-q"
    )
    assert over in out
    assert (
        code == 0
        and out.startswith("Scenario 4, amounts in CNY")
        and "owed in full" in out
        and err == ""
    )
    code, out, err = command("deal", "run", "deal.yaml", "--flows", "flows.csv", "--ledger", "2")
    assert (
        code == 2
        and "expected a number from 1 to 4, median or bad" in err
        and "Traceback" not in err
    )


def test_overrides_and_parquet_reach_a_deal(command, here):
    pd.read_csv(here / "flows.csv").to_parquet(here / "flows.parquet")
    words = ("deal", "run", "deal.yaml", "--flows", "flows.parquet", "--json", "--no-figures")
    code, out, err = command(*words, "--out", "a", "--set", "tranches.0.balance=30e6")
    assert code == 0 and err == "", err
    assert json.loads(out)["tranches"]["senior"]["balance"] == 30e6
    assert json.loads(out)["tranches"]["senior"]["loss"]["value"] == 0.0
    code, out, err = command(*words, "--out", "a")
    assert code == 2 and "exists already" in err
    code, out, err = command(*words, "--out", "a", "--force")
    assert code == 0 and json.loads(out)["tranches"]["senior"]["balance"] == 260e6
    assert open_run(here / "a").manifest["command"][:2] == ["npl-sim", "deal"]


def test_months_count_from_the_cutoff_or_a_given_date(command, here):
    for words, first in (((), "2026-09-30"), (("--month-zero", "2026-12-31"), "2027-03-31")):
        code, _, err = command(
            "deal", "run", "deal.yaml", "--flows", "flows.csv", "--ledger", "1", *words
        )
        assert code == 0 and f"scenarios from {first} to" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("deal.yaml",), "is a deal; expected --flows FILE"),
        (("deal.yaml", "--flows", "none.csv"), "none.csv: no such file"),
        (
            ("deal.yaml", "--flows", "flows.csv", "--seed", "3"),
            "flows.csv: a table has its own seed",
        ),
        (
            ("deal.yaml", "--flows", "flows.csv", "--threads", "3"),
            "for which --threads means nothing",
        ),
        (
            ("deal.yaml", "--flows", "flows.csv", "--precision", "1%"),
            "for which --precision means nothing",
        ),
        (
            ("deal.yaml", "--flows", "pool.flows.yaml", "--month-zero", "2026-06-30"),
            "pool.flows.yaml: a recipe has its own month_zero",
        ),
        (
            ("deal.yaml", "--flows", "pool.flows.yaml", "--scenarios", "0"),
            "got --scenarios 0; expected 1 to",
        ),
        (("none.yaml",), "none.yaml: does not exist"),
        (
            ("deal.yaml", "--flows", "flows.csv", "--set", "tranches.0.coupn=1"),
            "unknown key; did you mean 'coupon'?",
        ),
        (
            ("deal.yaml", "--flows", "flows.csv", "--set", "steps.0.of=[taxs]"),
            "did you mean 'taxes'?",
        ),
        (
            ("deal.yaml", "--flows", "flows.csv", "--set", "steps.0.kind=payy"),
            "did you mean 'pay'?",
        ),
        (
            ("deal.yaml", "--flows", "misspelt.csv"),
            "unknown column 'recieved'; did you mean 'received'?",
        ),
        (("deal.yaml", "--flows", "text.csv"), "row 3, received: got 'many'"),
        (("deal.yaml", "--flows", "empty.csv"), "empty.csv"),
        (
            ("deal.yaml", "--flows", "flows.csv", "--month-zero", "1990-01-31"),
            "outside the deal's collection periods",
        ),
        (("deal.yaml", "--flows", "flows.pdf"), "flows.pdf: unknown format"),
        (("law.yaml",), "is neither a study"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(command, here, words, said):
    (here / "misspelt.csv").write_text(FLOWS.replace("received", "recieved"))
    (here / "text.csv").write_text(FLOWS.replace("80e6", "many"))
    (here / "empty.csv").write_text("")
    (here / "flows.pdf").write_text(FLOWS)
    (here / "law.yaml").write_text("sources: []\n")
    (here / "pool.flows.yaml").write_text(RECIPE)
    code, out, err = command("deal", "run", *words)
    assert code == 2 and said in err and out == "", err
    assert all(line.startswith(("npl-sim: ", "flows: ", "warning: ")) for line in err.splitlines())
    assert not (here / "runs").exists()


def test_a_study_goes_through_its_deal(command, here):
    path = small_study(here, pricing={"servicing_rate": 0.1})
    code, out, err = command(
        "deal", "run", path, "--out", "r", "--no-figures", "--scenarios", "50", "--seed", "9"
    )
    assert code == 0, err
    assert "3.1% below the deal's pool_balance" in err
    assert out.index("Cash ") < out.index("Issues: ") < out.index("Notes")
    made = open_run(here / "r")
    assert any(
        "npl-sim deal run and deal size leave it out" in note for note in made.summary["notes"]
    )
    assert (made.manifest["seed"], made.manifest["scenarios"], made.manifest["study"]) == (
        9,
        50,
        "world",
    )
    assert {"study.json", "deal.json", "assumptions.txt", "findings.csv"} <= {
        p.name for p in (here / "r").iterdir()
    }
    # What the deal collects is what the package pays, servicing apart, less what is not the deal's.

    case = load_study(
        path, {"simulation.scenarios": 50, "simulation.seed": 9, "pricing.servicing_rate": 0.0}
    )
    net = case.simulate().net.sum(axis=1).mean()
    told = made.summary["collections"]
    parts = told["net"]["value"] + told["before_cutoff"] + told["to_seller"] + told["after_last"]
    assert parts == pytest.approx(net, rel=1e-9)
    assert "What tranches lose" in out


def test_another_deal_in_place_of_the_study_s(command, here):
    path = small_study(here)
    (here / "other").mkdir()
    text = EXAMPLE.read_text(encoding="utf-8").replace("name: example", "name: other")
    (here / "other" / "deal.yaml").write_text(text.replace("260e6", "200e6"), encoding="utf-8")
    words = (
        "deal",
        "run",
        path,
        "--deal",
        "other/deal.yaml",
        "--json",
        "--no-figures",
        "--out",
        "r",
    )
    code, out, _ = command(*words)
    assert code == 0 and json.loads(out)["deal"]["name"] == "other"
    code, _, err = command(*words, "--force", "--set", "deal.currency=EUR")
    assert code == 2 and "deal.currency: got 'EUR'; expected 'CNY'" in err
    code, _, err = command("deal", "run", small_study(here, deal=None))
    assert code == 2 and "names no deal" in err
    code, _, err = command("deal", "run", path, "--flows", "flows.csv")
    assert code == 2 and "is a study, whose cash is simulated" in err


def test_the_same_bytes_whatever_the_threads(command, here):
    path = small_study(here)
    for name, threads in (("a", 1), ("b", 2)):
        code, _, err = command(
            "deal", "run", path, "--out", name, "--threads", threads, "--no-figures", "-q"
        )
        assert code == 0, err
    for file in sorted((here / "a").rglob("*")):
        if file.is_file() and file.name != "manifest.json":
            assert file.read_bytes() == (here / "b" / file.relative_to(here / "a")).read_bytes(), (
                file.name
            )


def test_python_and_the_command_line_say_the_same(command, here):

    path = small_study(here)
    run = run_deal_of(load_study(path))
    code, out, _ = command("deal", "run", path, "--json", "--no-figures", "--out", "r")
    assert code == 0
    told = json.loads(out)["tranches"]["mezzanine"]["cash"]["value"]
    assert told == pytest.approx(np.mean(run.tranches["mezzanine"].cash.sum(axis=1)))


def test_help_and_the_schema_of_deals_in_a_process_of_its_own(here):
    done = in_a_process("deal", "run", "--help")
    assert done.returncode == 0 and "--flows" in done.stdout and "--ledger" in done.stdout
    done = in_a_process("schema", "--deal", "--out", here / "deal.schema.json")
    assert done.returncode == 0, done.stderr
    words = json.loads((here / "deal.schema.json").read_text())
    assert (
        words["title"] == "Deal"
        and "2020-12" in words["$schema"]
        and "tranches" in words["required"]
    )


def test_a_recipe_goes_through_a_deal_as_a_table_does(command, here):
    (here / "pool.flows.yaml").write_text(RECIPE)
    words = ("deal", "run", "deal.yaml", "--flows", "pool.flows.yaml", "--no-figures", "--json")
    code, out, err = command(*words, "--out", "r", "--scenarios", "30", "--seed", "7")
    assert code == 0, err
    from npl_sim.study.flow_file import load_flows

    flows = load_flows(here / "pool.flows.yaml", scenarios=30, seed=7)
    told = json.loads(out)
    assert told["deal"]["scenarios"] == 30
    assert told["collections"]["net"]["value"] == pytest.approx(
        (flows.received - flows.costs).sum(axis=1).mean()
    )
    assert "month_zero" not in open_run(here / "r").manifest["flows"]


def test_a_study_to_a_precision(command, here):
    path = small_study(here, pricing={"servicing_rate": 0.0})
    words = ("--no-figures", "--json", "--scenarios", "20")
    code, out, err = command("deal", "run", path, "--out", "p", "--precision", "20%", *words)
    assert code == 0, err
    assert json.loads(out)["deal"]["scenarios"] >= 20
    code, _, err = command("deal", "run", path, "--precision", "much", "--out", "q")
    assert code == 2 and '--precision: got "much"' in err


def test_the_structure_of_a_study_s_deal_may_stand_in_files(command, here):
    """Names are relative to the deal's file; a fault in such a file is told with its line, and without what follows from it."""
    (here / "deals").mkdir()
    text = EXAMPLE.read_text(encoding="utf-8") + "structure: structure.yaml\n"
    (here / "deals" / "deal.yaml").write_text(text, encoding="utf-8")
    (here / "deals" / "structure.yaml").write_text(
        "size:\n  - {tranche: senior, limits: [{kind: expected_loss, rating: A}]}\nratings: ratings.yaml\n"
    )
    table = "kind: hazard\nname: t\nloss_given_default: 0.5\norigin: own\nsource: made up\nratings: [{rating: A, hazard: 0.02}]\n"
    (here / "deals" / "ratings.yaml").write_text(table)
    path = small_study(here, deal="deals/deal.yaml")
    code, out, err = command("deal", "run", path, "--out", "t", "--json", "--no-figures")
    assert code == 0, err
    code, out, err = command("deal", "size", path, "--out", "s", "--json", "--no-figures")
    assert code == 0 and json.loads(out)["sized"][0]["binding"] == "expected loss of A", err
    (here / "deals" / "ratings.yaml").write_text(table.replace("0.02", "-1"))
    code, _, err = command("deal", "run", path)
    assert code == 2 and "ratings.yaml:6:" in err and "deal.structure.ratings" in err
    code, _, err = command("deal", "run", path, "--set", "deal.structure.ratings=rating.yaml")
    assert code == 2 and len(err.splitlines()) == 1
    assert "rating.yaml: does not exist; expected a YAML file; did you mean 'ratings.yaml'?" in err
    code, _, err = command(
        "deal",
        "size",
        "deals/deal.yaml",
        "--flows",
        "flows.csv",
        "--set",
        "structure=null",
        "--out",
        "n",
    )
    assert code == 2 and "has no structure" in err


def test_a_call_that_leaves_notes_unpaid_is_warned_of(command, here):
    """Called on the second date at 5 left of 260, the caller pays the senior notes only and keeps the 330 to come."""
    call = "{tranches: [senior], below: 0.99, first_date: 2, price: {kind: notes}}"
    words = (
        "deal",
        "run",
        "deal.yaml",
        "--flows",
        "flows.csv",
        "--no-figures",
        "--set",
        f"clean_up_call={call}",
    )
    code, _, err = command(*words, "--out", "r")
    assert code == 0, err
    assert "warning: the clean-up call leaves 'subordinated' unpaid in" in err
    assert any("clean-up call leaves" in note for note in open_run(here / "r").summary["notes"])
    code, _, err = command(*words[:-2], "--out", "q")
    assert "clean-up call leaves" not in err
