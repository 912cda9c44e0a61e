"""Distribution of required returns, start prices and chances of a sale."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from npl_sim.stats.risk import Estimate
from npl_sim.valuation.bidders import (
    chance_at,
    lowest_return,
    return_at,
    share_below,
    start_price,
)
from npl_sim.valuation.selling_terms import Bidders

SKEWED = Bidders(low=0.10, mode=0.12, high=0.20, number=3)


def bid_at(rate):
    """Return the price of one payment of 1,210 after two years."""
    price = 1210.0 / (1.0 + rate) ** 2
    return Estimate(price, 1.0, price - 2.0, price + 2.0, 0.95)


@pytest.mark.parametrize(
    "bidders",
    [SKEWED, Bidders(low=0.1, mode=0.1, high=0.2), Bidders(low=0.1, mode=0.2, high=0.2)],
)
def test_quantile_and_distribution_are_inverse(bidders):
    shares = np.linspace(0.01, 0.99, 21)
    found = [share_below(bidders, return_at(bidders, share)) for share in shares]
    assert found == pytest.approx(shares)


def test_triangular_probabilities_by_hand():
    """Area below the mode is (0.12 - 0.10) / (0.20 - 0.10)."""
    assert share_below(SKEWED, 0.12) == pytest.approx(0.2)
    assert share_below(SKEWED, 0.09) == 0.0
    assert share_below(SKEWED, 0.20) == 1.0
    assert share_below(SKEWED, 0.16) == pytest.approx(1 - 0.04**2 / (0.10 * 0.08))


def test_start_price_of_one_bidder_who_asks_ten_per_cent():
    certain = Bidders(low=0.1, mode=0.1, high=0.1)
    found = start_price(certain, bid_at, 0.8)
    assert found.price.value == pytest.approx(1000.0)
    assert chance_at(certain, bid_at, 999.0).chance == 1.0
    assert chance_at(certain, bid_at, 1001.0).chance == 0.0


@pytest.mark.parametrize("chance", [0.5, 0.8, 0.95])
def test_start_price_and_chance_are_inverse(chance):
    found = start_price(SKEWED, bid_at, chance)
    back = chance_at(SKEWED, bid_at, found.price.value)
    assert back.chance == pytest.approx(chance, abs=1e-9)
    assert back.rate == pytest.approx(found.rate, abs=1e-9)
    # Returns that move together are as one bidder.
    assert found.chance_together == pytest.approx(1 - (1 - chance) ** (1 / 3))


def test_chance_of_a_sale_is_that_of_drawn_bidders():
    """60,000 sales with three drawn bidders; four standard errors, fails once in 16,000 seeds."""
    rng = np.random.default_rng(20260630)
    drawn = rng.triangular(0.10, 0.12, 0.20, size=(60_000, 3)).min(axis=1)
    found = start_price(SKEWED, bid_at, 0.7)
    sold = np.mean(1210.0 / (1.0 + drawn) ** 2 >= found.price.value)
    assert sold == pytest.approx(0.7, abs=4 * np.sqrt(0.7 * 0.3 / 60_000))
    assert lowest_return(SKEWED, 0.5) == pytest.approx(np.median(drawn), abs=4e-4)


def test_returns_that_fall_are_refused():
    with pytest.raises(ValidationError, match="do not fall"):
        Bidders(low=0.2, mode=0.1, high=0.3)
