"""Estimates in place of loan paths: hand sums, weights, distribution, dependence, same bits."""

from __future__ import annotations

import pytest

from tests.builders.packages import package

AT = {"author": "Lin", "date": "2026-06-01"}
RETURN = 0.1


def estimate(name, recovery, months, **terms):
    """Return an estimate whose points are a number (certain) or three numbers."""
    points = [p if isinstance(p, tuple) else (p, p, p) for p in (recovery, months)]
    named = {
        f"{what}_{point}": value
        for what, values in zip(("recovery", "months"), points, strict=True)
        for point, value in zip(("low", "base", "high"), values, strict=True)
    }
    return {"id": name, **named, **AT, **terms}


def present(amount, month):
    return amount * (1.0 + RETURN) ** (-month / 12.0)


def values(session):
    return session.simulate().loans.set_index("loan_id")


def test_a_certain_estimate_prices_to_the_hand_sum(tmp_path):
    rows = [
        estimate("L000001", 0.4, 18, cost=0.05),
        estimate("L000002", 300.0, 7.2, recovery_unit="amount", cost=20.0, cost_unit="amount"),
    ]
    loans = values(package(tmp_path, loans=4, scenarios=40, experts=rows))
    claim = 1100.0
    assert loans.loc["L000001", "pv_mean"] == pytest.approx(
        present(0.4 * claim * 0.95, 18), rel=1e-12
    )
    assert loans.loc["L000002", "pv_mean"] == pytest.approx(present(280.0, 8), rel=1e-12)
    assert loans.loc["L000001", "pv_sd"] == pytest.approx(0.0, abs=1e-6)


def test_no_estimate_moves_another_loan(tmp_path):
    rows = [estimate("L000001", 0.4, 18)]
    plain = values(package(tmp_path / "a", loans=4, scenarios=64))
    changed = values(package(tmp_path / "b", loans=4, scenarios=64, experts=rows))
    others = [name for name in plain.index if name != "L000001"]
    assert (plain.loc[others, "pv_mean"] == changed.loc[others, "pv_mean"]).all()
    assert plain.loc["L000001", "pv_mean"] != changed.loc["L000001", "pv_mean"]


def test_weight_zero_gives_the_old_bits(tmp_path):
    rows = [estimate(f"L{i:06d}", (0.1, 0.3, 0.6), (3, 9, 20), weight=0.0) for i in range(4)]
    plain = package(tmp_path / "a", loans=4, scenarios=100).simulate()
    changed = package(tmp_path / "b", loans=4, scenarios=100, experts=rows).simulate()
    assert plain.net.tobytes() == changed.net.tobytes()
    assert plain.loans["pv_mean"].tolist() == changed.loans["pv_mean"].tolist()
