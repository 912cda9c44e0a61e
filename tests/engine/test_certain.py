"""What happens in every scenario has probability 1, to the last digit, under any weights of the
scenarios."""

from __future__ import annotations

from tests.builders.runs import MARKET
from tests.builders.studies import loan, study

AT_ONCE = {"kind": "fixed", "value": 0}
POLICY = {
    "litigation": {"after_months": 0, "lawsuit": {"win_probability": 1.0, "duration": AT_ONCE}},
    "enforcement": {"guarantor_payment_probability": 1.0, "guarantor_delay": AT_ONCE},
}


def test_a_loan_that_always_pays_pays_with_probability_one(tmp_path):
    rows = [loan(i) for i in range(3)]
    backers = [{"loan_id": "L000001", "guarantor_id": "G0", "cap": 500}]
    found = []
    for seed in range(12):
        size = {"scenarios": 277, "horizon_months": 12, "seed": seed, "detail": "totals"}
        flows = study(
            tmp_path / str(seed), rows, POLICY, (), backers, market=MARKET, simulation=size
        ).simulate()
        assert not flows.sample.is_plain
        found.append(flows.loans.set_index("loan_id")["p_any"])
    assert {p["L000001"] for p in found} == {1.0} and {p["L000000"] for p in found} == {0.0}
