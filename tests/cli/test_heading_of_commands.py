"""Deals, channels, comparisons, batches and checks report the issues of a study too."""

from __future__ import annotations

import pandas as pd

from npl_sim.runs.folder import open_run
from tests.builders.studies import loan, study
from tests.cli.heading_studies import ITEM, LATE, POLICY, SIZE, package


def test_a_deal_and_a_structure_tell_the_study_s_issues(command, tmp_path):
    from tests.cli.deal_files import EXAMPLE

    rows = [
        loan(i, principal=25_000_000, stage="dormant" if i == 0 else "collection")
        for i in range(40)
    ]
    items = [{**ITEM, "loan_id": "L000000"}]
    size = {"simulation": {"scenarios": 60, "horizon_months": 72, "seed": 4}}
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "deal.yaml").write_text(
        EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8"
    )
    path = study(tmp_path / "s", rows, POLICY, items, deal="deal.yaml", **size).loaded.path
    code, out, err = command("deal", "run", path, "--out", "r", "--no-figures")
    assert code == 0, err
    assert out.index("Cash ") < out.index("Issues: ") and "worth nothing, dormant: 1 loan" in out
    printed = open_run(tmp_path / "r").summary
    assert (
        any("dormant" in x["location"] for x in printed["issues"])
        and printed["issues_by_count"]["warning"] >= 2
    )


def test_a_table_of_flows_tells_of_more_cash_than_is_owed(command, tmp_path):
    from tests.cli.deal_files import EXAMPLE

    (tmp_path / "deal.yaml").write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    frame = pd.DataFrame({"scenario": [0, 0], "month": [3, 6], "received": [1.2e9, 9e8]})
    frame.to_csv(tmp_path / "flows.csv", index=False)
    code, out, err = command(
        "deal", "run", "deal.yaml", "--flows", "flows.csv", "--out", "r", "--no-figures"
    )
    assert code == 0, err
    assert "error: result: the mean of net collections" in out
    assert open_run(tmp_path / "r").summary["issues_by_count"]["error"] == 1


def test_a_sale_above_what_is_owed_heads_the_channel(command, tmp_path):
    path = package(tmp_path / "s")
    (tmp_path / "sale.yaml").write_text("name: sale\nprice: {kind: amount, amount: 68000}\n")
    code, out, err = command(
        "channel", path, "--contract", "sale.yaml", "--out", "r", "--no-figures"
    )
    assert code == 0, err
    head = out[: out.index("Issues: ") + 1200]
    assert head.index("Sold ") < head.index("Issues: ")
    assert (
        "above the gross book value" in head and "times what the package is worth if kept" in head
    )
    printed = open_run(tmp_path / "r").summary
    assert sum("sale price" in x["message"] for x in printed["issues"]) == 2


def test_compare_tells_which_side_is_absurd(command, tmp_path):
    rows = [loan(i) for i in range(20)]
    path = study(tmp_path / "s", rows, {**POLICY, "residual_share": 1.0}, **LATE).loaded.path
    code, out, err = command(
        "compare",
        path,
        "--with",
        "policies.0.residual_share=0.99",
        "--set",
        "pricing.required_return=-0.05",
    )
    assert code == 0, err
    assert (
        "error: result: the mean price as the study stands" in out
        and "the mean price with the changes" in out
    )
    assert out.index("difference") < out.index("Issues: ") < out.index("Changes")


def test_a_batch_counts_issues_and_names_the_first(batch, tmp_path):
    package(tmp_path / "studies")
    code, out, err = batch(
        tmp_path / "studies" / "study.yaml",
        "--out",
        tmp_path / "out",
        "--no-figures",
        "--grid",
        "policies.0.residual_share=0.0,1.0",
        "--set",
        "pricing.required_return=-0.05",
        "--set",
        "simulation.horizon_months=120",
    )
    assert code == 0, err
    found = pd.read_parquet(tmp_path / "out" / "results.parquet")
    assert found["errors"].tolist() == [0, 1] and (found["warnings"] > 0).all()
    assert found["top_issue"].str.startswith(("warning: ", "error: result")).all()
    assert "1 error" in out and "first: error: result: the mean price" in out


def test_validate_prints_what_is_worth_nothing_without_a_simulation(command, tmp_path):
    code, out, err = command("validate", package(tmp_path / "s"))
    assert code == 0, err
    assert "Worth nothing, and why (from the model, before any simulation)" in out
    assert out.count("these dormant loans carry collateral appraised at 15,000.00") == 1
    row = next(line for line in out.splitlines() if line.startswith("  dormant"))
    assert row.split()[1:][:1] == ["10"] and "25.0%" in row


def test_a_batch_values_other_readings_under_the_study_of_each_run(batch, tmp_path):
    """A first grid point with nearly worthless collateral must not hide an error in the second."""
    rows = [loan(i, stage="dormant" if i == 0 else "collection") for i in range(60)]
    item = {**ITEM, "loan_id": "L000000", "appraisal_value": 2_000}
    path = study(
        tmp_path / "s", rows, {**POLICY, "enforcement": {}}, [item], tape={"confirmed": []},
        collateral={"default": {"forced_sale_discount": 0.1}}, **SIZE,
    ).loaded.path  # fmt: skip
    keys = ("--grid", "policies.0.collection.settle_hazard=5,0.01", "--no-figures")
    code, out, err = batch(path, "--out", tmp_path / "out", *keys)
    assert code == 4, out + err
    printed = out + err
    assert "1 done" in printed and "1 failed" in printed and "tape.confirmed: [dormant]" in printed


def test_compare_tells_what_is_wrong_with_the_changes(command, tmp_path):
    path = package(tmp_path / "s")
    code, out, err = command(
        "compare",
        path,
        "--with",
        "policies.0.collection.channels=[]",
        "--with",
        "market.indices=[{volatility: 4}]",
    )
    assert code == 0, err
    assert out.count("400 % a year") == 1
    assert out.count("worth nothing, dormant") == 1
