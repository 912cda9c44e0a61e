"""The short rate: against the reference implementation, against closed forms, by hand; and
that it moves nothing else.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import stats

from npl_sim.core.provenance import key_of
from npl_sim.market.factors import FactorModel
from npl_sim.market.spec import CollateralIndex, Correlation, Market, Overlay, Stress
from tests.naive import factor_paths, short_rate_path

RATE = {"initial": 0.035, "mean": 0.02, "reversion": 0.4, "volatility": 0.012}
MARKET = {
    "indices": [
        {"region": "east", "volatility": 0.2},
        {"region": "west", "volatility": 0.1, "mean_reversion": 0.5},
    ],
    "cooperation": {"volatility": 0.3, "persistence": 0.95},
    "congestion": {"volatility": 0.2},
    "index_correlation": 0.5,
    "correlations": [{"between": ["cooperation", "index:east/*"], "rho": 0.4}],
}
T = {"kind": "student_t", "degrees_of_freedom": 4}
N = 40_000


def market(rate=RATE, pairs=(), **changes):
    """Return a scenario in which the rate goes with some other factors."""
    own = [{"between": ["short_rate", name], "rho": rho} for name, rho in pairs]
    terms = {**MARKET, **changes, "short_rate": rate}
    return Market.model_validate({**terms, "correlations": [*terms["correlations"], *own]})


def rates(terms=None, horizon=24, n=N, seed=8, stress=(), **changes):
    made = market({**RATE, **(terms or {})}, **changes)
    return FactorModel(made, stress, horizon, seed).simulate(0, n).short_rate


def mean_at(t, k=0.4):
    return 0.02 + (0.035 - 0.02) * math.exp(-k * t)


def variance_at(t, k=0.4, sigma=0.012):
    return sigma**2 * (1.0 - math.exp(-2.0 * k * t)) / (2.0 * k)


@pytest.mark.parametrize("copula", [{"kind": "gaussian"}, T])
@pytest.mark.parametrize("stress", [[], ["rates", "slump"]])
def test_paths_equal_the_reference_implementation(copula, stress):
    stresses = [
        {
            "name": "rates",
            "overlays": [{"factor": "short_rate", "shift": 0.02, "volatility_multiply": 1.5}],
        },
        {
            "name": "slump",
            "overlays": [{"factor": "*", "multiply": 0.8, "volatility_multiply": 2.0}],
        },
    ]
    pairs = [("cooperation", -0.5), ("index:west/*", 0.3)]
    floor = 0.045 if stress else 0.03
    made = market(
        {**RATE, "initial": 0.046, "floor": floor}, pairs, copula=copula, stresses=stresses
    )
    fast = FactorModel(made, stress, 30, 77).simulate(5, 3).short_rate
    for s in range(3):
        slow = short_rate_path(made, stress, factor_paths(made, stress, 30, 77, 5 + s, key_of))
        assert np.allclose(fast[s], slow, rtol=1e-9, atol=1e-12)
    assert (fast == floor).any() and (fast > floor).any()


@pytest.mark.parametrize("copula", [{"kind": "gaussian"}, T])
def test_mean_and_variance_are_those_of_vasicek(copula):
    """Five standard errors on eight figures: a false alarm has odds of about 5e-6."""
    paths = rates(copula=copula)
    assert (paths[:, 0] == 0.035).all()
    for month in (1, 6, 12, 24):
        sample, variance = paths[:, month], variance_at(month / 12)
        assert abs(sample.mean() - mean_at(month / 12)) < 5 * math.sqrt(variance / N)
        assert abs(sample.var() / variance - 1.0) < 5 * math.sqrt(2 / N)


def test_covariance_over_time_is_that_of_vasicek():
    """cov(r(s), r(t)) = sigma^2 exp(-k (s + t)) (exp(2 k s) - 1) / (2 k); five standard errors on
    three figures, 2e-6.
    """
    paths = rates()
    for early, late in ((6, 12), (6, 24), (12, 24)):
        s, t = early / 12, late / 12
        wanted = 0.012**2 * math.exp(-0.4 * (s + t)) * math.expm1(0.8 * s) / 0.8
        found = np.cov(paths[:, early], paths[:, late])[0, 1]
        error = math.sqrt((variance_at(s) * variance_at(t) + wanted**2) / N)
        assert abs(found - wanted) < 5 * error


def test_a_rate_without_mean_reversion_is_a_sum_of_innovations():
    """Variance sigma^2 t, mean where it began; five standard errors on two figures, odds 1e-6."""
    last = rates({"reversion": 0.0, "mean": 0.9})[:, 24]
    assert abs(last.mean() - 0.035) < 5 * math.sqrt(2 * 0.012**2 / N)
    assert abs(last.var() / (2 * 0.012**2) - 1.0) < 5 * math.sqrt(2 / N)


def test_money_at_the_short_rate_is_worth_the_bond_of_vasicek():
    """E exp(-integral of r) = P(0, t), in closed form; a trapezium over months.

    The sum of a trapezium is Gaussian, as the integral is. Its variance differs from that of the
    integral by at most (k/12)^2/12, far below the error of the mean. Five standard errors: odds
    6e-7.
    """
    k, sigma, t = 0.4, 0.012, 5.0
    paths = rates(horizon=60, n=20_000)
    integral = (paths[:, 1:-1].sum(axis=1) + 0.5 * (paths[:, 0] + paths[:, -1])) / 12.0
    money = np.exp(-integral)
    b = (1.0 - math.exp(-k * t)) / k
    a = (b - t) * (0.02 - sigma**2 / (2 * k**2)) - sigma**2 * b**2 / (4 * k)
    assert abs(money.mean() - math.exp(a - b * 0.035)) < 5 * money.std() / math.sqrt(len(money))


@pytest.mark.parametrize("rho", [-0.6, 0.5])
def test_innovations_have_the_given_correlation(rho):
    """Correlation of monthly innovations with cooperation; error (1 - rho^2) / sqrt(n), five of
    them: odds 6e-7.
    """
    made = market(pairs=[("cooperation", rho)])
    paths = FactorModel(made, [], 12, 3).simulate(0, 20_000)
    x = paths.short_rate - np.array([mean_at(m / 12) for m in range(13)])
    own = x[:, 1:] - math.exp(-0.4 / 12) * x[:, :-1]
    other = paths.deviation[:, 0, 1:] - 0.95 * paths.deviation[:, 0, :-1]
    found = np.corrcoef(own.ravel(), other.ravel())[0, 1]
    assert abs(found - rho) < 5 * (1 - rho**2) / math.sqrt(own.size)


@pytest.mark.parametrize("copula", [{"kind": "gaussian"}, T])
@pytest.mark.parametrize("pairs", [(), (("cooperation", -0.7), ("index:east/*", -0.5))])
def test_it_moves_no_other_factor_by_a_bit(copula, pairs):
    without = Market.model_validate({**MARKET, "copula": copula})
    one, other = (
        FactorModel(m, [], 24, 4).simulate(7, 50)
        for m in (without, market(pairs=pairs, copula=copula))
    )
    assert one.short_rate is None and other.short_rate.shape == (50, 25)
    for name in ("index", "congestion", "cooperation", "deviation"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


def test_blocks_do_not_show():
    model = FactorModel(market(pairs=[("cooperation", 0.4)], copula=T), [], 24, 4)
    whole = model.simulate(0, 40).short_rate
    parts = [model.simulate(first, 8).short_rate for first in range(0, 40, 8)]
    assert np.array_equal(whole, np.concatenate(parts))


def test_without_volatility_it_goes_to_its_mean():
    """By hand: halfway to the mean after ln 2 / reversion years."""
    paths = rates({"reversion": math.log(2), "volatility": 0.0}, horizon=24, n=3)
    assert paths[:, 12] == pytest.approx(np.full(3, 0.0275)) and paths[:, 24] == pytest.approx(
        np.full(3, 0.02375)
    )


def test_the_mean_above_a_floor_is_bachelier_s():
    """E max(r, f) = f + (m - f) Phi(d) + s phi(d), d = (m - f) / s; five standard errors: odds
    6e-7.
    """
    f, m, s = 0.024, mean_at(2.0), math.sqrt(variance_at(2.0))
    free, floored = (rates({"floor": floor})[:, 24] for floor in (None, f))
    assert np.array_equal(floored, np.maximum(free, f))
    d = (m - f) / s
    wanted = f + (m - f) * stats.norm.cdf(d) + s * stats.norm.pdf(d)
    assert abs(floored.mean() - wanted) < 5 * floored.std() / math.sqrt(N)


def test_a_stress_shifts_the_rate_after_the_valuation_date_and_before_the_floor():
    stresses = [
        {
            "name": "up",
            "overlays": [
                {"factor": "short_rate", "shift": 0.02},
                {"factor": "*", "multiply": 0.5},
            ],
        },
        {"name": "down", "overlays": [{"factor": "short_rate", "shift": -0.03}]},
        {"name": "calm", "overlays": [{"factor": "short_rate", "volatility_multiply": 0.0}]},
    ]
    base = rates(n=50, stresses=stresses)
    up = rates(n=50, stresses=stresses, stress=["up"])
    both = rates(n=50, stresses=stresses, stress=["up", "down"])
    assert (up[:, 0] == 0.035).all()
    assert np.allclose(up[:, 1:], base[:, 1:] + 0.02, atol=1e-15)
    assert np.allclose(both[:, 1:], base[:, 1:] - 0.01, atol=1e-15)
    calm = rates(n=50, stresses=stresses, stress=["calm"])
    assert np.allclose(calm, [mean_at(m / 12) for m in range(25)], atol=1e-15)
    floored = rates({"floor": 0.0}, n=50, stresses=stresses, stress=["down"])
    assert np.allclose(floored[:, 1:], np.maximum(base[:, 1:] - 0.03, 0.0), atol=1e-15)
    assert (floored == 0.0).any()


@pytest.mark.parametrize(
    ("overlay", "message"),
    [
        ({"factor": "index:*", "shift": 0.01}, "shift is 0.01 for 'index:*'; expected multiply"),
        ({"factor": "*", "shift": 0.01}, "only short_rate is shifted"),
        (
            {"factor": "short_rate", "multiply": 1.2},
            "multiply means nothing for short_rate; expected shift",
        ),
        (
            {"factor": "short_rate", "drift_shift": 0.01},
            "drift_shift means nothing for short_rate",
        ),
        (
            {"factor": "short_rate", "months": [1], "path": [2.0]},
            "path means nothing for short_rate",
        ),
    ],
)
def test_overlays_that_mean_nothing_are_refused(overlay, message):
    with pytest.raises(ValidationError, match=message.replace("*", r"\*")):
        Overlay.model_validate(overlay)


def test_terms_survive_being_written_and_read():
    stress = Stress(name="up", overlays=[Overlay(factor="short_rate", shift=0.01)])
    made = market({**RATE, "floor": 0.0}, stresses=[stress])
    assert Market.model_validate(made.model_dump(mode="json")) == made


def test_errors_in_terms():
    with pytest.raises(ValidationError, match="initial is 0.035, below the floor of 0.04"):
        market({**RATE, "floor": 0.04})
    pair = Correlation(between=("cooperation", "short_rate"), rho=0.3)
    with pytest.raises(
        ValidationError, match="correlation names 'short_rate'; expected one of cooperation"
    ):
        Market(correlations=[pair])
    with pytest.raises(ValidationError, match="positive semi-definite"):
        market(pairs=[("index:east/*", 0.9), ("index:west/*", -0.9)])


def test_it_is_not_among_the_factors_that_loans_feel():
    made = Market(indices=[CollateralIndex()], short_rate=RATE)
    assert made.all_names == ("cooperation", "congestion", "index:*/*", "short_rate")
    assert made.factor_names == FactorModel(made, [], 3, 1).names == made.all_names[:-1]
