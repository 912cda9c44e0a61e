"""Notes that float over the simulated short rate: coupons by hand in each scenario, and a swap
that takes it away."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from npl_sim.core.errors import DealError, StudyError
from npl_sim.market.spec import Market
from npl_sim.securitization.collections import DatedFlows
from npl_sim.securitization.sizing.structuring import structure_deal
from npl_sim.securitization.terms.deal_terms import Tranche
from npl_sim.securitization.terms.rates import SimulatedIndex
from npl_sim.securitization.waterfall.waterfall import run_deal
from npl_sim.study.loader import load_study as read_study
from tests.builders.cash_tables import flows_of_table
from tests.builders.deals import before_last, deal, deal_terms, run_deal_of
from tests.builders.studies import loan, study

FLOATING = {
    "kind": "floating",
    "spread": 0.02,
    "index_floor": 0.005,
    "index_cap": 0.04,
    "cap": 0.055,
}
RATES = np.array(
    [
        [0.030, 0.9, 0.031, 0.9, 0.034, 0.9, 0.9],
        [0.030, 0.9, -0.02, 0.9, 0.045, 0.9, 0.9],
        [0.030, 0.9, 0.050, 0.9, 0.010, 0.9, 0.9],
    ]
)
"""By hand: fixed at 31 Dec 2023, 2024 and 2025; 0.9 wherever nothing is fixed."""
DAYS = (
    date(2023, 12, 31),
    date(2024, 6, 30),
    date(2024, 12, 31),
    date(2025, 6, 30),
    date(2025, 12, 31),
    date(2026, 6, 30),
    date(2026, 12, 31),
)


def note(coupon=FLOATING, index=None, **changes):
    """Return the deal of three yearly payments whose senior, repaid at the end, has a coupon."""
    made = deal_terms(index=index or {"kind": "simulated"}, **changes)
    made["tranches"][0]["coupon"] = coupon
    at_end = {"kind": "target_balance", "points": [{"payment": 3, "share": 0.0}]}
    for step in made["steps"]:
        if step["kind"] == "principal" and step["to"] == ["senior"]:
            step["amount"] = at_end
    return made


def cash(rates=RATES, first=2):
    received = np.zeros((len(rates), len(DAYS)))
    received[:, first::2][:, :3] = [30.0, 30.0, 130.0]
    return DatedFlows(DAYS, received, np.zeros_like(received), short_rate=rates)


def test_coupons_by_hand_in_each_scenario():
    """Index within 0.5 % and 4 %, plus 2 %, at most 5.5 %, on 100.

    First: 3 + 2, 3.1 + 2, 3.4 + 2. Second: 5, then 0.5 + 2, then 4 + 2 capped at 5.5. Third: 5,
    5.5, 1 + 2.
    """
    run = run_deal(deal(**note()), cash())
    assert run.tranches["senior"].interest == pytest.approx(
        np.array([[5.0, 5.1, 5.4], [5.0, 2.5, 5.5], [5.0, 5.5, 3.0]])
    )


def test_a_spread_of_the_index_counts_before_its_cap_and_floor():
    """0.5 % above the short rate: 3.5, 3.6, 3.9; 3.5, floor 0.5 (-1.5), cap 4; 3.5, cap 4, 1.5."""
    run = run_deal(deal(**note(index={"kind": "simulated", "spread": 0.005})), cash())
    assert run.tranches["senior"].interest == pytest.approx(
        np.array([[5.5, 5.5, 5.5], [5.5, 2.5, 5.5], [5.5, 5.5, 3.5]])
    )


def test_a_rate_is_the_last_one_known_at_the_fixing():
    """Rates of mid-months: the one before the fixing counts, never the one after; after the last,
    the last."""
    days = (date(2023, 12, 31), date(2024, 12, 30), date(2025, 1, 1))
    rates = np.array([[0.01, 0.02, 0.03]])
    flows = DatedFlows(days, np.array([[0.0, 200.0, 0.0]]), np.zeros((1, 3)), short_rate=rates)
    run = run_deal(deal(**note({"kind": "floating"})), flows)
    assert run.terms.index[:, 0].tolist() == [0.01, 0.02, 0.03]


def test_a_swap_of_the_note_s_own_balance_takes_the_rate_away():
    """Fixed 4 % against the index on the senior's balance: what is left of interest and swap is 4
    % and the margin."""
    swap = {
        "kind": "swap",
        "name": "swap",
        "fixed": 0.04,
        "notional": {"kind": "of_balance", "tranches": ["senior"], "share": 1.0},
    }
    rates = np.random.default_rng(4).normal(0.03, 0.02, (200, len(DAYS)))
    floating = {"kind": "floating", "spread": 0.02, "floor": None}
    pay = before_last({"kind": "pay", "of": ["swap"]})
    base = note(floating)
    made = {**base, "hedges": [swap], "steps": [pay[0], *base["steps"]]}
    # A rate below -2 % would pay the holder nothing, which no swap gives back.
    flows = cash(np.maximum(rates, -0.02))
    run = run_deal(deal(**made), flows)
    fixed = run_deal(deal(**note({"kind": "fixed", "rate": 0.06})), flows)
    senior, interest = run.tranches["senior"], fixed.tranches["senior"].interest
    from_swap = run.cash_in - run.terms.cash.received.T
    to_swap = run.payees["hedging counterparty"]
    assert senior.interest.std() > 0.5 and from_swap.any() and to_swap.any()
    assert (senior.interest - from_swap).sum(axis=1) + to_swap == pytest.approx(
        interest.sum(axis=1)
    )
    assert run.tranches["sub"].cash == pytest.approx(fixed.tranches["sub"].cash)
    assert senior.balance == pytest.approx(fixed.tranches["senior"].balance)


def test_flows_without_rates_are_refused_and_a_given_array_serves():
    flows = DatedFlows(DAYS, cash().received, cash().costs)
    with pytest.raises(
        DealError, match="its index is simulated, but the cash flows have no short_rate"
    ):
        run_deal(deal(**note()), flows)
    run = run_deal(deal(**note()), flows, index=RATES[:, [0, 2, 4]])
    same = run_deal(deal(**note()), cash())
    assert np.array_equal(run.tranches["senior"].interest, same.tranches["senior"].interest)
    with pytest.raises(DealError, match=r"short_rate: shape \(2, 7\); expected a finite rate"):
        DatedFlows(DAYS, cash().received, cash().costs, short_rate=RATES[:2])


def test_rates_that_begin_after_closing_are_refused():
    flows = cash()
    late = DatedFlows(DAYS[1:], flows.received[:, 1:], flows.costs[:, 1:], short_rate=RATES[:, 1:])
    with pytest.raises(
        DealError, match="the short rate begins on 2024-06-30, after closing on 2023-12-31"
    ):
        run_deal(deal(**note()), late)


def tabled(rows, names="scenario,month,received,short_rate"):
    return flows_of_table(pd.DataFrame(rows, columns=names.split(",")), date(2023, 12, 31))


def test_a_table_may_bring_the_rate():
    """The first two hand-worked scenarios as a table, a rate without cash at month 0 and a cash
    row that repeats its rate."""
    rows = []
    for n, rates in enumerate(RATES[:2]):
        rows += [(n + 7, 6 * k, [0, 0, 30, 0, 30, 0, 65][k], rate) for k, rate in enumerate(rates)]
        rows.append((n + 7, 36, 65, rates[6]))
    flows = tabled(rows)
    assert np.array_equal(flows.short_rate, RATES[:2]) and np.array_equal(
        flows.received, cash().received[:2]
    )
    run = run_deal(deal(**note()), flows)
    assert run.tranches["senior"].interest == pytest.approx(
        np.array([[5.0, 5.1, 5.4], [5.0, 2.5, 5.5]])
    )
    kinds = [
        (6 * k, "received", [0, 0, 30, 0, 30, 0, 130][k], rate) for k, rate in enumerate(RATES[0])
    ]
    assert np.array_equal(tabled(kinds, "month,kind,amount,short_rate").short_rate, RATES[:1])


@pytest.mark.parametrize(
    ("rows", "expected_text"),
    [
        (
            [(1, 0, 0, 0.02), (1, 0, 5, 0.03)],
            "row 2, short_rate: got '0.02', and 0.03 in another row",
        ),
        (
            [(1, 0, 0, 0.02), (2, 12, 5, 0.03)],
            "no short_rate in scenario 1 on 2024-12-31; expected one in every",
        ),
        (
            [(1, 0, 0, 0.02), (1, 12, 5, None)],
            "row 3, short_rate: got ''; expected a rate per year",
        ),
        ([(1, 0, 0, 2.5)], "row 2, short_rate: got '2.5'; expected a rate per year of -1 to 1"),
    ],
)
def test_faulty_rates_of_a_table_are_reported(rows, expected_text):
    with pytest.raises(DealError, match=expected_text):
        tabled(rows)


def test_structuring_sizes_on_the_simulated_rates():
    """Stressed flows keep the rates: the stressed coverage of the senior is met at the same size
    as with the array."""
    limit = {"kind": "stress", "haircut": 0.2, "delay_months": 6}
    named = deal(**note(structure={"size": [{"tranche": "senior", "limits": [limit]}]}))
    early = cash(
        first=1
    )  # in the middle of each year, so that six months later it still meets the payment date
    bare = DatedFlows(DAYS, early.received, early.costs)
    one, other = structure_deal(named, early), structure_deal(named, bare, RATES[:, [0, 2, 4]])
    low = structure_deal(named, cash(RATES - 0.1, first=1))
    assert 0.0 < one.deal.tranches[0].balance == other.deal.tranches[0].balance
    assert one.deal.tranches[0].balance < low.deal.tranches[0].balance - 1.0


# From a study -----------------------------------------------------------------------------------

MARKET = {
    "cooperation": {"volatility": 0.3},
    "short_rate": {"initial": 0.03, "mean": 0.02, "mean_reversion": 0.3, "volatility": 0.015},
    "stresses": [{"name": "rates up", "overlays": [{"factor": "short_rate", "shift": 0.02}]}],
}


def studied(folder, market=MARKET, index=None, horizon=42, **more):
    made = note({"kind": "floating", "spread": 0.02}, index, pool_balance=40_000.0, currency="CNY")
    made["claims"] = [{"kind": "recovery_costs", "name": "costs"}]
    made["steps"] = [{"kind": "pay", "of": ["costs"]}, *made["steps"]]
    for key in ("cutoff_date", "closing_date"):
        made[key] = date(2026, 6, 30)
    made["legal_final"], made["schedule"]["first_payment"] = date(2029, 12, 31), date(2026, 12, 31)
    return study(
        folder,
        [loan(i, region="east") for i in range(40)],
        {"collection": {"settle_hazard": 0.02}},
        market=market,
        deal=made,
        simulation={"scenarios": 70, "horizon_months": horizon, "seed": 3, "threads": 1},
        **more,
    )


def test_a_study_s_deal_floats_over_its_own_world(tmp_path):
    """Fixed at closing and every 31 December: months 0, 6, 18 and 30."""
    case = studied(tmp_path)
    flows = case.simulate()
    run = run_deal_of(case)
    assert np.array_equal(run.terms.index.T, flows.short_rate[:, [0, 6, 18, 30]])
    coupon = np.maximum(flows.short_rate[:, 6] + 0.02, 0.0)
    owed = coupon * run.tranches["senior"].balance[:, 0]
    assert run.tranches["senior"].interest[:, 1] == pytest.approx(owed) and coupon.std() > 0.005
    shocked = run_deal_of(studied(tmp_path / "up", stress=["rates up"]))
    assert np.array_equal(shocked.terms.index[0], run.terms.index[0])
    assert shocked.terms.index[1:] == pytest.approx(run.terms.index[1:] + 0.02)
    assert np.array_equal(shocked.terms.cash.received, run.terms.cash.received)


def test_what_does_not_fit_is_reported(tmp_path):
    plain = {"cooperation": {"volatility": 0.3}}
    with pytest.raises(
        StudyError, match="deal.index.kind: got 'simulated', but the market has no short_rate"
    ):
        studied(tmp_path / "a", plain)
    late = studied(tmp_path / "b", horizon=12).warnings
    assert any("the reference rate of the last 2 of 4 periods, fixed later" in w for w in late)
    idle = studied(tmp_path / "c", index={"kind": "flat", "rate": 0.02}).warnings
    assert any("market.short_rate: simulated, but moves nothing here" in w for w in idle)
    loud = {**MARKET, "short_rate": {**MARKET["short_rate"], "volatility": 0.2}}
    assert any(
        "that is 20 percentage points over a year" in w
        for w in studied(tmp_path / "d", loud).warnings
    )
    assert not any("short_rate" in w for w in studied(tmp_path / "e").warnings)
    with pytest.raises(
        StudyError, match=r"overlays.0.factor: got 'short\*', which names no factor"
    ):
        read_study(
            tmp_path / "e" / "study.yaml", {"market.stresses.0.overlays.0": {"factor": "short*"}}
        )


def test_the_example_of_the_docs_is_one():
    text = (Path(__file__).parents[2] / "docs" / "deals.md").read_text(encoding="utf-8")
    found = YAML(typ="safe").load(text.split("```yaml\n")[1].split("```")[0])
    assert Market.model_validate(found["market"]).short_rate.mean == 0.03
    assert Tranche.model_validate(found["deal"]["tranches"][0]).coupon.cap == 0.06
    assert SimulatedIndex.model_validate(found["deal"]["index"]).spread == 0.004
