"""The bid book through the public API."""

from __future__ import annotations

import pytest

import npl_sim as npl
from npl_sim.runs.study_session import load_study
from tests.builders.packages import package


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bid")
    package(folder, scenarios=200)
    study = npl.read_study(folder / "study.yaml")
    return npl.bid(npl.simulate(study))


def test_the_bid_is_that_of_the_buyer(book):
    from npl_sim.valuation.bid import buyer_bid

    study = book.simulation.study.terms
    below = buyer_bid(book.simulation.cash, study.buyer, study.pricing)
    assert book.price == below.price
    assert "bid_book" in book.summary().values


def test_documents(book, tmp_path):
    book.to_excel(tmp_path / "bid.xlsx")
    book.to_html(tmp_path / "bid.html")
    assert (tmp_path / "bid.xlsx").read_bytes()[:2] == b"PK"
    assert "<html" in (tmp_path / "bid.html").read_text(encoding="utf-8")


def test_tables_and_figures(book):
    assert {"bid_tornado", "price_quantiles"} <= set(book.frames)
    assert {"price_distribution", "bridge"} <= set(book.figures)
    assert book.plot("segments").axes


def test_the_session_is_the_same_as_of_the_commands(book, tmp_path):
    package(tmp_path, scenarios=200)
    assert load_study(tmp_path / "study.yaml").study.name == book.simulation.study.name
