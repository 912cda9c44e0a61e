"""Tables for Parquet and CSV: tidy columns with units, and plain data for JSON.

A table has one observation a row, shares as shares of 1, amounts in the currency of the package.
``attrs["units"]`` holds the units of its columns, which Parquet keeps.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from npl_sim.stats.risk import Estimate
from npl_sim.stats.sample import Sample

MONEY, SHARE, RATE, YEARS = "package currency", "share of 1", "per year", "years"
"""Units of columns."""

UNITS = {
    **dict.fromkeys(
        ("pv", "pv_se", "pv_mean", "pv_sd", "gbv", "amount", "receipts", "costs"), MONEY
    ),
    **dict.fromkeys(("net_cash", "price", "outlay", "value", "se", "low", "high"), MONEY),
    **dict.fromkeys(("received_mean", "costs_mean"), MONEY),
    **dict.fromkeys(("share_of_pv", "price_of_gbv", "pv_of_gbv", "p_any", "weight"), SHARE),
    **dict.fromkeys(("month", "months_to_cash"), "months"),
    **dict.fromkeys(("level", "probability"), "probability"),
}


def frame_of(columns: Any, **units: str) -> pd.DataFrame:
    """Return a table with units of its columns in ``attrs["units"]``; `units` adds to `UNITS`."""
    frame = pd.DataFrame(columns)
    known = UNITS | units
    frame.attrs["units"] = {str(name): known[name] for name in frame.columns if name in known}
    return frame


def estimate_columns(label: str, estimates: dict[float, Estimate]) -> dict[str, Any]:
    """Return columns of estimates by key: value, standard error, ends of the interval."""
    columns: dict[str, Any] = {label: list(estimates)}
    for name in ("value", "se", "low", "high"):
        columns[name] = [getattr(estimate, name) for estimate in estimates.values()]
    return columns


def scenario_columns(sample: Sample, values: np.ndarray) -> dict[str, np.ndarray]:
    """Return scenario, draw and weight of each value, one row each; the weights sum to 1.

    Parameters
    ----------
    sample
        Weighted scenarios.
    values
        Shape (scenarios,) or (scenarios, draws).
    """
    draws = values.size // sample.scenarios
    return {
        "scenario": np.repeat(np.arange(sample.scenarios), draws),
        "draw": np.tile(np.arange(draws), sample.scenarios),
        "weight": sample.weights_of(values).ravel(),
    }


def plain_data(value: Any) -> Any:
    """Return plain data: numbers that are not finite become None."""
    if isinstance(value, Estimate):
        return plain_data({name: getattr(value, name) for name in ("value", "se", "low", "high")})
    if isinstance(value, pd.DataFrame):
        return [plain_data(row) for row in value.to_dict(orient="records")]
    if isinstance(value, dict):
        return {str(key): plain_data(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_data(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
