"""Tests that the peers simulate the same model as the engine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.inputs import load_case, load_core, prepare, total_of
from benchmarks.peers import plain, vectorized
from npl_sim.core.layout import TILE, Kind, Stage
from tests.builders.random_studies import random_study

LEAST_CHANCE = 5.0
"""Standard errors allowed; chance exceeds them once in 1.7 million comparisons."""


def present_values(flows, discount):
    return (flows.sum(axis=(1, 2)) * discount).sum(axis=1)


def assert_same(engine, cpp):
    for name, ours, theirs in zip(engine._fields, engine, cpp, strict=True):
        worst = np.abs(ours - theirs).max(initial=0.0)
        assert worst <= 1e-9 * np.abs(ours).max(initial=0.0), name


def with_all_totals_and_records(inputs):
    """Request totals of every table, as contracts do, and records of every path."""
    collection = inputs.model.collection
    rows = np.arange(len(collection.policy))
    model = replace(
        inputs.model,
        collection=collection._replace(placement=rows),
        placements=tuple(zip(collection.policy.tolist(), collection.group.tolist(), strict=True)),
    )
    return replace(inputs, model=model, record=True)


def test_cpp_equals_the_engine_path_by_path(inputs, library):
    assert_same(total_of(inputs.run_engine()), total_of(inputs.run_cpp(library)))


def test_the_core_study_is_simulated_alike(library):
    inputs = prepare(load_core(2000), tiles=2)
    assert_same(total_of(inputs.run_engine()), total_of(inputs.run_cpp(library)))
    engine = total_of(inputs.run_engine())
    received = engine.flows.sum(axis=(0, 1, 3))
    # Installments remain: a mediated suit ends in an agreement.
    outside = (Kind.GUARANTOR, Kind.PRESERVATION)
    assert (received[list(outside)] == 0.0).all()
    inside = (Kind.VOLUNTARY, Kind.COURT_FEE, Kind.COLLATERAL, Kind.AUCTION)
    assert (received[list(inside)] != 0.0).all()


@pytest.mark.parametrize("seed", range(12))
def test_cpp_equals_the_engine_in_random_studies(seed, library, tmp_path):
    # The shipped study never uses some parts, such as the limitation period; these studies do.
    inputs = prepare(random_study(np.random.default_rng(seed), tmp_path), tiles=1)
    for kept in (inputs, replace(inputs, kept_kinds=2), with_all_totals_and_records(inputs)):
        assert_same(kept.run_engine()[0], kept.run_cpp(library)[0])


@pytest.mark.parametrize("seed", range(12))
def test_numpy_agrees_in_random_studies(seed, tmp_path):
    inputs = prepare(random_study(np.random.default_rng(seed), tmp_path), tiles=16)
    engine, numpy = total_of(inputs.run_engine()), total_of(vectorized.run(inputs))
    scenarios = TILE * len(inputs.factors)
    for kind in Kind:
        ours, theirs = (t.flows[:, :, kind].sum(axis=(1, 2)) for t in (engine, numpy))
        error = (theirs - ours).std() / np.sqrt(scenarios)
        assert abs((theirs - ours).mean()) <= LEAST_CHANCE * error + 1e-9 * abs(ours.mean()), (
            kind.name
        )
    ours, theirs = (np.cumsum(t.stages, axis=1) / scenarios for t in (engine, numpy))
    assert np.abs(theirs - ours).max() < 0.03 * ours[:, 0].sum()


def test_numpy_refuses_what_it_does_not_keep(inputs):
    with pytest.raises(NotImplementedError, match="totals of placements"):
        vectorized.run(with_all_totals_and_records(inputs))


def test_plain_python_equals_the_engine_path_by_path():
    small = prepare(load_case(60), tiles=1)
    slow = plain.run(small, scenarios=4)
    flows = small.run_engine()[0].flows[:4].transpose(0, 3, 2, 1)
    assert np.abs(flows - slow.flows).max() < 1e-9 * np.abs(slow.flows).max()


@pytest.fixture(scope="module")
def both():
    many = prepare(load_case(2000), tiles=6)
    return many, total_of(many.run_engine()), total_of(vectorized.run(many))


def test_numpy_has_the_same_mean_value(both):
    # The systematic factors are the same, so that the difference has a small standard error.
    inputs, engine, numpy = both
    difference = present_values(numpy.flows, inputs.discount) - present_values(
        engine.flows, inputs.discount
    )
    error = difference.std() / np.sqrt(len(difference))
    assert abs(difference.mean()) < LEAST_CHANCE * error
    assert error < 0.01 * present_values(engine.flows, inputs.discount).mean()


@pytest.mark.parametrize("kind", Kind, ids=lambda k: k.name.lower())
def test_numpy_has_the_same_cash_of_every_kind(both, kind):
    _, engine, numpy = both
    ours, theirs = (t.flows[:, :, kind].sum(axis=(1, 2)) for t in (engine, numpy))
    error = (theirs - ours).std() / np.sqrt(len(ours))
    assert abs((theirs - ours).mean()) <= LEAST_CHANCE * error


def test_numpy_has_the_same_stages(both):
    inputs, engine, numpy = both
    scenarios = TILE * len(inputs.factors)
    ours, theirs = (np.cumsum(t.stages, axis=1) / scenarios for t in (engine, numpy))
    gbv = ours[:, 0].sum()
    assert np.allclose(theirs.sum(axis=0), gbv)
    assert np.abs(theirs - ours).max() < 0.02 * gbv
    assert len(ours) == len(Stage)
