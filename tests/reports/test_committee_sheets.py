"""Sheets and pages on the package: they show the bid book's numbers, and text stays text."""

from __future__ import annotations

import math

import openpyxl
import pandas as pd
import pytest

from npl_sim.analysis.experts import ExpertComparison
from npl_sim.analysis.package.tables import package_tables
from npl_sim.core.issues import Issue
from npl_sim.reports.bid_book import decision_tables as tables_of_decision
from npl_sim.reports.bid_book import package_tables as tables
from npl_sim.reports.bid_book.committee_sheets import COMMITTEE_SHEETS
from npl_sim.reports.bid_book.export import package_frames
from npl_sim.reports.bid_book.loan_sheet import LOAN_HEAD
from npl_sim.reports.bid_book.money import unit_of
from npl_sim.reports.bid_book.names import band, name_of, names_of
from npl_sim.reports.bid_book.pages import borrowers, collateral, data_findings, strata
from npl_sim.reports.bid_book.pages.verdict import headline
from npl_sim.reports.bid_book.pages.view import BookView
from npl_sim.reports.bid_book.workbook import write_workbook
from npl_sim.reports.heading import Heading
from npl_sim.tape.table import LoanTable
from tests.builders.bid_books import INJECTIONS, SCRIPT, SECTIONS, book, run, six


def view_of(name, **heading):
    case = book(name)
    return BookView(*case.all, unit_of(case.book), Heading(**heading))


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    path = write_workbook(tmp_path_factory.mktemp("sheets") / "book.xlsx", *book("rich").all)
    return openpyxl.load_workbook(path)


def rows_of(sheet, first):
    """Return the rows below the row whose first cell is `first`."""
    rows = list(sheet.iter_rows(values_only=True))
    start = next(i for i, row in enumerate(rows) if row[0] == first)
    below = rows[start + 1 :]
    return below[: next((i for i, row in enumerate(below) if row[0] is None), len(below))]


def test_the_decision_comes_first_with_the_numbers_of_the_offers(opened):
    assert tuple(opened.sheetnames[: len(COMMITTEE_SHEETS)]) == COMMITTEE_SHEETS
    sheet, offers = opened["Decision"], book("rich").book.offers
    rows = {row[0]: row[1:4] for row in sheet.iter_rows(values_only=True)}
    assert rows["Price, CNY"] == pytest.approx([o.price.value for o in offers], rel=1e-12)
    gbv = book("rich").book.result.gbv
    of_gbv = [o.price.value / gbv for o in offers]
    assert rows["% of gross book value"] == pytest.approx(of_gbv, rel=1e-12)
    mean = [o.returns.own_mean.value for o in offers]
    assert rows["Own IRR, mean"] == pytest.approx(mean, rel=1e-12)
    assert rows["Payback, months"] == pytest.approx([o.returns.payback for o in offers])
    multiple = [o.returns.multiple for o in offers]
    assert rows["Multiple of own money"] == pytest.approx(multiple, rel=1e-12)
    floor = book("rich").book.deal.reservation.value
    above = [o.price.value - floor for o in offers]
    assert rows["Above or below the bank's floor"] == pytest.approx(above, rel=1e-9)
    assert sheet["A4"].value == headline(view_of("rich"))
    assert (
        sheet.page_setup.fitToHeight in (None, 1) and sheet.page_setup.orientation == "landscape"
    )


def test_each_sheet_prints_its_head_on_each_page_and_fits_the_width(opened):
    for name in COMMITTEE_SHEETS[1:]:
        sheet = opened[name]
        head = 5 if name in ("Collateral", "Returns") else 4
        assert sheet.print_title_rows == f"${head}:${head}", name
        assert sheet.page_setup.fitToHeight == 0 and sheet.freeze_panes == f"B{head + 1}"


def test_the_strata_are_those_of_the_view(opened):
    view = view_of("rich")
    head = [cell.value for cell in opened["Package"][4]]
    shown = rows_of(opened["Package"], "Group")
    frame = view.package.strata
    assert len(shown) >= len(frame) - 1
    price, claims = head.index("Share of the target price, CNY"), head.index("Claims, CNY")
    for row, (_, found) in zip(shown, frame.iterrows(), strict=False):
        assert row[price] == pytest.approx(found["price"], abs=0.004)
        assert row[claims] == pytest.approx(found["claim"], abs=0.004)


def test_names_of_the_tape_are_text_and_never_a_formula(opened):
    cells = [cell for row in opened["Borrowers"].iter_rows() for cell in row]
    shown = {cell.value for cell in cells if cell.data_type == "s"}
    assert set(INJECTIONS) <= shown
    assert not [
        c for s in COMMITTEE_SHEETS for r in opened[s].iter_rows() for c in r if c.data_type == "f"
    ]


class BankTape(LoanTable):
    """A tape that keeps thirty columns of the bank."""

    def bank_columns(self, table="loans"):
        count = len(self.loans)
        columns = {f"列{i}": [f"=1+{i}"] * count for i in range(29)}
        return pd.DataFrame({"客户名称": [f"名{i}" for i in range(count)], **columns})


def test_the_banks_columns_stand_on_the_loan_sheet(tmp_path):
    study, table, result = book("rich").all
    tape = BankTape(**{name: getattr(table, name) for name in table.__dataclass_fields__})
    path = write_workbook(tmp_path / "book.xlsx", study, tape, result)
    sheet = openpyxl.load_workbook(path)["Loans"]
    head = [cell.value for cell in sheet[LOAN_HEAD + 1]]
    assert head[-30:] == ["客户名称", *(f"列{i}" for i in range(29))]
    first = sheet[LOAN_HEAD + 2]
    assert first[head.index("客户名称")].value == "名0"
    last = first[len(head) - 1]
    assert (last.value, last.data_type, last.quotePrefix) == ("=1+28", "s", True)
    assert sheet.auto_filter.ref.endswith(f"AV{LOAN_HEAD + 7}")
    names = package_tables(study, tape, result).borrowers["name"].tolist()
    assert sorted(names) == [f"名{i}" for i in range(6)]


def test_experts_have_a_sheet_and_columns_on_the_loan_sheet(tmp_path):
    study, table, result = book("rich").all
    figures = {"claim": 9.0, "model": 100.0, "expert": 160.0, "blended": 130.0, "difference": 30.0}
    errors = {f"{name}_se": 2.0 for name in ("model", "expert", "blended", "difference")}
    one = {"author": "Li", "entry": "estimate", "weight": 0.5, "route": "", **figures, **errors}
    loans = pd.DataFrame([{"loan_id": INJECTIONS[2], **one}])
    authors = pd.DataFrame([{**one, "loans": 1}, {**one, "author": "total", "loans": 1}])
    heading = Heading(experts=ExpertComparison(loans, authors, 60))
    path = write_workbook(tmp_path / "book.xlsx", study, table, result, heading)
    values = openpyxl.load_workbook(path)
    assert values.sheetnames[values.sheetnames.index("Borrowers") + 1] == "Experts"
    assert rows_of(values["Experts"], "Author")[0][:2] == ("Li", 1)
    assert rows_of(values["Experts"], "Loan")[0][:4] == (INJECTIONS[2], "Li", "estimate", 0.5)
    sheet = values["Loans"]
    head = [cell.value for cell in sheet[LOAN_HEAD + 1]]
    rows = {row[0]: row for row in sheet.iter_rows(min_row=LOAN_HEAD + 2, values_only=True)}
    at = head.index("author")
    assert rows[INJECTIONS[2]][at : at + 7] == ("Li", 0.5, 100.0, 160.0, 130.0, 30.0, 2.0)
    assert rows[INJECTIONS[0]][at : at + 7] == ("-",) * 7


def test_frames_of_the_run_folder_foot_to_the_bid():
    case = book("rich")
    frames = package_frames(package_tables(*case.all))
    bid, loans = case.book.bid.price.value, frames["bid_loan_facts"]
    cents = int(loans["bid_cents"].sum()) + case.book.parts.package_effect
    assert cents == round(100 * bid)
    found = frames["bid_strata"]
    assert found[found["group"] == "package"]["price"].item() == pytest.approx(bid, abs=0.005)
    assert frames["bid_borrowers"]["claim"].sum() == pytest.approx(case.book.result.gbv)


@pytest.mark.parametrize("name", ["rich", "plain", "negative", "zone"])
def test_pages_show_every_package(name):
    view = view_of(name, issues=(Issue("warning", "result, x", "<script> far above"),))
    for module in (strata, collateral, borrowers, data_findings):
        page = module.page(view)
        text = "".join(str(getattr(block, "body", "")) for block in page.blocks)
        assert page.headline.endswith(".") and "nan" not in (page.headline + page.reasons).lower()
        assert SCRIPT not in text and "<script>" not in text and ">nan<" not in text
        assert view.foot in page.note


def test_the_page_on_strata_shows_the_price_of_claims():
    view = view_of("rich")
    page = strata.page(view)
    whole = view.package.strata.iloc[-1]
    text = str(page.blocks[1].body)
    assert f">{100 * whole['price_of_claim']:.1f}<" in text
    assert view.money(whole["claim"]) in text and "Package" in text
    assert view.money(view.book.bid.price.value) in text


def test_the_headline_of_the_strata_names_the_widest_gap():
    view = view_of("rich")
    frame = view.package.strata
    frame.loc[frame["name"] == "unsecured", "share_of_claims"] = 1.0
    security = frame[frame["group"] == "security"].iloc[[0, 0]].copy()
    security["name"] = ["first_rank", "later_rank"]
    security["share_of_claims"], security["share_of_price"] = [0.62, 0.38], [0.84, 0.16]
    view.package.__dict__["strata"] = pd.concat([security, frame], ignore_index=True)
    text = strata.page(view).headline
    assert text == "First-rank mortgage or pledge: 62% of claims, 84% of price."


def test_the_headline_of_borrowers_names_the_anomaly():
    view = view_of("rich")
    frame = view.package.borrowers
    frame.loc[2, ["anomalies", "reasons", "free_collateral"]] = ["time_barred", "no asset", 7e5]
    page = borrowers.page(view)
    assert page.headline.startswith("The 6 largest borrowers owe 100% of the claims")
    assert page.headline.endswith("number 3 is time-barred.")
    assert "no asset to enforce against" in page.reasons and "* The stage says" in page.note


def test_the_headline_of_findings_sums_the_open_effects():
    view = view_of("plain")
    price = view.book.result.mean.value
    rows = [
        ("reading", "f", "a", 1.0, 5.0, -0.04 * price, math.nan, False),
        ("input", "", "b", 1.0, 5.0, -0.02 * price, 1.0, False),
        ("reading", "f", "c", 1.0, 5.0, 0.10 * price, math.nan, False),
        ("reading", "f", "d", 1.0, 5.0, 0.50 * price, math.nan, True),
    ]
    columns = view.package.findings.columns
    view.package.__dict__["findings"] = pd.DataFrame(rows, columns=columns)
    text = data_findings.page(view).headline
    assert text == "Open findings on the data together move the price by −6.0% to +10.0%."
    shown = tables.findings_table(view)
    assert [shown.value_of(i, 7) for i in range(4)] == pytest.approx([-0.04, -0.02, 0.1, 0.5])


def test_names_and_bands():
    assert name_of("credit_card") == "Credit cards" and name_of("杭州") == "杭州"
    assert name_of("some_kind") == "Some kind" and names_of("plan; x; ") == ["Payment plan", "X"]
    assert band(-math.inf, 1.0) == "Under 1" and band(5e6, math.inf, 1e6) == "Over 5"
    assert band(5e4, 5e5, 1e6) == "0.05 – 0.5"


def test_sheets_of_cash_returns_and_cases_show_every_stored_number(opened):
    result = book("rich").book
    for sheet, first, frame, names in (
        ("Cash", "From month", result.cash.table, ("receipts", "costs", "net", "low", "to_date")),
        ("Returns", "Price, CNY", result.prices, ("price", "own_irr", "unlevered_irr", "put_in")),
        ("Downside", "Case", result.downside, ("bid", "bid_se", "own_irr", "loss")),
    ):
        rows = rows_of(opened[sheet], first)[: len(frame)]
        assert len(rows) == len(frame)
        for row, found in zip(rows, frame.to_dict(orient="records"), strict=True):
            numbers = [cell for cell in row if isinstance(cell, int | float)]
            for name in names:
                if math.isfinite(found[name]):
                    assert any(x == pytest.approx(found[name], rel=1e-9) for x in numbers), name
    shown = [row[0] for row in rows_of(opened["Key assumptions"], "Assumption")]
    assert len(shown) == len(set(shown)) > 3


def test_prices_that_the_study_states_are_among_those_of_the_returns():
    terms = SECTIONS["pricing"] | {"prices": [123_456.0]}
    case = run(six(), pricing=terms)
    found = case.book.prices
    assert found["price"].is_monotonic_increasing and 123_456.0 in found["price"].tolist()
    view = BookView(*case.all, unit_of(case.book))
    assert 123_456.0 in [row[0] for row in tables_of_decision.prices_table(view).rows]
