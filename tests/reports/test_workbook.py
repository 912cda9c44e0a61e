"""The workbook, opened again: its numbers are the bid book's, its text is text, its sums hold."""

from __future__ import annotations

import datetime
import math
import re
import zipfile

import openpyxl
import pytest
from openpyxl.utils import get_column_letter

from npl_sim.reports.bid_book.loan_sheet import LOAN_HEAD
from npl_sim.reports.bid_book.workbook import SHEETS, write_workbook
from tests.builders.bid_books import INJECTIONS, SCRIPT, book, without_second

FORMULAS = re.compile(
    r"=(SUM\(\w+:\w+\)|SUBTOTAL\(109,\w+:\w+\)|IF\(G\d+=0,\"\",K\d+/G\d+\)|Loans!K5"
    r"|ROUND\(B\d+\+B\d+-B\d+,2\))"
)


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """Return values and formulas of a case's workbook, by name."""
    folder, made = tmp_path_factory.mktemp("books"), {}

    def open_book(name):
        if name not in made:
            path = write_workbook(folder / f"{name}.xlsx", *book(name).all)
            made[name] = (
                openpyxl.load_workbook(path, data_only=True),
                openpyxl.load_workbook(path),
                path,
            )
        return made[name]

    return open_book


def named(sheet, label, column=2):
    """Return the cell of a row by the text in its first column."""
    rows = [row for row in sheet.iter_rows() if row[0].value == label]
    assert rows, label
    return rows[0][column - 1]


def test_the_sheets_stand_in_their_order(opened):
    values, _, _ = opened("rich")
    assert tuple(values.sheetnames) == SHEETS
    assert values.active.title == "Decision"


@pytest.mark.parametrize("name", ["rich", "plain", "negative", "zone"])
def test_every_headline_number_is_that_of_the_bid_book(opened, name):
    values, _, _ = opened(name)
    sheet, b = values["Summary"], book(name).book
    worst = f"mean of the worst {100 * b.result.pricing.shortfall_level:.0f}%"
    for label, found in {
        "bid": b.bid.price,
        "bid before the discount for information": b.bid.before_information,
        "seller's reservation price": b.keep.reservation,
        "zone of agreement": b.deal.zone,
        "price (best estimate)": b.result.mean,
        "standard deviation of the price": b.result.sd,
        worst: b.result.expected_shortfall,
    }.items():
        got = [named(sheet, label, column).value for column in range(2, 8)]
        share = 1.0 / b.result.gbv
        wanted = [
            found.value,
            found.value * share,
            found.se,
            found.se * share,
            found.low,
            found.high,
        ]
        for shown, value in zip(got, wanted, strict=True):
            # An error that cannot be estimated is "-", never 0, and the end of its interval is
            # unbounded.
            if not math.isfinite(value):
                assert shown == ("-" if math.isnan(value) else "unbounded"), label
            else:
                assert shown == pytest.approx(value, rel=1e-12), label
    assert named(sheet, "prudent value").value == pytest.approx(b.prudent.value, rel=1e-12)
    assert named(sheet, "seller's book value").value == pytest.approx(
        b.day_one.book_value, rel=1e-12
    )
    assert named(sheet, "seller's result on day one").value == pytest.approx(
        b.day_one.result, rel=1e-12
    )
    assert named(sheet, "gross book value").value == pytest.approx(b.result.gbv, rel=1e-12)
    assert named(sheet, "second method").value == pytest.approx(b.second.value, rel=1e-12)


@pytest.mark.parametrize("name", ["rich", "plain", "negative"])
def test_the_loans_sum_to_the_bid_to_the_cent(opened, name):
    values, formulas, _ = opened(name)
    loans, b = values["Loans"], book(name).book
    head = [cell.value for cell in loans[LOAN_HEAD + 1]]
    bid, gbv = head.index("bid"), head.index("GBV")
    rows = list(loans.iter_rows(min_row=LOAN_HEAD + 2, values_only=True))
    assert len(rows) == len(b.parts.loans)
    whole = round(100.0 * b.bid.price.value)
    cents = whole - b.parts.package_effect
    assert sum(round(100.0 * row[bid]) for row in rows) == cents
    assert (
        round(100.0 * named(values["Summary"], "package effect").value) == b.parts.package_effect
    )
    errors = {row[0]: row[bid + 1] for row in rows}
    for r in b.parts.loans.itertuples(index=False):
        assert errors[r.loan_id] == (
            "-" if math.isnan(r.bid_se) else pytest.approx(r.bid_se, rel=1e-12)
        )
    # The sums are formulas over exactly these rows, and what they show before a spreadsheet
    # computes is right.
    last = LOAN_HEAD + 1 + len(rows)
    for row, function in ((LOAN_HEAD - 1, "SUM("), (LOAN_HEAD, "SUBTOTAL(109,")):
        assert (
            formulas["Loans"].cell(row, bid + 1).value == f"={function}K{LOAN_HEAD + 2}:K{last})"
        )
        assert round(100.0 * loans.cell(row, bid + 1).value) == cents
        assert loans.cell(row, gbv + 1).value == pytest.approx(b.result.gbv)
    assert (
        round(100.0 * named(values["Summary"], "sum of the loans' parts of the bid").value)
        == cents
    )
    assert named(values["Summary"], "difference to the bid, to the cent").value == 0.0
    assert (
        loans.auto_filter.ref == f"A{LOAN_HEAD + 1}:{get_column_letter(len(head))}{last}"
        and loans.freeze_panes == f"B{LOAN_HEAD + 2}"
    )
    parts = {row[0]: (row[7], row[8], row[9]) for row in rows}
    for r in b.parts.loans.itertuples(index=False):
        assert parts[r.loan_id] == pytest.approx((r.mean, r.sd, r.shortfall), rel=1e-12)


def test_numbers_are_numbers_and_dates_are_dates(opened):
    values, _, _ = opened("rich")
    summary, loans = values["Summary"], values["Loans"]
    # Less than a million in all: cents are shown.
    assert named(summary, "bid").number_format.startswith("#,##0.00")
    assert named(summary, "bid", 3).number_format.startswith("0.00%")
    assert named(summary, "valuation date").value == datetime.datetime(2026, 6, 30)
    assert named(summary, "valuation date").number_format == "yyyy-mm-dd"
    assert loans.cell(LOAN_HEAD + 2, 11).number_format.startswith("#,##0.00")
    assert loans.cell(LOAN_HEAD + 2, 13).number_format.startswith("0.00%")


def test_only_our_formulas_are_formulas(opened):
    for name in ("rich", "negative"):
        _, formulas, path = opened(name)
        for sheet in formulas:
            for row in sheet.iter_rows():
                for cell in row:
                    if cell.data_type == "f":
                        assert FORMULAS.fullmatch(cell.value), (
                            sheet.title,
                            cell.coordinate,
                            cell.value,
                        )
                    assert cell.hyperlink is None
        with zipfile.ZipFile(path) as parts:
            assert not [p for p in parts.namelist() if "externalLink" in p or "vba" in p.lower()]
            assert not any(b"TargetMode" in parts.read(p) for p in parts.namelist())


def test_ids_that_look_like_formulas_stay_text(opened):
    _, formulas, _ = opened("rich")
    cells_of = {row[0].value: row[0] for row in formulas["Loans"].iter_rows(min_row=LOAN_HEAD + 2)}
    for name in INJECTIONS:
        assert cells_of[name].data_type == "s"
        # Marked as text, so that editing the cell does not make it a formula either.
        assert cells_of[name].quotePrefix == name.startswith(("=", "+", "-", "@", "'"))
    assert any(row[0].value == SCRIPT for row in formulas["Segments"].iter_rows())


def test_every_sheet_is_set_up_for_printing(opened):
    values, _, _ = opened("rich")
    for sheet in values:
        assert (
            sheet.page_setup.orientation == "landscape"
            and sheet.sheet_properties.pageSetUpPr.fitToPage
        ), sheet.title
        assert sheet.page_setup.fitToWidth in (None, 1)  # 1 is what nothing means
        assert "&P / &N" in sheet.oddFooter.right.text or sheet.oddFooter.right.text.endswith("&N")
        assert sheet.column_dimensions["A"].width >= 10.0
    assert values["Loans"].print_title_rows == f"${LOAN_HEAD + 1}:${LOAN_HEAD + 1}"
    assert values["Assumptions"].print_title_rows == "$5:$5"


def test_properties_come_from_the_study_and_bytes_are_the_same_twice(opened, tmp_path):
    values, _, path = opened("rich")
    assert values.properties.created == datetime.datetime(2026, 6, 30)
    assert (
        values.properties.title == f"Bid book of {book('rich').all[0].name}"
        and values.properties.creator == "npl_sim"
    )
    again = write_workbook(tmp_path / "again.xlsx", *book("rich").all)
    assert again.read_bytes() == path.read_bytes()


def test_charts_are_native(opened):
    _, _, path = opened("rich")
    with zipfile.ZipFile(path) as parts:
        assert len([p for p in parts.namelist() if p.startswith("xl/charts/chart")]) == 4


def test_the_pieces_of_the_price_steps_add_up_on_both_sides_of_nothing(opened):
    for name in ("rich", "negative"):
        values, _, _ = opened(name)
        sheet, b = values["Bridge"], book(name).book
        rows = list(sheet.iter_rows(values_only=True))
        start = next(i for i, row in enumerate(rows) if row[0] == "Pieces of the chart") + 2
        steps = b.deal.price_steps["value"].to_numpy()
        for i in range(1, len(steps)):
            piece = rows[start + i][1:8]
            rise, fall = piece[3] - piece[5], piece[4] - piece[6]
            assert rise - fall == pytest.approx(steps[i] - steps[i - 1], abs=1e-6)
            # Stacked from 0, the pieces end where the step ends or begins.
            top, bottom = piece[0] + piece[3] + piece[4], piece[1] + piece[5] + piece[6]
            reach = (max(steps[i], steps[i - 1], 0.0), min(steps[i], steps[i - 1], 0.0))
            assert (top, bottom) == pytest.approx(reach, abs=1e-6)


def test_what_was_not_computed_is_a_dash_and_never_nan(opened):
    for name in ("rich", "plain", "negative"):
        values, _, _ = opened(name)
        for sheet in values:
            for row in sheet.iter_rows(values_only=True):
                for value in row:
                    assert not (isinstance(value, float) and not math.isfinite(value))
                    assert (
                        value is None
                        or not re.fullmatch(r"nan|none|NaT|inf|#\w+!?", str(value))
                        or value == "none"
                    )


def test_empty_parts_are_marked(opened):
    values, _, _ = opened("plain")
    text = {
        str(c) for sheet in values for row in sheet.iter_rows(values_only=True) for c in row if c
    }
    assert "no input is stale or missing by the limits of the study" in text
    assert "the buyer borrows nothing" in text


def test_a_second_method_that_was_not_run_is_reported(tmp_path):
    write_workbook(tmp_path / "book.xlsx", *without_second(book("plain")).all)
    values = openpyxl.load_workbook(tmp_path / "book.xlsx")
    text = {str(c) for row in values["Prudence"].iter_rows(values_only=True) for c in row if c}
    assert "the second method was not run" in text
    assert named(values["Summary"], "second method").value == "not run"


def test_the_buyers_ledger_sums_to_its_own_cash(opened):
    values, _, _ = opened("rich")
    b = book("rich").book
    own = float(b.result.sample.weights @ b.bid.ledger.own.sum(axis=0))
    rows = list(values["Buyer"].iter_rows(values_only=True))
    head = next(row for row in rows if "own cash" in row)
    at = head.index("own cash")
    for row in (row for row in rows if row[0] in ("closing", "year 1", "year 2", "year 3", "all")):
        assert sum(row[1:at]) == pytest.approx(row[at], abs=1e-6)
    assert next(row for row in rows if row[0] == "all")[at] == pytest.approx(own, abs=1e-6)
