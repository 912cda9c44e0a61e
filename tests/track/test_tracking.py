"""From a file of cash to forecast, returns and statements, each recomputed another way."""

from __future__ import annotations

import dataclasses
from datetime import date

import numpy as np
import pandas as pd
import pytest

from npl_sim.analysis.track.forecast import forecast_rest
from npl_sim.analysis.track.returns import remaining_collections, returns
from npl_sim.core.errors import NplSimError
from npl_sim.engine.simulate import simulate
from npl_sim.reports.track.sentences import price_text, returns_text, unit_of
from npl_sim.reports.track.tables import statements
from npl_sim.runs.track import TrackOptions, track_study
from npl_sim.valuation.price import price
from tests.builders.tracked import KINDS, cash_rows, loan_cash, package

ELAPSED, OWN, PRICE = 6, 11, 3e6
AS_OF = date(2026, 12, 31)


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    return package(
        tmp_path_factory.mktemp("package"),
        simulation__scenarios=400,
        simulation__horizon_months=90,
    )


@pytest.fixture(scope="module")
def cash(session):
    return loan_cash(session, ELAPSED)


@pytest.fixture(scope="module")
def file(session, cash, tmp_path_factory):
    """A file of the cash of one scenario of the study."""
    path = tmp_path_factory.mktemp("cash") / "cash.csv"
    cash_rows(session, cash[OWN]).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def found(session, file):
    return track_study(session, TrackOptions(file, AS_OF, PRICE)).tracking


def test_the_file_of_a_scenario_is_that_scenario(session, cash, found):
    receipts = cash[OWN][:, : KINDS.index("contact")]
    total = found.comparison.total
    # Each payment is rounded to a cent.
    assert total["actual"] == pytest.approx(receipts.sum(), abs=0.005 * np.count_nonzero(receipts))
    assert total["actual"] == round(float(total["actual"]), 2)
    for name, amount in zip(KINDS, cash[OWN].sum(axis=(0, 2)), strict=False):
        cell = found.comparison.of("kind").set_index("name")
        if name in cell.index:
            assert cell.loc[name, "actual"] == pytest.approx(amount, abs=1.0)
    months = found.comparison.of("month")["actual"].to_numpy()
    assert months == pytest.approx(receipts.sum(axis=(0, 1)), abs=1.0)
    products = session.table.loans["product"].to_numpy()
    for _, cell in found.comparison.of("product").iterrows():
        own = receipts[products == cell["name"]].sum()
        assert cell["actual"] == pytest.approx(own, abs=1.0)
    assert not len(found.comparison.alarms) and found.net


def test_the_forecast_conditions_on_the_cash_to_date(found):
    near, plan = found.forecast.near, found.plan
    to_date = plan.receipts[:, 1 : ELAPSED + 1].sum(axis=1)
    assert near.mean(to_date) == pytest.approx(found.comparison.total["actual"], abs=0.01)
    rest = plan.receipts[:, ELAPSED + 1 :].sum(axis=1)
    assert found.forecast.rest.value == pytest.approx(float(near.weights @ rest), rel=1e-12)
    apart = near.weights * (rest - found.forecast.rest.value)
    assert found.forecast.rest.se == pytest.approx(np.sqrt((apart**2).sum()), rel=1e-12)
    for parts in found.forecast.by_attribute.values():
        assert sum(p for _, p, _ in parts) == pytest.approx(
            found.forecast.plan_receipts[ELAPSED + 1 :].sum(), rel=1e-9
        )
        assert sum(f for *_, f in parts) == pytest.approx(found.forecast.rest.value, rel=1e-9)


def test_remaining_collections_end_at_their_window(found):
    first, second = found.remaining
    weights, near = found.plan.sample.weights, found.forecast.near.weights
    receipts, costs = found.plan.receipts, found.plan.costs
    window = receipts[:, ELAPSED + 1 : 85].sum(axis=1)
    assert first.window == 84
    assert first.planned_at_start == pytest.approx(weights @ receipts[:, 1:85].sum(axis=1))
    assert first.planned == pytest.approx(weights @ window)
    assert first.forecast == pytest.approx(near @ window)
    net = window - costs[:, ELAPSED + 1 : 85].sum(axis=1)
    assert first.net == pytest.approx(near @ net)
    assert first.low < first.forecast < first.high and first.se > 0.0
    # The horizon of 90 months does not reach month 120.
    assert second.window == 120 and np.isnan(second.forecast) and np.isnan(second.planned)


def test_the_residual_at_the_horizon_is_no_collection(found):
    at_end = dataclasses.replace(
        found.plan,
        receipts=found.plan.receipts[:, :85],
        costs=found.plan.costs[:, :85],
        open_receipts=found.plan.open_receipts[:, :85],
        open_costs=found.plan.open_costs[:, :85],
        residual=np.full(found.scenarios, 1_000.0),
    )
    forecast = forecast_rest(at_end, float(found.comparison.total["actual"]))
    with_it = remaining_collections(at_end, forecast)[0]
    without = remaining_collections(
        dataclasses.replace(at_end, residual=np.zeros(found.scenarios)), forecast
    )[0]
    assert without.forecast - with_it.forecast == pytest.approx(1_000.0)
    assert without.planned - with_it.planned == pytest.approx(1_000.0)


def test_multiple_and_rate_of_return_discount_to_the_price(found):
    receipts, costs = found.actual.by_month()
    came = receipts - costs
    near = found.forecast.near.weights
    rest = near @ (found.plan.receipts - found.plan.costs)[:, ELAPSED + 1 :]
    whole = np.concatenate([[0.0], came, rest])
    earned = found.returns
    assert earned.collected == pytest.approx(came.sum())
    assert earned.multiple == pytest.approx(whole.sum() / PRICE)
    years = np.arange(len(whole)) / 12.0
    assert whole @ (1.0 + earned.irr) ** -years == pytest.approx(PRICE, rel=1e-9)
    planned = found.plan.sample.weights @ (found.plan.receipts - found.plan.costs)
    assert planned @ (1.0 + earned.plan_irr) ** -years == pytest.approx(PRICE, rel=1e-9)
    assert earned.plan_multiple == pytest.approx(planned.sum() / PRICE)
    assert earned.irr_low < earned.irr < earned.irr_high
    assert returns_text(found, unit_of(found)).startswith("At a price of")


def test_the_value_opens_at_the_price_and_closes_at_the_forecast(session, found):
    study = session.study
    value = price(simulate(study, session.table), study.pricing, study.currency)
    assert found.value.opening == pytest.approx(100.0 * value.mean.value, rel=1e-9)
    rate = study.pricing.required_return
    near = found.forecast.near.weights
    rest = near @ (found.plan.receipts - found.plan.costs)[:, ELAPSED + 1 :]
    years = np.arange(1, len(rest) + 1) / 12.0
    assert found.value.closing == pytest.approx(100.0 * rest @ (1 + rate) ** -years, abs=0.51)
    cost = found.cost
    assert cost.statement.opening == round(100 * PRICE)
    assert cost.rate == pytest.approx(found.returns.plan_irr, rel=1e-9)
    assert cost.statement.closing == pytest.approx(
        100.0 * rest @ (1 + cost.rate) ** -years, abs=0.51
    )


def test_cash_that_no_scenario_is_near_leaves_the_rest_open(session, cash, tmp_path):
    rows = cash_rows(session, cash[OWN])
    rows["amount"] *= 0.01
    rows.to_csv(tmp_path / "cash.csv", index=False)
    found = track_study(session, TrackOptions(tmp_path / "cash.csv", AS_OF, PRICE)).tracking
    assert not found.forecast.near.determined and found.forecast.rest is None
    assert np.isnan(found.returns.irr) and np.isnan(found.returns.multiple)
    assert found.value.closing is None and found.cost.statement.closing is None
    assert np.isfinite(found.returns.plan_irr) and len(found.comparison.alarms)


def test_without_costs_figures_are_of_receipts(session, cash, tmp_path):
    rows = cash_rows(session, cash[OWN])
    rows[rows["kind"].isin(KINDS[: KINDS.index("contact")])].to_csv(
        tmp_path / "cash.csv", index=False
    )
    found = track_study(session, TrackOptions(tmp_path / "cash.csv", AS_OF, PRICE)).tracking
    assert not found.net and not len(found.comparison.of("costs"))
    planned = found.plan.sample.weights @ found.plan.receipts
    assert found.returns.plan_multiple == pytest.approx(planned.sum() / PRICE)
    rate = session.study.pricing.required_return
    opening = planned @ (1.0 + rate) ** -(np.arange(len(planned)) / 12.0)
    assert found.value.opening == pytest.approx(100.0 * opening, abs=0.51)
    assert returns_text(found, unit_of(found)).startswith("Before costs, at a price")


def test_loans_that_paid_in_full_are_named_and_closed_ones_expect_nothing(session, cash, tmp_path):
    rows = cash_rows(session, cash[OWN])
    first = session.table.loans.sort_values("gbv").iloc[0]
    rows = rows[rows["loan_id"] != first["loan_id"]]
    whole = {"loan_id": first["loan_id"], "date": "2026-07-31", "kind": "settlement"}
    rows = pd.concat([rows, pd.DataFrame([{**whole, "amount": round(first["gbv"] + 0.01, 2)}])])
    rows.to_csv(tmp_path / "open.csv", index=False)
    before = track_study(session, TrackOptions(tmp_path / "open.csv", AS_OF)).tracking
    assert before.paid_in_full >= 1
    rows.assign(closed=["no"] * (len(rows) - 1) + ["yes"]).to_csv(
        tmp_path / "closed.csv", index=False
    )
    shut = track_study(session, TrackOptions(tmp_path / "closed.csv", AS_OF)).tracking
    assert shut.paid_in_full == before.paid_in_full - 1
    assert shut.actual.closed == {first["loan_id"]}
    assert shut.forecast.rest.value < before.forecast.rest.value
    # The closed loan is all that differs: the near scenarios are the same.
    assert shut.forecast.rest_of_all == pytest.approx(before.forecast.rest.value, rel=1e-9)


def test_servicers_are_tested_where_every_loan_has_one(session, cash, tmp_path):
    loans = session.table.loans["loan_id"].to_numpy(dtype=object)
    rows = cash_rows(session, cash[OWN])
    whose = {loan: ("甲" if i % 2 else "乙") for i, loan in enumerate(loans)}
    part = rows.assign(servicer=rows["loan_id"].map(whose))
    part.to_csv(tmp_path / "part.csv", index=False)
    found = track_study(session, TrackOptions(tmp_path / "part.csv", AS_OF)).tracking
    cells = found.comparison.of("servicer")
    assert not cells["tested"].any() and found.returns is None and found.cost is None
    # Rows without a payment name the servicer of the other loans.
    silent = [loan for loan in loans if loan not in set(rows["loan_id"])]
    more = pd.DataFrame({"loan_id": silent, "servicer": [whose[x] for x in silent]})
    more["date"] = "2026-12-31"
    pd.concat([part, more]).to_csv(tmp_path / "all.csv", index=False)
    found = track_study(session, TrackOptions(tmp_path / "all.csv", AS_OF)).tracking
    cells = found.comparison.of("servicer").set_index("name")
    assert list(cells.index) == ["乙", "甲"] and cells["tested"].all()
    own = cash[OWN][::2, : KINDS.index("contact")].sum()
    assert cells.loc["乙", "actual"] == pytest.approx(own, abs=1.0)
    expected = found.plan.splits["servicer"]
    assert cells["plan"].sum() == pytest.approx(
        found.plan.sample.weights @ expected.elapsed.sum(axis=1)
    )


def test_a_price_that_is_not_above_zero_is_refused(session, file):
    with pytest.raises(NplSimError, match="--price-paid: got 0.00"):
        track_study(session, TrackOptions(file, AS_OF, 0.0))


def test_a_plan_that_never_earns_the_price_has_no_statement(found):
    earned = returns(1e30, found.plan, found.forecast, np.zeros(ELAPSED), True, "month_end")
    assert np.isnan(earned.plan_irr) or earned.plan_irr < -0.9
    assert earned.collected == 0.0


def test_a_price_above_the_expected_cash_is_named(session, file, found):
    """Its interest income is below 0."""
    assert not price_text(found) and "exceeds" not in statements(found)[1].note
    planned = float(found.forecast.plan_receipts.sum() - found.forecast.plan_costs.sum())
    dear = track_study(session, TrackOptions(file, AS_OF, 1.1 * planned)).tracking
    assert dear.cost.rate < 0.0 and dear.cost.statement.interest.sum() < 0
    assert "The price exceeds the cash that the plan expects" in returns_text(dear, unit_of(dear))
    assert statements(dear)[1].note.endswith(price_text(dear))


def test_costs_of_the_valuation_date_lower_the_rate_of_return(session, cash, tmp_path, found):
    rows = cash_rows(session, cash[OWN])
    day = {"loan_id": rows["loan_id"].iloc[0], "date": "2026-06-30", "kind": "lawyer"}
    more = pd.concat([rows, pd.DataFrame([{**day, "amount": -50_000.0}])])
    more.to_csv(tmp_path / "cash.csv", index=False)
    other = track_study(session, TrackOptions(tmp_path / "cash.csv", AS_OF, PRICE)).tracking
    assert other.returns.collected == pytest.approx(found.returns.collected - 50_000.0)
    assert other.returns.irr < found.returns.irr
