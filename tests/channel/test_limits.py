"""What must hold whatever the package: certain limits, monotony, shares that sum to one."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from npl_sim.channels.result import measure
from npl_sim.channels.retained import MEASURES, retained_risk
from npl_sim.channels.risk_bearers import bearing, party_cash
from npl_sim.channels.run import run_channel
from tests.builders.contracts import contract, layer, sample
from tests.builders.random_contracts import outcomes

REPURCHASE = {
    "kind": "repurchase",
    "name": "r",
    "at": {"kind": "month", "month": 4},
}  # no collections reach the price by then


@pytest.mark.parametrize("rate", [0.0, 0.08])
def test_a_repurchase_at_price_plus_carry_at_no_risk_keeps_everything(rate):
    """With carry at the discount rate the price is worth P less what the buyer got: X is the
    package's value exactly.
    """
    terms = contract(
        undertakings=[{**REPURCHASE, "price": {"kind": "plus_carry", "carry": rate}}],
        loss_reference="price",
    )
    found = retained_risk(terms, sample(rate=rate))
    for name in MEASURES:
        assert found.share(name).value == pytest.approx(1.0, abs=1e-9), name
    assert np.allclose(found.after, found.before)


def test_a_full_income_swap_at_no_risk_keeps_everything():
    swap = {
        "kind": "income_swap",
        "name": "s",
        "leg": {"kind": "fixed", "rate": 0.0},
        "final": "physical",
        "last_month": 12,
    }
    found = retained_risk(contract(undertakings=[swap], loss_reference="price"), sample())
    for name in MEASURES:
        assert found.share(name).value == pytest.approx(1.0, abs=1e-9), name


@pytest.mark.parametrize("share", [0.2, 1.0, 3.0])
def test_a_clean_sale_keeps_nothing_at_any_price(share):
    terms = contract(
        price={"kind": "share_of_value", "share": share},
        servicing={"by": "servicer", "share": 0.1, "fair_share": 0.1},
    )
    found = retained_risk(terms, sample(rate=0.1, costs=0.2))
    for name in MEASURES:
        before, after, kept = found.measures[name]
        assert before.value > 0.0
        assert (after.value, kept.value) == (0.0, 0.0), name


@pytest.mark.parametrize("slice_", [0.05, 0.4])
def test_a_vertical_slice_keeps_its_share(slice_):
    """A bank that takes over a share of the package at once has that share of every risk."""
    buy = {
        "kind": "repurchase",
        "name": "r",
        "at": {"kind": "month", "month": 1},
        "share": slice_,
        "price": {"kind": "fixed", "amount": 100.0},
    }
    found = retained_risk(contract(undertakings=[buy], loss_reference="price"), sample())
    for name in MEASURES:
        assert found.share(name).value == pytest.approx(slice_, rel=1e-9), name


def test_a_guarantee_keeps_more_with_its_share_and_with_its_cap():
    package_cash = sample(1000, rate=0.05)

    def kept(share=1.0, cap=20.0):
        promise = {
            "kind": "guarantee",
            "name": "g",
            "reference": 110.0,
            "share": share,
            "cap": cap,
        }
        found = retained_risk(
            contract(undertakings=[promise], loss_reference="price"), package_cash
        )
        return [
            found.share(n).value
            for n in ("expected loss", "standard deviation", "mean absolute deviation")
        ]

    by_share = np.array([kept(share=s) for s in (0.0, 0.25, 0.5, 1.0)])
    by_cap = np.array([kept(cap=c) for c in (0.0, 5.0, 20.0, 60.0)])
    assert (np.diff(by_share, axis=0) > 0.0).all() and (np.diff(by_cap, axis=0) > 0.0).all()
    assert not by_share[0].any() and not by_cap[0].any()
    assert (by_share[-1] < 1.0).all() and (by_cap < 1.0).all()


def test_shares_of_expected_loss_sum_to_one_over_all_parties():
    """What each party loses where the package loses; the package is what debtors pay less what
    courts get.
    """
    terms = contract(
        loss_reference="price",
        vehicles=[
            layer(
                {"kind": "note", "name": "senior", "share": 0.6, "rate": 0.05, "holder": "fund"},
                tax={"on": "receipts", "rate": 0.03},
                fee={"per_year": 0.01},
            )
        ],
        undertakings=[{"kind": "guarantee", "name": "g", "share": 0.4}],
        servicing={"by": "bank", "share": 0.1},
    )
    package_cash = sample(rate=0.05, costs=0.2)
    found = retained_risk(terms, package_cash)
    lossless = run_channel(terms, package_cash.with_lossless(100.0))
    losing = package_cash.probability * (found.before < found.reference[0])
    loss = {}
    for name, amounts in party_cash(found).items():
        names = [*found.run.vehicles, "collateral"] if name.startswith("idle") else [name]
        top = sum(float(package_cash.present_value(lossless.cash[n][-1:])[0]) for n in names)
        loss[name] = float(losing @ (top - package_cash.present_value(amounts)))
    assert sum(loss.values()) == pytest.approx(found.measures["expected loss"][0].value, rel=1e-9)
    assert loss["bank"] == pytest.approx(found.measures["expected loss"][1].value, rel=1e-9)


def test_parts_of_the_distribution_sum_to_the_package():
    terms = contract(
        vehicles=[
            layer(
                {"kind": "note", "name": "senior", "share": 0.7, "rate": 0.04, "holder": "fund"},
                pay_every=3,
            )
        ]
    )
    found = retained_risk(terms, sample(rate=0.05))
    frame = bearing(found)
    package_cash = found.run.outcomes
    package = package_cash.present_value(package_cash.net)
    ordered = np.sort(package) - package.mean()
    parts = ordered.reshape(20, -1).mean(axis=1)
    assert np.allclose(frame.groupby("part")["deviation"].sum(), parts)
    assert set(frame["party"]) == {"bank", "fund", "investors", "idle in accounts"}


def test_a_better_package_never_leaves_the_bank_with_more_to_pay_under_a_guarantee():
    package_cash = outcomes(4)
    promise = {"kind": "guarantee", "name": "g", "reference": 90.0, "share": 0.7, "cap": 30.0}
    terms = contract(undertakings=[promise])
    raised = dataclasses.replace(package_cash, received=1.2 * package_cash.received)
    assert (
        run_channel(terms, raised).calls <= run_channel(terms, package_cash).calls + 1e-12
    ).all()


def test_what_is_shown_and_what_is_not_are_measured_in_the_same_scenarios():
    terms = contract(
        loss_reference="price",
        side_letter={
            "undertakings": [{**REPURCHASE, "price": {"kind": "plus_carry", "carry": 0.0}}]
        },
    )
    result = measure(terms, sample())
    disclosed, side_letter = result.versions
    assert (disclosed.label, side_letter.label) == ("shown", "with the letter")
    assert disclosed.retained.share("standard deviation").value == 0.0
    assert side_letter.retained.share("standard deviation").value == pytest.approx(1.0)
    assert (disclosed.retained.before == side_letter.retained.before).all()
