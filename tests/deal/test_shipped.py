"""The deals that ship: they load, run, say where their terms come from, and hold what was
published.

Published figures: deal pages absbox.com.cn/deal/16HECUI01, 23GYZC08 and 23GYZC06; Scope Ratings,
announcement 165972 and rating report of 28 December 2020 (Buonconsiglio 3).
"""

from __future__ import annotations

import numpy as np
import pytest
from ruamel.yaml import YAML

from npl_sim.core.errors import StudyError
from npl_sim.securitization.results.triggers import trigger_results
from npl_sim.securitization.terms.ratings import HazardTable, PointsTable
from npl_sim.securitization.waterfall.waterfall import run_deal
from npl_sim.study.deal_file import load_deal
from npl_sim.study.flow_file import load_flows, load_recipe
from tests.builders.shipped import text_of
from tests.deal.shipped import DEALS, NAMES, at_issue_prices, load, published


def test_five_deals_ship():
    assert NAMES == [
        "buonconsiglio_3",
        "gongyuan_zhicheng_2023_6",
        "gongyuan_zhicheng_2023_8",
        "hecui_2016_1",
        "three_tranche",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_each_runs_on_its_recipe(name):
    deal, flows = load(name)
    run = run_deal(deal, flows)
    assert run.terms.cash.net.sum(axis=0) + run.terms.cash.after_last == pytest.approx(
        (flows.received - flows.costs).sum(axis=1)
    )
    assert (run.terms.cash.before_cutoff == 0.0).all()
    for t in run.tranches.values():
        assert t.balance[:, 0].max() <= t.original


@pytest.mark.parametrize("name", NAMES)
def test_each_says_what_is_assumed(name):
    deal = load_deal(DEALS / f"{name}.yaml")
    assert any(s.assumption for s in deal.sources)
    text = text_of(f"examples/deals/{name}.flows.yaml")
    assert "assumption:" in text


def test_he_cui_2016_1():
    """Predicted recovery 241.86 of 2,097.70 million is 11.530 %; support 19.31 %; non-refundable
    discount 88.89 %."""
    deal, flows = load("hecui_2016_1", 2000)
    recipe = load_recipe(DEALS / "hecui_2016_1.flows.yaml")
    assert (
        round(recipe.expected_total / 1e6, 2) == 241.86
        and round(deal.pool_balance / 1e6, 2) == 2097.70
    )
    assert f"{recipe.expected_total / deal.pool_balance:.3%}" == "11.530%"
    assert recipe.expected_total == published(deal, "predicted recovery")
    assert f"{deal.tranche('sub').balance / deal.notes:.2%}" == "19.31%"
    seller = at_issue_prices(deal, flows)
    assert f"{seller.discount.value:.2%}" == "88.89%" and seller.qualifying
    assert seller.notes["sold"].tolist() == pytest.approx(
        [178.6e6, 42.75e6]
    )  # 42.75 million were placed
    total = flows.received.sum(axis=1)
    assert abs(total.mean() - recipe.expected_total) < 4 * total.std() / np.sqrt(
        2000
    )  # fails by chance once in 16,000


def test_buonconsiglio_3():
    """A 154.0, B 21.0, J 4.541 on 679 million: A is 22.7 % of the pool and 85.8 % of the notes;
    discount 73.6 %."""
    deal, flows = load("buonconsiglio_3")
    assert [t.balance for t in deal.tranches] == [
        154.0e6,
        21.0e6,
        4.541e6,
    ] and deal.pool_balance == 679.0e6
    assert f"{deal.tranche('A').balance / deal.pool_balance:.1%}" == "22.7%"
    assert f"{deal.tranche('A').balance / deal.notes:.1%}" == "85.8%"
    assert f"{at_issue_prices(deal, flows).discount.value:.1%}" == "73.6%"
    assert deal.accounts[0].initial == pytest.approx(0.04 * 154.0e6)


def test_buonconsiglio_3_puts_mezzanine_interest_off():
    """On the plan itself B is paid from the first date; on half of it both ratios fail and B waits
    for A."""
    deal, flows = load("buonconsiglio_3", 1)
    plan = deal.business_plan.points
    days = tuple(p.date for p in plan)
    gains = np.diff([0.0, *(p.cumulative for p in plan)])

    def run(share):
        net = share * gains[None, :]
        return run_deal(deal, type(flows)(days, net, np.zeros_like(net)))

    good, bad = run(1.0), run(0.5)
    late = trigger_results(bad)
    assert late["CCR below 90 %"].ever.value == 1.0 and late["PVCPR below 90 %"].ever.value == 1.0
    first = int(np.argmax(good.tranches["B"].interest[0] > 0))
    assert (
        good.tranches["B"].interest[0, first] > 0
        and good.tranches["B"].balance[0, first] == 21.0e6
    )
    still = bad.tranches["A"].balance[0] > 0
    assert still.any() and (bad.tranches["B"].interest[0][still] == 0.0).all()


@pytest.mark.parametrize(
    ("name", "support", "discount"),
    # (pool - notes at their prices, 95 % sold, 5 % kept at par) / pool, from the published
    # balances and prices.
    [
        ("gongyuan_zhicheng_2023_8", 0.22840, 1 - (1250 + 370 * (0.95 * 1.17 + 0.05)) / 4073.5792),
        ("gongyuan_zhicheng_2023_6", 0.31250, 1 - (110 + 50 * (0.95 * 1.15 + 0.05)) / 495.4946),
    ],
)
def test_chinese_deals(name, support, discount):
    deal, flows = load(name)
    assert deal.tranche("sub").balance / deal.notes == pytest.approx(support, abs=5e-6)
    seller = at_issue_prices(deal, flows)
    assert seller.discount.value == pytest.approx(discount, abs=1e-9) and seller.qualifying
    predicted = published(deal, "predicted recovery")
    assert predicted / deal.pool_balance == pytest.approx(
        published(deal, "recovery over pool balance"), abs=6e-6
    )


def test_flow_files_that_are_wrong(tmp_path):
    path = tmp_path / "x.flows.yaml"
    path.write_text(
        "name: x\nmonth_zero: 2024-01-31\nexpected_total: -5\ncurve: [{month: 0, share: 0}, "
        "{month: 3, share: 0.9}]\nlevel_volatility: 0.1\n"
    )
    with pytest.raises(StudyError) as error:
        load_flows(path)
    assert ":3:1: expected_total:" in str(error.value) and "-5" in str(error.value)
    table = tmp_path / "x.csv"
    table.write_text("month,received\n1,5\n")
    with pytest.raises(StudyError, match="a table has its own seed"):
        load_flows(table, seed=3)


def test_tables_in_files_of_their_own(tmp_path):
    text = text_of("examples/deals/three_tranche.yaml")
    path = tmp_path / "deal.yaml"
    path.write_text(
        text.replace("package:ratings/hazards.yaml", "hazard.yaml"),
        encoding="utf-8",
    )
    (tmp_path / "hazards.yaml").write_text("kind: hazard\n")
    with pytest.raises(
        StudyError,
        match="structure.ratings: .*hazard.yaml: does not exist; expected a YAML file; did you "
        "mean 'hazards.yaml'",
    ):
        load_deal(path)
    path.write_text(path.read_text().replace("hazard.yaml", "hazards.yaml"), encoding="utf-8")
    with pytest.raises(StudyError, match=r"hazards.yaml:1:1: structure.ratings.*name"):
        load_deal(path)


def test_the_example_of_a_table_by_years_is_the_assumed_hazards():
    def table(name, model):
        text = text_of(f"ratings/{name}.yaml")
        return model.model_validate(YAML(typ="safe").load(text))

    hazard, points = table("hazards", HazardTable), table("example_points", PointsTable)
    for row in points.ratings:
        for years in points.years:
            for measure in ("default_probability", "expected_loss"):
                found = points.allowed(row.rating, measure, years)
                assert found == pytest.approx(hazard.allowed(row.rating, measure, years), abs=6e-6)
