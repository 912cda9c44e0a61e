"""Figure of sizes: time and memory by loans and scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator

from npl_sim.reports import style

__all__ = ["draw_scale"]

Row = dict[str, Any]

SERIES = (
    ("loans", "scenarios", 1_000, style.BLUE, "o"),
    ("scenarios", "loans", 10_000, style.VERMILLION, "s"),
)
"""Growing quantity, fixed quantity, its value, color and marker."""


def draw_scale(axes: Sequence[Axes], sizes: dict[str, Row]) -> None:
    """Draw time by loan paths, and peak memory by loans and by scenarios."""
    rows = list(sizes.values())
    _seconds(axes[0], rows)
    for ax, series in zip(axes[1:], SERIES, strict=True):
        _memory(ax, rows, *series)
    tops = [ax.get_ylim()[1] for ax in axes[1:]]
    for ax in axes[1:]:
        ax.set_ylim(0, max(tops))
    for ax in axes:
        ax.set_xscale("log")
        low, high = ax.get_xlim()
        # A single point spans no decade.
        ax.set_xlim(low / 2.0, high * 2.0)
        ax.xaxis.set_minor_locator(LogLocator(subs=(0.1,)))


def _along(rows: list[Row], along: str, fixed: str, at: int) -> list[Row]:
    return sorted((r for r in rows if r[fixed] == at), key=lambda r: r[along])


def _paths(rows: list[Row]) -> np.ndarray:
    return np.array([row["loans"] * row["scenarios"] for row in rows], dtype=float)


def _simulated(rows: list[Row]) -> list[float]:
    return [row["seconds"]["simulate"] for row in rows]


def _seconds(ax: Axes, rows: list[Row]) -> None:
    shown: list[Row] = []
    for along, fixed, at, color, marker in SERIES:
        own = _along(rows, along, fixed, at)
        shown += own
        if own:
            label = f"{at:,} {fixed}, more {along}"
            ax.plot(_paths(own), _simulated(own), marker=marker, color=color, label=label)
    rest = [row for row in rows if row not in shown]
    if rest:
        ax.plot(_paths(rest), _simulated(rest), "D", color=style.GREEN, label="other sizes")
    big = max(rows, key=lambda row: row["loans"] * row["scenarios"])
    line = np.sort(_paths(rows))
    per = big["seconds"]["simulate"] / line[-1]
    ax.plot(line, per * line, color=style.BLACK, ls="--", lw=0.9, label="proportional")
    threads = sorted({row["threads"] for row in rows})
    ax.set_yscale("log")
    ax.set_title("Time")
    ax.set_xlabel("loans x scenarios")
    ax.set_ylabel(f"seconds to simulate, {' or '.join(map(str, threads))} threads")
    ax.legend(loc="upper left")


def _memory(
    ax: Axes, rows: list[Row], along: str, fixed: str, at: int, color: str, marker: str
) -> None:
    own = _along(rows, along, fixed, at)
    x = [row[along] for row in own]
    for step, label, look in (
        ("simulate", "simulated", {"zorder": 3}),
        ("tables", "valued", {"mfc": "white", "ls": ":", "ms": 9, "zorder": 2}),
    ):
        peak = [row["peak_mib"][step] / 1024 for row in own]
        ax.plot(x, peak, marker=marker, color=color, label=label, **look)
    ax.set_title(f"Memory by {along}")
    ax.set_xlabel(f"{along}, {at:,} {fixed}")
    ax.set_ylabel("peak of the process, GiB")
    ax.legend(loc="upper left")
