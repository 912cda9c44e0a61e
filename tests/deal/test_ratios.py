"""What triggers compare with their limits is reported by date, by hand and for one scenario."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from npl_sim.reports.deal.ledger_text import ledger_text
from npl_sim.reports.deal.parts import limit_texts, ratios_line
from npl_sim.reports.deal.tables import deal_summary, deal_tables
from npl_sim.securitization.collections import DatedFlows
from npl_sim.securitization.results.by_date import interest_cover_by_date, ratios_by_date
from npl_sim.securitization.results.ledger import ledger_of, state_table
from npl_sim.securitization.results.outcome import outcome_of
from npl_sim.securitization.waterfall.waterfall import run_deal
from tests.builders.deals import deal

YEARS = tuple(date(2024 + n, 12, 31) for n in range(3))
PLAN = {
    "kind": "points",
    "points": [
        {"date": "2024-12-31", "cumulative": 50.0},
        {"date": "2025-12-31", "cumulative": 80.0},
        {"date": "2026-12-31", "cumulative": 100.0},
    ],
}
TRIGGERS = [
    {"kind": "collection_ratio", "name": "ccr", "below": 0.8, "first_test": 2},
    {"kind": "servicer_replacement", "name": "servicer", "below": 0.7},
    {"kind": "profitability_ratio", "name": "pvcpr", "below": 0.9, "proxy_rate": 0.1},
    {"kind": "cumulative_loss", "name": "loss", "above": 0.03},
    {"kind": "cumulative_loss", "name": "resolved", "measure": "resolved", "above": 0.1},
    {"kind": "interest_shortfall", "name": "short", "tranches": ["senior"]},
    {"kind": "balance", "name": "small", "tranches": ["senior"], "at_most": 0.5},
    {"kind": "from_date", "name": "late", "date": "2026-01-01"},
]


def run(*rows):
    received = np.array(rows, dtype=float)
    extras = {"resolved": np.tile([100.0, 100.0, 100.0], (len(rows), 1))}
    flows = DatedFlows(YEARS, received, np.zeros_like(received), extras)
    return run_deal(deal(business_plan=PLAN, triggers=TRIGGERS), flows)


def test_every_ratio_by_hand():
    """One scenario of 5, 39 and 60. Senior notes of 100 at 10 %: 5 of the first 10 of interest are
    short."""
    found = {name: values[0].tolist() for name, values in run((5, 39, 60)).tested.items()}
    assert found["ccr"][1:] == pytest.approx([44 / 80, 104 / 100]) and np.isnan(found["ccr"][0])
    assert found["servicer"] == pytest.approx([5 / 50, 44 / 80, 104 / 100])
    v = [1.1 ** -(d / 365) for d in (366, 731, 1096)]
    upper, lower = np.cumsum(np.multiply([5, 39, 60], v)), np.cumsum(np.multiply([50, 30, 20], v))
    assert found["pvcpr"] == pytest.approx(list(upper / lower))
    assert found["loss"] == pytest.approx([45 / 500, 36 / 500, -4 / 500])
    assert found["resolved"] == pytest.approx([95 / 500, 156 / 500, 196 / 500])
    # The first date left 5 of interest unpaid. On the second, 5.5 and 10 are paid from 39, so
    # that 23.5 go to principal.
    assert found["short"] == pytest.approx([0.0, 0.05, 0.0])
    assert found["small"] == pytest.approx([1.0, 1.0, 0.765])
    assert "late" not in found


def test_the_table_by_date_has_median_and_quantiles():
    rows = [(x, 30, 20) for x in (10, 20, 30, 40, 50)]
    found = ratios_by_date(run(*rows), (0.05, 0.5))
    row = found[(found["trigger"] == "servicer") & (found["payment"] == 1)].iloc[0]
    assert (row["0.5"], row["0.05"], row["mean"]) == pytest.approx((0.6, 0.2, 0.6))
    assert (row["fails"], row["limit"], row["tested"], row["failed"]) == ("below", 0.7, 1.0, 0.6)
    assert row["se"] == pytest.approx(np.std([0.2, 0.4, 0.6, 0.8, 1.0], ddof=1) / 5**0.5)
    assert row["failed_se"] == pytest.approx((0.6 * 0.4 / 5) ** 0.5, rel=0.2)
    loss = found[(found["trigger"] == "loss") & (found["payment"] == 1)].iloc[0]
    assert loss["fails"] == "above" and loss["failed"] == pytest.approx(
        0.6
    )  # 40, 30 and 20 of 500
    untested = found[(found["trigger"] == "ccr") & (found["payment"] == 1)].iloc[0]
    assert untested["tested"] == 0.0 and np.isnan(untested["0.5"]) and untested["failed"] == 0.0


@pytest.mark.parametrize("name", ["servicer", "loss", "short", "small"])
def test_a_value_that_fails_makes_its_trigger_active(name):
    """The values are those that were tested: a trigger that cannot be cured is active once one has
    failed."""
    rng = np.random.default_rng(8)
    found = run(*rng.uniform(0, 80, (50, 3)))
    table = ratios_by_date(found)
    sides = table.set_index("trigger").loc[name].iloc[0]
    values, limit = found.tested[name], sides["limit"]
    failed = {"below": values < limit, "above": values > limit, "at most": values <= limit}[
        sides["fails"]
    ]
    assert np.array_equal(np.logical_or.accumulate(failed, axis=1), found.active[name])


def test_a_ratio_without_denominator_and_a_deal_that_has_ended():
    plan = {
        "kind": "points",
        "points": [
            {"date": "2024-12-31", "cumulative": 0.0},
            {"date": "2026-12-31", "cumulative": 9.0},
        ],
    }
    call = {"tranches": ["senior"], "below": 1.0, "first_date": 2, "price": {"kind": "notes"}}
    received = np.array([[30.0, 30.0, 900.0], [30.0, 30.0, 0.0]])
    flows = DatedFlows(YEARS, received, np.zeros_like(received))
    found = run_deal(deal(business_plan=plan, triggers=[TRIGGERS[1]], clean_up_call=call), flows)
    values = found.tested["servicer"][0]
    assert found.called.tolist() == [True, False]
    assert np.isinf(values[0]) and np.isfinite(values[1]) and np.isnan(values[2])
    assert np.isfinite(found.tested["servicer"][1, 2])
    assert ratios_by_date(found)["tested"].tolist() == [0.0, 1.0, 0.5]
    state = state_table(found, 0).to_dict(orient="records")[0]
    assert "servicer without denominator (fails below 0.7)" in ratios_line(
        state, limit_texts(found.deal)
    )


def test_one_scenario_tells_its_own_values():
    found = run((5, 39, 60), (50, 30, 20))
    text = ledger_text(
        ledger_of(found, 0), state_table(found, 0), 0, "CNY", limit_texts(found.deal)
    )
    first, second = (
        x for x in text.splitlines() if "tested:" in x and ("0.1000" in x or "0.5500" in x)
    )
    assert "servicer 0.1000 (fails below 0.7)" in first and "ccr" not in first
    assert "ccr 0.5500 (fails below 0.8)" in second and "loss 0.0720 (fails above 0.03)" in second
    assert "interest cover of senior 0.5000" in first
    assert state_table(found, 1)["tested servicer"].tolist() == pytest.approx([1.0, 1.0, 1.0])


def test_files_and_summary_hold_the_ratios():
    outcome = outcome_of(run((5, 39, 60), (50, 30, 20)))
    rows = deal_summary(outcome)["ratios"]
    row = next(r for r in rows if r["trigger"] == "loss" and r["payment"] == 2)
    assert (
        row["date"] == "2025-12-31" and row["limit"] == 0.03 and row["0.5"] == pytest.approx(0.0)
    )
    assert len(deal_tables(outcome)["ratios"]) == 7 * 3
    cover = interest_cover_by_date(outcome.run, (0.5,))
    assert cover["tranche"].unique().tolist() == ["senior"]
    assert cover["0.5"].tolist()[0] == pytest.approx(0.5) and cover["mean"].tolist()[
        0
    ] == pytest.approx(2.75)
