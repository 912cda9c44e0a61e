"""Entries of people on the printed pages, cities, ranges of comparables, and labels apart."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from npl_sim.analysis.experts import ExpertComparison
from npl_sim.analysis.package.borrowers import largest_borrowers
from npl_sim.analysis.package.strata import MOST_CITIES, strata
from npl_sim.core.language import speaking
from npl_sim.reports.account import account_text
from npl_sim.reports.bid_book.pages import (
    borrowers,
    comparables,
    key_assumptions,
    sign_off,
)
from npl_sim.reports.bid_book.pages import strata as strata_page
from npl_sim.reports.bid_book.pages.overrides import overrides_of
from npl_sim.reports.bid_book.svg.dots import DotLine
from npl_sim.reports.bid_book.svg.fan import Note, spread
from npl_sim.reports.heading import Heading
from npl_sim.resources.languages import catalog
from tests.builders.package_facts import items_of, loans_of
from tests.reports.test_printed_book import Parsed, view_of


def compared() -> ExpertComparison:
    """Return entries of two authors for five loans, in thousands."""
    rows = [
        ("a", "Li", "estimate", 1.0),
        ("b", "Li", "override", -7.0),
        ("c", "Li", "estimate, override", 3.0),
        ("d", "Wang", "manual cash", 20.0),
        ("e", "Wang", "estimate", 2.0),
    ]
    frame = pd.DataFrame(rows, columns=["loan_id", "author", "entry", "difference"])
    frame["difference"] *= 1e3
    frame = frame.assign(
        loans=1, claim=9e4, model=5e4, expert=6e4, blended=5e4 + frame["difference"]
    )
    frame = frame.assign(difference_se=100.0)
    authors = frame.groupby("author", as_index=False)[["loans", "claim", "difference"]].sum()
    authors = pd.concat([authors, authors.sum().to_frame().T.assign(author="total")])
    authors = authors.assign(model=1e5, expert=2e5, blended=1.5e5, difference_se=100.0)
    return ExpertComparison(frame, authors.reset_index(drop=True), 60)


def with_entries():
    view = dataclasses.replace(view_of("rich"), heading=Heading(experts=compared()))
    return dataclasses.replace(view, unit=dataclasses.replace(view.unit, size=1e3))


def test_model_and_expert_stand_on_a_page_the_largest_first():
    view = with_entries()
    text = Parsed(str(key_assumptions.page(view).blocks[-1].body)).text
    order = ["Wang", "Li", "d, Wang", "b, Li", "c, Li", "All entries"]
    places = [text.index(f" {name} ") for name in order]
    assert places == sorted(places)
    assert "manual cash" in text and "e, Wang" not in text
    for change in (22e3, -3e3, 20e3, -7e3, 3e3, 19e3):
        assert view.change(change) in text
    assert len(key_assumptions.page(view_of("rich")).blocks) == 1


def test_page_one_names_author_and_effect_of_entries():
    view = with_entries()
    text = Parsed(str(sign_off.sign_off(view))).text
    assert f"Wang, manual cash, estimate for 2 loans: value {view.change(22e3)}" in text
    assert f"Li, estimate, override for 3 loans: value {view.change(-3e3)}" in text
    assert "Entered by hand" not in sign_off.sign_off(view_of("rich"))


def test_entries_and_confirmed_readings_are_no_keys():
    cell = "inputs.xlsx, sheet Questions, row 3"
    origins = {("tape", "confirmed", 0): cell, ("experts", "rows", 0, "cost"): cell}
    assert overrides_of(origins, ("dormant",)) == ("dormant (confirmed)",)


def test_cities_fit_on_the_page_of_strata_and_on_that_of_borrowers():
    """Groups as a bank's workbook has them: the city is on the page, not only in the table."""
    at = np.arange(900)
    city = np.array([f"City{i % 9}" for i in at], dtype=object)

    def named(name, count):
        return np.array([f"{name}{i % count}" for i in at], dtype=object)

    loans = loans_of(
        900,
        product=named("p", 5),
        security=named("s", 3),
        stage=named("t", 5),
        region=named("r", 4),
        gbv=10.0 ** (3.0 + 4.0 * at / 900),
        free_collateral=np.where(at % 7 == 0, 0.0, 10.0 ** (3.0 + 4.0 * at[::-1] / 900)),
        age_years=at % 8 * 0.9,
        borrower_id=[f"B{i}" for i in at],
    )
    frame = strata(loans, 0, {"city": city})
    part = frame[frame["group"] == "city"]
    assert len(part) == MOST_CITIES and part["loans"].sum() == 900
    view = view_of("rich")
    view.package.__dict__.update(
        strata=frame,
        loans=loans,
        borrowers=largest_borrowers(
            loans.assign(city=city), items_of(loan_id=loans["loan_id"], appraisal_value=1.0)
        ),
    )
    shown = Parsed("".join(str(block.body) for block in strata_page.page(view).blocks)).text
    assert " City " in shown and all(name in shown for name in part["name"][:-1])
    assert "City8" in Parsed(str(borrowers.page(view).blocks[0].body)).text


def test_free_collateral_is_explained_with_its_cap():
    view = view_of("rich")
    for page in (strata_page.page(view), borrowers.page(view)):
        assert "less prior liens, at most the secured amount" in page.note


def test_the_title_of_comparables_counts_the_ranges_shown(monkeypatch):
    lines = [
        DotLine("a", 5.0, "5", ((4.0, 6.0), (6.0, 7.0)), ""),
        DotLine("b", 5.0, "5", ((1.0, 2.0),), ""),
        *[DotLine("c", 5.0, "5", ((5.0, 9.0),), "")] * 4,
    ]
    monkeypatch.setattr(comparables, "_own_lines", lambda view: [])
    monkeypatch.setattr(comparables, "_published_lines", lambda view: lines)
    block = comparables.comparables_block(view_of("rich"))
    assert comparables.LINES == 5 and block.title == "Ranges shown that hold ours: 4 of 6"


def test_labels_at_the_edge_stand_apart_by_the_range_of_the_axis():
    notes = [Note(1.0, y, "") for y in (1.0, 0.8, -40.0)]
    assert [n.y for n in spread(notes, 100.0)] == pytest.approx([-40.0, 0.8, 6.8])


def test_the_account_is_whole_in_chinese():
    rows = SimpleNamespace(rows_in=3, rows_loaded=3, rows_quarantined=0, rows_unknown=0)
    account = SimpleNamespace(
        loans=rows,
        gbv_in=1.0,
        gbv_loaded=1.0,
        gbv_quarantined=0.0,
        loans_loaded=3,
        files=(),
        collateral=rows,
        guarantors=rows,
        joins=(),
    )
    with speaking(catalog("zh")):
        text = account_text(account, "CNY")
    assert "priced" not in text and "collateral" not in text and "guarantors" not in text
    assert "priced" in account_text(account, "CNY")
