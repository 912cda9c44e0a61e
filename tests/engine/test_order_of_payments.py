"""Enforcement pays in order of time: single loans with dates and amounts by hand.

The claim is 1,000 at 1 % simple interest a month. The home is sold in month 40 for 700, unless
stated otherwise. docs/model.md section 4.6.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.builders.studies import loan, study

HOME = {
    "seizure_duration": 38,
    "rounds": [{"reserve": 0.5, "months": 2}],
    "forced_sale_discount": 0.0,
    "bid_volatility": 0.0,
    "appraisal_error": 0.0,
    "drift_volatility": 0.0,
    "acceptance_against_debt_probability": 0.0,
}
GARNISH = {
    "search_duration": 6,
    "garnishment_probability": 1.0,
    "garnishment_share": 0.02,
    "garnishment_months": 60,
}
GUARANTOR = {"guarantor_payment_probability": 1.0, "guarantor_share": 0.5, "guarantor_delay": 3}


def enforced(folder, enforcement, value=700.0, home=HOME, backers=0, horizon=80, **sections):
    """Return cash by kind and month, {kind: {month: amount}}, of one loan that is enforced from
    today on."""
    items = (
        [
            {
                "loan_id": "L000000",
                "collateral_id": "C",
                "kind": "house",
                "appraisal_value": value,
                "appraisal_date": "2026-06-30",
            }
        ]
        if value
        else []
    )
    case = study(
        folder,
        [loan(stage="enforcement", contract_rate=0.12)],
        {"enforcement": enforcement},
        items,
        [{"loan_id": "L000000", "guarantor_id": f"G{n}"} for n in range(backers)],
        collateral={"house": home},
        simulation={"scenarios": 2, "horizon_months": horizon, "seed": 3, "group_by": "product"},
        **sections,
    )
    flows = case.simulate()
    months = {kind: flows.amounts[0, :, n].sum(axis=1) for n, kind in enumerate(flows.kinds)}
    return {
        kind: {int(m): paid[m] for m in np.flatnonzero(paid)}
        for kind, paid in months.items()
        if paid.any()
    }


def test_income_before_the_sale_bears_interest_and_leaves_less_for_the_sale(tmp_path):
    """Searched in month 6: 20 a month from month 7 on, which by month 12 has paid the 120 of
    interest that had run.

    Then the principal is an annuity: 1,000 grows by 1 % less 20. In month 40 the home pays what
    is left of it with its last interest, and no more income is taken."""
    cash = enforced(tmp_path, GARNISH)
    principal = 1000 * 1.01**27 - 20 * (1.01**27 - 1) / 0.01
    assert principal == pytest.approx(691.7911, abs=1e-4)
    owed = principal * 1.01
    assert owed < 700.0
    # So the home pays the whole claim, and the debtor receives the rest of its price.
    assert set(cash) == {"garnishment", "collateral"}
    assert cash["collateral"] == {40: pytest.approx(owed)}
    assert cash["garnishment"] == {m: pytest.approx(20.0) for m in range(7, 40)}


def test_income_goes_on_after_a_sale_that_leaves_something(tmp_path):
    """The home is sold for 600: 98.7090 are left, with 20 still due in month 40.

    Then the claim grows by 1 % less 20 a month.
    """
    cash = enforced(tmp_path, GARNISH, value=600.0)
    left = (1000 * 1.01**27 - 20 * (1.01**27 - 1) / 0.01) * 1.01 - 600.0
    assert left == pytest.approx(98.7090, abs=1e-4)
    assert cash["collateral"] == {40: pytest.approx(600.0)}
    for m in range(40, 45):
        assert cash["garnishment"][m] == pytest.approx(min(20.0, left))
        left = (left - 20.0) * 1.01
    # After each payment: 78.7090, 59.4961, 40.0911, 20.4920, 0.6969; a last month's interest on
    # the last.
    assert cash["garnishment"][45] == pytest.approx(left) and left == pytest.approx(
        0.7039, abs=1e-4
    )
    assert max(cash["garnishment"]) == 45


def test_a_guarantor_pays_on_the_claim_of_his_month(tmp_path):
    """Half of 1,030 in month 3; 515 of principal bear 5.15 a month until the home pays 700 of
    705.55."""
    cash = enforced(tmp_path, GUARANTOR, backers=1)
    assert cash["guarantor"] == {3: pytest.approx(515.0)}
    assert cash["collateral"] == {40: pytest.approx(700.0)}
    later = enforced(tmp_path / "b", GUARANTOR, value=800.0, backers=1)
    assert later["collateral"] == {40: pytest.approx(515.0 + 37 * 5.15)}


def test_a_guarantor_who_pays_after_the_sale_pays_on_what_it_left(tmp_path):
    """1,400 in month 40 less 700; half of the rest in month 50, with ten months' interest."""
    cash = enforced(tmp_path, {**GUARANTOR, "guarantor_delay": 50}, backers=1)
    assert cash["collateral"] == {40: pytest.approx(700.0)}
    assert cash["guarantor"] == {50: pytest.approx(0.5 * (700.0 + 10 * 7.0))}


def test_nothing_is_sold_once_the_claim_is_paid(tmp_path):
    cash = enforced(tmp_path, {**GUARANTOR, "guarantor_share": 1.0}, backers=2)
    assert cash == {"guarantor": {3: pytest.approx(1030.0)}}


def test_at_the_same_time_the_collateral_comes_first(tmp_path):
    cash = enforced(tmp_path, {**GUARANTOR, "guarantor_delay": 40}, backers=1)
    assert cash["collateral"] == {40: pytest.approx(700.0)}
    assert cash["guarantor"] == {40: pytest.approx(350.0)}


def test_other_assets_found_before_the_sale_come_first(tmp_path):
    """40 % of 1,000 in month 5, of 1,050: 650 of principal are left, with 35 months' interest at
    the sale."""
    asset = {"name": "a", "discovery_probability": 1.0, "coverage": 0.4, "realization_duration": 5}
    cash = enforced(tmp_path, {"assets": [asset]}, value=1000.0)
    assert cash["deficiency"] == {5: pytest.approx(400.0)}
    assert cash["collateral"] == {40: pytest.approx(650.0 * 1.35)}


def test_a_case_revived_before_the_sale_pays_before_it(tmp_path):
    """Searched in month 6, revived in month 8: half of 1,080; 540 with 32 months' interest at the
    sale."""
    revived = {
        "search_duration": 6,
        "resumption_probability": 1.0,
        "resumption_delay": 2,
        "resumption_share": 0.5,
    }
    cash = enforced(tmp_path, revived, value=2000.0)
    assert cash["deficiency"] == {8: pytest.approx(540.0)}
    assert cash["collateral"] == {40: pytest.approx(540.0 * 1.32)}


@pytest.mark.parametrize(("delay", "taken"), [(39, False), (41, True)])
def test_an_item_is_taken_in_kind_only_for_what_is_owed_at_its_date(tmp_path, delay, taken):
    """Nobody bids; the creditor would accept the home for 750.

    A guarantor who pays first leaves half of 1,390.
    """
    home = {
        **HOME,
        "rounds": [{"reserve": 0.75, "months": 2}],
        "forced_sale_discount": 0.5,
        "acceptance_against_debt_probability": 1.0,
        "surplus_payment_probability": 0.0,
        "resale_duration": 4,
        "resale_discount": 0.0,
    }
    cash = enforced(tmp_path, {**GUARANTOR, "guarantor_delay": delay}, 1000.0, home, backers=1)
    if taken:
        assert cash["in_kind"] == {44: pytest.approx(1000.0)}
        # 1,400 less 750 leave 650 and a month's interest.
        assert cash["guarantor"] == {41: pytest.approx(0.5 * 656.5)}
    else:
        assert cash == {"guarantor": {39: pytest.approx(695.0)}}


def test_guarantors_pay_in_order_of_time_and_none_twice(tmp_path):
    """Both after 3 months: half of 1,030, then half of the rest."""
    cash = enforced(tmp_path, GUARANTOR, value=0, backers=2)
    assert cash == {"guarantor": {3: pytest.approx(515.0 + 257.5)}}


def test_no_payment_falls_after_the_end_and_the_rest_stays_owed(tmp_path):
    """A horizon of 20 months: 14 parts of income, no sale, and a residual of all that is then
    owed."""
    residual = {"enforcement": GARNISH, "residual_share": 1.0}
    case = study(
        tmp_path,
        [loan(stage="enforcement", contract_rate=0.12)],
        residual,
        [
            {
                "loan_id": "L000000",
                "kind": "house",
                "appraisal_value": 700,
                "appraisal_date": "2026-06-30",
            }
        ],
        collateral={"house": HOME},
        simulation={"scenarios": 2, "horizon_months": 20, "seed": 3},
    )
    left = 1000 * 1.01**8 - 20 * (1.01**8 - 1) / 0.01
    assert case.simulate().receipts[0].sum() == pytest.approx(14 * 20 + left)


def test_many_items_are_sold_each_at_its_own_time(tmp_path):
    """Forty items of 10 each on one loan, with guarantors and assets beside them: 400 in all."""
    items = [
        {
            "loan_id": "L000000",
            "collateral_id": f"C{n:02d}",
            "kind": f"k{n % 5}",
            "appraisal_value": 10,
            "appraisal_date": "2026-06-30",
        }
        for n in range(40)
    ]
    kinds = {f"k{n}": {**HOME, "seizure_duration": 30 - 7 * n} for n in range(5)}
    backers = [{"loan_id": "L000000", "guarantor_id": f"G{n}", "cap": 5} for n in range(9)]
    assets = [
        {
            "name": f"a{n}",
            "discovery_probability": 1.0,
            "coverage": 0.01,
            "realization_duration": 3 * n,
        }
        for n in range(4)
    ]
    policy = {"enforcement": {**GUARANTOR, "assets": assets}}
    case = study(
        tmp_path,
        [loan(stage="enforcement"), loan(1, stage="enforcement")],
        policy,
        items,
        backers,
        collateral=kinds,
        simulation={"scenarios": 2, "horizon_months": 60, "seed": 3},
    )
    received = case.simulate().receipts[0]
    assert received[[4, 11, 18, 25, 32]] == pytest.approx([80, 80, 80, 80, 80])
    assert received[[0, 3, 6, 9]] == pytest.approx([20, 20 + 45, 20, 20])
    assert received.sum() == pytest.approx(400 + 45 + 80)
