"""Hand-worked swaps, collateral, defaults and servicing fees, month by month."""

from __future__ import annotations

import numpy as np
import pytest

from npl_sim.channels.remaining_value import Views
from npl_sim.channels.run import _close, _month, run_channel
from npl_sim.channels.state import State
from tests.builders.contracts import cash, certain, contract, layer
from tests.channel.test_hand_worked import NOTE

SWAP = {
    "kind": "income_swap",
    "name": "s",
    "leg": {"kind": "fixed", "rate": 0.12},
    "first_month": 2,
    "every": 2,
    "last_month": 4,
}


def test_an_income_swap_gross_and_net():
    """Leg 12 % on 100: 2 every two months. Collections 5, 1, 0, 8: 6 in the first period, 8 in the
    second; then 100 against the rest.
    """
    outcomes = certain(0, 5, 1, 0, 8, 30)
    gross = run_channel(contract(undertakings=[{**SWAP, "netting": False}]), outcomes)
    net = run_channel(contract(undertakings=[SWAP]), outcomes)
    assert cash(gross, "bank") == cash(net, "bank") == [100, 0, 6 - 2, 0, 8 - 2 - 100, 30]
    assert cash(net, "investors") == [-100, 0, 2, 0, 102, 0]
    assert gross.calls[0].tolist() == [0, 0, 2, 0, 102, 0]
    assert net.calls[0].tolist() == [0, 0, 0, 0, 100, 0]
    assert cash(net, "buyer") == [
        0,
        5,
        -5,
        0,
        0,
        0,
    ]  # what the swap has a right to waits in the account


def test_a_swap_that_ends_in_cash_pays_the_loss_of_value_only():
    """At month 4 what is left is 30, with perfect knowledge: the bank pays 70, and the buyer keeps
    the package.
    """
    run = run_channel(
        contract(undertakings=[{**SWAP, "final": "cash", "knowledge": "perfect"}]),
        certain(0, 5, 1, 0, 8, 30),
    )
    assert cash(run, "bank") == [100, 0, 4, 0, 6 - 70, 0]
    assert cash(run, "investors") == [-100, 0, 2, 0, 72, 30]


def test_a_floating_leg_is_fixed_at_the_start_of_its_period():
    leg = {
        "kind": "floating",
        "index": [{"month": 0, "rate": 0.04}, {"month": 2, "rate": 0.10}],
        "spread": 0.02,
        "floor": 0.0,
    }
    run = run_channel(
        contract(undertakings=[{**SWAP, "leg": leg, "netting": False, "final": "none"}]),
        certain(0, 0, 0, 0, 0),
    )
    assert run.calls[0].tolist() == pytest.approx([0, 0, 1.0, 0, 2.0])


def test_collateral_follows_the_shortfall_below_plan():
    """Initial 10; plan 20 by month 2, 5 collected, a tenth of the plan free: 18 - 5 = 13, half of
    it: 16.5.
    Back at the end.
    """
    terms = {"initial": 0.1, "variation": 0.5, "threshold": 0.1}
    plan = [{"month": 2, "cumulative": 20.0}]
    run = run_channel(
        contract(
            undertakings=[{**SWAP, "leg": {"kind": "fixed", "rate": 0.0}, "collateral": terms}],
            plan=plan,
        ),
        certain(0, 5, 0, 0, 0),
    )
    assert cash(run, "collateral") == [10, 0, 6.5, 0, -16.5]
    assert run.calls[0].tolist() == pytest.approx([10, 0, 6.5, 0, 100])


def test_a_channel_in_default_passes_on_only_a_part():
    """Default from month 1 on, recovery 40 %: of swap income, of collateral that returns and of
    claims 40 % arrive.
    """
    terms = contract(
        undertakings=[
            {
                **SWAP,
                "leg": {"kind": "fixed", "rate": 0.0},
                "final": "none",
                "collateral": {"initial": 0.1},
            }
        ],
        channel_default={"of": "buyer", "hazard": 0.5, "recovery": 0.4},
    )
    outcomes = certain(0, 5, 1, 0, 8, 30)
    state = State(terms, outcomes, Views.of(terms, outcomes), np.array([1]))
    _close(state)
    for month in range(6):
        _month(state, month)
    state.ledger.check(outcomes.received, outcomes.costs, ("buyer",))
    bank = state.ledger.cash["bank"][0].round(9).tolist()
    assert bank == [90, 0, 2.4, 0, 0.4 * 8 + 4, 0]
    assert state.ledger.cash["investors"][0].round(9).tolist() == [-100, 0, 0, 0, 0, 12]
    assert state.ledger.cash["channel"][0].round(9).tolist() == [0, 0, 3.6, 0, 4.8 + 6, 18]


def test_a_servicing_fee_that_is_in_truth_what_is_left():
    """10 % of receipts, fair 4 %; and half of what comes in beyond 100: of 80 + 60, 40 are beyond:
    20.
    """
    terms = {"by": "bank", "share": 0.1, "fair_share": 0.04, "excess_share": 0.5}
    run = run_channel(contract(servicing=terms), certain(0, 80, 60))
    assert cash(run, "servicer") == [0, 3.2, 2.4]
    assert cash(run, "bank") == [100, 4.8, 3.6 + 20]
    assert cash(run, "investors") == [-100, 72, 34]


def test_a_servicer_gets_no_more_than_the_fee():
    """2 % of receipts if the work costs 4 %: 1.6 and 1.2; the other 2 % are not paid."""
    terms = {"by": "bank", "share": 0.02, "fair_share": 0.04}
    run = run_channel(contract(servicing=terms), certain(0, 80, 60))
    assert cash(run, "servicer") == [0, 1.6, 1.2]
    assert cash(run, "bank") == [100, 0, 0]
    assert cash(run, "investors") == [-100, 78.4, 58.8]


def test_a_guarantee_counts_what_the_buyer_got_only():
    """Reference 100, collected 30 + 20 by month 2: loss 50 less 5, of it 60 %: 27; capped at 20 of
    a hundred: 20.
    """
    promise = {"kind": "guarantee", "name": "g", "share": 0.6, "deductible": 5.0, "month": 2}
    outcomes = certain(0, 30, 20, 40)
    assert run_channel(contract(undertakings=[promise]), outcomes).calls[
        0
    ].tolist() == pytest.approx([0, 0, 27, 0])
    capped = run_channel(contract(undertakings=[{**promise, "cap_share": 0.2}]), outcomes)
    assert cash(capped, "bank") == [100, 0, -20, 0]
    assert cash(capped, "investors") == [-100, 30, 40, 40]


def test_excess_is_shared_only_once_the_notes_are_gone():
    shared = {"kind": "excess", "name": "upside", "share": 0.25, "holder": "bank"}
    run = run_channel(
        contract(vehicles=[layer({**NOTE, "rate": 0.0}, shared)]), certain(0, 80, 20)
    )
    assert cash(run, "fund") == [-80, 80, 0]
    assert cash(run, "bank") == [100, 0, 5]
    assert cash(run, "investors") == [-20, 0, 15]
