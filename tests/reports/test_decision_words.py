"""The decision page: confirmed readings are not open, and a price of many digits fits its cell."""

from __future__ import annotations

import dataclasses
import re

from npl_sim.core.issues import Issue
from npl_sim.reports.bid_book.money import unit_of
from npl_sim.reports.bid_book.pages import decision, verdict
from npl_sim.reports.bid_book.pages.view import BookView
from npl_sim.reports.bid_book.svg.dots import DotLine, dot_lines
from npl_sim.reports.heading import Heading
from tests.builders.bid_books import book


def view_of(name: str) -> BookView:
    case = book(name)
    return BookView(case.study, case.table, case.book, unit_of(case.book))


def test_a_reading_that_is_confirmed_is_not_called_open():
    view = view_of("rich")
    value = view.book.result.mean.value
    tape = view.study.tape.model_copy(update={"confirmed": ("dormant",)})
    settled = Issue("warning", "tape", "a reading", effect=0.3 * value, name="dormant")
    still = Issue("warning", "tape", "another", effect=0.01 * value, name="seized_by")

    def shown(*issues: Issue) -> tuple[str, str]:
        own = dataclasses.replace(
            view,
            study=view.study.model_copy(update={"tape": tape}),
            heading=Heading(issues=issues),
        )
        return verdict.headline(own), verdict.reasons(own)

    title, text = shown(settled)
    assert "open reading" not in title
    assert "Confirmed as read:" in text and "Settle" not in text
    assert view.change(0.3 * value) in text
    title, text = shown(settled, still)
    assert "open reading" not in title
    assert "Settle before bidding:" in text and "another" in text


def test_a_price_of_many_digits_stays_in_one_line():
    """Three columns of 64 pixels; a bold digit takes 0.6 of the size of the font."""
    view = view_of("rich")
    price = view.book.bid.price.value
    for digits in (4, 5, 9):
        unit = dataclasses.replace(view.unit, size=price / 1.23456789 / 10.0 ** (digits - 1))
        page = decision.page(dataclasses.replace(view, unit=unit))
        cells = re.findall(r"nowrap;font-size:(\d+)px..?([\d,.]+)<", repr(page.blocks))
        assert len(cells) == 3
        assert all(0.6 * int(size) * len(re.sub("[,.]", "", n)) <= 64 for size, n in cells)
        assert ("." in cells[1][1]) == (digits < 5)


def test_amounts_of_a_message_are_in_the_unit_of_the_book():
    view = view_of("rich")
    value = view.book.result.mean.value
    text = "1,500 loans with items appraised at 91,356,300.00 and 156,918,900 (loans A1, B2)"
    issue = Issue("warning", "tape", text, effect=0.01 * value)
    shown = verdict.reasons(dataclasses.replace(view, heading=Heading(issues=(issue,))))
    for amount in (91_356_300.0, 156_918_900.0):
        assert view.phrase(amount) in shown
    assert "1,500 loans" in shown and ".00 and" not in shown and "A1" not in shown


def test_no_dot_stands_on_the_name_of_its_line():
    """A long name moves the axis; a figure below 0 is on it."""
    names = ("sme: price", "consumer: price, % of principal")
    lines = [DotLine(name, -4.2, "−4.2", ((17.0, 23.0),), "1 figure") for name in names]
    dots = re.findall(r'<circle cx="([\d.]+)"', dot_lines(lines, "shown"))
    assert len(dots) == 2
    assert all(float(at) - 4.5 >= 4.5 * len(names[1]) for at in dots)
    short = re.findall(r'<circle cx="([\d.]+)"', dot_lines(lines[:1], "shown"))
    assert float(short[0]) == 124.0


def test_the_first_page_states_that_a_base_gives_the_terms_of_the_buyer():
    view = view_of("rich")
    text = "The terms of the buyer are those of base italy_mixed: the study states none."
    for layer, is_shown in (("base italy_mixed", True), ("base italy_mixed; study.yaml:3", False)):
        own = dataclasses.replace(view, heading=Heading(origins={("buyer",): layer}))
        assert decision.page(own).note.startswith(text) == is_shown
