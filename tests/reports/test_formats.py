"""Amounts and shares in words, also those that no reader could count the digits of."""

from __future__ import annotations

import math

import pytest

from npl_sim.reports.formats import amount_text, percent, plain_amount


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (408.5e6, "CNY", "CNY 408.5 million"),
        (-5.0e6, "EUR", "EUR -5.00 million"),
        (950.0, "CNY", "CNY 950.0"),
        (1.5e12, "", "1,500 billion"),
        (0.0, "CNY", "CNY 0"),
        (5.17e25, "CNY", "CNY 5.17e+13 trillion"),
        (math.nan, "CNY", "CNY -"),
    ],
)
def test_an_amount_as_text(amount, currency, text):
    assert amount_text(amount, currency) == text


def test_no_number_is_longer_than_it_can_be_read():
    assert plain_amount(268_230_314_558.0) == "2.68e+11"
    assert plain_amount(999_999_999.0) == "999,999,999"
    assert (
        percent(5.01e16, 2) == "5.01e+18%"
        and percent(999.0) == "99,900.0%"
        and percent(-2e6) == "-2e+08%"
    )
