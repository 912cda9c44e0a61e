"""The reference implementation of the tests in plain Python, timed as it is."""

from __future__ import annotations

from typing import Any

from benchmarks.inputs import Inputs
from npl_sim.core.provenance import key_of
from npl_sim.kernels.draws import quantile
from tests.naive import PackageInput, run_package

__all__ = ["run"]


def run(inputs: Inputs, scenarios: int) -> Any:
    """Return the flows of the first `scenarios` scenarios; see `tests.naive.run_package`."""
    package, study = inputs.model.package, inputs.case.study
    return run_package(
        PackageInput(
            package.loans,
            package.items,
            package.guarantors,
            package.assets,
            package.terms,
            package.auctions,
            package.fees,
            lambda row, u: quantile(package.quantiles, row, u),
            study.policies,
            study.market,
            study.stress,
            inputs.model.horizon,
            study.simulation.seed,
            scenarios,
            key_of,
            inputs.discount,
            inputs.servicing,
            len(inputs.model.groups),
        )
    )
