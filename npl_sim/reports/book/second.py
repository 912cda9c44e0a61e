"""The one place that knows how a bid book carries the value by the second method."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    import pandas as pd

    from npl_sim.analysis.committee import BidBook
    from npl_sim.stats.risk import Estimate

__all__ = ["Second", "second_of"]


class Second(Protocol):
    """What a report reads of a second opinion."""

    @property
    def value(self) -> float:
        """Value by the second method. [package currency]"""

    @property
    def difference(self) -> Estimate:
        """Simulation less second method. [package currency]"""

    @property
    def share(self) -> float:
        """Difference as a share of the simulated price."""

    @property
    def bound(self) -> float:
        """Share beyond which it draws a flag."""

    @property
    def flagged(self) -> bool:
        """Whether it does."""

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


def second_of(book: BidBook) -> Second | None:
    """Return the second opinion of a bid book; None where it was not run."""
    return cast("Second | None", getattr(book, "second", None))
