"""Tables of the bid book sum as shown, and agree with the summary."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

from npl_sim.reports.bid_book import (
    concentration,
    decision_points,
    sensitivities,
    sentences,
    two_sides,
)
from npl_sim.reports.table import Column, Table, cell_texts
from tests.builders.bid_books import book
from tests.reports.test_bid_words import UNIT


def test_contributions_of_the_tables_sum_to_the_package():
    b = book("rich").book
    for made in concentration.part_tables(b):
        names = [c.name for c in made.columns]
        for name in ("loans", "GBV", "price", "part of std deviation", "lost in the tail", "bid"):
            j = names.index(name)
            assert sum(r[j] for r in made.rows[:-1]) == pytest.approx(
                made.rows[-1][j], rel=1e-9
            ), name
        assert made.rows[-1][names.index("bid")] == pytest.approx(b.bid.price.value, abs=0.005)


def test_the_return_is_reported_as_that_of_the_mean_cash_with_its_convention():
    bid = dataclasses.replace(book("rich").book.bid, irr_of_mean=0.1234, multiple=1.567)
    text = sentences.rate_text(dataclasses.replace(book("rich").book, bid=bid))
    assert "earns 12.3% a year (IRR of the mean cash) and comes back 1.57 times" in text
    table = two_sides.rates_table(book("rich").book)
    assert table.rows[0][:2] == ("of the mean cash", book("rich").book.bid.irr_of_mean)
    assert "Effective annual rates" in table.note and "after costs, debt and tax" in table.note


def test_a_book_value_without_provisions_is_a_question():
    def messages(name):
        return [
            p
            for p in decision_points.points(*book(name).all, UNIT)
            if "has no provisions" in p.text
        ]

    assert [p.weight for p in messages("plain")] == ["check"] and messages("rich") == []


@pytest.mark.parametrize("name", ["rich", "plain", "negative", "zone"])
def test_the_row_without_a_stress_is_the_summary(name):
    b = book(name).book
    first = b.stresses.iloc[0]
    assert (first["price"], first["bid"]) == (b.result.mean.value, b.bid.price.value)
    assert first["shortfall"] == b.result.expected_shortfall.value
    last = int(np.argmax(b.grid.returns == b.result.pricing.required_return))
    assert b.grid.price[last, -1] == pytest.approx(b.result.mean.value, abs=0.005)
    assert (
        "fewer" not in sensitivities.stress_table(b).note
        and "one draw each" not in sensitivities.stress_table(b).note
    )


def test_fewer_scenarios_of_the_changes_are_reported(monkeypatch):
    monkeypatch.setattr(sensitivities, "MOST_SCENARIOS", 7)
    assert "on 7 scenarios of one draw each" in sensitivities.stress_table(book("rich").book).note


def test_differences_are_those_of_the_amounts_as_shown():
    """14.6 less 10.4 is 4.2; in whole units 15 less 10 is 5."""
    rows = (
        ("before", 10_400_400.0),
        ("after", 14_600_600.0),
        ("change", 4_200_200.0),
        ("size", 2e11),
    )
    columns = (Column(""), Column("amount", "money"))
    plain = cell_texts(Table("t", columns, rows), UNIT)
    assert [row[1] for row in plain[:3]] == ["10", "15", "4"]
    messages = cell_texts(Table("t", columns, rows, differences=(((2, 1), (1, 1), (0, 1)),)), UNIT)
    assert [row[1] for row in messages[:3]] == ["10", "15", "5"]


@pytest.mark.parametrize("name", ["rich", "negative", "zone"])
def test_the_price_steps_adds_up_as_shown_in_every_output(name):
    rows = cell_texts(two_sides.price_steps_table(book(name).book), UNIT)
    number = [
        [float(cell.replace(",", "")) if cell != "-" else None for cell in row[2:4]]
        for row in rows
    ]
    for (_, before), (change, after) in itertools.pairwise(number):
        assert change == pytest.approx(after - before, abs=1e-9)


def test_cash_that_always_repays_the_bid_is_reported_without_two_negations():
    b = book("rich").book
    stresses = b.stresses.assign(p_loss=0.0)
    messages = sentences.risk_text(dataclasses.replace(b, stresses=stresses), UNIT)
    assert "in no scenario" not in messages
    assert len(stresses) < 2 or "Under it the cash repays the bid in every scenario" in messages
