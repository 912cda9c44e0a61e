"""Every output begins with the result and at most five issues.

The other issues are counted, and the output names the command that lists them.
"""

from __future__ import annotations

import json
import math

import pandas as pd
import pytest

from npl_sim.runs.folder import open_run
from tests.builders.studies import loan, study
from tests.cli.heading_studies import ITEM, LATE, POLICY, SIZE, package


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
        "worth nothing, dormant: 10 loans "
        "(25.0% of GBV, collateral appraised at CNY 15.00 thousand)" in out
    )
    assert (
        "these dormant loans carry collateral appraised at 15,000.00" in out
        and "GBV CNY 5.00 thousand]" in out
    )
    # The warnings come after the result, not line by line before the run.
    assert "warning: " not in err and "npl-sim validate STUDY lists every one" in err


def test_the_summary_holds_five_records_the_counts_and_what_is_worth_nothing(command, tmp_path):
    path = package(tmp_path / "s")
    code, out, err = command("price", path, "--out", "r", "--no-figures", "--json")
    assert code == 0, err
    printed = json.loads(out)
    assert list(printed)[:6] == [
        "units",
        "price",
        "value_at_target",
        "buyer_bid",
        "issues",
        "issues_by_count",
    ]
    assert 0 < len(printed["issues"]) <= 5
    assert set(printed["issues"][0]) == {
        "severity",
        "location",
        "message",
        "effect",
        "gbv",
        "name",
    }
    assert printed["issues_by_count"]["error"] == 0 and printed["issues_by_count"][
        "warning"
    ] >= len(printed["issues"])
    assert len(printed["warnings"]) >= 9  # all of them, as before
    nothing = printed["worth_nothing"]
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
    assert {k: v for k, v in printed.items() if k != "warnings"} == run.summary
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
    printed = open_run(tmp_path / "r").summary
    assert (
        printed["worth_nothing"]["loans"] == 10
        and len(printed["issues"]) <= 5
        and "bid_book" in printed
    )
    page = (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    assert page.index("no buyer is stated, so this is no bid") < page.index("Confirmed as read")
    first = page.split("Page 1 of", maxsplit=1)[0]
    assert "10 loans with 25.0% of gross book value are worth nothing" in first
    assert "Loans with 25% of the claims count nothing." in first
    openpyxl = pytest.importorskip("openpyxl")
    cells = openpyxl.load_workbook(tmp_path / "r" / "bid_book.xlsx")["Summary"].iter_rows(
        values_only=True
    )
    texts = [str(row[0]) for row in cells if row[0] is not None]
    at = next(i for i, text in enumerate(texts) if text.startswith("Issues: "))
    assert at <= 4 and texts[at + 1].startswith("warning: ")
    assert "Worth nothing, and why" in texts


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
    printed = open_run(tmp_path / "r").summary
    assert printed["issues_by_count"]["error"] == 0
    assert sum("set aside" in x["message"] for x in printed["issues"]) == 1


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
    ("settings", "printed"),
    [
        (
            {"currency": "EUR", "legal": {"name": "China", "jurisdiction": "CN"}},
            "got 'EUR' for loans in CN",
        ),
        ({"market": {"indices": [{"volatility": 4}]}}, "that is 400 % a year"),
    ],
)
def test_a_mixture_or_an_absurd_rate_is_not_counted_away(tmp_path, settings, printed):
    """Warnings that doubt the value come first, however many small warnings the tape gives."""
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
        tmp_path,
        rows,
        policies,
        items,
        collateral={"house": {}, "default": {}},
        tape={"confirmed": ["stage_date", "dormant", "prior_liens", "valuation_date", "balances"]},
        **{**SIZE, **settings},
    )
    found = case.issues()
    assert len(found) > 5 and any(printed in x.message for x in found[:2]), [str(x) for x in found]


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


def test_validate_says_that_a_reading_stops_the_run(command, tmp_path):
    """Rows with errors go into quarantine here, so it is not on_error that stops the run."""
    path = package(tmp_path / "s")
    code, out, _ = command(
        "validate", path, "--set", "tape.confirmed=[]", "--set", "tape.on_error=quarantine"
    )
    assert code == 3
    assert "(none is priced: a reading is not confirmed)" in out
    assert "tape.on_error is stop" not in out
