"""Chinese rules on sham sales as dated data: broken, not tested, not broken."""

from __future__ import annotations

from datetime import date
from importlib.resources import files
from typing import get_args

import pytest
from ruamel.yaml import YAML

from npl_sim.capital.sham_sale_rules import (
    ABSENT,
    Feature,
    Sign,
    chinese_rules,
    judge_rules,
    limits,
    read_rules,
)
from npl_sim.core.errors import NplSimError

HIT = Sign(True, "it is written")
CLEAN = dict.fromkeys(get_args(Feature), ABSENT)


def numbers(*features, status="broken", **options) -> str:
    signs = {**CLEAN, **dict.fromkeys(features, HIT)}
    return " | ".join(r.rule.number for r in judge_rules(signs, **options) if r.status == status)


def test_a_clean_contract_breaks_nothing_and_every_rule_is_tested():
    found = judge_rules(CLEAN)
    assert len(found) == len(chinese_rules()) and {r.status for r in found} == {"not broken"}


def test_nothing_known_is_nothing_tested():
    found = judge_rules({})
    assert {r.status for r in found} == {"not tested"}
    assert all("not given" in " ".join(r.why) for r in found)


@pytest.mark.parametrize("feature", get_args(Feature))
def test_every_feature_breaks_some_rule(feature):
    assert numbers(feature)


def test_one_missing_fact_leaves_a_rule_untested_unless_another_breaks_it():
    """Bridge and mutual holding break the rule of 2017: one not known, the other not there, then
    there.
    """
    missing = Sign(None, "accounting.bridge is not given")

    def of_2017(signs):
        return next(r for r in judge_rules(signs) if r.rule.number == "CBRC 2017")

    one = of_2017({**CLEAN, "bridge": missing})
    assert (one.status, one.features, one.why) == (
        "not tested",
        (),
        ("accounting.bridge is not given",),
    )
    two = of_2017({**CLEAN, "bridge": missing, "mutual_holding": HIT})
    assert (two.status, two.features, two.why) == (
        "broken",
        ("mutual_holding",),
        ("it is written",),
    )


@pytest.mark.parametrize("feature", ["explicit_repurchase", "implicit_repurchase"])
def test_repurchase_breaks_every_notice_that_speaks_of_the_sale(feature):
    found = numbers(feature)
    for notice in (
        "(2009) No. 113",
        "(2010) No. 102",
        "CBRC 2017",
        "(2016) No. 82",
        "Ban Fa (2016) No. 56",
        "Jin Gui (2024) No. 17",
    ):
        assert notice in found


def test_rules_for_other_kinds_of_sale_are_left_out():
    found = numbers("explicit_repurchase", scopes=("management_company",))
    assert "No. 82" not in found and "No. 56" in found and "No. 113" in found


def test_a_kind_of_sale_that_is_not_known_leaves_its_rules_untested_with_what_would_break_them():
    scopes = {"management_company": None}
    assert "No. 56" not in numbers("yield_guarantee", scopes=scopes)
    signs = {**CLEAN, "yield_guarantee": HIT}
    found = next(r for r in judge_rules(signs, scopes=scopes) if r.rule.number.endswith("No. 56"))
    assert found.status == "not tested"
    assert (
        "broken if it is a sale to a management company" in found.why[0]
        and "it is written" in found.why[0]
    )
    assert "No. 56" in numbers(status="not broken", scopes=scopes)


def test_later_rules_do_not_judge_earlier_contracts():
    assert "No. 82" not in numbers("explicit_repurchase", signed=date(2016, 4, 26))
    assert "No. 82" in numbers("explicit_repurchase", signed=date(2016, 4, 27))
    assert judge_rules(CLEAN, signed=date(2009, 1, 1)) == ()


def test_rules_come_by_date():
    dates = [r.rule.since for r in judge_rules(CLEAN)]
    assert dates == sorted(dates)


def test_what_was_not_read_says_so():
    """A rule that was read has the day; one from memory has none, and says what it is."""
    for rule in chinese_rules():
        assert rule.source and rule.text in ("read", "quotation", "secondary", "memory")
        if rule.text == "memory":
            assert rule.reading == "from memory, not verified"
        else:
            assert rule.read_on is not None and str(rule.read_on) in rule.reading
    reported = {rule.number: rule.text for rule in chinese_rules()}
    assert reported["Yin Jian Ban Fa (2016) No. 82"] == "read"
    assert (
        reported["Yin Jian Fa (2010) No. 102"]
        == reported["Yin Jian Ban Fa (2016) No. 56"]
        == "memory"
    )


def test_an_unknown_feature_is_refused():
    with pytest.raises(
        NplSimError, match=r"features: got 'repurchas'; expected some of explicit_repurchase"
    ):
        judge_rules({"repurchas": HIT})


def test_limits_are_those_of_the_file_and_errors_of_it_name_their_key():
    content = YAML(typ="safe").load(
        files("npl_sim.resources").joinpath("sham_sales_china.yaml").read_text(encoding="utf-8")
    )
    assert limits().retained_at_most == content["limits"]["retained_at_most"] == 0.10
    content["rules"][0]["broken_by"] = ["repurchas"]
    content["limits"]["letter_moves_at_most"] = 5
    with pytest.raises(NplSimError) as caught:
        read_rules(content, "rules.yaml")
    assert "rules.yaml: rules.0.broken_by.0" in str(caught.value)
    assert "rules.yaml: limits.letter_moves_at_most" in str(caught.value)
