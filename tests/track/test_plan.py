"""The plan by cell: the cash of the price, split by attribute of the loans and by kind."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from npl_sim.analysis.track import plan as plans
from npl_sim.analysis.track.attributes import attributes
from npl_sim.analysis.track.plan import simulated_plan, stored_plan
from npl_sim.core.errors import NplSimError
from npl_sim.engine.run_estimate import resized
from npl_sim.engine.simulate import simulate
from tests.builders.tracked import KINDS, START, loan_cash, package

ELAPSED = 5


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    return package(tmp_path_factory.mktemp("package"), simulation__scenarios=80)


@pytest.fixture(scope="module")
def known(session):
    return attributes(session.table, START, {})


@pytest.fixture(scope="module")
def plan(session, known):
    closed = np.zeros(len(known), dtype=bool)
    return simulated_plan(session.study, session.table, ELAPSED, known, closed)


@pytest.fixture(scope="module")
def cash(session):
    return simulate(session.study, session.table)


def test_the_scenarios_and_weights_are_those_of_the_price(plan, cash):
    assert plan.receipts == pytest.approx(cash.receipts, rel=1e-9, abs=1e-6)
    assert plan.costs == pytest.approx(cash.costs, rel=1e-9, abs=1e-6)
    assert plan.sample.weights == pytest.approx(cash.sample.weights, rel=1e-12)


def test_every_attribute_adds_up_to_the_whole(plan):
    whole = plan.receipts[:, 1 : ELAPSED + 1].sum(axis=1)
    rest = plan.receipts[:, ELAPSED + 1 :].sum(axis=1)
    assert set(plan.splits) >= {"vintage", "product", "region", "stage"}
    for split in (*plan.splits.values(), plan.kinds):
        assert split.elapsed.sum(axis=1) == pytest.approx(whole, rel=1e-9)
        assert split.rest.sum(axis=1) == pytest.approx(rest, rel=1e-9)


def test_cells_are_the_sums_of_their_loans(session, plan, known):
    own = loan_cash(session, ELAPSED)
    receipts = own[:, :, : KINDS.index("contact")].sum(axis=(2, 3))
    for name, split in plan.splits.items():
        for i, value in enumerate(split.names):
            of_value = (known[name] == value).to_numpy()
            assert split.elapsed[:, i] == pytest.approx(
                receipts[:, of_value].sum(axis=1), rel=1e-9, abs=1e-6
            )


def test_more_groups_take_more_passes_and_give_the_same_cash(session, plan, known, monkeypatch):
    monkeypatch.setattr(plans, "MOST_CELLS", 8)
    closed = np.zeros(len(known), dtype=bool)
    assert len(list(plans._passes(known, closed))) > 1
    again = simulated_plan(session.study, session.table, ELAPSED, known, closed)
    for name, split in plan.splits.items():
        assert again.splits[name].names == split.names
        assert again.splits[name].elapsed == pytest.approx(split.elapsed, rel=1e-9, abs=1e-6)


def test_blocks_of_scenarios_do_not_change_the_cash(session, plan, known, monkeypatch):
    monkeypatch.setattr("npl_sim.engine.cell_cash.BLOCK_BYTES", 1)
    closed = np.zeros(len(known), dtype=bool)
    again = simulated_plan(session.study, session.table, ELAPSED, known, closed)
    assert np.array_equal(again.receipts, plan.receipts)


def test_threads_do_not_change_a_bit(session, plan, known):
    closed = np.zeros(len(known), dtype=bool)
    study = resized(session.study, threads=3)
    again = simulated_plan(study, session.table, ELAPSED, known, closed)
    assert np.array_equal(again.receipts, plan.receipts)
    assert np.array_equal(again.splits["product"].elapsed, plan.splits["product"].elapsed)


def test_closed_loans_bring_nothing_more(session, plan, known):
    closed = np.zeros(len(known), dtype=bool)
    closed[::2] = True
    shut = simulated_plan(session.study, session.table, ELAPSED, known, closed)
    other = simulated_plan(session.study, session.table, ELAPSED, known, ~closed)
    assert shut.receipts == pytest.approx(plan.receipts, rel=1e-9, abs=1e-6)
    assert shut.open_receipts + other.open_receipts == pytest.approx(
        plan.receipts, rel=1e-9, abs=1e-6
    )
    whole = shut.open_receipts[:, ELAPSED + 1 :].sum(axis=1)
    assert shut.splits["product"].rest.sum(axis=1) == pytest.approx(whole, rel=1e-9, abs=1e-6)
    assert (whole < plan.receipts[:, ELAPSED + 1 :].sum(axis=1)).all()


def test_a_stored_run_gives_its_own_groups(cash, plan):
    stored = stored_plan(cash, ELAPSED, "segment")
    assert stored.kinds is None and set(stored.splits) == {"segment"}
    assert stored.splits["segment"].elapsed.sum(axis=1) == pytest.approx(
        plan.receipts[:, 1 : ELAPSED + 1].sum(axis=1), rel=1e-9
    )


@pytest.mark.parametrize("elapsed", [0, 37])
def test_a_date_beyond_the_horizon_is_refused(cash, elapsed):
    with pytest.raises(NplSimError, match="horizon of 36 months"):
        stored_plan(cash, elapsed, "segment")


def test_vintages_are_years_of_default(session):
    loans = session.table.loans.copy()
    table = type("Table", (), {"loans": loans})()
    loans["default_date"] = pd.NaT
    loans["age_months"] = [6.0, 5.9, 18.0, *[np.nan] * (len(loans) - 3)]
    found = attributes(table, START, {"x": "A"})
    assert list(found["vintage"][:4]) == ["2025", "2026", "2024", "not stated"]
    assert set(found["servicer"]) == {"not stated"}


def test_what_is_due_on_the_valuation_date_is_planned_in_month_one(tmp_path, session):
    """A file of cash has it after the purchase; nothing is lost or counted twice."""
    loan = str(session.table.loans["loan_id"].iloc[0])
    entry = {"loan": loan, "mode": "add", "author": "me", "date": "2026-06-30"}
    rows = [{**entry, "month": 0, "amount": amount} for amount in (-40.0, 70.0)]
    other = package(tmp_path, simulation__scenarios=80, manual_cash=rows)
    priced = simulate(other.study, other.table)
    known = attributes(other.table, START, {})
    closed = np.zeros(len(known), dtype=bool)
    plan = simulated_plan(other.study, other.table, ELAPSED, known, closed)
    for planned, cash in ((plan.receipts, priced.receipts), (plan.costs, priced.costs)):
        assert cash[:, 0].min() > 0.0 and not planned[:, 0].any()
        assert planned[:, 1] == pytest.approx(cash[:, :2].sum(axis=1), rel=1e-9)
        assert planned.sum() == pytest.approx(cash.sum(), rel=1e-9)
    to_date = plan.receipts[:, 1 : ELAPSED + 1].sum(axis=1)
    for split in (*plan.splits.values(), plan.kinds):
        assert split.elapsed.sum(axis=1) == pytest.approx(to_date, rel=1e-9)
