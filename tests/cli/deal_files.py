"""Files of a deal, its flows and a small study."""

from __future__ import annotations

from pathlib import Path

from tests.builders.studies import loan, study

EXAMPLE = Path(__file__).parents[1] / "deal" / "files" / "example.yaml"


FLOWS = """\
scenario,month,received,costs
1,3,50e6,1e6
1,9,80e6,2e6
1,20,350e6,3e6
4,6,20e6,1e6
4,20,90e6,9e6
"""


RECIPE = """\
name: pool
month_zero: 2026-06-30
expected_total: 400.0e6
curve: [{month: 3, share: 0.0}, {month: 30, share: 1.0}]
level_volatility: 0.3
costs: 0.02
scenarios: 40
"""


def small_study(folder, **sections):
    """Write a study of 40 claims of ten million each, which settle in time."""
    policy = {
        "collection": {"months": 60, "settle_hazard": 0.02, "payment_rate": 0.01},
        "residual_share": 0.1,
    }
    size = {"simulation": {"scenarios": 60, "horizon_months": 72, "seed": 4}}
    rows = [loan(i, principal=25_000_000) for i in range(40)]
    study(folder, rows, policy, **{**size, "deal": "deal.yaml", **sections})
    return folder / "study.yaml"
