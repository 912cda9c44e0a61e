"""Replicates of loans, for each storage of a run and each backend."""

from __future__ import annotations

import dataclasses
import signal
import sys

import numpy as np
import pandas as pd
import pytest

from npl_sim.analysis import precision
from npl_sim.cli import main
from npl_sim.core.errors import CapacityError, WorkFolderError
from npl_sim.core.layout import TILE
from npl_sim.engine import allocate
from npl_sim.engine.backends.dask.backend import Dask
from npl_sim.engine.checkpoint import block_file as blockfile
from npl_sim.engine.checkpoint import store
from npl_sim.engine.replicates import Replicates, VarianceReduction
from npl_sim.engine.resource_estimate import Extent, resource_estimate
from npl_sim.engine.run_estimate import estimate_resources
from npl_sim.engine.simulate import Sampling
from npl_sim.reports.price.tables import summary, tables
from npl_sim.runs.folder import open_run
from npl_sim.runs.study_session import load_study
from npl_sim.stats.sample import Sample
from npl_sim.valuation.price import price
from npl_sim.valuation.scenario_sums import draw_values
from tests.builders.runs import Sampler, tiny
from tests.engine import stopped_runs
from tests.engine.stopped_runs import contents, priced
from tests.engine.stored_runs import blocks, same

SCENARIOS = 5 * TILE + 9


@pytest.fixture(autouse=True)
def each_tile(monkeypatch):
    """Write every tile as soon as it is done, and do not wait for the disk."""
    monkeypatch.setattr(store, "EVERY", 0.0)
    monkeypatch.setattr(blockfile.os, "fsync", lambda handle: None)


@pytest.fixture(scope="module")
def sampler(tmp_path_factory):
    return Sampler(tiny(tmp_path_factory.mktemp("kept"), simulation={"threads": 2}))


def replicates_of(sampler, most=4):
    principal = sampler.model.package.loans["principal"]
    return Replicates(np.where(principal >= 2000, most, np.where(principal >= 500, 2, 1)))


def run(sampler, keep="totals", scenarios=SCENARIOS, most=4, **how):
    return sampler.run(
        3,
        scenarios,
        study=sampler.resized(detail=keep),
        variance_reduction=VarianceReduction(replicates_of(sampler, most)),
        **how,
    )


@pytest.fixture(scope="module")
def whole(sampler):
    return run(sampler)


def alike(a, b):
    """Compare all that a run gives, to the last bit."""
    same(a, b)
    assert np.array_equal(a.every("net"), b.every("net")) and np.array_equal(
        a.every("received"), b.every("received")
    )
    assert np.array_equal(a.control_variates, b.control_variates) and a.draws == b.draws


@pytest.mark.parametrize("keep", ["kinds", "totals", "streamed"])
def test_further_draws_and_controls_go_on_from_whatever_is_whole(tmp_path, sampler, whole, keep):
    work, first = tmp_path / "work", run(sampler, keep)
    alike(run(sampler, keep, work=work), first)
    assert len(blocks(work)) == 5
    for path in (blocks(work)[3], blocks(work, "sums")[-1], blocks(work)[0]):
        path.write_bytes(path.read_bytes()[:-1])
        alike(run(sampler, keep, work=work), first)
    if keep == "streamed":
        alike(first, whole)
    elif keep == "totals":
        assert np.array_equal(first.replicates, whole.replicates)


def test_who_walks_does_not_show(sampler, whole):
    alike(
        sampler.run(
            3,
            SCENARIOS,
            sampler.resized(threads=1),
            variance_reduction=VarianceReduction(replicates_of(sampler)),
        ),
        whole,
    )
    with Dask(None, 2) as cluster:
        alike(run(sampler, backend=cluster), whole)
        alike(run(sampler, "streamed", backend=cluster), whole)


def test_the_work_of_a_run_with_other_draws_is_refused(tmp_path, sampler, whole):
    work = tmp_path / "work"
    run(sampler, work=work)
    before = {p.name: p.read_bytes() for p in work.iterdir()}
    for how in ({"most": 8}, {"most": 1}):
        with pytest.raises(WorkFolderError, match="other numbers of draws of the loans"):
            run(sampler, work=work, **how)
    other = replicates_of(sampler).draws.copy()
    other[np.argmin(other)] = 2
    with pytest.raises(WorkFolderError, match="other numbers of draws"):
        sampler.run(
            3, SCENARIOS, variance_reduction=VarianceReduction(Replicates(other)), work=work
        )
    assert {p.name: p.read_bytes() for p in work.iterdir()} == before
    # One draw is one draw, however it was chosen; sums with other controls are other sums.
    once = Replicates(np.ones(len(other), int))
    sampler.run(3, SCENARIOS, work=tmp_path / "once", variance_reduction=VarianceReduction())
    sampler.run(3, SCENARIOS, work=tmp_path / "once", variance_reduction=VarianceReduction(once))
    with pytest.raises(
        WorkFolderError, match=r"other control variates, as a run with simulation\.precision"
    ):
        sampler.run(3, SCENARIOS, work=tmp_path / "once")


def test_a_streamed_price_is_that_of_a_run_in_memory(sampler, whole):
    flows, pricing = run(sampler, "streamed"), sampler.case.study.pricing
    for rate in (pricing.required_return, 0.2):
        one, other = (draw_values(f, rate, "month_end") for f in (flows, whole))
        assert np.array_equal(one, other)
    values = (whole.every("net") @ 1.1 ** (-np.arange(31) / 12)).reshape(SCENARIOS, 4)
    assert draw_values(flows, 0.1, "month_end") == pytest.approx(values)
    one, other = (price(f, pricing) for f in (flows, whole))
    a, b = summary(one), summary(other)
    assert a.pop("notes") != b.pop("notes")
    # Rates of return are solved block by block: their last digits may differ.
    rates, wanted = a.pop("tests"), b.pop("tests")
    assert a == b and len(rates) == len(wanted) > 0
    for name, table in tables(one).items():
        if name in ("price_tests", "irr_quantiles"):
            pd.testing.assert_frame_equal(table, tables(other)[name], rtol=1e-9)
        else:
            assert table.equals(tables(other)[name]), name
    assert other.mean.se < Sample.plain(SCENARIOS).mean(values[:, 0]).se


def test_draws_that_do_not_fit_are_reported(sampler):
    flows = run(sampler, "streamed")
    size = 4 * 8 * SCENARIOS * 31
    small = dataclasses.replace(flows, limit_bytes=2 * size)
    assert small.net.shape == (SCENARIOS, 31)
    with pytest.raises(CapacityError, match=f"{SCENARIOS} scenarios x 4 draws x 30 months"):
        small.every("net")
    assert not hasattr(flows, "replicates")


def test_the_plan_counts_draws_and_controls(sampler):
    """Further draws weigh on memory where they are held and on the disk where not; controls on
    memory."""
    n, table = 10_000, sampler.case.table
    draws = n * 7 * 2 * 31 * 8
    for keep in ("totals", "streamed"):
        study = sampler.resized(scenarios=n, detail=keep)
        once, often = estimate_resources(study, table), estimate_resources(study, table, 8)
        # Three averages over each of two stretches more.
        assert (
            estimate_resources(study, table, variance_reduction=True).peak_bytes
            >= once.peak_bytes + n * 2 * 3 * 8
        )
        if keep == "streamed":
            assert often.result_bytes == once.result_bytes + draws
            assert often.peak_bytes - once.peak_bytes < 0.2 * draws
        else:
            assert often.peak_bytes - once.peak_bytes >= draws
    # Streamed, memory grows little with further draws: auto takes what fits.
    settings = sampler.resized(scenarios=1_000_000, detail="auto", memory_limit_gib=8.0).simulation
    assert [resource_estimate(settings, Extent(12, 4, 1, 3, draws=d)).detail for d in (1, 8)] == [
        "kinds",
        "streamed",
    ]


# The command ------------------------------------------------------------------------------------

CHEAP = {"DRAW_COST": 0.0, "REPEAT_COST": 0.2, "MOST_DRAWS": 8}


@pytest.fixture
def cheap_draws(monkeypatch):
    """So few loans are cheaper to draw once; here further draws are taken to cost little, in
    children too."""
    settings = ["from npl_sim.analysis import precision", "from npl_sim.engine import allocate"]
    for name, value in CHEAP.items():
        monkeypatch.setattr(allocate, name, value)
        settings.append(f"allocate.{name} = {value}")
    monkeypatch.setattr(precision, "FEWEST", 2 * TILE)
    settings.append(f"precision.FEWEST = {2 * TILE}")
    monkeypatch.setattr(stopped_runs, "CHILD", "\n".join(settings) + stopped_runs.CHILD)


@pytest.mark.parametrize("keep", ["totals", "streamed"])
def test_a_killed_run_to_a_precision_goes_on_to_the_same_bytes(
    tmp_path, monkeypatch, cheap_draws, keep
):
    """kill -9 in the second round; then once more from another number of threads."""
    case = tiny(tmp_path, simulation={"scenarios": 64, "precision": 0.004, "detail": keep})
    yaml, work = tmp_path / "study.yaml", tmp_path / "work"
    child = stopped_runs.start(["price", yaml, "--out", tmp_path / "run", "--work", work, "-q"])
    stopped_runs.wait_for(lambda: len(blocks(work)) >= 3, child)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    child.stderr.close()
    assert not (tmp_path / "run").exists()
    done = len(blocks(work))
    priced(monkeypatch, yaml, "--out", tmp_path / "whole")
    priced(monkeypatch, yaml, "--out", tmp_path / "run", "--work", work)
    assert contents(tmp_path / "run") == contents(tmp_path / "whole")
    reported = open_run(tmp_path / "run").summary["precision"]
    assert (
        reported["draws"] > 1
        and 2 * TILE < reported["scenarios"]
        and done * TILE < reported["scenarios"]
    )
    assert case.study.simulation.threads == 1
    flows = load_study(yaml, {"simulation.threads": 3}).simulate(work=work)
    alike(flows, load_study(yaml).simulate())
    assert (
        flows.precision.scenarios == reported["scenarios"]
        and flows.precision.draws == reported["draws"]
    )


def test_another_precision_goes_on_where_the_draws_are_the_same(tmp_path, cheap_draws):
    tiny(tmp_path, simulation={"scenarios": 64, "precision": 0.006})
    yaml, work, wanted = tmp_path / "study.yaml", tmp_path / "work", "simulation.precision"
    first = load_study(yaml).simulate(work=work)
    assert first.draws > 1
    load_study(yaml, {wanted: 0.0059}).simulate(work=work)
    with pytest.raises(WorkFolderError, match="as another precision may need"):
        load_study(yaml, {wanted: 0.2}).simulate(work=work)


def test_a_bid_too_large_for_the_memory_is_refused_before_it_is_simulated(
    tmp_path, cheap_draws, monkeypatch
):
    settings = {"scenarios": 64, "precision": 0.02, "precision_of": "bid", "detail": "streamed"}
    case = tiny(tmp_path, simulation=settings, buyer={"target_irr": 0.15})
    flows = case.simulate()
    assert flows.precision.is_met and flows.draws > 1
    monkeypatch.setattr(precision, "whole_bytes", lambda *size: 2**40)
    monkeypatch.setattr(precision, "_choose", lambda *ignored: None)
    monkeypatch.setattr(Sampling, "to", lambda *ignored: pytest.fail("simulated"))
    with pytest.raises(
        CapacityError, match="precision_of: bid takes the cash of 128 scenarios x 1 draws"
    ):
        case.simulate()


def test_commands_that_need_all_cash_report_it_before_they_simulate(tmp_path, capsys, monkeypatch):
    tiny(tmp_path, simulation={"detail": "streamed"})
    monkeypatch.setattr(Sampling, "to", lambda *ignored: pytest.fail("simulated"))
    monkeypatch.setattr(
        sys,
        "argv",
        ["npl-sim", "bid", str(tmp_path / "study.yaml"), "--out", str(tmp_path / "run")],
    )
    with pytest.raises(SystemExit) as stopped:
        main()
    messages = capsys.readouterr().err
    assert (
        stopped.value.code == 2
        and "npl-sim: simulation: 12 loans x 300 scenarios would be streamed" in messages
    )
