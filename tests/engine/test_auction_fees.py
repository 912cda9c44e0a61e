"""The enforcement fee of an auction is charged on what the creditor may take of it. docs/model.md
section 4.6, step 1."""

from __future__ import annotations

import pytest

from tests.builders.studies import loan, study

FEE = {"enforcement_fee": {"brackets": [{"rate": 0.1}]}}


@pytest.mark.parametrize(
    ("value", "cap", "liens", "obtained", "fee"),
    [
        # 10 % of the least of price above liens, claim and secured cap; the surplus above the cap
        # pays it first.
        (320.0, 300.0, 0.0, 300.0, 10.0),  # fee 30, surplus 20
        (325.0, 300.0, 0.0, 300.0, 5.0),
        (330.0, 300.0, 0.0, 300.0, 0.0),  # the surplus pays it all
        (331.0, 300.0, 0.0, 300.0, 0.0),
        (300.0, 300.0, 0.0, 300.0, 30.0),  # no surplus
        (290.0, 300.0, 0.0, 290.0, 29.0),  # the price is less than the cap
        (420.0, 300.0, 100.0, 300.0, 10.0),  # what comes above liens
        (1_020.0, None, 0.0, 1_000.0, 80.0),  # the claim is the least: fee 100, surplus 20
    ],
)
def test_the_fee_is_on_the_least_of_price_claim_and_secured_cap(
    tmp_path, value, cap, liens, obtained, fee
):
    item = {
        "loan_id": "L000000",
        "kind": "house",
        "appraisal_value": value,
        "appraisal_date": "2026-06-30",
        "prior_liens": liens,
        **({"secured_cap": cap} if cap else {}),
    }
    home = {
        "seizure_duration": 3,
        "rounds": [{"reserve": 0.5, "months": 2}],
        "forced_sale_discount": 0.0,
        "bid_volatility": 0.0,
        "appraisal_error": 0.0,
        "drift_volatility": 0.0,
    }
    case = study(
        tmp_path,
        [loan(stage="enforcement")],
        {"enforcement": {}},
        [item],
        collateral={"house": home},
        legal=FEE,
        simulation={"scenarios": 2, "horizon_months": 24, "seed": 3},
    )
    flows = case.simulate()
    paid = {kind: flows.amounts[0, 5, n].sum() for n, kind in enumerate(flows.kinds)}
    assert paid["collateral"] == pytest.approx(obtained)
    assert paid["court_fee"] == pytest.approx(-fee)
