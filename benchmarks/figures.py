"""Figures of the page of results."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.measure import Times
from npl_sim.layout import TILE
from npl_sim.reports import style

__all__ = ["FIGURES", "save"]

LABELS = {
    "engine": "engine",
    "cpp": "C++ (-O3)",
    "cpp, relaxed": "C++ (-ffast-math)",
    "numpy": "NumPy",
    "plain": "plain Python",
}


def _bars(
    ax: Axes, names: list[str], values: list[float], spans: list[tuple[float, float]] | None = None
) -> None:
    rows = np.arange(len(names))
    error = None if spans is None else np.abs(np.array(spans).T - np.array(values))
    ax.barh(rows, values, 0.6, color=style.BLUE, xerr=error, ecolor=style.BLACK, capsize=2)
    for row, value in zip(rows, values, strict=True):
        shown = f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
        end = value if spans is None else spans[row][1]
        style.beside(ax, shown, end, float(row))
    ax.set_yticks(rows, names)
    ax.invert_yaxis()
    ax.grid(axis="x")
    ax.grid(visible=False, axis="y")


def _peers(axes: Any, found: dict[str, Any]) -> None:
    (ax,) = axes
    peers = found["peers"]
    times = {n: np.array(s) / peers["paths"] for n, s in peers["seconds"].items()}
    times["plain"] = np.array(peers["plain"]) / peers["plain_paths"]
    own = np.median(times["engine"])
    names = [n for n in LABELS if n in times]
    _bars(ax, [LABELS[n] for n in names], [float(np.median(times[n]) / own) for n in names])
    ax.set_xscale("log")
    ax.set_xlim(0.5, 20_000)
    ax.set_xlabel("time per loan-path / engine's; one thread, float64, log scale")
    ax.set_title("The walk of one loan beside its peers")


def _stages(axes: Any, found: dict[str, Any]) -> None:
    left, right = axes
    stages = found["stages"]
    names = list(stages["standing"])
    per = [1e9 * float(np.median(stages["standing"][n])) / stages["paths"][n] for n in names]
    _bars(left, names, per)
    left.set_xlim(0, 1.25 * max(per))
    left.set_xlabel("ns per loan-path")
    left.set_title("Loans by where they stand")
    parts = Times.of(stages["parts"])
    names = [n for n in parts.seconds if n != "whole"]
    saved = [100 * (1 - parts.ratio(n, "whole")) for n in names]
    _bars(right, [f"without {n}" for n in names], saved)
    right.set_xlim(min(0.0, 1.3 * min(saved)), 1.25 * max(saved))
    right.set_xlabel("time saved [% of the whole walk]")
    right.set_title("A part of the work-out left out")


def _scaling(axes: Any, found: dict[str, Any]) -> None:
    scaling = found["scaling"]
    for ax, name, unit, scale in (
        (axes[0], "loans", f"loans, {TILE} scenarios", 1),
        (axes[1], "tiles", "scenarios, 2,000 loans", TILE),
    ):
        x = np.array([int(n) * scale for n in scaling[name]])
        y = np.array([np.median(s) for s in scaling[name].values()])
        ax.plot(x, 1e3 * y, marker="o", color=style.BLUE, label="measured")
        ax.plot(x, 1e3 * y[-1] * x / x[-1], color=style.BLACK, ls="--", lw=0.9, label="linear")
        ax.set_xlabel(unit)
        ax.set_ylabel("ms, one thread")
        ax.set_xlim(left=0)
        ax.set_ylim(bottom=0)
        ax.legend(frameon=False)
    gains = [Times.of(scaling[n]).ratio("1", "2") for n in ("threads", "walk")]
    axes[2].bar(["whole run", "walk alone"], gains, 0.5, color=style.BLUE)
    axes[2].axhline(2.0, color=style.BLACK, ls="--", lw=0.9)
    axes[2].set_ylabel("gain of the second thread")
    for i, gain in enumerate(gains):
        axes[2].text(i, gain / 2, f"{gain:.2f} x", ha="center", color="white")


def _scale(axes: Any, found: dict[str, Any]) -> None:
    sizes = sorted(found["scale"].values(), key=lambda row: (row["loans"], row["scenarios"]))
    series = (
        ("loans", "scenarios", 1_000, "1,000 scenarios, by loans", style.BLUE, "o"),
        ("scenarios", "loans", 10_000, "10,000 loans, by scenarios", style.VERMILLION, "s"),
    )
    for along, fixed, at, label, colour, marker in series:
        rows = [row for row in sizes if row[fixed] == at]
        paths = np.array([row["loans"] * row["scenarios"] for row in rows], dtype=float)
        seconds = np.array([row["seconds"]["simulate"] for row in rows])
        axes[0].plot(paths, seconds, marker=marker, color=colour, label=label)
        x = [row[along] for row in rows]
        peaks = {step: [row["peak_mib"][step] / 1024 for row in rows] for step in ("simulate", "tables")}
        axes[1].plot(x, peaks["simulate"], marker=marker, color=colour, label=f"{label}: simulated")
        axes[1].plot(x, peaks["tables"], marker=marker, color=colour, mfc="white", ls=":", label="... valued")
    least, most = axes[0].get_xlim()
    big = max(sizes, key=lambda row: row["loans"] * row["scenarios"])
    per = big["seconds"]["simulate"] / (big["loans"] * big["scenarios"])
    line = np.array([max(least, 1e5), most])
    axes[0].plot(line, per * line, color=style.BLACK, ls="--", lw=0.9, label="linear")
    axes[0].set_xscale("log")
    axes[0].set_yscale("log")
    axes[0].set_xlabel("loans x scenarios")
    axes[0].set_ylabel("seconds to simulate, 2 threads")
    axes[1].set_xscale("log")
    axes[1].set_ylim(bottom=0)
    axes[1].set_xlabel("loans, or scenarios")
    axes[1].set_ylabel("peak memory of the process, GiB")
    for ax in axes:
        ax.legend(frameon=False)


FIGURES: dict[str, tuple[Callable[[Any, dict[str, Any]], None], int, tuple[float, float]]] = {
    "peers": (_peers, 1, (7.5, 3.0)),
    "stages": (_stages, 2, (10.0, 3.4)),
    "scaling": (_scaling, 3, (11.0, 3.4)),
    "scale": (_scale, 2, (10.0, 3.8)),
}
"""Drawing, number of axes and size in inches, by name of the measurement."""


def save(found: dict[str, Any], records: list[dict[str, Any]], folder: Path) -> None:
    """Draw what has been measured, and the engine's time over the history."""
    folder.mkdir(exist_ok=True)
    for name, (draw, count, size) in FIGURES.items():
        if name not in found:
            continue
        with matplotlib.rc_context(style.SETTINGS):
            figure = Figure(figsize=size, layout="constrained")
            axes = np.atleast_1d(figure.subplots(1, count))
            draw(axes, found)
            style.save(figure, folder / f"{name}.png", 130)
