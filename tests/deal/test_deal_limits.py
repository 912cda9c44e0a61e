"""Deals that are refused, size limits in percent, and sound deals without a warning."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from npl_sim.core.errors import NplSimError
from npl_sim.securitization.waterfall.waterfall import run_deal
from npl_sim.study.deal_file import load_deal
from npl_sim.study.flow_file import load_flows
from tests.builders.deals import annual, before_last, deal, deal_terms, deal_texts, run_texts
from tests.deal.deal_warning_terms import (
    GOOD,
    MEZZ,
    PLAIN,
    RETURN,
    SENIOR,
    SHORTFALL,
    changed,
    order,
    step,
)
from tests.deal.shipped import DEALS, NAMES

WRONG = Path(__file__).parents[3] / "shared" / "cases" / "deals" / "wrong"


LIMITS = {
    "advance": (
        {"kind": "advance_rate", "of": "pool_balance", "at_most": 25.0},
        "limits.0.at_most: got 25, that is 2500%",
    ),
    "cover": ({"kind": "net_cover", "at_least": 120.0}, "limits.0.at_least: got 120 times"),
    "interest cover": (
        {"kind": "interest_cover", "at_least": 200.0},
        "limits.0.at_least: got 200 times",
    ),
}


@pytest.mark.parametrize("name", LIMITS)
def test_limits_of_sizes_in_percent_are_reported(name):
    limit, text = LIMITS[name]
    found = deal_texts(deal(structure={"size": [{"tranche": "senior", "limits": [limit]}]}))
    assert any(line.startswith("structure.size.0.") and text in line for line in found), found


REFUSED = {
    "negative fixed": (
        changed(("tranches", 0, "coupon", "rate"), -0.02),
        "tranches.0.coupon.rate: got -0.02, a negative fixed coupon",
    ),
    "negative step": (
        changed(
            ("tranches", 0, "coupon"),
            {
                "kind": "stepped",
                "steps": [
                    {"since": "2020-01-01", "rate": 0.02},
                    {"since": "2025-01-01", "rate": -0.001},
                ],
            },
        ),
        "tranches.0.coupon.steps.1.rate: got -0.001",
    ),
    "circle of one": (
        changed(("steps", 1, "when"), {"kind": "redeemed", "tranches": ["senior"]}),
        "steps.1.when: principal of 'senior' is never paid",
    ),
    "circle of two": (
        order(
            *PLAIN,
            step("principal", "senior", when={"kind": "redeemed", "tranches": ["mezz"]}),
            step(
                "principal",
                "mezz",
                when={"kind": "not", "of": {"kind": "outstanding", "tranches": ["senior"]}},
            ),
        ),
        "(circular)",
    ),
    "circle inside all": (
        changed(
            ("steps", 1, "when"),
            {
                "kind": "all",
                "of": [
                    {"kind": "from_payment", "number": 1},
                    {"kind": "redeemed", "tranches": ["senior"]},
                ],
            },
        ),
        "(circular)",
    ),
    "empty source": (
        deal_terms(
            accounts=[{"name": "dead"}],
            steps=[{**deal_terms()["steps"][0], "sources": ["dead"]}, *deal_terms()["steps"][1:]],
        ),
        "steps.0.sources: got dead alone, which nothing fills",
    ),
    "swept source": (
        deal_terms(
            accounts=[{"name": "dead", "initial": 5.0, "sweep": True}],
            steps=[{**deal_terms()["steps"][0], "sources": ["dead"]}, *deal_terms()["steps"][1:]],
        ),
        "which nothing fills",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_senseless_deals_are_refused(name):
    the_terms, text = REFUSED[name]
    with pytest.raises(ValidationError) as caught:
        deal(**the_terms)
    assert text in str(caught.value)


def test_a_residual_to_nobody_is_refused():
    with pytest.raises(ValidationError, match="payee"):
        deal(**deal_terms(steps=[*deal_terms()["steps"][:-1], {"kind": "residual", "payee": ""}]))


def test_sound_deals_give_no_cause():
    waits = {"kind": "redeemed", "tranches": ["senior"]}
    either = {"kind": "any", "of": [waits, {"kind": "from_payment", "number": 2}]}
    sound = (
        deal_terms(),
        order(*GOOD),
        order(*PLAIN, step("principal", "senior", "mezz", order="pro_rata")),
        order(*PLAIN, step("principal", "mezz", when=waits), step("principal", "senior")),
        changed(("steps", 1, "when"), either),
        order(*GOOD[:2], step("pay", "return"), *GOOD[2:], claims=[RETURN]),
        order(
            step("pay", "return", caps=[{"kind": "per_date", "amount": 0.1}]),
            *GOOD,
            claims=[RETURN],
        ),
        changed(("tranches", 1, "price"), 1.5),
        deal_terms(
            legal_final="2026-12-30",
            schedule={
                "first_payment": "2024-06-30",
                "frequency_months": 3,
                "calendar": "none",
                "end_of_month": False,
            },
        ),
        deal_terms(
            schedule={
                "first_payment": "2024-06-30",
                "frequency_months": 3,
                "calendar": "none",
                "end_of_month": True,
            }
        ),
        deal_terms(
            triggers=[SHORTFALL],
            event_of_default=["short"],
            steps_after_default=deal_terms()["steps"],
        ),
        deal_terms(
            accounts=[{"name": "r", "initial": 5.0}],
            steps=[{**deal_terms()["steps"][0], "sources": ["r"]}, *deal_terms()["steps"]],
        ),
    )
    for item in sound:
        assert deal_texts(deal(**item)) == ()


def test_a_negative_index_is_no_fault():
    tranches = [{**SENIOR, "coupon": {"kind": "floating", "spread": 0.01, "floor": None}}, MEZZ]
    the_deal = deal(
        index={"kind": "flat", "rate": -0.05}, tranches=tranches, steps=order(*GOOD)["steps"]
    )
    assert deal_texts(the_deal) == ()


def test_notes_of_multiples_of_the_cash_are_reported():
    (line,) = run_texts(run_deal(deal(), annual(20, 20, 20)))
    assert "balances sum to 120.00 CNY, 2.0 times the mean net collections of 60.00" in line
    assert run_texts(run_deal(deal(), annual(30, 30, 20))) == ()


def test_a_balance_in_another_unit_than_the_flows_is_reported():
    (line,) = run_texts(run_deal(deal(pool_balance=1e6), annual(60, 60, 60)))
    assert "pool_balance: got 1,000,000.00 CNY, of which 180.00 (0.018%) are collected" in line
    assert run_texts(run_deal(deal(pool_balance=9e4), annual(60, 60, 60))) == ()


def test_fees_that_take_most_of_the_cash_are_reported():
    fee = {"kind": "fee", "name": "f", "amounts": [{"kind": "per_date", "amount": 21.0}]}
    the_deal = deal(claims=[fee], steps=before_last({"kind": "pay", "of": ["f"]}))
    (line,) = run_texts(run_deal(the_deal, annual(40, 40, 40)))
    assert (
        "fees and other claims are paid 63.00 CNY in the mean, 52% of net collections of 120.00"
        in line
    )
    assert run_texts(run_deal(the_deal, annual(43, 43, 43))) == ()


@pytest.mark.parametrize("name", NAMES)
def test_shipped_deals_are_reported_of_estimated_holidays_alone(name):
    found = deal_texts(load_deal(DEALS / f"{name}.yaml"))
    assert all(
        line.startswith("schedule.calendar: china_interbank has announced") for line in found
    )
    assert len(found) == name.startswith("gongyuan")


SILENT = (
    "02_circular_condition",
    "06_notes_exceed_pool",
    "08_interest_twice_pays_principal_before_interest",
    "09_percent_coupon",
    "12_source_account_never_filled",
    "13_trigger_never_used",
    "14_junior_paid_before_senior",
    "17_scheduled_sums_over_balance",
    "18_first_payment_not_month_end",
    "24_account_initial_gt_proceeds",
)


@pytest.mark.skipif(not WRONG.is_dir(), reason="../shared/cases is not there")
@pytest.mark.parametrize("path", sorted(WRONG.glob("*.yaml")), ids=lambda p: p.stem)
def test_no_wrong_deal_is_silent(path):
    try:
        the_deal = load_deal(path)
    except NplSimError as error:
        assert str(path) in str(error)
        assert any(word in str(error) for word in ("expected", "missing", "did you mean"))
        return
    assert path.stem in SILENT
    flows = load_flows(DEALS / "three_tranche.flows.yaml", scenarios=60)
    found = (*deal_texts(the_deal), *run_texts(run_deal(the_deal, flows)))
    assert found


def test_a_study_is_reported_of_the_terms_of_its_deal():
    """The same warnings, at their keys below `deal`, when a study is read: `validate`, `price` and
    `tranche` say them."""
    from types import SimpleNamespace

    from npl_sim.study.deal_checks import _terms

    (issue,) = _terms(
        SimpleNamespace(deal=deal(**changed(("tranches", 0, "coupon", "rate"), 0.4)))
    )
    assert issue.path == ("deal", "tranches", 0, "coupon", "rate")
    assert issue.severity == "warning"
    assert issue.message.startswith("got 0.4, that is 40% a year")
    assert (
        list(_terms(SimpleNamespace(deal=None)))
        == []
        == list(_terms(SimpleNamespace(deal=deal())))
    )


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        (("tranches", 0, "coupon", "rate"), 4.0, "coupon"),
        (("tranches", 0, "coupon", "rate"), 1.01, "coupon"),
    ],
)
def test_a_rate_above_100_percent_is_refused(path, value, key):
    with pytest.raises(ValidationError, match="less than or equal to 1") as caught:
        deal(**changed(path, value))
    assert key in str(caught.value)
