"""The compiled loan paths against the reference implementation, over random policies.

The reference implementation was written from docs/model.md by another author. It reads the same
draws, so the two must agree to rounding in every scenario, month, kind and group.
"""

from __future__ import annotations

import numpy as np
import pytest

from npl_sim.core.layout import Kind
from npl_sim.core.provenance import key_of
from npl_sim.engine.compile_model import compile_model
from npl_sim.engine.simulate import simulate
from npl_sim.kernels.draws import quantile
from npl_sim.stats.discount import discount_factors
from tests.builders.random_studies import HORIZON, SCENARIOS, random_study
from tests.naive import PackageInput, run_package


@pytest.fixture(scope="module")
def seen():
    """Kinds of cash that some study has paid."""
    return set()


@pytest.mark.parametrize("seed", range(12))
def test_every_path_equals_the_reference(seed, tmp_path, seen):
    # Every other study has debtors that become insolvent.
    insolvency = np.random.default_rng([seed, 1]) if seed % 2 == 0 else None
    case = random_study(np.random.default_rng(seed), tmp_path, insolvency)
    model = compile_model(case.study, case.table)
    fast = simulate(case.study, case.table)
    package = model.package
    slow = run_package(
        PackageInput(
            package.loans,
            package.items,
            package.guarantors,
            package.assets,
            package.terms,
            package.auctions,
            package.fees,
            lambda row, u: quantile(package.quantiles, row, u),
            case.study.policies,
            case.study.market,
            case.study.stress,
            HORIZON,
            case.study.simulation.seed,
            SCENARIOS,
            key_of,
            discount_factors(0.1, HORIZON),
            0.02,
            len(model.groups),
        )
    )
    scale = np.abs(slow.flows).max()
    assert np.abs(fast.amounts - slow.flows).max() < 1e-10 * scale
    assert np.abs(fast.stage_gbv - slow.exposure.T).max() < 1e-10 * fast.gbv
    means = np.empty_like(slow.moments)
    means[model.tape_row] = slow.moments / SCENARIOS
    assert np.allclose(fast.loans["pv_mean"], means[:, 0], rtol=1e-9, atol=1e-7)
    assert np.allclose(fast.loans["received_mean"], means[:, 2], rtol=1e-9, atol=1e-7)
    assert np.allclose(fast.loans["costs_mean"], means[:, 3], rtol=1e-9, atol=1e-7)
    assert np.allclose(fast.loans["p_any"], means[:, 5])
    seen |= {k for k in Kind if np.abs(slow.flows[:, :, k]).max() > 0}


def test_the_scenarios_above_used_every_kind_of_cash(seen):
    assert seen == set(Kind)
