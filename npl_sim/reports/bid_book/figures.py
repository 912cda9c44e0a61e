"""Figures of buyer and seller: the steps between their prices, distributions, the buyer's cash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from npl_sim.core.language import gettext as _
from npl_sim.reports import style
from npl_sim.reports.bid_book.money import unit_of
from npl_sim.reports.bid_book.two_sides import yearly
from npl_sim.reports.drawing import LINE, amount_axis, horizontal_bars, percent_axis, stacked_bars
from npl_sim.reports.formats import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from npl_sim.analysis.committee import BidBook


RISE, FALL = style.SKY, style.VERMILLION

GROUPS = (
    (
        "package, after servicing and overheads",
        ("package", "servicing", "levy", "overhead"),
        style.GREEN,
    ),
    ("price and its costs", ("price", "purchase cost"), style.VERMILLION),
    ("debt drawn, less fee", ("debt drawn", "debt fee"), style.SKY),
    ("interest and repayment", ("interest", "repayment"), style.BLUE),
    ("tax", ("tax",), style.ORANGE),
    ("capital charge", ("capital charge",), style.PURPLE),
)
"""Items of the buyer's ledger that are summed in the figure."""


@style.figure(size=(9.0, 4.6))
def price_steps(book: BidBook, ax: Axes) -> None:
    """Draw the steps from the seller's reservation price to the buyer's bid."""
    unit = unit_of(book)
    frame = book.deal.price_steps
    ends = frame["value"].to_numpy(dtype=float) / unit.size
    names = [*(str(s) for s in frame["step"]), _("buyer's bid")]
    causes = ["", *(str(c) for c in frame["cause"].iloc[1:]), ""]
    last = len(names) - 1
    left, right = min(0.0, float(ends.min())), max(0.0, float(ends.max()))
    for row in range(len(names)):
        if row in (0, last):
            amount = ends[0] if row == 0 else ends[-1]
            ax.barh(row, amount, 0.62, color=style.BLUE)
            text = unit.show(amount * unit.size)
            share = book.result.of_gbv(amount * unit.size)
            text += (
                _(" ({share} of GBV)").format(share=percent(share)) if np.isfinite(share) else ""
            )
            style.beside(ax, text, max(amount, 0.0), float(row))
        else:
            start, end = ends[row - 1], ends[row]
            ax.barh(row, end - start, 0.62, left=start, color=RISE if end >= start else FALL)
            sign = "+" if end > start else ""
            text = f"{sign}{unit.show((end - start) * unit.size)}  {causes[row]}"
            style.beside(ax, text, max(start, end), float(row))
        if row < last:
            level = ends[min(row, len(ends) - 1)]
            ax.plot([level, level], [row - 0.31, row + 1.31], color=LINE, linewidth=0.7)
    ax.axvline(0.0, color=LINE, linewidth=0.8)
    reach = right - left or 1.0
    ax.set_xlim(left - 0.02 * reach, right + 0.24 * reach)
    horizontal_bars(ax, names, unit.name)
    ax.set_title(_("From the seller's price to the buyer's bid"))


@style.figure(size=(8.0, 4.2))
def two_sides(book: BidBook, ax: Axes) -> None:
    """Draw the distributions of the buyer's break-even price and of the seller's hold value."""
    unit = unit_of(book)
    before = book.bid.before_information.value
    kept = book.bid.price.value / before if before else 1.0
    sides = (
        (
            _("just earns the buyer's target"),
            book.bid.break_even * kept,
            style.VERMILLION,
            "bid",
            book.bid.price.value,
        ),
        (
            _("as good as holding to the seller"),
            book.keep.prices,
            style.BLUE,
            _("reservation price"),
            book.keep.reservation.value,
        ),
    )
    every = np.concatenate([side[1] for side in sides]) / unit.size
    low, high = float(every.min()), float(every.max())
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-300):
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, 49)
    for i, (name, sample, color, mark, at) in enumerate(sides):
        share = np.histogram(sample / unit.size, edges)[0]
        look: dict[str, Any] = {"color": color, "linewidth": 1.6}
        ax.stairs(share / len(sample), edges, fill=True, color=style.tint(color, 0.25), alpha=0.6)
        ax.stairs(
            share / len(sample),
            edges,
            label=_("Price that is {name}").format(name=name)
            if i
            else _("Price that {name}").format(name=name),
            **look,
        )
        ax.axvline(
            at / unit.size, linestyle="--" if i else "-", label=f"{mark}: {unit.show(at)}", **look
        )
    percent_axis(ax.yaxis, 100.0)
    ax.set_ylabel(_("Share of scenarios"))
    ax.set_xlabel(unit.name)
    amount_axis(ax.xaxis)
    ax.set_title(_("Buyer and seller over all scenarios"))
    style.legend_below(ax, columns=2)


@style.figure(size=(9.0, 4.6))
def buyer_cash(book: BidBook, ax: Axes) -> None:
    """Draw the buyer's expected cash by year at the bid, receipts upwards, payments downwards."""
    unit = unit_of(book)
    ledger = book.bid.ledger
    count = len(yearly(ledger.items["package"]))
    at = np.arange(count)
    amounts = {
        name: sum((yearly(ledger.items[i]) for i in items), np.zeros(count)) / unit.size
        for name, items, _color in GROUPS
    }
    series = [
        (name, color, amounts[name]) for name, _items, color in GROUPS if np.any(amounts[name])
    ]
    stacked_bars(ax, at - 0.4, 0.8, series)
    own = yearly(ledger.own_mean) / unit.size
    ax.plot(
        at, own, color=style.BLACK, linewidth=1.2, marker="o", markersize=3, label=_("own cash")
    )
    ax.plot(
        at, np.cumsum(own), color=LINE, linewidth=1.2, linestyle="--", label=_("own cash to date")
    )
    step = max(1, -(-(count - 1) // 15))
    ticks = [0, *range(step, count, step)]
    ax.set_xticks(ticks, ["closing", *(f"{i}" for i in ticks[1:])])
    ax.set_xlabel(_("Year after closing"))
    amount_axis(ax.yaxis)
    ax.set_ylabel(_("{unit} a year").format(unit=unit.name))
    ax.set_title(_("The buyer's expected cash at the bid"))
    style.legend_below(ax, columns=3)
