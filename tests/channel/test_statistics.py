"""Statistics of weighted outcomes, their errors, and what is read off them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from npl_sim.channels.funding import implied_funding, worth_of_undertakings
from npl_sim.channels.liquidity import cash_calls, factor_stress
from npl_sim.channels.outcomes import Outcomes
from npl_sim.channels.retained import retained_risk
from npl_sim.channels.run import run_channel
from npl_sim.channels.statistics import Weighted, tail_weights
from npl_sim.stats import risk
from npl_sim.stats.jackknife import jackknife
from tests.builders.contracts import certain, contract, layer, sample


def test_weights_count_as_repetitions():
    values, times = np.array([3.0, -1.0, 7.0, 2.0]), np.array([2, 5, 1, 2])
    weighted = Weighted(values, times / 10.0, False)
    duplicated = np.repeat(values, times)
    assert weighted.mean == pytest.approx(duplicated.mean())
    assert weighted.sd == pytest.approx(duplicated.std())
    assert weighted.mad == pytest.approx(np.abs(duplicated - duplicated.mean()).mean())
    assert weighted.above_mean == pytest.approx(weighted.mad / 2.0)
    assert weighted.range == 8.0
    for level in (0.05, 0.25, 0.5, 0.55, 0.9, 1.0):
        assert weighted.quantile(level) == risk.quantile(duplicated, level).value
        assert weighted.shortfall(level) == pytest.approx(
            risk.expected_shortfall(duplicated, level).value
        )


def test_a_sample_is_reported_as_elsewhere_in_the_program():
    values = np.random.default_rng(1).normal(size=500)
    x = Weighted(values, np.full(500, 1 / 500), True)
    assert x.sd == pytest.approx(risk.standard_deviation(values).value)
    assert x.shortfall(0.05) == pytest.approx(risk.expected_shortfall(values, 0.05).value)
    assert x.quantile(0.05) == risk.quantile(values, 0.05).value


def test_tail_weights_do_not_depend_on_the_order_of_equal_values():
    values = np.array([1.0, 1.0, 1.0, 5.0])
    weights = tail_weights(values, np.full(4, 0.25), 0.5)
    assert weights.tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0.0])
    assert tail_weights(values, np.array([0.0, 0.5, 0.5, 0.0]), 0.5).tolist() == pytest.approx(
        [0, 0.5, 0.5, 0]
    )


def test_the_jackknife_of_a_mean_is_the_usual_error():
    """With a group for each scenario it is the textbook's, exactly; with 50 groups it differs by
    chance only, some 10 %.
    """
    x = np.random.default_rng(2).normal(size=200)
    usual = x.std(ddof=1) / math.sqrt(200)
    found = jackknife(lambda rows: {"m": float(x[rows].mean())}, 200, 0.95, groups=200)["m"]
    assert found.se == pytest.approx(usual, rel=1e-9) and found.value == x.mean()
    assert jackknife(lambda rows: {"m": float(x[rows].mean())}, 200, 0.95)[
        "m"
    ].se == pytest.approx(usual, rel=0.45)
    exact = jackknife(lambda rows: {"m": 3.0}, 5, 0.95, exact=True)["m"]
    assert (exact.value, exact.se, exact.low, exact.high) == (3.0, 0.0, 3.0, 3.0)
    assert math.isnan(jackknife(lambda rows: {"m": 3.0}, 3, 0.95)["m"].se)


@pytest.mark.parametrize("what", ["sd", "mad", "quantile", "shortfall"])
def test_the_jackknife_of_a_ratio_tells_how_far_it_strays(what):
    """100 scenarios of two correlated normals: the spread of the ratio against the mean reported
    error.

    The spread is known to 7 %, the mean of the errors to about 1 %; a quantile's jackknife is
    rough. Within 30 % (50 % for the quantile): by chance this fails less than once in 10,000.
    """
    rng = np.random.default_rng(8)
    ratios, errors = [], []
    for _ in range(100):
        x = rng.normal(size=1000)
        y = 0.6 * x + 0.5 * rng.normal(size=1000)

        def ratio(rows, x=x, y=y):
            p = np.full(len(rows), 1 / len(rows))
            a, b = Weighted(x[rows], p, True), Weighted(y[rows], p, True)
            read = {
                "sd": lambda w: w.sd,
                "mad": lambda w: w.mad,
                "quantile": lambda w: w.mean - w.quantile(0.05),
                "shortfall": lambda w: w.mean - w.shortfall(0.05),
            }[what]
            return {"r": read(b) / read(a)}

        found = jackknife(ratio, 1000, 0.95, groups=25)["r"]
        ratios.append(found.value)
        errors.append(found.se)
    assert np.mean(errors) == pytest.approx(np.std(ratios), rel=0.5 if what == "quantile" else 0.3)


def test_a_loan_costs_its_carry():
    """Sold for 100 and bought back after 6 months at 8 % a year: the implied rate is 8 % in every
    scenario.
    """
    buy = {
        "kind": "repurchase",
        "name": "r",
        "at": {"kind": "month", "month": 6},
        "price": {"kind": "plus_carry", "carry": 0.08},
    }
    found = implied_funding(run_channel(contract(undertakings=[buy]), sample(300)))
    assert found.raised == pytest.approx(100.0)
    assert found.expected.value == pytest.approx(0.08, abs=1e-9)
    assert list(found.quantiles.values()) == pytest.approx([0.08] * 3, abs=1e-9)
    assert found.no_rate == 0.0


def test_fees_make_the_loan_dearer():
    """One year, 100 at 8 %, and 2 upfront to the channel from the investors. They pay 102, and the
    bank pays 108 for 100. With a price that bears the fee, 98 for 108: 10.2 %.
    """
    buy = {
        "kind": "repurchase",
        "name": "r",
        "at": {"kind": "month", "month": 12},
        "price": {"kind": "fixed", "amount": 108.0},
    }
    terms = contract(
        price={"kind": "amount", "amount": 98.0},
        vehicles=[layer(fee={"upfront": 2.0})],
        undertakings=[buy],
    )
    found = implied_funding(run_channel(terms, certain(*[0.0] * 12, 150.0)))
    assert found.expected.value == pytest.approx(108 / 98 - 1, abs=1e-9)
    assert found.expected.se == 0.0


def test_a_clean_sale_costs_what_the_buyer_earns():
    found = implied_funding(run_channel(contract(), certain(*[0.0] * 24, 121.0)))
    assert found.expected.value == pytest.approx(0.10, abs=1e-9)
    assert (
        implied_funding(
            run_channel(contract(price={"kind": "amount", "amount": 0.0}), certain(0, 1))
        )
        is None
    )


def test_calls_have_the_quantiles_of_what_was_paid():
    promise = {"kind": "guarantee", "name": "g", "reference": 100.0, "month": 20}
    run = run_channel(contract(undertakings=[promise]), sample(1000))
    paid = np.maximum(100.0 - run.outcomes.net[:, :21].sum(axis=1), 0.0)
    found = cash_calls(run)
    assert np.allclose(found.total, paid)
    assert found.estimates["quantile 0.95"].value == pytest.approx(np.sort(paid)[949])
    assert found.estimates["probability"].value == pytest.approx((paid > 0).mean())
    assert found.estimates["worst"].value == pytest.approx(np.sort(paid)[-50:].mean())
    row = found.profile.set_index("month").loc[20]
    assert row["mean"] == pytest.approx(paid.mean())
    assert row["call_0.5"] == row["running_0.5"] == pytest.approx(np.sort(paid)[499])
    assert found.profile.set_index("month").loc[19, "running_mean"] == 0.0
    cost = worth_of_undertakings(run).iloc[0]
    assert cost["cost"] == pytest.approx(paid.mean())
    assert cost["cost_se"] == pytest.approx(paid.std(ddof=1) / math.sqrt(1000), rel=0.35)


def test_payments_when_a_factor_turns_bad():
    """The package is 100 + 10 z, and the bank bears all of it. In the worst tenth of z its value
    lies 10 phi(z10)/0.1 = 17.55 lower.

    A second factor that moves nothing must show nothing. 4 standard errors.
    """
    n = 4000
    rng = np.random.default_rng(5)
    z, idle = rng.standard_normal(n), rng.standard_normal(n)
    received = np.zeros((n, 3))
    received[:, 2] = 100.0 + 10.0 * z
    package_cash = Outcomes(
        received,
        np.zeros_like(received),
        np.full(n, 1 / n),
        False,
        200.0,
        0.0,
        drivers=np.column_stack([-z, idle, np.zeros(n)]),
        driver_names=("congestion", "idle", "still"),
    )
    promise = {"kind": "guarantee", "name": "g", "reference": 200.0}
    frame = factor_stress(
        retained_risk(contract(undertakings=[promise], loss_reference="price"), package_cash)
    ).set_index("factor")
    assert list(frame.index) == ["congestion", "idle"]
    worst = -10.0 * norm.pdf(norm.ppf(0.1)) / 0.1
    bad = frame.loc["congestion"]
    assert bad["bank_in_worst_decile"] == pytest.approx(
        worst, abs=4 * bad["bank_in_worst_decile_se"]
    )
    assert bad["calls_in_worst_decile"] - bad["calls_mean"] == pytest.approx(
        -worst, abs=4 * bad["calls_in_worst_decile_se"]
    )
    assert bad["correlation_package"] == pytest.approx(-1.0) and bad[
        "correlation_calls"
    ] == pytest.approx(1.0)
    still = frame.loc["idle"]
    assert abs(still["bank_in_worst_decile"]) < 4 * still["bank_in_worst_decile_se"]
