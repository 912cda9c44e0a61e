"""Features of products, investors and kinds of loans."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from npl_sim.capital.loan_kinds import holdings
from npl_sim.channels.verdict.assessment import assess
from npl_sim.channels.verdict.features import scopes_of
from npl_sim.channels.verdict.figure_signs import (
    repaid_investors,
)
from tests.builders.contracts import contract, layer
from tests.channel.test_features import BUY, measured, present, signs

NOTE = {"kind": "note", "name": "n", "share": 0.9, "rate": 0.02, "holder": "fund"}


def test_a_top_up_makes_an_investor_whole_and_is_rigid_redemption():
    """The note of 90 at 2 % is short in many scenarios; topped up it is whole in all."""
    terms = {
        "vehicles": [
            layer(NOTE, {"kind": "residual", "holder": "fund", "share": 0.1}, name="plan")
        ],
        "undertakings": [{"kind": "top_up", "name": "t", "of": "n"}],
    }
    result = measured(**terms)
    sign = signs(result)["rigid_redemption"]
    assert (
        sign.present
        and "'t' tops up note 'n' of 'plan'" in sign.why
        and "count as products" in sign.why
    )
    reported = measured(**terms, accounting={"asset_management_products": []})
    assert signs(reported)["rigid_redemption"].present is False
    named = measured(**terms, accounting={"asset_management_products": ["plan"]})
    assert named.whole and signs(named)["rigid_redemption"].present


def test_who_cannot_lose_by_the_sellers_promises_is_seen_in_the_figures():
    """A buy-back at 100 after a year: the investors get their 100 in every scenario, and often not
    without it.
    """
    promise = {
        **BUY,
        "at": {"kind": "month", "month": 12},
        "price": {"kind": "fixed", "amount": 100.0},
    }
    result = measured(undertakings=[promise])
    ((name, why),) = repaid_investors(result.whole)
    assert name == "investors" and "100.0% of scenarios" in why
    assert signs(result)["yield_guarantee"].present
    # An outright sale without vehicles: whether the buyer is a product is not known.
    assert signs(result)["rigid_redemption"].present is None
    assert repaid_investors(measured().whole) == ()
    low = measured(undertakings=[{**promise, "price": {"kind": "fixed", "amount": 10.0}}])
    assert repaid_investors(low.whole) == ()
    cheap = measured(price={"kind": "amount", "amount": 5.0}, undertakings=[promise])
    assert repaid_investors(cheap.whole) == ()  # whole without the promise too


def nested(count, **accounting):
    names = [f"v{i}" for i in range(count)]
    layers = [
        layer(
            {
                "kind": "residual",
                "holder": (names[i + 1] if i + 1 < count else "people"),
                "share": 1.0,
            },
            name=names[i],
        )
        for i in range(count)
    ]
    return signs(measured(vehicles=layers, accounting=accounting))["nested_products"].present


def test_products_one_above_the_other_are_counted():
    assert nested(3, asset_management_products=["v0", "v1", "v2"]) is True
    assert nested(3, asset_management_products=["v1", "v2"]) is False
    assert (
        nested(3, asset_management_products=["v0", "v2"], own_wealth_products=["people"]) is True
    )
    assert nested(1) is False  # one vehicle and its holder are two at most
    assert nested(2) is None  # and two may be three
    assert nested(3, asset_management_products=[]) is False


def test_own_wealth_products_are_checked_of_every_sale():
    layers = [layer({"kind": "note", "name": "n", "share": 0.5, "holder": "wmp"})]
    result = measured(vehicles=layers, accounting={"own_wealth_products": ["wmp"]})
    rules = {r.rule.number: r.status for r in assess(result, result.whole).rules}
    assert rules["CBIRC Order (2018) No. 6"] == "broken"
    assert "Yin Jian Ban Fa (2016) No. 82" not in rules  # an outright sale is no income right


def test_relief_that_is_taken_on_an_income_right_breaks_the_notice():
    def status(**accounting):
        result = measured(
            accounting={"form": "income_right", "signed": date(2020, 1, 1), **accounting}
        )
        rules = {r.rule.name: r for r in assess(result, result.whole).rules}
        return rules["income rights: full capital"]

    assert status(reported_rwa=10.0).status == "broken"
    assert status().status == "not tested" and "reported_rwa is not given" in status().why[0]


def test_known_features_are_taken_as_they_are():
    result = measured(accounting={"known_features": ["mutual_holding"]})
    assert present(result) == {"mutual_holding"}
    assert signs(result)["involvement_left_out_of_npl"].present is False


def test_kinds_of_loans_come_from_the_tape():
    found = holdings(
        ["mortgage", "credit_card", "consumer", "consumer", "SME", "tractor"],
        np.array([False, False, False, True, True, True]),
        np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0]),
    )
    assert found == {
        "personal_secured": 9.0,
        "personal_unsecured": 6.0,
        "corporate": 16.0,
        "unknown: tractor": 32.0,
    }


@pytest.mark.parametrize(
    ("kept", "accounting", "secured", "outside"),
    [
        ({"corporate": 5.0}, {}, False, False),
        ({"personal_secured": 5.0, "corporate": 1.0}, {}, True, False),
        ({"personal_unsecured": 5.0}, {}, False, None),
        ({"personal_unsecured": 5.0}, {"personal_pilot": True}, False, False),
        ({"personal_unsecured": 5.0}, {"personal_pilot": False}, False, True),
        (
            {"personal_unsecured": 5.0},
            {"personal_pilot": True, "signed": date(2027, 1, 1)},
            False,
            True,
        ),
        (
            {"personal_unsecured": 5.0},
            {"personal_pilot": True, "signed": date(2026, 12, 31)},
            False,
            False,
        ),
        ({"personal_unsecured": 5.0}, {"signed": date(2020, 1, 1)}, False, True),
        ({"unknown: tractor": 5.0}, {}, None, None),
        ({"unknown: tractor": 5.0}, {"package_holds": ["corporate"]}, False, False),
        ({"personal_secured": 5.0}, {"package_holds": ["corporate"]}, True, False),
        (None, {}, None, None),
        (None, {"package_holds": ["personal_secured"]}, True, False),
    ],
)
def test_personal_loans_in_batches(kept, accounting, secured, outside):
    result = replace(measured(accounting=accounting), holdings=kept)
    found = signs(result)
    assert found["personal_secured"].present is secured
    assert found["personal_unsecured_outside_pilot"].present is outside
    if kept and "personal_secured" in kept:
        assert "5.00 of gross book value" in found["personal_secured"].why


def test_batches_go_to_management_companies_alone():
    for reported, expected in (
        ({}, None),
        ({"to_management_company": True}, False),
        ({"to_management_company": False}, True),
    ):
        assert (
            signs(measured(accounting=reported))["buyer_no_management_company"].present is expected
        )


def test_kinds_of_sale():
    assert scopes_of(contract()) == {
        "any": True,
        "outright_sale": True,
        "income_right": False,
        "management_company": None,
    }
