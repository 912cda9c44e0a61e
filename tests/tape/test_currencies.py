"""Currencies of a tape: rates, marks beside amounts, headers and titles."""

from __future__ import annotations

import ast

import pytest

from npl_sim.core.errors import TapeError
from tests.tape.conftest import Reader, errors

LOANS = "loan_id,product,principal,default_date,stage\n1,sme,850000,2024-01-01,collection\n"


CURRENCIES = (
    "loan_id,product,principal,fees,币种,default_date,stage\n1,sme,100,1,USD,2024-01-01,collection\n"
    "2,sme,200,0,人民币,2024-01-01,collection\n3,sme,300,0,港元,2024-01-01,collection\n"
)


def test_rows_in_another_currency_are_set_aside(read: Reader) -> None:
    table = read(CURRENCIES, currency="CNY", on_error="quarantine")
    assert list(table.loans["loan_id"]) == ["2"]
    assert errors(table)[0] == ("currency (币种)", 2)
    assert set(table.quarantine["row"]) == {2, 4}


def test_rows_are_converted_at_stated_rates(read: Reader) -> None:
    table = read(CURRENCIES, currency="CNY", exchange_rates={"USD": 7.0, "HKD": 0.9})
    assert list(table.loans["gbv"]) == [707.0, 200.0, 270.0]


@pytest.mark.parametrize(
    ("amount", "row", "right"),
    [
        *(
            ("$100", "USD", True),
            ("US$100", "USD", True),
            ("100美元", "USD", True),
            ("$100", "HKD", True),
        ),
        *(
            ("$100", "CNY", False),
            ("€100", "USD", False),
            ("USD 100", "HKD", False),
            ("¥100", "CNY", True),
        ),
        *(("100", "USD", True), ("100 元", "USD", False), ("$100", "", False)),
    ],
)
def test_a_mark_agrees_with_the_currency_of_its_row(
    read: Reader, amount: str, row: str, right: bool
) -> None:
    tape = (
        f"loan_id,product,principal,currency,default_date,stage\n1,sme,{amount},{row},"
        f"2024-01-01,collection\n"
    )
    rates = {"USD": 7.0, "HKD": 0.9}
    if right:
        table = read(tape, currency="CNY", exchange_rates=rates)
        assert table.loans["principal"][0] == 100.0 * {"CNY": 1.0, **rates}[row]
    else:
        with pytest.raises(
            TapeError, match="principal: .*which the row names: this one bears another"
        ):
            read(tape, currency="CNY", exchange_rates=rates)


def test_a_mark_agrees_with_the_currency_of_its_header(read: Reader) -> None:
    tape = LOANS.replace("principal", "principal (USD)").replace("850000", "$850000")
    assert (
        read(tape, currency="CNY", exchange_rates={"USD": 7.0}).loans["principal"][0]
        == 7.0 * 850_000
    )
    with pytest.raises(TapeError, match="principal.*'¥850000'; expected an amount in USD"):
        read(tape.replace("$", "¥"), currency="CNY", exchange_rates={"USD": 7.0})


@pytest.mark.parametrize("amount", ["$850000", "US$850000", "850000 HKD", "850000美元"])
def test_dollars_are_not_read_as_yuan(read: Reader, amount: str) -> None:
    with pytest.raises(TapeError, match="principal.*expected an amount in CNY"):
        read(LOANS.replace("850000", amount), currency="CNY")


@pytest.mark.parametrize("text", ["{'RMB': 1.0}", "{'usd': 7.0}"])
def test_a_rate_names_a_code(read: Reader, text: str) -> None:
    """RMB would convert nothing, as rows in yuan are read as CNY."""
    with pytest.raises(ValueError, match="exchange_rates"):
        read(LOANS, exchange_rates=ast.literal_eval(text))


def test_converted_rows_and_rows_without_a_currency_are_reported(read: Reader) -> None:
    def finding(tape: str) -> dict[str, tuple[int, ...]]:
        table = read(tape, currency="CNY", exchange_rates={"USD": 7.0, "HKD": 0.9})
        found = {f.expected: f.rows for f in table.findings if f.column.startswith("currency")}
        return {
            ("converted" if "converted" in text else "assumed"): rows
            for text, rows in found.items()
        }

    assert finding(CURRENCIES) == {"converted": (2, 4)}
    assert finding(CURRENCIES.replace("人民币", "")) == {"converted": (2, 4), "assumed": (3,)}
    assert finding(CURRENCIES.replace("人民币", "").replace("USD", "").replace("港元", "")) == {}


def test_a_constant_is_in_package_currency(read: Reader) -> None:
    table = read(
        CURRENCIES.replace(",fees", ",x"),
        currency="CNY",
        exchange_rates={"USD": 7.0, "HKD": 0.9},
        defaults={"fees": 5},
    )
    assert list(table.loans["gbv"]) == [705.0, 205.0, 275.0]


def test_amounts_that_are_not_read_are_converted_with_their_row(read: Reader) -> None:
    tape = CURRENCIES.replace(",fees", ",accrued_interest,penalties").replace(
        "100,1,", "100,1,10,"
    )
    tape = tape.replace("200,0,", "200,0,0,").replace("300,0,", "300,0,20,")
    (reading,) = read(tape, currency="CNY", exchange_rates={"USD": 7.0, "HKD": 0.9}).other_readings
    assert list(reading.loans["gbv"]) == [777.0, 200.0, 288.0]
    assert "'penalties' (88.00)" in reading.read


def test_a_header_in_another_currency(read: Reader) -> None:
    text = LOANS.replace("principal", "principal (k€)")
    with pytest.raises(
        TapeError, match="principal: header or title states EUR, the package is in CNY"
    ):
        read(text, currency="CNY")
    assert read(text, currency="EUR").loans["principal"][0] == 850e6
    assert (
        read(text, currency="CNY", exchange_rates={"EUR": 8.0}).loans["principal"][0] == 8 * 850e6
    )


def test_collateral_in_another_currency(read: Reader) -> None:
    items = "loan_id,kind,appraisal_value,currency_of_property\n1,residential,110,USD\n"
    with pytest.raises(
        TapeError, match="currency_of_property.*'USD'; expected CNY, the package's currency"
    ):
        read(LOANS, items, currency="CNY")


@pytest.mark.parametrize("text", ["12万", "1.5亿", "3,000元", "2千元"])
def test_a_cell_may_state_its_own_unit(read: Reader, text: str) -> None:
    want = {"12万": 120_000.0, "1.5亿": 150e6, "3,000元": 3000.0, "2千元": 2000.0}[text]
    tape = f'loan_id,product,principal,default_date,stage\n1,sme,"{text}",2024-01-01,collection\n'
    assert read(tape).loans["principal"][0] == want
    with pytest.raises(TapeError, match="this cell states a unit of its own"):
        read(tape, amount_unit=10000)
