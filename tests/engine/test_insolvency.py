"""Estates of insolvent debtors worked by hand, through the public configuration.

Numbers are those of docs/insolvency.md, or are worked out beside each test.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from npl_sim.core.layout import Kind, Stage
from tests.builders.shipped import text_of
from tests.builders.studies import VALUATION, loan, study

FEE_OF_12 = {"brackets": [{"rate": 0.12}]}
LAW = {"administrator_fee": FEE_OF_12, "administrator_collateral_factor": 1 / 12}
ITEM = {"loan_id": "L000000", "appraisal_value": 500, "appraisal_date": VALUATION}
ESTATE = {
    "duration": 12,
    "collateral_time_share": 0.5,
    "collateral_cost": 0.05,
    "free_assets": 0.25,
    "cost_share": 0.1,
    "other_claims": 3,
    "other_secured_share": 0.2,
    "employee_share": 0.1,
    "tax_share": 0.1,
}
PLAN = {"secured_share": 1.0, "ordinary_share": 0.2, "term": 10}


def run(folder, estate, rows, items=(), backers=(), policy=None, **sections):
    """Simulate one scenario of loans that are in insolvency on the tape."""
    size = {"scenarios": 2, "horizon_months": 60, "seed": 5, **sections.pop("simulation", {})}
    given = study(
        folder,
        rows,
        {"insolvency": estate, **(policy or {})},
        items,
        backers,
        legal={**LAW, **sections.pop("legal", {})},
        simulation=size,
        **sections,
    )
    return given.simulate()


def inside(status, i=0, **columns):
    """Return a loan whose debtor's proceeding begins on the valuation date."""
    return loan(i, insolvency_status=status, insolvency_date=VALUATION, **columns)


def cash(flows, kind=Kind.INSOLVENCY):
    """Return the months with cash of a kind, and the amounts."""
    amounts = flows.amounts[0, :, kind].sum(axis=-1)
    return {int(m): float(amounts[m]) for m in np.flatnonzero(np.abs(amounts) > 1e-9)}


def test_the_estate_of_the_contract_page(tmp_path):
    paid = cash(run(tmp_path, ESTATE, [inside("liquidation")], [ITEM]))
    assert paid == pytest.approx({6: 470.0, 12: 530.0 * 180.0 / 2330.0})


def test_a_chinese_liquidation_by_the_statutory_ladders(tmp_path):
    """10 m claimed; free assets 20 % of 40 m; a building of 6 m.

    Free assets of 8 m: administrator 120,000 + 400,000 + 240,000 = 760,000; court half of
    13,800 + 9,000 + 24,000 + 21,000 = 33,900. Wages and tax 6 m of 30 m leave 1,206,100.
    Administrator on the building: a tenth of 120,000 + 400,000 + 80,000 = 60,000, so 5.64 m of 6 m
    after 5 % cost. Ordinary: 4.36 m + 30 m - 6 m - 6 m = 22.36 m.
    """
    estate = {**ESTATE, "free_assets": 0.2, "cost_share": 0.0}
    row = inside("liquidation", principal=10_000_000)
    building = {**ITEM, "appraisal_value": 6_000_000}
    paid = cash(run(tmp_path, estate, [row], [building], legal=china()))
    assert paid == pytest.approx({6: 5_640_000.0, 12: 4_360_000 * 1_206_100 / 22_360_000})


def china():
    """Return the ladders of the shipped Chinese regime."""
    from ruamel.yaml import YAML

    law = YAML(typ="safe").load(text_of("legal/china.yaml"))
    names = ("administrator_fee", "administrator_collateral_factor", "insolvency_court_fee")
    return {name: law[name] for name in names}


def test_an_italian_liquidation_without_distribution_pays_collateral_alone(tmp_path):
    """Curatore on 500: 14 % = 70, in full on the collateral; 5 % cost: 405 of 500."""
    estate = {**ESTATE, "no_distribution_probability": 1.0, "no_distribution_duration": 20}
    ladder = {"brackets": [{"up_to": 16227.08, "rate": 0.14}, {"rate": 0.12}]}
    law = {"administrator_fee": ladder, "administrator_collateral_factor": 1.0}
    flows = run(tmp_path, estate, [inside("liquidation")], [ITEM], legal=law)
    assert cash(flows) == pytest.approx({10: 405.0})
    assert flows.stage_gbv[Stage.CLOSED][19:21] == pytest.approx([0.0, 1000.0])


@pytest.mark.parametrize(
    ("discount", "collateral"),
    [
        (None, 0.0),  # by default the item brings nothing
        (0.75, 125.0 * (1 - 0.05 - 0.01)),
    ],
)
def test_an_item_that_never_finds_a_bidder_sells_at_its_own_discount(
    tmp_path, discount, collateral
):
    """Price 125 of 500, 5 % cost and 1 % for the administrator: 117.50. The rest is ordinary."""
    estate = ESTATE if discount is None else {**ESTATE, "no_bidder_discount": discount}
    terms = {"default": {"no_bidder_probability": 1.0}}
    paid = cash(run(tmp_path, estate, [inside("liquidation")], [ITEM], collateral=terms))
    rest = 1000.0 - collateral
    expected = {12: rest * 180.0 / (rest + 1800.0)} | ({6: collateral} if collateral else {})
    assert paid == pytest.approx(expected)


def test_a_failed_plan_keeps_its_installments_and_ends_in_liquidation(tmp_path):
    """A plan of 500 + 20 % of 500 in ten parts of 60 fails at once after the vote in month 9.

    The hazard is so high that the plan fails in month 10, before any installment. Liquidation
    from month 10 on: collateral at 16, dividend at 22, as on the contract page.
    """
    plan = {**PLAN, "failure_hazard": 100.0}
    estate = {**ESTATE, "plan_duration": 9, "plan": plan}
    paid = cash(run(tmp_path, estate, [inside("reorganization")], [ITEM]))
    assert paid == pytest.approx({16: 470.0, 22: 530.0 * 180.0 / 2330.0})


def test_installments_before_a_failure_lower_the_claim(tmp_path):
    """Whatever the month of failure, k installments of 60 leave 1,000 - 60 k for the estate."""
    plan = {**PLAN, "failure_hazard": 0.2}
    estate = {**ESTATE, "plan_duration": 9, "plan": plan}
    found = set()
    for seed in range(12):
        size = {"seed": seed}
        flows = run(
            tmp_path / str(seed), estate, [inside("reorganization")], [ITEM], simulation=size
        )
        paid = cash(flows)
        count = sum(amount == pytest.approx(60.0) for amount in paid.values())
        found.add(count)
        if count == 10:
            continue
        claim = 1000.0 - 60.0 * count
        collateral = min(470.0, claim)
        rest = claim - collateral
        free = 0.25 * (claim + 3000.0)
        left = free - 0.1 * free - 0.12 * free - 600.0
        rate = max(0.0, left) / (rest + 1800.0)
        assert sum(paid.values()) == pytest.approx(60.0 * count + collateral + rate * rest)
    assert len(found) > 3


def test_a_confirmed_plan_pays_equal_parts_and_discharges_the_rest(tmp_path):
    estate = {**ESTATE, "plan_duration": 9, "plan": {**PLAN, "grace_months": 2}}
    flows = run(tmp_path, estate, [inside("reorganization")], [ITEM])
    assert cash(flows) == pytest.approx({12 + k: 60.0 for k in range(10)})
    assert flows.stage_gbv[Stage.CLOSED][20:22] == pytest.approx([0.0, 1000.0])


@pytest.mark.parametrize(("ordinary_share", "confirmed"), [(0.08, True), (0.07, False)])
def test_the_court_confirms_a_rejected_plan_that_pays_the_liquidation(
    tmp_path, ordinary_share, confirmed
):
    """The liquidation pays ordinary claims 7.73 %: 8 % passes the test of the law, 7 % fails."""
    estate = {
        **ESTATE,
        "plan_duration": 9,
        "ordinary_vote_probability": 0.0,
        "cram_down_probability": 1.0,
        "plan": {**PLAN, "ordinary_share": ordinary_share},
    }
    paid = cash(run(tmp_path, estate, [inside("reorganization")], [ITEM]))
    assert set(paid) == (set(range(10, 20)) if confirmed else {15, 21})


def test_acceptance_stops_interest_and_enforcement_and_keeps_guarantors(tmp_path):
    """A petition accepted in month 2; the auction of month 3 is lost.

    The claim of 1,000 at 12 % is 1,020 at the acceptance. The guarantor, called in month 0, pays
    half of it in month 5; the estate has nothing else.
    """
    policy = {
        "litigation": {},
        "enforcement": {
            "guarantor_payment_probability": 1.0,
            "guarantor_share": 0.5,
            "guarantor_delay": 5,
        },
    }
    estate = {"petition_duration": 2, "duration": 30, "collateral_time_share": 0.5}
    row = loan(0, stage="enforcement", contract_rate=0.12, insolvency_status="petition")
    flows = run(
        tmp_path,
        estate,
        [row],
        [ITEM],
        [{"loan_id": "L000000", "guarantor_id": "G0"}],
        policy,
        collateral={"default": {"rounds": [{"reserve": 0.5, "months": 3}]}},
    )
    assert cash(flows, Kind.COLLATERAL) == {}
    assert cash(flows, Kind.GUARANTOR) == pytest.approx({5: 510.0})
    assert cash(flows) == pytest.approx({17: 495.0})
    assert flows.stage_gbv[Stage.INSOLVENCY][1:3] == pytest.approx([0.0, 1000.0])


def test_a_hazard_reaches_its_share_of_debtors_and_all_their_loans_at_once(tmp_path):
    """1 - exp(-0.5 * 2) = 63.2 % within two years; the chance of 5 standard errors is 1e-6."""
    rows = [loan(i, borrower_id=f"B{i // 2}") for i in range(400)]
    size = {"scenarios": 64, "horizon_months": 24, "seed": 3}
    estate = {"hazard": 0.5, "duration": 200, "no_distribution_duration": 200}
    flows = run(tmp_path, estate, rows, simulation=size)
    share = flows.stage_gbv[Stage.INSOLVENCY][23] / flows.gbv
    expected = 1.0 - math.exp(-0.5 * 23 / 12)
    assert abs(share - expected) < 5.0 * math.sqrt(expected * (1 - expected) / (200 * 64))


def test_size_and_age_multiply_the_hazard(tmp_path):
    estate = {
        "hazard": 1.0,
        "size": {"from_claims": [0, 1500], "multipliers": [0.0, 1.0]},
        "age": {"from_age": [0, 12], "multipliers": [1.0, 0.0]},
        "duration": 200,
        "no_distribution_duration": 200,
    }
    rows = [
        loan(0),  # too small
        loan(1, borrower_id="B"),  # large together
        loan(2, borrower_id="B"),
        loan(3, principal=2000, age_months=24),  # too old
    ]
    size = {"scenarios": 64, "horizon_months": 60, "seed": 3, "group_by": "product"}
    flows = run(tmp_path, estate, rows, simulation=size)
    share = flows.stage_gbv[Stage.INSOLVENCY][59] / flows.gbv
    assert 0.3 < share <= 0.4  # only the two loans of B, 2,000 of 5,000


def test_groups_correlate_acceptances(tmp_path):
    """With a correlation of one, a group's debtors are accepted in the same month."""
    rows = [loan(i, group_id="g") for i in range(20)]
    size = {"scenarios": 32, "horizon_months": 24, "seed": 3}
    estate = {"hazard": 0.3, "group_correlation": 1.0, "duration": 1, "free_assets": 1.0}
    flows = run(tmp_path, estate, rows, simulation=size)
    paid = flows.amounts[:, :, Kind.INSOLVENCY].sum(axis=-1)
    assert set(np.unique(np.round(paid, 6))) <= {0.0, round(20 * 880.0, 6)}
    assert 0.1 < (paid > 0).any(axis=1).mean() < 0.9


def test_natural_persons_become_insolvent_only_where_the_law_says_so(tmp_path):
    estate = {"hazard": 5.0, "duration": 1, "free_assets": 1.0}
    policy = {"debtor_type": "natural_person"}
    rows = [loan(0, region="shenzhen"), loan(1, region="east")]
    law = {"personal_insolvency": {"regions": ["shenzhen"], "source": "test"}}
    none = run(tmp_path / "a", estate, rows, policy=policy)
    pilot = run(tmp_path / "b", estate, rows, policy=policy, legal=law)
    assert cash(none) == {} and sum(cash(pilot).values()) == pytest.approx(880.0)


def test_a_loan_without_insolvency_keeps_its_bits_beside_one_with_it(tmp_path):
    """Policies of other products get the section; their loans move and no other does."""
    policy = {"collection": {"settle_hazard": 0.02}, "litigation": {}, "enforcement": {}}
    rows = [loan(i, product="consumer" if i % 2 else "sme") for i in range(40)]
    firms = {**policy, "applies_to": {"products": ["sme"]}}
    size = {"scenarios": 64, "horizon_months": 36, "seed": 8}
    found = []
    for n, terms in enumerate(
        ({}, {"insolvency": {"hazard": 0.0}}, {"insolvency": ESTATE_AT_RISK})
    ):
        given = study(tmp_path / str(n), rows, [{**firms, **terms}, policy], simulation=size)
        found.append(given.simulate().loans.set_index("loan_id")["pv_mean"].to_numpy())
    plain, unused, insolvent = found
    other = np.arange(40) % 2 == 1
    assert (plain == unused).all() and (plain == insolvent)[other].all()
    assert (plain != insolvent)[~other].any()


ESTATE_AT_RISK = {"hazard": 0.5, "cooperation_loading": 1.0, "duration": 6, "free_assets": 0.5}
