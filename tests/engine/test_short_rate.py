"""The short rate of a run: the same bits however it is made and kept, and no cash that knows of
it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from npl_sim.core.errors import CapacityError
from npl_sim.core.layout import TILE
from npl_sim.engine.checkpoint import store
from npl_sim.engine.resource_estimate import Extent, resource_estimate
from npl_sim.engine.simulate import Sampling, simulate
from npl_sim.market.factors import FactorModel
from npl_sim.study.simulation import Simulation
from tests.builders.studies import study
from tests.engine.test_same_bits import MARKET, POLICIES, tape
from tests.engine.test_same_bits import same as same_cash

RATE = {"initial": 0.02, "mean": 0.03, "mean_reversion": 0.3, "volatility": 0.01, "floor": 0.0}
PAIRS = [{"factors": ["short_rate", "cooperation"], "correlation": -0.5}]
COUNT = 3 * TILE + 9


def case(folder, market=None, **simulation):
    loans, items = tape(12)
    size = {
        "scenarios": COUNT,
        "horizon_months": 24,
        "seed": 5,
        "threads": 1,
        "detail": "totals",
        **simulation,
    }
    market = {**MARKET, "short_rate": RATE, "correlations": PAIRS} if market is None else market
    return study(folder, loans, POLICIES, items, market=market, simulation=size)


def test_it_is_the_market_s_path_and_begins_at_the_rate_of_today(tmp_path):
    made = case(tmp_path)
    flows = made.simulate()
    paths = FactorModel(made.study.market, (), 24, 5).simulate(0, COUNT).short_rate
    assert flows.short_rate.shape == (COUNT, 25) and (flows.short_rate[:, 0] == 0.02).all()
    assert np.array_equal(flows.short_rate, paths) and flows.short_rate[:, 24].std() > 0.005


@pytest.mark.parametrize("copula", [None, {"kind": "gaussian"}])
def test_cash_and_controls_do_not_know_of_it(tmp_path, copula):
    """Even a rate that is correlated with cooperation does not change the scenario."""
    plain = MARKET if copula is None else {**MARKET, "copula": copula}
    without = case(tmp_path / "a", plain, detail="kinds").simulate()
    rich = {**plain, "short_rate": RATE, "correlations": PAIRS}
    flows = case(tmp_path / "b", rich, detail="kinds").simulate()
    same_cash(without, flows)
    assert (
        np.array_equal(without.factor_averages, flows.factor_averages)
        and without.factor_names == flows.factor_names
    )
    assert not without.short_rate.size and flows.short_rate.size


@pytest.mark.parametrize(
    ("keep", "threads"), [("kinds", 3), ("totals", 2), ("streamed", 1), ("streamed", 3)]
)
def test_threads_and_details_do_not_show(tmp_path, keep, threads):
    one = case(tmp_path / "a").simulate()
    other = case(tmp_path / "b", detail=keep, threads=threads).simulate()
    assert np.array_equal(one.short_rate, other.short_rate)


@pytest.mark.parametrize("keep", ["totals", "streamed"])
def test_a_run_that_goes_on_from_a_folder_has_the_same(tmp_path, monkeypatch, keep):
    monkeypatch.setattr(store, "EVERY", 0.0)
    made = case(tmp_path / "a", detail=keep)
    few = Sampling(made.study, made.table, work=tmp_path / "work")
    few.to(2 * TILE)
    few._store.close()
    flows = simulate(made.study, made.table, work=tmp_path / "work")
    assert np.array_equal(flows.short_rate, case(tmp_path / "b").simulate().short_rate)


def test_what_a_streamed_run_cannot_hold_is_reported(tmp_path):
    flows = dataclasses.replace(case(tmp_path, detail="streamed").simulate(), limit_bytes=1000.0)
    with pytest.raises(CapacityError, match="needs the short rates of 201 scenarios"):
        _ = flows.short_rate


def test_its_bytes_are_planned():
    """A rate of 8 bytes by scenario and month beside what else is kept."""
    for keep, of_result in (("totals", 0), ("streamed", 1000 * 121 * 8)):
        settings = Simulation(scenarios=1000, horizon_months=120, detail=keep, threads=1)
        bare, rich = (
            resource_estimate(settings, Extent(10, 0, 1, 3, short_rate=rates))
            for rates in (False, True)
        )
        assert rich.result_bytes - bare.result_bytes == of_result
        # Work on tiles comes on top where it is held; a streamed run holds nothing but tiles.
        assert rich.peak_bytes - bare.peak_bytes >= (
            1000 * 121 * 8 if keep == "totals" else TILE * 121 * 8
        )
