"""Figures of a bid book by name, with their descriptions."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from npl_sim.reports.bid_book import figures, sensitivity_figures
from npl_sim.reports.price import histogram, plots

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from npl_sim.analysis.committee import BidBook


FIGURES: dict[str, tuple[Callable[[BidBook], Figure], str]] = {
    "price_distribution": (
        lambda book: histogram.price_distribution(
            book.result, bid=("The buyer's bid", book.bid.price.value)
        ),
        "Histogram of the price with its mean, the buyer's bid, and the mean of the worst "
        "scenarios.",
    ),
    "recovery": (
        lambda book: plots.recovery_fan(book.result),
        "Cumulative recovery by month in percent of gross book value: mean receipts, mean "
        "after costs, and quantile bands.",
    ),
    "two_sides": (
        figures.two_sides,
        "Two histograms over scenarios: prices that just earn the buyer's target, and prices as "
        "good as holding to the seller.",
    ),
    "bridge": (
        figures.price_steps,
        "Waterfall from the seller's reservation price to the buyer's bid; the table gives "
        "every step.",
    ),
    "buyer_cash": (
        figures.buyer_cash,
        "Bars of the buyer's expected cash by year at the bid, by kind, with its own cash and "
        "own cash to date as lines.",
    ),
    "tornado": (
        sensitivity_figures.tornado,
        "Bars of the price when one input moves down or up, largest swing on top.",
    ),
    "heat_map": (
        sensitivity_figures.heat_map,
        "Grid of the price by required return and horizon, with a frame around the study's "
        "own cell.",
    ),
    "stresses": (
        sensitivity_figures.stresses,
        "Bars of mean price, bid and mean of the worst scenarios in the study and in each stress.",
    ),
    "segments": (
        sensitivity_figures.segments,
        "Bars by segment: share of gross book value, of price, of bid and of the loss in the "
        "tail.",
    ),
    "factors": (
        sensitivity_figures.factors,
        "Bars by systematic factor: share of the variance of the price, and share of what the "
        "worst scenarios fall short.",
    ),
}
"""Figure and alternative text by name."""


def drawings(book: BidBook) -> dict[str, Callable[[], Figure]]:
    """Return what draws each figure of a bid book, by name."""
    return {name: functools.partial(draw, book) for name, (draw, _) in FIGURES.items()}
