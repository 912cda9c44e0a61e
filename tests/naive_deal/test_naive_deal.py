"""The vectorized waterfall and its reference implementation agree on every payment of random deals
on random flows.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from npl_sim.securitization.waterfall.waterfall import run_deal
from tests.builders.random_deals import deals, flows
from tests.naive_deal.interpreter import run_naively

many = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
RELATIVE = 1e-9
"""Allowed difference, as a share of a scenario's cash and notes: on notes of a thousand million, a
unit of currency."""


def naively(deal, cash, index=None):
    """Return the results of the reference, scenario by scenario."""
    series = {"received": cash.received, "costs": cash.costs, **cash.extras}
    if cash.short_rate is not None:
        series["short_rate"] = cash.short_rate
    scenarios = [
        {name: x[n].tolist() for name, x in series.items()} for n in range(cash.scenarios)
    ]
    return run_naively(
        deal, list(cash.dates), scenarios, None if index is None else index.tolist()
    )


def assert_same(run, twins, scale):
    """Assert that every figure of every date is the same."""
    near = {"rel": 0.0, "abs": RELATIVE * scale}
    deal = run.deal
    for n, reference in enumerate(twins):
        last = len(reference.dates)
        assert run.last_date[n] == last
        assert run.called[n] == reference.called
        for k, reported in enumerate(reference.dates):
            for t in deal.tranches:
                flows = run.tranches[t.name]
                for part in ("interest", "principal", "other", "balance", "unpaid"):
                    assert getattr(flows, part)[n, k] == pytest.approx(
                        reported[part][t.name], **near
                    )
                ours, theirs = flows.balance[n, k], reported["balance"][t.name]
                assert (ours == 0.0) == (theirs == 0.0), (n, k, t.name, ours, theirs)
            for name, amount in reported["account"].items():
                assert run.accounts[name][n, k] == pytest.approx(amount, **near)
            for name, active in reported["active"].items():
                assert run.active[name][n, k] == active
            assert run.accelerated[n, k] == reported["accelerated"]
            assert run.cash_in[n, k] == pytest.approx(reported["cash_in"], **near)
        for name, flows in run.tranches.items():
            assert not flows.cash[n, last:].any()
            assert (flows.balance[n, last:] == flows.balance[n, last - 1]).all(), name
        for name, amount in reference.owed.items():
            assert run.unpaid_claims[name][n] == pytest.approx(amount, **near)
        for name in {*reference.payee, *run.payees}:
            paid = run.payees[name][n] if name in run.payees else 0.0
            assert paid == pytest.approx(reference.payee.get(name, 0.0), **near)
        assert run.after_call[n] == pytest.approx(reference.after_call, **near)
        for name in ("before_cutoff", "to_seller", "after_last"):
            assert getattr(run.terms.cash, name)[n] == pytest.approx(
                getattr(reference, name), **near
            )
    assert_same_payments(run, twins, near)


def assert_same_payments(run, twins, near):
    """Assert that each step owed and paid the same to each receiver on each date."""
    places = {}
    for p in run.ledger:
        place = places.setdefault((p.number, p.order, p.position), [])
        place.append(p)
    for n, reference in enumerate(twins):
        for k, reported in enumerate(reference.dates):
            seen = set()
            for order, position, place, owed, paid in reported["ledger"]:
                ours = places[k + 1, order, position][place]
                assert ours.owed[n] == pytest.approx(owed, **near), (n, k, ours)
                assert ours.paid[n] == pytest.approx(paid, **near), (n, k, ours)
                seen.add((order, position, place))
            for (number, order, position), rows in places.items():
                for place, ours in enumerate(rows):
                    if number == k + 1 and (order, position, place) not in seen:
                        assert ours.paid[n] == 0.0, "a step paid that the reference did not reach"


def scale_of(deal, cash):
    """Return the size of the sums involved."""
    return max(1.0, deal.notes, float((cash.received + cash.costs).sum(axis=1).max()))


@many
@given(deals(), flows())
def test_the_reference_agrees(deal, cash):
    run = run_deal(deal, cash, ledger=True)
    assert_same(run, naively(deal, cash), scale_of(deal, cash))


@settings(many, max_examples=40)
@given(deals(), flows(), st.integers(0, 2**32 - 1))
def test_the_reference_agrees_on_simulated_rates(deal, cash, seed):
    """A reference rate by scenario and period takes the place of the deal's own."""
    count = run_deal(deal, cash).cash_in.shape[1]
    index = np.random.default_rng(seed).normal(0.02, 0.02, (cash.scenarios, count))
    run = run_deal(deal, cash, index, ledger=True)
    assert_same(run, naively(deal, cash, index), scale_of(deal, cash))


def test_a_reference_that_differs_is_seen(monkeypatch):
    """The comparison can fail: a reference that lets interest lapse disagrees on a deal that is
    short of cash.
    """
    from tests.builders.deals import annual, deal
    from tests.naive_deal import interpreter

    cash = annual(5.0, 5.0, 5.0)
    run = run_deal(deal(), cash, ledger=True)
    assert_same(run, naively(deal(), cash), 100.0)
    whole = interpreter.grow

    def forgetful(s):
        s.interest = dict.fromkeys(s.interest, 0.0)
        whole(s)

    monkeypatch.setattr(interpreter, "grow", forgetful)
    with pytest.raises(AssertionError):
        assert_same(run, naively(deal(), cash), 100.0)
