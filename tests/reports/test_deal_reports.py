"""Tables, text and figures of a deal: the same numbers in each, drawn in every case."""

from __future__ import annotations

import io
import json
import warnings

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from npl_sim.reports.deal import plots as dealplots
from npl_sim.reports.deal.ledger_text import ledger_text
from npl_sim.reports.deal.tables import deal_summary, deal_tables
from npl_sim.reports.deal.text import deal_report
from npl_sim.reports.figure_files import save_each
from npl_sim.securitization.results.ledger import ledger_of, state_table
from npl_sim.securitization.results.outcome import outcome_of
from npl_sim.securitization.waterfall.waterfall import run_deal
from npl_sim.study.deal_file import load_deal
from tests.builders.deals import annual, deal, deal_terms
from tests.builders.figures import stacked_heights
from tests.cli.deal_files import EXAMPLE
from tests.deal.test_tranches import four


def lifelike(scenarios=80):
    """The example deal on cash that falls short of it in some scenarios."""
    from datetime import date

    from npl_sim.securitization.collections import DatedFlows
    from npl_sim.securitization.dates import add_months

    rng = np.random.default_rng(2)
    months = np.arange(1, 72)
    shape = months * np.exp(-months / 14.0)
    received = rng.lognormal(-0.03, 0.25, (scenarios, 1)) * 440e6 * shape / shape.sum()
    days = tuple(add_months(date(2026, 6, 30), int(m), True) for m in months)
    return run_deal(load_deal(EXAMPLE), DatedFlows(days, received, 0.1 * received))


@pytest.fixture(scope="module")
def outcome():
    return outcome_of(lifelike())


def printed(outcome, width=130):
    file = io.StringIO()
    Console(file=file, width=width, highlight=False).print(deal_report(outcome), crop=False)
    return file.getvalue()


def test_tables_survive_parquet_with_their_units(outcome, tmp_path):
    for name, table in deal_tables(outcome).items():
        table.to_parquet(tmp_path / f"{name}.parquet", index=False)
        back = pd.read_parquet(tmp_path / f"{name}.parquet")
        pd.testing.assert_frame_equal(back, table, check_dtype=False)
        assert back.attrs.get("units") == table.attrs.get("units")
        assert name == "tranches" or table.attrs["units"], name


def test_tables_and_summary_hold_the_same_money(outcome):
    tables, summary = deal_tables(outcome), deal_summary(outcome)
    json.dumps(summary, allow_nan=False)
    for name, messages in summary["tranches"].items():
        by_scenario = tables["tranche_scenarios"].query("tranche == @name")
        paid = by_scenario[["interest", "principal", "other"]].sum(axis=1).mean()
        by_date = (
            tables["tranche_cash"].query("tranche == @name and part == 'total'")["mean"].sum()
        )
        assert paid == pytest.approx(messages["cash"]["value"]) and by_date == pytest.approx(paid)
        lost = (by_scenario.principal_lost > 1.0).mean()
        assert messages["loss"]["value"] == pytest.approx(lost)
        fan = tables["tranche_balances"].query("tranche == @name")
        assert fan["mean"].iloc[-1] == pytest.approx(by_scenario.principal_lost.mean())
    into, out = (
        tables["cash_totals"].query("side == @side")["mean"].sum() for side in ("in", "out")
    )
    assert into == pytest.approx(out)
    steps = tables["cash_by_step"]
    assert steps[steps.kind != "reserve"]["mean"].sum() == pytest.approx(out)


def test_the_ledgers_are_of_a_median_and_a_bad_scenario(outcome):
    tables = deal_tables(outcome)
    order = np.argsort(outcome.collected)
    assert tables["ledger_median"].scenario.unique().tolist() == [int(order[39])]
    assert tables["ledger_bad"].scenario.unique().tolist() == [int(order[3])]


def test_the_text_has_a_row_for_each_tranche_and_sums_that_meet(outcome):
    text = printed(outcome)
    for row in (
        "senior  ",
        "mezzanine  ",
        "subordinated  ",
        "collections below plan",
        "accelerated",
    ):
        assert f"\n{row}" in text
    sums = [line.split()[1] for line in text.splitlines() if line.startswith("all ")]
    assert len(sums) == 2 and sums[0] == sums[1]
    totals = [line.split()[-1] for line in text.splitlines() if line.startswith("total ")]
    assert len(totals) == 2 and totals[0] == totals[1]
    for title in (
        "Sources and uses at closing",
        "Tested values by date",
        "Interest cover by date",
    ):
        assert title in text
    loss = outcome.tranches["subordinated"].expected_loss
    assert f"{100 * loss.value:.2f}% ({100 * loss.se:.2f})" in text
    assert "'mezzanine' may defer interest" in text
    assert max(map(len, text.splitlines())) <= 130 or all(
        line.startswith(("Note", "Cash", "Dates")) for line in text.splitlines() if len(line) > 130
    )


def test_the_ledger_as_text():
    run = run_deal(deal(), four())
    text = ledger_text(ledger_of(run, 3), state_table(run, 3), 7, "CNY")
    assert text.startswith("Scenario 7, amounts in CNY\n\nPayment 1 on 2024-12-31")
    assert (
        "owed             100.00  paid              20.00  owed, but cash does not reach" in text
    )
    assert text.count("Payment ") == 3 and "after: balance senior 80.00" in text


CASES = {
    "lifelike": lambda: lifelike(60),
    "one scenario": lambda: run_deal(deal(), annual(60, 40, 50)),
    "nothing": lambda: run_deal(deal(), annual(0, 0, 0)),
    "one date": lambda: run_deal(
        deal(legal_final=deal_terms()["schedule"]["first_payment"]), annual(60, 40, 50)
    ),
    "a class of nothing, names that few fonts have": lambda: run_deal(
        deal(
            tranches=[
                {"name": "优先级", "balance": 100.0, "coupon": {"kind": "fixed", "rate": 0.1}},
                {"name": "equity", "balance": 0.0},
            ],
            steps=[
                {"kind": "interest", "to": ["优先级"]},
                {"kind": "principal", "to": ["优先级"]},
                {"kind": "residual", "to": "equity"},
            ],
        ),
        four(),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_every_report_is_made_without_a_warning(name, tmp_path):
    outcome = outcome_of(CASES[name]())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        paths = save_each(dealplots.drawings(outcome), tmp_path, dpi=40)
        tables = deal_tables(outcome)
    assert len(paths) == 5 and all(p.read_bytes().startswith(b"\x89PNG") for p in paths)
    assert len(tables) == 15 + bool(outcome.run.tested)
    assert "Where the cash goes" in printed(outcome)


def test_stacked_bars_are_the_cash_that_is_paid(outcome):
    axes = dealplots.cash_by_date(outcome).axes[0]
    assert axes.get_ylabel() == "CNY million a payment date"
    drawn = sum(stacked_heights(axes)) * 1e6
    paid = sum(table.sum() for table in outcome.run.mean_paid.values())
    assert drawn == pytest.approx(paid, rel=1e-9)


def test_the_fan_ends_where_the_balance_does(outcome):
    axes = dealplots.balances(outcome).axes
    assert [a.get_title(loc="left") for a in axes] == [
        "Balance of senior",
        "Balance of mezzanine",
        "Balance of subordinated",
    ]
    mean = next(line for line in axes[2].lines if line.get_label() == "Mean").get_ydata()
    assert mean[0] == pytest.approx(60.0)
    assert mean[-1] == pytest.approx(
        outcome.run.tranches["subordinated"].balance[:, -1].mean() / 1e6
    )
