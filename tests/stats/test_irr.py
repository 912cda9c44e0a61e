"""Rates of return against other solvers, and the status where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from npl_sim.stats.discount import payment_years, present_value
from npl_sim.stats.irr import HIGHEST_RATE, IrrSolver, IrrStatus, irr

SOLVED = IrrStatus.SOLVED


def annual(*cash: float) -> np.ndarray:
    """Return one scenario's monthly cash from cash at the end of years 0, 1, 2, ..."""
    net = np.zeros((1, 12 * (len(cash) - 1) + 1))
    net[0, ::12] = cash
    return net


def lumpy(seed: int, scenarios: int = 300, months: int = 90) -> np.ndarray:
    """Return receipts at random months and sizes, with a few costs early on."""
    rng = np.random.default_rng(seed)
    net = rng.lognormal(0.0, 1.5, (scenarios, months + 1)) * (
        rng.random((scenarios, months + 1)) < 0.1
    )
    net[:, :10] -= 0.2
    net[:, -1] += 1.0
    return net


def test_agrees_with_pyxirr():
    pyxirr = pytest.importorskip("pyxirr")
    net = lumpy(1)
    found = irr(net, 8.0)
    assert (found.status == SOLVED).mean() > 0.9
    for row, rate in zip(
        net[found.status == SOLVED], found.rate[found.status == SOLVED], strict=True
    ):
        cash = row.copy()
        cash[0] -= 8.0
        monthly = pyxirr.irr(cash)
        assert rate == pytest.approx((1.0 + monthly) ** 12 - 1.0, rel=1e-8, abs=1e-9)


@pytest.mark.parametrize("timing", ["month_end", "mid_month"])
def test_agrees_with_brentq(timing):
    net, outlay = lumpy(2), 6.0
    years = payment_years(net.shape[1] - 1, timing)
    found = irr(net, outlay, timing)
    for row, rate, status in zip(net, found.rate, found.status, strict=True):
        if status == SOLVED:
            truth = brentq(
                lambda r, row=row: row @ (1.0 + r) ** -years - outlay, -0.99, 99.0, xtol=1e-14
            )
            assert rate == pytest.approx(truth, abs=1e-10)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.floats(-50.0, 100.0), min_size=2, max_size=40).filter(lambda c: max(c) > 0.1),
    st.floats(0.5, 200.0),
)
def test_a_rate_is_a_root_and_no_higher_rate_earns_the_outlay(cash, outlay):
    net = np.array([cash])
    found = irr(net, outlay)
    above = np.expm1(np.linspace(np.log1p(-0.9999), np.log1p(HIGHEST_RATE), 500))
    if found.status[0] == SOLVED:
        rate = found.rate[0]
        weight = np.abs(net) @ (1.0 + rate) ** -payment_years(len(cash) - 1)
        assert abs(present_value(net, rate)[0] - outlay) <= 1e-9 * (weight[0] + outlay)
        # A pair of roots within one step of the solver's grid may be overlooked.
        above = above[np.log1p(above) > np.log1p(rate) + 0.1]
    if found.status[0] != IrrStatus.ABOVE:
        excess = np.array([present_value(net, r)[0] - outlay for r in above])
        runs = np.diff(np.flatnonzero(np.diff(np.r_[False, excess > 1e-9 * outlay, False])))[::2]
        assert not (runs > 5).any()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.floats(1.0, 20.0), st.floats(1.001, 3.0))
def test_a_dearer_outlay_never_earns_more(seed, outlay, dearer):
    solver = IrrSolver(lumpy(seed, scenarios=20, months=40))
    low, high = solver.solve(outlay).censored(), solver.solve(outlay * dearer).censored()
    assert (high <= low + 1e-12).all()


def test_known_rates():
    net = np.vstack([annual(0, 0, 121.0), annual(0, 110.0, 0), annual(0, 0, 25.0)])
    assert irr(net, 100.0).rate == pytest.approx([0.10, 0.10, -0.5], abs=1e-12)
    assert irr(np.ones((1, 13)), 13.0).rate[0] == pytest.approx(0.0, abs=1e-12)


def test_of_two_roots_the_highest_counts():
    # 230/(1+r) - 132/(1+r)^2 = 100 at 10 % and at 20 %.
    found = irr(annual(0.0, 230.0, -132.0), 100.0)
    assert found.several[0] and found.rate[0] == pytest.approx(0.2, abs=1e-10)
    # A late cost makes a second, meaningless root near -100 %.
    late = irr(annual(0.0, 120.0, -1.0), 100.0)
    assert late.rate[0] == pytest.approx(0.191607978, abs=1e-8)


def test_every_way_of_having_no_rate_is_named():
    net = np.vstack(
        [
            annual(0, 0, 0),
            annual(0, -5.0, 0),
            annual(0, 50.0, -60.0),
            annual(150.0, 0, 0),
            annual(0, 1e-3, 0),
        ]
    )
    found = irr(net, 100.0)
    assert [IrrStatus(s).name for s in found.status] == ["LOST", "LOST", "NEVER", "ABOVE", "NEVER"]
    assert np.array_equal(found.rate, [-1.0, -1.0, np.nan, np.nan, np.nan], equal_nan=True)
    assert found.censored().tolist() == [-1.0, -1.0, -1.0, HIGHEST_RATE, -1.0]
    nothing = irr(net, 0.0)
    assert (nothing.status == IrrStatus.NO_OUTLAY).all() and np.isnan(nothing.rate).all()


def test_the_longest_horizon_does_not_overflow():
    net = np.zeros((2, 601))
    net[0, 600] = 100.0 * 1.05**50
    net[1, 1] = net[1, 600] = 60.0
    with np.errstate(all="raise", under="ignore"):
        found = irr(net, 100.0)
    assert found.rate[0] == pytest.approx(0.05, abs=1e-12)
    assert (found.status == SOLVED).all()


def test_cash_at_any_times():
    years = np.array([0.0, 0.4, 1.7, 5.0])
    found = IrrSolver(np.array([[0.0, 10.0, 50.0, 70.0]]), years=years).solve(80.0)
    assert found.rate[0] == pytest.approx(
        brentq(lambda r: np.array([0.0, 10.0, 50.0, 70.0]) @ (1.0 + r) ** -years - 80.0, 0.0, 1.0),
        abs=1e-10,
    )
