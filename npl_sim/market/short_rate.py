"""The short rate's path, scenario by scenario. docs/model.md section 2."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from npl_sim.market.rate_terms import SHORT_RATE, ShortRate
from npl_sim.market.spec import Overlay


class RateModel:
    """A short rate made ready for simulation; its deviations are drawn with the other factors.

    Parameters
    ----------
    terms
        The short rate.
    overlays
        Overlays applied to the market; those of other factors are passed over.
    months
        Months simulated, from 0 on.

    Attributes
    ----------
    persistence, innovation
        Of the monthly recursion `x[m] = persistence x[m-1] + innovation z[m]`, which is exact.
    median
        Rate without deviation, stress included, shape (months + 1,). [per year]
    """

    def __init__(self, terms: ShortRate, overlays: Sequence[Overlay], months: np.ndarray) -> None:
        own = [o for o in overlays if o.factor == SHORT_RATE]
        kappa = terms.mean_reversion
        per_month = 1.0 / 12.0 if kappa == 0.0 else -math.expm1(-kappa / 6.0) / (2.0 * kappa)
        self.persistence = math.exp(-kappa / 12.0)
        self.innovation = terms.volatility * math.sqrt(per_month)
        for overlay in own:
            self.innovation *= overlay.volatility_multiplier
        to_mean = -np.expm1(-kappa * months / 12.0)
        shift = np.where(months >= 1, math.fsum(o.shift for o in own), 0.0)
        self.median = terms.initial + (terms.mean - terms.initial) * to_mean + shift
        self._floor = terms.floor

    def rates(self, deviation: np.ndarray) -> np.ndarray:
        """Return rates from deviations, both of shape (scenarios, months + 1). [per year]"""
        rates: np.ndarray = self.median + deviation
        return rates if self._floor is None else np.maximum(rates, self._floor)
