"""Figures of cash against the plan: cumulative receipts in the band of the plan, ratios."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from npl_sim.analysis.track.tracking import Tracking
from npl_sim.core.language import gettext as _
from npl_sim.reports import style
from npl_sim.reports.drawing import LINE, amount_axis, percent_axis, quantile_bands
from npl_sim.reports.track.names import attribute_name, cell_name
from npl_sim.reports.track.sentences import unit_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEVELS = (0.05, 0.25, 0.75, 0.95)
"""Levels of the band of the plan."""

MONTHS_AHEAD = 24
"""Most months after the last whole month that are drawn."""


def cumulative(found: Tracking) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the months drawn, the plan's mean, and its quantiles of cumulative receipts."""
    last = min(found.plan.months, found.plan.elapsed + MONTHS_AHEAD)
    running = np.cumsum(found.plan.receipts[:, 1 : last + 1], axis=1)
    running = np.concatenate([np.zeros((len(running), 1)), running], axis=1)
    sample = found.plan.sample
    return np.arange(last + 1), sample.average(running), sample.quantiles(running, LEVELS)


@style.figure()
def cumulative_receipts(found: Tracking, ax: Axes) -> None:
    """Draw cumulative receipts: actual, forecast, and the band of the plan.

    Parameters
    ----------
    found
        A tracked package.
    ax
        Axes to draw on; defaults to a new figure.
    """
    unit = unit_of(found)
    months, mean, quantiles = cumulative(found)
    low, quarter, three, high = quantiles / unit.size
    bands = [(0.05, 0.95, low, high), (0.25, 0.75, quarter, three)]
    quantile_bands(ax, months, bands, style.SKY)
    ax.plot(months, mean / unit.size, color=style.BLUE, label=_("Plan, mean"))
    receipts, _costs = found.actual.by_month()
    actual = np.concatenate([[0.0], np.cumsum(receipts)]) / unit.size
    last = found.plan.elapsed
    if found.forecast.receipts is not None:
        rest = np.cumsum(found.forecast.receipts[last + 1 : len(months)]) / unit.size
        line = np.concatenate([[actual[-1]], actual[-1] + rest])
        ax.plot(months[last:], line, color=style.BLACK, ls="--", label=_("Forecast"))
    ax.plot(months[: last + 1], actual, color=style.BLACK, lw=2.4, label=_("Actual"))
    ax.set_title(_("Cumulative receipts against the plan"))
    ax.set_ylabel(unit.name)
    amount_axis(ax.yaxis)
    style.month_axis(ax, int(months[-1]))
    ax.set_ylim(bottom=0.0)
    style.legend_below(ax, 3)


@style.figure()
def ratio_by_vintage(found: Tracking, ax: Axes) -> None:
    """Draw actual over plan by vintage, with the 5 % to 95 % range of the plan.

    Parameters
    ----------
    found
        A tracked package.
    ax
        Axes to draw on; defaults to a new figure.
    """
    splits = found.plan.splits
    attribute = "vintage" if "vintage" in splits else next(iter(splits), "month")
    cells = found.comparison.of(attribute)
    cells = cells[cells["plan"] > 0.0]
    at = np.arange(len(cells))
    plan = cells["plan"].to_numpy(dtype=np.float64)
    low, high = cells["low"].to_numpy() / plan, cells["high"].to_numpy() / plan
    ax.vlines(at, low, high, color=style.SKY, lw=9, label=_("Plan, 5% to 95% of scenarios"))
    ratio = cells["ratio"].to_numpy(dtype=np.float64)
    alarm = cells["alarm"].to_numpy(dtype=bool)
    ax.plot(at[~alarm], ratio[~alarm], "o", color=style.BLACK, label=_("Actual over plan"))
    if alarm.any():
        ax.plot(at[alarm], ratio[alarm], "D", color=style.VERMILLION, ms=8, label=_("Alarm"))
    ax.axhline(1.0, color=LINE, linewidth=0.8)
    names = [cell_name(attribute, name) for name in cells["name"]]
    ax.set_xticks(at, style.printable(names, attribute_name(attribute)))
    ax.set_title(_("Receipts to date over plan"))
    ax.set_xlabel(attribute_name(attribute))
    percent_axis(ax.yaxis, 100.0)
    ax.set_ylim(bottom=min(0.0, float(ratio.min(initial=0.0))))
    style.legend_below(ax, 3)


def drawings(found: Tracking) -> dict[str, Callable[[], Figure]]:
    """Return what draws each figure, by name."""
    return {
        "cumulative_receipts": functools.partial(cumulative_receipts, found),
        "ratio_by_vintage": functools.partial(ratio_by_vintage, found),
    }
