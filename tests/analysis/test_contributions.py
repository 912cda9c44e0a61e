"""Each loan's part in value, bid and risk."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from npl_sim.analysis.contributions import by_part, contributions, quoted_by_loan
from npl_sim.runs.study_session import load_study
from npl_sim.stats.discount import present_value
from npl_sim.stats.risk import Estimate
from npl_sim.valuation.bid import buyer_bid
from tests.builders.packages import package

MEASURES = [
    {},
    {"measure": "probability", "level": 0.7},
    {"measure": "quantile", "level": 0.1},
    {"measure": "shortfall", "level": 0.2, "tax": {"rate": 0.25}},
]


def quotes_for(case, **buyer):
    study = case.study
    if buyer:
        study = study.model_copy(update={"buyer": type(study.buyer).model_validate(buyer)})
    result = case.price()
    bid = buyer_bid(result.flows, study.buyer, study.pricing)
    return result, bid, contributions(study, case.table, result, bid)


def found_for(case, **buyer):
    result, bid, found = quotes_for(case, **buyer)
    return result, bid, found.loans


@pytest.mark.parametrize("buyer", MEASURES, ids=lambda b: b.get("measure", "expectation"))
def test_parts_sum_to_the_whole(tmp_path, buyer):
    result, bid, found = quotes_for(package(tmp_path), **buyer)
    loans = found.loans
    assert loans["mean"].sum() == pytest.approx(result.mean.value, rel=1e-9)
    assert loans["sd"].sum() == pytest.approx(result.sd.value, rel=1e-9)
    level = result.pricing.shortfall_level
    assert loans["shortfall"].sum() == pytest.approx(
        result.sample.expected_shortfall(result.pv, level).value, rel=1e-9
    )
    assert int(loans["bid_cents"].sum()) + found.package_effect == round(100 * bid.price.value)
    assert bid.price.value > 0.0 and found.package_effect >= 0 and (loans["bid_cents"] >= 0).all()
    for name in ("segment", "region"):
        parts = by_part(loans, name)
        assert int(parts["bid_cents"].sum()) == int(loans["bid_cents"].sum())
        assert parts["loans"].sum() == len(loans)


def test_a_loan_alone_tells_its_part(tmp_path):
    """Draws hang on a loan's id, so the loan priced by itself has in each scenario its part of the
    package."""
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

        pv = present_value(simulate(case.study, one).net, 0.1)
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


def test_a_value_in_expectation_goes_by_expected_value(tmp_path):
    """Without any other terms each loan's bid is its own mean, to the cent."""
    result, _, loans = found_for(package(tmp_path))
    assert np.abs(loans["bid_cents"] / 100 - loans["mean"]).max() < 0.02 * 1.001
    assert result.value_at_target.value == pytest.approx(loans["bid_cents"].sum() / 100, abs=0.01)


def test_a_loan_that_costs_more_than_it_brings_is_bid_nothing(tmp_path):
    """A claim of 1 whose suit costs 20 has a value below zero; nobody is paid to take it."""
    _, bid, found = quotes_for(package(tmp_path, loan3={"principal": 1}))
    loans = found.loans
    assert loans["value_to_buyer"].iloc[3] < 0.0
    assert loans["bid_cents"].iloc[3] == 0 and math.isnan(loans["bid_se"].iloc[3])
    # The bid is below the sum of the others' values by what the loan costs: each bears its part.
    worth = loans["value_to_buyer"].clip(lower=0.0)
    assert found.package_effect == 0
    assert (loans["bid_cents"] / 100).to_numpy() == pytest.approx(
        (worth * bid.price.value / worth.sum()).to_numpy(), abs=0.011
    )


TERMS = {"target_irr": 0.2, "servicing_rate": 0.15, "turnover_tax": 0.03, "onboarding_months": 3}


def test_a_loan_s_value_is_at_the_buyer_s_return_servicing_and_delay(tmp_path):
    """By hand from the cash of the loan alone: receipts less 18 %, three months later, at 20 %."""
    case = package(tmp_path, loans=6, pricing={"required_return": 0.1, "servicing_rate": 0.05})
    result, _, found = quotes_for(case, **TERMS)
    from npl_sim.engine.simulate import simulate

    for i in (0, 3):
        name = f"L{i:06d}"
        table = case.table
        one = dataclasses.replace(
            table,
            loans=table.loans[table.loans["loan_id"] == name],
            collateral=table.collateral[table.collateral["loan_id"] == name],
        )
        flows = simulate(case.study, one)
        cash = flows.net + (0.05 - 0.18) * flows.receipts
        month = np.minimum(np.arange(61) + 3, 60)
        value = result.sample.mean(cash @ 1.2 ** (-month / 12.0))
        assert found.loans["value_to_buyer"].iloc[i] == pytest.approx(value.value, rel=1e-9)
        assert found.loans["value_to_buyer_se"].iloc[i] == pytest.approx(value.se, rel=1e-6)


def test_a_loan_of_several_draws_has_the_value_and_error_of_all_of_them(tmp_path):
    """The loans' values add up to the package's by themselves, and the package priced loan by loan
    has them."""
    package(tmp_path, loans=10, scenarios=150)
    changes = {"simulation.precision": 0.01, "pricing.servicing_rate": 0.18}
    case = load_study(tmp_path / "study.yaml", changes)
    result, _, found = quotes_for(case, servicing_rate=0.18, target_irr=0.1)
    flows = result.flows
    assert flows.loan_replicates.max() > 1
    # The buyer's rate and servicing are the study's own: so are value and error of each loan.
    assert found.loans["value_to_buyer"].to_numpy() == pytest.approx(
        flows.loans["pv_mean"].to_numpy(), rel=1e-9
    )
    assert found.loans["value_to_buyer_se"].to_numpy() == pytest.approx(
        flows.loans["pv_se"].to_numpy(), rel=1e-6
    )


def test_what_the_package_is_bid_beyond_its_loans_is_one_line():
    """Values of 60, 30, -5 and a bid of 120: 60, 30, 0 and a package effect of 30; with a bid of
    45, halves."""
    value, error = np.array([60.0, 30.0, -5.0]), np.array([6.0, 1.0, 2.0])
    above = quoted_by_loan(Estimate(120.0, 12.0, 100.0, 140.0, 0.95), value, error)
    assert above.cents.tolist() == [6000, 3000, 0] and above.package_effect == 3000
    assert above.se[:2] == pytest.approx([6.0, 1.0]) and math.isnan(above.se[2])
    below = quoted_by_loan(Estimate(45.0, 4.5, 40.0, 50.0, 0.95), value, error)
    assert below.cents.tolist() == [3000, 1500, 0] and below.package_effect == 0
    # Half of the loan's own error, and the bid's tenth of what it is bid.
    assert below.se[:2] == pytest.approx([math.hypot(3.0, 3.0), math.hypot(0.5, 1.5)])
    paid = quoted_by_loan(Estimate(-7.25, 1.0, -9.0, -5.0, 0.95), value, error)
    assert paid.cents.tolist() == [0, 0, 0] and paid.package_effect == -725
    cents = quoted_by_loan(Estimate(0.05, 0.0, 0.05, 0.05, 0.95), np.ones(7), np.zeros(7))
    assert cents.cents.sum() + cents.package_effect == 5


def test_two_seeds_agree_within_their_errors(tmp_path):
    """Bids under two seeds: standardized differences have a mean square of 1, within its own
    error."""
    terms = {"target_irr": 0.18, "measure": "probability", "level": 0.6}
    case = package(tmp_path, loans=40, scenarios=800)
    _, _, one = found_for(case, **terms)
    _, _, other = found_for(load_study(tmp_path / "study.yaml", {"simulation.seed": 77}), **terms)
    z = (one["bid_cents"] - other["bid_cents"]) / 100.0 / np.hypot(one["bid_se"], other["bid_se"])
    # The mean square of 40 standard normal numbers, mostly independent, has the error sqrt(2 /
    # 40).
    assert float((z**2).mean()) < 1.0 + 4.0 * math.sqrt(2.0 / 40.0)
    assert float((z**2).mean()) > 0.1
    assert np.abs(z).max() < 4.0


def test_threads_and_blocks_do_not_show(tmp_path):
    case = package(tmp_path, scenarios=300)
    _, _, one = found_for(case)
    two = load_study(tmp_path / "study.yaml", {"simulation.threads": 2})
    _, _, other = found_for(two)
    assert one.equals(other)
