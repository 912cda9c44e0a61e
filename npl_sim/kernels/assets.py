"""Other assets of a debtor: freezing, dissipation, rank. docs/model.md section 4.6."""

from __future__ import annotations

import math

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.codes import PRESERVATION_STREAM
from npl_sim.kernels.draws import quantile
from npl_sim.kernels.rng import draw


@compiled
def either(chance, debtors):
    """Return the probability that at least one of the joint debtors is affected."""
    return chance if debtors <= 1 else 1.0 - (1.0 - chance) ** debtors


@compiled
def freeze_terms(asset, renewal):
    """Return the number of terms of a freeze, the renewed ones included."""
    chance = asset["renewal_probability"]
    if chance >= 1.0:
        return math.inf
    return 1.0 + math.floor(math.log(renewal) / math.log(chance)) if chance > 0.0 else 1.0


@compiled
def value_of_asset(enforcement, asset, step, coverage, find):
    """Return the value of an asset class to the creditor at seizure, or 0 if nothing is found."""
    path, t = enforcement.path, enforcement.applied
    frozen_at = path.state["preserved_at"]
    frozen = False
    secured = exposed = t
    rival = 0.5
    preserved = frozen_at >= 0.0 and asset["freeze_probability"] > 0.0
    if preserved or asset["competing_seizure_rate"] > 0.0:
        found, renewal, rival, _ = draw(
            path.replicate, path.loan["key"], PRESERVATION_STREAM, step
        )
        frozen = preserved and found < asset["freeze_probability"]
        if frozen:
            since = min(t, frozen_at)
            until = since + asset["freeze_months"] * freeze_terms(asset, renewal)
            exposed = since
            if until >= t:
                secured = since
            else:
                # A freeze that has expired has lost its rank.
                exposed += t - until
    if not frozen and find >= asset["discovery_probability"]:
        return 0.0
    value = quantile(path.package.quantiles, asset["coverage"], coverage) * enforcement.base
    if asset["dissipation_rate"] > 0.0:
        value *= math.exp(-asset["dissipation_rate"] * exposed)
    if (
        asset["competing_seizure_rate"] > 0.0
        and -math.log(rival) < asset["competing_seizure_rate"] * secured
    ):
        value *= asset["waitlisted_share"]
    return value
