"""Measure the gain of sampling methods, for precision.md.

Call it by ``python docs/make_precision.py [SCENARIOS] [REPLICATES]``.

The loans are simulated once, and every factor's deviation is stored by stretch of the horizon. A
response surface, linear and quadratic in the deviations, is fitted to that run. Its residuals
stand for idiosyncratic risk. Methods that choose the systematic factors are compared on the
surface, where thousands of independent randomized replicates cost little. The methods of the
product itself are measured on real runs.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from scipy import special
from scipy.stats import qmc

from npl_sim.engine.simulate import Sampling, warm_up
from npl_sim.market.control_variates import Controls, month_weights
from npl_sim.market.factors import FactorModel
from npl_sim.runs.study_session import load_study
from npl_sim.tape.synthetic import write_tape

SHIPPED = Path(__file__).parents[1] / "configs/studies/first_package.yaml"
SAMPLE = 512


class Given(FactorModel):
    """Factors from normals that are handed in, shape (scenarios, factors, months)."""

    given: np.ndarray
    mixing: np.ndarray

    def _normals(self, factor: int, first_scenario: int, scenarios: int) -> np.ndarray:
        return self.given[:, factor]


def case_of(loans: int | None, **options: Any) -> Any:
    """Return the shipped case, or the same study on a synthetic tape of another size."""
    overrides = {f"simulation.{k}": v for k, v in options.items()}
    if loans is not None:
        folder = Path(tempfile.mkdtemp())
        spec = write_tape(folder, loans=loans, seed=1, valuation_date=date(2026, 6, 30))
        for role in ("loans", "collateral", "guarantors"):
            overrides[f"tape.{role}"] = str(getattr(spec, role))
    return load_study(SHIPPED, overrides)


STRETCHES = 11
"""Stretches of the response surface."""


def features(deviation: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return one, average deviations by stretch, and products of deviations averaged in time."""
    linear = np.concatenate([(deviation * row).sum(axis=2) for row in weights], axis=1)
    whole = deviation[:, :, 1:61].mean(axis=2)
    i, j = np.triu_indices(whole.shape[1])
    return np.column_stack([np.ones(len(whole)), linear, whole[:, i] * whole[:, j]])


def statistics(y: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
    """Return mean, 40 %, 5 % and 1 % quantiles and mean of the worst 5 % of a weighted sample.

    A bid that is to earn its return with probability ``p`` is about the quantile at ``1 - p``.
    """
    order = np.argsort(y)
    w = (np.full(len(y), 1.0) if weight is None else weight)[order] / len(y)
    y = y[order]
    below = np.cumsum(w)
    q40, q5, q1 = (y[min(np.searchsorted(below, p), len(y) - 1)] for p in (0.4, 0.05, 0.01))
    shortfall = q5 - float((w * np.maximum(q5 - y, 0.0)).sum()) / 0.05
    return np.array([float((w * y).sum()), q40, q5, q1, shortfall])


class Surface:
    """The price as a function of the factors' normals, on a response surface fitted to a run."""

    def __init__(self, case: Any, scenarios: int) -> None:
        study, table = case.study, case.table
        warm_up(study, table)
        began = time.process_time()
        flows = Sampling(study, table, threads=1).to(scenarios)
        seconds = (time.process_time() - began) / scenarios
        pv = flows.net @ (1.0 + flows.discount_rate) ** (-np.arange(flows.months + 1) / 12.0)
        self.spans = month_weights(flows.months, STRETCHES)
        own = FactorModel(study.market, study.stress, flows.months, study.simulation.seed)
        surface = features(own.simulate(0, scenarios).deviation, self.spans)
        self.slopes, *_ = np.linalg.lstsq(surface, pv, rcond=1e-9)
        residuals = pv - surface @ self.slopes
        residuals *= np.sqrt((scenarios - 1) / max(scenarios - np.linalg.matrix_rank(surface), 1))
        self.residuals = residuals
        systematic = max(1.0 - residuals.var() / pv.var(), 0.0)
        print(
            f"{len(table.loans):,} loans, {scenarios:,} scenarios at {1e3 * seconds:.2f} ms, "
            "one thread"
        )
        print(
            f"sd {pv.std() / pv.mean():.2%} of the mean; "
            f"share of the systematic factors {systematic:.1%}"
        )
        self.controls = Controls(own.innovation[: len(own.names)], flows.months, 1)
        self.count, self.months = len(own.names), flows.months
        self.size = self.count * self.months
        self.given = Given(study.market, study.stress, self.months, 1)
        self.rng = np.random.default_rng(7)

    def __call__(self, z: np.ndarray) -> np.ndarray:
        """Return the price by scenario."""
        self.given.given = z.reshape(-1, self.count, self.months)
        self.given.seed = int(self.rng.integers(2**62))
        self.deviation = self.given.simulate(0, len(z)).deviation
        return features(self.deviation, self.spans) @ self.slopes

    def calibrated(self, weight: np.ndarray) -> np.ndarray:
        """Return weights times a linear function of the controls, so that their means are 0."""
        _, controls = self.controls.of(self.deviation)
        design = np.column_stack([np.ones(len(controls)), controls])
        goal = np.zeros(design.shape[1])
        goal[0] = len(controls)
        factor, *_ = np.linalg.lstsq(design.T @ (weight[:, None] * design), goal, rcond=1e-12)
        calibrated: np.ndarray = weight * (design @ factor)
        return calibrated

    def gradient(self) -> np.ndarray:
        """Return the surface's linear part as a direction of the normals."""
        gaussian = self.given.degrees
        self.given.degrees = None
        self.given.given = np.eye(self.size).reshape(-1, self.count, self.months)
        linear = features(self.given.simulate(0, self.size).deviation, self.spans)
        linear[:, 0] = 0.0
        linear[:, 1 + self.count * len(self.spans) :] = 0.0
        self.given.degrees = gaussian
        slope = linear @ self.slopes
        return slope / np.linalg.norm(slope)


SHIFTS = (-0.25, -0.5, -1.0, -1.5, -2.0)
"""Shifts of importance sampling along the gradient. [standard deviations]"""

Method = Callable[[], tuple[np.ndarray, np.ndarray | None]]


def methods_of(response: Surface) -> dict[str, Method]:
    """Return the methods of sampling by name; each returns prices and their weights."""
    rng, size, gradient = response.rng, response.size, response.gradient()

    def plain() -> tuple[np.ndarray, None]:
        return response(rng.standard_normal((SAMPLE, size))), None

    def antithetic() -> tuple[np.ndarray, None]:
        z = rng.standard_normal((SAMPLE // 2, size))
        return response(np.concatenate([z, -z])), None

    def stratified() -> tuple[np.ndarray, None]:
        z = rng.standard_normal((SAMPLE, size))
        along = special.ndtri((rng.permutation(SAMPLE) + rng.random(SAMPLE)) / SAMPLE)
        return response(z + np.multiply.outer(along - z @ gradient, gradient)), None

    def sobol() -> tuple[np.ndarray, None]:
        u = qmc.Sobol(size, seed=rng).random(SAMPLE)
        return response(special.ndtri(np.clip(u, 1e-12, 1.0 - 1e-12))), None

    def hypercube() -> tuple[np.ndarray, None]:
        return response(special.ndtri(qmc.LatinHypercube(size, seed=rng).random(SAMPLE))), None

    def importance(shift: float, controls: bool = False) -> Method:
        """Return an exponential tilt of the factors along the price's gradient."""

        def draw() -> tuple[np.ndarray, np.ndarray]:
            z = rng.standard_normal((SAMPLE, size)) + shift * gradient
            y = response(z)
            weight = np.exp(-shift * (z @ gradient) + 0.5 * shift**2)
            weight *= SAMPLE / weight.sum()
            return y, response.calibrated(weight) if controls else weight

        return draw

    tilts = {
        f"importance sampling, shift {shift:g}{', controls' * controls}": importance(
            shift, controls
        )
        for shift in SHIFTS
        for controls in (False, True)
    }
    return {
        "plain": plain,
        "antithetic": antithetic,
        "stratified along the gradient": stratified,
        "Sobol, scrambled": sobol,
        "Latin hypercube": hypercube,
        "controls": importance(0.0, controls=True),
        **tilts,
    }


def compare(case: Any, scenarios: int, replicates: int) -> None:
    """Print the ratio of variances, plain over method, on the response surface."""
    response = Surface(case, scenarios)
    base = None
    for name, method in methods_of(response).items():
        found = []
        for _ in range(replicates):
            y, weight = method()
            found.append(statistics(y + response.rng.choice(response.residuals, SAMPLE), weight))
        variance = np.var(found, axis=0, ddof=1)
        base = variance if base is None else base
        ratio = "  ".join(f"{r:6.2f}" for r in base / variance)
        print(f"{name:44s} mean, q40, q5, q1, ES5: {ratio}", flush=True)


def product(loans: int | None, wanted: float, least: int, **options: Any) -> None:
    """Print what a run to a precision of the price takes beside a plain run."""
    case = case_of(loans, precision=wanted, scenarios=least, threads=1, **options)
    warm_up(case.study, case.table)
    began = time.process_time()
    flows = case.simulate()
    spent = time.process_time() - began
    plain = Sampling(case.study, case.table, threads=1)
    plain.to(64)
    began = time.process_time()
    plain.to(64 + 256)
    each = (time.process_time() - began) / 256
    r = flows.precision
    for line in (
        f"{len(case.table.loans):,} loans, {r.scenarios:,} scenarios",
        f"  half width {r.half_width:.3%}",
        f"  {r.replicated_loans:,} loans drawn up to {r.draws} times",
        f"  {spent:.2f} s against {r.plain_scenarios:,.0f} plain scenarios at {1e3 * each:.2f} ms",
        f"  gain {r.plain_scenarios * each / spent:.1f} in time, {r.gain:.1f} counted in work",
    ):
        print(line, flush=True)


def main(scenarios: int, replicates: int) -> None:
    """Print all measurements."""
    for loans, wanted, least in ((None, 0.001, 256), (100, 0.005, 256), (20_000, 0.001, 256)):
        product(loans, wanted, least)
    for loans, count in ((None, scenarios), (100, 2 * scenarios), (20_000, scenarios // 2)):
        compare(case_of(loans), count, replicates)


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 2048,
        int(sys.argv[2]) if len(sys.argv) > 2 else 400,
    )
