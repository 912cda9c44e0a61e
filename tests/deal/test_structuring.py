"""Terms solved for, the seller's side, the frontier and pools from recipes: closed forms and cases
by hand."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pytest

from npl_sim.core.errors import DealError
from npl_sim.securitization.pool_flows import FlowRecipe, pool_flows
from npl_sim.securitization.results.tranches import yield_of_mean
from npl_sim.securitization.sizing.seller import seller_result
from npl_sim.securitization.sizing.solve import solve_term
from npl_sim.securitization.sizing.structuring import structure_deal
from npl_sim.securitization.terms.structure import Seller, Solve
from npl_sim.securitization.waterfall.waterfall import run_deal
from npl_sim.stats import risk
from tests.builders.deals import annual, deal, deal_terms
from tests.deal.test_sizing import scenarios

YEARS = np.array([366, 731, 1096]) / 365


def solve(find, low, high, want):
    return Solve.model_validate({"find": find, "low": low, "high": high, "want": want})


def test_a_price_is_the_present_value_of_the_mean_cash():
    flows = scenarios()
    request = solve(
        {"kind": "price", "tranche": "sub"},
        0.01,
        5.0,
        {"kind": "yield", "tranche": "sub", "value": 0.12},
    )
    found = solve_term(deal(), request, flows)
    cash = run_deal(deal(), flows).tranches["sub"].cash
    values = cash @ 1.12**-YEARS / 20.0
    assert found.value.value == pytest.approx(values.mean(), rel=1e-10)
    assert found.value.se == pytest.approx(values.std(ddof=1) / np.sqrt(len(values)), rel=1e-6)
    assert found.deal.tranche("sub").price == found.value.value


def test_a_coupon_for_a_yield():
    """Paid in full on whole years: at a coupon c and at par the yield is c, but for the leap day
    that a year's dates count."""
    request = solve(
        {"kind": "coupon", "tranche": "senior"},
        0.0,
        0.4,
        {"kind": "yield", "tranche": "senior", "value": 0.08},
    )
    found = solve_term(deal(), request, annual(300, 0, 0))
    assert 1 + found.value.value == pytest.approx(1.08 ** YEARS[0], rel=1e-10)
    run = run_deal(found.deal, annual(300, 0, 0))
    rate = yield_of_mean(run.tranches["senior"].cash, run.terms.dates.years, 100.0).value
    assert rate == pytest.approx(0.08, abs=1e-9)


def test_a_margin_for_a_yield_and_its_error():
    """The error of the margin, by the delta method, against new scenarios; as wide as four errors
    of 30 sets."""
    tranches = deal_terms()["tranches"]
    tranches[0] = {
        "name": "senior",
        "balance": 100.0,
        "coupon": {"kind": "floating", "spread": 0.05},
    }
    floating = deal(tranches=tranches, index={"kind": "flat", "rate": 0.02})
    request = solve(
        {"kind": "coupon", "tranche": "senior"},
        0.0,
        0.5,
        {"kind": "yield", "tranche": "senior", "value": 0.07},
    )
    found = [solve_term(floating, request, scenarios(150, s)).value for s in range(30)]
    assert np.mean([f.se for f in found]) == pytest.approx(
        np.std([f.value for f in found], ddof=1), rel=0.6
    )


def test_a_reserve_for_an_interest_cover():
    """Nothing comes in the first year: interest of 10 is covered 1.5 times by a reserve of 15 % of
    the senior notes."""
    changes = deal_terms(
        accounts=[
            {
                "name": "r",
                "target": {"kind": "share_of", "tranches": ["senior"], "share": 0.01},
                "sweep": True,
            }
        ],
        structure={"initial": [{"account": "r", "tranches": ["senior"], "share": 0.01}]},
    )
    changes["steps"].insert(1, {"kind": "reserve", "account": "r"})
    request = solve(
        {"kind": "reserve", "account": "r"},
        0.0,
        0.5,
        {"kind": "interest_cover", "tranche": "senior", "quantile": 0.5, "value": 1.5},
    )
    found = solve_term(deal(**changes), request, annual(0, 60, 200))
    assert found.value.value == pytest.approx(0.15, abs=1e-9)
    account = found.deal.accounts[0]
    from npl_sim.reports.deal.structuring_text import _solved_row
    from npl_sim.reports.formats import money_unit

    assert _solved_row(found, money_unit(100.0))[:2] == ["reserve of r", "15.000%"]
    assert account.initial == pytest.approx(15.0) and account.target.share == pytest.approx(0.15)


def test_no_value_in_range_is_reported():
    request = solve(
        {"kind": "price", "tranche": "senior"},
        0.5,
        0.6,
        {"kind": "yield", "tranche": "senior", "value": 0.1},
    )
    with pytest.raises(
        DealError,
        match=r"no price of senior between 0\.5 and 0\.6 gives yield of senior 10\.000%; got "
        r"its cash is worth .* more than its price to its cash",
    ):
        solve_term(deal(), request, annual(60, 40, 50))
    request = solve(
        {"kind": "coupon", "tranche": "senior"},
        0.0,
        0.1,
        {"kind": "expected_loss", "tranche": "senior", "value": 0.5},
    )
    with pytest.raises(DealError, match="got it is 0.0000%"):
        solve_term(deal(), request, annual(60, 40, 50))


SELLER = {"gross_carrying": 500.0, "provisions": 380.0, "retained_rate": 0.1}


def sold(flows, changes=None, **seller):
    run = run_deal(deal(**(changes or {})), flows)
    return run, seller_result(run, Seller.model_validate({**SELLER, **seller}))


def test_vertical_retention_conserves():
    """What is sold and what is kept are the whole: balances, cash and value; 5 % of each class."""
    run, s = sold(scenarios(), retention={"kind": "vertical", "share": 0.05})
    assert s.notes["kept"].tolist() == pytest.approx([5.0, 1.0])
    assert (s.notes["kept"] + s.notes["sold"]).tolist() == pytest.approx(
        s.notes["balance"].tolist()
    )
    worth = {n: run.tranches[n].cash @ 1.1**-YEARS for n in ("senior", "sub")}
    assert s.kept_value.value == pytest.approx(0.05 * sum(x.mean() for x in worth.values()))
    assert s.kept_worst.value == pytest.approx(
        0.05 * risk.expected_shortfall(sum(worth.values()), 0.05).value
    )
    _, none = sold(
        scenarios(),
        retention={"kind": "vertical", "share": 0.0},
        required_yields=[{"tranche": n, "rate": 0.1} for n in worth],
    )
    assert s.kept_value.value + 0.95 * none.proceeds.value == pytest.approx(none.proceeds.value)
    # The discount does not depend on how much is kept at par: balances kept count as sold at par.
    _, half = sold(scenarios(), retention={"kind": "vertical", "share": 0.5})
    assert s.discount.value == pytest.approx(half.discount.value) == pytest.approx(1 - 120 / 500)


def test_closing_by_hand():
    """Sold 95 at par and 19 at 110 %: 115.9; less costs of 2 and a reserve of 4: 109.9. Kept are 5
    % of certain cash."""
    tranches = deal_terms()["tranches"]
    tranches[1]["price"] = 1.1
    changes = deal_terms(
        tranches=tranches,
        closing_costs=2.0,
        retained=0.05,
        accounts=[{"name": "r", "initial": 4.0}],
    )
    changes["steps"].insert(1, {"kind": "reserve", "account": "r"})
    changes["accounts"][0]["target"] = {"kind": "fixed", "amount": 4.0}
    _, s = sold(annual(130, 40, 0), changes)
    # First date: 130 and interest 10, principal 100, sub 20; then 40 and, at the end, the reserve
    # of 4 for the residual.
    kept = 0.05 * (
        110 * 1.1 ** -YEARS[0]
        + 20 * 1.1 ** -YEARS[0]
        + 40 * 1.1 ** -YEARS[1]
        + 4 * 1.1 ** -YEARS[2]
    )
    assert s.proceeds.value == pytest.approx(95 + 19 * 1.1) and s.cash.value == pytest.approx(
        109.9
    )
    assert s.kept_value.value == pytest.approx(kept)
    assert s.net_carrying == 120.0 and s.day_one.value == pytest.approx(109.9 + kept - 120.0)
    assert s.discount.value == pytest.approx(1 - (115.9 + 6.0) / 500) and s.qualifying


def test_horizontal_retention_fills_from_the_bottom():
    _, s = sold(annual(60, 40, 50), retention={"kind": "horizontal", "share": 0.05})
    assert s.notes["kept"].tolist() == [5.0, 20.0]  # 5 % of 500
    _, s = sold(annual(60, 40, 50), retention={"kind": "horizontal", "share": 0.05, "of": "notes"})
    assert s.notes["kept"].tolist() == [0.0, 6.0]
    with pytest.raises(DealError, match="more than all notes"):
        sold(annual(60, 40, 50), retention={"kind": "horizontal", "share": 0.3})


def test_qualifying_needs_both():
    assert not sold(annual(60, 40, 50), non_performing_share=0.89)[1].qualifying
    assert sold(annual(60, 40, 50), non_performing_share=0.9)[1].qualifying
    assert not sold(annual(60, 40, 50), changes={"pool_balance": 239.0})[1].qualifying
    assert sold(annual(60, 40, 50), changes={"pool_balance": 240.0})[1].qualifying


def test_buyers_yields_set_prices_with_their_errors():
    run, s = sold(
        scenarios(), required_yields=[{"tranche": "sub", "rate": 0.15, "loss_multiple": 2.0}]
    )
    t = run.tranches["sub"]
    loss = (t.balance[:, -1] + t.unpaid[:, -1]).mean() / 20.0
    paid = t.principal.sum(axis=1)
    life = (t.principal[paid > 0] @ YEARS / paid[paid > 0]).mean()
    worth = t.cash @ (1.15 + 2 * loss / life) ** -YEARS / 20.0
    assert s.notes["price"][1] == pytest.approx(worth.mean())
    assert s.notes["price_se"][1] == pytest.approx(worth.std(ddof=1) / np.sqrt(len(worth)))
    assert s.notes["price"][0] == 1.0 and s.notes["price_se"][0] == 0.0


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
        ({"expected_total": 10.0}, "collected sums to 20.00, more than expected_total, 10.00"),
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

    from npl_sim.reports.deal.structuring_plots import save_structuring
    from npl_sim.reports.deal.structuring_tables import structuring_summary, structuring_tables
    from npl_sim.reports.deal.structuring_text import print_structuring

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
    print_structuring(result, Console(width=140, highlight=False))
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
        "sizes have no standard error: it would have to count the sizes of the other tranches",
        "Sources and uses at closing",
    ):
        assert part in text, part
    tables = structuring_tables(result)
    assert set(tables) == {"tranches", "closing", "limits", "solved", "seller_notes", "frontier"}
    assert tables["frontier"].attrs["units"]["cash"] == "package currency"
    assert {p.name for p in save_structuring(result, tmp_path)} == {"limits.png", "frontier.png"}
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
