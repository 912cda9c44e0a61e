"""Scenarios of a study fed as actual cash: ratio 1 within its error, no alarm in 95 of 100."""

from __future__ import annotations

import math

import numpy as np
import pytest

from npl_sim.analysis.track.attributes import attributes
from npl_sim.analysis.track.comparison import LEVEL, compare_cash
from npl_sim.analysis.track.forecast import forecast_rest
from npl_sim.analysis.track.plan import simulated_plan
from tests.builders.tracked import START, actual_cash, loan_cash, package

ELAPSED, SCENARIOS, FRESH = 6, 640, 240


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    return package(tmp_path_factory.mktemp("package"), simulation__scenarios=SCENARIOS)


@pytest.fixture(scope="module")
def plan(session):
    known = attributes(session.table, START, {})
    closed = np.zeros(len(known), dtype=bool)
    return simulated_plan(session.study, session.table, ELAPSED, known, closed)


def compared(session, plan, cash):
    known = attributes(session.table, START, {})
    loans = session.table.loans["loan_id"].astype(str)
    return compare_cash(plan, actual_cash(session, cash), known, loans)


def test_own_scenarios_alarm_in_at_most_five_of_a_hundred_cases(session, plan):
    """Every fourth scenario of the study itself; ratios average to 1."""
    cash = loan_cash(session, ELAPSED)[::4]
    found = [compared(session, plan, one) for one in cash]
    assert found[0].cells["tested"].sum() > 20
    alarms = sum(len(one.alarms) > 0 for one in found)
    trials = len(found)
    assert alarms <= LEVEL * trials + 3.0 * math.sqrt(trials * LEVEL * (1.0 - LEVEL))
    ratios = np.array([one.total["ratio"] for one in found])
    total = found[0].total
    assert abs(ratios.mean() - 1.0) < 4.0 * total["spread"] / math.sqrt(trials)
    errors = np.array([math.hypot(one.total["spread"], one.total["ratio_se"]) for one in found])
    # The error is one standard deviation: most ratios lie within two of 1, some beyond one.
    assert np.mean(np.abs(ratios - 1.0) <= 2.0 * errors) > 0.9
    assert np.mean(np.abs(ratios - 1.0) > errors) > 0.1


def test_fresh_scenarios_alarm_in_five_of_a_hundred_cases(session, plan, tmp_path):
    """Scenarios of another seed; 3.5 standard errors of both samples."""
    other = package(tmp_path, simulation__scenarios=FRESH, simulation__seed=77)
    cash = loan_cash(other, ELAPSED)
    alarms = sum(len(compared(session, plan, one).alarms) > 0 for one in cash)
    error = math.sqrt(LEVEL * (1.0 - LEVEL) * (1.0 / FRESH + 1.0 / SCENARIOS))
    assert abs(alarms / FRESH - LEVEL) < 3.5 * error


def test_the_range_of_the_forecast_covers_what_it_claims(plan, tmp_path):
    """Rest of fresh scenarios between the 5 % and 95 % quantiles; 3.5 standard errors."""
    other = package(tmp_path, simulation__scenarios=400, simulation__seed=78)
    known = attributes(other.table, START, {})
    fresh = simulated_plan(
        other.study, other.table, ELAPSED, known, np.zeros(len(known), dtype=bool)
    )
    to_date = fresh.receipts[:, 1 : ELAPSED + 1].sum(axis=1)
    rest = fresh.receipts[:, ELAPSED + 1 :].sum(axis=1)
    found = [forecast_rest(plan, x).rest for x in to_date]
    known_at = np.array([one is not None for one in found])
    # Only scenarios at the edge of the plan are not determined.
    assert known_at.mean() > 0.9
    inside = [one.low <= r <= one.high for one, r in zip(found, rest, strict=True) if one]
    # The quantiles rest on some 200 near scenarios, whose own error counts too.
    error = math.sqrt(0.9 * 0.1 * (1.0 / len(inside) + 1.0 / 200.0))
    assert abs(np.mean(inside) - 0.9) < 3.5 * error
    miss = np.array([r - one.value for one, r in zip(found, rest, strict=True) if one])
    spread = miss.std() / math.sqrt(len(miss))
    mean_error = np.mean([one.se for one in found if one])
    assert abs(miss.mean()) < 3.5 * math.hypot(spread, mean_error)


def test_cash_that_stays_away_alarms(session, plan):
    """A fifth of each payment of the median scenario is below what the plan allows."""
    cash = loan_cash(session, ELAPSED)
    total = plan.receipts[:, 1 : ELAPSED + 1].sum(axis=1)
    middle = int(np.argsort(total)[len(total) // 2])
    assert not len(compared(session, plan, cash[middle]).alarms)
    found = compared(session, plan, 0.2 * cash[middle])
    assert len(found.alarms) and found.total["ratio"] < 0.3
    assert (found.alarms["actual"] < found.alarms["plan"]).all()


def test_the_figures_of_a_cell_are_those_of_its_scenarios(session, plan):
    found = compared(session, plan, loan_cash(session, ELAPSED)[3])
    name = plan.splits["product"].names[0]
    cell = found.of("product").set_index("name").loc[name]
    own, weights = plan.splits["product"].elapsed[:, 0], plan.sample.weights
    mean = float(weights @ own)
    assert cell["actual"] == pytest.approx(own[3], abs=0.5)
    assert cell["plan"] == pytest.approx(mean, rel=1e-12)
    assert cell["plan_se"] == pytest.approx(plan.sample.mean(own).se, rel=1e-12)
    assert cell["ratio"] == pytest.approx(cell["actual"] / mean, rel=1e-12)
    assert cell["ratio_se"] == pytest.approx(cell["actual"] * cell["plan_se"] / mean**2)
    assert cell["spread"] == pytest.approx(math.sqrt(weights @ (own - mean) ** 2) / mean)
    below, equal = weights @ (own < cell["actual"]), weights @ (own == cell["actual"])
    assert cell["quantile"] == pytest.approx(below + 0.5 * equal)
    order = np.argsort(own)
    running = np.cumsum(weights[order])
    assert cell["low"] == own[order][np.searchsorted(running, 0.05)]
    assert cell["high"] == own[order][np.searchsorted(running, 0.95)]


def test_cells_of_small_or_rare_cash_are_shown_and_not_tested(session, plan):
    found = compared(session, plan, loan_cash(session, ELAPSED)[0])
    cells = found.cells
    small = cells[cells["note"] == "too small to test"]
    assert len(small) and not small["tested"].any() and small["p_value"].isna().all()
    whole = found.total["plan"]
    tested = cells[cells["tested"]]
    assert (tested["plan"] >= 0.01 * whole).all() and not tested["p_value"].isna().any()
