"""The head of a price and of a bid book says what stands behind the value."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from npl_sim.runs.folder import open_run
from tests.builders.studies import loan, study

POLICY = {
    "collection": {"settle_hazard": 0.05, "settlement_discount": {"ages": [0], "shares": [0.5]}},
    "sale": {"month": 12, "unsecured_price": 0.041},
}
STORE = """date,price,gbv,asset_class,source
2025-03-31,10,100,consumer,a list
2025-06-30,20,100,consumer,a list
2025-09-30,30,100,consumer,a list
"""


@pytest.fixture
def path(tmp_path):
    folder = tmp_path / "s"
    folder.mkdir()
    (folder / "own.csv").write_text(STORE, encoding="utf-8")
    case = study(
        folder,
        [loan(i) for i in range(20)],
        POLICY,
        market={"cooperation": {"volatility": 0.2}},
        simulation={"scenarios": 60, "horizon_months": 24},
        seller={"provision_coverage": {"default": 0.5}},
        sources=[
            {"keys": ["policies.*.unsecured_price"], "facts": ["cn_personal_price"]},
            {"keys": ["policies.*.sale.month"], "assumption": "a decision of the buyer"},
        ],
        comparables="own.csv",
    )
    return case.loaded.path


def test_a_price_counts_its_sources_and_measures_them_on_request(command, path, tmp_path):
    code, out, err = command("price", path, "--out", tmp_path / "a", "--no-figures")
    assert code == 0, err
    head = out.split("Price distribution")[0]
    assert "1 of 6 figures of market, collateral and policies has a published source" in head
    assert "1 is an assumption with a reason" in head and "is not measured" in head
    assert "3 of 3 comparables of own.csv matched" in head and "median 4" in head
    code, out, err = command("price", path, "--out", tmp_path / "b", "--no-figures", "--sources")
    assert code == 0, err
    head = out.split("Price distribution")[0]
    assert "of the effects of inputs on the value rest on unsourced figures" in head
    assert "not measured" not in head
    assert "Effect of inputs on the value, and unsourced figures" in out
    origins = open_run(tmp_path / "b").table("figure_sources").set_index("key")
    assert origins["state"].to_dict() == {
        "market.cooperation.volatility": "none",
        "policies.policy 0.collection.settle_hazard": "none",
        "policies.policy 0.collection.settlement_discount.ages.0": "none",
        "policies.policy 0.collection.settlement_discount.shares.0": "none",
        "policies.policy 0.sale.month": "assumption",
        "policies.policy 0.sale.unsecured_price": "published",
    }


def test_the_summary_holds_the_share_and_the_range(command, path, tmp_path):
    options = ("--out", tmp_path / "a", "--no-figures", "--sources", "--json")
    code, out, err = command("price", path, *options)
    assert code == 0, err
    found = json.loads(out)
    sources = found["sources"]
    assert (sources["figures"], sources["published"], sources["assumptions"]) == (6, 1, 1)
    weights = {r["input"]: r["unsourced"] / r["figures"] for r in sources["effects"]}
    assert weights["prices of a final sale"] == 0.5
    effects = {r["input"]: r["effect"] for r in sources["effects"]}
    share = sum(weights[name] * effects[name] for name in effects) / sum(effects.values())
    assert 0.5 < share < 1.0
    assert sources["unsourced_share"]["value"] == pytest.approx(share)
    rows = {row["asset_class"]: row for row in found["own_comparables"]["rows"]}
    assert rows["package"]["median"] == pytest.approx(0.2)
    assert rows["package"]["comparables"] == 3


def test_a_bid_book_says_both_in_text_report_and_workbook(command, path, tmp_path):
    code, out, err = command("bid", path, "--out", tmp_path / "a", "--no-figures")
    assert code == 0, err
    head = " ".join(out.split("Issues")[0].split())
    assert "of the effects of inputs on the value rest on unsourced figures" in head
    assert "3 of 3 comparables of own.csv matched" in head
    report = (tmp_path / "a" / "report.html").read_text(encoding="utf-8")
    assert "of the effects of inputs rest on figures without one" in report
    assert "Our comparables" in report and "3 deals" in report
    assert "Own comparables" in out
    sheets = pd.read_excel(
        tmp_path / "a" / "bid_book.xlsx",
        sheet_name=["Summary", "Assumptions"],
        header=None,
        engine="openpyxl",
    )
    cells, origins = sheets["Summary"], sheets["Assumptions"]
    assert any("rest on unsourced figures" in str(x) for x in cells.to_numpy().ravel())
    assert any("Yindeng Center" in str(x) for x in origins.to_numpy().ravel())


def test_masked_outputs_do_not_name_the_store(command, path, tmp_path):
    code, out, err = command("price", path, "--out", tmp_path / "a", "--no-figures", "--mask")
    assert code == 0, err
    assert "3 of 3 comparables of comparables matched" in out and "own.csv" not in out + err
    for file in (tmp_path / "a").iterdir():
        if file.suffix in (".json", ".txt", ".csv"):
            assert "own.csv" not in file.read_text(encoding="utf-8"), file.name
