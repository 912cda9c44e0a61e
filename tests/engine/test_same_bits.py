"""Same inputs and seed give the same bits, whatever the threads, blocks or order of rows."""

from __future__ import annotations

import numpy as np
import pytest

from tests.builders.studies import loan, study

POLICIES = [
    {
        "applies_to": {"products": ["mortgage"]},
        "collection": {"months": 6, "settle_hazard": 0.01},
        "litigation": {
            "after_months": 4,
            "lawsuit": {"duration": {"kind": "lognormal", "mean": 8, "sd": 4}},
        },
        "enforcement": {
            "assets": [
                {
                    "name": "a",
                    "discovery_probability": 0.5,
                    "coverage": {"kind": "beta", "mean": 0.3, "sd": 0.2},
                }
            ]
        },
    },
    {
        "collection": {
            "settle_hazard": 0.02,
            "payment_rate": 0.01,
            "payer_share": 0.4,
            "frailty": {"kind": "gamma", "mean": 1, "sd": 0.7},
        },
        "restructuring": {
            "offer_month": 3,
            "acceptance_probability": 0.3,
            "redefault_hazard": 0.05,
        },
    },
]
MARKET = {
    "indices": [{"region": r, "volatility": 0.2} for r in ("east", "west")],
    "cooperation": {"volatility": 0.3},
    "congestion": {"volatility": 0.2},
    "index_correlation": 0.5,
    "copula": {"kind": "student_t", "degrees_of_freedom": 5},
}


def tape(n=60):
    loans = [
        loan(
            i,
            product="mortgage" if i % 3 == 0 else "consumer",
            region="east" if i % 2 else "west",
            principal=1000 + 17.31 * i,
            borrower_id=f"B{i // 2}",
        )
        for i in range(n)
    ]
    items = [
        {
            "collateral_id": f"C{i}{j}",
            "loan_id": f"L{i:06d}",
            "kind": "house",
            "appraisal_value": 300 + 7.7 * i,
            "appraisal_date": "2026-06-30",
        }
        for i in range(0, n, 3)
        for j in range(2)
    ]
    return loans, items


def run(folder, loans, items, scenarios=150, threads=1, **simulation):
    simulation = {
        "scenarios": scenarios,
        "horizon_months": 48,
        "seed": 5,
        "threads": threads,
        **simulation,
    }
    terms = {"house": {"appraisal_error": 0.1, "drift_volatility": 0.1, "bid_volatility": 0.1}}
    case = study(
        folder,
        loans,
        POLICIES,
        items,
        market=MARKET,
        collateral=terms,
        simulation=simulation,
        pricing={"servicing_rate": 0.03},
    )
    return case.simulate()


def same(a, b):
    assert np.array_equal(a.amounts, b.amounts)
    assert np.array_equal(a.mean_by_kind, b.mean_by_kind)
    assert np.array_equal(a.stage_gbv, b.stage_gbv)
    assert np.array_equal(a.group_gbv, b.group_gbv)
    columns = ["pv_mean", "pv_sd", "received_mean", "costs_mean", "p_any"]
    x = a.loans.set_index("loan_id").sort_index()[columns]
    y = b.loans.set_index("loan_id").sort_index()[columns]
    assert np.array_equal(x.to_numpy(), y.to_numpy())


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_threads(tmp_path, threads):
    loans, items = tape()
    same(run(tmp_path / "a", loans, items), run(tmp_path / "b", loans, items, threads=threads))


def test_order_of_rows(tmp_path):
    loans, items = tape()
    rng = np.random.default_rng(3)
    mixed = (
        [loans[i] for i in rng.permutation(len(loans))],
        [items[i] for i in rng.permutation(len(items))],
    )
    same(run(tmp_path / "a", loans, items), run(tmp_path / "b", *mixed, threads=2))


def test_order_of_rows_does_not_show_in_a_summary(tmp_path):
    """Not even in the last digit of a breakdown that adds loans up."""
    from npl_sim.reports.price.tables import summary
    from npl_sim.valuation.price import price
    from npl_sim.valuation.spec import Pricing

    loans, items = tape()
    rng = np.random.default_rng(3)
    mixed = [loans[i] for i in rng.permutation(len(loans))]
    one, other = (
        price(run(tmp_path / str(i), rows, items), Pricing(servicing_rate=0.03))
        for i, rows in enumerate((loans, mixed))
    )
    assert summary(one) == summary(other)


def test_more_scenarios_begin_with_the_same(tmp_path):
    loans, items = tape()
    few, many = run(tmp_path / "a", loans, items, 150), run(tmp_path / "b", loans, items, 300)
    assert np.array_equal(few.amounts[:128], many.amounts[:128])
    assert np.allclose(few.amounts, many.amounts[:150], rtol=1e-12)


def test_a_new_loan_moves_no_other(tmp_path):
    loans, items = tape()
    before = run(tmp_path / "a", loans, items)
    after = run(tmp_path / "b", [*loans, loan(999, product="consumer")], items)
    columns = ["pv_mean", "pv_sd", "received_mean", "costs_mean"]
    assert np.array_equal(before.loans[columns].to_numpy(), after.loans[columns].to_numpy()[:-1])


def test_two_halves_make_the_package(tmp_path):
    loans, items = tape()
    odd = {f"L{i:06d}" for i in range(1, 60, 2)}
    halves = [
        run(
            tmp_path / str(side),
            [x for x in loans if (x["loan_id"] in odd) == side],
            [x for x in items if (x["loan_id"] in odd) == side],
        )
        for side in (True, False)
    ]
    whole = run(tmp_path / "whole", loans, items)
    assert np.allclose(sum(h.net for h in halves), whole.net, rtol=1e-11, atol=1e-9)


def test_kept_totals_are_the_sums_of_the_kinds(tmp_path):
    loans, items = tape()
    kinds = run(tmp_path / "a", loans, items, detail="kinds")
    totals = run(tmp_path / "b", loans, items, detail="totals")
    assert totals.kinds == ("received", "costs")
    assert np.allclose(
        totals.amounts[:, :, 0], kinds.amounts[:, :, kinds.is_receipt].sum(axis=2), rtol=1e-12
    )
    assert np.allclose(totals.net, kinds.net, rtol=1e-11, atol=1e-9)
    assert np.array_equal(totals.mean_by_kind, kinds.mean_by_kind)


def test_a_borrower_s_loans_share_his_draws(tmp_path):
    """Two loans of one borrower settle in the same month; those of two borrowers need not."""
    policy = {"collection": {"settle_hazard": 0.05}}
    size = {"scenarios": 300, "horizon_months": 60}

    def moments(ids):
        rows = [loan(i, borrower_id=b, product=f"p{i}") for i, b in enumerate(ids)]
        flows = study(
            tmp_path / "-".join(ids), rows, policy, simulation={**size, "group_by": "product"}
        ).simulate()
        return flows.amounts.sum(axis=2).argmax(axis=1).T

    shared, apart = moments(["B", "B"]), moments(["B", "C"])
    assert np.array_equal(*shared)
    assert not np.array_equal(*apart)
