"""Auctions of the second method in a falling index, by hand.

An item of 1,000 secures a claim above its value. The index is constant until month 6 and falls
linearly to 0.4 in month 18. The claim is judged after 2 or 8 months. The item is appraised at once
and sold two months later.
"""

from __future__ import annotations

import numpy as np
import pytest

from npl_sim.core.layout import Kind
from npl_sim.dcf.bids import round_of
from npl_sim.dcf.market_moments import Factor
from npl_sim.dcf.rounds_by_date import RoundsByDate
from npl_sim.dcf.value import expected_cash
from npl_sim.policy.enforcement import CollateralTerms
from tests.builders.studies import loan, study

FALL = {
    "stresses": [
        {
            "name": "fall",
            "overlays": [
                {"factor": "index:*", "months": [0, 6, 18], "multipliers": [1.0, 1.0, 0.4]}
            ],
        }
    ]
}
SIZE = {"simulation": {"scenarios": 2, "horizon_months": 40}, "pricing": {"required_return": 0.0}}
EARLY_OR_LATE = {"kind": "discrete", "values": [2, 8], "weights": [0.5, 0.5]}


def fallen(tmp_path, terms, congestion=None, **changes):
    policy = {
        "litigation": {"lawsuit": {"duration": EARLY_OR_LATE}},
        "enforcement": {"search_duration": 0},
        "residual_share": 1.0,
    }
    items = [
        {
            "loan_id": "L000000",
            "kind": "house",
            "appraisal_value": 1000,
            "appraisal_date": "2026-06-30",
        }
    ]
    market = {**FALL, "indices": [{}]}
    if congestion is not None:
        market = {
            "stresses": [
                {"name": "fall", "overlays": [*FALL["stresses"][0]["overlays"], congestion]}
            ],
            "indices": [{}],
        }
    case = study(
        tmp_path,
        [loan(principal=changes.get("claim", 1e7))],
        policy,
        items,
        collateral={"house": terms},
        market=market,
        stress=["fall"],
        **SIZE,
    )
    return expected_cash(case.study, case.table).by_month


def level(month):
    return float(np.interp(month, [0, 6, 18], [1.0, 1.0, 0.4]))


def test_the_reserve_holds_before_the_fall_and_fails_in_it(tmp_path):
    """Appraised in month 8 at 900, bid for in month 10 at 800: 0.889 of the appraisal, below a
    reserve of 0.9."""
    cash = fallen(tmp_path, {"rounds": [{"reserve": 0.9, "months": 2}]})[:, Kind.COLLATERAL]
    assert np.flatnonzero(cash > 1e-9).tolist() == [4]
    assert cash[4] == pytest.approx(500.0, rel=1e-9)


def test_a_later_round_knows_its_own_date(tmp_path):
    """A second round at 0.8 of 900 sells in month 11 for 750; the first would have sold all at a
    lower reserve."""
    rounds = [{"reserve": 0.9, "months": 2}, {"reserve": 0.8, "months": 1}]
    cash = fallen(tmp_path, {"rounds": rounds})[:, Kind.COLLATERAL]
    assert cash[4] == pytest.approx(500.0, rel=1e-9) and cash[10] == pytest.approx(0.0, abs=1e-9)
    # Month 11 lies between two dates (10 and 12), whose amounts, 800 and 700, a straight line
    # joins.
    assert cash[11] == pytest.approx(0.5 * 1000 * level(11), rel=1e-3)
    lower = fallen(tmp_path / "low", {"rounds": [{"reserve": 0.85, "months": 2}]})[
        :, Kind.COLLATERAL
    ]
    assert lower[10] == pytest.approx(0.5 * 1000 * level(10), rel=1e-9)


def test_what_fails_is_taken_and_resold_at_its_own_date(tmp_path):
    """Taken in month 10 for 810 with a tax of 10 %, resold in month 12 for 700 less a tenth; held
    for 12 % a year."""
    terms = {
        "rounds": [{"reserve": 0.9, "months": 2}],
        "acceptance_against_debt_probability": 1.0,
        "resale_duration": 2,
        "resale_discount": 0.1,
        "holding_cost": 0.12,
        "tax": 0.1,
    }
    cash = fallen(tmp_path, terms)
    assert cash[12, Kind.IN_KIND] == pytest.approx(0.5 * 700 * 0.9, rel=1e-9)
    assert cash[12, Kind.HOLDING] == pytest.approx(-0.5 * 700 * 0.01 * 2, rel=1e-9)
    assert cash[10, Kind.TAX] == pytest.approx(-0.5 * 810 * 0.1, rel=1e-9)
    assert cash[:, Kind.IN_KIND].sum() == pytest.approx(cash[12, Kind.IN_KIND])


def test_an_item_worth_more_than_the_claim_is_not_taken_without_its_surplus(tmp_path):
    """810 is more than a claim of 800, and less than one of 820."""
    terms = {
        "rounds": [{"reserve": 0.9, "months": 2}],
        "acceptance_against_debt_probability": 1.0,
        "surplus_payment_probability": 0.0,
        "resale_duration": 2,
    }
    assert fallen(tmp_path / "a", terms, claim=800.0)[:, Kind.IN_KIND].sum() == pytest.approx(
        0.0, abs=1e-9
    )
    taken = fallen(tmp_path / "b", terms, claim=820.0)[12, Kind.IN_KIND]
    assert taken == pytest.approx(0.5 * 700, rel=1e-9)


def test_the_surplus_of_an_item_is_paid_in_cash(tmp_path):
    """810 less a claim of 800 is paid in month 10; the item is resold, and nothing is left."""
    terms = {
        "rounds": [{"reserve": 0.9, "months": 2}],
        "acceptance_against_debt_probability": 1.0,
        "resale_duration": 2,
    }
    cash = fallen(tmp_path, terms, claim=800.0)
    assert cash[10, Kind.HOLDING] == pytest.approx(-0.5 * 10, rel=1e-6)
    assert cash[12, Kind.IN_KIND] == pytest.approx(0.5 * 700, rel=1e-9)
    assert cash[:, Kind.RESIDUAL].sum() == pytest.approx(0.0, abs=1e-6)


def test_what_is_taken_comes_off_the_claim(tmp_path):
    """A claim of 820 for which 810 is taken leaves 10 in half of the cases; the early sale paid
    the other half."""
    terms = {
        "rounds": [{"reserve": 0.9, "months": 2}],
        "acceptance_against_debt_probability": 1.0,
        "resale_duration": 2,
    }
    cash = fallen(tmp_path, terms, claim=820.0)[:, Kind.RESIDUAL]
    assert cash.sum() == pytest.approx(0.5 * 10, rel=1e-6)


def test_slow_courts_lengthen_the_rounds_too(tmp_path):
    """Twice as slow: judged after 4 or 16 months, bid for four months later; the late item falls
    from 500 to 400."""
    slow = {"factor": "congestion", "multiplier": 2.0}
    sold = fallen(tmp_path, {"rounds": [{"reserve": 0.85, "months": 2}]}, slow)[:, Kind.COLLATERAL]
    # Appraised in month 4 at 1,000 and bid for in month 8 at 900, above 850; the other fails at
    # 0.8 of its appraisal.
    assert sold[8] == pytest.approx(0.5 * 1000 * level(8), rel=1e-6)
    assert sold.sum() == pytest.approx(sold[8], rel=1e-6)


def test_a_round_by_hand():
    """Two rounds, index still: bids fail with Phi(d) each, independently."""
    from scipy.stats import norm

    terms = CollateralTerms(
        rounds=[{"reserve": 0.7}, {"reserve": 0.6}], bid_volatility=0.25, forced_sale_discount=0.3
    )
    still = Factor(1.0, np.zeros(25), np.zeros(25))
    second = round_of(terms, still, np.array([0.0, 12.0]), np.array([2.0, 4.0]))
    fails = [norm.cdf(np.log(r / 0.7) / 0.25 + 0.125) for r in (0.7, 0.6)]
    assert second.unsold == pytest.approx([fails[0] * fails[1]] * 2, rel=1e-9)
    assert second.weight.sum(axis=0) == pytest.approx([fails[0] * (1 - fails[1])] * 2, rel=1e-9)
    d = 0.125 - np.log(0.6 / 0.7) / 0.25
    mean = 0.7 * norm.cdf(d) / (1 - fails[1])
    got = (second.ratio * second.weight).sum(axis=0) / second.weight.sum(axis=0)
    assert got == pytest.approx([mean] * 2, rel=1e-9)


def test_what_failed_twice_stands_on_a_fallen_index():
    """Certain bids at the index: unsold means that the index fell; E[I | I < r] by the normal
    distribution."""
    from scipy.stats import norm

    terms = CollateralTerms(rounds=[{"reserve": 1.0}])
    factor = Factor(1.0, 0.04 * np.arange(13.0) / 12, np.zeros(13))
    found = round_of(terms, factor, np.zeros(1), np.array([12.0]))
    # ln I is normal with sd 0.2 and mean -0.02; the grid has steps of 0.05.
    p = norm.cdf(0.02 / 0.2)
    assert found.unsold[0] == pytest.approx(p, abs=0.06)
    assert found.fallen[0] == pytest.approx(norm.cdf(0.1 - 0.2) / p, abs=0.02)


def test_rounds_by_date_are_those_worked_out_together():
    """Dates may repeat, and later requests may mix dates that are known with others."""
    terms = CollateralTerms(
        rounds=[{"reserve": 0.7, "bidders": 0.8}, {"reserve": 0.6, "bidders": 1.5}],
        bid_volatility=0.3,
        forced_sale_discount=0.2,
    )
    months = np.arange(61.0)
    factor = Factor(1.0, 0.03 * months / 12, -0.01 * months / 12)
    gaps, rounds = np.array([2.0, 4.0]), RoundsByDate()
    requests = ([3.0, 9.0, 3.0, 9.0], [20.0, 3.0, 31.0, 20.0], [31.0, 9.0, 40.0, 3.0])
    for dates in map(np.array, requests):
        found, whole = rounds.of(terms, factor, dates, gaps), round_of(terms, factor, dates, gaps)
        for one, other in zip(vars(found).values(), vars(whole).values(), strict=True):
            assert one == pytest.approx(other, rel=1e-12)
