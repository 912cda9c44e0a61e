"""The plain fit to finished workouts, by hand and on itself."""

from __future__ import annotations

import numpy as np
import pytest

from npl_sim.calibration.moments import fit_collection, workout_moments
from tests.builders.studies import loan, study


def test_moments_by_hand():
    m = workout_moments(
        np.array([100.0, 300.0, 100.0]),
        np.array([50.0, 0.0, 130.0]),
        np.array([2.0, 9.0, 3.4]),
        horizon=6,
    )
    assert m.recovery == pytest.approx(150 / 500)
    assert m.payers == pytest.approx(2 / 3)
    assert m.months == pytest.approx((50 * 2 + 100 * 4) / 150)
    assert m.curve == pytest.approx([0, 0, 0.1, 0.1, 0.3, 0.3, 0.3])


def test_what_is_paid_in_month_0_counts_in_month_1():
    """A curve begins at 0: cash at the day of default, and within the first month, is that of
    month 1.
    """
    m = workout_moments(
        np.array([100.0, 100.0, 200.0]),
        np.array([40.0, 20.0, 60.0]),
        np.array([0.0, 0.5, 2.0]),
        horizon=3,
    )
    assert m.curve == pytest.approx([0.0, 0.15, 0.3, 0.3])
    assert m.months == pytest.approx((40 * 1 + 20 * 1 + 60 * 2) / 120)
    collection = fit_collection(m)
    assert collection.curve.months == (1, 2, 3)
    assert collection.curve.cumulative == pytest.approx((0.15, 0.3, 0.3))


def test_what_is_paid_after_the_horizon_is_in_the_recovery_and_not_in_the_curve():
    m = workout_moments(
        np.array([100.0, 100.0]), np.array([50.0, 30.0]), np.array([3.0, 3.01]), horizon=3
    )
    assert m.recovery == pytest.approx(0.4) and m.curve[-1] == pytest.approx(0.25)


def test_nothing_paid_has_no_time():
    m = workout_moments(np.array([100.0]), np.array([0.0]), np.array([0.0]), horizon=2)
    assert (
        m.recovery == 0.0 == m.payers
        and np.isnan(m.months)
        and m.curve == pytest.approx([0.0] * 3)
    )


@pytest.mark.parametrize(
    ("exposure", "recovered", "months"),
    [([], [], []), ([1.0], [1.0, 2.0], [1.0]), ([0.0], [0.0], [1.0])],
)
def test_impossible_histories_are_refused(exposure, recovered, months):
    with pytest.raises(ValueError, match="expected"):
        workout_moments(np.array(exposure), np.array(recovered), np.array(months), 12)


def test_a_simulated_package_has_the_moments_it_was_fitted_to(tmp_path):
    """The curve is reproduced in expectation: five standard errors, odds of a false alarm 6e-7."""
    rng = np.random.default_rng(1)
    n = 4000
    exposure = rng.lognormal(10, 1, n)
    recovered = exposure * np.where(rng.random(n) < 0.4, rng.beta(2, 2, n), 0.0)
    months = rng.gamma(3, 8, n)
    fitted = workout_moments(exposure, recovered, months, 60)
    collection = fit_collection(fitted).model_dump(mode="json")
    rows = [loan(i, age_months=0) for i in range(40)]
    size = {"simulation": {"scenarios": 2000, "horizon_months": 60}}
    flows = study(tmp_path, rows, {"collection": collection}, **size).simulate()
    share = flows.receipts.sum(axis=1) / flows.gbv
    assert abs(share.mean() - fitted.curve[60]) < 5 * share.std() / np.sqrt(2000)
    at_24 = flows.receipts[:, :25].sum(axis=1) / flows.gbv
    assert abs(at_24.mean() - fitted.curve[24]) < 5 * at_24.std() / np.sqrt(2000)
