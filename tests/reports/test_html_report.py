"""The report, parsed again: whole, self-contained, escaped, and its words follow from the
numbers."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from npl_sim.reports.bid_book import html
from npl_sim.reports.bid_book.html import CONTENTS, report_html
from npl_sim.reports.bid_book.money import money, unit_of
from npl_sim.reports.bid_book.plots import FIGURES
from npl_sim.reports.formats import percent
from tests.builders.bid_books import INJECTIONS, SCRIPT, book, with_second, without_second

VOID = {"meta", "img", "br"}


class Page(HTMLParser):
    """A page: its tags, its text, and whether every tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict]] = []
        self.pieces: list[str] = []
        self.cells: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.pieces.append(data)
            if self.open and self.open[-1] in ("td", "th"):
                self.cells[-1] += data

    @property
    def text(self):
        return " ".join(" ".join(self.pieces).split())


@pytest.fixture(scope="module")
def page():
    """Return a parsed report by the name of its case; the pictures of all but one are left out for
    speed."""
    made, draw = {}, html.picture

    def parsed(name):
        if name not in made:
            html.picture = (
                draw if name == "rich" else lambda _, options: html.Picture("data:,", options)
            )
            try:
                text = report_html(*book(name).all)
            finally:
                html.picture = draw
            made[name] = (Page(text), text)
        return made[name]

    return parsed


@pytest.mark.parametrize("name", ["rich", "plain", "negative", "zone"])
def test_headline_numbers_are_those_of_the_bid_book(page, name):
    parsed, _ = page(name)
    b = book(name).book
    unit = unit_of(b)
    for amount in (
        b.bid.price.value,
        b.keep.reservation.value,
        b.deal.zone.value,
        b.prudent.value,
        b.result.mean.value,
        b.result.expected_shortfall.value,
        b.day_one.book_value,
    ):
        assert money(amount, unit) in parsed.text
    assert percent(b.bid.irr_of_mean) in parsed.text
    assert f"seed {b.result.flows.seed}" in parsed.text


@pytest.mark.parametrize("name", ["rich", "plain", "negative", "zone"])
def test_no_undefined_number_shows_as_such(page, name):
    parsed, _ = page(name)
    assert not re.search(r"(?<![a-z])(nan|inf|nat|None|undefined)(?![a-z])", parsed.text)
    assert "n/a" not in parsed.text and "nan" not in parsed.text.split()


def test_nothing_is_fetched_from_elsewhere(page):
    parsed, text = page("rich")
    for tag, attributes in parsed.tags:
        assert tag not in ("script", "link", "iframe", "object", "embed", "base")
        for key in ("src", "href", "srcset", "data", "action", "background"):
            value = attributes.get(key, "")
            assert not value or value.startswith(("data:image/svg+xml;base64,", "#")), (
                tag,
                value[:60],
            )
    style = re.search(r"<style>(.*?)</style>", text, re.S).group(1)
    assert "url(" not in style and "@import" not in style
    for source in (a["src"] for t, a in parsed.tags if t == "img"):
        root = ElementTree.fromstring(base64.b64decode(source.split(",", 1)[1]))
        links = [
            v
            for e in root.iter()
            for k, v in e.attrib.items()
            if k.split("}")[-1] in ("href", "src")
        ]
        assert all(v.startswith(("#", "data:")) for v in links)


def test_names_from_the_tape_are_escaped(page):
    parsed, text = page("rich")
    assert SCRIPT not in text and "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert SCRIPT in parsed.cells
    assert "<b>bold</b>" not in text and "hard & <b>bold</b> times" in parsed.text
    assert set(INJECTIONS) <= set(parsed.cells)


def test_pictures_have_text_and_tables_have_scopes(page):
    parsed, _ = page("rich")
    pictures = [a for t, a in parsed.tags if t == "img"]
    assert len(pictures) == 10 and all(len(a["alt"]) > 30 for a in pictures)
    assert all(a.get("scope") in ("col", "row") for t, a in parsed.tags if t == "th")
    assert next(a for t, a in parsed.tags if t == "html")["lang"] == "en"


def test_the_nine_sections_are_there_and_linked(page):
    parsed, _ = page("rich")
    targets = {a["id"] for t, a in parsed.tags if t == "h2"}
    links = [a["href"] for t, a in parsed.tags if t == "a"]
    assert links == [f"#s{i}" for i in range(1, 10)] and {x[1:] for x in links} == targets
    for i, title in enumerate(CONTENTS, 1):
        assert f"{i} {title}" in parsed.text


def test_same_inputs_give_the_same_bytes(page):
    assert report_html(*book("rich").all) == page("rich")[1]


def test_without_flags_and_stresses_the_report_says_so(page):
    text = page("plain")[0].text
    assert "No input is stale or missing by the limits of the study." in text
    assert "The package has one borrower: its whole value depends on it." in text
    assert "hardest named stress" not in text
    without = Page(report_html(*without_second(book("plain")).all))
    assert "The second method was not run." in without.text


@pytest.mark.parametrize("flagged", [True, False])
def test_a_second_opinion_is_shown_and_a_flag_asks_for_an_answer(monkeypatch, flagged):
    monkeypatch.setattr(html, "picture", lambda _, options: html.Picture("data:,", options))
    case = with_second(book("rich"), flagged)
    text = Page(report_html(*case.all)).text
    unit = unit_of(case.book)
    assert money(case.book.second.value, unit) in text
    assert ("explain this before signing" in text) == flagged
    assert "courts do not slow each other" in text and "was not run: nothing" not in text


def test_a_picture_that_fails_is_reported_in_its_place(tmp_path, monkeypatch):
    def broken(drawing, options):
        raise RuntimeError("no tex")

    monkeypatch.setattr(html, "picture", broken)
    failed: list[str] = []
    text = html.write_report(
        tmp_path / "report.html", *book("plain").all, failed=failed
    ).read_text(encoding="utf-8")
    assert len(failed) == len(FIGURES) and all("RuntimeError: no tex" in line for line in failed)
    assert "<img" not in text and text.count("This figure could not be drawn") > 5
