"""Terms and helpers that test_depth.py, test_depth_debtors.py, test_depth_memory.py share."""

from __future__ import annotations

import math

from tests.builders.studies import study

FREE = {"required_return": 0.0}


def run(folder, loans, policy, *rest, scenarios=2000, horizon=60, **sections):
    simulation = {"scenarios": scenarios, "horizon_months": horizon, "seed": 7}
    return study(
        folder,
        loans,
        policy,
        *rest,
        simulation=simulation,
        pricing=sections.pop("pricing", FREE),
        **sections,
    ).simulate()


def kind(flows, name):
    """Sum over months and groups by scenario."""
    return flows.amounts[:, :, list(flows.kinds).index(name)].sum(axis=(1, 2))


def near(values, expected, spread=4.0):
    error = values.std(ddof=1) / math.sqrt(len(values))
    assert abs(values.mean() - expected) < spread * error, (values.mean(), expected, error)


SURE_TITLE = {"litigation": {"lawsuit": {"duration": 6}}}
