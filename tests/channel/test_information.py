"""Information: refusal of uninformed estimates, and the band of option values."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.stats import norm

from npl_sim.channels.outcomes import Outcomes
from npl_sim.channels.result import measure
from npl_sim.core.errors import ChannelError
from tests.builders.contracts import contract, facts_of, sample

SWAP = {
    "kind": "income_swap",
    "name": "s",
    "leg": {"kind": "fixed", "rate": 0.05},
    "first_month": 1,
    "every": 1,
}


def at_once(month: int = 4, early: float = 0.0, scenarios: int = 4000) -> Outcomes:
    """Return a lognormal payment of mean 50 in one month of six, and a little noise in month 1."""
    rng = np.random.default_rng(11)
    received = np.zeros((scenarios, 7))
    received[:, month] = 50.0 * rng.lognormal(-0.02, 0.2, scenarios)
    received[:, 1] += early * rng.random(scenarios)
    return Outcomes(
        received, np.zeros_like(received), np.full(scenarios, 1.0 / scenarios), False, 400.0, 0.0
    )


def option(kind="put", month=4, knowledge="plan", strike=None):
    price = {"kind": "fixed", "amount": 50.0} if strike is None else strike
    return {"kind": kind, "name": "o", "months": [month], "strike": price, "knowledge": knowledge}


def promised(*undertakings):
    return contract(price={"kind": "amount", "amount": 50.0}, undertakings=list(undertakings))


@pytest.mark.parametrize("kind", ["put", "call"])
@pytest.mark.parametrize("knowledge", ["plan", "estimate"])
@pytest.mark.parametrize("early", [0.0, 0.001], ids=["nothing", "dust"])
def test_an_option_before_all_cash_is_refused(kind, knowledge, early):
    text = (
        rf"undertakings.0 \(o\): knowledge: got '{knowledge}', and the cash before month 4 "
        r"tells nothing"
    )
    with pytest.raises(ChannelError, match=text):
        measure(promised(option(kind, knowledge=knowledge)), at_once(early=early))


def test_costs_that_exceed_receipts_so_far_tell_a_plan_nothing():
    """Where the plan's net cash is not above 0 the ratio is 1 in every scenario: the cash of month
    1 is not used.
    """
    package_cash = at_once(early=30.0)
    costs = np.zeros_like(package_cash.received)
    costs[:, 1] = 40.0
    with pytest.raises(ChannelError, match="tells nothing"):
        measure(promised(option()), dataclasses.replace(package_cash, costs=costs))
    measure(promised(option(knowledge="estimate")), dataclasses.replace(package_cash, costs=costs))


@pytest.mark.parametrize(
    ("promise", "place"),
    [
        (
            {
                "kind": "repurchase",
                "name": "r",
                "at": {"kind": "month", "month": 4},
                "price": {"kind": "fair_value"},
            },
            "price",
        ),
        (
            {
                "kind": "repurchase",
                "name": "r",
                "at": {"kind": "month", "month": 4},
                "price": {
                    "kind": "formula",
                    "constant": 5.0,
                    "of_value": 0.5,
                    "knowledge": "estimate",
                },
            },
            "price",
        ),
        (option(knowledge="perfect", strike={"kind": "fair_value", "share": 0.9}), "strike"),
        ({**SWAP, "final": "cash", "last_month": 3}, "knowledge"),
    ],
)
def test_a_value_that_is_the_same_mean_everywhere_is_refused(promise, place):
    with pytest.raises(
        ChannelError, match=rf"undertakings.0 .*{place}.*tells nothing of the value left"
    ):
        measure(promised(promise), at_once())


@pytest.mark.parametrize(
    "promise",
    [
        option(knowledge="perfect"),
        option(month=5),  # after all cash: nothing is left, and that is known
        {**SWAP, "final": "cash"},
        {**SWAP, "final": "physical", "last_month": 3},
        {
            "kind": "repurchase",
            "name": "r",
            "at": {"kind": "month", "month": 4},
            "price": {"kind": "fixed", "amount": 9.0},
        },
        {
            "kind": "repurchase",
            "name": "r",
            "at": {"kind": "month", "month": 4},
            "price": {"kind": "formula", "constant": 5.0},
        },
    ],
)
def test_what_needs_no_judgment_is_not_refused(promise):
    measure(promised(promise), at_once())


def test_a_date_beyond_the_outcomes_is_refused_before_it_is_judged():
    for promise in (option(month=9), {**SWAP, "final": "cash", "last_month": 9}):
        with pytest.raises(
            ChannelError, match="got 9; expected at most 6, the last month of the outcomes"
        ):
            measure(promised(promise), at_once())


def test_cash_that_is_certain_needs_no_information():
    package_cash = at_once(scenarios=200)
    sure = dataclasses.replace(
        package_cash, received=np.repeat(package_cash.received[:1], 200, axis=0)
    )
    measure(promised(option()), sure)


def test_an_at_the_money_put_costs_its_closed_form():
    """Undiscounted, mean 50, log deviation 0.2: 50 (2 Phi(0.1) - 1) = 3.983. Within 4 standard
    errors.
    """
    row = measure(
        promised(option(knowledge="perfect")), at_once(scenarios=20_000)
    ).whole.worth.iloc[0]
    assert row["cost"] == pytest.approx(50.0 * (2 * norm.cdf(0.1) - 1), abs=4 * row["cost_se"])
    assert np.isnan(row["cost_known"])  # it is known already


def test_the_band_holds_the_cost_where_all_is_known():
    package_cash = sample(2000)
    terms = {"price": {"kind": "amount", "amount": 100.0}}
    found = {
        knowledge: measure(
            contract(**terms, undertakings=[option(month=12, knowledge=knowledge)]), package_cash
        ).whole.worth.iloc[0]
        for knowledge in ("plan", "estimate", "perfect")
    }
    for knowledge in ("plan", "estimate"):
        row, best = found[knowledge], found["perfect"]
        assert row["cost_known"] == pytest.approx(best["cost"])
        assert row["p_package_back_known"] == pytest.approx(best["p_package_back"])
        assert row["cost"] <= row["cost_known"]


def test_depth_is_judged_at_the_end_of_the_band_that_leaves_more():
    """A holder that estimates from month 1's noise never uses a put at 44. A holder that knows the
    future uses it in a quarter of cases.
    """
    package_cash = at_once(early=5.0)
    put = option(strike={"kind": "fixed", "amount": 44.0}, knowledge="estimate")
    result = measure(promised(put), package_cash)
    row = result.whole.worth.iloc[0]
    assert row["p_package_back"] == 0.0 and 0.2 < row["p_package_back_known"] < 0.35
    facts = facts_of(result)
    assert (facts.repurchase, facts.option_moneyness) == ("put_option", "near")
