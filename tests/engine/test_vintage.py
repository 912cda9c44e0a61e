"""A vintage curve keeps its mean at every age, however well borrowers pay. docs/model.md section
3.

Statistical checks allow five standard errors: each fails by chance about once in 1.7 million
seeds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, stats

from npl_sim.engine.payment_multipliers import bounded_mean, bounds_and_lifts
from tests.builders.studies import loan, study

SCENARIOS = 4_000
LOANS = 20
GAUSSIAN = {"kind": "gaussian"}
STUDENT = {"kind": "student_t", "degrees_of_freedom": 3}


def paid_by_scenario(folder, collection, volatility, persistence, months=36, **sections):
    """Cumulative payments as a share of the claims, shape (scenarios, months + 1)."""
    market = {"cooperation": {"volatility": volatility, "persistence": persistence}}
    market |= sections.pop("market", {})
    flows = study(
        folder,
        [loan(i) for i in range(LOANS)],
        {"collection": collection},
        market=market,
        simulation={"scenarios": SCENARIOS, "horizon_months": months, "seed": 23},
        pricing={"required_return": 0.0},
        **sections,
    ).simulate()
    return flows.receipts.cumsum(axis=1) / (1000.0 * LOANS)


def assert_mean(paid, month, expected):
    error = paid[:, month].std(ddof=1) / math.sqrt(len(paid))
    assert abs(paid[:, month].mean() - expected) < 5 * error + 1e-12, (
        month,
        paid[:, month].mean(),
        error,
    )
    assert error < 0.01


@pytest.mark.parametrize("copula", [GAUSSIAN, STUDENT], ids=["gaussian", "student_t"])
@pytest.mark.parametrize(
    ("volatility", "persistence", "payers", "end"),
    [
        (0.25, 0.96, 0.80, 0.80),
        (0.40, 0.96, 0.80, 0.80),
        (0.80, 0.96, 0.60, 0.60),
        (0.80, 0.50, 0.95, 0.90),
        (0.25, 0.00, 1.00, 0.95),
        (1.20, 0.99, 1.00, 0.75),
        (0.60, 0.90, 0.20, 0.15),
        (0.50, 0.96, 1.00, 1.00),
    ],
)
def test_the_mean_is_the_curve_at_every_age(
    tmp_path, volatility, persistence, payers, end, copula
):
    curve = {"months": [6, 12, 30], "cumulative": [0.5 * end, 0.7 * end, end]}
    collection = {"curve": curve, "payer_share": payers}
    paid = paid_by_scenario(
        tmp_path, collection, volatility, persistence, market={"copula": copula}
    )
    for month, share in ((3, 0.25), (6, 0.5), (12, 0.7), (21, 0.85), (30, 1.0), (36, 1.0)):
        assert_mean(paid, month, share * end)
    assert paid.max() <= 1.0 + 1e-12
    assert (np.diff(paid, axis=1) >= -1e-15).all()


def test_the_mean_of_payment_rates_is_kept_too(tmp_path):
    """1 - exp(-0.15 m): 99.5 % after three years."""
    paid = paid_by_scenario(tmp_path, {"payment_rate": 0.15}, 0.5, 0.9)
    for month in (6, 12, 36):
        assert_mean(paid, month, -math.expm1(-0.15 * month))


def test_a_curve_by_default_age_keeps_its_mean(tmp_path):
    """Loans of 6 months: (C(6 + m) - C(6)) / (1 - C(6)) = (0.9 - 0.4) / 0.6 after 24 months."""
    curve = {"months": [6, 30], "cumulative": [0.4, 0.9], "clock": "default"}
    paid = paid_by_scenario(tmp_path, {"curve": curve}, 0.6, 0.96)
    assert_mean(paid, 12, 0.25 / 0.6)
    assert_mean(paid, 24, 0.5 / 0.6)


@pytest.mark.parametrize(("multiply", "least", "most"), [(0.5, 0.4, 0.4), (1.25, 0.8, 0.95)])
def test_a_stress_that_halves_payments_halves_the_curve_and_none_calls_for_more_than_the_claim(
    tmp_path, multiply, least, most
):
    stress = {"name": "s", "overlays": [{"factor": "cooperation", "multiplier": multiply}]}
    curve = {"months": [12], "cumulative": [0.8]}
    paid = paid_by_scenario(
        tmp_path, {"curve": curve}, 0.4, 0.96, market={"stresses": [stress]}, stress=["s"]
    )
    error = paid[:, 12].std(ddof=1) / math.sqrt(SCENARIOS)
    assert least - 5 * error < paid[:, 12].mean() < most + 5 * error
    assert paid.max() <= 1.0 + 1e-12


@pytest.mark.parametrize("log_lift", [0.0, 0.3, 4.0])
@pytest.mark.parametrize("sd", [0.05, 0.4, 1.5])
@pytest.mark.parametrize("bound", [1.0, 1.2, 3.0])
def test_the_bounded_mean_is_that_of_quadrature(log_lift, sd, bound):
    def bounded(z):
        return min(math.exp(log_lift + sd * z - 0.5 * sd * sd), bound) * stats.norm.pdf(z)

    kink = (math.log(bound) - log_lift) / sd + 0.5 * sd
    exact = integrate.quad(bounded, -12.0, np.clip(kink, -12, 12))[0]
    exact += integrate.quad(bounded, np.clip(kink, -12, 12), 12.0)[0]
    assert bounded_mean(np.array(log_lift), np.array(bound), np.array(sd)) == pytest.approx(
        exact, abs=1e-9
    )


def rows(*totals, months=4):
    return np.array([np.append(0.0, np.full(months, total / months)) for total in totals])


def test_lifts_bring_the_mean_back_and_leave_what_is_not_bounded_alone():
    variance = np.array([0.0, 0.01, 0.02, 0.04, 0.16])
    pay = rows(0.8, 0.99, 0.01, 0.0)
    bound, lift = bounds_and_lifts(pay, np.array([1.0, 1.0, 1.0, 2.0]), variance, np.zeros(5))
    assert bound == pytest.approx([1.25, 1 / 0.99, 100.0, math.inf])
    mean = bounded_mean(np.log(lift[:2, 1:]), bound[:2, None], np.sqrt(variance[1:]))
    assert mean == pytest.approx(np.ones((2, 4)), abs=1e-13)
    assert (lift[:2, 1:] > 1.0).all()
    # One per cent of a claim a hundred times over is ten standard deviations away: not a bit
    # moves.
    assert (lift[2] == 1.0).all() and (lift[3] == 1.0).all()


@pytest.mark.parametrize(("loading", "variance"), [(0.0, 0.3), (1.0, 0.0)])
def test_without_risk_nothing_is_lifted(loading, variance):
    bound, lift = bounds_and_lifts(
        rows(0.9), np.array([loading]), np.full(5, variance), np.zeros(5)
    )
    assert bound[0] == pytest.approx(1 / 0.9) and (lift == 1.0).all()


@pytest.mark.parametrize("loading", [1.0, -1.0, 0.5])
def test_an_adverse_stress_scales_the_mean_and_a_favorable_one_keeps_its_lift(loading):
    variance, pay = np.full(5, 0.25), rows(0.9)
    sd = abs(loading) * 0.5
    for shift in (-0.7, 0.7):
        bound, lift = bounds_and_lifts(pay, np.array([loading]), variance, np.full(5, shift))
        level = math.exp(loading * shift)
        mean = bounded_mean(np.log(lift[0, 1:] * level), bound[0], np.full(4, sd))
        plain = bounds_and_lifts(pay, np.array([loading]), variance, np.zeros(5))[1]
        if level < 1.0:
            assert mean == pytest.approx(np.full(4, level), abs=1e-13)
        else:
            assert lift == pytest.approx(plain) and (mean > 1.0).all() and (mean < bound[0]).all()
