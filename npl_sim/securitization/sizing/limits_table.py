"""Table of the limits of sized tranches."""

from __future__ import annotations

import pandas as pd

from npl_sim.securitization.sizing.sizing import Sizing

__all__ = ["limits_table"]


def limits_table(sizing: Sizing) -> pd.DataFrame:
    """Return every limit of every sized tranche.

    Returns
    -------
    pandas.DataFrame
        tranche, limit, value, se, low, high, allowed, side (at most, at least), holds, cases
        (scenarios that decide it). alone: size that it allows by itself [package currency];
        binding.
    """
    rows = []
    for s in sizing.sized:
        for i, r in enumerate(s.readings):
            row = {"tranche": s.tranche, "limit": r.text, "value": r.value.value, "se": r.value.se}
            row |= {"low": r.value.low, "high": r.value.high, "allowed": r.allowed}
            row |= {"side": "at least" if r.at_least else "at most", "holds": r.holds}
            row |= {"cases": r.cases, "alone": s.alone[i], "binding": i == s.number}
            rows.append(row)
    return pd.DataFrame(rows).astype({"cases": "Int64"})
