"""The public API: the same numbers as the functions below it, and results that show themselves."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import npl_sim as npl
from npl_sim.valuation.price import price as value_of

ROOT = Path(__file__).parents[2]
CONFIGS = ROOT / "configs"
FLOWS = CONFIGS / "deals" / "three_tranche.flows.yaml"


@pytest.fixture(scope="module")
def simulation():
    study = npl.read_study(
        CONFIGS / "studies/first_package.yaml",
        {"simulation.scenarios": 48, "simulation.horizon_months": 60},
    )
    return npl.simulate(study)


@pytest.fixture(scope="module")
def value(simulation):
    return npl.price(simulation)


@pytest.fixture(scope="module")
def deal():
    return npl.read_deal(CONFIGS / "deals" / "three_tranche.yaml")


@pytest.fixture(scope="module")
def flows(deal):
    return npl.read_flows(FLOWS, deal, scenarios=200)


def test_import_is_light_and_every_listed_name_exists():
    code = """
import sys, npl_sim as npl
before = [m for m in ('numpy', 'pandas', 'numba', 'pydantic') if m in sys.modules]
print(before, [n for n in npl.__all__ if not hasattr(npl, n)])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[] []"


def test_names_stay_what_they_are_after_the_packages_were_imported(simulation):
    """A subpackage of the same name must not take the place of a function."""
    for name in ("bid", "channel", "compare", "explain", "price", "simulate"):
        assert inspect.isfunction(getattr(npl, name)), name


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = npl.nothing


@pytest.mark.parametrize("name", [n for n in npl.__all__ if n != "__version__"])
def test_everything_public_is_documented(name):
    found = getattr(npl, name)
    text = inspect.getdoc(found) or ""
    assert text.strip(), name
    if inspect.isfunction(found):
        for parameter in inspect.signature(found).parameters:
            assert parameter in text, f"{name}: {parameter}"
        assert "Returns\n-------" in text, name


def test_a_price_is_that_of_the_valuation(simulation, value):
    study = simulation.study.terms
    below = value_of(simulation.cash, study.pricing, study.currency, study.stated_buyer)
    assert value.mean == below.mean and value.quantiles == below.quantiles
    assert value.expected_shortfall == below.expected_shortfall
    weights = value.to_frame("prices")["weight"].to_numpy()
    prices = value.to_frame("prices")["pv"].to_numpy()
    assert np.average(prices, weights=weights) == pytest.approx(value.mean.value, rel=1e-12)


def test_another_required_return_values_the_same_cash(simulation, value):
    dearer = npl.price(simulation, required_return=0.3)
    assert dearer.result.simulation.cash is value.simulation.cash
    assert dearer.mean.value < value.mean.value
    study = simulation.study.terms
    pricing = study.pricing.model_copy(update={"required_return": 0.3})
    assert dearer.mean == value_of(simulation.cash, pricing, study.currency).mean
    with pytest.raises(ValueError, match="required_return"):
        npl.price(simulation, required_return="much")


def test_mean_cash_by_month_adds_up(simulation):
    table = simulation.to_frame("cash_by_month")
    np.testing.assert_allclose(table["receipts"] - table["costs"], table["net"])
    values = simulation.summary().values
    assert values["mean_net"] == pytest.approx(table["net"].sum())
    factors = simulation.factors
    assert factors["weight"].sum() == pytest.approx(1.0) and len(factors) == 48
    assert len(simulation.loans) == len(simulation.study.loans)


def test_results_show_themselves(simulation, value):
    for result in (simulation.study, simulation, value):
        assert str(result.summary()) == result.summary().text
        assert result._repr_html_().startswith("<")
        assert repr(result) in result.summary().text
        assert set(result.frames) == {n for n in result.frames if len(result.to_frame(n).columns)}
    page = value._repr_html_()
    assert "<img" in page and "<table" in page and "data:image/svg+xml" in page
    assert value.summary().values["price"]["mean"]["value"] == value.mean.value


def test_a_frame_is_a_copy(value):
    mine = value.to_frame("prices")
    mine["pv"] = 0.0
    assert value.to_frame("prices")["pv"].min() > 0.0


def test_unknown_tables_and_figures_are_named(value):
    with pytest.raises(npl.NplSimError, match="to_frame: got 'x'; expected one of prices, "):
        value.to_frame("x")
    with pytest.raises(npl.NplSimError, match="plot: got 'x'; expected one of price_distribution"):
        value.plot("x")
    with pytest.raises(npl.NplSimError, match="plot: got None; expected one of none"):
        value.simulation.study.plot()


def test_every_figure_is_drawn(value):
    for name in value.figures:
        assert value.plot(name).axes, name


def test_a_saved_price_is_read_back(value, tmp_path):
    made = value.save(tmp_path / "run", figures=False)
    run = npl.open_run(tmp_path / "run")
    # The folder also holds the bank's own columns.
    bank = {"bank_loans", "bank_collateral"}
    assert run.folder == made.folder and set(run.frames) == {*value.frames, *bank}
    for name in value.frames:
        mine = value.to_frame(name).reset_index(drop=True)
        pd.testing.assert_frame_equal(run.to_frame(name), mine, check_dtype=False)
    assert run.summary().values["price"]["mean"]["value"] == value.mean.value
    with pytest.raises(npl.NplSimError, match="exists already"):
        value.save(tmp_path / "run")
    value.save(tmp_path / "run", figures=False, overwrite=True)


def test_a_study_is_refused_with_every_issue(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text("name: a\nvaluation_date: never\npolicies: []\n", encoding="utf-8")
    with pytest.raises(npl.NplSimError) as caught:
        npl.read_study(path)
    text = str(caught.value)
    assert "study.yaml:2:" in text and "policies" in text and "tape" in text


def test_studies_are_compared_on_the_same_random_numbers(simulation):
    base = simulation.study
    path = CONFIGS / "studies/first_package.yaml"
    sizes = {"simulation.scenarios": 48, "simulation.horizon_months": 60}
    other = npl.read_study(path, {**sizes, "pricing.required_return": 0.2})
    found = npl.compare(base, other)
    assert found.changes == {"pricing.required_return": 0.2}
    row = found.to_frame().iloc[0]
    assert row["difference"] == pytest.approx(row["other"] - row["base"]) and row["difference"] < 0
    assert row["base"] == pytest.approx(npl.price(simulation).mean.value, rel=1e-9)
    with pytest.raises(npl.NplSimError, match="got a Study and a Simulation"):
        npl.compare(base, simulation)


def test_runs_are_compared_step_by_step(tmp_path, simulation, value):
    sizes = {"simulation.scenarios": 48, "simulation.horizon_months": 60}
    other = npl.read_study(
        CONFIGS / "studies/first_package.yaml", {**sizes, "pricing.required_return": 0.2}
    )
    value.save(tmp_path / "a", figures=False)
    dearer = npl.price(npl.simulate(other))
    dearer.save(tmp_path / "b", figures=False)
    found = npl.compare(npl.open_run(tmp_path / "a"), npl.open_run(tmp_path / "b"))
    assert found.summary().values["total"] == pytest.approx(dearer.mean.value - value.mean.value)
    assert "pricing" in found.summary().text


def test_a_loan_is_explained(simulation):
    text = npl.explain(simulation.study, "NPL00000001")
    assert "NPL00000001" in text
    assert npl.explain(simulation.study, top=3).count("NPL") <= 12
    with pytest.raises(
        npl.NplSimError, match="^loan: got .none.; expected the loan_id of a priced loan"
    ):
        npl.explain(simulation.study, "none")


def test_a_deal_pays_what_the_waterfall_pays(deal, flows):
    from npl_sim.securitization.waterfall.waterfall import run_deal

    result = npl.deal.run(deal, flows)
    below = run_deal(deal, flows.cash.flows)
    assert result.outcome.run.scenarios == 200
    table = result.to_frame("tranches")
    assert set(table["tranche"]) == {t.name for t in deal.tranches}
    for name, tranche in result.outcome.run.tranches.items():
        np.testing.assert_array_equal(tranche.principal, below.tranches[name].principal)
    assert len(result.ledger()) and len(result.ledger("bad"))
    assert deal.name in result.summary().text


def test_a_deal_of_simulated_cash_and_its_servicing(simulation):
    """Where the deal pays no servicer, the servicing of the study stays among the costs."""
    deal = npl.read_deal(CONFIGS / "deals" / "gongyuan_zhicheng_2023_6.yaml")
    dated = simulation.for_deal(deal).flows
    receipts = simulation.cash.receipts.sum()
    assert dated.received.sum() == pytest.approx(receipts, rel=1e-9)


def test_a_sized_deal_can_be_run(deal, flows, tmp_path):
    sizing = npl.deal.size(deal, flows)
    again = npl.deal.run(sizing.deal, flows)
    assert {"limits", "tranches"} <= set(sizing.frames) and "limits" in sizing.figures
    assert sizing.deal.tranches[0].balance < deal.tranches[0].balance
    assert again.outcome.run.deal == sizing.deal
    sizing.save(tmp_path / "sized", figures=False)
    again.save(tmp_path / "run", figures=False)
    assert npl.open_run(tmp_path / "run").frames == tuple(sorted(again.frames))


def test_a_contract_is_measured_and_judged(simulation):
    contract = npl.read_contract(CONFIGS / "channel" / "repurchase_carry.yaml")
    risk = npl.channel(contract, simulation)
    assert risk.verdict and risk.figures[0] == "shares_retained"
    assert "verdict" in risk.summary().values and contract.name in risk.summary().text
    assert all(len(risk.to_frame(name).columns) for name in risk.frames)


def test_a_contract_in_another_currency_is_refused(simulation):
    contract = npl.read_contract(CONFIGS / "channel" / "repurchase_carry.yaml")
    foreign = contract.model_copy(update={"currency": "EUR"})
    with pytest.raises(npl.NplSimError, match="got currency EUR; expected CNY"):
        npl.channel(foreign, simulation)


def test_stored_cash_gives_the_price_again(value, tmp_path):
    value.save(tmp_path / "run", figures=False)
    cash = npl.open_run(tmp_path / "run").cash
    study = value.simulation.study.terms
    again = value_of(cash, study.pricing, study.currency, study.stated_buyer)
    assert again.mean.value == pytest.approx(value.mean.value, abs=0.005)
    np.testing.assert_allclose(again.pv, value.distribution.pv, rtol=1e-12, atol=0.005)
    value.save(tmp_path / "small", figures=False, cash=False)
    with pytest.raises(npl.NplSimError, match="expected a run that was saved with its cash"):
        _ = npl.open_run(tmp_path / "small").cash


def test_bid_deal_and_contract_runs_are_saved(simulation, tmp_path):
    contract = npl.read_contract(CONFIGS / "channel" / "clean_sale.yaml")
    npl.channel(contract, simulation).save(tmp_path / "risk", figures=False)
    assert npl.open_run(tmp_path / "risk").cash.scenarios == 48
    with pytest.raises(npl.NplSimError, match="a simulation has no run folder"):
        simulation.save(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_the_old_way_in_still_works_and_says_so():
    with pytest.warns(DeprecationWarning, match="use npl_sim.read_study"):
        session = npl.load_study(CONFIGS / "studies/first_package.yaml")
    assert session.study.name == "first_package"
