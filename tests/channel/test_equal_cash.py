"""Contracts that say the same in other words: equal cash in every scenario gives equal verdict,
balance sheet and capital.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npl_sim.channels.result import measure
from npl_sim.channels.verdict.assessment import Assessment, assess
from npl_sim.channels.verdict.residual_position import closing_cash
from tests.builders.contracts import contract, layer, sample

# The same examples on every run.
some = settings(max_examples=12, deadline=None, derandomize=True)


MONTHS = 12


Terms = dict[str, Any]


def package_cash(seed: int = 3, quiet: int | None = None):
    """Return a package worth about 100; in a quiet month nothing is paid."""
    made = sample(150, MONTHS, seed=seed, rate=0.06)
    if quiet is None:
        return made
    received = made.received.copy()
    received[:, quiet] = 0.0
    return replace(made, received=received)


def judged(outcomes, terms: Terms) -> tuple[Assessment, np.ndarray]:
    result = measure(contract(**terms), outcomes)
    run = result.whole.retained.run
    later = run.cash["bank"].copy()
    later[:, 0] -= closing_cash(run)
    return assess(result, result.whole), np.column_stack(
        [np.full(len(later), closing_cash(run)), later]
    )


def assert_same(outcomes, *several: Terms) -> Assessment:
    """Assert that contracts have equal cash, and with it equal verdict, balance sheets and
    capital.
    """
    (first, cash), *others = (judged(outcomes, terms) for terms in several)
    for other, its in others:
        assert its == pytest.approx(cash, abs=1e-9)
        assert other.verdict.outcome is first.verdict.outcome
        for name in ("asset", "liability", "gain"):
            wanted = getattr(first.verdict.measurement, name)
            assert getattr(other.verdict.measurement, name) == pytest.approx(wanted, abs=1e-6)
        assert (other.verdict.if_free is None) is (first.verdict.if_free is None)
        if first.verdict.if_free is not None:
            assert other.verdict.if_free.liability == pytest.approx(
                first.verdict.if_free.liability, abs=1e-6
            )
        assert other.capital.earned == pytest.approx(first.capital.earned, abs=1e-6)
        assert other.capital.gains == pytest.approx(first.capital.gains, abs=1e-6)
    return first


def promise(kind: str, name: str = "p", **terms: Any) -> Terms:
    return {"kind": kind, "name": name, **terms}


def fixed(amount: float) -> Terms:
    return {"kind": "fixed", "amount": amount}


@some
@given(st.integers(2, MONTHS - 1), st.sampled_from([0.5, 1.0, 1.3]), st.integers(0, 5))
def test_a_swap_that_ends_in_delivery_is_a_repurchase(month, notional, seed):
    """No leg, nothing passed back: the bank pays the notional and takes the package. So do a
    trigger that is always met, a put with a call at one strike, and a formula of a constant.
    """
    swap = promise(
        "income_swap",
        leg={"kind": "fixed", "rate": 0.0},
        pass_back=0.0,
        notional=notional,
        first_month=month,
        last_month=month,
        final="physical",
    )
    price = fixed(100.0 * notional)
    at = {"kind": "month", "month": month}
    always = {"kind": "below_plan", "below": 10.0, "first_test": month}
    option = {"months": [month], "strike": price, "knowledge": "perfect"}
    found = assert_same(
        package_cash(seed, quiet=month),
        {"undertakings": [swap]},
        {"undertakings": [promise("repurchase", at=at, price=price)]},
        {"undertakings": [promise("repurchase", at=always, price=price)]},
        {
            "undertakings": [
                promise(
                    "repurchase", at=at, price={"kind": "formula", "constant": 100.0 * notional}
                )
            ]
        },
        {"undertakings": [promise("put", "a", **option), promise("call", "b", **option)]},
    )
    assert str(found.verdict.outcome) == "keep"
    assert found.verdict.measurement.liability == pytest.approx(100.0)
    assert found.capital.earned == found.capital.before


@some
@given(st.sampled_from([0.2, 0.5, 0.9]), st.integers(0, 5))
def test_a_guarantee_in_other_terms(share, seed):
    """In two parts, on the face with a deductible, with a cap that is never reached."""
    # Face 400, price 100: losses below the price are those of the face beyond 300.
    assert_same(
        package_cash(seed),
        {"undertakings": [promise("guarantee", share=share)]},
        {"undertakings": [promise("guarantee", share=share, cap=99.0)]},
        {"undertakings": [promise("guarantee", share=share, reference="face", deductible=300.0)]},
        {
            "undertakings": [
                promise("guarantee", "a", share=share / 4),
                promise("guarantee", "b", share=0.75 * share),
            ]
        },
    )


@some
@given(st.sampled_from([5.0, 15.0, 40.0, 200.0]), st.integers(0, 5))
def test_a_guarantee_is_a_top_up_of_a_note_without_interest(cap, seed):
    note = {
        "kind": "note",
        "name": "n",
        "holder": "fund",
        "share": 1.0,
        "principal": "at_maturity",
    }
    structure = {"vehicles": [layer(note)]}
    assert_same(
        package_cash(seed),
        {**structure, "undertakings": [promise("guarantee", cap=cap)]},
        {**structure, "undertakings": [promise("top_up", of="n", lifetime=cap)]},
    )


@some
@given(st.sampled_from([0.02, 0.3, 0.6, 0.97]), st.integers(0, 5))
def test_a_share_of_all_cash_in_other_terms(share, seed):
    """By a swap without a leg, a servicing fee, an excess, and a claim on a later vehicle that
    depends on it.
    """
    swap = promise(
        "income_swap",
        leg={"kind": "fixed", "rate": 0.0},
        pass_back=share,
        first_month=1,
        every=1,
        final="none",
    )
    excess = {"kind": "excess", "name": "e", "holder": "bank", "share": share}
    below = {"kind": "excess", "name": "e", "holder": "later", "share": share}
    later = layer({"kind": "residual", "holder": "bank", "share": 1.0}, name="later")
    assert_same(
        package_cash(seed),
        {"undertakings": [swap]},
        {"servicing": {"by": "bank", "share": share}},
        {"vehicles": [layer(excess)]},
        {"vehicles": [layer(below), later]},
    )


@some
@given(st.integers(0, 5))
def test_a_promise_that_costs_nothing_in_any_scenario_is_none(seed):
    call = promise("call", months=[6], strike=fixed(1e6), knowledge="perfect")
    found = assert_same(
        package_cash(seed),
        {},
        {"undertakings": [call]},
        {"undertakings": [promise("put", months=[6], strike=fixed(0.0), knowledge="perfect")]},
        {"undertakings": [promise("guarantee", reference=1.0)]},
        {"undertakings": [promise("guarantee", cap=0.0)]},
    )
    assert str(found.verdict.outcome) == "derecognise"
    assert found.capital.earned == 0.0


def ladder(statistic: str = "mean_absolute_deviation") -> Iterator[tuple[float, Assessment]]:
    for cap in (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 0.99, 1.0, 2.0):
        terms = {"undertakings": [promise("guarantee", cap_share=cap)]}
        terms["accounting"] = {"thresholds": {"statistic": statistic}}
        yield cap, judged(package_cash(), terms)[0]


@pytest.mark.parametrize("statistic", ["mean_absolute_deviation", "standard_deviation"])
def test_a_larger_cap_never_takes_more_off_the_balance_sheet(statistic):
    """Liability and capital never fall as the cap rises, and a cap beyond the largest loss changes
    nothing.
    """
    found = list(ladder(statistic))
    order = ["derecognise", "depends on control", "keep"]
    ranks = [order.index(str(j.verdict.outcome)) for _, j in found]
    liabilities = [j.verdict.measurement.liability for _, j in found]
    assert ranks == sorted(ranks) and set(ranks) >= {1, 2}
    assert liabilities == sorted(liabilities)
    assert [j.capital.earned for _, j in found] == sorted(j.capital.earned for _, j in found)
    most = (100.0 - package_cash().received.sum(axis=1)).max()
    beyond = [j for cap, j in found if 100.0 * cap > most]
    assert (
        len(
            {
                (j.verdict.outcome, j.verdict.measurement.liability, j.capital.earned)
                for j in beyond
            }
        )
        == 1
    )


def test_full_recourse_begins_where_the_cap_covers_the_stated_quantile():
    """The least loss that 95 % (80 %) of the scenarios do not exceed: a cap a hair below it is not
    full, one at it is.
    """
    losses = np.sort(np.maximum(100.0 - package_cash().received.sum(axis=1), 0.0))
    for level in (0.95, 0.8):
        edge = float(losses[int(np.ceil(level * len(losses) - 1e-9)) - 1])
        rules = {"thresholds": {"likely_loss_quantile": level}}
        for cap, outcome in (
            (edge * (1.0 - 1e-6), "depends on control"),
            (edge * (1.0 + 1e-9), "keep"),
        ):
            terms = {"undertakings": [promise("guarantee", cap=cap)], "accounting": rules}
            made, _ = judged(package_cash(), terms)
            assert str(made.verdict.outcome) == outcome
            assert made.cash.position.likely_loss == pytest.approx(edge)
            assert any(f"the {100 * level:g} % quantile" in line for line in made.assumed)
