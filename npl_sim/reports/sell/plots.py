"""Figures of the seller's book by name."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from npl_sim.core.language import gettext as _
from npl_sim.reports import style
from npl_sim.reports.drawing import LINE, horizontal_bars
from npl_sim.reports.sell.names import step_name
from npl_sim.reports.sell.sentences import unit_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from npl_sim.analysis.seller_book import SellerBook


@style.figure(size=(9.0, 4.6))
def ladder(book: SellerBook, ax: Axes) -> None:
    """Draw the steps from the cash to the reservation price."""
    unit = unit_of(book)
    levels = [0.0, *(step.value / unit.size for step in book.ladder)]
    for i, step in enumerate(book.ladder):
        is_level = not math.isfinite(step.amount)
        start = 0.0 if is_level else levels[i]
        end = levels[i + 1]
        color = style.BLUE if is_level else style.SKY if end >= start else style.VERMILLION
        ax.barh(i, end - start, 0.62, left=start, color=color)
        shown = unit.show(step.value if is_level else step.amount)
        style.beside(ax, shown, max(start, end), float(i))
    ax.axvline(0.0, color=LINE, linewidth=0.8)
    reach = max(levels) - min(0.0, *levels) or 1.0
    ax.set_xlim(min(0.0, *levels) - 0.02 * reach, max(levels) + 0.16 * reach)
    horizontal_bars(ax, [step_name(step.name) for step in book.ladder], unit.name)
    ax.set_title(_("From what keeping is worth to the reservation price"))


@style.figure(size=(8.0, 4.2))
def bids(book: SellerBook, ax: Axes) -> None:
    """Draw the expected bid by required return, and the reservation price."""
    unit, frame = unit_of(book), book.bids
    rates, amounts = 100.0 * frame["rate"], frame["bid"] / unit.size
    ax.plot(rates, amounts, color=style.BLUE)
    error = 1.96 * frame["se"] / unit.size
    ax.fill_between(rates, amounts - error, amounts + error, color=style.SKY, alpha=0.3)
    price = book.hold.reservation.value / unit.size
    ax.axhline(price, color=style.VERMILLION, linewidth=1.2)
    text = _("reservation price {price}").format(price=unit.show(price * unit.size))
    ax.annotate(text, (float(rates.iloc[-1]), price), ha="right", va="bottom")
    ax.plot([100.0 * book.rate], [book.expected_bid.value / unit.size], "o", color=style.BLUE)
    ax.set_xlabel(_("return that a bidder requires [% per year]"))
    ax.set_ylabel(unit.name)
    ax.set_title(_("What bidders would pay"))


FIGURES: dict[str, Callable[[SellerBook], Figure]] = {
    "seller_ladder": ladder,
    "expected_bids": bids,
}
"""Figure by name."""


def drawings(book: SellerBook) -> dict[str, Callable[[], Figure]]:
    """Return what draws each figure of a seller's book, by name."""
    return {name: functools.partial(draw, book) for name, draw in FIGURES.items()}
