"""A study whose parts belong to different countries or currencies says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from npl_sim.core.countries import JURISDICTIONS, country_named, currency_of
from npl_sim.core.errors import StudyError
from npl_sim.study.loader import load_study

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "cases"
SHIPPED = ROOT / "configs/studies/first_package.yaml"

PARTS = """\
name: a
valuation_date: 2026-06-30
currency: {currency}
tape: {{loans: tape.csv}}
legal:
  name: some law
  jurisdiction: {law}
  currency: {fees}
  court_fee: {{brackets: [{{fixed: 50}}]}}
market: {{jurisdiction: {market}, cooperation: {{volatility: 0.1}}}}
collateral:
  home: {{jurisdiction: {home}}}
  shop: {{jurisdiction: {home}}}
policies:
  - name: p
    jurisdiction: {policy}
    currency: {cost}
    collection: {{settle_hazard: 0.1}}
    enforcement: {{}}
    litigation: {{lawyer_fixed_fee: 9}}
  - {{name: q, jurisdiction: {policy}, currency: {cost}, residual_share: 0.1}}
"""
ITALY = {
    "currency": "EUR",
    "law": "IT",
    "fees": "EUR",
    "market": "IT",
    "home": "IT",
    "policy": "IT",
    "cost": "EUR",
}


def warned(folder, text):
    """Return the warnings of a study that are about a country or a currency."""
    path = folder / "study.yaml"
    path.write_text(text, encoding="utf-8")
    return [w for w in load_study(path).warnings if "jurisdiction" in w or "currency" in w]


def test_parts_of_one_country_draw_no_warning(tmp_path):
    assert warned(tmp_path, PARTS.format(**ITALY)) == []


@pytest.mark.parametrize(
    ("change", "key", "parts"),
    [
        (
            {"market": "CN"},
            "market.jurisdiction",
            ["study.yaml:10:", "got 'CN'", "expected 'IT'", "legal.jurisdiction"],
        ),
        (
            {"home": "CN"},
            "collateral.home.jurisdiction",
            ["collateral.shop.jurisdiction", "expected 'IT'"],
        ),
        ({"policy": "PL"}, "policies.0.jurisdiction", ["policies.1.jurisdiction", "got 'PL'"]),
        (
            {"cost": "CNY"},
            "policies.0.currency",
            ["policies.1.currency", "got 'CNY'", "expected 'EUR'", "nothing is converted"],
        ),
        ({"fees": "CNY"}, "legal.currency", ["got 'CNY'", "expected 'EUR'"]),
        (
            {"currency": "CNY", "fees": "CNY", "cost": "CNY"},
            "currency",
            ["got 'CNY' for loans in IT", "expected 'EUR'"],
        ),
    ],
)
def test_each_mixture_is_one_warning_that_names_its_parts(tmp_path, change, key, parts):
    (line,) = warned(tmp_path, PARTS.format(**{**ITALY, **change}))
    assert f": {key}: got" in line and all(part in line for part in parts), line


def test_several_mixtures_are_one_warning_each(tmp_path):
    lines = warned(
        tmp_path, PARTS.format(**{**ITALY, "market": "CN", "home": "CN", "cost": "CNY"})
    )
    assert len(lines) == 3


def test_the_study_s_own_country_stands_above_the_law_s(tmp_path):
    lines = warned(tmp_path, PARTS.format(**ITALY) + "jurisdiction: ES\n")
    assert len(lines) == 4 and all(
        "expected 'ES', as the study's jurisdiction says" in line for line in lines
    )


def test_parts_that_state_nothing_are_named_where_others_state(tmp_path):
    text = PARTS.format(**ITALY).replace("market: {jurisdiction: IT, ", "market: {")
    text = text.replace("name: q, jurisdiction: IT, currency: EUR", "name: q")
    (line,) = warned(tmp_path, text)
    assert (
        "no jurisdiction is stated in market, policies.1;" in line and "jurisdiction: IT" in line
    )


def test_amounts_without_a_currency_are_named_and_parts_without_amounts_are_not(tmp_path):
    text = PARTS.format(**ITALY).replace("    currency: EUR\n    collection", "    collection")
    text = text.replace("currency: EUR, residual", "residual")
    (line,) = warned(tmp_path, text)
    assert "no currency is stated in policies.0; expected currency: EUR" in line


def test_a_study_of_which_no_part_states_a_country_draws_no_warning(tmp_path):
    text = PARTS.format(**ITALY)
    for part in ("jurisdiction: IT, ", "currency: EUR, ", "jurisdiction: IT"):
        text = text.replace(part, "")
    assert warned(tmp_path, text) == []


@pytest.mark.parametrize(
    "name", ["Italy", "Italia", "  ITALY ", "the law of Italy".removeprefix("the ")]
)
def test_the_name_of_a_law_states_its_country(tmp_path, name):
    text = PARTS.format(**{**ITALY, "market": "CN"}).replace(
        "some law\n  jurisdiction: IT", f'"{name}"'
    )
    (line,) = warned(tmp_path, text)
    assert "got 'CN' in market.jurisdiction; expected 'IT', as legal.name says" in line


def test_a_law_whose_name_contradicts_its_country_is_reported(tmp_path):
    (line,) = warned(tmp_path, PARTS.format(**ITALY).replace("some law", "mainland China"))
    assert "got 'CN' in legal.name; expected 'IT'" in line


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("law: IT", "it", "write IT"),
        ("law: IT", "UK", "write GB"),
        ("law: IT", "Italy", "write IT"),
        ("law: IT", "XX", "expected an ISO 3166 code of two letters"),
        ("fees", "RMB", "write CNY"),
        ("fees", "eur", "three capital letters"),
        ("currency", "RMB", "write CNY"),
    ],
)
def test_codes_that_do_not_exist_are_refused_with_the_right_one(tmp_path, old, new, part):
    path = tmp_path / "study.yaml"
    path.write_text(PARTS.format(**{**ITALY, old.split(":")[0]: new}), encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        load_study(path)
    assert part in str(caught.value)


def test_the_shipped_study_is_of_one_country():
    lines = load_study(SHIPPED).warnings
    assert not [w for w in lines if "jurisdiction" in w or "currency" in w]


def test_italian_law_on_the_shipped_market_is_reported():
    case = SHARED / "bank_workbooks" / "it_as_shipped.yaml"
    if not case.is_file():
        pytest.skip("the shared cases belong beside the project's folder, and are not there")
    as_it_stands = load_study(case).warnings
    (line,) = [w for w in as_it_stands if "jurisdiction" in w]
    assert (
        "no jurisdiction is stated in market, collateral.residential" in line
        and "legal.name" in line
    )
    shipped = {
        "legal": "package:legal/italy.yaml",
        "market": "package:market/china_base.yaml",
    }
    lines = load_study(case, shipped).warnings
    assert any("got 'CN' in market.jurisdiction; expected 'IT'" in w for w in lines)


def test_the_table_of_countries_holds_codes_only():
    assert len(JURISDICTIONS) == 250 and all(len(c) == 2 and c.isupper() for c in JURISDICTIONS)
    assert country_named("中国") == "CN" and country_named("nowhere") is None
    assert currency_of("IT") == "EUR" and currency_of("AQ") is None
