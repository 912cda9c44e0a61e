"""Paths of the systematic factors, scenario by scenario. docs/model.md section 2."""

from __future__ import annotations

import fnmatch
import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from npl_sim.core.provenance import key_of
from npl_sim.kernels.codes import FACTOR_STREAM, MIXING_STREAM
from npl_sim.kernels.rng import fill_uniforms
from npl_sim.market.short_rate import RateModel
from npl_sim.market.spec import Market, Overlay, StudentT
from npl_sim.stats.spline import EvenSpline


@dataclass(frozen=True)
class FactorPaths:
    """Factors of some scenarios."""

    index: np.ndarray
    """Collateral indices, 1 at the valuation date, shape (scenarios, indices, months + 1)."""
    congestion: np.ndarray
    """Multiplier of legal durations, shape (scenarios, months + 1)."""
    cooperation: np.ndarray
    """Log deviation of cooperation, stress included, shape (scenarios, months + 1)."""
    deviation: np.ndarray
    """Log deviation of each factor that affects loans from its median path, with expectation zero.

    Order of `FactorModel.names`, shape (scenarios, factors, months + 1).
    """
    short_rate: np.ndarray | None = None
    """Short rate if it is simulated, shape (scenarios, months + 1). [per year]"""


def lower_triangle(correlation: np.ndarray) -> np.ndarray:
    """Return the Cholesky factor of a positive semi-definite matrix.

    Unlike the library's, it accepts perfect correlation: a factor that others determine gets a
    zero on the diagonal.
    """
    size = len(correlation)
    lower = np.zeros((size, size))
    for i in range(size):
        for j in range(i):
            rest = correlation[i, j] - sum(lower[i, k] * lower[j, k] for k in range(j))
            lower[i, j] = rest / lower[j, j] if lower[j, j] > 1e-7 else 0.0
        left = correlation[i, i] - sum(lower[i, k] ** 2 for k in range(i))
        lower[i, i] = math.sqrt(left) if left > 1e-12 else 0.0
    return lower


def _overlay_log(overlay: Overlay, months: np.ndarray) -> np.ndarray:
    shift = overlay.drift_shift * months / 12.0
    after = months >= 1
    shift = shift + np.where(after, math.log(overlay.multiplier), 0.0)
    if overlay.multipliers:
        level = np.log(np.interp(months, overlay.months, overlay.multipliers))
        shift = shift + np.where(after, level, 0.0)
    return shift


@functools.lru_cache(maxsize=8)
def _t_to_normal(nu: float) -> EvenSpline:
    """Return the map from asinh |y| to |z|: normal z with the Student-t probability of y.

    A spline through exact values: the special functions would cost more than the loans do. Its
    error is below 1e-9 (tested).
    """
    # Beyond a probability of 1e-250 nothing is ever drawn; the spline ends there.
    farthest = 1.0
    while farthest < 1e9 and special.stdtr(nu, -2.0 * farthest) > 1e-250:
        farthest *= 2.0
    s = np.linspace(0.0, np.arcsinh(farthest), 16385)
    # The lower tail keeps its digits where the upper would round to one.
    exact = -special.ndtri(special.stdtr(nu, -np.sinh(s)))
    exact[0] = 0.0
    return EvenSpline(s, exact)


def _overlays(market: Market, stress: Sequence[str]) -> list[Overlay]:
    """Return the overlays of the named stresses, in order."""
    known = {s.name: s for s in market.stresses}
    return [o for name in stress for o in known[name].overlays]


def _laws(
    market: Market, overlays: Sequence[Overlay], months: np.ndarray
) -> tuple[list[float], list[float], np.ndarray]:
    """Return persistence, innovation and expected log level of the factors that affect loans."""
    persistence, innovation, drift = [], [], []
    for factor in (market.cooperation, market.congestion):
        persistence.append(factor.persistence)
        innovation.append(factor.volatility * math.sqrt(1.0 - factor.persistence**2))
        drift.append(0.0)
    for index in market.indices:
        kappa = index.mean_reversion
        persistence.append(math.exp(-kappa / 12.0))
        per_month = 1.0 / 12.0 if kappa == 0.0 else -math.expm1(-kappa / 6.0) / (2.0 * kappa)
        innovation.append(index.volatility * math.sqrt(per_month))
        drift.append(index.drift)
    shift = np.array(drift)[:, None] * months / 12.0
    for overlay in overlays:
        for k, name in enumerate(market.factor_names):
            if fnmatch.fnmatchcase(name, overlay.factor):
                innovation[k] *= overlay.volatility_multiplier
                shift[k] += _overlay_log(overlay, months)
    return persistence, innovation, shift


def _variance(persistence: np.ndarray, innovation: np.ndarray, horizon: int) -> np.ndarray:
    """Return the variance of the log deviation, shape (factors, horizon + 1)."""
    variance = np.zeros((len(persistence), horizon + 1))
    for m in range(1, horizon + 1):
        variance[:, m] = persistence**2 * variance[:, m - 1] + innovation**2
    return variance


def cooperation_law(
    market: Market, stress: Sequence[str], horizon: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the variance and the mean of the log of cooperation by month.

    Parameters
    ----------
    market, stress
        Market, and the names of the stresses applied to it.
    horizon
        Months simulated.

    Returns
    -------
    tuple of numpy.ndarray
        Variance, and the stress on the mean, each of shape (horizon + 1,).
    """
    persistence, innovation, shift = _laws(
        market, _overlays(market, stress), np.arange(horizon + 1)
    )
    return _variance(np.array(persistence[:1]), np.array(innovation[:1]), horizon)[0], shift[0]


class FactorModel:
    """The market of a study made ready for simulation.

    Parameters
    ----------
    market
        The market terms of the study.
    stress
        Names of the market's stresses to apply, all of which must exist.
    horizon
        Months simulated.
    seed
        Seed of the run.
    """

    def __init__(self, market: Market, stress: Sequence[str], horizon: int, seed: int) -> None:
        self.names = market.factor_names
        self._all_names = market.all_names
        self.seed = seed
        self.months = np.arange(horizon + 1)
        overlays = _overlays(market, stress)
        persistence, innovation, self.shift = _laws(market, overlays, self.months)
        # Last, so that the short rate never changes the bits of the other factors.
        self.rate: RateModel | None = None
        if market.short_rate is not None:
            self.rate = RateModel(market.short_rate, overlays, self.months)
            persistence.append(self.rate.persistence)
            innovation.append(self.rate.innovation)
        self.persistence = np.array(persistence)
        self.innovation = np.array(innovation)

        self.variance = _variance(self.persistence, self.innovation, horizon)
        self.lower = lower_triangle(market.correlation_matrix())
        self.degrees: float | None = None
        if isinstance(market.copula, StudentT):
            self.degrees = market.copula.degrees_of_freedom
            self._to_normal = _t_to_normal(self.degrees)

    def simulate(self, first_scenario: int, scenarios: int) -> FactorPaths:
        """Return the factors of `scenarios` consecutive scenarios."""
        every, own = self._log_paths(first_scenario, scenarios), len(self.names)
        deviation = every if self.rate is None else np.ascontiguousarray(every[:, :own])
        log_level = self.shift[None, :, :] + deviation
        log_level[:, 1:, :] -= 0.5 * self.variance[None, 1:own, :]
        level = np.exp(log_level[:, 1:, :])
        return FactorPaths(
            index=np.ascontiguousarray(level[:, 1:, :]),
            congestion=np.ascontiguousarray(level[:, 0, :]),
            cooperation=np.ascontiguousarray(log_level[:, 0, :]),
            deviation=deviation,
            short_rate=None if self.rate is None else self.rate.rates(every[:, own]),
        )

    @property
    def cooperation_variance(self) -> np.ndarray:
        """Variance of the log of cooperation by month, before stress."""
        return self.variance[0]

    def _normals(self, factor: int, first_scenario: int, scenarios: int) -> np.ndarray:
        uniforms = np.empty((scenarios, len(self.months) - 1))
        key = np.uint64(key_of(self._all_names[factor]))
        fill_uniforms(
            np.uint64(self.seed), np.uint64(first_scenario), key, FACTOR_STREAM, uniforms
        )
        return special.ndtri(uniforms)

    def _log_paths(self, first_scenario: int, scenarios: int) -> np.ndarray:
        size, horizon = len(self._all_names), len(self.months) - 1
        moving = self.innovation > 0.0
        needed = (np.abs(self.lower[moving]) > 0.0).any(axis=0)
        normals = {
            int(k): self._normals(int(k), first_scenario, scenarios)
            for k in np.flatnonzero(needed)
        }
        # Sums term by term: a matrix product could round differently from one call to the next.
        shock = np.zeros((horizon, size, scenarios))
        for k in np.flatnonzero(moving):
            for j, z in normals.items():
                if self.lower[k, j] != 0.0:
                    shock[:, k] += (self.innovation[k] * self.lower[k, j]) * z.T
        keep = self.persistence[:, None]
        along = np.zeros((horizon + 1, size, scenarios))
        for m in range(1, horizon + 1):
            along[m] = keep * along[m - 1] + shock[m - 1]
        paths = np.ascontiguousarray(along.transpose(2, 1, 0))
        if self.degrees is not None and moving.any():
            self._fatten(paths, moving, first_scenario)
        return paths

    def _fatten(self, paths: np.ndarray, moving: np.ndarray, first_scenario: int) -> None:
        """Give the factors a Student-t copula at every month, each margin as it was."""
        nu = float(self.degrees or 0.0)
        uniforms = np.empty((len(paths), 1))
        fill_uniforms(
            np.uint64(self.seed), np.uint64(first_scenario), np.uint64(0), MIXING_STREAM, uniforms
        )
        stretch = np.sqrt(nu / (2.0 * special.gammaincinv(0.5 * nu, uniforms[:, 0])))
        for k in np.flatnonzero(moving):
            sd = np.sqrt(self.variance[k, 1:])
            y = paths[:, k, 1:] / sd * stretch[:, None]
            size = self._to_normal(np.minimum(np.arcsinh(np.abs(y)), self._to_normal.x[-1]))
            paths[:, k, 1:] = sd * np.where(y > 0.0, size, -size)
