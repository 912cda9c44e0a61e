"""Shares of vehicles, from cash."""

from __future__ import annotations

import pytest

from tests.builders.contracts import layer
from tests.channel.test_position import disclosed


def test_vehicles_are_checked_from_the_last():
    """A trust pays a senior fund 50 and its own product the rest; the product owes customers 20
    and the bank what is left.

    Product gets 0, 30, 50, 100, of which the bank 0, 10, 30, 80. Deviations of the product: mean
    61: 6.1 + 6.2 + 3.3 + 15.6 = 31.2; of the bank: mean 43: 29.6 as above. 95 % is most, so that
    what the product holds counts in full: 31.2 of 32.
    """
    trust = layer(
        {"kind": "note", "name": "s", "share": 0.5, "holder": "fund"},
        {"kind": "residual", "share": 0.5, "holder": "product"},
    )
    product = layer(
        {"kind": "note", "name": "u", "share": 0.4, "holder": "customers"},
        {"kind": "residual", "share": 0.6, "holder": "bank"},
        name="product",
    )
    terms = {"vehicles": [trust, product], "accounting": {"own_wealth_products": ["product"]}}
    found = disclosed(**terms).vehicles
    assert list(found) == ["trust", "product"]
    assert found["product"].share == pytest.approx(29.6 / 31.2) and found["product"].controlled
    assert found["trust"].share == pytest.approx(31.2 / 32.0)
    # Nobody says who directs the trust, until the bank works the loans out for it.
    assert found["trust"].most and not found["trust"].power
    assert (
        disclosed(**terms, servicing={"by": "bank", "share": 0.1, "fair_share": 0.1})
        .vehicles["trust"]
        .controlled
    )
    strict = {**terms["accounting"], "thresholds": {"variable_returns_at_least": 0.98}}
    strict = disclosed(vehicles=terms["vehicles"], accounting=strict).vehicles
    # Below the threshold the product is looked through: the bank's own 29.6 of 32 is what counts
    # at most.
    assert (
        not strict["product"].most and strict["trust"].share <= 31.2 / 32.0 * 29.6 / 31.2 + 1e-12
    )


def test_a_top_up_is_a_part_of_what_the_bank_bears():
    """The product gets 40, 80, 100, 150 and owes customers 100: with the rest, and what is
    missing, the bank bears all.
    """
    trust = layer({"kind": "residual", "share": 1.0, "holder": "product"})
    units = {"kind": "note", "name": "u", "share": 1.0, "holder": "customers"}
    terms = {
        "vehicles": [trust, layer(units, {"kind": "residual", "holder": "bank"}, name="product")]
    }
    rigid = {"kind": "top_up", "name": "t", "of": "u"}
    assert disclosed(**terms, undertakings=[rigid]).vehicles["product"].share == pytest.approx(1.0)
    # Without: 0, 0, 0, 50 of mean 20: 2 + 4 + 6 + 12 = 24 of 32.
    assert disclosed(**terms).vehicles["product"].share == pytest.approx(24.0 / 32.0)


def test_an_own_product_that_is_no_vehicle_counts_as_the_bank():
    terms = {"vehicles": [layer({"kind": "residual", "share": 1.0, "holder": "product"})]}
    assert disclosed(**terms).vehicle.share == 0.0
    assert disclosed(
        **terms, accounting={"own_wealth_products": ["product"]}
    ).vehicle.share == pytest.approx(1.0)
