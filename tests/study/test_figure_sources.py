"""Published figures, and the figures of studies that rest on them."""

from __future__ import annotations

import math
import re

import pytest

from npl_sim.core.errors import NplSimError
from npl_sim.resources.published_facts import Fact, converted, published_facts, read_facts
from npl_sim.study.figure_sources import (
    figures,
    is_stated,
    sourced_figures,
    with_figures,
)
from npl_sim.study.fingerprint import study_hash
from npl_sim.study.loader import load_study
from npl_sim.study.masking import masked_study
from tests.fuzz.base import CONFIGS
from tests.study.studyfile_texts import GOOD, messages, write

SHIPPED = sorted((CONFIGS / "studies").glob("*.yaml"))
SALE = GOOD + "    sale: {month: 12, unsecured_price: 0.041}\n"
PRICE = "sources:\n  - {keys: [policies.*.sale.unsecured_price], facts: [cn_personal_price]}\n"


def fact(**terms):
    base = {
        "id": "x",
        "quantity": "q",
        "value": 0.2,
        "unit": "share",
        "place": "CN",
        "year": "2024",
        "source": {"title": "T", "publisher": "P"},
        "mark": "read",
    }
    return Fact.model_validate({**base, **terms})


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_each_shipped_figure_is_the_published_one_or_a_reasoned_assumption(path):
    """Every figure is traced: its value is that of the data, by the stated conversion."""
    study = load_study(path).study
    found = sourced_figures(study)
    assert len(found) > 100
    facts = published_facts()
    for sourced in found:
        figure, at = sourced.figure, sourced.figure.name
        assert sourced.state in ("published", "assumption"), (at, sourced.origin)
        if sourced.state == "published":
            entry = next(e for e in study.sources if any(figure.matches(k) for k in e.keys))
            value = converted(entry.conversion, tuple(facts[name] for name in entry.facts))
            assert figure.value == pytest.approx(value, rel=5e-3), at
        else:
            assert len(sourced.origin) > len("assumption: ") + 20, at


def test_every_kind_of_figure_that_is_published_is_used():
    study = load_study(CONFIGS / "studies" / "first_package.yaml").study
    used = {name for entry in study.sources for name in entry.facts}
    for part in ("redefault", "settlement", "price", "limit", "reserve", "commission", "freeze"):
        assert any(part in name for name in used), part


def test_the_data_hold_what_auctions_and_foreclosures_need():
    facts = published_facts()
    assert facts["cn_auction_sold_share_2024"].value == 0.129
    assert facts["cn_auction_price_2024"].value == 0.740
    rounds = [facts[f"cn_homes_{r}_round_share"].value for r in ("first", "second", "later")]
    assert rounds == [0.38, 0.50, 0.12] and math.fsum(rounds) == pytest.approx(1.0)
    assert facts["cn_auction_days_to_sale_2025"].value == 76.0
    assert (facts["it_auctions_until_award"].low, facts["it_auctions_until_award"].high) == (
        1.6,
        2.8,
    )
    ends = [facts[f"it_foreclosure_{end}_share"].value for end in ("award", "settled", "other")]
    assert math.fsum(ends) == pytest.approx(1.0)
    assert facts["it_foreclosure_years"].unit == "years"


def test_no_figure_is_from_memory_and_each_has_place_year_and_source():
    for found in published_facts().values():
        assert found.mark in ("read", "computed", "law")
        assert found.source.title and found.source.publisher and found.place
        assert "memory" not in f"{found.source} {found.note}".lower()


def test_conversions_are_those_of_their_formulas():
    young = fact(value=0.4, age_months=0.5)
    old = fact(value=0.1, age_months=20.5)
    span = fact(value=6.0, low=4.0, high=12.0, unit="years")
    days = fact(value=365.25, unit="days")
    assert converted("half_life", (young, old)) == pytest.approx(10.0)
    assert converted("price_at_default", (young, old)) == pytest.approx(0.4 * 2**0.05)
    assert converted("monthly_hazard", (fact(value=0.5, after_months=2),)) == pytest.approx(
        math.log(2.0) / 2.0
    )
    assert converted("remainder", (fact(),)) == pytest.approx(0.8)
    assert converted("months", (span,)) == 72.0
    assert converted("low_in_months", (span,)) == 48.0
    assert converted("middle_in_months", (span,)) == 96.0
    assert converted("high_in_months", (span,)) == 144.0
    assert converted("sum_in_months", (days, days, span)) == pytest.approx(96.0)
    assert [converted(c, (span,)) for c in ("value", "low", "high", "middle")] == [6, 4, 12, 8]
    assert converted("remainder_of_low", (span,)) == -3.0
    assert converted("remainder_of_high", (span,)) == -11.0


@pytest.mark.parametrize(
    ("conversion", "facts", "part"),
    [
        ("low", (fact(),), "x has no low"),
        ("months", (fact(),), "is in share, which is no time"),
        ("monthly_hazard", (fact(),), "no after_months"),
        ("monthly_hazard", (fact(value=1.0, after_months=6),), "expected a probability below 1"),
        ("half_life", (fact(),), "half_life of 1 facts; expected 2"),
        ("value", (fact(), fact()), "value of 2 facts; expected 1"),
        ("half_life", (fact(age_months=9), fact(age_months=3)), "do not fall with age"),
    ],
)
def test_an_impossible_conversion_says_why(conversion, facts, part):
    with pytest.raises(ValueError, match=re.escape(part)):
        converted(conversion, facts)


def test_a_stated_value_may_be_rounded_to_three_digits_and_no_further():
    assert is_stated(0.45, 0.4495) and is_stated(0.0283, 0.028267) and is_stated(0.0, 0.0)
    assert not is_stated(0.028, 0.028267) and not is_stated(0.1, 0.0)
    assert is_stated(1.15, 1.14989) and not is_stated(1.16, 1.14989)


def test_errors_of_the_data_are_named_with_their_key():
    source = {"a": {"title": "T", "publisher": "P"}}
    good = {"id": "x", "quantity": "q", "value": 1, "unit": "share", "place": "CN"}
    good |= {"year": "2024", "source": "a", "mark": "read"}
    content = {"as_of": "2026-01-31", "sources": source, "facts": [good]}
    assert read_facts(content, "f.yaml")["x"].value == 1.0
    for change, part in (
        ({"low": 2.0, "high": 3.0}, "value 1 is outside low 2 to high 3"),
        ({"low": 0.5}, "low and high belong together"),
        ({"source": "b"}, "facts.0.source"),
        ({"mark": "memory"}, "facts.0.mark"),
        ({"year": "24"}, "facts.0.year"),
    ):
        with pytest.raises(NplSimError, match=re.escape(part)) as caught:
            read_facts({**content, "facts": [{**good, **change}]}, "f.yaml")
        assert "f.yaml: facts.0" in str(caught.value)
    with pytest.raises(NplSimError, match="'x' is used twice"):
        read_facts({**content, "facts": [good, good]}, "f.yaml")


def test_a_figure_is_published_only_while_it_has_the_published_value(tmp_path):
    path = write(tmp_path, SALE + PRICE)
    loaded = load_study(path)
    (sourced,) = [f for f in sourced_figures(loaded.study) if f.is_published]
    assert sourced.figure.key == "policies.0.sale.unsecured_price"
    assert sourced.figure.name == "policies.p.sale.unsecured_price"
    assert sourced.published == 0.041 and "Yindeng" in sourced.origin
    assert not any("without a source" in line for line in loaded.warnings)
    moved = load_study(path, {"policies.0.sale.unsecured_price": 0.05})
    states = {f.figure.key: f.state for f in sourced_figures(moved.study)}
    assert states["policies.0.sale.unsecured_price"] == "differs"
    assert states["policies.0.sale.month"] == "none"
    (line,) = [line for line in moved.warnings if "without a source" in line]
    assert "is 0.05, but cn_personal_price gives 0.041" in line


def test_the_first_entry_that_matches_counts(tmp_path):
    text = SALE + PRICE + "  - {keys: [policies.*], assumption: nobody counts it}\n"
    states = {
        f.figure.key: f.state for f in sourced_figures(load_study(write(tmp_path, text)).study)
    }
    assert states["policies.0.sale.unsecured_price"] == "published"
    assert states["policies.0.sale.month"] == "assumption"
    assert states["policies.0.collection.settle_hazard"] == "assumption"


@pytest.mark.parametrize(
    ("entry", "part"),
    [
        ("{keys: [policies.*], facts: [cn_personal_prize]}", "did you mean 'cn_personal_price'?"),
        ("{keys: [policies.*]}", "expected either facts, or an assumption"),
        ("{keys: [a], facts: [cn_trial_limit], assumption: b}", "expected either facts, or"),
        ("{keys: [policies.*], facts: [cn_personal_price], conversion: months}", "is no time"),
        ("{keys: [policies.*], facts: [cn_personal_price], conversion: monthly}", "conversion"),
    ],
)
def test_a_wrong_source_is_refused_with_its_place(tmp_path, entry, part):
    (line,) = messages(tmp_path, SALE + f"sources:\n  - {entry}\n")
    assert "study.yaml:10" in line and "sources.0" in line and part in line


def test_keys_that_name_no_figure_draw_a_warning(tmp_path):
    text = SALE + "sources:\n  - {keys: [policies.*.sal.*], assumption: none}\n"
    (line,) = [x for x in load_study(write(tmp_path, text)).warnings if "names no figure" in x]
    assert "study.yaml:10" in line and "'policies.*.sal.*'" in line


def test_sources_may_have_a_file_of_their_own(tmp_path):
    write(tmp_path, PRICE.removeprefix("sources:\n"), "sources.yaml")
    study = load_study(write(tmp_path, SALE + "sources: sources.yaml\n")).study
    assert study.sources[0].facts == ("cn_personal_price",)


def test_figures_are_replaced_by_path(tmp_path):
    study = load_study(write(tmp_path, SALE + "collateral: {flat: {cost: 0.1}}\n")).study
    changed = with_figures(
        study, {("policies", 0, "sale", "month"): 13, ("collateral", "flat", "cost"): 0.2}
    )
    assert changed.policies[0].sale.month == 13 and changed.collateral["flat"].cost == 0.2
    values = {f.key: f.value for f in figures(changed)}
    values |= {"policies.0.sale.month": 12.0, "collateral.flat.cost": 0.1}
    assert {f.key: f.value for f in figures(study)} == values


def test_a_study_without_sources_keeps_its_hash(tmp_path):
    plain = load_study(write(tmp_path, SALE)).study
    assert study_hash(plain) == study_hash(plain.model_copy(update={"sources": ()}))
    assert study_hash(load_study(write(tmp_path, SALE + PRICE)).study) != study_hash(plain)


def test_masked_sources_name_nobody_and_keep_their_states(tmp_path):
    text = SALE + PRICE + "  - {keys: [policies.p.*], assumption: Mr. Rossi said so}\n"
    study = load_study(write(tmp_path, text)).study
    masked = masked_study(study)
    assert "Rossi" not in masked.model_dump_json()
    assert [f.state for f in sourced_figures(masked)] == [f.state for f in sourced_figures(study)]
