"""Reverse stress test: the change of each input at which the price loses a given share."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.analysis.changes import CHANGES, Change, changed_study, price_of
from npl_sim.analysis.sensitivity import resized
from npl_sim.engine.simulate import simulate
from npl_sim.valuation.paired_difference import mean_value

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable


LOSS = 0.10
"""Loss that is looked for. [share of the mean price]"""

SCENARIOS = 512
"""Scenarios of each run of the search. All runs share them, so the loss is a smooth function."""

CLOSE = 0.002
"""Tolerance of a setting. [share of its distance from neutral]"""


def reverse_stress(study: Study, table: LoanTable, loss: float = LOSS) -> pd.DataFrame:
    """Return the setting of each input at which the mean price has lost a share, one at a time.

    Parameters
    ----------
    study, table
        What is priced.
    loss
        Share of the mean price that is lost.

    Returns
    -------
    pandas.DataFrame
        Rows by input: name of the input, unit, neutral, needed, worst, loss_at_worst.
        The loss is a share of the price. `needed` is NaN where even `worst` loses less.
        There are no rows where the price is 0 or less.
    """
    small = resized(study, min(SCENARIOS, study.simulation.scenarios))
    base = simulate(small, table)
    own = mean_value(base)
    columns = ["lever", "unit", "neutral", "needed", "worst", "loss_at_worst"]
    if own <= 0.0:
        return pd.DataFrame([], columns=columns)

    def lost(change: Change, x: float) -> float:
        if change.kind == "cash":
            return 1.0 - base.sample.mean(price_of(base, change, x)).value / own
        return 1.0 - mean_value(simulate(changed_study(small, change, x), table)) / own

    # Of auctions only the discount: the others change by whole rounds, or beyond court practice.
    rows = [
        _row(change, partial(lost, change), loss)
        for change in CHANGES
        if change.kind != "auction" or (change.form == "discount" and len(table.collateral))
    ]
    return pd.DataFrame(rows, columns=columns)


def _row(change: Change, lost: Callable[[float], float], loss: float) -> dict[str, object]:
    at_worst = lost(change.worst)
    needed = np.nan
    if at_worst >= loss:
        from scipy.optimize import brentq

        known = {change.neutral: -loss, change.worst: at_worst - loss}

        def gap(x: float) -> float:
            if x not in known:
                known[x] = lost(x) - loss
            return known[x]

        tolerance = CLOSE * abs(change.worst - change.neutral) / 20.0
        needed = brentq(gap, change.neutral, change.worst, xtol=tolerance, rtol=1e-4)
    return {
        "lever": change.name,
        "unit": change.unit,
        "neutral": change.scale * change.neutral,
        "needed": change.scale * needed,
        "worst": change.scale * change.worst,
        "loss_at_worst": at_worst,
    }
