"""Implausible contracts: prices, rates and amounts that are probably in another unit."""

from __future__ import annotations

import numpy as np
import pytest

from npl_sim.analysis.contract_plausibility import contract_issues
from npl_sim.channels.outcomes import Outcomes
from npl_sim.channels.result import measure
from tests.builders.contracts import contract, layer, sample


def reported(package_cash=None, **terms):
    return " | ".join(
        f"{i.location}: {i.message}"
        for i in contract_issues(measure(contract(**terms), package_cash or sample(200)))
    )


def priced(amount):
    return {"price": {"kind": "amount", "amount": amount}}


def test_an_ordinary_contract_has_no_issue():
    assert reported() == ""


@pytest.mark.parametrize(
    ("terms", "text"),
    [
        (priced(450.0), "is above the gross book value"),
        (priced(300.0), "times what the package is worth"),
        (priced(5.0), "sold for 5.00"),
        (priced(0.0), "sold for 0.00"),
        ({"discount_rate": 0.5}, "discount_rate: got 0.5, 50.0% a year; expected at most 36%"),
        (
            {"undertakings": [{"kind": "guarantee", "name": "g", "reference": 5000.0}]},
            "undertakings.0.reference: got 5,000.00",
        ),
        (
            {"undertakings": [{"kind": "guarantee", "name": "g", "cap": 500.0}]},
            "undertakings.0.cap: got 500.00",
        ),
        (
            {
                "undertakings": [
                    {
                        "kind": "repurchase",
                        "name": "r",
                        "at": {"kind": "month", "month": 6},
                        "price": {"kind": "fixed", "amount": 4e6},
                    }
                ]
            },
            "undertakings.0.price.amount: got 4,000,000.00",
        ),
        (
            {
                "vehicles": [
                    layer(
                        {"kind": "note", "name": "n", "share": 0.9, "rate": 0.56, "holder": "fund"}
                    )
                ]
            },
            "vehicles.0.claims.0.rate: got 0.56",
        ),
        (
            {
                "vehicles": [
                    layer(
                        {
                            "kind": "note",
                            "name": "n",
                            "share": 0.9,
                            "maturity": 60,
                            "principal": "at_maturity",
                            "holder": "fund",
                        }
                    )
                ]
            },
            "maturity: got 60; the outcomes end in month 24",
        ),
        (
            {
                "undertakings": [
                    {"kind": "guarantee", "name": "year 1", "reference": 60.0, "month": 12},
                    {"kind": "guarantee", "name": "year 2", "reference": 140.0, "month": 24},
                ]
            },
            "undertakings.1: guarantee 'year 2' of vehicle 'buyer' beside 'year 1'",
        ),
        (
            {
                "side_letter": {
                    "undertakings": [{"kind": "guarantee", "name": "g", "deductible": 500.0}]
                }
            },
            "deductible: got 500.00",
        ),
        (
            {"undertakings": [{"kind": "guarantee", "name": "g", "month": 0}]},
            "undertakings.0.month: got 0, before any collections",
        ),
        (
            {"price": {"kind": "share_of_face", "share": 24}},
            "price.share: got 24, that is 2400%; expected a multiple of at most 2: write 0.24 "
            "for 24 %",
        ),
        ({"price": {"kind": "share_of_value", "share": 90}}, "price.share: got 90"),
        (
            {"undertakings": [{"kind": "guarantee", "name": "g", "cap_share": 50}]},
            "undertakings.0.cap_share: got 50",
        ),
        (
            {
                "undertakings": [
                    {
                        "kind": "income_swap",
                        "name": "s",
                        "leg": {"kind": "fixed", "rate": 0.05},
                        "notional": 100,
                    }
                ]
            },
            "undertakings.0.notional: got 100",
        ),
        (
            {
                "undertakings": [
                    {
                        "kind": "repurchase",
                        "name": "r",
                        "at": {"kind": "below_plan", "below": 80},
                        "price": {"kind": "par"},
                    }
                ]
            },
            "undertakings.0.at.below: got 80",
        ),
        (
            {
                "undertakings": [
                    {
                        "kind": "put",
                        "name": "p",
                        "months": [12],
                        "strike": {"kind": "formula", "of_face": 30},
                    }
                ]
            },
            "undertakings.0.strike.of_face: got 30",
        ),
        (
            {"servicing": {"by": "bank", "hurdle_of_price": 100}},
            "servicing.hurdle_of_price: got 100",
        ),
        (
            {"channel_default": {"of": "buyer", "hazard": 5}},
            "channel_default.hazard: got 5 a year",
        ),
    ],
)
def test_what_is_hardly_meant_is_reported_with_key_and_value(terms, text):
    assert text in reported(**terms)


@pytest.mark.parametrize("kind", ["call", "put"])
def test_an_option_by_which_its_holder_loses_is_reported(kind):
    """One early month shows almost nothing of the rest; the plan scales with it as if it showed
    all.
    """
    received = np.zeros((100, 13))
    received[:50, 1], received[50:, 1] = 1.0, 3.0
    received[:, 12] = np.tile([80.0, 120.0], 50)
    package_cash = Outcomes(
        received, np.zeros_like(received), np.full(100, 0.01), False, 400.0, 0.0
    )
    strike = {"kind": "fixed", "amount": 120.0 if kind == "call" else 60.0}
    option = {"kind": kind, "name": "o", "months": [2], "strike": strike}
    text = reported(package_cash, undertakings=[option])
    assert (
        "undertakings.0.knowledge: got 'plan', by which its holder, the "
        f"{'bank' if kind == 'call' else 'buyer'}" in text
    )
    assert "undertakings.0.knowledge" not in reported(
        package_cash, undertakings=[{**option, "knowledge": "perfect"}]
    )


def test_a_face_in_another_unit_than_the_cash_is_reported():
    package_cash = sample(200)
    far = Outcomes(
        package_cash.received, package_cash.costs, package_cash.probability, False, 1e6, 0.0
    )
    assert "face: got 1,000,000.00, and the package is expected to receive" in reported(far)


def test_tables_in_chinese_encodings_are_read(tmp_path):
    from npl_sim.channels.outcome_table import read_outcomes

    path = tmp_path / "t.csv"
    path.write_bytes("scenario,month,cash\n一,1,10\n一,2,20\n二,1,15\n二,2,5\n".encode("gb18030"))
    outcomes, _ = read_outcomes(path, 100.0, 0.0)
    assert np.array_equal(outcomes.net, [[0, 10, 20], [0, 15, 5]])
