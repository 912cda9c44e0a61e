"""Agency contracts: by hand, by a slow interpreter in decimals, and to the cent."""

from __future__ import annotations

import numpy as np
import pytest

from npl_sim.cashflows.agency_fees import settle_contract
from npl_sim.policy.agency_contracts import AgencyContract
from tests.flows.servicer_contracts import TIERS, contract


def one(terms: AgencyContract, receipts, placed=1000.0, window=None):
    """Settle one cell in one scenario; `receipts` are those of months 0, 1, ..."""
    receipts = np.array([[receipts]], dtype=float)
    settled = settle_contract(
        terms, receipts, np.array([[placed]], dtype=float), window or (0, receipts.shape[2] - 1)
    )
    settled.check()
    return settled


def fees(terms, receipts, **where):
    return one(terms, receipts, **where).fees[0, 0].tolist()


def test_a_zero_contract_costs_nothing():
    assert fees(contract(), [0, 100, 50]) == [0, 0, 0]


def test_marginal_tiers_pay_each_slice_at_its_own_rate():
    # 100 at 20 %, then 20 of it at 30 %; 80 at 30 % and 100 at 50 %.
    assert fees(contract(tiers=TIERS), [0, 120, 180]) == [0, 20 + 6, 24 + 50]


def test_whole_tiers_reprice_everything_in_a_higher_tier():
    terms = contract(tiers=TIERS, tier_basis="whole")
    # The end of a tier belongs to it: 100 is still paid at 20 %.
    assert fees(terms, [0, 100, 20, 180]) == [0, 20, 36 - 20, 150 - 36]


def test_only_the_window_counts():
    terms = contract(tiers=[{"rate": 0.1}], setup=7, fixed_monthly=2)
    assert fees(terms, [900, 900, 100, 200, 900], window=(1, 3)) == [0, 7, 12, 22, 0]
    assert fees(terms, [900, 900, 100], window=(2, 5)) == [0, 0, 0]
    assert len(one(terms, [900, 900, 100], window=(2, 5)).ledger(0)) == 0


def test_the_minimum_is_topped_up_at_the_end():
    terms = contract(tiers=[{"rate": 0.1}], minimum_fee=30)
    assert fees(terms, [0, 100, 50]) == [0, 10, 20]
    assert fees(terms, [0, 100, 500]) == [0, 10, 50]


def test_the_maximum_stops_the_fee_at_every_date():
    terms = contract(tiers=[{"rate": 0.5}], maximum_fee=60)
    assert fees(terms, [0, 100, 100, 100]) == [0, 50, 10, 0]


def test_what_a_share_cap_holds_back_is_paid_when_it_rises():
    terms = contract(setup=30, maximum_fee_share=0.2)
    assert fees(terms, [0, 100, 20, 500]) == [0, 20, 4, 6]


def test_caps_win_over_the_minimum():
    assert fees(contract(minimum_fee=30, maximum_fee_share=0.2), [0, 50, 50]) == [0, 0, 20]


def test_a_missed_target_hands_back_commission():
    whole = {"tiers": [{"rate": 0.1}], "clawback": {"target": 0.4, "share": 0.5}}
    linear = {**whole, "clawback": {**whole["clawback"], "linear": True}}
    assert fees(contract(**whole), [0, 200, 100]) == [0, 20, 10 - 15]
    assert fees(contract(**linear), [0, 200, 100]) == [0, 20, 10 - 30 * 0.5 * 0.25]
    assert fees(contract(**whole), [0, 200, 200]) == [0, 20, 20]


def test_only_commission_that_was_paid_is_handed_back():
    # Of 20 fixed and 30 commission the cap leaves 20 and 10, of which half goes back.
    terms = contract(
        setup=20, tiers=[{"rate": 0.1}], maximum_fee=30, clawback={"target": 0.4, "share": 0.5}
    )
    assert sum(fees(terms, [0, 200, 100])) == 30 - 5


def test_the_bonus_is_a_share_of_the_excess_over_the_plan():
    assert fees(contract(bonus={"above": 0.2, "rate": 0.25}), [0, 100, 140]) == [0, 0, 10]


def test_nothing_placed_nothing_paid():
    assert fees(contract(setup=5, fixed_monthly=1, minimum_fee=50), [0, 0], placed=0) == [0, 0]


def test_a_fee_is_shared_by_collections_and_before_any_by_balance():
    terms = contract(fixed_monthly=1)
    receipts = np.array([[[0, 0, 10, 0], [0, 0, 10, 0], [0, 0, 10, 0]]])
    settled = settle_contract(terms, receipts, np.array([[100.0, 300.0, 0.0]]), (0, 3))
    assert settled.fees[0].T.tolist() == [
        [0, 0, 0],
        [0.25, 0.75, 0],
        [0.34, 0.33, 0.33],
        [0.34, 0.33, 0.33],
    ]
    settled.check()
    settled.fees[0, 1, 2] += 0.01
    with pytest.raises(
        ValueError, match=r"'North', scenario 0, month 2: the cells pay 1.01; expected 1.00"
    ):
        settled.check()
