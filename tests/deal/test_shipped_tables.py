"""The pages and tables on shipped deals agree with the deals."""

from __future__ import annotations

import csv
import re

import pytest

from npl_sim.study.deal_file import load_deal
from npl_sim.study.flow_file import load_recipe
from tests.deal.shipped import DEALS, NAMES, ROOT, TABLES, published, rows


def test_the_table_of_chinese_deals_says_the_same():
    row = rows("cn_npas_deals.csv")["工元至诚2023-8"]
    deal = load_deal(DEALS / "gongyuan_zhicheng_2023_8.yaml")
    assert float(row["gbv_total_10k_cny"]) * 1e4 == pytest.approx(deal.pool_balance)
    assert [float(row[k]) * 1e4 for k in ("senior_10k", "sub_10k")] == [
        t.balance for t in deal.tranches
    ]
    assert float(row["senior_coupon_pct"]) / 100 == pytest.approx(
        deal.tranche("senior").coupon.rate
    )
    assert float(row["sub_price"]) / 100 == pytest.approx(deal.tranche("sub").price)
    assert [row[k] for k in ("cutoff_date", "closing_date", "legal_final")] == [
        str(getattr(deal, k)) for k in ("cutoff_date", "closing_date", "legal_final")
    ]
    assert float(row["pred1_10k"]) * 1e4 == pytest.approx(
        load_recipe(DEALS / "gongyuan_zhicheng_2023_8.flows.yaml").expected_total
    )
    assert float(row["senior_wal"]) == published(deal, "weighted average life of senior")


def test_the_table_of_what_came_says_the_same():
    row = rows("cn_npas_actual_vs_predicted.csv")
    deal = load_deal(DEALS / "hecui_2016_1.yaml")
    assert float(row["和萃2016-1"]["actual_10k"]) * 1e4 == published(
        deal, "collected before closing"
    )
    mortgages = load_deal(DEALS / "gongyuan_zhicheng_2023_8.yaml")
    assert float(row["工元至诚2023-8"]["actual_10k"]) * 1e4 == pytest.approx(
        published(mortgages, "collected by 30 April 2025"), rel=1e-6
    )


def test_the_table_of_italian_deals_and_its_order_of_payments_agree():
    row = rows("gacs_and_eu_npl_deals.csv")["Buonconsiglio 3"]
    deal = load_deal(DEALS / "buonconsiglio_3.yaml")
    assert [float(row[k]) * 1e6 for k in ("A_m", "B_m", "J_m")] == pytest.approx(
        [t.balance for t in deal.tranches]
    )
    assert float(row["gbv_m"]) * 1e6 == deal.pool_balance and row["close"] == str(
        deal.closing_date
    )
    path = TABLES / "gacs_waterfall.csv"
    with path.open(encoding="utf-8") as file:
        items = [r["item"] for r in csv.DictReader(file)]
    deal_terms = [
        ("service providers", "agents"),
        ("State guarantee", "State guarantee"),
        ("senior interest", "interest A"),
        ("replenish", "cash reserve"),
        ("mezzanine interest", "interest B"),
        ("senior principal", "principal A"),
        ("mezzanine principal", "principal B"),
        ("junior", "residual J"),
    ]
    from npl_sim.securitization.terms.steps import step_label

    labels = [step_label(s) for s in deal.steps]
    law = [next(i for i, item in enumerate(items) if item.startswith(a)) for a, _ in deal_terms]
    ours = [
        next(i for i, label in enumerate(labels) if label.startswith(b)) for _, b in deal_terms
    ]
    assert law == sorted(law) and ours == sorted(ours)


def test_the_page_holds_what_was_published():
    """The page has every published amount that its tables compare; every deal has its tables."""
    page = (ROOT / "docs" / "deals_shipped.md").read_text(encoding="utf-8")
    assert not re.search(
        r"± 0\.?0*%? \|", page
    )  # an error is a figure, below a digit, or not known
    for name in NAMES:
        block = re.search(rf"<!-- {name} sizes -->\n(.*?)<!-- end -->", page, re.S)
        assert block and "bound by" in block[1]
    for name in [n for n in NAMES if n != "three_tranche"]:
        deal = load_deal(DEALS / f"{name}.yaml")
        block = re.search(rf"<!-- {name} -->\n(.*?)<!-- end -->", page, re.S)[1]
        for p in deal.published:
            if p.name.startswith(("predicted recovery", "senior balance")):
                assert f"{p.value / 1e6:,.2f}" in block, p.name
            if p.name.startswith("weighted average life"):
                assert f"| {p.value:.2f} |" in block, p.name


@pytest.mark.parametrize("name", ["hecui_2016_1", "three_tranche"])
def test_the_page_prints_what_the_command_prints(name, tmp_path, capsys):
    """Sizes, what binds them, and the terms solved for are those of `npl-sim deal size` with the
    shipped recipe, to the last digit."""
    from npl_sim.cli.deal import size

    deal = load_deal(DEALS / f"{name}.yaml")
    size(
        DEALS / f"{name}.yaml",
        flows=DEALS / f"{name}.flows.yaml",
        out=tmp_path / "out",
        figures=False,
    )
    reported = capsys.readouterr().out
    page = (ROOT / "docs" / "deals_shipped.md").read_text(encoding="utf-8")
    rows = re.search(rf"<!-- {name} sizes -->\n(.*?)<!-- end -->", page, re.S)[1].splitlines()[2:]
    sized = [line for line in reported.splitlines() if line.startswith("Size ")]
    sizes, terms = rows[: len(sized)], rows[len(sized) :]
    for row, line in zip(sizes, sized, strict=True):
        ours = re.match(
            r"\| (\w+) \| ([\d.,]+) \| ([\d.,]+), bound by (.*?)(?: \(\d.*)? \|$", row
        ).groups()
        shown = re.match(
            r"Size   (\w+) ([\d.,]+) .*file has ([\d.,]+)\. Bound by: (.*?)(?: "
            r"\(rests.*)?$",
            line,
        ).groups()
        assert (ours[0], ours[3]) == (shown[0], shown[3])
        assert float(ours[2]) == pytest.approx(float(shown[1]), abs=0.006)
        assert float(ours[1]) == pytest.approx(float(shown[2]), abs=0.006)
    for row in terms:
        term, value = re.match(r"\| (.*?) \| - \| ([\d.]+%) at", row).groups()
        assert re.search(rf"^{re.escape(term)} +{re.escape(value)} ", reported, re.M), row
    assert len(terms) == len(deal.structure.solve)
