"""The systematic factors: against the reference implementation, against closed forms, and their
reproducibility.
"""

import math

import numpy as np
import pytest
from scipy import stats

from npl_sim.core.provenance import key_of
from npl_sim.market.factors import FactorModel, lower_triangle
from npl_sim.market.spec import CollateralIndex, Correlation, Market, Overlay, Stress
from tests.naive import conditions_of, factor_paths

RICH = dict(
    indices=[
        CollateralIndex(region="east", kind="residential", drift=0.03, volatility=0.2),
        CollateralIndex(region="*", kind="*", drift=-0.01, volatility=0.1, mean_reversion=0.5),
    ],
    cooperation={"volatility": 0.3, "persistence": 0.95},
    congestion={"volatility": 0.2, "persistence": 0.8},
    index_correlation=0.5,
    correlations=[Correlation(between=("cooperation", "index:*/*"), rho=0.4)],
    stresses=[
        Stress(
            name="slump",
            overlays=[
                Overlay(
                    factor="index:*", multiply=0.8, drift_shift=-0.02, volatility_multiply=1.5
                ),
                Overlay(factor="cooperation", months=(6, 18), path=(0.7, 0.9)),
            ],
        )
    ],
)


@pytest.mark.parametrize(
    "copula", [{"kind": "gaussian"}, {"kind": "student_t", "degrees_of_freedom": 4}]
)
@pytest.mark.parametrize("stress", [[], ["slump"]])
def test_paths_equal_the_reference_implementation(copula, stress):
    market = Market(**RICH, copula=copula)
    model = FactorModel(market, stress, horizon=30, seed=77)
    paths = model.simulate(first_scenario=5, scenarios=3)
    for s in range(3):
        slow = conditions_of(market, factor_paths(market, stress, 30, 77, 5 + s, key_of), 1.0, 0.0)
        assert np.allclose(paths.index[s], slow.index, rtol=1e-9)
        assert np.allclose(paths.congestion[s], slow.congestion, rtol=1e-9)
        up = np.exp(paths.cooperation[s] - 0.5 * model.cooperation_variance)
        assert np.allclose(up[1:], slow.up[1:], rtol=1e-9)


@pytest.mark.parametrize(
    "copula", [{"kind": "gaussian"}, {"kind": "student_t", "degrees_of_freedom": 4}]
)
def test_margins_have_the_stated_mean_and_volatility(copula):
    """Five standard errors on four figures: a false alarm has odds of about 2e-6."""
    market = Market(**RICH, copula=copula)
    n = 40_000
    paths = FactorModel(market, [], horizon=24, seed=3).simulate(0, n)
    logs = np.log(paths.index[:, 0, 24])
    variance = 0.2**2 * 2
    assert abs(logs.mean() - (0.03 * 2 - variance / 2)) < 5 * math.sqrt(variance / n)
    assert abs(logs.var() / variance - 1) < 5 * math.sqrt(2 / n)
    level = paths.index[:, 0, 24]
    assert abs(level.mean() - math.exp(0.06)) < 5 * level.std() / math.sqrt(n)
    reverting = np.log(paths.index[:, 1, 24]).var()
    assert abs(reverting / (0.1**2 * (1 - math.exp(-2)) / 1.0) - 1) < 5 * math.sqrt(2 / n)


def test_mean_of_the_cooperation_multiplier_is_one():
    market = Market(cooperation={"volatility": 0.5, "persistence": 0.9})
    model = FactorModel(market, [], horizon=12, seed=3)
    n = 20_000
    up = np.exp(model.simulate(0, n).cooperation[:, 12] - 0.5 * model.cooperation_variance[12])
    # exp(x - v/2) has variance exp(v) - 1; five standard errors, odds 6e-7.
    error = math.sqrt(math.expm1(model.cooperation_variance[12]) / n)
    assert abs(up.mean() - 1.0) < 5 * error


def test_student_t_shares_extremes_that_gauss_does_not():
    """Tail dependence of the t copula: 2 t_(nu+1)(-sqrt((nu+1)(1-rho)/(1+rho)))."""
    indices = [CollateralIndex(region=r, volatility=0.2) for r in ("a", "b")]
    nu, rho, q, n = 3.0, 0.3, 0.005, 200_000
    joint = {}
    for name, copula in (
        ("g", {"kind": "gaussian"}),
        ("t", {"kind": "student_t", "degrees_of_freedom": nu}),
    ):
        market = Market(indices=indices, index_correlation=rho, copula=copula)
        levels = FactorModel(market, [], horizon=1, seed=9).simulate(0, n).index[:, :, 1]
        low = levels < np.quantile(levels, q, axis=0)
        joint[name] = low.all(axis=1).mean() / q
    limit = 2 * stats.t.cdf(-math.sqrt((nu + 1) * (1 - rho) / (1 + rho)), nu + 1)
    assert joint["t"] > 2 * joint["g"]
    assert joint["t"] == pytest.approx(limit, abs=0.08)


def test_perfect_correlation_is_allowed():
    indices = [CollateralIndex(region=r, volatility=0.2) for r in "abc"]
    market = Market(indices=indices, index_correlation=1.0)
    index = FactorModel(market, [], horizon=6, seed=1).simulate(0, 4).index
    assert np.allclose(index[:, 0], index[:, 1]) and np.allclose(index[:, 0], index[:, 2])


def test_lower_triangle_is_the_library_s_where_that_exists():
    a = np.array([[1, 0.3, 0.2], [0.3, 1, 0.5], [0.2, 0.5, 1]])
    assert np.allclose(lower_triangle(a), np.linalg.cholesky(a))


def test_contradictory_correlations_are_refused():
    indices = [CollateralIndex(region=r, volatility=0.2) for r in "abc"]
    with pytest.raises(ValueError, match="positive semi-definite"):
        Market(indices=indices, index_correlation=-0.9)


def test_a_new_factor_moves_no_other():
    one = Market(indices=[CollateralIndex(region="a", volatility=0.2)])
    two = Market(
        indices=[
            CollateralIndex(region="a", volatility=0.2),
            CollateralIndex(region="b", volatility=0.3),
        ]
    )
    a = FactorModel(one, [], 12, 1).simulate(0, 5).index[:, 0]
    b = FactorModel(two, [], 12, 1).simulate(0, 5).index[:, 0]
    assert np.array_equal(a, b)


def test_no_volatility_no_randomness():
    market = Market(indices=[CollateralIndex(drift=0.12)])
    paths = FactorModel(market, [], 12, 1).simulate(0, 3)
    assert np.allclose(paths.index[:, 0, 12], math.exp(0.12), rtol=1e-15)
    assert (paths.congestion == 1).all() and (paths.cooperation == 0).all()


@pytest.mark.parametrize("nu", [2.0, 3.7, 30.0, 200.0])
def test_the_spline_of_the_copula_is_exact_enough(nu):
    from scipy import special

    from npl_sim.market.factors import _t_to_normal

    spline = _t_to_normal(nu)
    y = np.concatenate(
        [np.sinh(np.linspace(0.0, spline.x[-1], 50_000)), np.geomspace(1e-9, 1.0, 1000)]
    )
    exact = -special.ndtri(special.stdtr(nu, -y))
    assert np.abs(spline(np.arcsinh(y)) - exact)[np.isfinite(exact)].max() < 1e-9
