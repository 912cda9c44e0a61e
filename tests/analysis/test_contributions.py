"""Each loan's part in value, bid and risk."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

import npl_sim
from npl_sim.analysis.contributions import by_part, contributions
from npl_sim.stats.discount import present_value
from npl_sim.valuation.bid import buyer_bid
from tests.analysis.small import package

MEASURES = [
    {},
    {"measure": "probability", "level": 0.7},
    {"measure": "quantile", "level": 0.1},
    {"measure": "shortfall", "level": 0.2, "tax": {"rate": 0.25}},
]


def found_for(case, **buyer):
    study = case.study
    if buyer:
        study = study.model_copy(update={"buyer": type(study.buyer).model_validate(buyer)})
    result = case.price()
    bid = buyer_bid(result.flows, study.buyer, study.pricing)
    return result, bid, contributions(study, case.table, result, bid).loans


@pytest.mark.parametrize("buyer", MEASURES, ids=lambda b: b.get("measure", "expectation"))
def test_parts_sum_to_the_whole(tmp_path, buyer):
    result, bid, loans = found_for(package(tmp_path), **buyer)
    assert loans["mean"].sum() == pytest.approx(result.mean.value, rel=1e-9)
    assert loans["sd"].sum() == pytest.approx(result.sd.value, rel=1e-9)
    level = result.pricing.shortfall_level
    assert loans["shortfall"].sum() == pytest.approx(
        result.sample.expected_shortfall(result.pv, level).value, rel=1e-9
    )
    assert int(loans["bid_cents"].sum()) == round(100 * bid.price.value)
    assert bid.price.value > 0.0
    for name in ("segment", "region"):
        parts = by_part(loans, name)
        assert int(parts["bid_cents"].sum()) == round(100 * bid.price.value)
        assert parts["loans"].sum() == len(loans)


def test_a_loan_alone_tells_its_part(tmp_path):
    """Draws hang on a loan's id, so the loan priced by itself has in each scenario its part of the package."""
    case = package(tmp_path, loans=6)
    result, _, loans = found_for(case)
    for i in (0, 1, 5):
        table = case.table
        own = table.loans["loan_id"] == f"L{i:06d}"
        one = dataclasses.replace(
            table,
            loans=table.loans[own],
            collateral=table.collateral[table.collateral["loan_id"] == f"L{i:06d}"],
        )
        from npl_sim.engine.simulate import simulate

        pv = present_value(simulate(case.study, one).net(), 0.1)
        row = loans.iloc[i]
        w, n = result.sample.weights, len(pv)

        def moment(x, y):
            return n / (n - 1) * float(w @ ((x - w @ x) * (y - w @ y)))

        sd = math.sqrt(moment(result.pv, result.pv))
        assert row["sd"] == pytest.approx(moment(pv, result.pv) / sd, rel=1e-9)
        # The worst scenarios up to 5 % of the weight, the last of them in part.
        order = np.argsort(result.pv)
        taken = np.clip(0.05 - (np.cumsum(w[order]) - w[order]), 0.0, w[order])
        assert row["shortfall"] == pytest.approx(float(taken @ pv[order]) / 0.05, rel=1e-9)
        assert row["mean"] == pytest.approx(w @ pv, rel=1e-9)
        assert row["diversified"] == pytest.approx(1 - row["sd"] / row["pv_sd"], rel=1e-9)


def test_a_bid_in_expectation_goes_by_expected_value(tmp_path):
    """Without any other terms each loan's bid is its own mean, to the cent."""
    result, _, loans = found_for(package(tmp_path))
    assert np.abs(loans["bid_cents"] / 100 - loans["mean"]).max() < 0.02 * 1.001
    assert result.bid.value == pytest.approx(loans["bid_cents"].sum() / 100, abs=0.01)


def test_a_loan_that_costs_more_than_it_brings_lowers_the_bid(tmp_path):
    """A claim of 1 whose suit costs 20 has a negative part."""
    _, _, loans = found_for(package(tmp_path, loan3={"principal": 1}))
    assert loans["bid_cents"].iloc[3] < 0


def test_threads_and_blocks_do_not_show(tmp_path):
    case = package(tmp_path, scenarios=300)
    _, _, one = found_for(case)
    two = npl_sim.load_study(tmp_path / "study.yaml", {"simulation.threads": 2})
    _, _, other = found_for(two)
    assert one.equals(other)
