"""Times in the current stage: months since a date, and the probability of an earlier end."""

from __future__ import annotations

import numpy as np
import pandas as pd

from npl_sim.core.fields import DAYS_PER_MONTH
from npl_sim.engine.quantiles import probability_by
from npl_sim.policy.distributions import Duration


def months_between(earlier: pd.Series, later: pd.Timestamp) -> np.ndarray:
    """Return the months from each date to `later`; NaN where there is no date."""
    return ((later - pd.to_datetime(earlier)).dt.days / DAYS_PER_MONTH).to_numpy(dtype=np.float64)


def elapsed_probability(duration: Duration, elapsed: np.ndarray) -> np.ndarray:
    """Return the probability that a stage under way would have ended by now."""
    return np.where(
        elapsed > 0.0, np.minimum(probability_by(duration, elapsed), 1.0 - 2.0**-20), 0.0
    )
