"""The second method against closed forms, through public configuration alone. Nothing is drawn, so
nothing can fail by chance."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from npl_sim.core.layout import Kind
from npl_sim.dcf import law
from npl_sim.dcf.grid import Times, by_month, convolve, spread
from npl_sim.dcf.quantile_functions import CELLS, expectation, midpoints, quantiles
from npl_sim.dcf.value import expected_cash
from npl_sim.legal.fees import FeeSchedule
from tests.builders.studies import loan, study

LAWYER = {"lawyer_fixed_fee": 100, "lawyer_contingency_share": 0.1}


def size(rate: float = 0.0, months: int = 60) -> dict:
    return {
        "simulation": {"scenarios": 2, "horizon_months": months},
        "pricing": {"required_return": rate},
    }


def cash_of(case):
    return expected_cash(case.study, case.table)


def test_no_randomness_is_a_discounted_sum_by_hand(tmp_path):
    """Sued at once, judged after 6 months, performed 2 later; fee 300, lawyer 100 and 10 %."""
    policy = {
        "litigation": {**LAWYER, "lawsuit": {"duration": 6}},
        "enforcement": {"performance_probability": 1, "performance_delay": 2},
    }
    legal = {"court_fee": {"brackets": [{"rate": 0.3}]}}
    got = cash_of(study(tmp_path, [loan()], policy, legal=legal, **size(0.1)))
    assert got.value == pytest.approx(-400 + 1300 * 0.9 / 1.1 ** (8 / 12), rel=1e-9)
    net = got.by_month.sum(axis=1)
    assert net[0] == pytest.approx(-400) and net[8] == pytest.approx(1170)


def test_certain_restructuring_is_an_annuity(tmp_path):
    policy = {
        "restructuring": {
            "offer_month": 1,
            "acceptance_probability": 1,
            "haircut": 0.2,
            "rate": 0.12,
            "term": 24,
            "grace_months": 3,
            "balloon": 0.25,
        }
    }
    got = cash_of(study(tmp_path, [loan()], policy, **size()))
    expected = np.zeros(61)
    expected[5:29] = 600 * 0.01 / (1 - 1.01**-24) + 200 * 0.01
    expected[28] += 200
    assert np.allclose(got.by_month[:, Kind.INSTALLMENT], expected, rtol=1e-9)


def test_exponential_time_to_a_single_payment(tmp_path):
    """Monthly hazard h, discount factor v: E = v (1 - q) / (1 - q v), q = exp(-h), cut at the
    horizon."""
    h, months = 0.03, 240
    got = cash_of(
        study(tmp_path, [loan()], {"collection": {"settle_hazard": h}}, **size(0.12, months))
    )
    v, q = 1.12 ** (-1 / 12), math.exp(-h)
    assert got.value == pytest.approx(
        1000 * v * (1 - q) / (1 - q * v) * (1 - (q * v) ** months), rel=1e-9
    )


def test_gamma_frailty_is_its_laplace_transform(tmp_path):
    """E[exp(-Z h m)] = (1 + sd^2 h m)^(-1/sd^2) for gamma Z with mean one: settled by month m."""
    frailty = {"kind": "gamma", "mean": 1, "sd": 0.8}
    policy = {"collection": {"settle_hazard": 0.02, "frailty": frailty, "payer_share": 0.3}}
    got = (
        cash_of(study(tmp_path, [loan()], policy, **size(months=48)))
        .by_month[:, Kind.SETTLEMENT]
        .cumsum()
    )
    m = np.arange(49)
    exact = 1000 * (1 - (1 + 0.64 * 0.02 * m) ** (-1 / 0.64))
    assert np.allclose(got, exact, rtol=2e-3)


@pytest.mark.parametrize("kept", [1.0, 0.4])
def test_promises_are_a_renewal(tmp_path, kept):
    """Everybody promises at once; due in 2 months, kept with probability p: settled in 3, 6, 9,
    ... months."""
    promise = {"months": 2, "kept_probability": kept}
    policy = {"collection": {"settle_hazard": 50, "months": 9, "promise": promise}}
    got = cash_of(study(tmp_path, [loan()], policy, **size(months=12))).by_month[
        :, Kind.SETTLEMENT
    ]
    exact = np.zeros(13)
    exact[[3, 6, 9]] = 1000 * kept * (1 - kept) ** np.arange(3)
    assert np.allclose(got, exact, atol=1e-6)


def capped_lognormal(
    value: float, claim: float, drift: float, sigma: float, years: float
) -> float:
    """E[min(V, K)] for lognormal V with E V = value exp(drift years), a Black-Scholes formula."""
    s = sigma * math.sqrt(years)
    d1 = (math.log(value / claim) + (drift + sigma**2 / 2) * years) / s
    return value * math.exp(drift * years) * norm.cdf(-d1) + claim * norm.cdf(d1 - s)


@pytest.mark.parametrize(
    ("index", "terms"),
    [
        ({"volatility": 0.3, "drift": -0.04}, {}),
        ({"drift": -0.04}, {"drift_volatility": 0.3}),
        ({"drift": -0.04}, {"appraisal_error": 0.3 * math.sqrt(2)}),
    ],
)
def test_capped_lognormal_recovery(tmp_path, index, terms):
    policy = {
        "litigation": {"after_months": 24, "lawsuit": {"duration": 0}},
        "enforcement": {"search_duration": 0},
    }
    items = [
        {
            "loan_id": "L000000",
            "kind": "house",
            "appraisal_value": 1000,
            "appraisal_date": "2026-06-30",
        }
    ]
    case = study(
        tmp_path,
        [loan(principal=900)],
        policy,
        items,
        market={"indices": [index]},
        collateral={"house": terms},
        **size(months=25),
    )
    got = cash_of(case).by_month
    assert got[24, Kind.COLLATERAL] == pytest.approx(
        capped_lognormal(1000, 900, -0.04, 0.3, 2.0), rel=1e-6
    )


def test_a_reserve_cuts_the_lognormal_bid(tmp_path):
    """One round with bid (1 - f) V exp(s z - s^2/2) and reserve r V.

    P(sold) = Phi(d), E[bid; sold] = (1 - f) V Phi(d + s).
    """
    policy = {"litigation": {"lawsuit": {"duration": 0}}, "enforcement": {"search_duration": 0}}
    items = [
        {
            "loan_id": "L000000",
            "kind": "house",
            "appraisal_value": 1000,
            "appraisal_date": "2026-06-30",
        }
    ]
    terms = {"bid_volatility": 0.25, "forced_sale_discount": 0.3, "rounds": [{"reserve": 0.8}]}
    case = study(
        tmp_path,
        [loan(principal=1e7)],
        policy,
        items,
        collateral={"house": terms},
        **size(months=2),
    )
    d = math.log(0.7 / 0.8) / 0.25 - 0.125
    assert cash_of(case).by_month[0, Kind.COLLATERAL] == pytest.approx(
        700 * norm.cdf(d + 0.25), rel=1e-6
    )


def test_limitation_has_run_out_with_the_probability_of_no_contact(tmp_path):
    """Left x, filed at f < x + period: time-barred without a contact in x, exp(-reach x)."""
    got = law.time_barred(
        np.array([10.0, 10.0, 5.0]), np.array([4.0, -1.0, 6.0]), 36.0, np.full(3, 0.2)
    )
    assert got == pytest.approx([math.exp(-0.8), 1.0, 0.0], rel=1e-9)


def test_limitation_runs_out_again_after_a_contact():
    """Period 6, left 2, filed at 9: no contact for 2 months, or for six after one in (0, 3).

    By hand: P = exp(-2r) + int_0^3 r A(s) exp(-6r) ds with A = 1 before 2 and 1 - exp(-2r) after.
    """
    r = 0.3
    by_hand = math.exp(-2 * r) + math.exp(-6 * r) * r * (2 + (1 - math.exp(-2 * r)))
    got = law.time_barred(np.array([9.0]), np.array([2.0]), 6.0, np.array([r]))
    assert got[0] == pytest.approx(by_hand, rel=0.01)


def test_fees_are_those_of_the_schedule():
    schedule = FeeSchedule.model_validate(
        {
            "cap": 900,
            "brackets": [
                {"up_to": 100, "fixed": 5},
                {"up_to": 1000, "rate": 0.1, "fixed": 2},
                {"rate": 0.5},
            ],
        }
    )
    got = law.fee(schedule, np.array([50.0, 100.0, 600.0, 1000.0, 1500.0, 1e6]))
    assert got == pytest.approx([5, 5, 57, 97, 347, 900])


@pytest.mark.parametrize(
    "settings",
    [
        {"kind": "lognormal", "mean": 7, "sd": 4},
        {"kind": "gamma", "mean": 7, "sd": 4},
        {"kind": "weibull", "mean": 7, "shape": 1.5},
        {"kind": "triangular", "low": 2, "mode": 5, "high": 14},
        {"kind": "uniform", "low": 2, "high": 12},
        {"kind": "exponential", "mean": 7},
        {"kind": "discrete", "values": [2, 9], "weights": [1, 3]},
        {"kind": "empirical", "quantiles": [1, 4, 9, 20]},
        7,
    ],
    ids=lambda w: w["kind"] if isinstance(w, dict) else "fixed",
)
def test_quantiles_have_the_stated_mean(settings):
    from pydantic import TypeAdapter

    from npl_sim.policy.distributions import Distribution

    made = TypeAdapter(Distribution).validate_python(settings)
    values = quantiles(made, midpoints())
    assert (np.diff(values) >= 0).all() and len(values) == CELLS
    assert values.mean() == pytest.approx(expectation(made), rel=5e-3)
    # The quantile function of the spec, which the second method does not call.
    assert np.allclose(values, made.quantile(midpoints()), rtol=1e-8)


def test_the_grid_keeps_means_and_months():
    values = quantiles_of_hours()
    mass = spread(values[None, :], np.full(len(values), 1 / len(values)), 121)
    times = Times(mass, True)
    assert times.mean[0] == pytest.approx(values.mean(), rel=1e-12)
    both = convolve(times, times)
    assert both.mean[0] == pytest.approx(2 * values.mean(), rel=1e-9)
    # Cash falls into month ceil(t): its mean month lies half a month after the mean time.
    cash = by_month(both)[0]
    exact = np.ceil(values[:, None] + values[None, :]).mean()
    assert cash.sum() == pytest.approx(1.0)
    assert cash @ np.arange(len(cash)) == pytest.approx(exact, abs=0.02)


def quantiles_of_hours() -> np.ndarray:
    return 9.0 * midpoints(400) ** 1.5 + 1.3


def test_certain_times_keep_their_month():
    times = Times(spread(np.array([[4.0]]), np.ones(1), 21), False)
    later = convolve(times, Times(spread(np.array([[1.5]]), np.ones(1), 21), False))
    assert np.flatnonzero(by_month(times)[0]).tolist() == [4]
    assert np.flatnonzero(by_month(later)[0] > 1e-12).tolist() == [6]


@pytest.mark.parametrize("elapsed", ["2026-06-30", "2025-12-31", "2024-06-30"])
def test_who_has_not_performed_yet_will_do_so_with_the_posterior_probability(tmp_path, elapsed):
    """Performed with probability .6 after an exponential time of mean 6 months.

    Of those still waiting at s, the share .6 (1 - F(s)) / (1 - .6 F(s)) performs, after another
    exponential time.
    """
    delay = {"kind": "exponential", "mean": 6}
    policy = {"enforcement": {"performance_probability": 0.6, "performance_delay": delay}}
    got = cash_of(
        study(tmp_path, [loan(stage="judged", stage_date=elapsed)], policy, **size(months=240))
    )
    months = (np.datetime64("2026-06-30") - np.datetime64(elapsed)).astype(int) / (365.25 / 12)
    gone = -math.expm1(-months / 6)
    posterior = 0.6 * (1 - gone) / (1 - 0.6 * gone)
    assert got.by_month[:, Kind.PERFORMANCE].sum() == pytest.approx(1000 * posterior, rel=2e-3)


def test_the_posterior_probability_of_performance_by_hand(tmp_path):
    """After the longest of two delays has begun: half of the performers paid after 2 months, half
    do after 10.

    In month 5, .3 of 1 - .3 are still to perform: 3/7."""
    delay = {"kind": "discrete", "values": [2, 10], "weights": [0.5, 0.5]}
    policy = {"enforcement": {"performance_probability": 0.6, "performance_delay": delay}}
    got = cash_of(
        study(tmp_path, [loan(stage="judged", stage_date="2026-01-29")], policy, **size())
    )
    assert got.by_month[:, Kind.PERFORMANCE].sum() == pytest.approx(1000 * 3 / 7, rel=5e-3)
