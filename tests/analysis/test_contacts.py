"""Caps on contacts with one borrower, over all their loans."""

from __future__ import annotations

import numpy as np
import pytest

from npl_sim.analysis.contacts import contact_readings
from npl_sim.analysis.other_readings import measure_readings
from tests.builders.studies import loan, study

SIZE = {"scenarios": 4, "horizon_months": 12}


def cap(**options):
    return {
        "name": "somewhere",
        "contact_caps": [{"channel": "call", "rule": "a rule", **options}],
    }


def small_study(tmp_path, legal, channels, borrowers="aabbbc", agencies=(), **columns):
    rows = [loan(n, borrower_id=b, **columns) for n, b in enumerate(borrowers)]
    policy = {
        "collection": {"settle_hazard": 0.05, "channels": channels, "agencies": list(agencies)}
    }
    return study(tmp_path, rows, policy, legal=legal, simulation=SIZE)


def call(**options):
    return {"channel": "call", "contacts_per_month": 6, **options}


@pytest.mark.parametrize(
    ("legal", "channel", "loans", "share"),
    [
        # Three calls a day on each loan of a, b, b, c: 6 and 9 a day. 12 and 18 a
        # month fit into 90.
        (cap(per_day=3), call(most_per_day=3), 5, None),
        (cap(per_day=9), call(most_per_day=3), 0, None),
        (cap(per_day=8.9), call(most_per_day=3), 3, None),
        # 12 a month for a, 18 for b against 15 and 10.
        (cap(per_month=15), call(), 3, [1, 1, 15 / 18, 15 / 18, 15 / 18, 1]),
        (cap(per_month=10), call(), 5, [10 / 12, 10 / 12, 10 / 18, 10 / 18, 10 / 18, 1]),
        (cap(per_month=18), call(), 0, None),
        # 18 a month are 4.14 a week.
        (cap(per_week=4), call(), 3, [1, 1, *[4 / (18 * 7 / 30.4375)] * 3, 1]),
        (cap(per_week=4.15), call(), 0, None),
        (cap(per_month=10, counted_per="account"), call(), 0, None),
        (
            {**cap(per_month=10), "name": "x"},
            {"channel": "visit", "contacts_per_month": 6},
            0,
            None,
        ),
    ],
)
def test_loads_of_several_loans(tmp_path, legal, channel, loans, share):
    case = small_study(tmp_path, legal, [channel])
    found = contact_readings(case.study, case.table)
    assert len(found) == (loans > 0)
    if found:
        assert found[0].count == loans and found[0].gbv == 1000 * loans
    if share:
        assert found[0].loans["responsiveness"] == pytest.approx(share)
    elif found:
        assert not found[0].loans


def test_loans_beyond_collection_are_not_called(tmp_path):
    case = small_study(
        tmp_path, cap(per_month=7), [call()], stage="judged", stage_date="2026-06-01"
    )
    assert contact_readings(case.study, case.table) == ()


def test_a_placement_takes_the_creditor_s_place(tmp_path):
    """Own 2 calls a month, in months 4 to 6 an agency's 8: 16 and 24 a month for the borrowers."""
    agency = {"name": "x", "from_month": 3, "months": 3, "channels": [call(contacts_per_month=8)]}
    case = small_study(
        tmp_path, cap(per_month=20), [call(contacts_per_month=2)], agencies=[agency]
    )
    (found,) = contact_readings(case.study, case.table)
    assert found.count == 3 and found.loans["responsiveness"][2] == pytest.approx(20 / 24)
    assert "up to 24 calls a month, 20 are allowed (a rule)" in found.read


def test_the_effect_is_measured_and_stands_among_the_issues(tmp_path):
    case = small_study(tmp_path, cap(per_month=9), [call(settle_per_contact=0.01)])
    messages = next(
        f for f in measure_readings(case.study, case.table) if f.name == "contact_caps"
    )
    assert messages.effect < 0.0 and messages.gbv == 5000
    assert "2 borrowers with several loans, 5 in all" in messages.text
    assert any(i.name == "contact_caps" and i.effect == messages.effect for i in case.issues())


def test_days_that_can_be_moved_cost_nothing(tmp_path):
    case = small_study(tmp_path, cap(per_day=3), [call(most_per_day=3)])
    messages = next(
        f for f in measure_readings(case.study, case.table) if f.name == "contact_caps"
    )
    assert messages.effect == 0.0 and "up to 9 calls a day, 3 are allowed" in messages.text


def test_the_shares_cut_the_hazard_and_nothing_else(tmp_path):
    case = small_study(tmp_path, cap(per_month=9), [call(settle_per_contact=0.01)])
    (found,) = contact_readings(case.study, case.table)
    assert set(found.loans) == {"responsiveness"} and not found.collateral and not found.guarantors
    assert (np.asarray(found.loans["responsiveness"]) <= 1.0).all()
