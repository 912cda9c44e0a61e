"""The decision page explains a price outside published ranges with figures of the run."""

from __future__ import annotations

import dataclasses
import math
import re

import pandas as pd

from npl_sim.reports.bid_book.money import unit_of
from npl_sim.reports.bid_book.pages import decision
from npl_sim.reports.bid_book.pages.price_gap import gap_blocks, gap_loans
from npl_sim.reports.bid_book.pages.view import BookView, percent, signed
from tests.builders.bid_books import book, without_second


def shown() -> BookView:
    case = without_second(book("rich"))
    return BookView(case.study, case.table, case.book, unit_of(case.book))


def test_a_price_outside_published_ranges_is_explained_on_the_first_page():
    view = shown()
    loans, flows = gap_loans(view), view.book.result.flows.loans
    segment = str(loans["segment"].iloc[0])
    own = loans[(loans["segment"] == segment) & ~loans["secured"]]
    gbv, pv, costs = (float(own[c].sum()) for c in ("gbv", "pv", "costs"))
    receipts = float(flows["received_mean"][own.index].sum())
    row = {"segment": segment, "security": "unsecured", "measure": "price_of_gbv"}
    row |= {"of_own_security": True, "gbv": gbv, "low": 2.0, "high": 3.0, "verdict": "below"}
    row |= {"after_months": math.nan, "model": pv / gbv}
    found = dataclasses.replace(view.book.published, table=pd.DataFrame([row]), inside=0)
    (block,) = gap_blocks(
        dataclasses.replace(view, book=dataclasses.replace(view.book, published=found))
    )
    assert block.title == (
        f"Why {segment}, unsecured at {percent(pv / gbv)}% lie below published figures (200–300%)"
    )
    text = re.sub("<[^>]*>", "", str(block.body))
    lost = signed(100.0 * (pv - receipts - costs) / gbv, 1)
    assert f"{lost} At 10% a year, {percent((receipts + costs) / gbv)}% after costs in" in (
        " ".join(text.split())
    )
    assert f"is worth {percent(pv / gbv)}%." in text
    page = decision.page(
        dataclasses.replace(view, book=dataclasses.replace(view.book, published=found))
    )
    assert block.title in [b.title for column in page.blocks[0].blocks for b in column]


def test_a_price_within_published_ranges_needs_no_explanation():
    view = shown()
    table = view.book.published.table.assign(verdict="inside", of_own_security=True)
    found = dataclasses.replace(view.book.published, table=table)
    assert (
        gap_blocks(dataclasses.replace(view, book=dataclasses.replace(view.book, published=found)))
        == ()
    )
