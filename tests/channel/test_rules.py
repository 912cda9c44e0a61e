"""China's rules against sales that are none."""

from __future__ import annotations

from datetime import date
from typing import get_args

import pytest

from npl_sim.channel.facts import Facts
from npl_sim.channel.rules import RULES_CHINA, Feature, breaches, features_of
from npl_sim.errors import NplSimError


def citations(*features, **options) -> str:
    return " | ".join(breach.citation for breach in breaches(features, **options))


def test_a_clean_contract_breaks_nothing():
    assert breaches(()) == ()


def test_every_feature_breaks_some_rule():
    for feature in get_args(Feature):
        assert breaches([feature]), feature


@pytest.mark.parametrize("feature", ["explicit_repurchase", "implicit_repurchase"])
def test_repurchase_breaks_every_notice_that_speaks_of_the_sale(feature):
    found = citations(feature)
    for notice in ("(2009) No. 113", "CBRC 2017", "(2016) No. 82", "(2016) No. 56"):
        assert notice in found


def test_rules_for_other_kinds_of_sale_are_left_out():
    found = citations("explicit_repurchase", scopes=("management_company",))
    assert "No. 82" not in found
    assert "No. 56" in found
    assert "No. 113" in found


def test_later_rules_do_not_judge_earlier_contracts():
    assert "No. 82" not in citations("explicit_repurchase", signed=date(2016, 4, 26))
    assert "No. 82" in citations("explicit_repurchase", signed=date(2016, 4, 27))
    assert citations("explicit_repurchase", signed=date(2009, 1, 1)) == ""


def test_breaches_come_by_date_with_what_breaks_them():
    found = breaches(["own_wealth_product", "explicit_repurchase", "income_swap"])
    assert [b.since for b in found] == sorted(b.since for b in found)
    assert found[0].features == ("explicit_repurchase", "income_swap")


def test_the_notice_that_was_not_read_says_so():
    assert {rule.name for rule in RULES_CHINA if not rule.verified} == {
        "asset management companies: real and clean"
    }
    (breach,) = breaches(["yield_guarantee"])
    assert not breach.verified
    assert "from memory" in breach.citation


def test_an_unknown_feature_is_refused():
    with pytest.raises(NplSimError, match=r"features: got 'repurchas'; expected some of explicit_repurchase"):
        breaches(["repurchas"])


@pytest.mark.parametrize(
    ("changes", "features"),
    [
        ({}, ()),
        ({"repurchase": "fixed_price"}, ("explicit_repurchase",)),
        ({"repurchase": "put_option", "option_moneyness": "near"}, ("explicit_repurchase",)),
        ({"repurchase": "call_option", "option_moneyness": "near"}, ()),
        ({"total_return_swap": True}, ("income_swap",)),
        ({"guarantee_cap": 5.0}, ()),
        ({"guarantee_cap": 10.0}, ("yield_guarantee",)),
    ],
)
def test_features_that_the_facts_show(changes, features):
    assert features_of(Facts(carrying_amount=10.0, fair_value=10.0, proceeds=10.0, **changes)) == features
