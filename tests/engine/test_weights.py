"""One vector of weights: parts of a package add up, every table foots, every error is that of its
number."""

from __future__ import annotations

import math

import numpy as np
import pytest

from npl_sim.core.layout import TILE, Kind, Stage
from npl_sim.engine.replicates import Replicates
from npl_sim.engine.simulate import Sampling, simulate
from npl_sim.stats.discount import discount_factors
from tests.builders.runs import POLICY, tiny
from tests.engine.weighted_runs import (
    COUNT,
    HOW,
    foots,
    package,
    present_values,
    reduction,
    run,
    sampler_in,
)

AGENCY = {"name": "A", "from_month": 1, "months": 4, "contract": "city"}
CONTRACT = {
    "name": "city",
    "tiers": [{"up_to": 0.1, "rate": 0.2}, {"rate": 0.35}],
    "fixed_monthly": 10,
}


# Parts of a package -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sampler(tmp_path_factory):
    return sampler_in(tmp_path_factory.mktemp("weights"))


@pytest.mark.parametrize("stress", [[], ["bad"]])
def test_two_halves_add_up_to_the_whole(tmp_path, stress):
    whole = package(tmp_path / "whole", range(16), stress=stress).simulate()
    halves = [
        package(tmp_path / name, numbers, stress=stress).simulate()
        for name, numbers in (("first", range(0, 16, 2)), ("second", range(1, 16, 2)))
    ]
    for half in halves:
        assert np.array_equal(half.sample.weights, whole.sample.weights)
    assert np.ptp(whole.sample.weights) > 0.1 / COUNT
    total = [half.sample.mean(present_values(half)).value for half in halves]
    assert sum(total) == pytest.approx(whole.sample.mean(present_values(whole)).value, rel=1e-12)
    kinds = [half.mean_by_kind.sum(axis=2) for half in halves]
    assert sum(kinds) == pytest.approx(
        whole.mean_by_kind.sum(axis=2), rel=1e-12, abs=1e-12 * whole.gbv
    )
    assert sum(h.stage_gbv for h in halves) == pytest.approx(
        whole.stage_gbv, rel=1e-11, abs=1e-9 * whole.gbv
    )
    table = whole.loans.set_index("loan_id")
    for half in halves:
        own = half.loans.set_index("loan_id")
        for name in (
            "pv_mean",
            "pv_sd",
            "pv_se",
            "received_mean",
            "costs_mean",
            "months_to_cash",
            "p_any",
        ):
            assert own[name].to_numpy() == pytest.approx(
                table.loc[own.index, name].to_numpy(), rel=1e-9
            ), name


def test_a_stress_and_another_package_have_the_same_weights(tmp_path):
    plain = package(tmp_path / "plain", range(16)).simulate().sample.weights
    stressed = package(tmp_path / "stressed", range(3), stress=["bad"]).simulate().sample.weights
    assert stressed == pytest.approx(plain, rel=1e-9)


# Footing ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("keep", ["kinds", "totals", "streamed"])
def test_everything_foots(sampler, keep, how):
    flows = run(sampler, keep, how)
    assert flows.draws == (4 if how == "repeated" else 1)
    assert flows.control_variates.shape[1] == (3 if how == "plain" else 9)
    foots(flows)


@pytest.mark.parametrize("how", ["plain", "repeated"])
def test_everything_foots_and_has_the_same_bits_resumed_and_elsewhere(
    sampler, cluster, tmp_path, how
):
    whole = run(sampler, "totals", how)
    first = run(sampler, "totals", how, scenarios=3 * TILE, work=tmp_path / "work")
    resumed = run(sampler, "totals", how, work=tmp_path / "work")
    foots(first)
    elsewhere = run(sampler, "totals", how, backend=cluster)
    study = sampler.resized(detail="totals", threads=1)
    single = sampler.run(7, COUNT, study=study, **reduction(sampler, how))
    for other in (resumed, elsewhere, single):
        foots(other)
        assert np.array_equal(other.mean_by_kind, whole.mean_by_kind)
        assert np.array_equal(other.stage_gbv, whole.stage_gbv) and other.loans.equals(whole.loans)
        assert np.array_equal(other.sample.weights, whole.sample.weights)


@pytest.mark.parametrize("keep", ["kinds", "totals", "streamed"])
def test_fees_on_totals_foot_and_do_not_widen_a_loan_s_spread(tmp_path, keep):
    policy = POLICY | {"collection": POLICY["collection"] | {"agencies": [AGENCY]}}
    sections = {"contracts": [CONTRACT], "simulation": {"detail": keep}}
    flows = package(tmp_path / keep, range(16), policy, **sections).simulate()
    foots(flows)
    free = [{**CONTRACT, "tiers": [{"rate": 0.0}], "fixed_monthly": 0}]
    without = package(
        tmp_path / "free", range(16), policy, **sections | {"contracts": free}
    ).simulate()
    assert flows.loans["costs_mean"].sum() < without.loans["costs_mean"].sum() - 10.0
    for name in ("pv_sd", "pv_se", "received_mean"):
        assert flows.loans[name].equals(without.loans[name]), name


def test_more_scenarios_are_those_of_one_run(sampler):
    sampling = Sampling(sampler.resized(seed=7), sampler.case.table, model=sampler.model)
    few, more = sampling.to(200), sampling.to(300)
    for flows in (few, more):
        once = sampler.run(7, flows.scenarios)
        assert np.array_equal(flows.mean_by_kind, once.mean_by_kind) and flows.loans.equals(
            once.loans
        )
    assert np.array_equal(few.control_variates, more.control_variates[:200])


def test_too_few_scenarios_for_weights_are_a_plain_sample(sampler):
    flows = run(sampler, "kinds", "plain", scenarios=29)
    assert flows.sample.is_plain
    assert flows.mean_by_kind == pytest.approx(flows.amounts.mean(axis=0), rel=1e-12, abs=1e-9)
    # With 64 scenarios the averages over stretches are left out, and the factors are balanced.
    few = run(sampler, "kinds", "sharpened", scenarios=64)
    assert few.sample.design.shape[1] == 3
    assert few.sample.average(few.control_variates[:, :3]) == pytest.approx(np.zeros(3), abs=1e-12)


def test_sums_of_loans_that_are_drawn_twice_are_means_over_both_draws(sampler):
    from npl_sim.engine.tile import Simulator
    from npl_sim.kernels.rng import numbered

    model, count = sampler.model, TILE
    replicates = Replicates(np.full(len(model.package.loans), 2))
    simulator = Simulator(
        sampler.resized(detail="totals"), model, "totals", replicates=replicates, stretches=3
    )
    result = simulator.simulate(0, count)
    design = np.column_stack([np.ones(count), result.columns["controls"]])
    factors = simulator._factors(simulator.market.simulate(0, count), design)
    groups, months = len(model.groups), model.horizon + 1
    cash = np.zeros((2, count, groups, len(Kind), months))
    values = np.zeros((2, count, len(model.package.loans), 6))
    first, second = (
        simulator.replicator._draw(
            simulator.replicator.parts[2], numbered(0, r, 2), factors, values[r], cash[r]
        )
        for r in range(2)
    )
    mean = cash.mean(axis=0)
    expected = {
        "stages": (first.stages + second.stages) / 2.0,
        "mean": np.einsum("sgkm,sc->gkmc", mean, design),
        "moments": np.einsum("slq,sc->lqc", values.mean(axis=0), design),
        "squares": (values.mean(axis=0)[:, :, 0] ** 2).sum(axis=0),
    }
    for name, wanted in expected.items():
        scale = np.abs(wanted).max()
        assert getattr(result.sums, name) == pytest.approx(wanted, rel=1e-9, abs=1e-11 * scale), (
            name
        )
    assert np.abs(first.stages - second.stages).max() > 1.0
    assert result.columns["averaged"].sum(axis=2) == pytest.approx(
        mean.sum(axis=2), rel=1e-9, abs=1e-8
    )


# Loans ------------------------------------------------------------------------------------------


def values_of(sampler, seed, count):
    """Return each loan's present value in each scenario, loans in the order of the tape."""
    from npl_sim.engine.simulate import record_paths

    found = sampler.resized(seed=seed, scenarios=count)
    record = record_paths(found, sampler.case.table, discount_factors(0.1, 30))[:, :, 0]
    values = np.empty_like(record)
    values[:, sampler.model.tape_row] = record
    return values


def test_the_moments_of_a_loan_are_those_of_its_paths(sampler):
    flows, values = run(sampler, "kinds", "plain"), values_of(sampler, 7, COUNT)
    weights = flows.sample.weights
    mean = weights @ values
    spread = np.sqrt((weights @ values**2 - mean**2) * COUNT / (COUNT - 1))
    assert flows.loans["pv_mean"].to_numpy() == pytest.approx(mean, rel=1e-9)
    assert flows.loans["pv_sd"].to_numpy() == pytest.approx(spread, rel=1e-9)
    error = [flows.sample.mean(column).se for column in values.T]
    assert flows.loans["pv_se"].to_numpy() == pytest.approx(error, rel=1e-9)
    # Equal weights have the plain estimators, Bessel's factor among them: 2.5 % at 20 scenarios.
    few, values = run(sampler, "kinds", "plain", scenarios=20), values[:20]
    assert few.loans["pv_sd"].to_numpy() == pytest.approx(values.std(axis=0, ddof=1), rel=1e-9)
    assert few.loans["pv_se"].to_numpy() == pytest.approx(
        values.std(axis=0, ddof=1) / math.sqrt(20), rel=1e-9
    )


@pytest.mark.parametrize("how", HOW)
def test_the_error_of_a_loan_is_the_spread_of_its_mean_over_seeds(sampler, how):
    """Mean square of 120 runs' deviations over the mean of their squared errors, for 16 loans.

    It is 1 with a standard error of about sqrt(2 / 120 / 8), as for eight independent loans, some
    with heavy tails. The allowance of 4.5 errors is 0.21.
    """
    settings, means, errors = reduction(sampler, how), [], []
    for seed in range(120):
        loans = sampler.run(
            1000 + seed, 2 * TILE, study=sampler.resized(detail="totals", threads=1), **settings
        ).loans
        means.append(loans["pv_mean"].to_numpy())
        errors.append(loans["pv_se"].to_numpy())
    ratio = np.var(means, axis=0, ddof=1) / (np.array(errors) ** 2).mean(axis=0)
    assert abs(ratio.mean() - 1.0) < 0.21


def test_a_loan_without_idiosyncratic_risk_has_no_error_and_one_scenario_none_that_is_known(
    tmp_path,
):
    policy = {"collection": {"settle_hazard": 0.0, "months": 2}, "residual_share": 0.4}
    flows = package(tmp_path, range(4), policy).simulate()
    assert (flows.loans["pv_sd"] == 0.0).all() and (flows.loans["pv_se"] == 0.0).all()


# By hand ----------------------------------------------------------------------------------------


def test_weighted_means_by_hand(tmp_path):
    """The least change of equal weights that gives every control variate the mean zero."""
    from npl_sim.core.provenance import key_of
    from tests.naive.conditions import factor_paths

    count, horizon = 60, 30
    case = tiny(tmp_path, 4, simulation={"scenarios": count})
    flows = simulate(case.study, case.table)
    fade = [math.exp(-m / 30.0) for m in range(1, horizon + 1)]
    rows = []
    for s in range(count):
        paths = factor_paths(case.study.market, [], horizon, case.study.simulation.seed, s, key_of)
        rows.append(
            [
                sum(f * x for f, x in zip(fade, factor.x[1:], strict=True))
                for factor in paths.values()
            ]
        )
    controls = np.array(rows)
    controls = controls[:, controls.std(axis=0) > 0.0]
    assert controls.shape[1] == 2  # congestion does not move
    # Minimize |w - 1/n|^2 subject to sum 1 and controls' mean 0.
    constraints = np.column_stack([np.ones(count), controls])
    missed = np.r_[0.0, -controls.mean(axis=0)]
    weights = 1.0 / count + constraints @ np.linalg.solve(constraints.T @ constraints, missed)
    assert flows.sample.weights == pytest.approx(weights, rel=1e-9)
    values = flows.net @ discount_factors(0.1, horizon)
    assert flows.loans["pv_mean"].sum() == pytest.approx(float(weights @ values), rel=1e-9)
    assert flows.mean_by_kind[:, Kind.SERVICING].sum() == 0.0
    assert flows.stage_gbv[Stage.COLLECTION, 0] == pytest.approx(flows.gbv, rel=1e-12)
