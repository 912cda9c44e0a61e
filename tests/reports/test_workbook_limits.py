"""The workbook with a second method, long text, many rows and faults of the disk."""

from __future__ import annotations

import sys

import openpyxl
import pytest

from npl_sim.analysis.covered import LeftOut
from npl_sim.core.errors import NplSimError
from npl_sim.reports.bid_book.export import book_summary
from npl_sim.reports.bid_book.loan_sheet import LOAN_HEAD
from npl_sim.reports.bid_book.money import unit_of
from npl_sim.reports.bid_book.pages.verdict import headline
from npl_sim.reports.bid_book.pages.view import BookView
from npl_sim.reports.bid_book.workbook import write_workbook
from npl_sim.reports.heading import Heading
from npl_sim.reports.writers import workbook_cells
from npl_sim.reports.writers.workbook import SPARE
from npl_sim.reports.writers.workbook_cells import LONGEST_TEXT, safe_text
from tests.builders.bid_books import SCRIPT, book, run, with_second
from tests.builders.studies import loan
from tests.reports.test_workbook import named


@pytest.mark.parametrize("flagged", [True, False])
def test_a_second_opinion_is_shown_when_there_is_one(tmp_path, flagged):
    case = with_second(book("rich"), flagged)
    values = openpyxl.load_workbook(
        write_workbook(tmp_path / "two.xlsx", *case.all), data_only=True
    )
    assert named(values["Summary"], "second method").value == pytest.approx(case.book.second.value)
    gap = named(values["Summary"], "second method less simulation")
    assert gap.value == pytest.approx(case.book.second.difference.value)
    messages = named(values["Summary"], "second method less simulation", 8).value
    assert ("FLAGGED" in messages) == flagged
    assert any(row[0].value == SCRIPT for row in values["Prudence"].iter_rows())


def test_loans_that_a_second_method_leaves_out_are_shown(tmp_path):
    case = with_second(book("rich"), False, LeftOut(2, 300.0, 0.3, 40.0, 0.124))
    values = openpyxl.load_workbook(
        write_workbook(tmp_path / "two.xlsx", *case.all), data_only=True
    )
    messages = named(values["Summary"], "second method less simulation", 8).value
    assert messages.endswith(
        "Not compared: 2 loans in insolvency on the tape, 30.0% of GBV and 12.4% of the value"
    )
    assert named(values["Prudence"], "not compared, in both as simulated").value == 40.0
    method = book_summary(case.book)["second_method"]
    assert method["left_out"] == {
        "loans": 2,
        "gbv": 300.0,
        "gbv_share": 0.3,
        "value": 40.0,
        "value_share": 0.124,
    }


def test_the_headline_says_how_much_a_second_method_covers():
    case = with_second(book("rich"), True, LeftOut(2, 300.0, 0.3, 40.0, 0.124))
    text = headline(BookView(*case.all, unit_of(case.book), Heading(issues=())))
    assert text.endswith("differs by −20.0% on the 87.6% of value that it covers.")


def test_text_that_a_cell_cannot_hold_is_cut_or_replaced_and_says_so():
    assert safe_text("a\x00b\x1fc\ud800d\ufffe") == "a\ufffdb\ufffdc\ufffdd\ufffd"
    assert safe_text("tab\tand\nline") == "tab\tand\nline"
    exact = "x" * LONGEST_TEXT
    assert safe_text(exact) == exact
    # A face takes two code units; the limit counts them.
    for text in (exact + "y", "\U0001f600" * LONGEST_TEXT):
        cut = safe_text(text)
        assert len(cut.encode("utf-16-le")) // 2 <= LONGEST_TEXT
        assert f"[cut: {len(text):,} characters" in cut


def test_rows_that_do_not_fit_are_reported_and_the_sums_still_hold(tmp_path, monkeypatch):
    case = run([loan(i, principal=1000 + i) for i in range(80)])
    monkeypatch.setattr(workbook_cells, "MOST_ROWS", 60)
    values = openpyxl.load_workbook(
        write_workbook(tmp_path / "cut.xlsx", *case.all), data_only=True
    )
    loans = values["Loans"]
    kept = 60 - (LOAN_HEAD + 1) - SPARE
    assert (
        loans.cell(LOAN_HEAD + 1 + kept, 1).value
        == f"{80 - kept + 1} further loans that do not fit on a sheet"
    )
    cents = sum(round(100.0 * loans.cell(LOAN_HEAD + 2 + i, 11).value) for i in range(kept))
    assert (
        cents
        == round(100.0 * case.book.bid.price.value)
        == round(100.0 * loans.cell(LOAN_HEAD - 1, 11).value)
    )
    text = [str(row[0]) for row in values["Assumptions"].iter_rows(values_only=True)]
    assert any("further rows do not fit on a sheet" in t for t in text)


def test_a_path_that_cannot_be_written_is_an_error_in_one_line(tmp_path):
    with pytest.raises(
        NplSimError, match=r"no/such\.xlsx: cannot be written \(No such file or directory\)"
    ):
        write_workbook(tmp_path / "no" / "such.xlsx", *book("plain").all)


def test_without_the_library_the_error_names_the_extra(tmp_path, monkeypatch):
    for name in ("xlsxwriter", "jinja2"):
        monkeypatch.setitem(sys.modules, name, None)
    from npl_sim.reports.bid_book.pages.document import write_book

    for write, file in ((write_workbook, "a.xlsx"), (write_book, "a.html")):
        with pytest.raises(NplSimError, match=r"install it with: pip install 'npl_sim\[report\]'"):
            write(tmp_path / file, *book("plain").all)
        assert not (tmp_path / file).exists()
