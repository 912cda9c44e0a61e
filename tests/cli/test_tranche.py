"""`npl-sim deal run` for a study, for a deal with a table of flows, and their errors."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from npl_sim.runs.folder import open_run
from tests.cli.deal_files import FLOWS, RECIPE
from tests.cli.test_cli import run_program as in_a_process


def test_a_table_goes_through_a_deal(command, deal_folder):
    code, out, err = command("deal", "run", "deal.yaml", "--flows", "flows.csv", "--out", "r")
    assert code == 0, err
    assert "flows: 2 scenarios from 2026-09-30 to 2028-02-29" in err
    assert "the flows end on 2028-02-29" in err
    made = open_run(deal_folder / "r")
    summary = made.summary
    # Net cash of the first scenario 474, of the second 100.
    assert summary["collections"]["net"]["value"] == pytest.approx((474e6 + 100e6) / 2)
    cash = pd.DataFrame(summary["cash"]).groupby("side")["mean"].sum()
    assert cash["in"] == pytest.approx(cash["out"])
    assert made.manifest["kind"] == "tranche" and made.manifest["flows"]["file"] == "flows.csv"
    assert len(made.manifest["deal_sha256"]) == 64 and made.manifest["scenarios"] == 2
    assert {p.name for p in (deal_folder / "r" / "figures").iterdir()} == {
        f"{name}.png"
        for name in ("balances", "cash_by_step", "cover", "lives_and_yields", "triggers")
    }
    for message in (
        "senior",
        "mezzanine",
        "Where the cash goes",
        "collections below plan",
        "standard errors",
    ):
        assert message in out
    scenarios = made.table("tranche_scenarios")
    assert sorted(scenarios.scenario.unique()) == [1, 4]
    assert made.table("ledger_bad").scenario.unique().tolist() == [4]


def test_the_ledger_of_one_scenario_is_that_of_its_number(command, deal_folder):
    code, out, err = command(
        "deal", "run", "deal.yaml", "--flows", "flows.csv", "--ledger", "4", "--json"
    )
    assert code == 0, err
    printed = json.loads(out)
    assert printed["scenario"] == 4
    rows = pd.DataFrame(printed["ledger"])
    # 20 million are collected by 2027-05-31: taxes are 0.3 % of them, the servicer's fee 5 %.
    second = rows[rows.payment == 2].set_index("label")
    assert second.loc["taxes", "paid"] == pytest.approx(60_000)
    assert second.loc["servicing", "paid"] == pytest.approx(1e6)
    assert second.loc["taxes", "reason"] == "owed in full"
    over = "passed over, because trigger 'collections below plan' is active"
    assert second.loc["interest mezzanine", "reason"] == over
    assert not (deal_folder / "runs").exists()
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


def test_overrides_and_parquet_reach_a_deal(command, deal_folder):
    pd.read_csv(deal_folder / "flows.csv").to_parquet(deal_folder / "flows.parquet")
    arguments = ("deal", "run", "deal.yaml", "--flows", "flows.parquet", "--json", "--no-figures")
    code, out, err = command(*arguments, "--out", "a", "--set", "tranches.0.balance=30e6")
    assert code == 0 and err == "", err
    assert json.loads(out)["tranches"]["senior"]["balance"] == 30e6
    assert json.loads(out)["tranches"]["senior"]["loss"]["value"] == 0.0
    code, out, err = command(*arguments, "--out", "a")
    assert code == 2 and "exists already" in err
    code, out, err = command(*arguments, "--out", "a", "--force")
    assert code == 0 and json.loads(out)["tranches"]["senior"]["balance"] == 260e6
    assert open_run(deal_folder / "a").manifest["command"][:2] == ["npl-sim", "deal"]


def test_months_count_from_the_cutoff_or_a_given_date(command, deal_folder):
    for arguments, first in (((), "2026-09-30"), (("--month-zero", "2026-12-31"), "2027-03-31")):
        code, _, err = command(
            "deal", "run", "deal.yaml", "--flows", "flows.csv", "--ledger", "1", *arguments
        )
        assert code == 0 and f"scenarios from {first} to" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
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
            ("deal.yaml", "--flows", "misspelled.csv"),
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
def test_errors_are_reported_in_a_line(command, deal_folder, arguments, message):
    (deal_folder / "misspelled.csv").write_text(FLOWS.replace("received", "recieved"))
    (deal_folder / "text.csv").write_text(FLOWS.replace("80e6", "many"))
    (deal_folder / "empty.csv").write_text("")
    (deal_folder / "flows.pdf").write_text(FLOWS)
    (deal_folder / "law.yaml").write_text("sources: []\n")
    (deal_folder / "pool.flows.yaml").write_text(RECIPE)
    code, out, err = command("deal", "run", *arguments)
    assert code == 2 and message in err and out == "", err
    assert all(line.startswith(("npl-sim: ", "flows: ", "warning: ")) for line in err.splitlines())
    assert not (deal_folder / "runs").exists()


def test_help_and_the_schema_of_deals_in_a_process_of_its_own(deal_folder):
    done = in_a_process("deal", "run", "--help")
    assert done.returncode == 0 and "--flows" in done.stdout and "--ledger" in done.stdout
    done = in_a_process("schema", "--deal", "--out", deal_folder / "deal.schema.json")
    assert done.returncode == 0, done.stderr
    arguments = json.loads((deal_folder / "deal.schema.json").read_text())
    assert (
        arguments["title"] == "Deal"
        and "2020-12" in arguments["$schema"]
        and "tranches" in arguments["required"]
    )


def test_a_recipe_goes_through_a_deal_as_a_table_does(command, deal_folder):
    (deal_folder / "pool.flows.yaml").write_text(RECIPE)
    arguments = (
        "deal",
        "run",
        "deal.yaml",
        "--flows",
        "pool.flows.yaml",
        "--no-figures",
        "--json",
    )
    code, out, err = command(*arguments, "--out", "r", "--scenarios", "30", "--seed", "7")
    assert code == 0, err
    from npl_sim.study.flow_file import load_flows

    flows = load_flows(deal_folder / "pool.flows.yaml", scenarios=30, seed=7)
    printed = json.loads(out)
    assert printed["deal"]["scenarios"] == 30
    assert printed["collections"]["net"]["value"] == pytest.approx(
        (flows.received - flows.costs).sum(axis=1).mean()
    )
    assert "month_zero" not in open_run(deal_folder / "r").manifest["flows"]


def test_a_call_that_leaves_notes_unpaid_is_warned_of(command, deal_folder):
    """A call on the second date at 5 of 260: the caller pays the senior notes, and keeps 330."""
    call = "{tranches: [senior], below: 0.99, first_date: 2, price: {kind: notes}}"
    arguments = (
        "deal",
        "run",
        "deal.yaml",
        "--flows",
        "flows.csv",
        "--no-figures",
        "--set",
        f"clean_up_call={call}",
    )
    code, _, err = command(*arguments, "--out", "r")
    assert code == 0, err
    assert "warning: the clean-up call leaves 'subordinated' unpaid in" in err
    assert any(
        "clean-up call leaves" in note for note in open_run(deal_folder / "r").summary["notes"]
    )
    code, _, err = command(*arguments[:-2], "--out", "q")
    assert "clean-up call leaves" not in err
