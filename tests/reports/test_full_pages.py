"""The fullest pages on a package still fit on their sheets."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from npl_sim.analysis.package.borrowers import largest_borrowers
from npl_sim.analysis.package.data_findings import COLUMNS, TOPICS
from npl_sim.analysis.package.strata import strata
from npl_sim.reports.bid_book.pages import borrowers, collateral, data_findings, document
from npl_sim.reports.bid_book.pages import strata as strata_page
from npl_sim.reports.bid_book.pages.view import BookView
from npl_sim.reports.formats import Unit
from tests.builders.bid_books import book
from tests.builders.package_facts import items_of, loans_of
from tests.reports.test_printing import cut_elements, pytestmark  # noqa: F401

KINDS = ("commercial", "industrial", "a_rather_long_kind", "residential", "land", "x", "others")
REGIONS = ("浙江省", "辽宁省", "新疆维吾尔自治区", "广东省", "四川省", "内蒙古自治区", "others")


def full_loans():
    """Return 700 loans that fill every group, of 100 borrowers with long names."""
    count = 700
    at = np.arange(count)

    def named(names):
        return np.array(names, dtype=object)[at % len(names)]

    return loans_of(
        count,
        borrower_id=[f"B{i % 100:020d}" for i in at],
        product=named([f"product_number_{i}" for i in range(9)]),
        region=named(REGIONS),
        stage=named(("collection", "litigation", "judged", "enforcement", "plan", "dormant")),
        security=named(("first_rank", "later_rank", "seizure", "guarantee", "unsecured")),
        gbv=10.0 ** (4.0 + 4.0 * at / count),
        free_collateral=np.where(at % 7 == 0, 0.0, 10.0 ** (4.0 + 4.0 * at[::-1] / count)),
        age_years=np.where(at % 50 == 0, np.nan, at % 8),
        time_barred=at % 2 == 0,
        window_over=at % 3 == 0,
        insolvent=at % 5 == 0,
    )


def full_collateral(frame):
    """Return collateral with seven kinds and regions, and all ages."""
    whole = frame[frame["group"] == "package"].iloc[0].to_dict()
    whole |= {"items": 9, "free": 1e9, "proceeds": 4e8, "proceeds_of_free": 0.4}
    rows = [{**whole, "group": "kind", "name": kind} for kind in KINDS]
    rows += [{**whole, "group": "region", "name": region} for region in REGIONS]
    rows += [
        {**whole, "group": "cell", "name": kind, "region": region}
        for kind in KINDS
        for region in REGIONS
    ]
    rows += [{**whole, "group": "appraisal", "name": n} for n in ("0", "1", "2", "3", "not given")]
    return pd.DataFrame([*rows, whole])


def test_the_fullest_pages_are_not_cut(tmp_path, monkeypatch):
    case = book("rich")
    view = BookView(*case.all, Unit(1e6, "CNY million"))
    loans = full_loans()
    ids = loans["borrower_id"].unique()
    names = pd.Series("某某新疆维吾尔自治区实业发展有限责任公司", index=ids)
    items = items_of(loan_id=loans["loan_id"], appraisal_value=1.0, kind=list(KINDS) * 100)
    text = "a long text on a finding with words of all sorts, " * 9
    found = [
        (topic, "a_file_with_a_long_name.xlsx, a_column", text, 1e4, 1e9, -1e6, 1e3, False)
        for topic in TOPICS
        for _ in range(9)
    ]
    view.package.__dict__.update(
        loans=loans,
        strata=strata(
            loans,
            5_000,
            {"city": loans["region"].to_numpy(), "branch": loans["region"].to_numpy()},
        ),
        borrowers=largest_borrowers(loans, items, names=names),
        collateral=full_collateral(view.package.collateral),
        findings=pd.DataFrame(found, columns=list(COLUMNS)),
    )
    pages = (strata_page.page, collateral.page, borrowers.page, data_findings.page)
    monkeypatch.setattr(document, "PAGES", pages)
    path = tmp_path / "book.html"
    path.write_text(document.book_html(view), encoding="utf-8")
    assert cut_elements(path) == []
    assert math.isclose(view.package.strata["price"].iloc[-1], 14_050.0)
