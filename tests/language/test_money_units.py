"""Units of amounts: chosen once, or by amount and language."""

from __future__ import annotations

import contextvars

import pytest

from npl_sim.core.errors import NplSimError
from npl_sim.core.language import speaking
from npl_sim.reports.formats import amount_text, money_unit
from npl_sim.reports.money_units import check_unit, choose_unit, parse_unit
from npl_sim.resources.languages import catalog


def in_unit(name, function, *values):
    """Return the result of a function with a chosen unit, which ends with the call."""
    context = contextvars.copy_context()
    context.run(choose_unit, name)
    return context.run(function, *values)


@pytest.mark.parametrize(
    ("name", "amount", "currency", "shown"),
    [
        ("元", 1234567.0, "CNY", "1,234,567元"),
        ("万元", 293_400_000.0, "CNY", "29,340万元"),
        ("百万元", 293_400_000.0, "CNY", "293.4百万元"),
        ("亿元", 293_400_000.0, "CNY", "2.93亿元"),
        ("亿欧元", 293_400_000.0, "EUR", "2.93亿欧元"),
        ("million", 293_400_000.0, "CNY", "CNY 293.4 million"),
        ("EUR million", 293_400_000.0, "EUR", "EUR 293.4 million"),
        ("eur thousand", 293_400.0, "EUR", "EUR 293.4 thousand"),
        ("CNY", 293.4, "CNY", "CNY 293.4"),
    ],
)
def test_a_chosen_unit_holds_for_every_amount(name, amount, currency, shown):
    assert in_unit(name, amount_text, amount, currency) == shown
    assert in_unit(name, lambda: money_unit(1e15, currency).size) == parse_unit(name).size


@pytest.mark.parametrize("name", ["", "x", "万", "milion", "EUR Million!", "元元", "ab million"])
def test_what_is_no_unit_is_refused(name):
    with pytest.raises(NplSimError, match="--unit: got .*; expected 元"):
        parse_unit(name)


def test_a_unit_of_another_currency_is_refused():
    """Nothing is converted."""
    with pytest.raises(NplSimError, match="a unit of EUR; the study's amounts are in CNY"):
        in_unit("EUR million", check_unit, "CNY")
    in_unit("million", check_unit, "CNY")
    in_unit("万元", check_unit, "CNY")
    with pytest.raises(NplSimError, match="a unit of CNY"):
        in_unit("万元", check_unit, "EUR")


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (278_500_000.0, "CNY", "2.79亿元"),
        (199_999_999.0, "CNY", "20,000万元"),
        (13_300_000.0, "CNY", "1,330万元"),
        (19_999.0, "CNY", "19,999元"),
        (-34_000_000.0, "EUR", "-3,400万欧元"),
        (25_000.0, "JPY", "2.50万JPY"),
        (25_000.0, "", "2.50万元"),
    ],
)
def test_chinese_reports_count_in_ten_thousands(amount, currency, shown):
    with speaking(catalog("zh")):
        assert amount_text(amount, currency) == shown


def test_english_reports_choose_by_the_largest_amount():
    assert money_unit(278_500_000.0, "CNY").name == "CNY million"
    assert money_unit(1_999_999.0, "CNY").name == "CNY thousand"
