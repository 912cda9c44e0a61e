"""Verdict on the difference between simulation and second method, in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from npl_sim.reports.formats import fixed, percent

if TYPE_CHECKING:
    from npl_sim.analysis.independence import SecondOpinion


MOST = 4
"""Most differences that are named; the rest are counted."""


def verdict(second: SecondOpinion) -> str:
    """Return the verdict on the difference of the methods in words."""
    size = "" if math.isnan(second.share) else f"{percent(second.share)} of the price, "
    size += "" if math.isnan(second.z) else f"z {fixed(second.z, 1)}; "
    sentence = (
        f"{size}flagged where |z| > {fixed(second.critical, 1)} and beyond {percent(second.bound)}"
    )
    found = [f"FLAGGED: {_named(second.differs)}"] if second.flagged else []
    if second.unknown:
        found.append(f"error not known, so not determined: {_named(second.unknown)}")
    if not found:
        return f"{sentence}: the methods agree for the package, by segment and by kind of cash"
    return f"{sentence}: {'; '.join(found)}"


def _named(places: tuple[str, ...]) -> str:
    more = len(places) - MOST
    return ", ".join(places[:MOST]) + (f" and {more} more" if more > 0 else "")
