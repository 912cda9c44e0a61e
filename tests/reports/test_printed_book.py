"""The printed bid book: whole, self-contained, escaped, and its headlines follow the numbers."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest

from npl_sim.core.issues import Issue
from npl_sim.reports.bid_book.money import unit_of
from npl_sim.reports.bid_book.pages import (
    cash,
    decision,
    downside,
    key_assumptions,
    returns,
    sign_off,
    verdict,
)
from npl_sim.reports.bid_book.pages.document import MOST_PAGES, PAGES, book_html
from npl_sim.reports.bid_book.pages.overrides import overrides_of, owners_of
from npl_sim.reports.bid_book.pages.page import Page
from npl_sim.reports.bid_book.pages.view import BookView, chance, number, percent, signed
from npl_sim.reports.formats import Unit
from npl_sim.reports.heading import Heading
from npl_sim.stats import risk
from npl_sim.stats.risk import Estimate
from tests.builders.bid_books import SCRIPT, book, with_second, without_second

NAMES = ["rich", "plain", "negative", "zone"]
VOID = {"meta", "br", "col", "rect", "line", "polygon", "polyline", "circle"}


class Parsed(HTMLParser):
    """A page: its tags and its text; every tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict]] = []
        self.pieces: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.pieces.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.pieces).split())


def view_of(name: str, **changes) -> BookView:
    case = without_second(book(name))
    found = dataclasses.replace(case.book, **changes) if changes else case.book
    return BookView(case.study, case.table, found, unit_of(found))


@pytest.fixture(scope="module")
def parsed():
    return {name: Parsed(book_html(view_of(name))) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_no_undefined_number_shows_as_such(parsed, name):
    assert not re.search(r"(?<![a-z])(nan|inf|nat|None)(?![a-z])", parsed[name].text)


@pytest.mark.parametrize("name", NAMES)
def test_pages_are_numbered_and_few(parsed, name):
    pages = [a for t, a in parsed[name].tags if a.get("class") == "page"]
    assert len(pages) == len(PAGES) <= MOST_PAGES
    for i in range(1, len(PAGES) + 1):
        assert f"Page {i} of {len(PAGES)}" in parsed[name].text


def test_nothing_is_fetched_from_elsewhere(parsed):
    for tag, attributes in parsed["rich"].tags:
        assert tag not in ("script", "link", "iframe", "object", "embed", "base", "img")
        assert not {"src", "href", "srcset", "data", "action"} & attributes.keys()
    style = re.search(r"<style>(.*?)</style>", book_html(view_of("rich")), re.DOTALL).group(1)
    assert "url(" not in style and "@import" not in style


def test_names_from_the_tape_and_the_study_are_escaped():
    text = book_html(view_of("rich"))
    assert SCRIPT not in text
    assert "<b>bold</b>" not in text and "&lt;b&gt;bold&lt;/b&gt;" in text


def test_charts_have_a_role_and_have_their_finding(parsed):
    charts = [a for t, a in parsed["rich"].tags if t == "svg"]
    assert charts and all(a["role"] == "img" and a["aria-label"] for a in charts)


def test_same_inputs_give_the_same_text():
    assert book_html(view_of("rich")) == book_html(view_of("rich"))


def test_the_unit_is_chosen_once_for_all_pages():
    case = book("rich")
    small = BookView(case.study, case.table, view_of("rich").book, Unit(1.0, "CNY", "CNY {}"))
    text = Parsed(book_html(small)).text
    price = case.book.bid.price.value
    assert small.money(price) in text and "thousand" not in text
    assert small.phrase(price).startswith("CNY ")


def with_limit(view: BookView, limit: float) -> BookView:
    three = view.book.offers
    price = dataclasses.replace(three.limit.price, value=limit)
    away = dataclasses.replace(three.limit, price=price)
    found = dataclasses.replace(view.book, offers=dataclasses.replace(three, limit=away))
    return dataclasses.replace(view, book=found)


def with_zone(view: BookView, zone: Estimate, floor: float) -> BookView:
    ask = dataclasses.replace(view.book.deal.reservation, value=floor)
    deal = dataclasses.replace(view.book.deal, zone=zone, reservation=ask)
    found = dataclasses.replace(view.book, deal=deal)
    return dataclasses.replace(view, book=found)


def test_the_headline_follows_the_bank_s_floor():
    view = view_of("rich")
    price = view.book.bid.price.value
    limit = 1.1 * price
    assert verdict.headline(view).startswith(f"Bid {view.phrase(price)}, no more.")
    view = with_limit(view, limit)
    sure, open_, none = (Estimate(v, 1.0, v - 2.0, v + 2.0, 0.95) for v in (9.0, 0.0, -9.0))
    texts = [
        verdict.headline(with_zone(view, zone, floor))
        for zone, floor in (
            (sure, price - 9.0),
            (open_, price),
            (none, limit),
            (none, 2.0 * limit),
        )
    ]
    assert "both sides can gain" in texts[0]
    assert "it may refuse" in texts[1]
    assert "expect to lose at our target" in texts[2]
    assert "above our limit: expect no sale" in texts[3]
    assert all(view.phrase(price) in text for text in texts)


def test_a_bad_finding_goes_in_the_headline():
    view = view_of("rich")
    value = view.book.result.mean.value

    def reported(*issues: Issue, second: bool = False) -> str:
        found = view.book
        if second:
            found = with_second(book("rich"), True).book
        return verdict.headline(
            dataclasses.replace(view, book=found, heading=Heading(issues=issues))
        )

    wrong = Issue("error", "result", "the price is 3 times the claims")
    assert reported(wrong).startswith("Do not decide on this")
    assert "1 error must be settled first" in reported(Issue("error", "tape", "no date"))
    assert "A second method differs by −20.0%." in reported(second=True)
    small = Issue("warning", "tape", "a reading", effect=0.04 * value)
    large = Issue("warning", "tape", "a reading", effect=-0.06 * value)
    assert "reading" not in reported(small)
    assert "One open reading moves the value by −6%" in reported(small, large)
    reasons = verdict.reasons(dataclasses.replace(view, heading=Heading(issues=(large,))))
    assert view.change(-0.06 * value) in reasons


def test_without_a_positive_price_the_advice_is_not_to_bid():
    assert verdict.headline(view_of("negative")).startswith("Do not bid: no positive price")


def test_without_a_buyer_nothing_is_a_bid():
    view = view_of("rich", stated_buyer=False)
    assert "no buyer is stated, so this is no bid" in verdict.headline(view)
    assert "No buyer is stated: no recommendation" in sign_off.sign_off(view)


def test_the_deal_team_recommends_no_bid_that_may_not_be_made():
    wrong = Heading(issues=(Issue("error", "result", "the price is 3 times the claims"),))
    implausible = dataclasses.replace(view_of("rich"), heading=wrong)
    for view in (implausible, view_of("negative")):
        assert "Recommends no bid" in sign_off.sign_off(view)
    view = view_of("rich")
    limit = view.round_money(view.book.offers.limit.price.value)
    assert f"up to {limit}" in sign_off.sign_off(view)


def test_the_risks_are_the_largest_losses_of_the_target_price():
    view = view_of("rich")
    ends = view.worse_ends()
    assert [e.bid_change for e in ends] == sorted(e.bid_change for e in ends)
    assert len({e.name for e in ends}) == len(ends)
    shown = Parsed("".join(b.body for b in decision.page(view).blocks if hasattr(b, "body"))).text
    for end in ends[: decision.RISKS]:
        assert view.change(end.bid_change) in shown
        assert view.money(view.book.bid.price.value + end.bid_change) in shown


def blocks(page: Page) -> str:
    return Parsed("".join(getattr(b, "body", "") for b in page.blocks)).text


def test_the_cash_page_shows_every_row_of_its_table():
    view = view_of("rich")
    shown = blocks(cash.page(view))
    for r in view.book.cash.table.itertuples():
        for amount in (r.receipts, r.costs, r.net, r.low, r.high, r.to_date):
            assert view.money(amount) in shown
        assert percent(r.of_price, 0) in shown
    assert "Quarter to 2026-09" in shown and "All 36 months" in shown


def test_the_page_on_returns_shows_its_grids():
    view = view_of("rich")
    page = returns.page(view)
    shown = (
        blocks(page)
        + Parsed("".join(b.body for column in page.blocks[-1].blocks for b in column)).text
    )
    for r in view.book.two_way.itertuples():
        assert view.round_money(r.bid) in shown and percent(r.own_irr) in shown
    frame = view.book.prices.set_index("price")
    for offer in view.book.offers:
        assert percent(frame.loc[offer.price.value, "own_irr"]) in shown


def test_the_page_on_downside_cases_shows_each_case_and_stress():
    view = view_of("rich")
    page = downside.page(view)
    shown = blocks(page)
    for r in view.book.downside.itertuples():
        assert percent(r.own_irr) in shown and view.money(r.bid) in shown
    worst = view.book.downside.iloc[1:].sort_values("bid").iloc[0]
    assert percent(worst["own_irr"]) in page.headline
    for stress in view.book.stresses.iloc[1:].itertuples():
        assert view.money(stress.bid) in shown


def test_the_page_on_assumptions_counts_those_without_a_source():
    view = view_of("rich")
    frame = key_assumptions.assumptions_of(view)
    page = key_assumptions.page(view)
    assert len(frame) and page.headline.startswith(f"{len(frame)} of {len(frame)} assumptions")
    shown = blocks(page)
    assert all(view.change(change) in shown for change in frame["change"])


def test_numbers_have_a_true_minus_and_zero_is_no_chance():
    assert (number(-1.25, 1), signed(0.04, 1), signed(2.0, 1)) == ("−1.2", "0.0", "+2.0")
    assert percent(float("nan")) == "–"
    none = SimpleNamespace(value=0.0, high=risk.probability([False] * 1000).high)
    assert chance(none) == "<\u20090.4"
    assert chance(SimpleNamespace(value=0.123, high=0.2)) == "12.3"


def test_overrides_are_listed_with_their_origin_and_owner():
    """A group of values has an origin too; only its values are overrides."""
    cell = "inputs.xlsx, sheet Assumptions, row 7 (Li Wei, 2026-06-30, broker)"
    origins = {
        ("market",): cell,
        ("market", "indices"): cell,
        ("market", "indices", "east", "drift"): cell,
        ("buyer", "target_irr"): "--set",
        ("pricing", "servicing_rate"): "study.yaml:12",
        ("simulation", "scenarios"): "--set",
    }
    found = overrides_of(origins, ("dormant",))
    assert found == (
        f"market.indices.east.drift ({cell})",
        "buyer.target_irr (--set)",
        "dormant (confirmed)",
    )
    assert owners_of(origins) == {"collateral prices": "Li Wei, 2026-06-30, broker"}
    many = overrides_of({("a", i): "--set" for i in range(9)}, ())
    assert len(many) == 4 and many[-1] == "and 6 more"
    view = dataclasses.replace(view_of("rich"), heading=Heading(origins=origins))
    assert "Li Wei, 2026-06-30, broker" in Parsed(book_html(view)).text
