"""What the difference between simulation and second method amounts to, in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from npl_sim.reports.formats import percent

if TYPE_CHECKING:
    from npl_sim.analysis.independence import SecondOpinion

__all__ = ["verdict"]


def verdict(second: SecondOpinion) -> str:
    """Return what the difference of the methods amounts to, in words."""
    size = "" if math.isnan(second.share) else f"{percent(second.share)} of the price; "
    told = f"{size}flagged beyond {percent(second.bound)} and sampling error"
    if not second.flagged:
        return f"{told}: within the bound"
    own = math.isnan(second.share) or abs(second.share) > second.bound
    return f"{told}: FLAGGED" if own else f"{told}: FLAGGED for a segment"
