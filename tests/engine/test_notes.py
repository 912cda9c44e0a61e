"""Warnings state values that rest on defaults; loans without a price are refused."""

from __future__ import annotations

import pytest

from npl_sim.core.errors import StudyError
from tests.builders.studies import loan, study

ITEM = {
    "loan_id": "L000000",
    "kind": "ship",
    "appraisal_value": 500,
    "appraisal_date": "2026-01-01",
}


def test_collateral_without_terms_is_reported(tmp_path):
    (messages,) = study(tmp_path, [loan()], {}, [ITEM]).notes()
    assert "ship" in messages and "without cost" in messages


def test_a_kind_that_the_study_forgot_is_refused(tmp_path):
    case = study(tmp_path, [loan()], {}, [ITEM], collateral={"house": {}})
    with pytest.raises(StudyError, match="no terms for 'ship'"):
        case.simulate()
    assert (
        study(tmp_path / "b", [loan()], {}, [ITEM], collateral={"default": {}}).simulate()
        is not None
    )


def test_stages_of_which_the_policy_says_nothing(tmp_path):
    stages = ["collection", "litigation", "judged", "enforcement", "plan", "dormant"]
    messages = study(tmp_path, [loan(i, stage=s) for i, s in enumerate(stages)], {}).notes()
    assert len(messages) == 4 and all("1 loans of policy 'policy 0'" in line for line in messages)
    full = {"litigation": {}, "enforcement": {}, "restructuring": {}}
    assert (
        study(tmp_path / "b", [loan(i, stage=s) for i, s in enumerate(stages)], full).notes() == ()
    )


def test_a_loan_under_no_policy_is_refused(tmp_path):
    case = study(
        tmp_path, [loan(), loan(1, product="boat")], {"applies_to": {"products": ["consumer"]}}
    )
    with pytest.raises(StudyError, match=r"no policy applies to 1 of 2 loans, such as 'L000001'"):
        case.simulate()


def test_collateral_under_no_index_is_refused(tmp_path):
    market = {"indices": [{"region": "west", "kind": "ship"}]}
    case = study(tmp_path, [loan()], {}, [ITEM], market=market)
    with pytest.raises(StudyError, match="no index covers 'ship' in region 'east'"):
        case.simulate()


def test_a_policy_and_a_kind_that_meet_nothing_are_named(tmp_path):
    case = study(
        tmp_path,
        [loan(0)],
        [{"name": "boats", "applies_to": {"products": ["boat"]}}, {"name": "rest"}],
        [{"collateral_id": "C0", "loan_id": "L000000", "kind": "home", "appraisal_value": 1}],
        collateral={"default": {}, "yacht": {}},
    )
    text = "\n".join(case.notes())
    assert "no loan of the tape falls under policy 'boats'" in text
    assert "the tape holds no boat; it holds consumer" in text
    assert "collateral.yacht: the tape holds no such collateral; it holds home" in text
