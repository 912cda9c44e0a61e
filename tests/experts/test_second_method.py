"""The second method against hand sums and the simulation, for estimates and manual cash."""

from __future__ import annotations

import math

import numpy as np
import pytest

from npl_sim.dcf.value import expected_cash
from npl_sim.policy.triangular_points import triangular_ends
from tests.builders.packages import package
from tests.experts.test_kernel import AT, estimate, present, values


def test_the_ends_give_the_points_back():
    for low, mode, high in ((0.1, 0.2, 0.7), (3.0, 3.0, 9.0), (3.0, 9.0, 9.0), (2.0, 5.0, 8.0)):
        first, last = triangular_ends(low, mode, high)
        width = last - first
        below = (low - first) ** 2 / (width * (mode - first))
        above = (last - high) ** 2 / (width * (last - mode))
        assert (below, above) == pytest.approx((0.1, 0.1), rel=1e-9)
    assert triangular_ends(4.0, 4.0, 4.0) == (4.0, 4.0)


def test_certain_entries_are_hand_sums(tmp_path):
    sections = {
        "experts": [estimate("L000001", 0.4, 18, cost=0.05)],
        "manual_cash": [
            {"loan": "L000000", "month": 3, "amount": 200.0, **AT},
            {"loan": "L000000", "month": 9, "amount": -30.0, **AT},
            {"loan": "L000002", "month": 6, "amount": 50.0, "mode": "add", **AT},
        ],
    }
    plain = package(tmp_path / "a", loans=3, scenarios=2)
    session = package(tmp_path / "b", loans=3, scenarios=2, **sections)
    own = expected_cash(plain.study, plain.table).pv.sum(axis=1)
    pv = expected_cash(session.study, session.table).pv.sum(axis=1)
    assert pv[0] == pytest.approx(present(200.0, 3) - present(30.0, 9), rel=1e-12)
    # The quadrature of the normal score leaves a relative error of 1e-12.
    assert pv[1] == pytest.approx(present(440.0 * 0.95, 18), rel=1e-9)
    assert pv[2] == pytest.approx(own[2] + present(50.0, 6), rel=1e-12)


def test_it_agrees_with_the_simulation(tmp_path):
    """Cuts at 0, at the claim and at the horizon; four standard errors, and 1e-4 of quadrature."""
    rows = [
        estimate("L000000", (0.05, 0.2, 0.9), (6, 20, 50), cost=0.1),
        estimate("L000001", (0.7, 0.9, 1.0), (40, 55, 70), cost=40.0, cost_unit="amount"),
        estimate("L000002", (100.0, 200.0, 900.0), (0, 2, 30), recovery_unit="amount"),
    ]
    session = package(tmp_path, loans=3, scenarios=12800, experts=rows)
    loans = values(session)
    pv = expected_cash(session.study, session.table).pv.sum(axis=1)
    tolerance = 4.0 * loans["pv_se"].to_numpy() + 1e-4 * np.abs(pv)
    assert (np.abs(loans["pv_mean"].to_numpy() - pv) < tolerance).all()
    # Without the dependence of recovery and months the first value differs by more than that.
    apart = package(tmp_path / "b", loans=3, scenarios=2, experts={
        "rows": rows, "region_correlation": 0.0, "borrower_correlation": 0.0})  # fmt: skip
    other = expected_cash(apart.study, apart.table).pv.sum(axis=1)
    assert abs(other[0] - pv[0]) > tolerance[0]


def test_weights_mix_expectations(tmp_path):
    size = {"loans": 2, "scenarios": 2}
    plain = package(tmp_path / "a", **size)
    row = estimate("L000001", (0.1, 0.2, 0.9), (6, 20, 50))
    found = [
        expected_cash(session.study, session.table).pv.sum(axis=1)[1]
        for session in (
            plain,
            package(tmp_path / "b", **size, experts=[row]),
            package(tmp_path / "c", **size, experts=[{**row, "weight": 0.25}]),
        )
    ]
    assert math.isclose(found[2], 0.75 * found[0] + 0.25 * found[1], rel_tol=1e-12)
