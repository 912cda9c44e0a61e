"""The one place that knows how a bid book carries the value by the second method."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol, cast

from npl_sim.reports.formats import percent

if TYPE_CHECKING:
    import pandas as pd

    from npl_sim.analysis.committee import BidBook
    from npl_sim.stats.risk import Estimate

__all__ = ["Second", "second_of", "verdict"]


class Second(Protocol):
    """What a report reads of a second opinion."""

    @property
    def value(self) -> float:
        """Value by the second method. [package currency]"""

    @property
    def difference(self) -> Estimate:
        """Second method less simulated mean. [package currency]"""

    @property
    def share(self) -> float:
        """Difference over the simulated mean; NaN where that is 0."""

    @property
    def bound(self) -> float:
        """Difference beyond sampling error, as a share of the mean, that draws a flag."""

    @property
    def flagged(self) -> bool:
        """Whether the package's difference, or a segment's, draws one."""

    @property
    def by_segment(self) -> pd.DataFrame:
        """The two values by segment."""

    @property
    def by_kind(self) -> pd.DataFrame:
        """The two values by kind of cash."""

    @property
    def worst(self) -> pd.DataFrame:
        """Loans on which the methods differ most."""

    @property
    def limits(self) -> tuple[str, ...]:
        """What the second method leaves out."""


def verdict(second: Second) -> str:
    """Return what the difference of the methods amounts to, in words."""
    size = "" if math.isnan(second.share) else f"{percent(second.share)} of the price; "
    told = f"{size}flagged beyond {percent(second.bound)} and sampling error"
    if not second.flagged:
        return f"{told}: within the bound"
    own = math.isnan(second.share) or abs(second.share) > second.bound
    return f"{told}: FLAGGED" if own else f"{told}: FLAGGED for a segment"


def second_of(book: BidBook) -> Second | None:
    """Return the second opinion of a bid book; None where it was not run."""
    return cast("Second | None", getattr(book, "second", None))
