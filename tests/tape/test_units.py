"""Units and currencies in headers, title rows, keys and currency columns."""

from __future__ import annotations

import pytest

from npl_sim.core.errors import TapeError
from npl_sim.tape.templates import header_key
from npl_sim.tape.units import currency_code, header_statement, title_statement
from tests.tape.conftest import Reader


@pytest.mark.parametrize(
    ("header", "unit", "currency", "name"),
    [
        ("本金余额（万元）", 1e4, "CNY", "本金余额"),
        ("评估价值：万元", 1e4, "CNY", "评估价值"),
        ("本金余额万元", 1e4, "CNY", "本金余额"),
        ("评估价值（单位：亿元）", 1e8, "CNY", "评估价值"),
        ("合同金额(万美元)", 1e4, "USD", "合同金额"),
        ("余额(元)", 1.0, "CNY", "余额"),
        ("Principal [EUR]", None, "EUR", "principal"),
        ("GBV (kEUR)", 1e3, "EUR", "gbv"),
        ("GBV k€", 1e3, "EUR", "gbv"),
        ("gbv_keur", 1e3, "EUR", "gbv"),
        ("Balance (EUR 000)", 1e3, "EUR", "balance"),
        ("Importo (migliaia di euro)", 1e3, "EUR", "importo"),
        ("Principal (USD million)", 1e6, "USD", "principal"),
        ("Principal (10,000 yuan)", 1e4, "CNY", "principal"),
        ("principal_cny", None, "CNY", "principal"),
        ("principal_balance", None, "", "principalbalance"),
        ("Principal (x1000)", 1e3, "", "principal"),
        ("（万元）本金余额", 1e4, "CNY", "本金余额"),
        ("本金（万元）余额", 1e4, "CNY", "本金余额"),
        ("本金余额(折人民币万元)", 1e4, "CNY", "本金余额"),
        ("本金余额/万元", 1e4, "CNY", "本金余额"),
        ("Principal (T€)", 1e3, "EUR", "principal"),
        ("Principal (₹ crore)", 1e7, "INR", "principal"),
        ("本金余额（元/万元）", None, "CNY", "本金余额（元/万元）"),
        ("本金余额（万元/元）", None, "CNY", "本金余额（万元/元）"),
        ("执行利率(%)", None, "", "执行利率"),
        ("建筑面积(㎡)", None, "", "建筑面积"),
        ("Loan no (old)", None, "", "loanno"),
        ("type_of_property", None, "", "typeofproperty"),
    ],
)
def test_headers(header: str, unit: float | None, currency: str, name: str) -> None:
    text = header_statement(header)
    assert (text.unit, text.currency) == (unit, currency)
    assert header_key(header) == header_key(name)


@pytest.mark.parametrize(
    ("text", "unit", "currency"),
    [
        ("单位：万元", 1e4, "CNY"),
        ("某银行不良资产包明细（基准日：2026年6月30日，单位：万元）", 1e4, "CNY"),
        ("金额单位：人民币千元", 1e3, "CNY"),
        ("货币单位：万元 币种：人民币", 1e4, "CNY"),
        ("单位：元 币种：港币", 1.0, "HKD"),
        ("单位：万美元", 1e4, "USD"),
        ("（万元）", 1e4, "CNY"),
        ("unit: 10,000 yuan", 1e4, "CNY"),
        ("Amounts in thousands of EUR", 1e3, "EUR"),
        ("Importi in migliaia di euro", 1e3, "EUR"),
        ("(in thousands)", 1e3, ""),
        ("Portfolio of Milan, in million euro", 1e6, "EUR"),
        ("币种：美元", None, "USD"),
        ("金额：万元", 1e4, "CNY"),
        ("单位：万元、%", 1e4, "CNY"),
        ("以万元为单位", 1e4, "CNY"),
        ("Valori in migliaia di euro", 1e3, "EUR"),
        ("Values in thousand EUR", 1e3, "EUR"),
        ("Angaben in T€", 1e3, "EUR"),
        ("Amount in Lakhs", 1e5, ""),
        ("金额：5000万元", None, ""),
        ("Page 1 in 10", None, ""),
        ("Portfolio of 5 million loans in Italy", None, ""),
        ("填报单位：某银行", None, ""),
        ("Business unit: Milan", None, ""),
        ("Report 1000", None, ""),
        ("100", None, ""),
        ("Notes offered by Prospectus (https://example.test)", None, ""),
    ],
)
def test_title_rows(text: str, unit: float | None, currency: str) -> None:
    message = title_statement(text)
    assert (message.unit, message.currency) == (unit, currency)


@pytest.mark.parametrize(
    ("text", "code"),
    [("人民币", "CNY"), ("RMB", "CNY"), ("usd", "USD"), ("港元", "HKD"), ("x", ""), ("$", "")],
)
def test_currency_codes(text: str, code: str) -> None:
    assert currency_code(text) == code


TITLE = "不良贷款清单,,,,\n单位：万元,,,,\n借据号,产品类型,本金余额,利息余额,违约日期\nA1,住房按揭,85,5,2024-03-15\n"


def test_a_title_row_states_the_unit(read: Reader) -> None:
    """The amounts of the sheet are in ten thousands, whether or not the study names the row of
    the headers."""
    for terms in ({}, {"header_row": 3}, {"amount_unit": 10000}):
        table = read(TITLE, defaults={"stage": "collection"}, **terms)
        assert table.loans["gbv"][0] == 900_000.0
    finding = [f.message for f in read(TITLE, defaults={"stage": "collection"}).findings]
    assert any("单位：万元" in value and "10,000 was used" in value for value in finding)


def test_a_unit_that_disagrees_with_the_title_is_refused(read: Reader) -> None:
    with pytest.raises(
        TapeError,
        match=r"row 2, '单位：万元' states a unit of 10,000, the study's amount_unit of 1;",
    ):
        read(TITLE, amount_unit=1)
    both = TITLE.replace("本金余额", "本金余额（千元）")
    with pytest.raises(
        TapeError, match="principal: header '本金余额（千元）' states a unit of 1,000, row 2"
    ):
        read(both)
    table = read(both, column_units={"principal": 1000}, defaults={"stage": "collection"})
    assert table.loans["principal"][0] == 85_000.0
    assert table.loans["accrued_interest"][0] == 50_000.0


LOANS = "loan_id,product,principal,default_date,stage\n1,sme,850000,2024-01-01,collection\n"


def test_collateral_may_stand_in_another_unit(read: Reader) -> None:
    items = "loan_id,抵押物类型,评估价值（万元）\n1,住宅,110\n"
    assert read(LOANS, items).collateral["appraisal_value"][0] == 1_100_000.0
    plain = items.replace("（万元）", "")
    assert (
        read(LOANS, plain, collateral_amount_unit=10000).collateral["appraisal_value"][0]
        == 1_100_000.0
    )
    assert (
        read(LOANS, plain, column_units={"appraisal_value": 1000}).collateral["appraisal_value"][0]
        == 110_000.0
    )
    with pytest.raises(
        TapeError,
        match="appraisal_value: header .* states a unit of 10,000, the study's amount_unit of 1;",
    ):
        read(LOANS, items, amount_unit=1)


def test_headers_that_add_up_state_one_unit(read: Reader) -> None:
    text = "loan_id,product,principal,a (元),b (万元),default_date\n1,sme,1,2,3,2024-01-01\n"
    with pytest.raises(TapeError, match="accrued_interest: its headers state different units"):
        read(text, columns={"accrued_interest": ["a (元)", "b (万元)"]})


@pytest.mark.parametrize("title", ["单位：万美元", "币种：美元", "Amounts in USD thousands"])
def test_a_title_in_another_currency(read: Reader, title: str) -> None:
    tape = TITLE.replace("单位：万元", title)
    with pytest.raises(
        TapeError, match="principal: header or title states USD, the package is in CNY"
    ):
        read(tape, currency="CNY", defaults={"stage": "collection"})
    unit = {"单": 1e4, "币": 1.0, "A": 1e3}[title[0]]
    table = read(
        tape, currency="CNY", exchange_rates={"USD": 7.0}, defaults={"stage": "collection"}
    )
    assert table.loans["gbv"][0] == 90.0 * unit * 7.0
