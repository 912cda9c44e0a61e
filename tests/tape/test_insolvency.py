"""Insolvency of debtors on a tape: codes, stage, date, and unknown words."""

from __future__ import annotations

import pytest

from tests.builders.studies import loan, study

POLICY = {"insolvency": {"hazard": 0.1}}


def read(folder, *rows, **sections):
    return study(folder, rows, POLICY, **sections)


def table(given):
    return given.table.loans.set_index("loan_id")


@pytest.mark.parametrize(
    ("word", "status", "stage"),
    [
        ("已受理", "accepted", "insolvency"),
        ("破产清算", "liquidation", "insolvency"),
        ("重整计划执行中", "plan", "insolvency"),
        ("Fallimento", "liquidation", "insolvency"),
        ("Concordato preventivo", "reorganization", "insolvency"),
        ("Composizione negoziata", "petition", "judged"),
        ("claims filed", "claims_filed", "insolvency"),
        ("chiuso", "closed", "insolvency"),
        ("无", "", "judged"),
        ("in bonis", "", "judged"),
    ],
)
def test_statuses_of_three_languages(tmp_path, word, status, stage):
    rows = [loan(0, stage="judged", stage_date="2026-01-15", insolvency_status=word)]
    found = table(read(tmp_path, *rows)).loc["L000000"]
    assert (found["insolvency_status"], found["stage"]) == (status, stage)


def test_the_date_of_the_proceeding_dates_the_stage_and_that_of_the_old_stage_does_not(tmp_path):
    rows = [
        loan(0, stage="judged", stage_date="2020-01-15", insolvency_status="accepted"),
        loan(1, insolvency_status="accepted", insolvency_date="2026-03-15"),
    ]
    found = table(read(tmp_path, *rows))["stage_date"]
    assert found.isna()["L000000"] and str(found["L000001"].date()) == "2026-03-15"


def test_an_unknown_word_is_reported_and_read_as_a_liquidation(tmp_path):
    given = read(tmp_path, loan(0, insolvency_status="in trouble"), loan(1))
    found = table(given)["insolvency_status"]
    assert list(found) == ["liquidation", ""]
    (issue,) = [x for x in given.issues() if "insolvency_status" in x.location + x.message]
    assert "in trouble" in issue.message and "read as liquidation" in issue.message


def test_a_stage_that_names_the_proceeding_sets_its_status(tmp_path):
    rows = [loan(i, stage=s) for i, s in enumerate(("fallimento", "破产重整", "bankruptcy"))]
    found = table(read(tmp_path, *rows))
    assert list(found["insolvency_status"]) == ["liquidation", "reorganization", "accepted"]
    assert set(found["stage"]) == {"insolvency"}


def test_a_proceeding_without_terms_is_reported(tmp_path):
    given = study(tmp_path, [loan(0, insolvency_status="accepted")], {})
    assert any("liquidations of five years" in x.message for x in given.issues())


def test_a_hazard_that_the_law_does_not_know_is_reported(tmp_path):
    policy = {**POLICY, "debtor_type": "natural_person"}
    given = study(tmp_path, [loan(0)], policy)
    assert any("knows no insolvency of natural persons" in x.message for x in given.issues())


def test_bands_that_do_not_match_are_refused(tmp_path):
    from npl_sim.core.errors import StudyError

    size = {"from_claims": [0, 10], "multipliers": [1.0]}
    with pytest.raises(StudyError, match="2 from_claims and 1 multipliers; expected as many"):
        study(tmp_path, [loan(0)], {"insolvency": {"size": size}})
