"""The same inputs give the same bits; one scenario or undertaking more moves no other."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from npl_sim.channels.defaults import NEVER, default_months
from npl_sim.channels.result import measure
from npl_sim.channels.run import run_channel
from npl_sim.reports.channel.tables import summary
from tests.builders.contracts import contract, layer, sample
from tests.naive.philox import draw

DEFAULT = {"of": "trust", "hazard": 0.3, "recovery": 0.5}
TERMS = {
    "vehicles": [
        layer({"kind": "note", "name": "n", "share": 0.5, "rate": 0.05, "holder": "fund"})
    ],
    "channel_default": DEFAULT,
}


def test_default_comes_with_its_hazard():
    """Share in default by month 24 is 1 - exp(-0.6) = 0.451; 4 standard errors of 0.008 (once in
    16,000).
    """
    months = default_months(contract(**TERMS), sample(4000))
    assert (months <= 24).mean() == pytest.approx(
        1 - np.exp(-0.6), abs=4 * np.sqrt(0.451 * 0.549 / 4000)
    )
    assert months.min() >= 1


def test_a_default_is_drawn_by_address():
    """By the plain philox of the tests: u of key, stream 13, step 0; first m with u < 1 -
    exp(-hazard m / 12).
    """
    from npl_sim.core.provenance import key_of

    outcomes = sample(150)
    months = default_months(contract(**TERMS), outcomes)
    key = key_of("channel default: trust")
    for s in (0, 1, 77, 149):
        u = draw(outcomes.seed, s, key, 13, 0)[0]
        first = next((m for m in range(1, 25) if u < 1 - np.exp(-0.3 * m / 12)), None)
        assert (months[s] == first) if first is not None else months[s] > 24


def test_other_terms_and_more_scenarios_move_no_default():
    outcomes = sample(300)
    base = default_months(contract(**TERMS), outcomes)
    promise = {"kind": "guarantee", "name": "g"}
    assert (default_months(contract(**TERMS, undertakings=[promise]), outcomes) == base).all()
    fewer = dataclasses.replace(
        outcomes,
        received=outcomes.received[:120],
        costs=outcomes.costs[:120],
        probability=np.full(120, 1 / 120),
    )
    assert (default_months(contract(**TERMS), fewer) == base[:120]).all()
    assert default_months(contract(**TERMS), outcomes.with_lossless(100.0))[-1] == NEVER


def test_scenarios_do_not_see_one_another():
    """With a plan and a price of their own, cash of the first scenarios is the same bits with or
    without the others.
    """
    buy = {
        "kind": "put",
        "name": "p",
        "months": [6, 12],
        "strike": {"kind": "plus_carry", "carry": 0.05},
        "knowledge": "perfect",
    }
    terms = contract(**TERMS, undertakings=[buy], plan=[{"month": 24, "cumulative": 100.0}])
    outcomes = sample(300, costs=0.1)
    fewer = dataclasses.replace(
        outcomes,
        received=outcomes.received[:120],
        costs=outcomes.costs[:120],
        probability=np.full(120, 1 / 120),
    )
    many, few = run_channel(terms, outcomes), run_channel(terms, fewer)
    for name, amounts in few.cash.items():
        assert (many.cash[name][:120] == amounts).all(), name


def test_twice_the_same():
    terms = contract(**TERMS, undertakings=[{"kind": "guarantee", "name": "g", "share": 0.5}])
    assert summary(measure(terms, sample(200))) == summary(measure(terms, sample(200)))
