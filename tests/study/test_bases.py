"""The bases that ship: complete, of one country and currency, each figure with its origin."""

from __future__ import annotations

import pytest

from npl_sim.core.countries import currency_of
from npl_sim.resources.published_facts import converted, published_facts
from npl_sim.resources.shipped import names
from npl_sim.study.figure_sources import sourced_figures
from npl_sim.study.loader import load_study
from tests.builders.shipped import TAPES, complete_study

BASES = names("bases")
PRODUCTS = {
    "china_corporate": {"sme", "corporate"},
    "china_mixed": {"credit_card", "consumer", "mortgage", "sme", "corporate"},
    "china_retail": {"credit_card", "consumer", "mortgage"},
    "italy_mixed": {"credit_card", "consumer", "mortgage", "sme", "corporate"},
}


@pytest.fixture(params=BASES)
def loaded(request, tmp_path):
    """A study that states nothing but its base, its date and its tape."""
    path = tmp_path / "study.yaml"
    path.write_text(
        f"base: {request.param}\nname: a\nvaluation_date: 2026-06-30\ntape: {{loans: a.csv}}\n",
        encoding="utf-8",
    )
    return request.param, load_study(path)


def test_the_four_bases_ship():
    assert set(BASES) == set(PRODUCTS)


def test_a_base_is_complete(loaded):
    _, found = loaded
    stated = found.study.model_fields_set
    wanted = {"legal", "market", "collateral", "policies", "simulation", "pricing", "buyer"}
    assert wanted | {"seller", "prudence", "sources", "currency", "jurisdiction"} <= stated
    assert "default" in found.study.collateral
    policies = found.study.policies
    assert all(p.litigation and p.enforcement and p.debtor_type for p in policies)
    assert all(p.insolvency for p in policies if p.debtor_type == "company")


def test_a_base_has_a_policy_for_each_product_that_it_is_for(loaded):
    name, found = loaded
    products = {p for policy in found.study.policies for p in policy.applies_to.products}
    assert products == PRODUCTS[name]


def test_a_base_is_of_one_country_and_currency(loaded):
    name, found = loaded
    study = found.study
    country = "IT" if name.startswith("italy") else "CN"
    parts = [study, study.legal, study.market, *study.collateral.values(), *study.policies]
    assert {part.jurisdiction for part in parts} == {country}
    assert {part.currency for part in parts} == {currency_of(country)}


def test_each_figure_of_a_base_is_published_or_a_reasoned_assumption(loaded):
    _, found = loaded
    facts = published_facts()
    figures = sourced_figures(found.study)
    assert len(figures) > 300
    for sourced in figures:
        figure, at = sourced.figure, sourced.figure.name
        assert sourced.state in ("published", "assumption"), (at, sourced.origin)
        if sourced.state == "published":
            entry = next(
                e for e in found.study.sources if any(figure.matches(key) for key in e.keys)
            )
            value = converted(entry.conversion, tuple(facts[fact] for fact in entry.facts))
            assert figure.value == pytest.approx(value, rel=5e-3), at
        else:
            assert len(sourced.origin) > len("assumption: ") + 20, at


def test_a_base_warns_of_its_law_alone(loaded):
    """A newcomer reads warnings on the tape, and what the law leaves open."""
    _, found = loaded
    assert [line for line in found.warnings if ": legal." not in line] == []


def test_every_pattern_of_sources_names_a_figure_of_its_base_or_of_one_on_it(tmp_path):
    """Warnings on the sources of a base are left out of studies, so they are looked for here."""
    stated = {}
    for name in BASES:
        path = tmp_path / f"{name}.yaml"
        path.write_text(
            f"base: {name}\nname: a\nvaluation_date: 2026-06-30\ntape: {{loans: a.csv}}\n",
            encoding="utf-8",
        )
        study = load_study(path).study
        figures = [sourced.figure for sourced in sourced_figures(study)]
        for entry in study.sources:
            for pattern in entry.keys:
                used = any(figure.matches(pattern) for figure in figures)
                stated[pattern] = stated.get(pattern, False) or used
    assert [pattern for pattern, used in stated.items() if not used] == []


def test_the_first_package_on_its_base_is_the_study_as_one_text(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(complete_study().replace(": first_package", f": {TAPES}/first_package"))
    text = path.read_text(encoding="utf-8").replace(f"name: {TAPES}/", "name: ")
    path.write_text(text, encoding="utf-8")
    assert (
        load_study(path).study == load_study("package:examples/studies/first_package.yaml").study
    )
