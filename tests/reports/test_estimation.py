"""How the estimates were made is stated in one line, in the text, the page, the workbook's sources
and the JSON."""

from __future__ import annotations

import pytest

from npl_sim.reports.bid_book.run_sources import source_tables
from npl_sim.reports.bid_book.text import bid_text
from npl_sim.reports.estimation import estimation_text
from npl_sim.reports.formats import Unit, error_text, summed
from npl_sim.reports.price.tables import summary
from npl_sim.reports.price.text import headline
from tests.builders.bid_books import book
from tests.builders.packages import package


def test_balanced_weights_are_described(tmp_path):
    result = package(tmp_path, scenarios=300).price()
    relative = result.sample.weights * 300
    options = estimation_text(result)
    assert "balanced on 3 market factor averages" in options
    assert f"{relative.min():.2f} to {relative.max():.2f} of their mean" in options
    plain = result.pv.std(ddof=1) / 300**0.5
    assert f"that of {300 * (plain / result.mean.se) ** 2:,.0f} plain scenarios" in options
    assert options in "\n".join(headline(result, Unit(1.0, "CNY")))
    messages = summary(result)["estimation"]
    assert messages["balanced_on"] == 3 and messages["same_weight_because"] is None
    assert messages["smallest_weight"] == pytest.approx(relative.min())


@pytest.mark.parametrize(
    ("scenarios", "sections", "why"),
    [
        (20, {}, "20 scenarios are too few to balance 3 control variates; expected at least 40"),
        (60, {"market": {}}, "no market factor moves"),
    ],
)
def test_the_plain_sample_shows_why(tmp_path, scenarios, sections, why):
    result = package(tmp_path, scenarios=scenarios, **sections).price()
    assert result.sample.is_plain
    assert estimation_text(result) == f"all {scenarios} scenarios have the same weight: {why}"
    assert summary(result)["estimation"]["same_weight_because"] == why


def test_the_bid_book_shows_it_too():
    case = book("rich")
    options = estimation_text(case.book.result)
    rows = [row for table in source_tables(*case.all) for row in table.rows]
    assert ("scenario weights", options) in rows
    assert bid_text(case.book, "CNY")


def test_an_error_that_rounds_to_nothing_is_not_shown_as_nothing():
    assert [error_text(x, 3) for x in (0.0, 0.0004, 0.0006, float("nan"))] == [
        "0.000",
        "<0.001",
        "0.001",
        "-",
    ]
    assert Unit(1e6, "").errors([2e6, 100.0, float("nan")]) == ["2.000", "<0.001", "-"]
    assert Unit(1.0, "").parts([1 / 3, 1 / 3, 1 / 3], 1.0) == ["0.334", "0.333", "0.333", "1.000"]
    assert summed([100 / 3] * 3, 100.0, 1) == ["33.4", "33.3", "33.3", "100.0"]
