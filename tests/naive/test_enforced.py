"""Enforcement, sale and conservation: paths worked out by hand, and many paths checked for in =
out.
"""

from __future__ import annotations

import math

import pytest

from npl_sim.core.layout import Kind, Stage, Stream
from tests.builders.loan_paths import (
    amounts,
    asset,
    auction,
    flat_fee,
    item,
    loan,
    no_fees,
    play,
    quantiles,
    terms,
)
from tests.naive.enforced_terms import enforced, two_rounds

from . import Conditions


def test_a_sale_is_capped_by_claim_cap_and_liens():
    home = item(value=1000.0, liens=100.0, cap=400.0)
    ledger = play(
        loan(stage=Stage.ENFORCEMENT),
        enforced(lawyer_contingency_share=0.1),
        items=(home,),
        auctions=(auction(seizure_duration=2, cost=0.05),),
        quantile=quantiles(4.5),
    )
    assert amounts(ledger, Kind.COLLATERAL) == [(5, 400.0)]
    assert amounts(ledger, Kind.AUCTION) == []
    assert amounts(ledger, Kind.LAWYER) == [(5, -40.0)]
    assert ledger.final.principal == pytest.approx(600.0)
    short = play(
        loan(stage=Stage.ENFORCEMENT),
        enforced(),
        items=(item(value=500.0, liens=100.0),),
        auctions=(auction(cost=0.05, tax=0.03),),
        fees=[no_fees()[0], flat_fee(8.0), *no_fees()[2:]],
    )
    assert amounts(short, Kind.COLLATERAL) == [(0, 400.0)]
    assert [
        amounts(short, k)[0][1] for k in (Kind.AUCTION, Kind.TAX, Kind.COURT_FEE)
    ] == pytest.approx([-25.0, -15.0, -8.0])
    assert short.final.principal == pytest.approx(1000.0 - 352.0)


def test_an_auction_sells_in_the_second_round():
    conditions = Conditions([[1.0] * 37], [2.0] * 37, *([[1.0] * 37] * 3))
    ledger = play(
        loan(stage=Stage.ENFORCEMENT),
        enforced(),
        items=(item(),),
        auctions=(two_rounds(),),
        quantile=quantiles(3.0),
        conditions=conditions,
    )
    assert amounts(ledger, Kind.COLLATERAL) == [(13, pytest.approx(600.0))]
    assert "round 2" in ledger.entries[0].reason


@pytest.mark.parametrize(("horizon", "resold"), [(36, 17), (12, 12)])
def test_an_unsold_item_is_taken_in_kind_and_resold_by_the_end(horizon, resold):
    terms_ = auction(
        rounds=1,
        reserve=(0.8,),
        round_months=(2.0,),
        forced_sale_discount=0.5,
        seizure_duration=2,
        acceptance=1.0,
        resale_duration=3,
        resale_discount=0.25,
        holding_cost=0.01,
    )
    ledger = play(
        loan(stage=Stage.ENFORCEMENT),
        enforced(lawyer_contingency_share=0.1),
        items=(item(),),
        auctions=(terms_,),
        quantile=quantiles(3.0, 12.0),
        horizon=horizon,
    )
    assert amounts(ledger, Kind.IN_KIND) == [(resold, pytest.approx(750.0))]
    assert amounts(ledger, Kind.HOLDING) == [(resold, pytest.approx(-10.0 * (resold - 5)))]
    assert ledger.final.principal == pytest.approx(200.0)


def test_other_assets_dissipate_unless_frozen_and_interest_runs_during_garnishment():
    policy = enforced(
        garnishment_probability=1.0, garnishment_share=0.1, garnishment_months=3, asset_end=1
    )
    ledger = play(
        loan(stage=Stage.ENFORCEMENT, accrual=0.01),
        policy,
        quantile=quantiles(2.0, 0.25),
        horizon=20,
        assets=(asset(coverage=3, dissipation_rate=0.1, realization_duration=1),),
    )
    assert amounts(ledger, Kind.DEFICIENCY) == [(1, pytest.approx(250.0))]
    assert amounts(ledger, Kind.GARNISHMENT) == [(m, pytest.approx(100.0)) for m in (2, 3, 4)]
    left = 1010.0 - 250.0
    for _ in range(3):
        left = left * 1.01 - 100.0
    assert ledger.final.principal + ledger.final.other == pytest.approx(left * (1 + 0.01 * 16))
    assert ledger.history[-1] == (4, Stage.DORMANT)


def test_a_freeze_protects_assets_until_it_ends():
    """Filed at 2, frozen to 2 + 3 (1 + 1) = 8, applied for at 12: unprotected for 2 + 4 months.

    The court's fee of 5 is part of the judgment.
    """
    policy = terms(
        litigate=1,
        litigation_after_months=2,
        lawsuit_duration=2,
        preserve=1,
        security_cost=0.02,
        enforce=1,
        performance_window=1.0,
        application_delay=2.0,
        search_duration=1,
        asset_end=1,
    )
    deposits = asset(
        freeze_probability=1.0,
        freeze_months=3.0,
        renewal_probability=0.5,
        coverage=3,
        dissipation_rate=0.1,
        realization_duration=1,
    )
    draws = {(Stream.PRESERVATION, 0): (0.5, 0.4, 0.5, 0.5)}
    fees = [*no_fees()[:2], flat_fee(5.0), no_fees()[3]]
    ledger = play(
        loan(), policy, assets=(deposits,), quantile=quantiles(7.0, 0.6), draws=draws, fees=fees
    )
    assert amounts(ledger, Kind.PRESERVATION) == [(2, pytest.approx(-25.0))]
    assert amounts(ledger, Kind.DEFICIENCY) == [
        (13, pytest.approx(0.6 * (1000.0 + 5.0) * math.exp(-0.6)))
    ]
