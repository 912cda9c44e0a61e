"""Sources and uses at closing: they are what the deal says, and they balance, or it is
reported.
"""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from npl_sim.securitization.closing import closing_of
from npl_sim.securitization.waterfall.waterfall import run_deal
from tests.builders.deals import annual, before_last, closing_texts, deal, deal_terms, run_texts

RESERVE = {
    "name": "reserve",
    "initial": 30.0,
    "target": {"kind": "fixed", "amount": 30.0},
    "sweep": True,
}


def with_reserve(initial=30.0, **changes):
    steps = before_last({"kind": "reserve", "account": "reserve"})
    return deal(accounts=[{**RESERVE, "initial": initial}], steps=steps, **changes)


def test_the_price_is_what_is_left():
    """Notes of 100 at 98 % and 20 at 110 % bring 120, and a loan brings 5; 30 and 7 go out.

    The price is what is left: 88.
    """
    tranches = deal_terms()["tranches"]
    tranches[0]["price"], tranches[1]["price"] = 0.98, 1.1
    found = closing_of(with_reserve(tranches=tranches, other_cash=5.0, closing_costs=7.0))
    assert found.lines == (
        ("source", "senior", "notes at 98% of their balance", 98.0),
        ("source", "sub", "notes at 110% of their balance", pytest.approx(22.0)),
        ("source", "others", "other cash", 5.0),
        ("use", "reserve", "account filled at closing", 30.0),
        ("use", "costs", "closing costs", 7.0),
        ("use", "seller", "price of the package (what is left)", pytest.approx(88.0)),
    )
    assert found.total("source") == pytest.approx(125.0) == found.total("use")
    assert found.balanced and not found.stated and found.gap == pytest.approx(0.0)
    assert found.table()["amount"].sum() == pytest.approx(250.0)


@pytest.mark.parametrize(
    ("price", "text"), [(90.0, None), (95.0, "uses exceed sources"), (80.0, "sources exceed uses")]
)
def test_a_stated_price_must_balance(price, text):
    structure = {"purchase_price": price, "size": []}
    the_deal = with_reserve(structure=structure)
    found = list(closing_texts(the_deal))
    assert closing_of(the_deal).stated
    if text is None:
        assert found == [] and closing_of(the_deal).balanced
        return
    (line,) = found
    assert text in line and "sources 120.00" in line and f"uses {30 + price:,.2f} CNY" in line
    assert line in run_texts(run_deal(the_deal, annual(60, 40, 50)))


def test_reserves_out_of_nothing_are_refused():
    with pytest.raises(
        ValidationError,
        match=(
            "accounts.0.initial: uses at closing exceed sources.*costs 120.01, notes and "
            "other cash 120.00"
        ),
    ):
        with_reserve(120.01)
    with pytest.raises(ValidationError, match="closing_costs: uses at closing exceed sources"):
        deal(closing_costs=121.0)
    assert closing_of(with_reserve(120.01, other_cash=0.01)).balanced
    assert closing_of(with_reserve(120.0)).balanced


def test_reserves_that_leave_little_for_the_package_are_reported():
    (line,) = closing_texts(with_reserve(61.0))
    assert (
        "reserves and costs take 61.00 of sources of 120.00 CNY" in line and "it is 59.00" in line
    )
    assert list(closing_texts(with_reserve(60.0))) == []


def test_other_cash_above_the_notes_is_reported():
    (line,) = closing_texts(deal(other_cash=120.01))
    assert line.startswith("other_cash: got 120.01 CNY, more than the notes bring (120.00)")
    assert list(closing_texts(deal(other_cash=120.0))) == []
