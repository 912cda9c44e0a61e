"""Figures of a priced package.

Each function takes a `PriceDistribution` and optional axes, and returns the figure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from npl_sim.core.language import gettext as _
from npl_sim.core.layout import KIND_IS_INFLOW, Kind, Stage
from npl_sim.reports import style
from npl_sim.reports.drawing import (
    LINE,
    amount_axis,
    band_levels,
    horizontal_bars,
    only_text,
    percent_axis,
    quantile_bands,
    stacked_bars,
)
from npl_sim.reports.formats import money_unit, percent
from npl_sim.reports.price.histogram import price_distribution
from npl_sim.valuation.price import PriceDistribution
from npl_sim.valuation.recovery import level_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SMALLEST_SHARE = 0.01
MOST_BARS = 12


@style.figure()
def recovery_fan(result: PriceDistribution, ax: Axes) -> None:
    """Draw cumulative recovery by month: means, and the quantiles after costs as a fan.

    Parameters
    ----------
    result
        A priced package.
    ax
        Axes to draw on; defaults to a new figure.
    """
    if result.gbv <= 0.0:
        only_text(ax, _("No gross book value"))
        return
    curve, beside = (result.recovery[result.recovery["measure"] == m] for m in ("net", "gross"))
    month = curve["month"].to_numpy()
    bands = [
        (low, high, 100.0 * curve[level_name(low)], 100.0 * curve[level_name(high)])
        for low, high in band_levels(result.pricing.quantiles)
    ]
    quantile_bands(ax, month, bands, style.SKY)
    ax.plot(month, 100.0 * curve["mean"], color=style.BLUE, label=_("Mean, after costs"))
    ax.plot(month, 100.0 * beside["mean"], color=style.BLACK, ls="--", label=_("Mean, receipts"))
    for frame, color in ((curve, style.BLUE), (beside, style.BLACK)):
        last = frame["mean"].iloc[-1]
        style.beside(ax, percent(last), float(month[-1]), 100.0 * last, color)
    style.month_axis(ax, result.flows.months)
    ax.axhline(0.0, color=LINE, linewidth=0.8)
    percent_axis(ax.yaxis)
    ax.set_ylabel(_("Cumulative cash [% of GBV]"))
    ax.set_title(_("Cumulative recovery, undiscounted; bands: after costs"))
    style.legend_below(ax, columns=3)


@style.figure(size=(9.0, 4.8))
def cash_by_kind(result: PriceDistribution, ax: Axes) -> None:
    """Draw expected cash by kind over time: receipts upwards, costs downwards, net as a line."""
    months = result.flows.months
    width, per = (
        (1, "month") if months <= 36 else (3, "quarter") if months <= 144 else (12, "year")
    )
    # Month 0 is part of the first bar.
    number = np.maximum(np.arange(months + 1) - 1, 0) // width
    binned = np.zeros((number[-1] + 1, len(Kind)))
    np.add.at(binned, number, result.flows.mean_by_kind.sum(axis=2))
    at = (np.arange(len(binned)) + 0.5) * width
    series = _merge_small(binned)
    largest = max((float(np.abs(amount).max()) for _, _, amount in series), default=0.0)
    unit = money_unit(largest, result.currency)
    # A refund of costs is a positive amount of a cost: each sign is stacked on its own side.
    scaled = [(name, color, amount / unit.size) for name, color, amount in series]
    handles = stacked_bars(ax, at - 0.46 * width, 0.92 * width, scaled)
    net = binned.sum(axis=1) / unit.size
    handles += ax.plot(at, net, color=style.BLACK, linewidth=1.2, marker="o", markersize=2.5)
    style.month_axis(ax, len(binned) * width)
    amount_axis(ax.yaxis)
    ax.set_ylabel(f"{unit.name} a {per}")
    ax.set_title(_("Expected cash by kind, undiscounted"))
    style.legend_right(ax, handles, [name for name, _, _ in series] + ["net"])


def _merge_small(binned: np.ndarray) -> list[tuple[str, str, np.ndarray]]:
    """Return name, color and amounts of each kind, with small ones of a side together."""
    series = []
    for inflow, other, color in (
        (True, _("other receipts"), style.OTHER_RECEIPT),
        (False, _("other costs"), style.OTHER_COST),
    ):
        kinds = [k for k in Kind if KIND_IS_INFLOW[k] == inflow]
        size = {k: float(np.abs(binned[:, k]).sum()) for k in kinds}
        total = sum(size.values())
        shown = [k for k in kinds if size[k] >= SMALLEST_SHARE * total > 0.0]
        rest = [k for k in kinds if 0.0 < size[k] < SMALLEST_SHARE * total]
        if len(rest) == 1:
            shown, rest = sorted(shown + rest), []
        series += [(style.readable(k), style.KIND_COLORS[k], binned[:, k]) for k in shown]
        if rest:
            series.append((other, color, binned[:, rest].sum(axis=1)))
    return series


@style.figure()
def value_by(result: PriceDistribution, ax: Axes) -> None:
    """Draw present value and GBV of each segment of the package, or of each group without any.

    Parameters
    ----------
    result
        A priced package.
    ax
        Axes to draw on; defaults to a new figure.
    """
    by = "segment" if "segment" in result.breakdowns else "group"
    frame = result.breakdowns[by].sort_values("gbv", ascending=False, kind="stable")
    given = [str(name) for name in frame[by]]
    names = style.printable(given, by)
    numbered = any(style.printable([name], by) == [f"{by} 1"] for name in given)
    gbv, pv = frame["gbv"].to_numpy(), frame["pv"].to_numpy()
    if len(names) > MOST_BARS:
        keep = MOST_BARS - 1
        names = [*names[:keep], _("{names} others").format(names=len(names) - keep)]
        gbv, pv = (np.append(x[:keep], x[keep:].sum()) for x in (gbv, pv))
    unit = money_unit(float(max(np.abs(gbv).max(), np.abs(pv).max())), result.currency)
    row = np.arange(len(names))
    ax.barh(row, gbv / unit.size, 0.72, color=style.PALE, label=_("Gross book value"))
    ax.barh(row, pv / unit.size, 0.40, color=style.BLUE, label=_("Mean present value"))
    for i in row:
        of_gbv = percent(pv[i] / gbv[i]) if gbv[i] > 0.0 else ""
        text = f"{unit.show(pv[i])}  ({of_gbv})" if of_gbv else unit.show(pv[i])
        style.beside(ax, text, max(gbv[i], pv[i], 0.0) / unit.size, float(i))
    reach = float(max(gbv.max(), pv.max(), 0.0)) / unit.size
    ax.set_xlim(min(0.0, 1.05 * float(pv.min()) / unit.size), 1.22 * reach or 1.0)
    ax.axvline(0.0, color=LINE, linewidth=0.8)
    label = _("{unit}; beside each bar: present value (% of GBV)").format(unit=unit.name)
    if numbered:
        label += _(
            "\nno font for some names: each {by} is numbered by its GBV, largest first"
        ).format(by=by)
    horizontal_bars(ax, names, label)
    ax.set_title(_("Value by {by}").format(by=_(by)))
    style.legend_below(ax, columns=2, down=0.22 if numbered else 0.16)


@style.figure(size=(9.0, 4.8))
def stage_gbv(result: PriceDistribution, ax: Axes) -> None:
    """Draw the mean gross book value in each stage at the end of each month."""
    amounts = result.flows.stage_gbv
    unit = money_unit(float(amounts.sum(axis=0).max(initial=0.0)), result.currency)
    shown = [stage for stage in Stage if np.abs(amounts[stage]).max() > 0.0] or [Stage.CLOSED]
    areas = ax.stackplot(
        np.arange(amounts.shape[1]),
        [amounts[stage] / unit.size for stage in shown],
        colors=[style.STAGE_COLORS[stage] for stage in shown],
        edgecolor="white",
        linewidth=0.5,
    )
    style.month_axis(ax, result.flows.months)
    ax.set_ylim(bottom=0.0)
    amount_axis(ax.yaxis)
    ax.set_ylabel(_("Gross book value [{unit}]").format(unit=unit.name))
    ax.set_title(_("Gross book value by stage"))
    style.legend_right(ax, areas[::-1], [style.readable(stage) for stage in shown[::-1]])


def drawings(result: PriceDistribution) -> dict[str, Callable[[], Figure]]:
    """Return what draws each figure of a priced package, by name."""
    return {
        "price_distribution": lambda: price_distribution(result),
        "recovery": lambda: recovery_fan(result),
        "cash_by_kind": lambda: cash_by_kind(result),
        "value_by_segment": lambda: value_by(result),
        "gbv_by_stage": lambda: stage_gbv(result),
    }
