"""Random contracts: no cash is lost, and the slow interpreter agrees to the cent."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from npl_sim.channels.ledger import CashLedger
from npl_sim.channels.remaining_value import planned, value_left
from npl_sim.channels.run import run_channel
from npl_sim.core.errors import ConservationError
from tests.builders.random_contracts import contracts, outcomes
from tests.channel.naive import Naive, Scenario

CENT = 0.005
MANY = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@MANY
@given(contracts(), st.integers(0, 20))
def test_the_slow_interpreter_agrees_to_the_cent(contract, seed):
    package_cash = outcomes(seed)
    run = run_channel(contract, package_cash)
    plan = planned(contract, package_cash)
    left = {k: value_left(package_cash, plan, k) for k in ("perfect", "plan", "estimate")}
    terms = contract.model_dump()
    for s in (0, 17, 63, 119):
        reference = Naive(
            Scenario(
                terms,
                list(package_cash.received[s]),
                list(package_cash.costs[s]),
                run.price,
                package_cash.face,
                list(plan),
                {k: list(v[s]) for k, v in left.items()},
                list(package_cash.factors),
                None if run.default_month is None else int(run.default_month[s]),
            )
        )
        cash = reference.run()
        assert set(cash) <= set(run.cash)
        for name, amounts in run.cash.items():
            assert np.abs(amounts[s] - cash[name]).max() < CENT, name
        assert np.abs(run.calls[s] - reference.calls).max() < CENT


@MANY
@given(contracts(), st.integers(0, 20))
def test_cash_is_conserved_and_accounts_end_empty(contract, seed):
    package_cash = outcomes(seed)
    run = run_channel(contract, package_cash)
    total = sum(run.cash.values())
    size = sum(np.abs(x) for x in run.cash.values()).max()
    assert np.abs(total).max() < 1e-9 * size
    for vehicle in (*run.vehicles, "collateral"):
        assert np.abs(run.cash[vehicle].sum(axis=1)).max() < 1e-9 * size
    paid_out = sum(run.cash[p] for p in run.cash if p not in ("debtors", "workout")).sum(axis=1)
    assert np.allclose(paid_out, package_cash.net.sum(axis=1))


@pytest.mark.parametrize("loss", [0.02, -0.02, float("nan")])
def test_a_cent_that_goes_missing_is_noticed(loss):
    package_cash = outcomes(1)
    ledger = CashLedger(package_cash.scenarios, package_cash.months, ("trust", "investors"))
    for m in range(package_cash.months + 1):
        ledger.pay("debtors", "trust", package_cash.received[:, m], m, "collections")
        ledger.pay("trust", "workout", package_cash.costs[:, m], m, "costs")
        ledger.pay("trust", "investors", package_cash.net[:, m], m, "rest")
    ledger.check(package_cash.received, package_cash.costs, ())
    ledger.cash["investors"][3, 5] += loss
    with pytest.raises(ConservationError, match="scenario 3"):
        ledger.check(package_cash.received, package_cash.costs, ())


def test_a_payment_that_no_vehicle_can_make_is_noticed():
    package_cash = outcomes(1)
    ledger = CashLedger(package_cash.scenarios, package_cash.months, ("trust", "investors"))
    ledger.pay("trust", "investors", 1.0, 2, "too early")
    ledger.pay("investors", "trust", 1.0, 3, "back")
    with pytest.raises(ConservationError, match="overdraft of trust"):
        ledger.check(
            np.zeros_like(package_cash.received), np.zeros_like(package_cash.costs), ("trust",)
        )
