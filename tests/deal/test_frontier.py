"""Frontier of tranche sizes, and the recipe for recovery scenarios."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pytest

from npl_sim.core.errors import DealError
from npl_sim.securitization.pool_flows import FlowRecipe, pool_flows
from npl_sim.securitization.results.tranches import yield_of_mean
from npl_sim.securitization.sizing.structuring import structure_deal
from npl_sim.securitization.waterfall.waterfall import run_deal
from tests.builders.deals import annual, deal, deal_terms
from tests.deal.structuring_terms import SELLER, YEARS
from tests.deal.test_sizing import scenarios


def frontier_deal(**more):
    structure = {
        "frontier": {"tranche": "senior", "low": 0.1, "high": 0.34, "points": 9},
        "follow": [{"kind": "share_of_notes", "tranche": "sub", "share": 0.2}],
        "seller": {
            **SELLER,
            "required_yields": [
                {"tranche": "senior", "rate": 0.06},
                {"tranche": "sub", "rate": 0.15},
            ],
        },
        **more,
    }
    return deal(structure=structure)


def test_the_frontier_is_monotone_where_it_must_be():
    """The same cash behind a larger senior: it loses more; of cash valued at two rates more is
    valued at the lower one."""
    flows = scenarios()
    table = structure_deal(frontier_deal(), flows).frontier
    assert np.allclose(table["size"], 500.0 * np.linspace(0.1, 0.34, 9))
    for column in ("expected_loss", "default_probability", "cash", "wal"):
        assert (np.diff(table[column]) >= -1e-12).all(), column
    assert (np.diff(table["cost_of_funds"]) <= 1e-9).all()
    assert (table["cost_of_funds"].between(0.06, 0.15)).all()
    row = table.iloc[4]
    run = run_deal(
        deal(
            tranches=[
                {**deal_terms()["tranches"][0], "balance": row["size"]},
                {"name": "sub", "balance": row["size"] / 4},
            ]
        ),
        flows,
    )
    senior, sub = (run.tranches[n].cash for n in ("senior", "sub"))
    brought = senior @ 1.06**-YEARS + sub @ 1.15**-YEARS
    assert row["proceeds"] == pytest.approx(brought.mean())
    assert row["cost_of_funds"] == pytest.approx(
        yield_of_mean(senior + sub, YEARS, brought.mean()).value
    )
    # The error of the cost is not that of cash on a fixed price: price and cash move together.
    assert row["cost_of_funds_se"] < 0.3 * yield_of_mean(senior + sub, YEARS, brought.mean()).se


def test_efficient_sizes():
    import pandas as pd

    from npl_sim.securitization.sizing.frontier import efficient

    table = pd.DataFrame(
        {
            "cash": [10, 11, 11, 9.0],
            "cost_of_funds": [0.05, 0.05, 0.06, 0.04],
            "expected_loss": [0.0, 0.0, 0.0, 0.1],
        }
    )
    assert efficient(table).tolist() == [False, True, False, True]


def test_sizes_and_terms_come_to_rest_together():
    """The coupon that gives the yield is that of the deal at its size; the limit holds with that
    coupon."""
    made = frontier_deal(
        size=[
            {
                "tranche": "senior",
                "limits": [{"kind": "expected_loss", "at_most": 0.01}],
                "round_to": 0.5,
            }
        ],
        solve=[
            {
                "find": {"kind": "coupon", "tranche": "senior"},
                "low": 0.0,
                "high": 0.3,
                "want": {"kind": "yield", "tranche": "senior", "value": 0.05},
            }
        ],
        frontier=None,
    )
    flows = scenarios()
    result = structure_deal(made, flows)
    run = run_deal(result.deal, flows)
    t = run.tranches["senior"]
    assert yield_of_mean(t.cash, YEARS, t.original).value == pytest.approx(0.05, abs=1e-6)
    coupon = result.deal.tranche("senior").coupon.rate
    loss = (t.balance[:, -1] + t.unpaid[:, -1]).mean() / t.original / (1 + coupon) ** 3
    assert loss <= 0.01 and result.sizing.sized[0].readings[0].value.value == pytest.approx(loss)
    assert result.deal.tranche("sub").balance == pytest.approx(t.original / 4)


def test_no_request_is_refused():
    with pytest.raises(DealError, match="has no structure; expected a section structure"):
        structure_deal(deal(), annual(60, 40, 50))


RECIPE = {
    "name": "pool",
    "month_zero": "2024-01-31",
    "expected_total": 100.0,
    "collected": [{"date": "2024-02-10", "amount": 20.0}],
    "curve": [{"month": 1, "share": 0.0}, {"month": 3, "share": 0.5}, {"month": 7, "share": 1.0}],
    "level_volatility": 0.3,
    "timing_volatility": 0.4,
    "autocorrelation": 0.7,
    "costs": 0.1,
    "scenarios": 4000,
    "seed": 3,
}


def test_a_recipe_has_the_moments_that_it_states():
    """Means within four standard errors and logs' deviations within four of theirs; odds of
    failing below 1 in 1,000."""
    flows = pool_flows(FlowRecipe.model_validate(RECIPE))
    assert flows.dates[:3] == (date(2024, 2, 10), date(2024, 3, 31), date(2024, 4, 30))
    assert (flows.received[:, 0] == 20.0).all() and np.allclose(flows.costs, 0.1 * flows.received)
    expected = np.array([20.0, 20.0, 10.0, 10.0, 10.0, 10.0])
    found = flows.received[:, 1:]
    assert (np.abs(found.mean(axis=0) - expected) < 4 * found.std(axis=0) / np.sqrt(4000)).all()
    logs = np.log(found)
    assert logs.std(axis=0) == pytest.approx(np.full(6, 0.5), rel=4 / np.sqrt(8000))
    rho = (0.3**2 + 0.4**2 * 0.7) / 0.25
    assert np.corrcoef(logs[:, 0], logs[:, 1])[0, 1] == pytest.approx(
        rho, abs=4 * (1 - rho**2) / np.sqrt(4000)
    )
    fewer = pool_flows(FlowRecipe.model_validate({**RECIPE, "scenarios": 7}))
    assert np.array_equal(fewer.received, flows.received[:7])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"curve": [{"month": 1, "share": 0.1}, {"month": 3, "share": 1.0}]},
            "expected them to rise from 0 to 1",
        ),
        (
            {"curve": [{"month": 3, "share": 0.0}, {"month": 3, "share": 1.0}]},
            "expected them to rise",
        ),
        (
            {"expected_total": 10.0},
            "collected sums to 20.00; expected at most expected_total, 10.00",
        ),
        (
            {"collected": [{"date": "2024-05-01", "amount": 1.0}]},
            "expected the curve to begin after what is collected",
        ),
    ],
)
def test_recipes_that_do_not_fit(change, message):
    with pytest.raises(ValueError, match=message):
        FlowRecipe.model_validate({**RECIPE, **change})


def test_what_is_printed_and_written(tmp_path, capsys):
    from rich.console import Console

    from npl_sim.reports.deal.structuring_plots import drawings
    from npl_sim.reports.deal.structuring_tables import structuring_summary, structuring_tables
    from npl_sim.reports.deal.structuring_text import structuring_report
    from npl_sim.reports.figure_files import save_each

    made = frontier_deal(
        size=[
            {
                "tranche": "senior",
                "limits": [
                    {"kind": "expected_loss", "at_most": 0.01},
                    {"kind": "stress", "haircut": 0.2},
                ],
            }
        ],
        solve=[
            {
                "find": {"kind": "price", "tranche": "sub"},
                "low": 0.01,
                "high": 9.0,
                "want": {"kind": "yield", "tranche": "sub", "value": 0.2},
            }
        ],
    )
    result = structure_deal(made, scenarios(200))
    Console(width=140, highlight=False).print(structuring_report(result), crop=False)
    text = capsys.readouterr().out
    size = result.sizing.sized[0].balance.value
    for part in (
        f"Size   senior {size:.2f}",
        "Bound by: expected loss at most 1.0000%",
        "binds",
        "cash at closing",
        "result of the day",
        "qualifying",
        "price of sub",
        "Frontier",
        "of the pool; standard error -)",
        "sizes have no standard error: structure.resamples is 0",
        "Sources and uses at closing",
    ):
        assert part in text, part
    tables = structuring_tables(result)
    assert set(tables) == {"tranches", "closing", "limits", "solved", "seller_notes", "frontier"}
    assert tables["frontier"].attrs["units"]["cash"] == "package currency"
    assert {p.name for p in save_each(drawings(result), tmp_path)} == {
        "limits.png",
        "frontier.png",
    }
    data = structuring_summary(result)
    assert data == json.loads(json.dumps(data, allow_nan=False))
    assert (
        data["sized"][0]["balance"]["value"] == size
        and data["seller"]["cash"]["value"] == result.seller.cash.value
    )


def test_one_scenario_has_no_errors_to_tell():
    result = structure_deal(
        frontier_deal(
            size=[{"tranche": "senior", "limits": [{"kind": "expected_loss", "at_most": 0.0}]}]
        ),
        annual(60, 40, 50),
    )
    assert np.isnan(result.sizing.sized[0].balance.se)
