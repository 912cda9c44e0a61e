"""Figures of sensitivities, stresses and concentration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from npl_sim.core.language import gettext as _
from npl_sim.reports import style
from npl_sim.reports.bid_book.money import unit_of
from npl_sim.reports.bid_book.sensitivities import setting_text
from npl_sim.reports.drawing import LINE, grouped_bars, horizontal_bars
from npl_sim.reports.formats import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from npl_sim.analysis.committee import BidBook


MOST_SEGMENTS = 10


@style.figure(size=(8.0, 4.2))
def tornado(book: BidBook, ax: Axes) -> None:
    """Draw the price under each one-at-a-time change, largest swing on top."""
    unit = unit_of(book)
    frame = book.tornado
    names = list(dict.fromkeys(frame["lever"]))
    middle = float((frame["price"] - frame["change"]).iloc[0]) / unit.size
    reach = max(float(frame["change"].abs().max()) / unit.size, 1e-12)
    for row, name in enumerate(names):
        ends = frame[frame["lever"] == name]
        if not ends["change"].any():
            style.beside(ax, _("no effect"), middle, float(row))
            continue
        for r in ends.itertuples(index=False):
            change = r.change / unit.size
            ax.barh(
                row,
                change,
                0.6,
                left=middle,
                color=style.SKY if change >= 0.0 else style.VERMILLION,
            )
            side = "left" if change >= 0.0 else "right"
            at: dict[str, Any] = {
                "xytext": (4 if change >= 0.0 else -4, 0),
                "textcoords": "offset points",
            }
            text = setting_text(r.unit, r.setting)
            ax.annotate(text, (middle + change, row), ha=side, va="center", fontsize=9, **at)
    ax.axvline(middle, color=LINE, linewidth=0.8)
    ax.set_xlim(middle - 1.55 * reach, middle + 1.55 * reach)
    horizontal_bars(
        ax,
        names,
        _("Mean price [{unit}]; {middle} as the study stands").format(
            unit=unit.name, middle=unit.show(middle * unit.size)
        ),
    )
    ax.set_title(_("One input at a time"))


@style.figure(size=(8.0, 4.6))
def heat_map(book: BidBook, ax: Axes) -> None:
    """Draw the price by required return and horizon, with a frame around the study's own cell."""
    unit, grid = unit_of(book), book.grid
    price = grid.price / unit.size
    picture = ax.imshow(price, aspect="auto", cmap="cividis")
    low, high = float(price.min()), float(price.max())
    for (i, j), value in np.ndenumerate(price):
        dark = value < 0.5 * (low + high)
        ax.text(
            j,
            i,
            unit.show(value * unit.size),
            ha="center",
            va="center",
            fontsize=9,
            color="white" if dark else "black",
        )
    own = np.flatnonzero(np.isclose(grid.returns, book.result.pricing.required_return, atol=1e-9))
    if len(own):
        from matplotlib.patches import Rectangle

        corner = (len(grid.horizons) - 1.5, float(own[0]) - 0.5)
        ax.add_patch(
            Rectangle(corner, 1, 1, fill=False, edgecolor=style.VERMILLION, linewidth=2.4)
        )
    ax.set_xticks(range(len(grid.horizons)), [str(m) for m in grid.horizons])
    ax.set_yticks(range(len(grid.returns)), [percent(r) for r in grid.returns])
    ax.grid(visible=False)
    ax.set_xlabel(_("Months after which cash no longer counts"))
    ax.set_ylabel(_("Required return"))
    found = ax.get_figure(root=True)
    if found is not None:
        found.colorbar(
            picture, ax=ax, label=_("Mean price [{unit}]").format(unit=unit.name), pad=0.02
        )
    ax.set_title(_("Price by required return and horizon; framed: the study"))


@style.figure(size=(8.0, 4.2))
def stresses(book: BidBook, ax: Axes) -> None:
    """Draw price, bid and tail in each named stress."""
    unit, frame = unit_of(book), book.stresses
    names = style.printable([style.readable(s) for s in frame["stress"]], "stress")
    worst = percent(book.result.pricing.shortfall_level, 0)
    series = [
        (label, color, frame[column].to_numpy(dtype=float) / unit.size)
        for column, label, color in (
            ("price", _("Mean price"), style.BLUE),
            ("bid", "Bid", style.VERMILLION),
            ("shortfall", _("Mean of worst {worst}").format(worst=worst), style.SKY),
        )
    ]
    texts = [[unit.show(x * unit.size) for x in amounts] for _, _, amounts in series]
    low, high = grouped_bars(ax, series, texts, 0.8, clear=True)
    ask = book.keep.reservation.value / unit.size
    ax.axvline(
        ask,
        color=style.BLACK,
        linewidth=1.0,
        linestyle=":",
        zorder=0.9,
        label=_("Seller's reservation price, as the study stands"),
    )
    low, high = min(low, ask), max(high, ask)
    ax.set_xlim(low, high + 0.1 * (high - low or 1.0))
    horizontal_bars(ax, names, unit.name)
    ax.set_title(_("Named stresses side by side"))
    style.legend_below(ax, columns=2)


def _few(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the largest segments by GBV, the rest as one row."""
    if len(frame) <= MOST_SEGMENTS:
        return frame
    keep, rest = frame.iloc[: MOST_SEGMENTS - 1], frame.iloc[MOST_SEGMENTS - 1 :]
    sums = rest.drop(columns="segment").sum()
    return pd.concat(
        [keep, pd.DataFrame([{"segment": _("{rest} others").format(rest=len(rest)), **sums}])],
        ignore_index=True,
    )


@style.figure(size=(8.0, 4.2))
def segments(book: BidBook, ax: Axes) -> None:
    """Draw the share of each segment of GBV, price, bid and loss in the tail."""
    frame = _few(book.by_segment)
    names = style.printable([str(s) for s in frame["segment"]], "segment")
    series = (
        ("GBV", frame["gbv"], style.PALE),
        ("price", frame["mean"], style.BLUE),
        ("bid", frame["bid_cents"], style.SKY),
        (_("loss in the tail"), frame["mean"] - frame["shortfall"], style.VERMILLION),
    )
    totals = [float(amounts.sum()) for _, amounts, _ in series]
    shares = [
        amounts.to_numpy(dtype=float) / total if total else np.zeros(len(frame))
        for (_, amounts, _), total in zip(series, totals, strict=True)
    ]
    drawn = [
        (_("Share of {label}").format(label=label), color, 100.0 * share)
        for (label, _amounts, color), share in zip(series, shares, strict=True)
    ]
    texts = [[percent(x) for x in share] for share in shares]
    low, high = grouped_bars(ax, drawn, texts, 0.84)
    ax.set_xlim(1.1 * low, high + 0.1 * (high - low or 1.0))
    horizontal_bars(ax, names, _("% of the package"))
    ax.set_title(_("Value and risk by segment"))
    style.legend_below(ax, columns=4)


@style.figure(size=(8.0, 4.0))
def factors(book: BidBook, ax: Axes) -> None:
    """Draw the share of each systematic factor of the variance and of the tail."""
    # Factors that could not be distinguished have no bars.
    frame = book.factors[book.factors["tail"].notna()]
    gap = float(frame["tail"].sum())
    tail = frame["tail"].to_numpy(dtype=float) / gap if gap else np.zeros(len(frame))
    worst = percent(book.result.pricing.shortfall_level, 0)
    series = (
        (_("Share of the variance"), frame["share_of_variance"].to_numpy(dtype=float), style.SKY),
        (
            _("Share of what the worst {worst} fall short of the mean").format(worst=worst),
            tail,
            style.VERMILLION,
        ),
    )
    drawn = [(label, color, 100.0 * values) for label, values, color in series]
    texts = [[percent(x) for x in values] for _, values, _ in series]
    low, high = grouped_bars(ax, drawn, texts, 0.8)
    ax.set_xlim(1.05 * low, high + 0.1 * (high - low or 1.0))
    names = [
        str(f).replace(" a line ", " a line\n").replace(" scenarios, ", " scenarios,\n")
        for f in frame["factor"]
    ]
    horizontal_bars(ax, names, "%")
    ax.set_title(_("What drives the spread and the tail of the price"))
    style.legend_below(ax, columns=2)
