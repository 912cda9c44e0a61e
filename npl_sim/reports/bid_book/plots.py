"""Figures of a bid book by name."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from npl_sim.reports.bid_book import figures, sensitivity_figures
from npl_sim.reports.price import histogram, plots

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from npl_sim.analysis.committee import BidBook


FIGURES: dict[str, Callable[[BidBook], Figure]] = {
    "price_distribution": lambda book: histogram.price_distribution(
        book.result, bid=("The buyer's bid", book.bid.price.value)
    ),
    "recovery": lambda book: plots.recovery_fan(book.result),
    "two_sides": figures.two_sides,
    "bridge": figures.price_steps,
    "buyer_cash": figures.buyer_cash,
    "tornado": sensitivity_figures.tornado,
    "heat_map": sensitivity_figures.heat_map,
    "stresses": sensitivity_figures.stresses,
    "segments": sensitivity_figures.segments,
    "factors": sensitivity_figures.factors,
}
"""Figures by name."""


def drawings(book: BidBook) -> dict[str, Callable[[], Figure]]:
    """Return what draws each figure of a bid book, by name."""
    return {name: functools.partial(draw, book) for name, draw in FIGURES.items()}
