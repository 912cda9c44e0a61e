"""Figures of a structured deal: size by limit, and the frontier of sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from npl_sim.core.errors import known
from npl_sim.core.language import gettext as _
from npl_sim.reports import style
from npl_sim.reports.drawing import amount_axis
from npl_sim.reports.formats import money_unit, percent
from npl_sim.securitization.sizing.structuring import Structured

if TYPE_CHECKING:
    from matplotlib.figure import Figure


LEAST_LOSS = 1e-5
"""Expected losses below this are drawn at it on a scale of powers of ten."""


def limits_figure(result: Structured) -> Figure:
    """Draw the size of each sized tranche that each of its limits allows alone.

    Parameters
    ----------
    result
        A structured deal with sized tranches.
    """
    from matplotlib.figure import Figure

    sized = result.sizing.sized
    counts = [len(s.readings) for s in sized]
    height = 1.3 + 0.42 * sum(counts) + 0.7 * len(sized)
    with style.look(fonts=True):
        drawing = Figure(figsize=(9.0, height), layout="constrained")
        ratios = [c + 0.5 for c in counts]
        axes = drawing.subplots(len(sized), 1, squeeze=False, height_ratios=ratios)
        for ax, s in zip(axes[:, 0], sized, strict=True):
            unit = money_unit(s.balance.value, result.deal.currency)
            most = 2.2 * s.unrounded
            order = sorted(range(len(s.alone)), key=lambda i: -s.alone[i])
            for y, i in enumerate(order):
                length = min(s.alone[i], most)
                color = style.VERMILLION if i == s.number else style.SKY
                ax.barh(y, length / unit.size, color=color, height=0.68)
                beyond = s.alone[i] > most
                text = (
                    _("more than {most}").format(most=unit.show(most))
                    if beyond
                    else unit.show(s.alone[i])
                )
                style.beside(ax, text, length / unit.size, y)
            ax.axvline(s.balance.value / unit.size, color=style.BLACK, linewidth=1.2)
            ax.set_yticks(range(len(order)), [s.readings[i].text for i in order])
            ax.set_xlim(0, 1.28 * most / unit.size)
            ax.grid(False)
            ax.grid(True, axis="x")
            ax.set_xlabel(
                _("Size that the limit allows by itself [{unit}]").format(unit=unit.name)
            )
            ax.set_title(
                _("{tranche}: {balance}, bound by {binding}").format(
                    tranche=s.tranche, balance=unit.show(s.balance.value), binding=s.binding
                )
            )
    return drawing


def frontier_figure(result: Structured) -> Figure:
    """Draw cost of funds, expected loss and cash at closing by the size of a tranche.

    Parameters
    ----------
    result
        A structured deal with a frontier.
    """
    table = known(result.frontier, "frontier")
    structure = known(result.deal.structure, "structure")
    name = known(structure.frontier, "structure.frontier").tranche
    unit = money_unit(float(table["cash"].max()), result.deal.currency)
    size = 100.0 * table["share_of_pool"].to_numpy()
    found = [s for s in result.sizing.sized if s.tranche == name]
    efficient = table["efficient"].to_numpy(dtype=bool)
    panels = (
        (_("Cost of funds of the notes sold"), "cost_of_funds", 100.0, _("% a year"), style.BLUE),
        (
            _("Expected loss of {name}").format(name=name),
            "expected_loss",
            100.0,
            _("% of balance"),
            style.VERMILLION,
        ),
        (_("Cash at closing"), "cash", 1.0 / unit.size, unit.name, style.GREEN),
    )

    def draw(axes: Any) -> None:
        for ax, (title, column, factor, label, color) in zip(axes[0], panels, strict=True):
            values, errors = (factor * table[c].to_numpy() for c in (column, f"{column}_se"))
            least = 100.0 * LEAST_LOSS if column == "expected_loss" else -np.inf
            _panel(ax, (size, values, errors), color, efficient, least)
            if found:
                share = 100.0 * found[0].balance.value / result.deal.pool_balance
                ax.axvline(share, color=style.GRAY, ls="--", linewidth=1.2)
            ax.set_title(title)
            ax.set_ylabel(f"[{label}]")
            ax.set_xlabel(_("Size of {name} [% of the pool]").format(name=name))

    drawing = style.panels(1, 3, (12.5, 4.2), draw)
    _legend(drawing, with_size=bool(found))
    return drawing


def _legend(drawing: Figure, with_size: bool) -> None:
    from matplotlib.lines import Line2D

    mark: dict[str, Any] = {"color": style.BLACK, "marker": "o", "ls": "none", "markersize": 4.5}
    handles = {
        "efficient: no other size is as good in all three and better in one": Line2D(
            [], [], **mark
        ),
        "not efficient": Line2D([], [], markerfacecolor="white", **mark),
        "size found by the limits": Line2D([], [], color=style.GRAY, ls="--"),
    }
    count = 3 if with_size else 2
    with style.look(fonts=True):
        drawing.legend(
            list(handles.values())[:count],
            list(handles)[:count],
            loc="outside lower center",
            ncols=count,
        )


def _panel(
    ax: Any,
    data: tuple[np.ndarray, np.ndarray, np.ndarray],
    color: str,
    efficient: np.ndarray,
    least: float,
) -> None:
    """Draw values by size with errors; triangles show values below `least` on a log scale."""
    size, values, errors = data
    seen = values > least
    low, high = np.maximum(values - 1.96 * errors, least), values + 1.96 * errors
    tint = style.tint(color, 0.3)
    ax.fill_between(size[seen], low[seen], high[seen], color=tint, linewidth=0)
    ax.plot(size[seen], values[seen], color=color)
    for good, face in ((efficient, color), (~efficient, "white")):
        look: dict[str, Any] = {"color": color, "markerfacecolor": face}
        for kept, y, marker, large in (
            (seen & good, values, "o", 4.5),
            (~seen & good, np.full(len(size), least), "v", 5.0),
        ):
            ax.plot(size[kept], y[kept], marker, markersize=large, **look)
    if (~seen).any():
        text = _("below {least_loss}").format(least_loss=percent(LEAST_LOSS, 3))
        at = {"xytext": (0, 9), "textcoords": "offset points", "fontsize": 8.5}
        ax.annotate(text, (size[~seen][0], least), **at)
    if np.isfinite(least):
        ax.set_yscale("log")
        amount_axis(ax.yaxis)


def drawings(result: Structured) -> dict[str, Callable[[], Figure]]:
    """Return what draws each figure of a sized deal, by name."""
    made: dict[str, Callable[[], Figure]] = {}
    if result.sizing.sized:
        made["limits"] = lambda: limits_figure(result)
    if result.frontier is not None:
        made["frontier"] = lambda: frontier_figure(result)
    return made
