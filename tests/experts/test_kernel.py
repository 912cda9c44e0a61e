"""Estimates in place of loan paths: hand sums, weights, distribution, dependence, same bits."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.builders.packages import package
from tests.builders.studies import loan, study

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


def test_weights_mix_the_two_methods(tmp_path):
    """The mean is (1 - w) model + w expert; the tolerance is four standard errors."""
    weight, scenarios = 0.3, 6400
    rows = [estimate("L000000", 0.5, 12, weight=weight)]
    size = {"loans": 1, "scenarios": scenarios}
    model = values(package(tmp_path / "a", **size)).iloc[0]
    mixed = values(package(tmp_path / "b", **size, experts=rows)).iloc[0]
    expected = (1.0 - weight) * model["pv_mean"] + weight * present(500.0, 12)
    error = math.hypot(mixed["pv_se"], (1.0 - weight) * model["pv_se"])
    assert abs(mixed["pv_mean"] - expected) < 4.0 * error
    assert abs(mixed["pv_mean"] - model["pv_mean"]) > 8.0 * error


def test_the_mean_recovery_is_that_of_the_triangular(tmp_path):
    """Points of a triangular from 0.1 to 0.7 with mode 0.2: its mean is 1/3."""
    low, mode, high = 0.1, 0.2, 0.7
    width = high - low
    points = (low + math.sqrt(0.1 * width * (mode - low)), mode,
              high - math.sqrt(0.1 * width * (high - mode)))  # fmt: skip
    scenarios = 6400
    row = estimate("L000000", points, 12)
    loans = values(package(tmp_path, loans=1, scenarios=scenarios, experts=[row]))
    mean = (low + mode + high) / 3.0
    variance = (low**2 + mode**2 + high**2 - low * mode - low * high - mode * high) / 18.0
    found = loans.iloc[0]["received_mean"] / 1000.0
    assert abs(found - mean) < 4.0 * math.sqrt(variance / scenarios)
    sd = loans.iloc[0]["pv_sd"] / present(1000.0, 12)
    # The standard error of a standard deviation is below sd / sqrt(2 n) for light tails.
    assert abs(sd - math.sqrt(variance)) < 4.0 * math.sqrt(variance / (2.0 * scenarios))


def test_recovery_and_months_are_cut(tmp_path):
    rows = [
        estimate("L000000", (950.0, 1200.0, 1500.0), 0, recovery_unit="amount"),
        estimate("L000001", 0.5, (59.0, 60.0, 200.0)),
    ]
    loans = values(package(tmp_path, loans=2, scenarios=400, experts=rows))
    assert loans.loc["L000000", "received_mean"] < 1000.0
    assert loans.loc["L000000", "pv_mean"] == pytest.approx(
        loans.loc["L000000", "received_mean"], rel=1e-12
    )
    # Nine cases of ten lie at 59 months or later, and none is paid after the horizon of 60.
    least = present(550.0, 60)
    assert least <= loans.loc["L000001", "pv_mean"] < 1.02 * least


def correlation_of(folder, borrowers, scenarios=6400, **terms):
    """Return the correlation of the recoveries of two loans."""
    rows = [loan(i, borrower_id=name) for i, name in enumerate(borrowers)]
    rows = [{**row, "segment": "ab"[i], "product": "x"} for i, row in enumerate(rows)]
    estimates = [estimate(f"L{i:06d}", (0.2, 0.5, 0.8), 12) for i in range(2)]
    session = study(
        folder,
        rows,
        {},
        simulation={
            "scenarios": scenarios,
            "horizon_months": 24,
            "seed": 3,
            "threads": 1,
            "group_by": "segment",
        },
        experts={"rows": estimates, **terms},
    )
    cash = session.simulate().by_group.sum(axis=1)
    return float(np.corrcoef(cash[:, 0], cash[:, 1])[0, 1])


def test_estimates_move_together_by_region_and_borrower(tmp_path):
    """Scores correlate by the stated shares; ranks of a copula keep nearly that correlation."""
    apart = correlation_of(tmp_path / "a", ("B1", "B2"))
    same = correlation_of(tmp_path / "b", ("B1", "B1"))
    none = correlation_of(tmp_path / "c", ("B1", "B2"), region_correlation=0.0)
    # Four standard errors of a correlation near 0, 1 / sqrt(n), and 0.02 for the transform.
    tolerance = 4.0 / math.sqrt(6400) + 0.02
    assert abs(none) < tolerance
    assert abs(apart - 0.15) < tolerance
    assert abs(same - 0.50) < tolerance


def test_late_cash_is_less_cash(tmp_path):
    """Recovery and months of one estimate correlate by minus the shared parts, here -0.5."""
    row = estimate("L000000", (0.4, 0.5, 0.6), (6, 20, 40))
    session = package(tmp_path, loans=1, scenarios=6400, experts=[row])
    receipts = session.simulate().receipts
    total = receipts.sum(axis=1)
    months = (receipts * np.arange(receipts.shape[1])).sum(axis=1) / total
    assert abs(float(np.corrcoef(total, months)[0, 1]) + 0.5) < 4.0 / math.sqrt(6400) + 0.03


def test_threads_and_order_change_no_bit(tmp_path):
    rows = [
        estimate(f"L{i:06d}", (0.1, 0.3, 0.6), (3, 9, 20), weight=0.4 + 0.1 * i) for i in range(4)
    ]
    session = package(tmp_path / "a", loans=6, scenarios=300, experts=rows)
    again = package(tmp_path / "b", loans=6, scenarios=300, experts=rows[::-1])
    one, four = session.simulate(threads=1), session.simulate(threads=4)
    assert one.net.tobytes() == four.net.tobytes() == again.simulate().net.tobytes()


def test_manual_cash_replaces_the_path_or_comes_on_top(tmp_path):
    cash = [
        {"loan": "L000000", "month": 3, "amount": 200.0, **AT},
        {"loan": "L000000", "month": 9, "amount": 100.0, "route": "guarantor", **AT},
        {"loan": "L000000", "month": 9, "amount": -30.0, **AT},
        {"loan": "L000001", "month": 6, "amount": 50.0, "mode": "add", **AT},
    ]
    size = {"loans": 3, "scenarios": 64}
    plain = values(package(tmp_path / "a", **size))
    loans = values(package(tmp_path / "b", **size, manual_cash=cash))
    by_hand = present(200.0, 3) + present(70.0, 9)
    assert loans.loc["L000000", "pv_mean"] == pytest.approx(by_hand, rel=1e-12)
    added = plain.loc["L000001", "pv_mean"] + present(50.0, 6)
    assert loans.loc["L000001", "pv_mean"] == pytest.approx(added, rel=1e-12)
    assert loans.loc["L000002", "pv_mean"] == plain.loc["L000002", "pv_mean"]


def test_a_borrower_estimate_is_shared_by_claims(tmp_path):
    rows = [loan(i, borrower_id="B7", principal=1000.0 * (i + 1)) for i in range(2)]
    row = estimate("B7", 1200.0, 12, scope="borrower", recovery_unit="amount", cost=60.0,
                   cost_unit="amount")  # fmt: skip
    loans = values(study(tmp_path, rows, {}, experts=[row], **SMALL))
    assert loans["pv_mean"].tolist() == pytest.approx(
        [present(380.0, 12), present(760.0, 12)], rel=1e-12
    )


def test_an_item_estimate_follows_priority(tmp_path):
    """The item brings 1,400: 1,000 to the first rank, then 400 pro rata to 1,000 and 3,000."""
    rows = [loan(0), loan(1), loan(2, principal=3000)]
    items = [
        {
            "loan_id": f"L{i:06d}",
            "collateral_id": "C1",
            "kind": "office",
            "region": "east",
            "appraisal_value": 2000,
            "appraisal_date": "2026-03-31",
            "lien_rank": rank,
            "prior_liens": 0,
        }
        for i, rank in ((0, 1), (1, 2), (2, 2))
    ]
    row = estimate("C1", 1400.0, 12, scope="item", recovery_unit="amount", route="collateral")
    loans = values(
        study(tmp_path, rows, {}, items, experts=[row], market=OFFICE, collateral={"default": {}},
              tape={"collateral_scope": "file"}, **SMALL)
    )  # fmt: skip
    assert loans["received_mean"].tolist() == pytest.approx([1000.0, 100.0, 300.0], rel=1e-12)


SMALL = {
    "simulation": {"scenarios": 64, "horizon_months": 60, "seed": 3, "threads": 1},
    "pricing": {"required_return": RETURN},
}
OFFICE = {"indices": [{"kind": "office", "drift": 0.0, "volatility": 0.1}]}
