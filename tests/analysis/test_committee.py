"""The bid book: its parts agree with each other and with what each question says by itself."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from npl_sim.analysis.committee import bid_book
from npl_sim.analysis.independence import second_opinion
from npl_sim.core.errors import NplSimError
from npl_sim.reports.bid_book.export import book_summary, book_tables
from npl_sim.reports.bid_book.pages.document import write_book
from npl_sim.reports.bid_book.text import bid_text
from npl_sim.reports.bid_book.workbook import write_workbook
from npl_sim.runs import bid as bid_module
from npl_sim.runs.bid import bid, check_bid, save_bid
from npl_sim.runs.folder import SaveOptions, open_run
from npl_sim.runs.place import RunPlace
from npl_sim.runs.simulation import simulate
from npl_sim.valuation.bid import buyer_bid
from npl_sim.valuation.seller import hold_value
from tests.builders.packages import package

BUYER = {
    "target_irr": 0.15,
    "measure": "probability",
    "level": 0.6,
    "information_discount": 0.02,
    "tax": {"rate": 0.25},
}
SELLER = {"discount_rate": 0.07, "coverage": {"default": 0.5}}
PRUDENCE = {
    "margins": [
        {"kind": "second_method"},
        {"kind": "stress", "source": "prices", "stress": "slump", "weight": 0.5},
    ]
}

NO_FIGURES = SaveOptions(figures=False, cash=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    case = package(
        tmp_path_factory.mktemp("committee"),
        scenarios=200,
        buyer=BUYER,
        seller=SELLER,
        prudence=PRUDENCE,
    )
    result = case.price()
    messages: list[str] = []
    return case, result, bid_book(case.study, case.table, result, messages.append), messages


def test_each_answer_is_that_of_its_own_question(made):
    case, result, book, messages = made
    assert book.bid.price == buyer_bid(result.flows, case.study.buyer, case.study.pricing).price
    assert (
        book.keep.reservation
        == hold_value(result.flows, case.study.seller, case.study.pricing).reservation
    )
    assert book.deal.bid.value == pytest.approx(book.bid.price.value)
    assert book.day_one.price == book.bid.price.value
    assert book.second.value == second_opinion(case.study, case.table, result).value
    assert (
        book.principal
        == case.table.loans["principal"].sum()
        == sum(1000 + 100 * i for i in range(12))
    )
    assert len(messages) >= 6


def test_the_prudent_value_knows_the_second_method_and_the_stress(made):
    _, result, book, _ = made
    margins = book.prudent.margins.set_index("source")["amount"]
    assert margins["choice of method"] == pytest.approx(
        0.5 * max(result.mean.value - book.second.value, 0.0)
    )
    slump = book.stresses.set_index("stress").loc["slump", "change"]
    assert margins["prices"] == pytest.approx(0.5 * max(-slump, 0.0)) and slump < 0.0


def test_principal_recovery_is_never_below_the_discount_on_the_claim(made):
    """A price over principal is at least the same price over principal and interest, as the
    registry defines both."""
    _, result, book, _ = made
    figures = book_summary(book)["buyer"]
    assert figures["of_principal"] == pytest.approx(book.bid.price.value / book.principal)
    assert (
        figures["of_principal"]
        >= figures["of_gbv"]
        == pytest.approx(book.bid.price.value / result.gbv)
    )


def test_tables_show_what_the_book_shows(made):
    _, result, book, _ = made
    tables = book_tables(book)
    assert round(100 * tables["bid_loans"]["bid"].sum()) == round(100 * book.bid.price.value)
    assert tables["bid_heat_map"].shape == (book.grid.price.size, 4)
    own = tables["bid_heat_map"].query("required_return == 0.1 and horizon == 60")["price"].item()
    assert own == pytest.approx(result.mean.value, abs=0.005)
    cash = tables["bid_buyer_cash"]
    assert cash.drop(columns="month").to_numpy().sum() == pytest.approx(
        float(result.sample.weights @ book.bid.ledger.own.sum(axis=0))
    )
    assert tables["bid_second_by_segment"]["second"].sum() == pytest.approx(book.second.value)
    json.dumps(book_summary(book), allow_nan=False)


def test_a_run_folder_has_all_of_it(made, tmp_path):
    case, result, book, _ = made
    save_bid(bid(simulate(case)), RunPlace(tmp_path / "book"), NO_FIGURES)
    run = open_run(tmp_path / "book")
    assert run.summary["bid_book"]["buyer"]["bid"]["value"] == book.bid.price.value
    assert run.summary["price"]["mean"]["value"] == result.mean.value
    pd.testing.assert_frame_equal(run.table("bid_bridge"), book.deal.price_steps)
    assert {"bid_book.xlsx", "report.html"} <= set(run.manifest["files"])


def test_the_same_inputs_give_the_same_bytes(made, tmp_path):
    case = made[0]
    for name in ("a", "b"):
        save_bid(bid(simulate(case)), RunPlace(tmp_path / name), NO_FIGURES)
    hashes = [open_run(tmp_path / n).manifest["files"] for n in ("a", "b")]
    assert hashes[0] == hashes[1]


@pytest.mark.parametrize("cost", [0.0, 1.0])
def test_a_package_worth_nothing_or_less_has_its_book(tmp_path, cost):
    """There is no share of such a price to lose, and that is stated; nothing is divided by it."""
    call = {"method": "call", "contacts_per_month": 4, "cost_per_contact": cost}
    policy = {
        "collection": {
            "months": 3,
            "contact_methods": [call] if cost else [],
            "settle_hazard": 0.0,
        }
    }
    case = package(tmp_path, loans=2, scenarios=60, items=[], collateral={}, policy=policy)
    result = case.price()
    book = bid_book(case.study, case.table, result)
    # Four calls a month on two loans in three months; the first month is discounted by a twelfth
    # of 10 %.
    worth = -cost * 8 * sum(1.1 ** (-m / 12) for m in (1, 2, 3))
    assert result.mean.value == pytest.approx(worth, abs=1e-9)
    assert len(book.reverse) == 0
    text = bid_text(book, "CNY")
    assert (
        "not defined: the price is 0 or less" in text
        and "loses a tenth" not in text
        and "nan" not in text
    )
    write_book(tmp_path / "report.html", case.study, case.table, book)
    write_workbook(tmp_path / "book.xlsx", case.study, case.table, book)


@pytest.fixture
def unsimulated(tmp_path, monkeypatch):
    """Return a case whose simulation is a fault: what is refused must be refused before it."""

    def never(*_, **__):
        raise AssertionError("simulated before the input was refused")

    case = package(tmp_path / "in", seller={"coverage": {"a": 0.5}})
    monkeypatch.setattr(type(case), "simulate", never)
    return case


def test_missing_provisions_are_refused_before_the_work(unsimulated, tmp_path):
    with pytest.raises(
        NplSimError,
        match=r"seller.provision_coverage: no share for segment b; expected one for each",
    ):
        check_bid(unsimulated, documents=False)


def test_a_missing_library_is_reported_before_the_work(unsimulated, tmp_path, monkeypatch):
    monkeypatch.setattr(
        bid_module, "find_spec", lambda name: None if name == "xlsxwriter" else object()
    )
    with pytest.raises(
        NplSimError, match=r"library xlsxwriter; .*npl_sim\[report\]', or .* --no-documents"
    ):
        check_bid(unsimulated)


def test_a_value_in_expectation_earns_its_target_under_controls_too(tmp_path):
    """The mean cash has the weights of the price, so sampled scenarios that were too good do not
    show as a return."""
    buyer = {
        "target_irr": 0.15,
        "tax": {"rate": 0.25},
        "debt": {"loan_to_price": 0.5, "rate": 0.05},
    }
    case = package(tmp_path, scenarios=120, buyer=buyer)
    flows = case.simulate()
    bid = buyer_bid(flows, case.study.buyer, case.study.pricing)
    assert flows.factor_averages.size and bid.value.value == pytest.approx(0.0, abs=1e-4)
    assert bid.irr_of_mean == pytest.approx(0.15, rel=1e-6)
