"""Facts that the model does not use are warned of with what they are worth on the tape."""

from __future__ import annotations

import pytest

from npl_sim.analysis.other_readings import measure_readings
from npl_sim.core.errors import TapeError
from tests.builders.studies import loan, study

LAW = {"limitation": [{"months": 36, "source": "test"}]}
CERTAIN = {
    "litigation": {
        "after_months": 0,
        "lawsuit": {"win_probability": 1.0, "duration": {"kind": "fixed", "value": 0}},
    },
    "enforcement": {
        "guarantor_payment_probability": 1.0,
        "guarantor_delay": {"kind": "fixed", "value": 0},
    },
}
PRICING = {"required_return": 0.0}
SIZE = {"scenarios": 4, "horizon_months": 36}


def small_study(tmp_path, rows, items=(), backers=(), **options):
    sections = {"legal": LAW, "pricing": PRICING, "simulation": SIZE, **options}
    return study(tmp_path, rows, sections.pop("policy", CERTAIN), items, backers, **sections)


def item(n, value, by):
    return {
        "loan_id": f"L{n:06d}",
        "collateral_id": f"C{n}",
        "kind": "house",
        "appraisal_value": value,
        "appraisal_date": "2026-06-30",
        "seized_by": by,
    }


def found(case, name):
    messages = [f for f in measure_readings(case.study, case.table) if f.name == name]
    assert len(messages) <= 1
    return messages[0] if messages else None


@pytest.mark.parametrize(
    ("ends", "effect", "messages"),
    [
        (
            ("2026-06-29", "2026-06-30"),
            -400,
            "1 guarantee ended before the valuation date:",
        ),  # its last day is open
        (("", "2027-01-31"), -400, "1 guarantee with no end stated:"),
        (
            ("2020-01-31", ""),
            -1000,
            "1 guarantee ended before the valuation date and 1 guarantee with no end stated:",
        ),
        (("2026-07-01", "2027-01-31"), None, ""),
    ],
)
def test_guarantees_that_may_have_lapsed(tmp_path, ends, effect, messages):
    """Guarantors of 400 and 600 who surely pay."""
    backers = [
        {"loan_id": f"L{n:06d}", "guarantor_id": f"G{n}", "cap": cap, "保证期间": day}
        for n, (cap, day) in enumerate(zip((400, 600), ends, strict=True))
    ]
    case = small_study(tmp_path, [loan(0), loan(1)], (), backers)
    assert case.simulate().net.sum() / 4 == pytest.approx(1000)
    finding = found(case, "guarantee_end")
    if effect is None:
        assert finding is None
        return
    assert finding.effect == pytest.approx(effect) and finding.text.startswith(messages)
    assert finding.file == "guarantors.csv"


def test_a_period_that_is_no_date_is_refused(tmp_path):
    backers = [{"loan_id": "L000000", "guarantor_id": "G", "cap": 400, "保证期间": "六个月"}]
    case = small_study(tmp_path, [loan(0)], (), backers)
    with pytest.raises(TapeError, match="guarantee_end .保证期间.*六个月"):
        case.table


def test_loans_without_documents_bear_their_value(tmp_path):
    rows = [
        loan(0, documents_missing="yes"),
        loan(1, documents_missing="no"),
        loan(2, documents_missing="yes"),
    ]
    case = small_study(tmp_path, rows, [item(0, 600, ""), item(1, 300, "")])
    messages = found(case, "documents_missing")
    assert messages.effect == pytest.approx(-600) and (messages.count, messages.gbv) == (2, 2000)
    assert "2 loans without contract, title or demand files" in messages.text


def test_limitation_from_maturity_where_no_acceleration_is_known(tmp_path):
    """Default 40 months ago, three years: only the last due date of the first keeps it
    enforceable.
    """
    rows = [
        loan(0, age_months=40, maturity_date="2030-01-01"),
        loan(1, age_months=40, maturity_date=""),
        loan(2, age_months=5, maturity_date="2026-03-01"),
    ]
    case = small_study(tmp_path, rows, [item(n, 250, "") for n in range(3)])
    assert case.simulate().net.sum() / 4 == pytest.approx(500)
    messages = found(case, "acceleration_date")
    assert messages.effect == pytest.approx(-250) and messages.count == 2 and messages.gbv == 2000
    given = [
        {**row, "acceleration_date": "2026-01-31" if n == 2 else ""} for n, row in enumerate(rows)
    ]
    assert found(small_study(tmp_path / "b", given), "acceleration_date") is None


def test_a_rank_without_its_amount_is_measured_too(tmp_path):
    rows = [{**item(0, 600, ""), "lien_rank": 2}]
    case = small_study(tmp_path, [loan(0)], rows, tape={"confirmed": []})
    text = found(case, "prior_liens").text
    assert "appraised at 600.00" in text and "changes by +600 CNY" in text


def test_the_study_may_confirm_what_was_read(tmp_path):
    case = small_study(
        tmp_path, [loan(0)], [item(0, 600, "other")], tape={"confirmed": ["seized_by"]}
    )
    assert "the study confirms what was read" in found(case, "seized_by").text
    assert not [f for f in case.table.findings if "a name that some finding bears" in f.text]


def test_explain_tells_what_the_value_of_the_loan_leaves_out(tmp_path):
    """Only of this loan: the other one has an item of the bank's own seizure, and no guarantor."""
    items = [item(0, 600, "other creditor"), item(1, 300, "creditor")]
    backers = [{"loan_id": "L000000", "guarantor_id": "G0", "cap": 50}]
    case = small_study(tmp_path, [loan(0, documents_missing="yes"), loan(1)], items, backers)
    text = case.explain("L000000")
    assert "another court seized it first and sells it, unless it hands it to ours" in text
    assert "guarantee_end: 1 guarantee with no end stated" in text
    assert "documents_missing: 1 loan without contract" in text
    assert text.index("not in the value below") < text.index("present value")
    assert "not in the value below" not in case.explain("L000001")
