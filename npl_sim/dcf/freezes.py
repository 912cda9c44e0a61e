"""Freezes of other assets: rank and dissipation by time of the application. docs/model.md section 4.6, step 3."""

from __future__ import annotations

import numpy as np

from npl_sim.policy.enforcement import AssetClass

__all__ = ["secured"]


def secured(words: AssetClass, t: np.ndarray, frozen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the probability of an entitlement by time of the application, and that times what is left of the asset.

    Both of shape (claims, points).
    """
    decay, rivals = words.dissipation / 12.0, words.rivals / 12.0

    def rank(s: np.ndarray) -> np.ndarray:
        first = np.exp(-rivals * s)
        return np.asarray(first + (1.0 - first) * words.rank_share)

    count = len(frozen)
    loose = np.broadcast_to(words.find * np.exp(-decay * t) * rank(t), (count, len(t)))
    entitled = np.full((count, len(t)), words.find)
    if not np.isfinite(frozen).any() or words.find_preserved == 0.0:
        return entitled, loose
    has = np.isfinite(frozen)[:, None]
    f = np.minimum(np.where(has, frozen[:, None], 0.0), t[None, :])
    if words.freeze_months > 0.0:
        renewals = np.maximum(np.ceil((t - f) / words.freeze_months - 1.0 - 1e-9), 0.0)
    else:
        renewals = np.where(t > f, 60.0, 0.0)
    holds = words.renewal**renewals
    kept = holds * np.exp(-decay * f) * rank(f)
    if words.renewal < 1.0 and words.freeze_months > 0.0:
        for k in range(int(renewals.max())):
            ends = f + words.freeze_months * (1 + k)
            lapsed = (k < renewals) * words.renewal**k * (1.0 - words.renewal)
            kept = kept + lapsed * np.exp(-decay * np.maximum(f + t - ends, 0.0)) * rank(t)
    elif words.renewal < 1.0:
        kept = kept + (1.0 - holds) * np.exp(-decay * t) * rank(t)
    p = words.find_preserved
    both = p * kept + (1.0 - p) * loose
    entitled_both = np.where(has, p + (1.0 - p) * words.find, entitled)
    return entitled_both, np.where(has, both, loose)
