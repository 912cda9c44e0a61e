"""Blocks of scenarios: part of a tile, several blocks in one call, and their memory."""

from __future__ import annotations

import numpy as np
import pytest

from npl_sim.core.layout import TILE, Kind
from npl_sim.engine.compile_model import compile_model
from npl_sim.engine.resource_estimate import WORK_ROWS
from npl_sim.engine.tile import Simulator
from npl_sim.kernels.package import new_work_arrays
from tests.builders.studies import loan, study

POLICY = {
    "collection": {
        "months": 12,
        "settle_hazard": 0.02,
        "payment_rate": 0.01,
        "payer_share": 0.4,
        "frailty": {"kind": "gamma", "mean": 1, "sd": 0.7},
    },
    "litigation": {
        "after_months": 4,
        "lawsuit": {"duration": {"kind": "lognormal", "mean": 8, "sd": 4}},
    },
    "enforcement": {
        "assets": [
            {"name": "a", "find": 0.5, "coverage": {"kind": "beta", "mean": 0.3, "sd": 0.2}}
        ]
    },
}


@pytest.fixture(scope="module")
def simulator(tmp_path_factory):
    loans = [loan(i, region="east" if i % 2 else "west", group_id=f"G{i // 3}") for i in range(12)]
    case = study(
        tmp_path_factory.mktemp("blocks"),
        loans,
        POLICY,
        market={"cooperation": {"volatility": 0.3}, "region_correlation": 0.2},
        simulation={"scenarios": 64, "horizon_months": 36, "seed": 7, "group_by": "region"},
    )
    return Simulator(case.study, compile_model(case.study, case.table), "kinds")


def test_a_part_of_a_tile_has_the_cash_of_the_whole(simulator):
    whole = simulator.simulate(0, TILE, record=True)
    for count in (1, 5, 63):
        part = simulator.simulate(0, count, record=True)
        assert np.array_equal(part.columns["flows"], whole.columns["flows"][:count])
        assert np.array_equal(part.record, whole.record[:count])


def test_a_later_scenario_does_not_depend_on_where_the_block_begins(simulator):
    whole = simulator.simulate(0, TILE, record=True)
    part = simulator.simulate(40, 24, record=True)
    assert np.array_equal(part.columns["flows"], whole.columns["flows"][40:])
    assert np.array_equal(part.record, whole.record[40:])


def test_several_blocks_in_one_call_are_the_blocks_one_by_one(simulator):
    together = simulator.simulate(0, 2 * TILE + 9, record=True)
    first = simulator.simulate(0, TILE, record=True)
    second = simulator.simulate(TILE, TILE, record=True)
    third = simulator.simulate(2 * TILE, 9, record=True)
    parts = (first, second, third)
    flows = np.concatenate([part.columns["flows"] for part in parts])
    assert np.array_equal(together.columns["flows"], flows)
    assert np.array_equal(together.record, np.concatenate([part.record for part in parts]))
    for name in ("mean", "moments", "stages"):
        total = sum(getattr(part.sums, name) for part in parts)
        assert np.allclose(getattr(together.sums, name), total, rtol=1e-12, atol=1e-9)


def test_the_sums_are_those_of_the_scenarios(simulator):
    result = simulator.simulate(0, 50, record=True)
    mean = result.columns["flows"].sum(axis=0)
    assert np.allclose(result.sums.mean[..., 0], mean, rtol=1e-12)
    values = result.record[:, :, 0]
    assert np.allclose(result.sums.moments[:, 0, 0], values.sum(axis=0), rtol=1e-12)
    assert np.allclose(result.sums.moments[:, 1, 0], (values**2).sum(axis=0), rtol=1e-12)


def test_the_estimate_knows_the_working_memory_of_the_kernel(simulator):
    model = simulator.model
    work = new_work_arrays(model.package, len(Kind), model.horizon)
    estimated = TILE * (len(Kind) + WORK_ROWS) * (model.horizon + 1) * 8
    by_month = sum(
        getattr(work, name).nbytes for name in ("flows", "payments", "monthly", "tables")
    )
    assert by_month == estimated
    # The rest does not grow with the package, but for a few rows for each policy.
    assert sum(array.nbytes for array in work) - by_month < 2 * 2**20
