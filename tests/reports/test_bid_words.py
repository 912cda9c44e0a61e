"""What the bid book says in words follows from its numbers, whichever way they fall."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from npl_sim.reports.bid_book import (
    assumptions,
    decision_points,
    prudence,
    sentences,
    two_sides,
)
from npl_sim.reports.bid_book.sensitivities import setting_text
from npl_sim.reports.bid_book.text import bid_text
from npl_sim.reports.formats import money_unit
from npl_sim.reports.table import Cell, Column, Table, cell_texts
from npl_sim.runs.study_session import load_study
from npl_sim.stats.risk import Estimate
from npl_sim.valuation.negotiation import Agreement, ClosingChange
from tests.builders.bid_books import SCRIPT, book, with_second, without_second

UNIT = money_unit(5e6, "CNY")


def at(name, **changes):
    """Return a case whose agreement or bid is replaced."""
    return dataclasses.replace(book(name).book, **changes)


def zone(low, value, high, changes_made=()):
    """Return an agreement of which only the zone matters."""
    deal = book("rich").book.deal
    return Agreement(
        deal.reservation,
        deal.bid,
        Estimate(value, (high - low) / 4, low, high, 0.95),
        deal.price_steps,
        changes_made,
    )


def test_the_zone_is_called_by_its_interval():
    unit = money_unit(5e6, "CNY")
    gap, open_, room = zone(-9e6, -7e6, -5e6), zone(-3e6, -1e6, 1e6), zone(5e6, 7e6, 9e6)
    assert [sentences.has_zone(at("rich", deal=d)) for d in (gap, open_, room)] == [
        False,
        None,
        True,
    ]
    messages = [sentences.sides_text(at("rich", deal=d), unit) for d in (gap, open_, room)]
    assert "there is no zone of agreement, the two are CNY 7.00 million apart" in messages[0]
    assert "whether there is a zone of agreement is open" in messages[1]
    assert "a zone of agreement of CNY 7.00 million" in messages[2]


def test_what_closes_the_gap_is_reported_and_what_does_not():
    changes_made = (
        ClosingChange("required return of the buyer", "per year", 0.18, 0.158, "buyer"),
        ClosingChange(
            "discount for undisclosed information", "share of price", 0.01, None, "both"
        ),
        ClosingChange("certainty", "package currency", 3e6, 4e6, "buyer"),
    )
    messages = sentences.sides_text(at("rich", deal=zone(-9e6, -7e6, -5e6, changes_made)), UNIT)
    assert (
        "required return of the buyer at 15.8% instead of 18.0%; or certainty at CNY 4.00 million"
        in messages
    )
    assert "Not enough within their range: discount for undisclosed information" in messages
    none = sentences.sides_text(at("rich", deal=zone(-9e6, -7e6, -5e6, changes_made[1:2])), UNIT)
    assert "No single change closes the gap" in none


def test_a_change_of_a_rate_has_as_many_decimals_as_tell_it_apart():
    change = ClosingChange("discount rate of the seller", "per year", 0.065, 0.06512, "seller")
    text = sentences.change_text(change, UNIT)
    assert text == "discount rate of the seller at 6.51% instead of 6.50%"
    same = dataclasses.replace(change, needed=0.065)
    assert sentences.change_text(same, UNIT).endswith("6.5000% instead of 6.5000%")


def test_a_bid_is_proposed_only_where_it_is_positive():
    rich, negative = book("rich").book, book("negative").book
    assert sentences.headline(rich, UNIT).startswith("We would bid CNY ")
    assert sentences.headline(negative, UNIT).startswith("We would not buy this package")
    nothing = at(
        "rich", bid=dataclasses.replace(rich.bid, price=Estimate(0.0, 0.0, 0.0, 0.0, 0.95))
    )
    assert sentences.headline(nothing, UNIT).startswith("We would not pay")

    def decisions(name):
        case = book(name)
        return [p.text for p in decision_points.points(*case.all, UNIT) if p.weight == "decide"]

    assert decisions("negative") == [
        "Do not bid on these terms: no positive price meets the buyer's target."
    ]
    assert decisions("zone")[0].startswith("Bid from CNY ")


def test_the_prudent_value_bounds_what_is_recommended():
    rich = book("rich")
    for prudent, weight, text in (
        (1.0, "check", "above the prudent value"),
        (1e12, "note", "below the prudent value"),
    ):
        b = dataclasses.replace(
            rich.book, prudent=dataclasses.replace(rich.book.prudent, value=prudent)
        )
        found = [
            p for p in decision_points.points(rich.study, rich.table, b, UNIT) if text in p.text
        ]
        assert [p.weight for p in found] == [weight]


def test_a_second_method_that_was_not_run_or_disagrees_is_a_question():
    rich = book("rich")
    for case, weight in (
        (without_second(rich), "check"),
        (with_second(rich, True), "check"),
        (with_second(rich, False), "note"),
    ):
        found = [
            p for p in decision_points.points(*case.all, UNIT) if "second method" in p.text.lower()
        ]
        assert [p.weight for p in found] == [weight]


def test_a_rate_that_does_not_exist_is_reported():
    b = book("rich").book
    none = dataclasses.replace(b, bid=dataclasses.replace(b.bid, irr=None))
    assert (
        sentences.rate_text(none)
        == "The buyer invests no equity at the bid, so there is no rate of return."
    )
    assert two_sides.rates_table(none).rows == ()


def test_yearly_sums_closing_and_twelve_months_each():
    assert two_sides.yearly(np.arange(26.0)).tolist() == [0.0, 78.0, sum(range(13, 25)), 25.0]


def test_the_terminal_shows_the_headline_and_no_undefined_number():
    for name in ("rich", "plain", "negative", "zone"):
        text = bid_text(book(name).book, "CNY")
        assert text.startswith("We would") and " nan" not in text and "n/a" not in text
    rich = bid_text(book("rich").book, "CNY")
    assert SCRIPT in rich and "From the seller's price to the buyer's bid [CNY thousand]" in rich
    rows = [line for line in rich.splitlines() if line.startswith("  ") and "package  " in line]
    assert rows and f"{book('rich').book.bid.price.value / 1e3:,.2f}" in rows[0]


def test_the_terminal_is_not_steered_by_names():
    b = book("rich").book
    loans = b.parts.loans.assign(segment="\x1b[31mred\x07\nline")
    steered = dataclasses.replace(
        b,
        by_segment=b.by_segment.head(1).assign(segment="\x1b[31mred\x07"),
        parts=dataclasses.replace(b.parts, loans=loans),
    )
    text = bid_text(steered, "CNY")
    assert "\x1b" not in text and "\x07" not in text and "\ufffd[31mred" in text


def test_amounts_of_a_table_share_their_decimals_and_gaps_are_dashes():
    columns = (Column("name"), Column("a", "money"), Column("b", "money"), Column("c", "share"))
    made = Table(
        "t",
        columns,
        (
            ("x", 12_345_678.0, float("nan"), float("inf")),
            ("y", Cell("not run", "text"), -1.0, None),
        ),
    )
    assert cell_texts(made, UNIT) == [
        ["x", "12.35", "-", "unbounded"],
        ["y", "not run", "0.00", "-"],
    ]


@pytest.mark.parametrize(
    ("unit", "setting", "messages"),
    [
        ("multiple", 0.9, "× 0.9"),
        ("months", 6.0, "+6 months"),
        ("months", -1.0, "-1 month"),
        ("percentage points", 2.0, "+2 points"),
        ("multiple", float("nan"), "beyond its range"),
    ],
)
def test_settings_as_text(unit, setting, messages):
    assert setting_text(unit, setting) == messages


def test_every_word_of_a_study_is_listed_once_with_an_origin():
    study = book("rich").study
    found = list(assumptions.assumptions(study))
    keys = [(a.section, a.key) for a in found]
    assert len(set(keys)) == len(keys) and all(a.origin and a.value for a in found)
    by = {(a.section, a.key): a for a in found}
    assert by["Pricing", "required_return"].origin == "stated in the study"
    assert by["Pricing", "cash_timing"].origin == "default of the program: an assumption"
    assert (
        by["Market", "cooperation.volatility"].origin == "the market's sources, as of 2026-06-01"
    )
    assert by[
        "Policy: policy 0", "collection.contact_methods.1.settle_per_contact"
    ].origin.endswith("without a source: an assumption")
    assert by["Simulation", "seed"].value == "5"
    # The folder of the file on a machine is not shown.
    assert by["Tape", "loans"].value == "loans.csv"


def test_the_origin_of_the_shipped_law_is_its_own_source():
    from pathlib import Path

    shipped = load_study(Path(__file__).parents[2] / "configs/studies/first_package.yaml").study
    by = {(a.section, a.key): a for a in assumptions.assumptions(shipped)}
    law = "Law: mainland China"
    assert by[law, "limitation.2.months"].origin.startswith("General Provisions (2017)")
    assert by[law, "accrual_cap"].origin.startswith("assumption, after SPC opinions")
    assert by[law, "contact_caps.1.per_day"].origin.startswith("assumption: at most three calls")
    assert by[law, "enforcement_window_months"].origin == "the regime's sources, as of 2023-09-01"
    # A margin's source is what is uncertain, and no authority.
    assert by["Prudence", "margins.1.weight"].origin == "stated in the study"
    assert by["Market", "indices.1.drift"].origin.startswith("assumption: no index of prices")
    assert by["Market", "indices.1.kind"].origin == assumptions.UNSOURCED
    hazard = by["Policy: mortgages", "cure.redefault_hazard"]
    assert hazard.value == "0.0491 per month" and "Comptroller of the Currency" in hazard.origin
    search = by["Policy: mortgages", "enforcement.search_duration"].origin
    assert search.startswith("Rules on time limits of cases (2000)") and "; assumption" in search


def test_the_way_to_the_prudent_value_adds_up():
    for name, changes in (("rich", {}), ("rich", {"combined": 10.0, "cap": 5.0, "value": 5.0})):
        b = book(name).book
        b = dataclasses.replace(b, prudent=dataclasses.replace(b.prudent, **changes))
        rows = prudence.prudence_table(b).rows
        assert sum(row[2] for row in rows[:-1]) == pytest.approx(rows[-1][2], rel=1e-9)
        assert rows[-1][2] == b.prudent.value


def test_decisions_come_first_then_questions():
    for name in ("rich", "plain", "negative", "zone"):
        weights = [p.weight for p in decision_points.points(*book(name).all, UNIT)]
        assert weights == sorted(weights, key=("decide", "check", "note").index)


@pytest.mark.parametrize("key", ["lawyer_fee_shifting", "lawyer_fee_shifting"])
def test_a_source_names_its_key_by_the_new_name_or_the_old(key):
    study = book("rich").study
    legal = study.legal.model_copy(
        update={"sources": (f"{key}: Act 9",), "lawyer_fee_shifting": 1}
    )
    study = study.model_copy(update={"legal": legal})
    by = {a.key: a for a in assumptions.assumptions(study) if a.section.startswith("Law")}
    assert "Act 9" in by["lawyer_fee_shifting"].origin
