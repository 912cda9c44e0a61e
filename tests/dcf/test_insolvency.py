"""The second method against the simulation on studies whose debtors become insolvent.

Both value the same words by other means. Tolerance: five standard errors, about one failure by
chance in 1.7 million, and the stated share for what the second method simplifies.
"""

from __future__ import annotations

import pytest

from npl_sim.core.layout import Kind
from npl_sim.dcf.value import expected_cash
from npl_sim.engine.simulate import simulate
from npl_sim.engine.warnings import notes
from npl_sim.runs.study_session import load_study
from npl_sim.valuation.price import price
from tests.builders.studies import VALUATION, loan, study

ESTATE = {
    "hazard": 0.3,
    "duration": {"kind": "lognormal", "mean": 20, "sd": 10},
    "no_distribution_probability": 0.4,
    "no_distribution_duration": 12,
    "collateral_time_share": 0.7,
    "estate_sale_discount": 0.3,
    "no_bidder_discount": 0.7,
    "collateral_cost": 0.05,
    "free_assets": {"kind": "beta", "mean": 0.2, "sd": 0.1},
    "other_claims": 2,
    "other_secured_share": 0.3,
    "employee_share": 0.05,
    "tax_share": 0.05,
}
PLAN = {"secured_share": 0.9, "ordinary_share": 0.2, "term": 24, "failure_hazard": 0.01}
POLICY = {
    "litigation": {"after_months": 3, "lawsuit": {"duration": {"kind": "exponential", "mean": 9}}},
    "enforcement": {
        "guarantor_payment_probability": 0.4,
        "guarantor_share": 0.5,
        "guarantor_delay": {"kind": "exponential", "mean": 8},
    },
}
LAW = {
    "administrator_fee": {"brackets": [{"rate": 0.1}]},
    "administrator_collateral_factor": 0.1,
}


@pytest.mark.parametrize("reorganizes", [0.0, 0.6])
def test_both_methods_agree_on_insolvencies(tmp_path, reorganizes):
    rows = [loan(i, contract_rate=0.06) for i in range(120)]
    items = [
        {"loan_id": f"L{i:06d}", "appraisal_value": 700, "appraisal_date": VALUATION}
        for i in range(0, 120, 2)
    ]
    backers = [{"loan_id": f"L{i:06d}", "guarantor_id": f"G{i}"} for i in range(0, 120, 3)]
    terms = {
        **ESTATE,
        "reorganization_probability": reorganizes,
        "ordinary_vote_probability": 0.6,
        "cram_down_probability": 0.5,
        "plan": PLAN,
    }
    case = study(
        tmp_path,
        rows,
        {**POLICY, "insolvency": terms},
        items,
        backers,
        legal=LAW,
        collateral={
            "default": {
                "appraisal_error": 0.2,
                "seizure_duration": {"kind": "lognormal", "mean": 10, "sd": 6},
                "rounds": [{"reserve": 0.5, "months": 2}],
                "forced_sale_discount": 0.2,
                "no_bidder_probability": 0.3,
            }
        },
        market={"indices": [{"volatility": 0.1}]},
        simulation={"scenarios": 600, "horizon_months": 96, "seed": 4},
        pricing={"required_return": 0.1},
    )
    result = price(case.simulate(), case.study.pricing)
    second = expected_cash(case.study, case.table)
    mean = result.mean
    assert abs(second.value - mean.value) < 5.0 * mean.se + 0.02 * mean.value
    kinds = result.breakdowns["kind"].set_index("kind")["pv"]
    for kind in (Kind.INSOLVENCY, Kind.COLLATERAL, Kind.GUARANTOR):
        gap = second.pv[:, kind].sum() - kinds[kind.name.lower()]
        assert abs(gap) < 5.0 * mean.se + 0.03 * mean.value, kind.name
    assert kinds["insolvency"] > 0.15 * mean.value


def test_the_second_method_names_what_it_simplifies(tmp_path):
    from npl_sim.dcf.simplifications import INSOLVENCY, limits

    given = study(tmp_path / "a", [loan(0)], {"insolvency": {"hazard": 0.1}})
    plain = study(tmp_path / "b", [loan(0)], {})
    assert INSOLVENCY in limits(given.study, given.table)
    assert INSOLVENCY not in limits(plain.study, plain.table)


def test_the_italian_base_has_terms_for_a_mortgage_in_insolvency(tmp_path):
    """An entrepreneur's mortgage in liquidation counted nothing, with a warning."""
    path = tmp_path / "study.yaml"
    row = "loan_id,borrower_id,product,region,principal,default_date,stage,stage_date\n"
    row += "A,B,mortgage,nord_est,100000,2024-01-31,insolvency,2026-05-31\n"
    (tmp_path / "loans.csv").write_text(row, encoding="utf-8")
    text = (
        "base: italy_mixed\nname: it\nvaluation_date: 2026-06-30\nsimulation: {scenarios: 100}\n"
        "tape: {loans: loans.csv}\n"
    )
    path.write_text(text, encoding="utf-8")
    session = load_study(path)
    table = session.read()
    assert not [n for n in notes(session.study, table) if "no terms" in n]
    paid = simulate(session.study, table).mean_by_kind[:, Kind.INSOLVENCY].sum()
    assert paid > 0.0
