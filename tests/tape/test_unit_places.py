"""Units and currencies wherever a sender states them: a row of units, a note, a sheet, a column
beside a header."""

from __future__ import annotations

import time

import pytest

from npl_sim.core.errors import TapeError
from npl_sim.tape.non_records import is_total
from tests.tape.conftest import HEADER, Reader, errors

ROW = "A1,mortgage,1000,2024-03-15"
CHINESE = "借据号,产品类型,本金余额,违约日期"
EMBEDDED = f"{HEADER},currency,kind,appraisal_value"
RATES = {"currency": "CNY", "exchange_rates": {"USD": 7.0}}


def test_a_row_of_units_below_the_headers_is_read(read: Reader) -> None:
    for cell in ("万元", "(万元)", "人民币万元"):
        table = read(f"{CHINESE}\n,,{cell},\nA1,按揭,85,2024-03-15\n")
        assert table.loans["principal"].tolist() == [850_000.0]
        assert table.loans["loan_id"].tolist() == ["A1"]
    with pytest.raises(TapeError, match="unit of 10,000, the row below the headers, '元', of 1"):
        read("借据号,产品类型,本金余额（万元）,违约日期\n,,元,\nA1,按揭,85,2024-03-15\n")


def test_the_first_record_is_no_row_of_units(read: Reader) -> None:
    for amount in ("1000", "100", "10", "100 CNY"):
        table = read(f"{HEADER}\nA1,mortgage,{amount},2024-03-15\n", currency="CNY")
        assert len(table.loans) == 1


@pytest.mark.parametrize(
    "note", ["单位：万元", "注：以上金额单位均为万元", "（金额单位：万元）", "说明：以万元为单位"]
)
def test_a_note_below_the_table_states_the_unit(read: Reader, note: str) -> None:
    text = f"{CHINESE}\nA1,按揭,85,2024-03-15\nA2,按揭,15,2024-03-15\n{note},,,\n"
    table = read(text)
    assert table.loans["principal"].tolist() == [850_000.0, 150_000.0]
    assert any(f.name == "unit" and "10,000 was used" in f.message for f in table.findings)
    with pytest.raises(TapeError, match="amount_unit of 1;"):
        read(text, amount_unit=1)


def test_a_title_in_yuan_contradicts_a_header_in_ten_thousands(read: Reader) -> None:
    with pytest.raises(TapeError, match="states a unit of 10,000, row 1, '单位：元' of 1"):
        read("单位：元,,,\n借据号,产品类型,本金余额（万元）,违约日期\nA1,按揭,85,2024-03-15\n")


def test_indian_units(read: Reader) -> None:
    terms = {"columns": {"principal": "Principal (Rs. Lakhs)"}, "currency": "INR"}
    table = read(f"{HEADER}\n{ROW}\n".replace("principal", "Principal (Rs. Lakhs)"), **terms)
    assert table.loans["principal"].tolist() == [1e8]
    table = read(f"(Rs. in crore),,,\n{HEADER}\nA1,mortgage,12.5,2024-03-15\n", currency="INR")
    assert table.loans["principal"].tolist() == [1.25e8]


def test_collateral_on_the_loan_file_is_in_the_currency_of_its_row(read: Reader) -> None:
    """A flat of 1,000 dollars is worth 7,000 yuan, as its loan is converted."""
    table = read(
        f"{EMBEDDED}\n{ROW},USD,residential,1000\nA2,mortgage,2000,2024-03-15,CNY,"
        f"residential,3000\n",
        **RATES,
    )
    assert table.loans["principal"].tolist() == [7000.0, 2000.0]
    assert table.collateral["appraisal_value"].tolist() == [7000.0, 3000.0]


def test_collateral_on_the_loan_file_may_name_its_own_currency(read: Reader) -> None:
    text = (
        f"{HEADER},kind,appraisal_value,currency_of_property\n{ROW},residential,1000,USD\nA2,"
        f"mortgage,1,2024-03-15,,,\n"
    )
    table = read(text, **RATES)
    assert table.collateral["appraisal_value"].tolist() == [7000.0]
    assert not any(
        f.column.startswith("currency") and f.name for f in table.findings
    )  # A2 has no item
    refused = read(text, currency="CNY", on_error="quarantine")
    assert ("currency (currency_of_property)", 2) in errors(refused)


@pytest.mark.parametrize("cell", ["CNY", ""])
def test_a_currency_column_that_contradicts_the_header_is_refused(read: Reader, cell: str) -> None:
    head = f"{HEADER},currency\n".replace("principal", "principal (USD)")
    table = read(
        f"{head}{ROW},{cell}\nA2,mortgage,1,2024-03-15,USD\n", on_error="quarantine", **RATES
    )
    assert errors(table) == [("currency", 2)]
    assert table.loans["principal"].tolist() == [7.0]
    title = f"币种：美元,,,,\n{HEADER},currency\n{ROW},CNY\nA2,mortgage,1,2024-03-15,USD\n"
    assert errors(read(title, on_error="quarantine", **RATES)) == [("currency", 3)]


def test_yuan_as_the_word_for_a_unit_does_not_contradict_a_currency_column(read: Reader) -> None:
    """单位：元 above a file in several currencies, as Chinese banks write it."""
    table = read(f"单位：万元,,,,\n{HEADER},currency\n{ROW},USD\n".replace("1000", "10"), **RATES)
    assert table.loans["principal"].tolist() == [700_000.0]


def test_headers_that_add_up_are_in_one_currency(read: Reader) -> None:
    head = f"{HEADER},利息a（元）,利息b（美元）"
    with pytest.raises(
        TapeError, match="accrued_interest: its headers state different currencies"
    ):
        read(
            f"{head}\n{ROW},10,10\n",
            columns={"accrued_interest": ["利息a（元）", "利息b（美元）"]},
            **RATES,
        )


def test_a_unit_that_is_not_understood_is_refused(read: Reader) -> None:
    """Nothing is worse than 万元 read as 元: what holds the word and cannot be read stops the run."""
    head = "借据号,产品类型,本金余额,违约日期"
    with pytest.raises(
        TapeError, match="row 1: '单位：户和万元' states a unit that is not understood"
    ):
        read(f"单位：户和万元,,,\n{head}\nA1,按揭,85,2024-03-15\n")
    assert (
        read(f"单位：户和万元,,,\n{head}\nA1,按揭,85,2024-03-15\n", amount_unit=10000).loans[
            "principal"
        ][0]
        == 850_000.0
    )
    text = f"{head}\nA1,按揭,85,2024-03-15\n".replace("本金余额", "本金万元余额")
    with pytest.raises(
        TapeError, match="principal: header '本金万元余额' holds a unit that is not understood"
    ):
        read(text, columns={"principal": "本金万元余额"})
    terms = {"columns": {"principal": "本金万元余额"}, "column_units": {"principal": 10000}}
    assert read(text, **terms).loans["principal"][0] == 850_000.0
    finding = f"5 million euro of loans in Italy,,,\n{HEADER}\n{ROW}\n"
    assert read(finding).loans["principal"][0] == 1000.0


def test_titles_of_further_pages_are_no_records(read: Reader) -> None:
    table = read(
        f"{CHINESE}\nA1,按揭,85,2024-03-15\n不良清单（续）,,,\n单位：万元,,,\n{CHINESE}\nA2,按揭,15,2024-03-15\n"
    )
    assert table.loans["loan_id"].tolist() == ["A1", "A2"]
    assert table.loans["principal"].tolist() == [850_000.0, 150_000.0]


def test_totals_in_capital_figures_and_two_terms(read: Reader) -> None:
    table = read(f"{HEADER}\n{ROW}\n合计（大写）：壹仟元整,,1000,\nSomma totale,,1000,\n")
    assert table.loans["loan_id"].tolist() == ["A1"]


def test_rates_per_mille_are_refused(read: Reader) -> None:
    with pytest.raises(TapeError, match="'利率\\(‰\\)' states per mille"):
        read(f"{HEADER},利率(‰)\n{ROW},5\n")


def test_hints_stand_beside_headers_that_cannot_be_used(read: Reader) -> None:
    with pytest.raises(TapeError, match="'principal'; expected one row of headers.*header_row: 2"):
        read("loan_id,product,Claim,,default_date\n,,,principal,\nA1,mortgage,1,2,2024-03-15\n")


def test_totals_and_notes_in_narrow_files(read: Reader) -> None:
    base = f"{HEADER}\n{ROW}\nA2,mortgage,2000,2024-03-15\n"
    table = read(f"{base}TOTALE,2 posizioni,3000,\n")
    assert table.loans["loan_id"].tolist() == ["A1", "A2"]
    table = read(f"{base}制表人：张三,,复核人：李四,2026-06-30\n")
    assert table.loans["loan_id"].tolist() == ["A1", "A2"]


def test_a_long_number_after_a_term_for_totals_is_reported_at_once() -> None:
    """An id such as SUM111...1x took minutes: the pattern tried every way to part its digits."""
    begin = time.perf_counter()
    assert not is_total("sum" + "1" * 40 + "x")
    assert time.perf_counter() - begin < 1.0


def test_marks_beside_amounts_are_those_of_the_row_or_the_header(read: Reader) -> None:
    """USD 1000 under a column that says USD was refused as foreign to a package in yuan."""
    text = (
        f"{HEADER},currency\nA1,sme,USD 1000,2024-03-15,USD\nA2,sme,USD "
        f"1000,2024-03-15,CNY\nA3,sme,5元,2024-03-15,\n"
    )
    table = read(text, on_error="quarantine", **RATES)
    assert table.loans["principal"].tolist() == [7000.0, 5.0]
    assert errors(table) == [("principal", 3)]
    head = HEADER.replace("principal", "principal (USD)")
    assert read(f"{head}\nA1,sme,$1000,2024-03-15\n", **RATES).loans["principal"].tolist() == [
        7000.0
    ]


def test_a_dollar_sign_is_foreign_to_a_package_in_yuan(read: Reader) -> None:
    with pytest.raises(TapeError, match=r"'\$1000'; expected an amount in CNY"):
        read(f"{HEADER}\nA1,sme,$1000,2024-03-15\n", currency="CNY")
    assert len(read(f"{HEADER}\nA1,sme,$1000,2024-03-15\n", currency="USD").loans) == 1


def test_three_digits_beside_amounts_of_two_decimals_must_be_confirmed(read: Reader) -> None:
    """850.000 among 900000.25 and 120000.10 was 850."""
    rows = "A1,sme,900000.25,2024-03-15\nA2,sme,850.000,2024-03-15\nA3,sme,120000.10,2024-03-15\n"
    with pytest.raises(
        TapeError, match=r"row 3, principal: '850.000'; expected a known decimal mark"
    ):
        read(f"{HEADER}\n{rows}")
    mixed = "A1,sme,90.2,2024-03-15\nA2,sme,85.125,2024-03-15\nA3,sme,12.1,2024-03-15\n"
    assert read(f"{HEADER}\n{mixed}").loans["principal"].tolist() == [90.2, 85.125, 12.1]


def test_marks_beside_collateral_on_the_loan_file_are_those_of_its_row(read: Reader) -> None:
    text = f"{EMBEDDED}\n{ROW},USD,residential,$50\nA2,mortgage,1,2024-03-15,CNY,residential,$50\n"
    table = read(text, on_error="quarantine", **RATES)
    assert table.collateral["appraisal_value"].tolist() == [350.0]
    assert errors(table) == [("appraisal_value", 3)]
    headed = read(
        text.replace("appraisal_value", "appraisal_value (USD)"), on_error="quarantine", **RATES
    )
    assert [(c.split(" ")[0], row) for c, row in errors(headed)] == [("appraisal_value", 3)] * 2


def test_a_line_of_totals_is_in_the_one_currency_of_its_rows(read: Reader) -> None:
    table = read(f"{HEADER},currency\n{ROW},USD\nTotal,,1000,,\n", **RATES)
    assert not [f for f in table.findings if "rows may be missing" in f.expected]
