"""Court auctions: closed forms against plain draws, the kernel and published counts."""

from __future__ import annotations

import math

import numpy as np
import pytest

from npl_sim.calibration.auction_counts import auction_settings, expected_measures
from npl_sim.calibration.auctions import auction_outcomes, fit_auctions
from npl_sim.core.layout import Kind
from npl_sim.policy.enforcement import CollateralTerms
from tests.builders.studies import loan, study

PATHS = {"CN": (24, 50_000), "IT": (300, 5_000)}
"""Months and scenarios by country."""
ROWS = [(setting, count) for setting in auction_settings() for count in setting.counts]


@pytest.mark.parametrize(
    ("setting", "count"), ROWS, ids=[f"{s.id}-{c.measure}-{c.year}" for s, c in ROWS]
)
def test_each_published_count_is_met_by_its_terms(setting, count):
    assert expected_measures(setting)[count.measure] == pytest.approx(
        count.value, abs=count.tolerance
    )


def sales(folder, terms, setting):
    """Return the months of sale, prices, and whether the debtor settled, of one home."""
    horizon, scenarios = PATHS[setting.place[:2]]
    item = {
        "loan_id": "L000000",
        "kind": "house",
        "appraisal_value": 1000,
        "appraisal_date": "2026-06-30",
    }
    case = study(
        folder,
        [loan(principal=20_000, stage="judged")],
        {"enforcement": {"performance_probability": setting.settled, "search_duration": 0}},
        [item],
        collateral={"house": terms},
        simulation={
            "scenarios": scenarios,
            "horizon_months": horizon,
            "seed": 8,
            "detail": "kinds",
            "memory_limit_gib": 2.0,
        },
    )
    amounts = case.simulate().amounts[..., 0]
    price = amounts[:, :, Kind.COLLATERAL]
    performed = amounts[:, :, Kind.PERFORMANCE].sum(axis=1) > 0.0
    return price.argmax(axis=1), price.sum(axis=1) / 1000.0, performed


def first_rounds(terms, count):
    """Return terms that end after some rounds."""
    return terms.model_copy(update={"rounds": terms.rounds[:count]}).model_dump(mode="json")


@pytest.mark.parametrize("setting", auction_settings(), ids=lambda s: s.id)
def test_the_kernel_reproduces_the_counts_of_each_setting(tmp_path, setting):
    """Auctions that end after one, two, ... rounds give the sales and the auctions of each.

    Four standard errors, by chance once in 16,000 comparisons; and the tolerance of the count.
    """
    n = PATHS[setting.place[:2]][1]
    terms, rounds = setting.terms, len(setting.terms.rounds)
    sold, found = [0.0], {}
    for count in range(1, rounds + 1):
        limited = first_rounds(terms, count)
        month, price, performed = sales(tmp_path / str(count), limited, setting)
        sold.append(float((price > 0.0).mean()) / (1.0 - setting.settled))
    ended, by_round = sold[-1], np.diff(sold) / sold[-1]
    announced = 1.0 / (1.0 - terms.withdrawal_probability)
    found["first_round"], found["second_round"] = by_round[:2]
    found["later_rounds"] = by_round[2:].sum()
    found["sold"] = ended
    found["sold_per_auction"] = ended / (announced * (rounds - np.sum(sold[:-1])))
    found["auctions_to_sale"] = announced * float(np.arange(1, rounds + 1) @ by_round)
    found["price"] = price[price > 0.0].mean()
    found["awarded"] = float((price > 0.0).mean())
    found["settled"] = float(performed.mean())
    found["other"] = 1.0 - found["awarded"] - found["settled"]
    # Cash comes at the end of a month, half a month later on average unless times are certain.
    found["years_to_sale"] = (month[price > 0.0].mean() - 0.5) / 12.0
    expected = expected_measures(setting)
    errors = {
        name: math.sqrt(max(expected[name] * (1.0 - expected[name]), 0.0) / n) / ended
        for name in found
        if expected[name] <= 1.0
    }
    errors |= {"price": price[price > 0.0].std() / math.sqrt(n * ended)}
    errors |= {"auctions_to_sale": 1.5 / math.sqrt(n * ended)}
    errors |= {"years_to_sale": month[price > 0.0].std() / 12.0 / math.sqrt(n * ended) + 0.06 / 4}
    for name, value in found.items():
        assert value == pytest.approx(expected[name], abs=4.0 * errors[name]), name
    for count in setting.counts:
        if count.measure in found:
            assert found[count.measure] == pytest.approx(
                count.value, abs=count.tolerance + 4.0 * errors[count.measure]
            )


TERMS = {
    "rounds": [
        {"reserve": 0.8, "months": 2, "bidders": 0.7},
        {"reserve": 0.6, "months": 1.5, "bidders": 2.0},
        {"reserve": 0.6, "months": 0.5, "bidders": 1.0, "window": 2.0},
    ],
    "no_bidder_probability": 0.3,
    "forced_sale_discount": 0.1,
    "bid_volatility": 0.35,
    "bid_correlation": 0.4,
    "court_appraisal_error": 0.2,
    "withdrawal_probability": 0.1,
    "winner_default_probability": 0.15,
    "reauctions": 1,
    "reappraisal_months": 4.0,
}


def bid(terms, step, shared, rng, reserve):
    """Draw the bidders of one auction one by one; return the price, or 0 if it fails."""
    own = terms.bid_volatility * math.sqrt(1.0 - terms.bid_correlation)
    common = terms.bid_volatility * math.sqrt(terms.bid_correlation) * shared
    z = rng.standard_normal(rng.poisson(step.bidders))
    bids = np.sort(np.exp(common + own * z - terms.bid_volatility**2 / 2.0))
    bids = bids * (1.0 - terms.forced_sale_discount)
    if len(bids) == 0 or bids[-1] < reserve:
        return 0.0
    if step.window > 0.0 or len(bids) == 1:
        return reserve
    return max(reserve, float(bids[-2]))


def plain_item(terms, rng):
    """Auction one item; return auctions, round of the sale, price over appraisal, months."""
    shared, finds = rng.standard_normal(), rng.random() >= terms.no_bidder_probability
    auctions, t, may_default = 0, 0.0, True
    k = terms.court_appraisal_error
    for cycle in range(terms.reauctions + 1):
        t += terms.reappraisal_months if cycle else 0.0
        appraisal = math.exp(k * rng.standard_normal() - k * k / 2.0)
        for r, step in enumerate(terms.rounds):
            while True:
                auctions, t = auctions + 1, t + step.months
                if rng.random() < terms.withdrawal_probability:
                    continue
                price = bid(terms, step, shared, rng, step.reserve * appraisal) if finds else 0.0
                if price == 0.0:
                    t += step.window
                    break
                t += step.window * rng.random()
                if may_default and rng.random() < terms.winner_default_probability:
                    may_default = False
                    continue
                return auctions, (2 if cycle else min(r, 2)), price / appraisal, t
    return auctions, -1, 0.0, t


def test_the_closed_form_agrees_with_bidders_drawn_one_by_one():
    """20,000 items; four standard errors, by chance once in 16,000 for each of seven figures."""
    terms, rng, n = CollateralTerms.model_validate(TERMS), np.random.default_rng(4), 20_000
    auctions, place, price, months = (
        np.array(x) for x in zip(*(plain_item(terms, rng) for _ in range(n)), strict=True)
    )
    sold, found = place >= 0, auction_outcomes(terms)
    assert abs(sold.mean() - found.sold) < 4 * math.sqrt(0.25 / n)
    assert abs(auctions.mean() - found.auctions) < 4 * auctions.std() / math.sqrt(n)
    for r in range(3):
        share = (place[sold] == r).mean()
        assert abs(share - found.by_round[r]) < 4 * math.sqrt(0.25 / sold.sum())
    assert abs(price[sold].mean() - found.price) < 4 * price[sold].std() / math.sqrt(sold.sum())
    mean, sd = auctions[sold].mean(), auctions[sold].std()
    assert abs(mean - found.auctions_to_sale) < 4 * sd / math.sqrt(sold.sum())
    days = (months[sold] + 1.0 - 2.0) * 365.25 / 12.0
    assert abs(days.mean() - found.days) < 4 * days.std() / math.sqrt(sold.sum())


def test_a_round_by_hand():
    """Two bidders on average, valuations of 1 for certain, a reserve of 0.6.

    The item is sold unless nobody comes, exp(-2), for 1 if two or more come and 0.6 if one does.
    """
    terms = CollateralTerms(rounds=[{"reserve": 0.6, "bidders": 2.0}], no_bidder_probability=0.5)
    found = auction_outcomes(terms)
    one, none = 2.0 * math.exp(-2.0), math.exp(-2.0)
    assert found.sold == pytest.approx(0.5 * (1.0 - none), rel=1e-12)
    assert found.price == pytest.approx((1.0 - none - 0.4 * one) / (1.0 - none), rel=1e-9)
    assert found.sold_per_auction == pytest.approx(found.sold, rel=1e-12)


def test_a_fit_meets_its_counts_and_refuses_impossible_ones():
    terms = auction_settings()[0].terms
    targets = {"first_round": 0.38, "second_round": 0.5, "sold_per_auction": 0.2, "price": 0.75}
    found = auction_outcomes(fit_auctions(terms, targets))
    assert found.by_round[:2] == pytest.approx([0.38, 0.5], abs=1e-4)
    assert (found.sold_per_auction, found.price) == pytest.approx((0.2, 0.75), abs=1e-4)
    with pytest.raises(ValueError, match="no terms give these counts"):
        fit_auctions(terms, {"sold_per_auction": 0.9}, ("no_bidder_probability",))
    with pytest.raises(ValueError, match="got 1 targets for 4 quantities"):
        fit_auctions(terms, {"price": 0.9})
