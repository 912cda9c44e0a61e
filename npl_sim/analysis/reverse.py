"""Reverse stress: what would have to happen for the price to lose a given share."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from npl_sim.analysis.changes import (
    AUCTION_LEVERS,
    CASH_LEVERS,
    WORLD_LEVERS,
    CashLever,
    moved_auctions,
    moved_world,
    price_of,
)
from npl_sim.analysis.sensitivity import resized
from npl_sim.engine.simulate import simulate
from npl_sim.valuation.paired_difference import mean_value

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["reverse_stress"]

SCENARIOS = 512
"""Scenarios of each run of the search; all runs share them, so the loss is a smooth function."""

CLOSE = 0.002
"""The search ends where the setting is known to this share of its distance from neutral."""


def reverse_stress(study: Study, table: LoanTable, loss: float = 0.10) -> pd.DataFrame:
    """Return, for each lever by itself, where the mean price has lost a share.

    Parameters
    ----------
    study, table
        What is priced.
    loss
        Share of the mean price that is lost.

    Returns
    -------
    pandas.DataFrame
        Rows by lever: lever, unit, neutral, needed (NaN where even `worst` does not do it), worst,
        and loss_at_worst. [share of price] No rows where the price is nothing or less: there is no
        share of it to lose.
    """
    small = resized(study, min(SCENARIOS, study.simulation.scenarios))
    base = simulate(small, table)
    own = mean_value(base)
    rows: list[dict[str, object]] = []
    if own <= 0.0:
        return pd.DataFrame(
            rows, columns=["lever", "unit", "neutral", "needed", "worst", "loss_at_worst"]
        )

    def lost_by(moved: Callable[[float], Study]) -> Callable[[float], float]:
        def lost(x: float) -> float:
            return 1.0 - mean_value(simulate(moved(x), table)) / own

        return lost

    for lever in WORLD_LEVERS:
        lost = lost_by(partial(moved_world, small, lever.factor))
        rows.append(_row(lever.name, "multiple", lost, 1.0, lever.worst, loss))
    for auction in AUCTION_LEVERS if len(table.collateral) else ():
        if (
            auction.form == "discount"
        ):  # the others change by whole rounds, or past what a court sets
            lost = lost_by(partial(moved_auctions, small, auction.form))
            rows.append(
                _row(auction.name, auction.unit, lost, auction.neutral, auction.worst, loss)
            )
    for cash in CASH_LEVERS:

        def lost_cash(x: float, cash: CashLever = cash) -> float:
            return 1.0 - base.sample.mean(price_of(base, cash, x)).value / own

        unit = {"costs": "multiple", "delay": "months"}.get(cash.form, "percentage points")
        rows.append(_row(cash.name, unit, lost_cash, cash.neutral, cash.worst, loss))
    return pd.DataFrame(rows)


def _row(
    name: str, unit: str, lost: Callable[[float], float], neutral: float, worst: float, loss: float
) -> dict[str, object]:
    at_worst = lost(worst)
    needed = np.nan
    if at_worst >= loss:
        known = {neutral: -loss, worst: at_worst - loss}

        def gap(x: float) -> float:
            if x not in known:
                known[x] = lost(x) - loss
            return known[x]

        needed = brentq(gap, neutral, worst, xtol=CLOSE * abs(worst - neutral) / 20.0, rtol=1e-4)
    scale = 100.0 if unit == "percentage points" else 1.0
    return {
        "lever": name,
        "unit": unit,
        "neutral": scale * neutral,
        "needed": scale * needed,
        "worst": scale * worst,
        "loss_at_worst": at_worst,
    }
