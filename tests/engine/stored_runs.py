"""Small runs whose finished scenarios are stored, for tests of work folders."""

from __future__ import annotations

import numpy as np

from npl_sim.core.layout import TILE
from tests.builders.studies import loan, study

POLICY = {
    "collection": {
        "settle_hazard": 0.03, "payment_rate": 0.01, "payer_share": 0.5,
        "agencies": [{"name": "A", "from_month": 2, "months": 10, "contract": "city"}],
    },
    "residual_share": 0.1,
}  # fmt: skip


CONTRACTS = [
    {"name": "city", "tiers": [{"up_to": 0.1, "rate": 0.2}, {"rate": 0.35}], "fixed_monthly": 10}
]


SIZE = {"scenarios": 10 * TILE + 7, "horizon_months": 24, "seed": 4, "threads": 2}


MARKET = {
    "cooperation": {"volatility": 0.3},
    "short_rate": {"initial": 0.02, "mean": 0.03, "reversion": 0.3, "volatility": 0.01},
}


def small_run(folder, keep="kinds", **simulation):
    loans = [loan(i, product="ab"[i % 2], principal=1000 + i) for i in range(30)]
    size = {**SIZE, "detail": keep, "group_by": "product", **simulation}
    return study(folder, loans, POLICY, contracts=CONTRACTS, market=MARKET, simulation=size)


def same(a, b):
    assert np.array_equal(a.net, b.net) and np.array_equal(a.receipts, b.receipts)
    assert np.array_equal(a.mean_by_kind, b.mean_by_kind) and np.array_equal(
        a.stage_gbv, b.stage_gbv
    )
    assert np.array_equal(a.factor_averages, b.factor_averages) and a.loans.equals(b.loans)
    assert np.array_equal(a.short_rate, b.short_rate)


def blocks(work, sort="rows"):
    return sorted(work.glob(f"*-{sort}-*.block"))
