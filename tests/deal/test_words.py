"""Terms of a deal that do not fit together, and the sentences that say so."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from npl_sim.core.errors import DealError, StudyError
from npl_sim.securitization.terms.deal import Deal
from npl_sim.securitization.terms.steps import step_label
from npl_sim.securitization.waterfall.waterfall import run_deal
from npl_sim.study.deal_file import deal_schema, load_deal
from tests.builders.deals import annual, deal, deal_terms

FEE = {"kind": "fee", "name": "trustee", "amounts": [{"kind": "per_date", "amount": 1.0}]}
RETURN = {"kind": "fixed_return", "name": "r", "tranche": "subb", "rate": 0.1}
REST = deal_terms()["steps"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": REST[:3]}, "cash could be left without an owner; expected a residual"),
        (
            {"steps": [REST[3], *REST]},
            "a residual takes all that is left; expected it to be the last step",
        ),
        ({"steps": REST[1:]}, "tranche 'senior' bears interest, but no step pays it"),
        ({"steps": [REST[0], *REST[2:]]}, "no step repays the principal of tranche 'senior'"),
        ({"claims": [FEE]}, "no step pays 'trustee'; expected one of kind pay"),
        (
            {"claims": [FEE, FEE], "steps": [{"kind": "pay", "of": ["trustee"]}, *REST]},
            "got 'trustee' a second time",
        ),
        (
            {"steps": [{"kind": "pay", "of": ["trustee"]}, *REST]},
            "no claim or swap; expected one of: none",
        ),
        (
            {"claims": [RETURN]},
            (
                "claims.0.tranche: got 'subb', which is no tranche; expected one of: "
                "senior, sub; did you mean 'sub'"
            ),
        ),
        ({"event_of_default": ["x"]}, "which is no trigger"),
        ({"closing_date": "2023-01-01"}, "before the cut-off"),
        ({"legal_final": "2024-01-01"}, "before the first payment"),
        ({"accounts": [{"name": "available"}]}, "is the cash at hand"),
        (
            {"accounts": [{"name": "r"}], "steps": [{"kind": "reserve", "account": "r"}, *REST]},
            "expected what the reserve step fills",
        ),
        (
            {"triggers": [{"kind": "collection_ratio", "name": "c", "below": 0.9}]},
            "expected the deal to have a business_plan",
        ),
        (
            {
                "steps": [
                    {
                        "kind": "interest",
                        "to": ["senior"],
                        "when": {"kind": "trigger", "name": "c"},
                    },
                    *REST,
                ]
            },
            "'c', which is no trigger",
        ),
        (
            {"steps": [{"kind": "interest", "to": ["senior"], "sources": ["reserve"]}, *REST]},
            "which is no account",
        ),
        (
            {"steps_after_default": REST[1:]},
            "steps_after_default: tranche 'senior' bears interest",
        ),
        (
            {"sources": [{"terms": ["shedule"], "source": "x"}]},
            "got 'shedule', which the deal does not have",
        ),
    ],
)
def test_refusals(changes, message):
    with pytest.raises(ValidationError) as error:
        deal(**changes)
    assert message in str(error.value)


def test_all_errors_are_reported_with_their_places(tmp_path):
    path = tmp_path / "deal.yaml"
    path.write_text(
        """name: x
cutoff_date: 2023-12-31
closing_date: 2024-01-01
legal_final: 2026-12-31
pool_balance: 100
schedule: {first_payment: 2024-12-31, frequency_months: 12}
tranches:
  - {name: senior, balance: 10}
steps:
  - {kind: principal, to: [senor]}
  - {kind: residual, to: equity}
"""
    )
    with pytest.raises(StudyError) as error:
        load_deal(path)
    errors = error.value.errors
    assert errors[0].startswith(f"{path}:10:28: steps.0.to.0: got 'senor'")
    assert errors[1].startswith(f"{path}:11:22: steps.1.to: got 'equity'")
    path.write_text(path.read_text().replace("senor", "senior").replace("equity", "senior"))
    assert load_deal(path, {"tranches.0.balance": 20}).notes == 20
    path.write_text(path.read_text().replace("frequency_months", "frequency_month"))
    with pytest.raises(StudyError, match="did you mean 'frequency_months'"):
        load_deal(path)


def test_dump_and_load_are_the_same():
    a = deal(claims=[FEE], steps=[{"kind": "pay", "of": ["trustee"]}, *REST])
    assert Deal.model_validate(a.model_dump(mode="json")) == a
    assert deal_schema()["properties"]["tranches"]


def test_what_floats_needs_a_reference_rate():
    changes = deal_terms()
    changes["tranches"][0]["coupon"] = {"kind": "floating", "spread": 0.01}
    with pytest.raises(DealError, match="tranche 'senior' floats"):
        run_deal(deal(**changes), annual(1, 2, 3))
    import numpy as np

    run = run_deal(deal(**changes), annual(100, 100, 100), index=np.array([[0.09, 0.0, 0.0]]))
    assert run.tranches["senior"].interest[0, 0] == pytest.approx(10.0)
    with pytest.raises(
        DealError,
        match=r"expected a finite rate for each scenario and payment date, that is \(1, 3\)",
    ):
        run_deal(deal(**changes), annual(1, 2, 3), index=np.zeros((3, 1)))


@pytest.mark.parametrize("name", ["30_360", "30e_360", "act_360", "act_365", "act_act"])
def test_a_day_count_is_read_as_documented_without_quotes(name, tmp_path):
    """YAML reads 30_360 without quotes as a number; in a file, for a tranche and on the command
    line it is the day count."""
    from npl_sim.study.overrides import parse_settings

    text = (Path(__file__).parent / "files" / "example.yaml").read_text(encoding="utf-8")
    path = tmp_path / "deal.yaml"
    lines = [line for line in text.splitlines() if not line.startswith("day_count:")]
    path.write_text("\n".join([f"day_count: {name}", *lines]) + "\n", encoding="utf-8")
    found = load_deal(path, parse_settings([f"tranches.0.day_count={name}"]))
    assert found.day_count == name and found.tranches[0].day_count == name


@pytest.mark.parametrize("value", [360, 30361, True, 30360.0, "30360"])
def test_other_numbers_are_no_day_counts(value):
    with pytest.raises(ValidationError, match="day_count"):
        deal(day_count=value)


@pytest.mark.parametrize(
    ("account", "label"),
    [("reserve", "reserve"), ("cash reserve", "cash reserve"), ("spare", "reserve spare")],
)
def test_a_reserve_step_is_not_called_reserve_twice(account, label):
    account_terms = {"name": account, "target": {"kind": "fixed", "amount": 1.0}}
    found = deal(accounts=[account_terms], steps=[{"kind": "reserve", "account": account}, *REST])
    assert step_label(found.steps[0]) == label
