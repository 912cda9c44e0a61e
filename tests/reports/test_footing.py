"""Every table of every output adds up to the headline to the cent, in every way in which a run is
kept."""

from __future__ import annotations

import io
import json
import re
from decimal import Decimal
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from rich.console import Console

from npl_sim.analysis.committee import bid_book
from npl_sim.core.layout import KIND_IS_INFLOW, TILE, Kind
from npl_sim.reports.bid_book import concentration
from npl_sim.reports.bid_book.money import unit_of
from npl_sim.reports.bid_book.text import bid_text
from npl_sim.reports.bid_book.workbook import write_workbook
from npl_sim.reports.price.text import price_report
from npl_sim.reports.table import cell_texts
from npl_sim.runs.folder import SaveOptions, open_run
from npl_sim.runs.place import RunPlace
from npl_sim.runs.priced_run import write_run
from npl_sim.runs.study_session import load_study
from npl_sim.stats.discount import discount_factors
from tests.builders.studies import study
from tests.engine.test_same_bits import MARKET, POLICIES, tape

SHIPPED = Path(__file__).parents[2] / "configs/studies/first_package.yaml"
CENT = 0.005

CONTRACT = {
    "name": "city",
    "tiers": [{"up_to": 0.1, "rate": 0.2}, {"rate": 0.35}],
    "fixed_monthly": 10,
}
PLACED = {
    "contracts": [CONTRACT],
    "policies.1.collection.agencies": [
        {"name": "A", "from_month": 1, "months": 4, "contract": "city"}
    ],
}
STRESSED = MARKET | {
    "stresses": [{"name": "slump", "overlays": [{"factor": "index:*", "multiplier": 0.7}]}]
}

SCENES = {
    "kinds": {"simulation.detail": "kinds"},
    "totals": {"simulation.detail": "totals"},
    "streamed": {"simulation.detail": "streamed"},
    "placements": PLACED,
    "placements, streamed": PLACED | {"simulation.detail": "streamed"},
    "stress": {"stress": ["slump"]},
    "precision": {"simulation.precision": 0.01},
    "precision, kinds": {"simulation.precision": 0.01, "simulation.detail": "kinds"},
    "precision, streamed": {"simulation.precision": 0.01, "simulation.detail": "streamed"},
    "another rate": {"pricing.required_return": 0.2, "pricing.cash_timing": "mid_month"},
    "few": {"simulation.scenarios": 20},
    "two": {"simulation.scenarios": 2},
    "quiet": {"market": {}},
}


def loaded(folder: Path, **changes):
    loans, items = tape(24)
    size = {
        "scenarios": 2 * TILE + 9,
        "horizon_months": 36,
        "seed": 5,
        "threads": 1,
        "group_by": "region",
    }
    terms = {"house": {"appraisal_error": 0.1, "drift_volatility": 0.1, "bid_volatility": 0.1}}
    # Odd amounts, so that nothing adds up by chance.
    loans = [row | {"principal": 1e6 * row["principal"] / 7.0} for row in loans]
    items = [item | {"appraisal_value": 1e6 * item["appraisal_value"] / 7.0} for item in items]
    study(
        folder,
        loans,
        POLICIES,
        items,
        market=STRESSED,
        collateral=terms,
        simulation=size,
        pricing={"servicing_rate": 0.03, "target_irr": 0.15, "purchase_cost": 0.01},
    )
    return load_study(folder / "study.yaml", changes)


@pytest.fixture(scope="module", params=[*SCENES, "shipped"])
def scene(request, tmp_path_factory):
    """A priced study and its run folder."""
    folder = tmp_path_factory.mktemp("footing")
    if request.param == "shipped":
        case = load_study(SHIPPED, {"simulation.scenarios": 60, "simulation.threads": 1})
    else:
        case = loaded(folder, **SCENES[request.param])
    result = case.price()
    options = SaveOptions(figures=False, cash=False)
    write_run(RunPlace(folder / "run"), case.study, case.table, result, {}, options)
    return case, result, open_run(folder / "run")


def test_files_add_up_to_the_headline(scene):
    _, result, run = scene
    mean = json.loads((run.folder / "summary.json").read_text(encoding="utf-8"))["price"]["mean"][
        "value"
    ]
    assert mean == result.mean.value
    prices = run.table("prices")
    assert (
        prices["weight"].sum() == pytest.approx(1.0, abs=1e-12) and prices["weight"].min() >= 0.0
    )
    assert float(prices["weight"] @ prices["pv"]) == pytest.approx(mean, abs=CENT)
    for name, table in run.summary["breakdowns"].items():
        assert sum(row["pv"] for row in table) == pytest.approx(mean, abs=CENT), name
        assert sum(row["share_of_pv"] for row in table) == pytest.approx(1.0, abs=1e-9)
        file = run.table(f"value_by_{name}")
        assert file["pv"].sum() == pytest.approx(mean, abs=CENT), name
    net = float(prices["weight"] @ prices["net_cash"])
    kinds = run.table("value_by_kind")
    assert kinds["amount"].sum() == pytest.approx(net, abs=CENT)
    curve = result.recovery[result.recovery["measure"] == "net"]
    assert curve["mean"].iloc[-1] * result.gbv == pytest.approx(net, abs=CENT)


def test_cash_by_month_adds_up_to_the_headline(scene):
    _, result, run = scene
    terms, months = result.pricing, result.flows.months
    factor = discount_factors(terms.required_return, months, terms.cash_timing)
    cash = run.table("cash")
    worth = float((cash["amount"] * factor[cash["month"]]).sum())
    assert worth == pytest.approx(result.mean.value, abs=CENT)
    receipts = {k.name.lower() for k in Kind if KIND_IS_INFLOW[k]}
    for measure, chosen in (("gross", cash[cash["kind"].isin(receipts)]), ("net", cash)):
        by_month = np.bincount(chosen["month"], chosen["amount"], months + 1).cumsum()
        curve = result.recovery[result.recovery["measure"] == measure]["mean"].to_numpy()
        assert curve * result.gbv == pytest.approx(by_month, abs=CENT)
    stages = run.table("stage_gbv").groupby("month")["gbv"].sum()
    assert stages.to_numpy() == pytest.approx(result.gbv, abs=CENT)
    loans = run.table("loans")
    received, costs = (float(loans[c].sum()) for c in ("received_mean", "costs_mean"))
    assert received == pytest.approx(
        cash.loc[cash["kind"].isin(receipts), "amount"].sum(), abs=CENT
    )
    assert received + costs == pytest.approx(cash["amount"].sum(), abs=CENT)


def test_every_estimate_has_the_same_weights(scene):
    """By hand from the file of prices: quantiles, shortfall, spread and the probability of a cash
    loss."""
    _, result, run = scene
    prices = run.table("prices").sort_values("pv", kind="stable")
    pv, weight = prices["pv"].to_numpy(), prices["weight"].to_numpy()
    below = weight.cumsum()
    for level, found in result.quantiles.items():
        assert found.value == pv[np.searchsorted(below, level - 1e-9)], level
    level = result.pricing.shortfall_level
    taken = np.clip(level - (below - weight), 0.0, weight)
    assert result.expected_shortfall.value == pytest.approx(float(taken @ pv) / level, rel=1e-9)
    n = result.scenarios
    spread = float(weight @ (pv - weight @ pv) ** 2) * n / (n - 1)
    assert result.sd.value == pytest.approx(np.sqrt(spread), rel=1e-9)
    for test in result.tests:
        lost = float(weight[prices["net_cash"].to_numpy() < test.outlay * (1 - 1e-9)].sum())
        assert test.cash_loss.value == pytest.approx(lost, abs=1e-9)
    total = prices["net_cash"].to_numpy()
    assert result.sample.mean(result.net_total).value == pytest.approx(
        float(weight @ total), rel=1e-12
    )


def printed(result) -> str:
    file = io.StringIO()
    Console(file=file, width=240, force_terminal=False).print(price_report(result), crop=False)
    return file.getvalue()


def number(cell: str) -> Decimal:
    return Decimal(cell.replace(",", "").rstrip("%"))


def test_printed_parts_add_up_to_the_printed_total(scene):
    """To the last digit shown, shares of the price to 100.0 %; the total is the printed
    headline."""
    _, result, _ = scene
    blocks = printed(result).split("\n\n")
    headline = next(b for b in blocks if b.startswith("Price distribution"))
    mean = next(line for line in headline.splitlines() if line.startswith("mean ")).split()[1]
    tables = [b for b in blocks if b.startswith("Value by")]
    assert tables
    for table in tables:
        rows = [re.split(r"\s{2,}", line.strip()) for line in table.strip().splitlines()]
        width = len(rows[-1])
        body = [
            row for row in rows[1:] if len(row) == width and re.fullmatch(r"-?[\d,.]+%?|-", row[1])
        ]
        *parts, total = body
        assert total[0] in ("total", "net")
        # name, GBV, price, error, % of GBV, % of price, receipts, costs; or name, expected, price,
        # error, % of GBV
        summed = (1, 2, 5, 6, 7) if total[0] == "total" else (1, 2, 4)
        for column in summed:
            cells = [row[column] for row in (*parts, total)]
            if "-" in cells:
                continue
            assert sum(map(number, cells[:-1])) == number(cells[-1]), (
                table.splitlines()[0],
                column,
            )
        if total[0] == "total":
            assert total[5] == "100.0%"
        places = len(total[2].partition(".")[2])
        assert abs(number(total[2]) - number(mean)) <= Decimal(5) / 10 ** min(places, 3), (
            total,
            mean,
        )


@pytest.mark.parametrize("name", ["totals", "placements", "stress", "precision", "two"])
def test_the_bid_book_adds_up(tmp_path, name):
    case = loaded(tmp_path, **SCENES[name])
    result = case.price()
    book = bid_book(case.study, case.table, result)
    mean = result.mean.value
    loans = book.parts.loans
    assert loans["mean"].sum() == pytest.approx(mean, abs=CENT)
    assert loans["sd"].sum() == pytest.approx(result.sd.value, abs=CENT)
    assert loans["shortfall"].sum() == pytest.approx(result.expected_shortfall.value, abs=CENT)
    assert loans["mean"].to_numpy() == pytest.approx(
        result.flows.loans["pv_mean"].to_numpy(), abs=CENT
    )
    assert book.by_segment["mean"].sum() == pytest.approx(mean, abs=CENT)
    by_segment = result.breakdowns["segment"].set_index("segment")["pv"]
    assert book.by_segment.set_index("segment")["mean"].to_numpy() == pytest.approx(
        by_segment.reindex(book.by_segment["segment"]).to_numpy(), abs=CENT
    )
    first = book.stresses.iloc[0]
    assert (first["price"], first["bid"]) == (mean, book.bid.price.value)
    row = int(np.argmax(book.grid.returns == result.pricing.required_return))
    assert book.grid.price[row, -1] == pytest.approx(mean, abs=CENT)
    assert (book.tornado["price"] - book.tornado["change"]).to_numpy() == pytest.approx(
        mean, abs=CENT
    )
    items = sum(book.bid.ledger.items.values())
    assert items == pytest.approx(book.bid.ledger.own_mean, abs=CENT)
    assert sum(book.keep.parts.values()) == pytest.approx(book.keep.value.value, abs=CENT)
    steps = book.deal.price_steps
    assert steps["amount"].sum() == pytest.approx(book.bid.price.value, abs=CENT)
    gap = result.expected_shortfall.value - mean
    assert book.factors["tail"].sum() == pytest.approx(gap, abs=CENT)
    _written(tmp_path, case, book)


def _written(folder: Path, case, book) -> None:
    """Check workbook and text: parts above a total add up to it as they are shown."""
    unit = unit_of(book)
    for table in concentration.part_tables(book):
        rows = cell_texts(table, unit)
        for column in ("GBV", "price", "share of price", "part of std deviation", "bid"):
            at = [c.name for c in table.columns].index(column)
            cells = [number(row[at]) for row in rows if row[at] != "-"]
            assert sum(cells[:-1]) == cells[-1], (table.title, column)
    text = bid_text(book, "CNY")
    assert "Value of the package" in text or "By segment" in text
    file = openpyxl.load_workbook(
        write_workbook(folder / "book.xlsx", case.study, case.table, book)
    )
    sheet = file["Distribution"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    start = next(i for i, row in enumerate(rows) if row[0] == "Expected cash by kind")
    net = next(i for i in range(start, len(rows)) if rows[i][0] == "net")
    parts = [row[2] for row in rows[start + 2 : net] if isinstance(row[2], float)]
    assert sum(parts) == pytest.approx(rows[net][2], abs=CENT)
    assert rows[net][2] == pytest.approx(book.result.mean.value, abs=CENT)
    assert rows[net][3] == pytest.approx(book.result.mean.se, rel=1e-9)
