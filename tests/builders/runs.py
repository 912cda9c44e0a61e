"""A tiny package with everything that estimates have to cope with: skewed loans, factors,
costs."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from npl_sim.engine.compile_model import compile_model
from npl_sim.engine.simulate import Sampling
from tests.builders.studies import loan, study

POLICY = {
    "collection": {
        "settle_hazard": 0.03,
        "months": 18,
        "cooperation_loading": 1.0,
        "payment_rate": 0.01,
        "payer_share": 0.5,
    },
    "litigation": {
        "after_months": 6,
        "lawsuit": {"duration": {"kind": "lognormal", "mean": 4, "sd": 2}, "win_probability": 0.9},
        "lawyer_fixed_fee": 20,
    },
    "enforcement": {"performance_probability": 0.2, "performance_delay": 2},
}

MARKET = {
    "indices": [{"region": "*", "kind": "*", "volatility": 0.12}],
    "cooperation": {"volatility": 0.3, "persistence": 0.95},
    "correlations": [{"factors": ["cooperation", "index:*/*"], "correlation": 0.3}],
}

AUCTION = {
    "rounds": [{"reserve": 0.7, "months": 2}, {"reserve": 0.5, "months": 2}],
    "forced_sale_discount": 0.2,
    "bid_volatility": 0.25,
    "seizure_duration": {"kind": "lognormal", "mean": 3, "sd": 1},
}


def tiny(folder: Path, loans: int = 12, **sections):
    """Return a case of few loans, the largest a fifth of the package."""
    size = [4000, 2500, 1500, 1000, 800, 600, 500, 400, 300, 200, 200, 200]
    rows = [loan(i, principal=size[i % len(size)]) for i in range(loans)]
    items = [
        {
            "collateral_id": f"C{i}",
            "loan_id": f"L{i:06d}",
            "kind": "house",
            "appraisal_value": 1.2 * size[i],
        }
        for i in range(0, min(loans, 8), 2)
    ]
    options = {
        "simulation": {
            "scenarios": 300,
            "horizon_months": 30,
            "seed": 1,
            "threads": 1,
            "detail": "totals",
        },
        "pricing": {"required_return": 0.1},
        "market": MARKET,
        "collateral": {"house": AUCTION},
    }
    for name, section in sections.items():
        options[name] = {**options.get(name, {}), **section}
    return study(folder, rows, POLICY, items, **options)


class Sampler:
    """Runs of one study with many seeds; words are turned into numbers once."""

    def __init__(self, case) -> None:
        self.case = case
        self.model = compile_model(case.study, case.table)

    def resized(self, **sizes):
        """Return the study with other words of its simulation."""
        study = self.case.study
        return study.model_copy(update={"simulation": study.simulation.model_copy(update=sizes)})

    def run(self, seed: int, scenarios: int, study=None, **how):
        """Return flows."""
        study = study or self.case.study
        study = study.model_copy(
            update={"simulation": study.simulation.model_copy(update={"seed": seed})}
        )
        return Sampling(study, self.case.table, model=self.model, **how).to(scenarios)


@cache
def _bounds(trials: int, low: float, high: float, odds: float) -> tuple[int, int]:
    from scipy import stats

    return int(stats.binom.ppf(odds, trials, low)), int(stats.binom.isf(odds, trials, high))


def counts_of_right_intervals(
    trials: int, low: float = 0.95, high: float = 0.95, odds: float = 1.5e-6
):
    """Return the fewest and the most hits that intervals of coverage `low` to `high` have, but for
    `odds` a side."""
    return _bounds(trials, low, high, odds)


def hits(intervals, truth: float) -> int:
    """Return how many intervals hold the truth."""
    ends = np.array([(e.low, e.high) for e in intervals])
    return int(((ends[:, 0] <= truth) & (truth <= ends[:, 1])).sum())
