"""Files of cash that came: headers, months, units, codes, and the account of every amount."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from npl_sim.core.errors import NplSimError, TapeError
from npl_sim.core.layout import KIND_IS_INFLOW, Kind
from npl_sim.tape.cash_file.layout import codes, route_of_kind
from npl_sim.tape.cash_file.reading import read_cash
from npl_sim.tape.cash_file.settling import settle_cash

START = date(2026, 6, 30)
LOANS = pd.Series(["L1", "L2", "0003"])


def settled(folder, rows, name="cash.csv", as_of=None, loans=LOANS, start=START, **options):
    """Write rows as a file and return its cash."""
    path = folder / name
    frame = pd.DataFrame(rows)
    if name.endswith(".parquet"):
        frame.to_parquet(path, index=False)
    elif name.endswith(".xlsx"):
        frame.to_excel(path, index=False, engine="openpyxl", **options)
    else:
        frame.to_csv(path, index=False)
    file = read_cash(path, start, "CNY")
    return settle_cash(file, loans, 1e9, start, as_of)


def row(loan="L1", day="2026-07-15", amount=100.0, **more):
    return {"loan_id": loan, "date": day, "amount": amount, **more}


@pytest.mark.parametrize("name", ["cash.csv", "cash.xlsx", "cash.parquet"])
def test_every_format_gives_the_same_cash(tmp_path, name):
    cash = settled(
        tmp_path,
        [row(), row("L2", "2026-08-31", 50.25), row("L1", "2026-09-01", 7.5)],
        name,
        date(2026, 9, 30),
    )
    assert cash.elapsed == 3
    assert list(cash.by_month()[0]) == [100.0, 50.25, 7.5]
    assert cash.account.set_index("reason").loc["used"].to_dict() == {
        "meaning": "counted in the comparison",
        "amounts": 3,
        "cents": 15_775,
    }


def test_chinese_headers_units_and_codes(tmp_path):
    path = tmp_path / "回款.csv"
    path.write_text(
        "资产包回款明细,,,,,\n单位：万元,,,,,\n"
        "借据号,到账日期,回款金额,款项性质,清收机构,是否结清\n"
        "L1,2026年7月3日,1.5,司法拍卖,甲所,是\n"
        "L2,2026-08-20,0.2,分期还款,乙所,否\n"
        "合计,,1.7,,,\n制表人：张三,,,,,\n",
        encoding="utf-8",
    )
    cash = settle_cash(read_cash(path, START, "CNY"), LOANS, 1e9, START, date(2026, 8, 31))
    assert list(cash.by_month()[0]) == [15_000.0, 2_000.0]
    assert list(cash.rows["kind"]) == ["collateral", "installment"]
    assert list(cash.rows["route"]) == ["court", "agreement"]
    assert cash.servicer_of == {"L1": "甲所", "L2": "乙所"} and cash.closed == {"L1"}
    assert cash.total_rows == 2
    assert not any("sum of the rows" in f.text for f in cash.findings)


def test_italian_headers_and_decimals(tmp_path):
    path = tmp_path / "incassi.csv"
    path.write_text(
        "Numero rapporto;Data incasso;Importo incassato;Causale;Gestore\n"
        "L1;31/07/2026;1.234,50;Saldo e stralcio;Alfa\n"
        "L2;15/08/2026;2.000,00;Asta;Beta\n",
        encoding="utf-8",
    )
    cash = settle_cash(read_cash(path, START, "CNY"), LOANS, 1e9, START, date(2026, 8, 31))
    assert list(cash.by_month()[0]) == [1_234.5, 2_000.0]
    assert list(cash.rows["kind"]) == ["settlement", "collateral"]


@pytest.mark.parametrize(
    "headers",
    [
        ("2026-07", "2026-08"),
        ("2026年7月", "2026年8月"),
        ("Jul-2026", "Aug 2026"),
        ("luglio 2026", "agosto 2026"),
        ("202607", "202608"),
        ("M1", "M2"),
        ("2026-07-31", "2026-08-31"),
        ("07/2026", "08/2026"),
        ("2026年7月（元）", "2026年8月（元）"),
    ],
)
def test_monthly_columns(tmp_path, headers):
    rows = [
        {"loan_id": "L1", headers[0]: 10.0, headers[1]: None},
        {"loan_id": "L2", headers[0]: 0.0, headers[1]: 5.5},
    ]
    cash = settled(tmp_path, rows, as_of=date(2026, 8, 31))
    assert list(cash.by_month()[0]) == [10.0, 5.5]
    assert list(cash.rows["loan_id"]) == ["L1", "L2"]


def test_the_unit_of_monthly_columns_is_in_brackets_or_in_the_title(tmp_path):
    rows = [{"loan_id": "L1", "2026-07（万元）": 1.5}, {"loan_id": "L2", "2026-07（万元）": 2.0}]
    assert settled(tmp_path, rows, as_of=date(2026, 7, 31)).by_month()[0][0] == 35_000.0
    path = tmp_path / "title.csv"
    path.write_text("单位：千元,\n借据号,2026年7月\nL1,3\nL2,4\n", encoding="utf-8")
    cash = settle_cash(read_cash(path, START, "CNY"), LOANS, 1e9, START, date(2026, 7, 31))
    assert cash.by_month()[0][0] == 7_000.0


def test_months_in_a_column_and_months_of_a_date_within_a_month(tmp_path):
    rows = [
        {"loan": "L1", "month": "2026-07", "amount": 1.0},
        {"loan": "L1", "month": "3", "amount": 4.0},
    ]
    assert list(settled(tmp_path, rows, as_of=date(2026, 9, 30)).by_month()[0]) == [1.0, 0.0, 4.0]
    # From the 15th, month 1 ends on July 15th, and the 16th is in month 2.
    start = date(2026, 6, 15)
    days = [row(day="2026-07-15", amount=1.0), row(day="2026-07-16", amount=2.0)]
    cash = settled(tmp_path, days, as_of=date(2026, 8, 20), start=start)
    assert cash.elapsed == 2 and list(cash.by_month()[0]) == [1.0, 2.0]


def test_every_amount_is_accounted_for_to_the_cent(tmp_path):
    rows = [
        row(amount=100.0),
        row(amount=100.0),  # a copy
        row("XX", amount=7.77),
        row("L2", "2026-06-30", 5.0),
        row("L2", "2026-09-10", 3.0),
        row("L2", "2026-08-05", 11.11),
        row("3", "2026-07-01", 0.01),
    ]
    cash = settled(tmp_path, rows, as_of=date(2026, 8, 20))
    cents = cash.account.set_index("reason")["cents"].to_dict()
    assert cents == {
        "used": 10_001,
        "unknown_loan": 777,
        "before_start": 500,
        "after_date": 300,
        "incomplete_month": 1_111,
        "copy": 10_000,
    }
    assert sum(cents.values()) == round(100 * sum(r["amount"] for r in rows))
    assert cash.elapsed == 1 and set(cash.rows["loan_id"]) == {"L1", "0003"}
    assert set(cash.set_aside["reason"]) == set(cents) - {"used"}
    texts = " ".join(str(f) for f in cash.findings)
    for part in (
        "'XX'",
        "7.77",
        "leading zeros",
        "same as an earlier row",
        "up to the as-of date",
    ):
        assert part in texts
    # With a reference that differs, equal payments are two payments.
    two = [row(reference="a"), row(reference="b")]
    assert settled(tmp_path, two, as_of=date(2026, 7, 31)).by_month()[0][0] == 200.0


def test_costs_have_one_sign_and_their_own_plane(tmp_path):
    rows = [
        row(amount=100.0, kind="voluntary"),
        row(amount=30.0, kind="lawyer"),
        row("L2", amount=-4.0, kind="court fee"),  # a refund
        row("L2", amount=-9.0, kind="settlement"),  # a reversal
    ]
    cash = settled(tmp_path, rows, as_of=date(2026, 7, 31))
    receipts, costs = cash.by_month()
    assert (receipts[0], costs[0]) == (91.0, 26.0) and cash.states_costs
    signed = [{**r, "amount": -r["amount"]} if "voluntary" != r["kind"] else r for r in rows[:2]]
    assert settled(tmp_path, signed, as_of=date(2026, 7, 31)).by_month()[1][0] == 30.0
    split = [{"loan_id": "L1", "date": "2026-07-15", "amount": 100.0, "costs": 12.5}]
    receipts, costs = settled(tmp_path, split, as_of=date(2026, 7, 31)).by_month()
    assert (receipts[0], costs[0]) == (100.0, 12.5)


def test_an_auction_above_zero_is_proceeds_unless_costs_are_written_so(tmp_path):
    proceeds = [row(kind="auction"), row("L2", amount=-5.0, kind="lawyer")]
    assert settled(tmp_path, proceeds, as_of=date(2026, 7, 31)).by_month()[0][0] == 100.0
    cost = [row(kind="auction"), row("L2", amount=5.0, kind="lawyer")]
    assert settled(tmp_path, cost, as_of=date(2026, 7, 31)).by_month()[1][0] == 105.0


def test_without_a_date_the_whole_month_is_taken_and_the_file_says_so(tmp_path):
    cash = settled(tmp_path, [row(), row("L2", "2026-09-02", 1.0)])
    assert (cash.as_of, cash.elapsed) == (date(2026, 9, 30), 3)
    assert any("--as-of" in f.text for f in cash.findings)


def test_a_total_that_is_not_the_sum_is_reported(tmp_path):
    rows = [row(), row("L2", amount=50.0), {"loan_id": "Total", "date": "", "amount": 160.0}]
    cash = settled(tmp_path, rows, as_of=date(2026, 7, 31))
    assert any("150.00, the sum of the rows" in f.text for f in cash.findings)
    assert cash.by_month()[0][0] == 150.0


@pytest.mark.parametrize(
    "rows, message",
    [
        ([row(amount="12x")], "row 2, amount: '12x'"),
        ([row(amount="99999999999999999999"), row("L2")], "row 2, amount"),
        ([row(day="2026-13-01")], "row 2, date: '2026-13-01'"),
        ([row(loan="")], "a loan id in each row"),
        ([{**row(), "amount (USD)": 5.0}], "both mean amount"),
        (
            [{"loan_id": "L1", "date": "2026-07-01", "importo (EUR)": 5.0}],
            "is in EUR; expected CNY",
        ),
        ([{"date": "2026-07-01", "amount": 5.0}], "no column of loan ids"),
        ([row(currency="EUR")], "row 2, currency: 'EUR'; expected CNY"),
        ([{"loan_id": "L1", "amount": 5.0}], "got none; expected one column date or month"),
        ([{"loan_id": "L1", "date": "2026-07-01"}], "no column of amounts"),
        ([{**row(), "2026-07": 5.0}], "columns of months beside date, amount"),
        ([row("X1"), row("X2"), row("L1")], "1 of 3 rows name a loan of the package"),
        ([row(amount=2e9)], "is above the gross book value"),
        ([row(day="2026-06-01")], "no whole month has passed"),
    ],
)
def test_what_cannot_be_used_is_refused(tmp_path, rows, message):
    with pytest.raises(NplSimError) as error:
        settled(tmp_path, rows)
    assert message in str(error.value)
    assert isinstance(error.value, TapeError) or "TableError" in type(error.value).__name__


def test_a_header_that_the_user_gives_wins(tmp_path):
    path = tmp_path / "cash.csv"
    path.write_text("Konto;Tag;Betrag;Rest\nL1;2026-07-15;5,50;x\n", encoding="utf-8")
    columns = {"loan_id": "Konto", "date": "tag", "amount": "Betrag"}
    file = read_cash(path, START, "CNY", columns=columns)
    cash = settle_cash(file, LOANS, 1e9, START, date(2026, 7, 31))
    assert cash.by_month()[0][0] == 5.5
    assert any("'Rest'" in f.text and "not used" in f.text for f in cash.findings)
    for bad, message in (({"amount": "Geld"}, "0 headers 'Geld'"), ({"x": "Tag"}, "--column x")):
        with pytest.raises(TapeError, match=message):
            read_cash(path, START, "CNY", columns={**columns, **bad})


def test_the_first_known_of_two_headers_is_taken_and_the_other_is_named(tmp_path):
    rows = [{**row(day="2026-07-15"), "value date": "2026-08-15"}]
    cash = settled(tmp_path, rows, as_of=date(2026, 8, 31))
    assert list(cash.by_month()[0]) == [100.0, 0.0]
    assert any("value date" in f.text for f in cash.findings)


def test_a_column_of_dates_may_hold_months(tmp_path):
    rows = [row(day="2026-07"), row("L2", "2026年8月", 2.0)]
    cash = settled(tmp_path, rows, as_of=date(2026, 8, 31))
    assert list(cash.by_month()[0]) == [100.0, 2.0]


def test_a_row_without_an_amount_needs_no_date(tmp_path):
    rows = [row(servicer="A"), row("L2", "", None, servicer="B")]
    cash = settled(tmp_path, rows, as_of=date(2026, 7, 31))
    assert cash.servicer_of == {"L1": "A", "L2": "B"} and len(cash.rows) == 1


def test_every_kind_of_receipt_has_a_route_and_every_kind_its_own_name():
    receipts = [kind.name.lower() for kind in Kind if KIND_IS_INFLOW[kind]]
    assert set(route_of_kind()) == set(receipts)
    assert set(route_of_kind().values()) <= set(codes("routes").values())
    for kind in Kind:
        assert codes("kinds")[kind.name.lower().replace("_", " ")] == kind.name.lower()


def test_codes_that_are_not_known_count_as_not_stated(tmp_path):
    rows = [row(kind="pepper"), row("L2", kind="诉讼"), row("0003", kind="和解")]
    cash = settled(tmp_path, rows, as_of=date(2026, 7, 31))
    assert list(cash.rows["kind"]) == ["", "", "settlement"]
    assert list(cash.rows["route"]) == ["", "court", "agreement"]
    assert any("'pepper'" in f.text for f in cash.findings)
