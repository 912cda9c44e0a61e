"""Value of each party across the package's distribution, from the worst scenarios to the best."""

from __future__ import annotations

import numpy as np
import pandas as pd

from npl_sim.channels.retained import Retained
from npl_sim.channels.statistics import weighted_sum
from npl_sim.channels.terms.vehicles import BANK
from npl_sim.core.errors import ConservationError

BINS = 20
"""Parts of a sample."""

MOST_SINGLE = 40
"""Most outcomes of a table that are shown one by one."""


ACCOUNTS = "idle in accounts"
"""Time value lost on cash in accounts or collateral, which bear no interest."""


def party_cash(retained: Retained) -> dict[str, np.ndarray]:
    """Return the cash of the parties that share the package's net cash, the bank first."""
    run = retained.run
    cash = {name: run.cash[name] for name in (BANK, *run.investors, "channel", "servicer", "tax")}
    idle = run.cash["collateral"].copy()
    for name in run.vehicles:
        idle += run.cash[name]
    cash[ACCOUNTS] = idle
    slack = 1e-9 * max(float(np.abs(run.cash[BANK]).max()), run.price)
    return {
        name: amounts
        for name, amounts in cash.items()
        if name == BANK or np.abs(amounts).max() > slack
    }


def bearing(retained: Retained) -> pd.DataFrame:
    """Return the deviation of each party's value from its mean, by part of the distribution.

    Returns
    -------
    pandas.DataFrame
        Rows by part and party. Columns: part (from the worst), from and to (shares of the
        scenarios), party, and deviation of the mean present value in the part. Deviations sum over
        parties to the package's deviation. [package currency]

    Raises
    ------
    ConservationError
        If the deviations do not sum to the package's.
    """
    run, outcomes = retained.run, retained.run.outcomes
    package = outcomes.present_value(outcomes.net)
    probability = outcomes.probability
    order = np.argsort(package, kind="stable")
    top = np.cumsum(probability[order])
    single = outcomes.exact and outcomes.scenarios <= MOST_SINGLE
    edges = np.concatenate([[0.0], top]) if single else np.linspace(0.0, 1.0, BINS + 1)
    edges = np.unique(np.round(np.minimum(edges, 1.0), 12))
    values = {name: outcomes.present_value(cash) for name, cash in party_cash(retained).items()}
    away = {name: v - float(weighted_sum(probability, v)) for name, v in values.items()}
    whole = package - float(weighted_sum(probability, package))
    size = max(float(np.abs(package).max()), run.price, 1e-300)
    rows = []
    for part, (low, high) in enumerate(zip(edges[:-1], edges[1:], strict=True)):
        weight = np.zeros_like(probability)
        weight[order] = np.clip(
            np.minimum(top, high) - np.maximum(top - probability[order], low), 0.0, None
        )
        weight /= weight.sum()
        means = {name: float(weighted_sum(weight, x)) for name, x in away.items()}
        gap = sum(means.values()) - float(weighted_sum(weight, whole))
        if not abs(gap) <= 1e-7 * size:
            raise ConservationError(
                f"part {part}: parties' values less the package's: {gap:g}; expected 0"
            )
        rows += [(part, low, high, name, mean) for name, mean in means.items()]
    return pd.DataFrame(rows, columns=["part", "from", "to", "party", "deviation"])
