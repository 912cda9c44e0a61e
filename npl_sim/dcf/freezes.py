"""Freezes of other assets: rank and dissipation by time of the application.

docs/model.md section 4.6, step 3.
"""

from __future__ import annotations

import numpy as np

from npl_sim.policy.enforcement import AssetClass


def secured(asset: AssetClass, t: np.ndarray, frozen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the probability of access to an asset by time of the application.

    The second result is that probability times the part of the asset that is left. Both have
    shape (claims, points).
    """
    decay, rivalry = asset.dissipation_rate / 12.0, asset.competing_seizure_rate / 12.0

    def rank(s: np.ndarray) -> np.ndarray:
        first = np.exp(-rivalry * s)
        return np.asarray(first + (1.0 - first) * asset.waitlisted_share)

    count = len(frozen)
    loose = np.broadcast_to(
        asset.discovery_probability * np.exp(-decay * t) * rank(t), (count, len(t))
    )
    entitled = np.full((count, len(t)), asset.discovery_probability)
    if not np.isfinite(frozen).any() or asset.freeze_probability == 0.0:
        return entitled, loose
    has = np.isfinite(frozen)[:, None]
    f = np.minimum(np.where(has, frozen[:, None], 0.0), t[None, :])
    if asset.freeze_months > 0.0:
        renewals = np.maximum(np.ceil((t - f) / asset.freeze_months - 1.0 - 1e-9), 0.0)
    else:
        renewals = np.where(t > f, 60.0, 0.0)
    holds = asset.renewal_probability**renewals
    kept = holds * np.exp(-decay * f) * rank(f)
    if asset.renewal_probability < 1.0 and asset.freeze_months > 0.0:
        for k in range(int(renewals.max())):
            ends = f + asset.freeze_months * (1 + k)
            lapsed = (
                (k < renewals) * asset.renewal_probability**k * (1.0 - asset.renewal_probability)
            )
            kept = kept + lapsed * np.exp(-decay * np.maximum(f + t - ends, 0.0)) * rank(t)
    elif asset.renewal_probability < 1.0:
        kept = kept + (1.0 - holds) * np.exp(-decay * t) * rank(t)
    p = asset.freeze_probability
    both = p * kept + (1.0 - p) * loose
    entitled_both = np.where(has, p + (1.0 - p) * asset.discovery_probability, entitled)
    return entitled_both, np.where(has, both, loose)
