"""Each column of the seller's tables shows the quantity that its header names."""

from __future__ import annotations

import dataclasses

import pytest

from npl_sim.analysis.seller_book import seller_book
from npl_sim.reports.bid_book.layers import base_of
from npl_sim.reports.sell import outlook, provisions, tables
from npl_sim.reports.sell.sentences import (
    lacking,
    loans_text,
    paragraphs,
    unit_of,
    verdict,
    waiting,
)
from npl_sim.stats.risk import Estimate
from tests.builders.packages import package
from tests.selling.test_seller_book import PRICING, SELLER

CHINA = SELLER["provision"] | {"bank": {"nonperforming": 1e5, "provisions": 1.2e5, "loans": 4e6}}


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    case = package(folder, scenarios=80, seller=SELLER | {"provision": CHINA}, pricing=PRICING)
    return seller_book(case.study, case.table, case.price())


def column(table, name):
    """Return the values of a column by the first cell of each row."""
    j = [c.name for c in table.columns].index(name)
    return {table.value_of(i, 0): table.value_of(i, j) for i in range(len(table.rows))}


def test_ladder(book):
    table = tables.ladder_table(book)
    assert [row[2] for row in table.rows] == [step.value for step in book.ladder]
    assert table.rows[0][1] == book.ladder[0].amount
    assert table.rows[-1][1] is None
    assert table.rows[-1][3] == pytest.approx(book.hold.reservation.value / book.result.gbv)


def test_day_of_a_sale(book):
    table = tables.day_one_table(book)
    for name, day in (
        ("at the reservation price", book.day_one_at_reservation),
        ("at the expected bid", book.day_one_at_bid),
    ):
        cells = column(table, name)
        assert cells["price"] == day.price
        assert cells["profit or loss, after tax"] == pytest.approx(
            0.75 * (0.997 * day.price - book.hold.book_value)
        )
        assert cells["provisions"] == -book.hold.provisions


def test_segments(book):
    table = tables.segment_table(book)
    price = column(table, "reservation price")
    assert price["all"] == pytest.approx(book.hold.reservation.value, abs=0.005)
    assert price["a"] + price["b"] == pytest.approx(price["all"], abs=1e-9)
    bid, gap = column(table, "expected bid"), column(table, "bid less reservation")
    assert all(gap[name] == pytest.approx(bid[name] - price[name]) for name in price)
    error = column(table, "std error")
    assert error["all"] == book.hold.reservation.se
    assert error["a"] + error["b"] >= error["all"]
    assert sum(column(table, x)["all"] for x in ("sell", "keep", "write off")) == 12


def test_choices_and_loans(book):
    table, loans = tables.choice_table(book), book.loans.loans
    assert column(table, "if kept")["all"] == pytest.approx(loans["hold_value"].sum())
    assert column(table, "if sold")["all"] == pytest.approx(loans["sale_value"].sum())
    assert column(table, "if written off")["all"] == pytest.approx(0.25 * book.result.gbv)
    price = column(tables.loans_table(book, None), "reservation price")
    assert price == dict(zip(loans["loan_id"], loans["reservation_cents"] / 100.0, strict=True))
    largest = column(tables.loans_table(book, 3), "GBV")
    assert list(largest.values()) == [2100.0, 2000.0, 1900.0]


def test_later_sales(book):
    table = outlook.later_table(book)
    for name, field in (
        ("kept until then", "kept"),
        ("reservation price then", "reservation"),
        ("expected bid then", "bid"),
        ("value of both today", "value"),
        ("price today that is as good", "price_now"),
    ):
        found = [getattr(sale, field).value for sale in book.sales]
        assert list(column(table, name).values()) == found
    gains = list(column(table, "gain of waiting").values())
    assert gains == [None, *(sale.gain.value for sale in book.sales[1:])]


def test_bids_and_start_prices(book):
    table, price = outlook.start_table(book), book.hold.reservation.value
    j = [c.name for c in table.columns].index("start price")
    prices = [row[j] for row in table.rows]
    assert prices == [*(start.price.value for start in book.starts), price]
    assert [row[6] for row in table.rows] == pytest.approx([p - price for p in prices])
    assert [row[1] for row in outlook.bids_table(book).rows] == book.bids["bid"].tolist()


def test_provisions(book):
    table = provisions.provision_table(book)
    assert column(table, "provision")["weighted"] == book.provision.provision
    assert "at least 0 and at most the GBV" in table.note
    expected = column(table, "expected cash")
    assert expected["weighted"] == pytest.approx(0.6 * expected["base"] + 0.4 * expected["slump"])
    needs = column(provisions.needs_table(book), "top-up")
    assert needs["stage 3 provision"] == pytest.approx(
        book.provision.provision - book.hold.provisions
    )
    # 1.5 x 100,000 needed, 120,000 held.
    assert needs["bank's coverage of 150% and 2.5% of loans, with the package"] == 30_000.0
    minimum = column(provisions.minimum_table(book), "minimum now")
    assert minimum["all"] == book.result.gbv


def test_assumptions(book):
    effects = column(provisions.assumptions_table(book), "effect on reservation price")
    assert effects["seller.discount_rate"] == max(effects.values())
    assert len(effects) == len(book.effects)


def test_sentences_state_the_sides_of_the_numbers(book):
    text = verdict(book, unit_of(book))
    is_better = book.expected_bid.value > book.hold.reservation.value
    assert text.startswith("Sell" if is_better else "Keep")
    best = max(book.sales[1:], key=lambda sale: sale.gain.value).gain
    word = "does not pay" if best.high < 0.0 else "better" if best.low > 0.0 else "no difference"
    assert word in waiting(book, unit_of(book))


def test_a_package_to_write_off_is_not_held_back(book):
    """A later sale of what is worth nothing is none."""
    unit, nothing = unit_of(book), Estimate(-1.0, 0.0, -1.0, -1.0, 0.95)
    hold = dataclasses.replace(book.hold, reservation=nothing)
    sales = tuple(dataclasses.replace(sale, bid=nothing, gain=nothing) for sale in book.sales)
    worthless = dataclasses.replace(book, hold=hold, sales=sales)
    assert verdict(worthless, unit).startswith("Write off")
    assert "Waiting" not in " ".join(paragraphs(worthless, unit))
    assert "Waiting does not pay" in waiting(dataclasses.replace(book, sales=sales), unit)


@pytest.mark.parametrize("sold", [1, 2])
def test_one_loan_is_one(book, sold):
    frame = book.loans.loans.head(3).assign(best=["sell"] * sold + ["keep"] * (3 - sold))
    of = dataclasses.replace(book, loans=dataclasses.replace(book.loans, loans=frame))
    assert ("1 loan is best sold" if sold == 1 else "2 loans are best sold") in loans_text(of)


def test_the_european_minimum_says_that_origination_is_not_known(book):
    unit = unit_of(book)
    lack = book.provision.top_up + 1e6
    rule = dataclasses.replace(book.minimum, rule="eu_backstop")
    european = dataclasses.replace(book, minimum=rule, minimum_top_up=lack)
    assert "if every loan was originated from 26 April 2019 on" in lacking(european, unit)
    for other in (
        dataclasses.replace(european, minimum=book.minimum),
        dataclasses.replace(european, minimum_top_up=0.0),
    ):
        assert "originated" not in lacking(other, unit)


def test_terms_of_a_base_come_first(book):
    unit, text = unit_of(book), "The terms of the seller are those of base italy_mixed"
    of = dataclasses.replace(book, terms_of="base italy_mixed")
    assert paragraphs(of, unit)[0].startswith(text)
    assert provisions.assumptions_table(of).note.startswith(text)
    assert text not in paragraphs(book, unit)[0]


def test_a_section_with_a_value_of_the_study_is_no_base():
    layers = {("seller",): "base italy_mixed", ("buyer",): "base italy_mixed; study.yaml:4"}
    assert base_of("seller", layers) == "base italy_mixed"
    assert not base_of("buyer", layers) and not base_of("seller", {})
