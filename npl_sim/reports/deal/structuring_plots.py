"""Figures of a structured deal: what each limit allows, and the frontier of sizes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from npl_sim.core.errors import ProgramError, known
from npl_sim.reports import style
from npl_sim.reports.figure_files import save_each
from npl_sim.reports.formats import money_unit, percent
from npl_sim.securitization.sizing.structuring import Structured

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["frontier_figure", "limits_figure", "save_structuring"]

LEAST_LOSS = 1e-5
"""Expected losses below this are drawn at it on a scale of powers of ten."""


def _new(size: tuple[float, float], rows: int = 1, columns: int = 1) -> tuple[Figure, Any]:
    from matplotlib.figure import Figure

    drawing = Figure(figsize=size, layout="constrained")
    return drawing, drawing.subplots(rows, columns, squeeze=False)


def limits_figure(result: Structured) -> Figure:
    """Draw how large each sized tranche could be for each of its limits alone.

    Parameters
    ----------
    result
        A structured deal with sized tranches.
    """
    sized = result.sizing.sized
    counts = [len(s.readings) for s in sized]
    with style.look(fonts=True):
        from matplotlib.figure import Figure

        drawing = Figure(
            figsize=(9.0, 1.3 + 0.42 * sum(counts) + 0.7 * len(sized)), layout="constrained"
        )
        axes = drawing.subplots(
            len(sized), 1, squeeze=False, height_ratios=[c + 0.5 for c in counts]
        )
        for ax, s in zip(axes[:, 0], sized, strict=True):
            unit = money_unit(s.balance.value, result.deal.currency)
            most = 2.2 * s.unrounded
            order = sorted(range(len(s.alone)), key=lambda i: -s.alone[i])
            for y, i in enumerate(order):
                length = min(s.alone[i], most)
                color = style.VERMILLION if i == s.number else style.SKY
                ax.barh(y, length / unit.size, color=color, height=0.68)
                beyond = s.alone[i] > most
                text = f"more than {unit.show(most)}" if beyond else unit.show(s.alone[i])
                ax.annotate(
                    text,
                    (length / unit.size, y),
                    xytext=(5, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=9,
                )
            ax.axvline(s.balance.value / unit.size, color=style.BLACK, linewidth=1.2)
            ax.set_yticks(range(len(order)), [s.readings[i].text for i in order])
            ax.set_xlim(0, 1.28 * most / unit.size)
            ax.grid(False)
            ax.grid(True, axis="x")
            ax.set_xlabel(f"Size that the limit allows by itself [{unit.name}]")
            ax.set_title(f"{s.tranche}: {unit.show(s.balance.value)}, bound by {s.binding}")
    return drawing


def frontier_figure(result: Structured) -> Figure:
    """Draw cost of funds, expected loss and cash at closing by the size of a tranche.

    Parameters
    ----------
    result
        A structured deal with a frontier.
    """
    table, structure = result.frontier, result.deal.structure
    table = known(table, "table")
    structure = known(structure, "structure")
    if structure.frontier is None:
        raise ProgramError("structure.frontier is missing; expected a value by earlier checks")
    name = structure.frontier.tranche
    unit = money_unit(float(table["cash"].max()), result.deal.currency)
    size = 100.0 * table["share_of_pool"].to_numpy()
    found = [s for s in result.sizing.sized if s.tranche == name]
    efficient = table["efficient"].to_numpy(dtype=bool)
    panels = (
        ("Cost of funds of the notes sold", "cost_of_funds", 100.0, "% a year", style.BLUE),
        (f"Expected loss of {name}", "expected_loss", 100.0, "% of balance", style.VERMILLION),
        ("Cash at closing", "cash", 1.0 / unit.size, unit.name, style.GREEN),
    )
    with style.look(fonts=True):
        drawing, axes = _new((12.5, 4.2), 1, 3)
        for ax, (title, column, factor, label, color) in zip(axes[0], panels, strict=True):
            values, errors = (factor * table[c].to_numpy() for c in (column, f"{column}_se"))
            if column == "expected_loss":
                _on_powers(ax, size, values, errors, color, efficient)
            else:
                ax.fill_between(
                    size,
                    values - 1.96 * errors,
                    values + 1.96 * errors,
                    color=style.tint(color, 0.3),
                    linewidth=0,
                )
                ax.plot(size, values, color=color)
                ax.plot(size[efficient], values[efficient], "o", color=color, markersize=4.5)
                ax.plot(
                    size[~efficient],
                    values[~efficient],
                    "o",
                    markerfacecolor="white",
                    color=color,
                    markersize=4.5,
                )
            if found:
                ax.axvline(
                    100.0 * found[0].balance.value / result.deal.pool_balance,
                    color=style.GREY,
                    ls="--",
                    linewidth=1.2,
                )
            ax.set_title(title)
            ax.set_ylabel(f"[{label}]")
            ax.set_xlabel(f"Size of {name} [% of the pool]")
        from matplotlib.lines import Line2D

        handles = [
            Line2D([], [], color=style.BLACK, marker="o", ls="none", markersize=4.5),
            Line2D(
                [],
                [],
                color=style.BLACK,
                marker="o",
                markerfacecolor="white",
                ls="none",
                markersize=4.5,
            ),
            Line2D([], [], color=style.GREY, ls="--"),
        ]
        labels = [
            "efficient: no other size is as good in all three and better in one",
            "not efficient",
            "size found by the limits",
        ]
        count = 3 if found else 2
        drawing.legend(handles[:count], labels[:count], loc="outside lower center", ncols=count)
    return drawing


def _on_powers(
    ax: Any,
    size: np.ndarray,
    values: np.ndarray,
    errors: np.ndarray,
    color: str,
    efficient: np.ndarray,
) -> None:
    """Draw losses on a scale of powers of ten; those that no scenario shows as triangles at the lower edge."""
    least = 100.0 * LEAST_LOSS
    seen = values > least
    low = np.maximum(values - 1.96 * errors, least)
    ax.fill_between(
        size[seen],
        low[seen],
        (values + 1.96 * errors)[seen],
        color=style.tint(color, 0.3),
        linewidth=0,
    )
    ax.plot(size[seen], values[seen], color=color)
    for good, face in ((efficient, color), (~efficient, "white")):
        told, below = seen & good, ~seen & good
        ax.plot(size[told], values[told], "o", color=color, markerfacecolor=face, markersize=4.5)
        ax.plot(
            size[below],
            np.full(below.sum(), least),
            "v",
            color=color,
            markerfacecolor=face,
            markersize=5,
        )
    if (~seen).any():
        ax.annotate(
            f"below {percent(LEAST_LOSS, 3)}",
            (size[~seen][0], least),
            xytext=(0, 9),
            textcoords="offset points",
            fontsize=8.5,
        )
    ax.set_yscale("log")
    ax.yaxis.set_major_formatter(lambda y, _: f"{y:g}")


def drawings(result: Structured) -> dict[str, Callable[[], Figure]]:
    """Return what draws each figure of a sized deal, by name."""
    made: dict[str, Callable[[], Figure]] = {}
    if result.sizing.sized:
        made["limits"] = lambda: limits_figure(result)
    if result.frontier is not None:
        made["frontier"] = lambda: frontier_figure(result)
    return made


def save_structuring(
    result: Structured, folder: Path, failed: list[str] | None = None
) -> list[Path]:
    """Write the figures of a structured deal and return their files.

    Parameters
    ----------
    result
        A structured deal.
    folder
        Folder to write to; made where it does not exist.
    failed
        Takes a message for each figure that cannot be drawn; none: the first such fault is raised.
    """
    return save_each(drawings(result), folder, failed=failed)
