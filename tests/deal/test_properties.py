"""Properties of every deal: cash is conserved, scenarios are independent, more cash never harms
the most senior party.
"""

from __future__ import annotations

import dataclasses
from datetime import date

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from npl_sim.core.errors import ConservationError
from npl_sim.kernels import waterfall_tables as op
from npl_sim.securitization.collections import DatedFlows
from npl_sim.securitization.results.ledger import ledger_of
from npl_sim.securitization.results.tranches import relative_losses
from npl_sim.securitization.terms.calendar import PlanPoint, PointsPlan
from npl_sim.securitization.waterfall.step_operations import COMPILERS, StepCompiler
from npl_sim.securitization.waterfall.waterfall import run_deal, run_terms
from tests.builders.deals import annual, deal, deal_terms
from tests.builders.random_deals import deals, flows

many = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def everything_paid(run):
    """Return what tranches and others got over the life, by scenario."""
    paid = sum(t.cash.sum(axis=1) for t in run.tranches.values())
    return paid + sum(run.payees.values(), np.zeros(run.scenarios))


@many
@given(deals(), flows())
def test_all_cash_has_an_owner(a_deal, cash):
    """Collections, before the deal and after it, and the deal's other income are all paid out."""
    run = run_deal(a_deal, cash)
    initial = sum(a.initial for a in a_deal.accounts)
    assert everything_paid(run) == pytest.approx(
        run.cash_in.sum(axis=1) + initial, rel=1e-9, abs=1e-9
    )
    c = run.terms.cash
    net = (cash.received - cash.costs).sum(axis=1)
    assert c.net.sum(axis=0) + c.before_cutoff + c.to_seller + c.after_last == pytest.approx(net)
    for t in run.tranches.values():
        assert (
            min(
                t.interest.min(), t.principal.min(), t.other.min(), t.balance.min(), t.unpaid.min()
            )
            >= 0.0
        )
        assert (np.diff(t.balance, axis=1) <= 0.0).all()
    for balance in run.accounts.values():
        assert (balance[np.arange(run.scenarios), run.last_date - 1] == 0.0).all()


@many
@given(deals(), flows())
def test_a_scenario_alone_and_its_ledger_agree(a_deal, cash):
    run = run_deal(a_deal, cash)
    number = run.scenarios - 1
    alone = run_terms(run.terms.scenario(number))
    for name, t in run.tranches.items():
        assert np.array_equal(t.cash[number], alone.tranches[name].cash[0])
    table = ledger_of(run, number)
    outside = table[table.purpose != "reserve"]
    assert outside.paid.sum() == pytest.approx(everything_paid(run)[number], rel=1e-9, abs=1e-9)
    assert (table.paid <= table.owed + 1e-9).all()


@many
@given(deals(), flows())
def test_scenarios_do_not_touch_each_other(a_deal, cash):
    """Put in another order among others, a scenario pays the same to the bit (given a plan that is
    not their mean)."""
    plan = PointsPlan(kind="points", points=[PlanPoint(date=date(2025, 12, 31), cumulative=120.0)])
    a_deal = a_deal.model_copy(update={"business_plan": plan})
    run = run_deal(a_deal, cash)

    def turn(amounts):
        return np.vstack([amounts] * 2)[::-1]

    extras = {name: turn(x) for name, x in cash.extras.items()}
    turned = DatedFlows(
        cash.dates, turn(cash.received), turn(cash.costs), extras, short_rate=turn(cash.short_rate)
    )
    again = run_deal(a_deal, turned)
    for name, t in run.tranches.items():
        assert np.array_equal(np.vstack([t.cash] * 2)[::-1], again.tranches[name].cash)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 200), min_size=3, max_size=3), st.floats(0, 50), st.integers(0, 2))
def test_more_cash_is_never_worse(cash, more, when):
    better = list(cash)
    better[when] += more
    low, high = (run_deal(deal(), annual(*x)) for x in (cash, better))
    for name in ("senior", "sub"):
        assert high.tranches[name].balance[0, -1] <= low.tranches[name].balance[0, -1] + 1e-9
    assert (
        high.tranches["senior"].cash.cumsum(axis=1)[0, when]
        >= low.tranches["senior"].cash.cumsum(axis=1)[0, when] - 1e-9
    )


def test_a_smaller_senior_is_never_less_safe():
    rng = np.random.default_rng(1)
    x = rng.lognormal(3.0, 0.8, (400, 3))
    days = annual(1, 1, 1).dates
    cash = DatedFlows(days, x, np.zeros_like(x))
    losses = []
    for size in (20.0, 60.0, 100.0, 140.0):
        changes = deal_terms()
        changes["tranches"][0]["balance"] = size
        changes["tranches"][1]["balance"] = 160.0 - size
        run = run_deal(deal(**changes), cash)
        losses.append(run.tranches["senior"].balance[:, -1] / size)
    assert all((a <= b + 1e-12).all() for a, b in zip(losses, losses[1:], strict=False))


@settings(max_examples=30, deadline=None)
@given(flows())
def test_one_tranche_is_the_package(cash):
    """A single class without fees gets what the package collects, period by period."""
    cash = dataclasses.replace(cash, costs=np.zeros_like(cash.costs))
    changes = deal_terms(
        tranches=[{"name": "all", "balance": 50.0, "coupon": {"kind": "fixed", "rate": 0.05}}],
        steps=[
            {"kind": "interest", "to": ["all"]},
            {"kind": "principal", "to": ["all"]},
            {"kind": "residual", "to": "all"},
        ],
    )
    run = run_deal(deal(**changes), cash)
    assert np.allclose(run.tranches["all"].cash, run.terms.cash.net.T, rtol=1e-12, atol=1e-9)


def test_a_step_that_loses_cash_is_caught(monkeypatch):
    """The conservation check sees cash that leaves an account and reaches no payee."""

    def leaky(compiler, step):
        available = compiler._layout.cash["available"]
        compiler._ops.change(available, op.MULTIPLY, compiler._ops.constant(0.999))
        StepCompiler.interest(compiler, step)

    monkeypatch.setitem(COMPILERS, "interest", leaky)
    with pytest.raises(ConservationError, match="payment 1 on 2024-12-31, scenario 0"):
        run_deal(deal(), annual(60, 40, 50))


def test_a_balance_that_forgets_a_repayment_is_caught(monkeypatch):
    whole = StepCompiler.principal

    def forgetful(compiler, step):
        whole(compiler, step)
        first = compiler._layout.tranches["senior"]
        half = compiler._ops.constant(0.5)
        compiler._ops.change(first + op.GOT_PRINCIPAL, op.MULTIPLY, half)

    monkeypatch.setitem(COMPILERS, "principal", forgetful)
    with pytest.raises(ConservationError, match="senior"):
        run_deal(deal(), annual(60, 40, 50))


@many
@given(deals(), flows())
def test_the_expected_loss_is_what_is_owed_at_the_end_discounted_at_the_coupon(a_deal, cash):
    """Debt grows at the coupon and falls by what is paid: what is left of it, discounted, is
    missing from the present value."""
    run = run_deal(a_deal, cash)
    for tranche in a_deal.tranches:
        lost, t = relative_losses(run, tranche.name), run.tranches[tranche.name]
        assert ((lost >= 0.0) & (lost <= 1.0)).all()
        if not tranche.interest_on_unpaid or t.original <= 0.0:
            continue
        growth = 1.0 + run.terms.fractions[tranche.name][:, None] * run.terms.coupons[tranche.name]
        factor = np.broadcast_to(np.cumprod(growth, axis=0), (len(growth), run.scenarios))
        owed = (t.balance[:, -1] + t.unpaid[:, -1]) / factor[
            run.last_date - 1, np.arange(run.scenarios)
        ]
        assert lost * t.original == pytest.approx(owed, abs=2e-9 * t.original)


def test_groups_of_the_kernel_are_whole():
    """Scenarios are run in groups; the last of a group and of a part of one are as when alone."""
    rng = np.random.default_rng(3)
    x = rng.lognormal(3.5, 0.6, (2 * op.LANES + 3, 3))
    run = run_deal(deal(), DatedFlows(annual(1, 1, 1).dates, x, np.zeros_like(x)))
    for number in (0, op.LANES - 1, op.LANES, 2 * op.LANES + 2):
        alone = run_terms(run.terms.scenario(number))
        for name, t in run.tranches.items():
            assert np.array_equal(t.cash[number], alone.tranches[name].cash[0])
            assert np.array_equal(t.balance[number], alone.tranches[name].balance[0])
        means = [
            x.mean(axis=0) for x in (run.tranches["sub"].other, run.tranches["sub"].principal)
        ]
    assert run.mean_paid["steps"][:, 3] == pytest.approx(means[0], rel=1e-12)
    assert run.mean_paid["steps"][:, 2] == pytest.approx(means[1], rel=1e-12)


def test_a_run_without_tables_has_the_same_totals():
    """The totals over the life are those that the tables by date give."""
    rng = np.random.default_rng(4)
    x = rng.lognormal(3.3, 0.6, (150, 3))
    run = run_deal(deal(), DatedFlows(annual(1, 1, 1).dates, x, np.zeros_like(x)))
    factors = np.array([0.9, 0.8, 0.7])
    bare = run_terms(run.terms, tables=False, factors=factors)
    assert bare.tranches == {} and bare.cash_in.size == 0
    growth = np.cumprod(1.0 + run.terms.fractions["senior"] * run.terms.coupons["senior"][:, 0])
    for name, t in run.tranches.items():
        total = bare.totals[name]
        assert np.array_equal(total.largest_unpaid, t.unpaid.max(axis=1))
        assert np.array_equal(total.coverage, t.cover.min(axis=1))
        assert np.array_equal(total.balance, t.balance[:, -1])
        assert np.array_equal(total.unpaid, t.unpaid[:, -1])
        assert total.principal == pytest.approx(t.principal.sum(axis=1))
        assert total.principal_years == pytest.approx(t.principal @ run.terms.dates.years)
        assert total.value == pytest.approx(t.cash @ factors)
        repaid = t.balance <= 1e-9 * t.original
        first = np.where(repaid.any(axis=1), np.argmax(repaid, axis=1) + 1, 0)
        assert np.array_equal(total.repaid_on, first)
    senior = run.tranches["senior"]
    worth = ((senior.interest + senior.principal) / growth).sum(axis=1)
    assert bare.totals["senior"].worth == pytest.approx(worth)
