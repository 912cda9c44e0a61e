"""The clean-up call is exercised only where its holder gains, and what it means for the holder."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from npl_sim.reports.deal.tables import deal_summary
from npl_sim.reports.deal.text import deal_report
from npl_sim.securitization.collections import DatedFlows
from npl_sim.securitization.results.outcome import outcome_of
from npl_sim.securitization.results.tranches import tranche_results
from npl_sim.securitization.sizing.rating_stress import mean_scenario
from npl_sim.securitization.waterfall.call import call_result, price_covers
from npl_sim.securitization.waterfall.waterfall import run_deal
from npl_sim.study.deal_file import load_deal
from npl_sim.study.flow_file import load_flows
from tests.builders.deals import annual, deal, deal_terms, run_texts
from tests.deal.test_boundaries import both

CASES = Path(__file__).parents[3] / "shared" / "cases" / "deals"
CALL = {"tranches": ["senior"], "below": 0.2, "price": {"kind": "notes"}}
YEARS = tuple(date(2024 + n, 12, 31) for n in range(3))


def several(*rows, costs=0.0):
    received = np.array(rows, dtype=float)
    return DatedFlows(YEARS, received, costs * received)


def called_at(price, later):
    """Return whether a package is called that brings 96 and then `later`, with 14 of senior notes
    left."""
    return bool(
        run_deal(deal(clean_up_call={**CALL, "price": price}), annual(96, 0, later)).called[0]
    )


def test_it_is_exercised_only_above_the_price():
    """After 96 the senior owes 14, after a year 15.4: that is the price, and 15.4 of later cash is
    no gain."""
    assert called_at({"kind": "notes"}, 15.41)
    assert not called_at({"kind": "notes"}, 15.4)
    assert not called_at({"kind": "notes"}, 0.0)


def test_a_dead_pool_is_never_called_beside_one_that_lives():
    run = run_deal(deal(clean_up_call=CALL), several((96, 0, 0), (96, 0, 90)))
    assert run.called.tolist() == [False, True]
    assert run.tranches["senior"].balance[0, -1] == pytest.approx(14.0)


def test_the_estimate_looks_at_no_later_cash_of_the_scenario():
    """Later cash of one scenario of many moves its call by nothing but its share in the mean."""
    rng = np.random.default_rng(3)
    rows = np.column_stack([rng.uniform(60, 110, 400), np.zeros(400), rng.uniform(10, 30, 400)])
    rows[0] = (96, 0, 20)
    first = run_deal(deal(clean_up_call=CALL), several(*rows))
    for later in (0.01, 90.0):
        rows[0, 2] = later
        again = run_deal(deal(clean_up_call=CALL), several(*rows))
        assert again.called[0] == first.called[0]
        assert again.terms.call.estimate[0, 0] == pytest.approx(
            first.terms.call.estimate[0, 0], abs=0.3
        )


def test_collections_that_came_early_leave_less():
    """Each scenario collects 120 in all: 96 first leaves 24, 80 first leaves 40; the line over
    scenarios knows it."""
    rows = [(first, 0, 120 - first) for first in (40, 60, 80, 96)]
    found = run_deal(deal(clean_up_call=CALL), several(*rows)).terms.call.estimate
    assert found[0].tolist() == pytest.approx(
        [min(51 * 40 / 69, 80.0), min(51 * 60 / 69, 60.0), 40.0, 24.0]
    )


def test_the_callers_return_and_the_servicer_come_off():
    """Of 20 a year later the servicer takes a tenth: 18, at 20 % a year 15: 15.4 is not paid for
    it."""
    fee = {
        "kind": "fee",
        "name": "servicer",
        "role": "servicer",
        "amounts": [{"kind": "of_collections", "share": 0.1}],
    }
    steps = [
        *deal_terms()["steps"][:-1],
        {"kind": "pay", "of": ["servicer"]},
        deal_terms()["steps"][-1],
    ]
    flows = annual(96, 0, 20)
    plain = both(deal_terms(clean_up_call=CALL, claims=[fee], steps=steps), flows)
    assert plain.terms.call.left[1] == pytest.approx([18.0])
    dear = {**CALL, "required_return": 0.2}
    run = both(deal_terms(clean_up_call=dear, claims=[fee], steps=steps), flows)
    assert run.terms.call.left[1] == pytest.approx([15.0]) and not run.called[0]


def test_what_the_call_means_for_its_holder():
    """Three of four are called at 15.4: they bring 90, 40 and 10. One collects too little at
    first."""
    rows = [(96, 0, 90), (96, 0, 40), (96, 0, 10), (50, 0, 90)]
    run = run_deal(deal(clean_up_call=CALL), several(*rows))
    found = call_result(run)
    assert found.probability.value == 0.75 and found.dates.tolist() == [0, 3, 0]
    assert found.price.value == pytest.approx(15.4)
    assert found.gain.value == pytest.approx((90 + 40 + 10) / 3 - 15.4)
    assert found.worst == pytest.approx(10 - 15.4) and found.loss.value == pytest.approx(1 / 3)
    assert found.gain.se == pytest.approx(np.std([90, 40, 10], ddof=1) / 3**0.5)
    assert found.years.value == pytest.approx(731 / 365)
    assert call_result(run_deal(deal(), several(*rows))) is None
    never = call_result(run_deal(deal(clean_up_call=CALL), annual(50, 0, 0)))
    assert never.probability.value == 0.0 and np.isnan(never.gain.value)


def test_parts_of_a_run_keep_the_estimates_of_all():
    run = run_deal(deal(clean_up_call=CALL), several((96, 0, 90), (80, 0, 10), (96, 0, 30)))
    assert (
        run.terms.scenario(2).call.estimate[:, 0].tolist()
        == run.terms.call.estimate[:, 2].tolist()
    )
    assert run.terms.scenario(2).call.left[:, 0].tolist() == run.terms.call.left[:, 2].tolist()
    assert mean_scenario(run.terms).call.left[0, 0] == pytest.approx(130 / 3)


def test_the_price_of_notes_names_what_it_pays():
    claims = [
        {"kind": "fee", "name": "agents", "amounts": [{"kind": "per_date", "amount": 1.0}]},
        {"kind": "fixed_return", "name": "return", "tranche": "sub", "rate": 0.1},
    ]
    steps = [{"kind": "pay", "of": ["agents", "return"]}, *deal_terms()["steps"]]
    found = price_covers(deal(clean_up_call=CALL, claims=claims, steps=steps))
    assert found == (
        "balances and unpaid interest of senior",
        "the unpaid fixed return of sub (return)",
        "agents",
    )
    assert price_covers(deal()) == ()


@pytest.mark.skipif(not CASES.is_dir(), reason="../shared/cases is not there")
def test_nobody_pays_for_nothing():
    """The pool pays 95 once and is dead: B loses 6.13 of 10, and no caller pays 6.29."""
    found = load_deal(CASES / "call.yaml")
    flows = load_flows(CASES / "call.csv", None, None, None, found.cutoff_date, found.currency)
    run = run_deal(found, flows)
    assert not run.called.any()
    assert run.tranches["B"].balance[0, -1] == pytest.approx(6.13, abs=0.005)
    assert tranche_results(run)["B"].loss.value == 1.0
    alive = replace(
        flows,
        dates=(*flows.dates, date(2025, 12, 31)),
        received=np.array([[95.0, 9.0]]),
        costs=np.zeros((1, 2)),
    )
    assert run_deal(found, alive).called.all()


def test_a_holder_who_loses_on_average_is_reported():
    """Left over is highest in the middle: the line sees 31 after 96, and 5 come. The price was
    15.4."""
    rows = [(40, 0, 10)] * 3 + [(70, 0, 60)] * 3 + [(96, 0, 5)] * 2
    run = run_deal(deal(clean_up_call=CALL), several(*rows))
    (line,) = (x for x in run_texts(run) if x.startswith("clean_up_call"))
    assert (
        "its holder loses 10.40 CNY on average where it calls (in 25.0% of the scenarios)" in line
    )
    gains = run_deal(deal(clean_up_call=CALL), several((96, 0, 90), (96, 0, 40)))
    assert not any(x.startswith("clean_up_call") for x in run_texts(gains))


def test_the_call_in_the_summary_and_on_the_terminal(capsys):
    from rich.console import Console

    rows = [(96, 0, 90), (96, 0, 40), (96, 0, 10), (50, 0, 90)]
    outcome = outcome_of(run_deal(deal(clean_up_call=CALL), several(*rows)))
    found = deal_summary(outcome)["call"]
    assert found["probability"]["value"] == 0.75 and found["gain"]["value"] == pytest.approx(
        140 / 3 - 15.4
    )
    assert found["worst"] == pytest.approx(-5.4) and found["loss"]["value"] == pytest.approx(1 / 3)
    assert found["dates"] == [{"payment": 2, "date": "2025-12-31", "probability": 0.75}]
    assert found["price_covers"] == ["balances and unpaid interest of senior"]
    Console(width=130, highlight=False).print(deal_report(outcome), crop=False)
    text = capsys.readouterr().out
    row = next(line for line in text.splitlines() if line.startswith("75.0%"))
    assert (
        "2.00 (0.00)" in row
        and "15.40" in row
        and "31.27" in row
        and "-5.40" in row
        and "33.3%" in row
    )
    assert (
        "the price of the clean-up call pays, beyond the cash at hand: balances and unpaid" in text
    )
    assert deal_summary(outcome_of(run_deal(deal(), several(*rows))))["call"] is None


def test_the_reference_agrees_on_who_calls():
    """Random collections: the slow interpreter, from the page alone, calls in the same scenarios;
    both answers occur."""
    rng = np.random.default_rng(17)
    fee = {
        "kind": "fee",
        "name": "servicer",
        "role": "servicer",
        "amounts": [{"kind": "of_collections", "share": 0.1, "base": "net"}],
    }
    steps = [{"kind": "pay", "of": ["servicer"]}, *deal_terms()["steps"]]
    called = []
    for _ in range(30):
        rows = np.round(rng.uniform((60, 0, 0), (115, 20, 40), (8, 3)))
        call = {**CALL, "below": 0.4, "required_return": float(rng.choice([0.0, 0.3]))}
        run = both(
            deal_terms(clean_up_call=call, claims=[fee], steps=steps), several(*rows, costs=0.0)
        )
        called += run.called.tolist()
    assert 20 < sum(called) < len(called) - 20
