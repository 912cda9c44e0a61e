"""Features of a contract that rules on sham sales forbid, in its terms and figures."""

from __future__ import annotations

import pytest

from npl_sim.channels.result import measure
from npl_sim.channels.verdict.assessment import assess
from npl_sim.channels.verdict.features import signs_of
from npl_sim.channels.verdict.figure_signs import (
    side_letter_moves,
    side_letter_supports,
)
from tests.builders.contracts import certain, contract, facts_of, layer, sample

BUY = {
    "kind": "repurchase",
    "name": "r",
    "at": {"kind": "month", "month": 6},
    "price": {"kind": "fixed", "amount": 90.0},
}


SWAP = {"kind": "income_swap", "name": "s", "leg": {"kind": "fixed", "rate": 0.05}}


ALL_STATED = {
    "to_management_company": True,
    "own_wealth_products": [],
    "asset_management_products": [],
    "non_qualified_investors": False,
    "bridge": False,
    "known_features": [],
    "package_holds": ["corporate"],
}


def signs(result, version=None, relief=0.0):
    version = result.whole if version is None else version
    return signs_of(
        result, version, facts_of(result, version).option_moneyness == "deep_in", relief
    )


def present(result, version=None, relief=0.0):
    return {f for f, sign in signs(result, version, relief).items() if sign.present}


def missing(result):
    return {f for f, sign in signs(result).items() if sign.present is None}


def measured(outcomes=None, **terms):
    return measure(contract(**terms), outcomes or sample(400))


def test_a_sale_of_which_all_is_reported_is_tested_whole():
    result = measured(accounting=ALL_STATED)
    assert present(result) == set() and missing(result) == set()
    assert {r.status for r in assess(result, result.whole).rules} == {"not broken"}


def test_what_is_not_reported_is_not_known():
    result = measured()
    assert present(result) == set()
    assert missing(result) == {
        "bridge",
        "mutual_holding",
        "own_wealth_product",
        "non_qualified_investors",
        "buyer_no_management_company",
        "personal_secured",
        "personal_unsecured_outside_pilot",
        "involvement_left_out_of_npl",
    }
    assert {r.status for r in assess(result, result.whole).rules} == {"not tested", "not broken"}
    assert assess(measured(accounting={"country": "other"}), result.whole).rules is not None


def test_another_country_has_no_rules_here():
    result = measured(accounting={"country": "other", "known_features": ["bridge"]})
    assert assess(result, result.whole).rules is None


@pytest.mark.parametrize(
    ("terms", "features"),
    [
        ({"undertakings": [BUY]}, {"explicit_repurchase", "risk_retained"}),
        ({"undertakings": [SWAP]}, {"explicit_repurchase", "income_swap", "risk_retained"}),
        ({"undertakings": [{**SWAP, "final": "none", "pass_back": 0.05}]}, {"income_swap"}),
        (
            {"undertakings": [{"kind": "guarantee", "name": "g", "reference": 30.0}]},
            {"yield_guarantee"},
        ),
    ],
)
def test_terms_show_features(terms, features):
    assert features <= present(measured(**terms))


def test_a_call_is_a_repurchase_only_where_it_will_be_used():
    def spoken_of(strike):
        call = {
            "kind": "call",
            "name": "c",
            "months": [12],
            "strike": {"kind": "fixed", "amount": strike},
        }
        return present(measured(undertakings=[call]))

    assert "explicit_repurchase" in spoken_of(1.0) and "explicit_repurchase" not in spoken_of(1e6)


@pytest.mark.parametrize(
    "terms",
    [
        {"undertakings": [{"kind": "guarantee", "name": "g"}]},
        {"vehicles": [layer({"kind": "residual", "holder": "bank", "share": 1.0})]},
        {"servicing": {"by": "bank", "excess_share": 1.0, "hurdle_of_price": 0.0}},
        {
            "vehicles": [
                layer(
                    {"kind": "note", "name": "n", "share": 0.8, "holder": "fund"},
                    {"kind": "residual", "holder": "bank", "share": 0.2},
                )
            ]
        },
    ],
    ids=["guarantee", "residual", "fee", "first loss"],
)
def test_risk_that_stays_is_seen_whatever_its_terms(terms):
    found = signs(measured(**terms))["risk_retained"]
    assert found.present and "stays with the seller, more than 10%" in found.why


def test_a_loss_that_is_borne_for_sure_is_seen_though_nothing_varies():
    """Face 400 and cash of about 100: a guarantee capped at 40 always pays 40, some 13 % of the
    expected loss.
    """
    sure = {"kind": "guarantee", "name": "g", "reference": "face", "cap": 40.0}
    sign = signs(measured(undertakings=[sure]))["risk_retained"]
    assert sign.present and "of expected loss stays" in sign.why


def test_a_vertical_slice_of_five_per_cent_stays_within_the_limit():
    """5 % of every measure stays: below 10 %; 11 % is above it."""
    for share, expected in ((0.05, False), (0.11, True)):
        claims = [{"kind": "residual", "holder": "bank", "share": 1.0}]
        excess = {"kind": "excess", "name": "x", "share": 1.0 - share, "holder": "fund"}
        result = measured(vehicles=[layer(excess, *claims)])
        assert signs(result)["risk_retained"].present is expected


def test_a_share_whose_interval_holds_the_limit_is_not_known():
    found = signs(
        measured(
            outcomes=sample(60),
            undertakings=[{"kind": "guarantee", "name": "g", "reference": 55.0}],
        )
    )
    sign = found["risk_retained"]
    assert sign.present is None and "more scenarios would decide it" in sign.why


def test_a_package_without_risk_has_no_shares():
    result = measured(outcomes=certain(0.0, 50.0, 150.0))
    assert signs(result)["risk_retained"].present is None


def hidden_fee(share):
    return measured(
        servicing={"by": "servicer", "share": 0.1, "fair_share": 0.1},
        side_letter={
            "servicing": {"by": "bank", "share": 0.1, "fair_share": 0.1, "excess_share": share}
        },
    )


@pytest.mark.parametrize(
    ("share", "moves"), [(0.0, False), (0.04, False), (0.07, True), (1.0, True)]
)
def test_a_letter_that_moves_risk_back_is_a_tacit_repurchase_and_support(share, moves):
    """A fee of 4 % of what comes in moves 4.4 % of the variability (of 90 % that are kept), one of
    7 % moves 7.8 %.
    """
    result = hidden_fee(share)
    assert bool(side_letter_moves(result, result.whole)) is moves
    assert side_letter_moves(result, result.versions[0]) == ""
    assert ("implicit_repurchase" in present(result)) is moves
    assert side_letter_supports(result, result.whole) is moves
    if moves:
        sign = signs(result)["implicit_repurchase"]
        assert "the side letter moves" in sign.why and "more than 5%" in sign.why


@pytest.mark.parametrize(("price", "moves"), [(94.5, True), (95.5, False)])
def test_a_letter_that_gives_a_part_of_the_price_back_moves_value(price, moves):
    """5.5 of 100 go back, or 4.5: no risk moves, and the limit is 5 % of the price."""
    result = measured(side_letter={"price": {"kind": "amount", "amount": price}})
    assert ("of the price back" in side_letter_moves(result, result.whole)) is moves


def test_what_a_letter_adds_is_a_tacit_repurchase():
    terms = {
        "vehicles": [
            layer({"kind": "note", "name": "n", "share": 0.5, "holder": "wealth product"})
        ],
        "side_letter": {"undertakings": [BUY]},
        "accounting": {"own_wealth_products": ["wealth product"], "form": "income_right"},
    }
    result = measured(**terms)
    disclosed, side_letter = result.versions
    assert "own_wealth_product" in present(result, disclosed)
    assert not {"implicit_repurchase", "explicit_repurchase"} & present(result, disclosed)
    assert {"own_wealth_product", "implicit_repurchase"} <= present(result, side_letter)
    assert "explicit_repurchase" not in present(result, side_letter)
    altered = measured(
        undertakings=[{**BUY, "price": {"kind": "fair_value"}}],
        side_letter={"undertakings": [BUY]},
    )
    assert "implicit_repurchase" in present(altered)


def test_a_letter_that_only_renames_a_promise_supports_nothing():
    """The same cap of 2 under another name changes no cash; a cap of 3 does, and is support."""
    disclosed = {"kind": "guarantee", "name": "g", "cap": 2.0}

    def support(**changes):
        result = measured(
            undertakings=[disclosed], side_letter={"undertakings": [{**disclosed, **changes}]}
        )
        views = [assess(result, version).capital for version in result.versions]
        return side_letter_supports(result, result.whole), views[0].earned, views[1].earned

    assert support(name="h")[0] is False
    assert support(name="h")[1] == support(name="h")[2]
    supported, _, earned = support(name="h", cap=3.0)
    assert supported is True and earned > support(name="h")[2]
    renamed = measured(
        undertakings=[BUY], side_letter={"undertakings": [{**BUY, "name": "again"}]}
    )
    assert "implicit_repurchase" not in present(renamed) and "explicit_repurchase" in present(
        renamed
    )
