"""Roll-forward of a value: the hand-worked case of docs/track.md, and what holds for any cash."""

from __future__ import annotations

import numpy as np
import pytest

from npl_sim.accounting.credit_impaired import credit_impaired
from npl_sim.valuation.roll_forward import roll_forward, value_of_rest

PLAN = np.array([0.0, 10.0, 10.0, 110.0])
FORECAST = np.array([0.0, 0.0, 9.0, 105.0])
RATE = 1.1**12 - 1.0


def test_the_hand_worked_case():
    """10 % a month: 100 + 10 - 8 = 102; plan of the rest 100; forecast 9/1.1 + 105/1.21."""
    found = credit_impaired(100.0, PLAN, np.array([8.0]), FORECAST)
    assert found.rate == pytest.approx(RATE, rel=1e-10)
    statement = found.statement
    assert (statement.opening, statement.carried, statement.planned) == (10_000, 10_200, 10_000)
    assert list(statement.interest) == [1_000] and list(statement.cash) == [800]
    assert (statement.from_cash, statement.from_forecast) == (-200, -504)
    assert (statement.revaluation, statement.closing) == (-704, 9_496)
    row = statement.months().iloc[0]
    assert tuple(row) == (1, 100.0, 10.0, 8.0, -7.04, 94.96)


def test_the_value_rolls_forward_by_the_same_rule():
    found = roll_forward(PLAN, np.array([8.0]), FORECAST, RATE)
    assert (found.opening, found.closing) == (10_000, 9_496)


@pytest.mark.parametrize("timing", ["month_end", "mid_month"])
def test_cash_of_the_plan_leaves_the_value_of_the_rest(timing):
    rng = np.random.default_rng(2)
    plan = np.concatenate([[0.0], np.round(rng.gamma(2.0, 1e6, 40), 2)])
    found = roll_forward(plan, plan[1:13], plan, 0.13, timing)
    exact = sum(
        c * 1.13 ** -((m - (0.5 if timing == "mid_month" else 0.0)) / 12.0)
        for m, c in enumerate(plan[13:], 1)
    )
    # Each month's interest is rounded by at most half a cent, which then earns interest.
    assert abs(found.carried - 100.0 * exact) < 0.51 * 12 * 1.13
    assert value_of_rest(plan, 12, 0.13, timing) == pytest.approx(exact, rel=1e-12)
    assert abs(found.from_cash) <= 7 and found.from_forecast == 0


@pytest.mark.parametrize("timing", ["month_end", "mid_month"])
def test_every_month_and_the_whole_foot_to_the_cent(timing):
    rng = np.random.default_rng(5)
    plan = np.concatenate([[0.0], rng.gamma(2.0, 1e4, 30)])
    actual = np.round(rng.gamma(2.0, 9e3, 8), 2)
    forecast = plan * rng.uniform(0.5, 1.4, 31)
    found = roll_forward(plan, actual, forecast, 0.18, timing)
    months = found.months()
    cents = (months * 100.0).round().astype(int)
    left = cents["opening"] + cents["interest"] - cents["collections"] + cents["revaluation"]
    assert (left == cents["closing"]).all()
    assert (cents["closing"][:-1].to_numpy() == cents["opening"][1:].to_numpy()).all()
    total = found.opening + found.interest.sum() - found.cash.sum()
    assert total + found.from_cash + found.from_forecast == found.closing
    assert found.closing == round(100.0 * value_of_rest(forecast, 8, 0.18, timing))


def test_what_is_not_determined_stays_so():
    found = roll_forward(PLAN, np.array([8.0]), None, RATE)
    assert found.closing is None and found.revaluation is None and found.from_forecast is None
    assert found.from_cash == -200
    for price, text in ((0.0, "not above 0"), (1e9, "every rate"), (1e-9, "more than")):
        impaired = credit_impaired(price, PLAN, np.array([8.0]), FORECAST)
        if impaired.statement is None:
            assert text in impaired.reason
        else:
            assert price == 1e9 and impaired.rate < -0.9
