"""Names in one section of a study that refer to another must be there."""

from __future__ import annotations

import pytest

from npl_sim.core.errors import StudyError
from npl_sim.study.loader import load_study

HEAD = """\
name: a
valuation_date: 2026-06-30
tape: {loans: tape.csv}
simulation: {scenarios: 2, horizon_months: 36}
"""


def load(folder, text):
    path = folder / "study.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    return load_study(path)


def refused(folder, text):
    with pytest.raises(StudyError) as caught:
        load(folder, text)
    return "\n".join(caught.value.errors)


def test_a_sale_waits_for_a_factor_that_exists(tmp_path):
    policy = (
        "policies: [{name: p, sale: {month: 3, until: 9, wait_for: {factor: %s, at_least: "
        "1.1}}}]\n"
    )
    load(tmp_path, policy % "cooperation")
    found = refused(tmp_path, policy % "co-operation")
    assert "wait_for.factor" in found and "did you mean 'cooperation'" in found


def test_a_sale_has_both_terms_of_waiting_and_one_way_to_its_price(tmp_path):
    assert "belong together" in refused(
        tmp_path, "policies: [{name: p, sale: {month: 3, until: 9}}]\n"
    )
    text = (
        "policies: [{name: p, sale: {month: 9, until: 3, wait_for: {factor: cooperation, "
        "at_least: 1}}}]\n"
    )
    assert "lies before month 9" in refused(tmp_path, text)
    text = "policies: [{name: p, sale: {month: 9, buyer_return: 0.1, unsecured_price: 0.2}}]\n"
    assert "one way to set the price" in refused(tmp_path, text)


AGENCY = """\
policies:
  - name: p
    collection: {agencies: [{name: A, from_month: 2, months: %d, contract: %s}]}
contracts:
  - {name: city, tiers: [{rate: 0.3}], minimum_fee: 100}
"""


def test_a_placement_names_a_contract_that_exists(tmp_path):
    load(tmp_path, AGENCY % (12, "city"))
    assert "did you mean 'city'" in refused(tmp_path, AGENCY % (12, "citi"))


def test_a_contract_that_settles_at_its_end_must_end(tmp_path):
    assert "beyond the horizon of 36" in refused(tmp_path, AGENCY % (60, "city"))


def test_contracts_have_different_names(tmp_path):
    text = AGENCY % (12, "city") + "  - {name: city, tiers: [{rate: 0.1}]}\n"
    assert "a second time" in refused(tmp_path, text)


ASSETS = """\
legal: {name: Somewhere, freeze_months: {deposit: 12}}
policies:
  - name: p
    litigation: {preservation: {}}
    enforcement:
      assets: [{name: a, legal_class: deposit, freeze_probability: %s, freeze_months: %d}]
"""


def test_a_freeze_lasts_no_longer_than_the_law_lets_it(tmp_path):
    load(tmp_path, ASSETS % (0.5, 12))
    assert "at most 12 months" in refused(tmp_path, ASSETS % (0.5, 13))


def test_preservation_that_freezes_nothing_draws_a_warning(tmp_path):
    loaded = load(tmp_path, ASSETS % (0.0, 12))
    assert any("freeze nothing" in str(w) for w in loaded.warnings)
