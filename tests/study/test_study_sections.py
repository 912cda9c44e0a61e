"""Cross-section validation of a study: errors and warnings."""

from __future__ import annotations

import pytest

from npl_sim.core.errors import StudyError
from npl_sim.study.loader import load_study
from npl_sim.study.tape_alone import study_of_tape
from tests.study.studyfile_texts import GOOD, messages, write


def test_sections_are_checked_against_one_another(tmp_path):
    text = (
        GOOD
        + """\
stress: [slmp]
market:
  stresses:
    - name: slump
      overlays: [{factor: "indx:*", multiplier: 0.5}]
legal:
  name: Somewhere
  contact_caps: [{method: call, per_month: 10, rule: "Act 7"}]
"""
    )
    text = text.replace(
        "settle_hazard: 0.02", "contact_methods: [{method: call, contacts_per_month: 11}]"
    )
    found = messages(tmp_path, text)
    assert any("stress.0" in m and "did you mean 'slump'" in m for m in found)
    assert any("overlays.0.factor" in m and "names no factor" in m for m in found)
    assert any("study.yaml:7:" in m and "at most 10" in m and "Act 7" in m for m in found)


def test_two_channels_of_one_kind_count_together(tmp_path):
    text = GOOD.replace(
        "settle_hazard: 0.02",
        "contact_methods: [{method: call, contacts_per_month: 6}, "
        "{method: call, contacts_per_month: 6}]",
    )
    text += "legal: {contact_caps: [{method: call, per_month: 10, rule: Act 7}]}\n"
    assert "got 12 calls a month" in messages(tmp_path, text)[0]


def test_what_is_legal_but_hardly_meant_draws_a_warning(tmp_path):
    text = GOOD + "  - name: q\n    sale: {month: 500}\nsimulation: {horizon_months: 24}\n"
    warnings = load_study(write(tmp_path, text)).warnings
    assert any("never apply" in w for w in warnings) and any(
        "beyond the horizon" in w for w in warnings
    )


POLICIES = GOOD.split("policies:")[0] + "policies:\n"


@pytest.mark.parametrize(
    ("policies", "part"),
    [
        ("  - {name: a, applies_to: {stages: [colection]}}\n", "did you mean 'collection'?"),
        (
            "  - {name: a, applies_to: {minimum_gbv: 9, maximum_gbv: 5}}\n",
            "at least minimum_gbv, 9",
        ),
        ("  - {name: a}\n  - {name: a}\n", "'a' a second time"),
    ],
)
def test_conditions_that_no_loan_can_meet_are_refused(tmp_path, policies, part):
    assert part in messages(tmp_path, POLICIES + policies)[0]


def test_one_stress_twice_and_two_currencies_are_refused(tmp_path):
    market = (
        "market: {stresses: [{name: a, overlays: [{factor: cooperation, multiplier: 0.5}]}]}\n"
    )
    assert (
        "stress.1: got 'a' a second time"
        in messages(tmp_path, GOOD + market + "stress: [a, a]\n")[0]
    )
    text = GOOD.replace("{loans: tape.csv}", "{loans: tape.csv, currency: EUR}")
    assert "tape.currency: got 'EUR'; expected 'CNY'" in messages(tmp_path, text)[0]


@pytest.mark.parametrize(
    ("policies", "part"),
    [
        (
            "  - {name: a, applies_to: {products: [x, y]}}\n"
            "  - {name: b, applies_to: {products: [x], minimum_gbv: 5}}\n",
            "'b' can never apply: 'a' comes before it and takes all of its loans",
        ),
        (
            "  - {name: a, collection: {months: 2}, restructuring: {offer_month: 3}}\n",
            "no offer will be made",
        ),
        (
            "  - {name: a, restructuring: {offer_month: 3}, litigation: {after_months: 3}, "
            "enforcement: {}}\n",
            "when every loan left is sued: no offer",
        ),
        (
            "  - {name: a, collection: {months: 6, agencies: [{name: z, from_month: 6, months: "
            "4}]}}\n",
            "'z' will get no account",
        ),
    ],
)
def test_plans_that_come_to_nothing_draw_a_warning(tmp_path, policies, part):
    assert any(part in w for w in load_study(write(tmp_path, POLICIES + policies)).warnings)


@pytest.mark.parametrize(
    "policies",
    [
        "  - {name: a, applies_to: {products: [x]}}\n  - {name: b, applies_to: {products: [x, "
        "y]}}\n",
        "  - {name: a, applies_to: {secured: true}}\n  - {name: b}\n",
        "  - {name: a, applies_to: {maximum_gbv: 5}}\n  - {name: b, applies_to: {maximum_gbv: "
        "9}}\n",
        "  - {name: a, collection: {months: 3}, restructuring: {offer_month: 3}}\n",
        "  - {name: a, restructuring: {offer_month: 3}, litigation: {after_months: 3, "
        "minimum_claim: 5}, enforcement: {}}\n",
    ],
)
def test_plans_that_come_to_something_draw_none(tmp_path, policies):
    text = POLICIES + policies + "market: {congestion: {volatility: 0.1}}\n"
    assert load_study(write(tmp_path, text)).warnings == ()


def test_a_world_without_volatility_draws_a_hint(tmp_path):
    assert any(
        "no factor has a volatility" in w for w in load_study(write(tmp_path, GOOD)).warnings
    )
    assert load_study(write(tmp_path, GOOD), {"simulation.scenarios": 2}).warnings == ()


def test_unverified_law_is_reported(tmp_path):
    legal = (
        "legal: {sources: ['Art. 1 (assumption)'], court_fee: {source: 'assumption: "
        "mine', brackets: [{fixed: 5}]}}\n"
    )
    warnings = "\n".join(load_study(write(tmp_path, GOOD + legal)).warnings)
    assert "legal.court_fee: the schedule is not from a published tariff" in warnings
    assert "legal.sources.0: not verified: Art. 1" in warnings


def test_a_tape_alone_makes_a_study(tmp_path):
    loaded = study_of_tape(tmp_path / "tape.csv", {"tape.columns": {"principal": "balance"}})
    assert loaded.study.tape.loans == tmp_path / "tape.csv"
    assert loaded.study.tape.columns == {"principal": "balance"}
    assert "checked against today" in loaded.warnings[0]
    with pytest.raises(
        StudyError, match="override: tape.colums: unknown key; did you mean 'columns'"
    ):
        study_of_tape(tmp_path / "tape.csv", {"tape.colums": {}})


def test_a_payment_order_excludes_presuit_preservation(tmp_path):
    text = (
        GOOD + "    enforcement: {}\n    litigation: {route: payment_order, preservation: "
        "{before_suit: true}}\n"
    )
    assert "427(7)" in messages(tmp_path, text)[0]
