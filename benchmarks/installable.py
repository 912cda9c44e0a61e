"""Comparison of parts of the package with installable packages.

No package on the public index was found that simulates the stages of a non-performing loan. The
peers of the simulation are therefore written here (`peers/`). Two parts have installable peers:
random numbers (NumPy's generators) and rates of return (pyxirr).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.measure import interleaved
from npl_sim.kernels.rng import fill_uniforms
from npl_sim.stats.irr import irr

__all__ = ["measure_installable"]

ROWS, DRAWS = 4_096, 512
SCENARIOS, MONTHS = 2_000, 120


def measure_installable() -> dict[str, Any]:
    """Time random numbers against NumPy, and rates of return against pyxirr, on one thread."""
    return {"uniforms": _uniforms(), "irr": _irr()}


def _uniforms() -> dict[str, Any]:
    out = np.empty((ROWS, DRAWS))
    philox = np.random.Generator(np.random.Philox(1))
    fastest = np.random.Generator(np.random.SFC64(1))
    key, seed, first = np.uint64(12345), np.uint64(7), np.uint64(0)
    times = interleaved(
        {
            "npl_sim": lambda: fill_uniforms(seed, first, key, 1, out),
            "numpy Philox": lambda: philox.random(out=out),
            "numpy SFC64": lambda: fastest.random(out=out),
        },
        rounds=15,
    )
    return {"seconds": times.plain(), "draws": ROWS * DRAWS}


def _irr() -> dict[str, Any]:
    import pyxirr

    rng = np.random.default_rng(1)
    net = np.zeros((SCENARIOS, MONTHS + 1))
    net[:, 1:] = rng.gamma(0.3, 10.0, (SCENARIOS, MONTHS)) * np.exp(-np.arange(MONTHS) / 40.0)
    outlay = 0.6 * float(net.sum(axis=1).mean())
    cash = net.copy()
    cash[:, 0] -= outlay

    def theirs() -> np.ndarray:
        monthly = np.array([pyxirr.irr(row) for row in cash], dtype=float)
        return np.asarray((1.0 + monthly) ** 12 - 1.0)

    ours = irr(net, outlay).rate
    gap = float(np.nanmax(np.abs(ours - theirs())))
    if not gap < 1e-6:
        raise AssertionError(
            f"rates of return differ by {gap}; expected less than 1e-6 for a comparison of times"
        )
    times = interleaved({"npl_sim": lambda: irr(net, outlay), "pyxirr": theirs}, rounds=7)
    return {"seconds": times.plain(), "scenarios": SCENARIOS, "months": MONTHS, "largest_gap": gap}
