"""Seizures by other courts and other creditors: cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from npl_sim.analysis.other_readings import measure_readings
from npl_sim.core.issues import DOUBT
from tests.builders.studies import loan, study

SCENARIOS = 4
LAW = {
    "company_distribution": "seizure_order",
    "person_distribution": "pro_rata",
    "waitlist_transfer_months": 12,
}
COSTS = {"cost": 0.1, "seizure_duration": {"kind": "fixed", "value": 2}}
ENFORCED = {"stage": "enforcement", "stage_date": "2026-06-30"}


def court(sale=30, transfer=0.0, delay=5):
    return {
        "sale_duration": {"kind": "fixed", "value": sale},
        "transfer_probability": transfer,
        "transfer_duration": {"kind": "fixed", "value": delay},
    }


def item(n=0, value=600, **columns):
    return {
        "loan_id": f"L{n:06d}",
        "collateral_id": f"C{n}",
        "kind": "house",
        "appraisal_value": value,
        "appraisal_date": "2026-06-30",
        **columns,
    }


def case_of(folder, items, debtor=None, other_court=None, law=LAW, **sections):
    enforcement = {"other_court": other_court or court()}
    policy = {"enforcement": enforcement, **({"debtor_type": debtor} if debtor else {})}
    options = {
        "legal": law,
        "collateral": {"default": {}},
        "pricing": {"required_return": 0.0},
        "simulation": {"scenarios": SCENARIOS, "horizon_months": 60},
        **sections,
    }
    loans = [loan(n, **ENFORCED) for n in range(len(items))]
    return study(folder, loans, policy, items, **options)


def received(case):
    """Return the months of receipts and their sum by month, in the first scenario."""
    net = case.simulate().net[0]
    return {int(month): pytest.approx(float(net[month])) for month in np.flatnonzero(net)}


def test_our_own_seizure_sells_on_our_courts_time(tmp_path):
    own = case_of(tmp_path, [item(seized_by="creditor")], collateral={"default": COSTS})
    assert received(own) == {2: 540.0}


def test_a_mortgage_waits_for_the_other_court_and_is_paid_in_full(tmp_path):
    """The other court sells after 30 months; a mortgage keeps its rank, whatever others claim."""
    others = case_of(
        tmp_path,
        [item(seized_by="other court", other_claims=5000)],
        "company",
        collateral={"default": COSTS},
    )
    assert received(others) == {30: 540.0}


def test_our_court_asks_for_the_item_after_a_year(tmp_path):
    """Handed over: 12 months of waiting, 5 for the transfer and the appraisal. An other court that
    is faster, or a law without transfers, leaves it there."""
    waits = [item(seized_by="other court")]
    for name, other, law, month in (
        ("handed", court(30, 1.0, 5), LAW, 17),
        ("never", court(30, 0.0, 5), LAW, 30),
        ("sooner", court(9, 1.0, 5), LAW, 9),
        ("slow transfer", court(14, 1.0, 5), LAW, 14),
        ("no such law", court(30, 1.0, 5), {}, 30),
    ):
        assert received(case_of(tmp_path / name, waits, None, other, law)) == {month: 600.0}, name


def test_another_court_is_never_sooner_than_ours(tmp_path):
    """Our court takes 20 months, the other one 3, or hands over at 12 and 1."""
    ours = {"default": {"seizure_duration": {"kind": "fixed", "value": 20}}}
    waits = [item(seized_by="other court")]
    for name, other in (("quick", court(3)), ("handed", court(30, 1.0, 1))):
        found = case_of(tmp_path / name, waits, None, other, collateral=ours)
        assert received(found) == {20: 600.0}, name


def test_a_year_that_ran_before_the_valuation_counts(tmp_path):
    """In enforcement for 10 months: the request is possible in 2, the transfer takes 5."""
    case = case_of(
        tmp_path,
        [item(seized_by="other court")],
        other_court=court(30, 1.0, 5),
        valuation_date="2027-05-01",
    )
    assert received(case) == {7: 600.0}


def test_a_company_with_two_seizures(tmp_path):
    """Item of 600, costs a tenth. Who seized first claims 400: 600 - 60 - 400 = 140 is left."""
    bare = item(seized_by="other court", seizure_only="yes", other_claims=400)
    assert received(case_of(tmp_path, [bare], "company", collateral={"default": COSTS})) == {
        30: 140.0
    }


def test_the_first_seizer_of_a_company_shares_with_nobody(tmp_path):
    bare = item(seized_by="creditor", seizure_only="yes", other_claims=400)
    assert received(case_of(tmp_path, [bare], "company")) == {0: 600.0}


def test_a_person_with_three_creditors(tmp_path):
    """Claims 1,000 (ours), 700 and 300: half of 600 less 60 of costs is 270."""
    bare = item(seizure_only="yes", other_claims=1000)
    case = case_of(tmp_path, [bare], "natural_person", collateral={"default": COSTS})
    assert received(case) == {2: 270.0}


def test_an_unknown_amount_is_the_whole_value(tmp_path):
    """Of a company nothing is left; of a person our 1,000 meet 600: 600 * 1000 / 1600 = 375."""
    bare = item(seized_by="other court", seizure_only="yes")
    assert received(case_of(tmp_path / "company", [bare], "company")) == {}
    assert received(case_of(tmp_path / "unknown", [bare])) == {}
    person = case_of(tmp_path / "person", [bare], "natural_person")
    assert received(person) == {30: 375.0}


def test_a_shared_item_is_not_accepted_against_the_debt(tmp_path):
    """No bid reaches the reserve. Alone we accept the item, with others it stays unsold."""
    terms = {"default": {"rounds": [{"reserve": 1.5}], "acceptance_against_debt_probability": 1.0}}
    alone = case_of(tmp_path / "a", [item(seizure_only="yes")], "natural_person", collateral=terms)
    assert received(alone) == {12: 600.0}
    shared = item(seizure_only="yes", other_claims=1)
    assert received(case_of(tmp_path / "b", [shared], "natural_person", collateral=terms)) == {}


def test_an_unsold_item_is_priced_at_our_part(tmp_path):
    """At the sale of the loan an item of 600 covers (600 - 100) * 1000 / 2000 = 250 of the
    claim."""
    terms = {"default": {"rounds": [{"reserve": 1.5}]}}
    policy = {
        "enforcement": {"other_court": court()},
        "debtor_type": "natural_person",
        "sale": {"month": 24, "secured_price": 0.4, "unsecured_price": 0.0},
    }
    bare = item(seizure_only="yes", other_claims=1000, prior_liens=100, lien_rank=2)
    case = study(
        tmp_path,
        [loan(0, **ENFORCED)],
        policy,
        [bare],
        legal=LAW,
        collateral=terms,
        pricing={"required_return": 0.0},
        simulation={"scenarios": SCENARIOS, "horizon_months": 60},
    )
    assert received(case) == {24: 100.0}


def test_the_effect_of_a_first_seizure_is_shown(tmp_path):
    """An item of 300 of a company is lost to whoever seized it first; free it would bring 300."""
    items = [
        item(0, 600, seized_by="creditor"),
        item(1, 300, seized_by="other", seizure_only="yes"),
    ]
    case = case_of(tmp_path, items, "company")
    (found,) = [f for f in measure_readings(case.study, case.table) if f.name == "seized_by"]
    assert found.effect == pytest.approx(300) and found.count == 1 and found.gbv == 1000
    assert found.severity == "warning"
    assert "1 item appraised at 300, seized first by somebody else ('other')" in found.text
    issue = next(i for i in case.issues() if i.name == "seized_by")
    assert (issue.grade, issue.effect, issue.gbv) == (DOUBT, found.effect, 1000)


def test_items_without_value_or_seizure_are_not_reported(tmp_path):
    case = case_of(tmp_path, [item(0, 0, seized_by="other"), item(1, 300, seized_by="")])
    assert not [f for f in measure_readings(case.study, case.table) if f.name == "seized_by"]
