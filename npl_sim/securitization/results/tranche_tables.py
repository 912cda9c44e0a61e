"""Tables of tranches: balances by date, and all estimates in one table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from npl_sim.securitization.results.tranches import LEVELS, TrancheResult
from npl_sim.securitization.waterfall.run import DealRun
from npl_sim.stats import risk
from npl_sim.stats.risk import Estimate


def balance_fan(run: DealRun, name: str, levels: Sequence[float] = LEVELS) -> pd.DataFrame:
    """Return how a tranche's balance runs off.

    Returns
    -------
    pandas.DataFrame
        One row per date, closing first: date, years, mean, and one column for each level.
        [package currency]
    """
    flows, dates = run.tranches[name], run.terms.dates
    balance = np.concatenate([np.full((run.scenarios, 1), flows.original), flows.balance], axis=1)
    ordered = np.sort(balance, axis=0)
    table = pd.DataFrame(
        {
            "date": [dates.closing, *dates.payment],
            "years": np.concatenate([[0.0], dates.years]),
            "mean": balance.mean(axis=0),
        }
    )
    for level in levels:
        table[f"{level:g}"] = ordered[risk.order_statistic(len(ordered), level) - 1]
    return table


def summary_table(results: dict[str, TrancheResult]) -> pd.DataFrame:
    """Return the estimates of all tranches in one tidy table."""
    rows = []
    for name, result in results.items():
        for quantity, value in vars(result).items():
            if isinstance(value, Estimate):
                rows.append((name, quantity, np.nan, value.value, value.se, value.low, value.high))
            elif isinstance(value, dict):
                for level, item in value.items():
                    rows.append((name, quantity, level, item.value, item.se, item.low, item.high))
    return pd.DataFrame(
        rows, columns=["tranche", "quantity", "level", "value", "se", "low", "high"]
    )
