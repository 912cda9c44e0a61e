"""Every output begins with the result and at most five issues; the rest are counted, with the command that lists them."""

from __future__ import annotations

import json
import math

import pandas as pd
import pytest

from npl_sim.runs.folder import open_run
from tests.builders.studies import loan, study

SIZE = {"simulation": {"scenarios": 60, "horizon_months": 24, "seed": 4}}
LATE = {"simulation": {"scenarios": 60, "horizon_months": 120, "seed": 4}}
"""With everything recovered in the last month, at a return below zero: worth more than is owed."""

POLICY = {"collection": {"months": 12, "settle_hazard": 0.02, "payment_rate": 0.01}}
ITEM = {"kind": "house", "appraisal_value": 3_000, "appraisal_date": "2026-01-01"}


def package(folder, **sections):
    """Write a study of which ten loans of 40 are dormant with collateral, with many warnings of the study."""
    rows = [
        loan(i, principal=1000, stage="dormant" if i % 4 == 0 else "collection") for i in range(40)
    ]
    items = [{**ITEM, "loan_id": f"L{i:06d}"} for i in range(0, 40, 8)]
    law = {"name": "China", "sources": [f"assumption {k}" for k in range(9)]}
    return study(folder, rows, POLICY, items, **{"legal": law, **SIZE, **sections}).loaded.path


def test_price_begins_with_the_result_and_few_issues(command, tmp_path):
    path = package(tmp_path / "s")
    code, out, err = command("price", path, "--out", "r", "--no-figures")
    assert code == 0, err
    lines = out.strip().splitlines()
    assert lines[0].startswith("Value ") and "NOT PLAUSIBLE" not in out
    at = next(i for i, line in enumerate(lines) if line.startswith("Issues: "))
    assert at < 8
    shown = [x for x in lines[at + 1 : at + 8] if x.startswith("  ")]
    assert len([x for x in shown if x.startswith(("  warning", "  error"))]) <= 5
    assert (
        out.index("Issues: ")
        < out.index("Worth nothing, and why")
        < out.index("Price distribution")
    )
    assert (
        "worth nothing, dormant: 10 loans (25.0% of GBV, collateral appraised at CNY 15.00 thousand)"
        in out
    )
    assert (
        "these dormant loans carry collateral appraised at 15,000.00" in out
        and "GBV CNY 5.00 thousand]" in out
    )
    # What was said line by line before the run follows the result now.
    assert "warning: " not in err and "npl-sim validate STUDY lists every one" in err


def test_the_summary_holds_five_records_the_counts_and_what_is_worth_nothing(command, tmp_path):
    path = package(tmp_path / "s")
    code, out, err = command("price", path, "--out", "r", "--no-figures", "--json")
    assert code == 0, err
    told = json.loads(out)
    assert list(told)[:6] == [
        "units",
        "price",
        "value_at_target",
        "buyer_bid",
        "issues",
        "issues_by_count",
    ]
    assert 0 < len(told["issues"]) <= 5
    assert set(told["issues"][0]) == {"severity", "location", "message", "effect", "gbv", "name"}
    assert told["issues_by_count"]["error"] == 0 and told["issues_by_count"]["warning"] >= len(
        told["issues"]
    )
    assert len(told["warnings"]) >= 9  # all of them, as before
    nothing = told["worth_nothing"]
    assert (nothing["loans"], nothing["gbv"], nothing["share_of_gbv"], nothing["simulated"]) == (
        10,
        10_000.0,
        0.25,
        True,
    )
    assert [(r["reason"], r["collateral_value"]) for r in nothing["by_reason"]] == [
        ("dormant", 15_000.0)
    ]
    run = open_run(tmp_path / "r")
    assert {k: v for k, v in told.items() if k != "warnings"} == run.summary
    table = pd.read_parquet(tmp_path / "r" / "tables" / "worth_nothing.parquet")
    assert (
        len(table) == 10
        and set(table["reason"]) == {"dormant"}
        and (tmp_path / "r" / "findings.csv").is_file()
    )


@pytest.mark.parametrize("required", ["-0.05", "-0.04"])
def test_an_absurd_price_says_so_in_the_first_lines(command, tmp_path, required):
    rows = [loan(i) for i in range(20)]
    path = study(tmp_path / "s", rows, {**POLICY, "residual_share": 1.0}, **LATE).loaded.path
    code, out, err = command(
        "price", path, "--out", "r", "--no-figures", "--set", f"pricing.required_return={required}"
    )
    assert code == 0, err
    first = out.strip().splitlines()[:9]
    assert "NOT PLAUSIBLE" in first[1]
    assert any(line.startswith("  error: result: the mean price") for line in first)
    assert max(len(line) for line in first[:5]) < 160  # amounts that can be read


def test_bid_tells_it_in_text_summary_page_and_workbook(command, tmp_path):
    path = package(tmp_path / "s", seller={"coverage": {"default": 0.5}})
    code, out, err = command("bid", path, "--out", "r", "--no-figures")
    assert code == 0, err
    assert out.startswith("The study states no buyer, so this is no bid")
    assert "In this book, bid means this value." in " ".join(out.split())
    assert "our bid" not in out and "We would" not in out and "bid before the discount" not in out
    assert out.index("Issues: ") < out.index("Worth nothing, and why") < out.index("The seller")
    told = open_run(tmp_path / "r").summary
    assert told["worth_nothing"]["loans"] == 10 and len(told["issues"]) <= 5 and "bid_book" in told
    page = (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    assert (
        page.index("The study states no buyer")
        < page.index("Issues: ")
        < page.index("Points for the committee")
    )
    assert (
        "Worth nothing, and why" in page and "10 loans with 25.0% of GBV are worth nothing" in page
    )
    openpyxl = pytest.importorskip("openpyxl")
    cells = (
        openpyxl.load_workbook(tmp_path / "r" / "bid_book.xlsx")
        .worksheets[0]
        .iter_rows(values_only=True)
    )
    texts = [str(row[0]) for row in cells if row[0] is not None]
    at = next(i for i, text in enumerate(texts) if text.startswith("Issues: "))
    assert at <= 4 and texts[at + 1].startswith("warning: ")
    assert "Worth nothing, and why" in texts


def test_a_deal_and_a_structure_tell_the_study_s_issues(command, tmp_path):
    from tests.cli.test_tranche import EXAMPLE

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
    told = open_run(tmp_path / "r").summary
    assert (
        any("dormant" in x["location"] for x in told["issues"])
        and told["issues_by_count"]["warning"] >= 2
    )


def test_a_table_of_flows_tells_of_more_cash_than_is_owed(command, tmp_path):
    from tests.cli.test_tranche import EXAMPLE

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
    told = open_run(tmp_path / "r").summary
    assert sum("sale price" in x["message"] for x in told["issues"]) == 2


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


def test_validate_lists_what_the_head_of_a_price_only_counts(command, tmp_path):
    rows = [loan(i, accrued_interest=9000 if i == 0 else 0, product="mortgage") for i in range(20)]
    path = study(
        tmp_path / "s", rows, [{**POLICY, "applies_to": {"products": ["nobody"]}}, POLICY], **SIZE
    ).loaded.path
    code, out, err = command("validate", path)
    assert code == 0, err
    for part in (
        "1 loan with accrued interest above 3 times principal",
        "the median balance of 20 loans is 1,000.00 CNY",
        "the tape holds no nobody",
    ):
        assert part in out
    assert "Worth nothing" not in out and "\n\n" not in out


def test_a_loan_file_by_itself_has_no_policies_to_fail(command, tmp_path):
    rows = [loan(i, accrued_interest=9000 if i == 0 else 0, stage="dormant") for i in range(5)]
    study(tmp_path / "s", rows, POLICY, **SIZE)
    code, out, err = command(
        "validate", tmp_path / "s" / "loans.csv", "--set", "valuation_date=2026-06-30"
    )
    assert code == 0, err
    assert (
        "above 3 times principal" in out and "Worth nothing" not in out and "no route" not in out
    )


def test_rows_set_aside_are_one_issue(command, tmp_path):
    rows = [
        loan(i, principal="?" if i < 3 else 1000, age_months="x" if i == 4 else 6)
        for i in range(20)
    ]
    path = study(tmp_path / "s", rows, POLICY, tape={"on_error": "quarantine"}, **SIZE).loaded.path
    code, out, err = command("price", path, "--out", "r", "--no-figures")
    assert code == 0, err
    assert "4 rows with errors are set aside and are not in the result" in out
    told = open_run(tmp_path / "r").summary
    assert told["issues_by_count"]["error"] == 0
    assert sum("set aside" in x["message"] for x in told["issues"]) == 1


def test_issues_from_python_need_no_simulation(tmp_path):
    from npl_sim.runs.study_session import load_study

    case = load_study(package(tmp_path / "s"))
    found = case.issues()
    assert [x.name for x in found if math.isfinite(x.effect)] == [
        "dormant",
        "stage_date",
    ]  # measured as the tape is read
    assert any(x.location == "worth nothing, dormant" and x.gbv == 10_000.0 for x in found)
    law = [x for x in found if x.location == "legal"]
    assert len(law) == 1 and "9 rules of the law" in law[0].message


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            {"currency": "EUR", "legal": {"name": "China", "jurisdiction": "CN"}},
            "got 'EUR' for loans in CN",
        ),
        ({"market": {"indices": [{"volatility": 4}]}}, "that is 400 % a year"),
    ],
)
def test_a_mixture_or_an_absurd_rate_is_not_counted_away(tmp_path, words, told):
    """Warnings of the study that doubt the value stand at the head, however many small ones the tape draws."""
    rows = [
        loan(
            i,
            product=f"p{i}",
            **({"stage": "litigation", "stage_date": "1999-01-01"} if i == 0 else {}),
        )
        for i in range(30)
    ]
    policies = [
        {
            **POLICY,
            "litigation": {},
            "enforcement": {},
            "applies_to": {"products": ["p0", *(f"none{k}" for k in range(3))]},
        },
        POLICY,
    ]
    items = [{**ITEM, "loan_id": "L000001"}, {**ITEM, "kind": "ship", "loan_id": "L000002"}]
    case = study(
        tmp_path, rows, policies, items, collateral={"house": {}, "default": {}},
        tape={"confirmed": ["stage_date", "dormant", "prior_liens", "valuation_date", "balances"]}, **{**SIZE, **words},
    )  # fmt: skip
    found = case.issues()
    assert len(found) > 5 and any(told in x.message for x in found[:2]), [str(x) for x in found]


def test_an_absurd_bid_book_says_so_below_its_first_paragraph(command, tmp_path):
    rows = [loan(i) for i in range(20)]
    path = study(
        tmp_path / "s",
        rows,
        {**POLICY, "residual_share": 1.0},
        seller={"coverage": {"default": 0.5}},
        **LATE,
    ).loaded.path
    code, out, err = command(
        "bid",
        path,
        "--out",
        "r",
        "--no-figures",
        "--no-documents",
        "--set",
        "pricing.required_return=-0.05",
    )
    assert code == 0, err
    assert "NOT PLAUSIBLE: do not use it" in out[: out.index("Issues: ")]


def test_a_batch_values_other_readings_under_the_study_of_each_run(batch, tmp_path):
    """Where the first point of a grid makes the collateral worth little, the second must be stopped all the same."""
    rows = [loan(i, stage="dormant" if i == 0 else "collection") for i in range(60)]
    item = {**ITEM, "loan_id": "L000000", "appraisal_value": 2_000}
    path = study(
        tmp_path / "s", rows, {**POLICY, "enforcement": {}}, [item], tape={"confirmed": []},
        collateral={"default": {"forced_sale_discount": 0.1}}, **SIZE,
    ).loaded.path  # fmt: skip
    keys = ("--grid", "policies.0.collection.settle_hazard=5,0.01", "--no-figures")
    code, out, err = batch(path, "--out", tmp_path / "out", *keys)
    assert code == 4, out + err
    told = out + err
    assert "1 done" in told and "1 failed" in told and "tape.confirmed: [dormant]" in told


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
