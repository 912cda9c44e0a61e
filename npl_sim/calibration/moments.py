"""Simple moments of finished workouts: how many pay, how much, and when.

This is the plain fit that a first price needs. It weighs each loan by its exposure and knows no
covariates. It takes every workout for finished: one that is still open counts as a loss of what
was not paid yet. Give it loans that had the time to pay, or the recovery is too low
(docs/real_workouts.md). A calibration that knows open workouts replaces it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from npl_sim.policy.collection import Collection, RecoveryCurve
from npl_sim.policy.distributions import certain


@dataclass(frozen=True)
class WorkoutMoments:
    """What a set of finished workouts came to.

    Attributes
    ----------
    recovery
        Recovered over exposure, exposure-weighted. [share of 1]
    payers
        Share of loans on which anything was recovered. [share of 1]
    months
        Recovery-weighted mean time from default to the end of the workout. [months]
    curve
        Share of the exposure recovered by the end of months 0, 1, ..., shape (horizon + 1,).
    """

    recovery: float
    payers: float
    months: float
    curve: np.ndarray


def workout_moments(
    exposure: np.ndarray, recovered: np.ndarray, months: np.ndarray, horizon: int
) -> WorkoutMoments:
    """Return the moments of finished workouts.

    Parameters
    ----------
    exposure
        Exposure at default, above zero. [currency]
    recovered
        Amount recovered; what exceeds the exposure (interest, cures) is left out. [currency]
    months
        From default to the end of the workout; what is paid in month 0 counts in month 1. [months]
    horizon
        Last month of the curve. [months]

    Raises
    ------
    ValueError
        If the arrays differ in length, are empty, or an exposure is not positive.
    """
    if not len(exposure) == len(recovered) == len(months) or len(exposure) == 0:
        raise ValueError(
            f"{len(exposure)} exposures, {len(recovered)} recoveries, {len(months)} times; "
            "expected as many, and at least one"
        )
    if not (exposure > 0).all():
        raise ValueError(f"smallest exposure {exposure.min():g}; expected exposures above zero")
    paid = np.minimum(recovered, exposure)
    total = float(exposure.sum())
    when = np.clip(np.ceil(months), 1, None)
    curve = np.array([paid[when <= m].sum() for m in range(horizon + 1)]) / total
    return WorkoutMoments(
        recovery=float(paid.sum()) / total,
        payers=float((paid > 0).mean()),
        months=float((paid * when).sum() / paid.sum()) if paid.any() else float("nan"),
        curve=curve,
    )


def fit_collection(moments: WorkoutMoments) -> Collection:
    """Return a collection whose expected recoveries are those of `moments`, month by month.

    The share of payers is the observed one, or the least that the curve needs. Payers follow the
    curve; the others pay nothing.
    """
    end = len(moments.curve) - 1
    payer_share = min(1.0, max(moments.payers, float(moments.curve[-1]), 1e-9))
    return Collection(
        curve=RecoveryCurve(
            months=tuple(range(1, end + 1)), cumulative=tuple(float(c) for c in moments.curve[1:])
        ),
        payer_share=payer_share,
        frailty=certain(1.0),
        cooperation_loading=1.0,
    )
