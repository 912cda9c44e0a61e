"""Parts that figures share: stacked bars, quantile bands, axes of amounts and of shares."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from npl_sim.core.language import gettext as _
from npl_sim.reports import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINE = "#4D4D4D"
"""Color of axes and of thin lines."""

Series = tuple[str, str, np.ndarray]
"""Label, color and amounts."""


def stacked_bars(
    ax: Axes, left: np.ndarray, width: np.ndarray | float, series: Iterable[Series]
) -> list[Any]:
    """Draw stacked bars, positive amounts upwards and negative ones downwards.

    Each series is one collection, which is faster to draw than one patch for each bar.

    Parameters
    ----------
    ax
        Axes to draw on.
    left, width
        Left edge and width of each bar.
    series
        What is stacked; each sign is stacked by itself.

    Returns
    -------
    list
        Handle of each series for a legend.
    """
    from matplotlib.collections import PolyCollection

    right = left + width
    up, down = np.zeros(len(left)), np.zeros(len(left))
    handles: list[Any] = []
    for label, color, amounts in series:
        above, below = np.maximum(amounts, 0.0), np.minimum(amounts, 0.0)
        corners = []
        for base, amount in ((up, above), (down, below)):
            x = np.stack([left, right, right, left], axis=1)
            y = np.stack([base, base, base + amount, base + amount], axis=1)
            corners.append(np.stack([x, y], axis=2)[amount != 0.0])
        bars = PolyCollection(
            list(np.concatenate(corners)),
            facecolors=color,
            edgecolors="white",
            linewidths=0.4,
            label=label,
        )
        handles.append(ax.add_collection(bars))
        up, down = up + above, down + below
    ax.autoscale_view()
    ax.use_sticky_edges = False
    ax.margins(y=0.06)
    ax.axhline(0.0, color=LINE, linewidth=0.8)
    return handles


def band_levels(levels: Sequence[float]) -> list[tuple[float, float]]:
    """Return the pairs of levels that lie as far from 0 as from 1, the widest first."""
    ordered = sorted(levels)
    return [
        (p, 1.0 - p) for p in ordered if p < 0.5 and any(abs(1.0 - p - q) < 1e-9 for q in ordered)
    ]


def quantile_bands(
    ax: Axes,
    x: Any,
    bands: Sequence[tuple[float, float, Any, Any]],
    color: str,
    tints: tuple[float, float] = (0.25, 0.5),
) -> None:
    """Draw nested bands between quantiles: low level, high level, low values, high values."""
    first, more = tints
    for i, (low, high, bottom, top) in enumerate(bands, 1):
        ax.fill_between(
            x,
            bottom,
            top,
            color=style.tint(color, first + more * i / len(bands)),
            linewidth=0,
            label=_("{low:g}% to {high:g}% of scenarios").format(low=100 * low, high=100 * high),
        )


def amount_axis(axis: Any) -> None:
    """Mark amounts with thousands separators on an axis."""
    axis.set_major_formatter(lambda value, _: f"{value:,g}")


def percent_axis(axis: Any, scale: float = 1.0) -> None:
    """Mark an axis in percent; `scale` is 100 where its values are shares of 1."""
    axis.set_major_formatter(lambda value, _: f"{scale * value:.3g}%")


def horizontal_bars(ax: Axes, names: Sequence[str], label: str) -> None:
    """Set up the axes of horizontal bars, the first on top."""
    ax.set_yticks(range(len(names)), list(names))
    ax.invert_yaxis()
    ax.grid(axis="x")
    ax.grid(visible=False, axis="y")
    amount_axis(ax.xaxis)
    ax.set_xlabel(label)


def grouped_bars(
    ax: Axes,
    series: Sequence[tuple[str, str, np.ndarray]],
    texts: Sequence[Sequence[str]],
    height: float,
    clear: bool = False,
) -> tuple[float, float]:
    """Draw horizontal bars side by side, each with its text, and return the range of the amounts.

    Parameters
    ----------
    ax
        Axes to draw on.
    series
        Label, color and amounts, one for each row.
    texts
        Text beside each bar, by series.
    height
        Height of all bars of a row. [share of a row]
    clear
        Whether texts cover the lines behind them.
    """
    each = height / len(series)
    for k, ((label, color, amounts), shown) in enumerate(zip(series, texts, strict=True)):
        at = np.arange(len(amounts)) + (k - (len(series) - 1) / 2.0) * each
        ax.barh(at, amounts, 0.92 * each, color=color, label=label)
        for row, amount, text in zip(at, amounts, shown, strict=True):
            style.beside(ax, text, max(float(amount), 0.0), float(row), clear=clear)
    ax.axvline(0.0, color=LINE, linewidth=0.8)
    every = np.concatenate([amounts for _, _, amounts in series])
    return min(0.0, float(every.min())), max(0.0, float(every.max()))


def only_text(ax: Axes, text: str) -> None:
    """Show a text in place of a figure."""
    ax.text(0.5, 0.5, text, ha="center", transform=ax.transAxes)
    ax.set_axis_off()
