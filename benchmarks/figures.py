"""Figures of the page of results: points are medians, bars are quartiles, as in the tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from benchmarks.measure import Spread, Times
from benchmarks.provenance import Record, latest
from benchmarks.runtables import PHASES, ready_parts
from benchmarks.scalefigure import draw_scale
from benchmarks.simulationtables import peer_ratios
from npl_sim.core.layout import TILE
from npl_sim.reports import figure_files as drawing
from npl_sim.reports import style

__all__ = ["FIGURES", "save"]

LABELS = {
    "engine": "engine",
    "cpp": "scalar C++ (g++)",
    "cpp, relaxed": "g++ -ffast-math",
    "clang++": "scalar C++ (clang++)",
    "clang++, relaxed": "clang++ -ffast-math",
    "numpy": "NumPy",
    "plain": "plain Python",
}
THOUSANDS = FuncFormatter(lambda x, _: f"{x:,.0f}" if x >= 1 else f"{x:g}")


def _points(ax: Axes, names: Sequence[str], spreads: Sequence[Spread], digits: int) -> None:
    """Draw one point in each row, with its quartiles and its number."""
    rows = np.arange(len(names))
    errors = np.array([s.errors for s in spreads]).T
    values = [s.middle for s in spreads]
    ax.errorbar(
        values,
        rows,
        xerr=errors,
        fmt="o",
        color=style.BLUE,
        ecolor=style.BLUE,
        elinewidth=1.4,
        capsize=3,
    )
    for row, spread in zip(rows, spreads, strict=True):
        places = 0 if spread.middle >= 100 else digits
        style.beside(ax, f"{spread.middle:,.{places}f}", spread.high, float(row), clear=True)
    ax.set_yticks(rows, names)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.grid(axis="x")
    ax.grid(visible=False, axis="y")


def _peers(axes: Sequence[Axes], peers: dict[str, Any]) -> None:
    (ax,) = axes
    ratios = peer_ratios(peers)
    ax.axvline(1.0, color=style.GRAY, lw=0.9)
    _points(ax, [LABELS[n] for n in ratios], list(ratios.values()), 2)
    ax.set_xscale("log")
    ax.set_xlim(0.7, 20_000)
    ax.xaxis.set_major_formatter(THOUSANDS)
    ax.set_xlabel("time per loan path / engine's, log scale; one thread, float64")
    ax.set_title("Simulation time of a loan path by implementation")


def _stages(axes: Sequence[Axes], stages: dict[str, Any]) -> None:
    left, right = axes
    standing, parts = Times(stages["standing"]), Times(stages["parts"])
    each = {n: standing.spread(n, 1e9 / stages["paths"][n]) for n in standing.seconds}
    _points(left, list(each), list(each.values()), 0)
    left.set_xlim(0, 1.2 * max(s.high for s in each.values()))
    left.set_xlabel("ns per loan path")
    left.set_title("Loans by stage at the start")
    names = [n for n in parts.seconds if n != "whole"]
    ratios = [parts.ratio(n, "whole", 100.0) for n in names]
    right.axvline(100.0, color=style.GRAY, lw=0.9)
    _points(right, [f"without {n}" for n in names], ratios, 0)
    right.set_xlim(0, 1.2 * max(s.high for s in ratios))
    right.set_xlabel("time [% of the whole simulation, the line]")
    right.set_title("With one part disabled")


def _against(
    ax: Axes, x: np.ndarray, spreads: Sequence[Spread], label: str, look: dict[str, Any]
) -> None:
    y, errors = [s.middle for s in spreads], np.array([s.errors for s in spreads]).T
    ax.errorbar(x, y, yerr=errors, label=label, capsize=3, elinewidth=1.2, **look)


def _scaling(axes: Sequence[Axes], scaling: dict[str, Any]) -> None:
    blue = {"marker": "o", "color": style.BLUE}
    for ax, name, title, unit, scale in (
        (axes[0], "loans", "Loans", f"loans, {TILE} scenarios", 1),
        (axes[1], "tiles", "Scenarios", "scenarios, 2,000 loans", TILE),
    ):
        times = Times(scaling[name])
        x = np.array([int(n) * scale for n in times.seconds])
        spreads = [times.spread(n, 1e3) for n in times.seconds]
        _against(ax, x, spreads, "measured", blue)
        ax.plot(
            x,
            spreads[-1].middle * x / x[-1],
            color=style.BLACK,
            ls="--",
            lw=0.9,
            label="proportional",
        )
        ax.set_title(title)
        ax.set_xlabel(unit)
        ax.set_ylabel("ms, one thread")
        ax.set_xlim(left=0)
        ax.set_ylim(bottom=0)
        ax.xaxis.set_major_formatter(THOUSANDS)
    axes[0].legend()
    looks = (
        ("threads", "whole run", blue),
        ("kernel", "kernel only", {"marker": "s", "color": style.VERMILLION}),
    )
    for name, label, look in looks:
        times = Times(scaling[name])
        x = np.array([int(n) for n in times.seconds])
        spreads = [times.spread(n) for n in times.seconds]
        _against(axes[2], x, spreads, label, look)
        ideal = "time / threads" if name == "kernel" else None
        axes[2].plot(x, spreads[0].middle / x, color=style.BLACK, ls="--", lw=0.9, label=ideal)
    axes[2].set_title("Threads")
    axes[2].set_xticks(x)
    axes[2].set_xlim(0.8 * x[0], x[-1] + 0.2 * x[0])
    axes[2].set_xlabel("threads, 10,000 loans")
    axes[2].set_ylabel("seconds")
    axes[2].set_ylim(bottom=0)
    axes[2].legend()


def _phases(axes: Sequence[Axes], found: dict[str, Any]) -> None:
    (ax,) = axes
    times = Times(found["seconds"])
    spreads = [times.spread(phase) for phase in PHASES]
    _points(ax, PHASES, spreads, 2)
    ax.set_xlim(0, 1.15 * max(s.high for s in spreads))
    ax.set_xlabel(
        f"seconds; {found['loans']:,} loans x {found['scenarios']:,} scenarios, one thread"
    )
    ax.set_title("Run time by phase")


def _start(axes: Sequence[Axes], found: dict[str, Any]) -> None:
    (ax,) = axes
    times = Times(found["seconds"])
    spreads = {"bare interpreter": times.spread("bare"), "npl-sim --help": times.spread("help")}
    warm = found["warm_runs"]
    spreads["warm process, whole"] = Spread.of([run["whole"] for run in warm])
    spreads |= {f"- {step}": spread for step, spread in ready_parts(warm).items()}
    _points(ax, list(spreads), list(spreads.values()), 2)
    ax.set_xlim(0, 1.15 * max(s.high for s in spreads.values()))
    ax.set_xlabel("seconds, machine code cached")
    ax.set_title("Start-up to the first tile")


def _history(axes: Sequence[Axes], runs: list[Record]) -> None:
    own = [Times(run["results"]["peers"]["seconds"]) for run in runs]
    x = np.arange(len(runs))
    blue = {"marker": "o", "color": style.BLUE}
    each = [
        t.spread("engine", 1e9 / r["results"]["peers"]["paths"])
        for t, r in zip(own, runs, strict=True)
    ]
    _against(axes[0], x, each, "engine", blue)
    axes[0].set_title("Time of the engine by commit")
    axes[0].set_ylabel("ns per loan path, one thread")
    axes[0].set_ylim(bottom=0)
    beside = [n for n, t in enumerate(own) if "cpp" in t.seconds]
    axes[1].axhline(1.0, color=style.GRAY, lw=0.9, label="equal")
    _against(axes[1], x[beside], [own[n].ratio("engine", "cpp") for n in beside], "ratio", blue)
    axes[1].legend()
    axes[1].set_title("Compared with scalar C++")
    axes[1].set_ylabel("engine's time / C++'s (g++)")
    for ax in axes:
        ax.set_xticks(x, [run["commit"][:8] for run in runs], rotation=30, ha="right")
        ax.set_xlim(-0.5, len(runs) - 0.5)


class Drawing(NamedTuple):
    """How a figure is drawn: function, number of axes, size [inches] and alternative text."""

    draw: Callable[[Sequence[Axes], Any], None]
    axes: int
    size: tuple[float, float]
    text: str


FIGURES = {
    "peers": Drawing(_peers, 1, (7.5, 3.0), "Simulation time of a loan path by implementation"),
    "history": Drawing(
        _history, 2, (9.0, 3.4), "Time of the engine by commit, and compared with C++"
    ),
    "stages": Drawing(_stages, 2, (10.0, 3.4), "Time by stage"),
    "scaling": Drawing(_scaling, 3, (11.0, 3.6), "Time by loans, scenarios and threads"),
    "phases": Drawing(_phases, 1, (7.5, 3.4), "Run time by phase"),
    "scale": Drawing(draw_scale, 3, (12.0, 3.8), "Time and memory of large packages"),
    "start": Drawing(_start, 1, (7.5, 3.2), "Start-up time by step"),
}
"""Figures by name."""


def save(records: list[Record], folder: Path) -> frozenset[str]:
    """Draw the last result of each measurement, and the history if it has two records.

    Returns the names of the figures.
    """
    folder.mkdir(exist_ok=True)
    drawn: dict[str, Any] = {name: found.results for name, found in latest(records).items()}
    if "warm_runs" not in drawn.get("start", {}):
        # Early records hold no steps.
        drawn.pop("start", None)
    measured = [record for record in records if "peers" in record["results"]]
    if len(measured) > 1:
        drawn["history"] = measured
    for name in FIGURES.keys() & drawn.keys():
        draw, count, size, _ = FIGURES[name]
        with matplotlib.rc_context(style.SETTINGS):
            figure = Figure(figsize=size, layout="constrained")
            draw(np.atleast_1d(figure.subplots(1, count)), drawn[name])
            drawing.save(figure, folder / f"{name}.png", 130)
    return frozenset(FIGURES.keys() & drawn.keys())
