"""Layers of a study: base < study < overrides, each value with its origin."""

from __future__ import annotations

import pytest

from npl_sim.core.errors import StudyError
from npl_sim.study.loader import load_study
from npl_sim.study.tape_alone import tape_of_study

BASE = """\
name: ours
currency: EUR
market: {jurisdiction: IT, cooperation: {volatility: 0.1, persistence: 0.9}}
legal: law.yaml
comparables: prices.csv
policies:
  - name: homes
    applies_to: {products: [mortgage]}
    collection: {settle_hazard: 0.1}
    cure: {term: 24, rate: 0.05, redefault_hazard: 0.01}
  - name: cards
    applies_to: {products: [credit_card]}
    collection: {settle_hazard: 0.2}
  - {name: rest, residual_share: 0.1}
pricing: {required_return: 0.12, servicing_rate: 0.02}
"""
STUDY = """\
base: ours/base.yaml
name: mine
valuation_date: 2026-06-30
tape: {loans: tape.csv}
pricing:
  required_return: 0.10
policies:
  - {name: cards, collection: {settle_hazard: 0.3}}
  - {name: homes, remove: true}
  - {name: last, residual_share: 0.2}
"""


@pytest.fixture
def study(tmp_path):
    """A study that stands on a base of its own in another folder."""
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "base.yaml").write_text(BASE, encoding="utf-8")
    (tmp_path / "ours" / "law.yaml").write_text("name: law\njurisdiction: IT\n", encoding="utf-8")
    path = tmp_path / "study.yaml"
    path.write_text(STUDY, encoding="utf-8")
    return path


def test_each_layer_wins_over_the_ones_below(study):
    loaded = load_study(study, {"pricing.purchase_cost": 0.04})
    terms = loaded.study.pricing
    assert (terms.required_return, terms.purchase_cost, terms.servicing_rate) == (0.1, 0.04, 0.02)
    assert loaded.study.currency == "EUR"
    assert loaded.study.market.cooperation.volatility == 0.1


def test_policies_merge_by_name_and_can_be_removed(study):
    policies = load_study(study).study.policies
    assert [p.name for p in policies] == ["cards", "rest", "last"]
    assert policies[0].collection.settle_hazard == 0.3
    assert policies[0].applies_to.products == ("credit_card",)


def test_the_origin_of_each_value_is_the_layer_that_won(study):
    loaded = load_study(study, {"currency": "CNY"})
    expected = {
        "pricing.required_return": "study.yaml:6",
        "pricing.servicing_rate": "base base.yaml",
        "currency": "--set",
        "legal.name": "base base.yaml",
        "policies.cards.collection.settle_hazard": "study.yaml:8",
        "policies.0.applies_to.products.0": "base base.yaml",
        "policies.rest.residual_share": "base base.yaml",
        "policies.2.residual_share": "study.yaml:10",
        "simulation.seed": "default",
    }
    assert {key: loaded.origin(key) for key in expected} == expected


def test_an_error_names_file_and_line_of_the_layer_that_holds_the_value(study):
    base = study.parent / "ours" / "base.yaml"
    base.write_text(BASE.replace("servicing_rate: 0.02", "servicing_rate: many"), encoding="utf-8")
    with pytest.raises(StudyError, match=r"base\.yaml:15:\d+: pricing\.servicing_rate: "):
        load_study(study)
    base.write_text(BASE.replace("residual_share: 0.1", "residual_share: 7"), encoding="utf-8")
    with pytest.raises(StudyError, match=r"base\.yaml:14:\d+: policies\.1\.residual_share: "):
        load_study(study)


def test_files_of_a_base_are_relative_to_it(study):
    loaded = load_study(study)
    assert loaded.study.comparables == study.parent / "ours" / "prices.csv"
    assert loaded.study.tape.loans == study.parent / "tape.csv"
    assert study.parent / "ours" / "law.yaml" in loaded.files


def test_null_restores_the_default_and_another_kind_replaces(study):
    text = STUDY.replace("policies:", "market: {cooperation: null}\npolicies:")
    study.write_text(text, encoding="utf-8")
    market = load_study(study).study.market
    assert market.jurisdiction == "IT"
    assert market.cooperation.volatility != 0.1


def test_a_section_in_its_own_file_replaces_that_of_the_base(study):
    study.write_text(STUDY + "legal: own.yaml\n", encoding="utf-8")
    (study.parent / "own.yaml").write_text("jurisdiction: CN\n", encoding="utf-8")
    assert load_study(study).study.legal.name != "law"
    study.write_text(STUDY + "legal: {jurisdiction: CN}\n", encoding="utf-8")
    assert load_study(study).study.legal.name == "law"


def test_a_section_that_an_override_replaces_is_not_read(study):
    study.write_text(STUDY + "legal: missing.yaml\n", encoding="utf-8")
    loaded = load_study(study, {"legal": "ours/law.yaml"})
    assert loaded.study.legal.name == "law"


def test_old_names_of_keys_merge_with_new_ones(study):
    base = study.parent / "ours" / "base.yaml"
    base.write_text(BASE + "seller: {provision_coverage: {default: 0.5}}\n", encoding="utf-8")
    study.write_text(STUDY + "seller: {coverage: {default: 0.7}}\n", encoding="utf-8")
    assert load_study(study).study.seller.provision_coverage == {"default": 0.7}


def test_coverage_ratios_of_a_seller_are_not_filled_up_from_the_base(study):
    base = study.parent / "ours" / "base.yaml"
    ratios = "seller: {tax_rate: 0.25, provision_coverage: {mortgage: 0.4, default: 0.7}}\n"
    base.write_text(BASE + ratios, encoding="utf-8")
    study.write_text(STUDY + "seller: {provision_coverage: {cards: 0.2}}\n", encoding="utf-8")
    seller = load_study(study).study.seller
    assert (seller.provision_coverage, seller.tax_rate) == ({"cards": 0.2}, 0.25)


def test_the_tape_alone_takes_its_terms_from_the_base(study):
    base = study.parent / "ours" / "base.yaml"
    base.write_text(BASE + "tape: {amount_unit: 1000}\n", encoding="utf-8")
    alone = tape_of_study(study).study
    assert (alone.currency, alone.tape.amount_unit) == ("EUR", 1000.0)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("base: china_mixd", r"study\.yaml:1:1: base: got \"china_mixd\"; expected .*china_mixed"),
        ("base: 7", r"study\.yaml:1:1: base: got 7; expected the name of a base"),
        ("base: other.yaml", r"other\.yaml: does not exist"),
        ("base: study.yaml", "a file may not stand on itself"),
        ("base: package:bases/none.yaml", r"package:bases/none\.yaml: does not exist"),
    ],
)
def test_a_base_that_is_not_there_is_refused(study, line, message):
    study.write_text(STUDY.replace("base: ours/base.yaml", line), encoding="utf-8")
    with pytest.raises(StudyError, match=message):
        load_study(study)


def test_removing_what_the_base_lacks_is_refused(study):
    study.write_text(STUDY.replace("name: homes, remove", "name: boats, remove"), encoding="utf-8")
    with pytest.raises(StudyError, match=r"study\.yaml:9:\d+: policies\.1: removes \"boats\""):
        load_study(study)


def test_a_base_cannot_choose_the_folder_that_confines_reading(study):
    base = study.parent / "ours" / "base.yaml"
    base.write_text(BASE + "files_within: ..\n", encoding="utf-8")
    with pytest.raises(StudyError, match=r"base\.yaml:16:1: files_within: is given by a base"):
        load_study(study)


def test_sources_of_the_study_stand_before_those_of_the_base(study):
    def source(reason):
        return f"sources:\n  - {{keys: [policies.rest.residual_share], assumption: {reason}}}\n"

    base = study.parent / "ours" / "base.yaml"
    more = "  - {keys: [policies.homes.cure.rate], assumption: as the base says}\n"
    base.write_text(BASE + source("as the base says") + more, encoding="utf-8")
    study.write_text(STUDY + source("as the study says"), encoding="utf-8")
    loaded = load_study(study)
    reasons = [entry.assumption for entry in loaded.study.sources]
    assert reasons == ["as the study says", "as the base says", "as the base says"]
    places = [loaded.source.place(("sources", i, "assumption")) for i in range(3)]
    assert [place.split("/")[-1].rsplit(":", 1)[0] for place in places] == [
        "study.yaml:12",
        "base.yaml:17",
        "base.yaml:18",
    ]
    # The policy was removed, and the base cannot know that.
    assert not [line for line in loaded.warnings if "policies.homes" in line]
    study.write_text(STUDY + source("x").replace("rest", "homes"), encoding="utf-8")
    assert [line for line in load_study(study).warnings if "policies.homes" in line]
