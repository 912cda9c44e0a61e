"""Figures of a deal: balances, where the cash goes, lives and yields, triggers, cover."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from npl_sim.reports import style
from npl_sim.reports.figure_files import save_each
from npl_sim.reports.formats import money_unit
from npl_sim.securitization.results import by_date as bydate
from npl_sim.securitization.results.outcome import DealOutcome
from npl_sim.securitization.results.tranche_tables import balance_fan

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["balances", "cash_by_date", "cover", "lives_and_yields", "save_deal", "trigger_chances"]

MOST_PANELS, MOST_STEPS = 6, 12
STEP_COLOURS = {
    "pay": (
        "#E69F00",
        "#D55E00",
        "#CC6677",
        "#EE8866",
        "#997700",
        "#882255",
        "#F0E442",
        "#661100",
    ),
    "interest": ("#56B4E9", "#0072B2", "#7A8BD0", "#332288"),
    "principal": ("#009E73", "#117733", "#44AA99", "#999933"),
    "reserve": ("#8C8C8C", "#B8C4CC"),
    "excess_share": ("#CC79A7",),
    "residual": ("#AA4499",),
}
LINES = (style.BLUE, style.VERMILLION, style.GREEN, "#CC79A7", "#E69F00", style.SKY, style.GREY)
REST = "#CFC3BC"
NARROWEST, HIGHEST = 0.5, 5.0
"""Least width of a histogram [years, % a year]; largest cover shown where all medians are below 20."""


def _bands(levels: tuple[float, ...]) -> list[tuple[float, float]]:
    return [
        (p, 1.0 - p) for p in levels if p < 0.5 and any(abs(1.0 - p - q) < 1e-9 for q in levels)
    ]


def _fan(
    ax: Axes, x: Any, table: Any, levels: tuple[float, ...], scale: float, colour: str
) -> None:
    """Draw the quantiles of a table as nested bands."""
    bands = _bands(levels)
    for i, (low, high) in enumerate(bands):
        ax.fill_between(
            x,
            table[f"{low:g}"] / scale,
            table[f"{high:g}"] / scale,
            color=style.tint(colour, 0.15 + 0.45 * (i + 1) / len(bands)),
            linewidth=0,
            label=f"{100 * low:g}% to {100 * high:g}% of scenarios",
        )


def _shown(outcome: DealOutcome) -> list[str]:
    return list(outcome.run.tranches)[:MOST_PANELS]


def _titles(names: list[str]) -> list[str]:
    return style.printable(names, "tranche")


def _dated(ax: Axes) -> None:
    """Mark years, or months where there are few."""
    from matplotlib import dates

    locator = dates.AutoDateLocator(minticks=3, maxticks=8)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator, show_offset=False))  # type: ignore[no-untyped-call]


def _below(drawing: Figure, axes: Any, columns: int) -> None:
    """Put one legend for all panels below them."""
    found: dict[str, Any] = {}
    for ax in axes.flat:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    drawing.legend(
        found.values(),
        found.keys(),
        loc="outside lower left",
        ncols=columns,
        frameon=False,
        fontsize=9,
    )


def balances(outcome: DealOutcome) -> Figure:
    """Draw how the balance of each tranche runs off: the mean, and quantiles as a fan."""
    names = _shown(outcome)

    def draw(axes: Any) -> None:
        for ax, name, title in zip(axes.flat, names, _titles(names), strict=True):
            flows = outcome.run.tranches[name]
            unit = money_unit(flows.original, outcome.run.deal.currency)
            fan = balance_fan(outcome.run, name, outcome.levels)
            _fan(ax, fan["date"], fan, outcome.levels, unit.size, style.SKY)
            ax.plot(
                fan["date"],
                fan["0.5"] / unit.size,
                color=style.BLACK,
                ls="--",
                lw=1.2,
                label="Median",
            )
            ax.plot(fan["date"], fan["mean"] / unit.size, color=style.BLUE, label="Mean")
            ax.set_ylim(0.0, 1.05 * flows.original / unit.size or 1.0)
            ax.set_ylabel(unit.name)
            ax.yaxis.set_major_formatter(lambda y, _: f"{y:,g}")
            ax.set_title(f"Balance of {title}")
            _dated(ax)

    drawing = style.panels(len(names), 1, (8.0, 1.0 + 2.2 * len(names)), draw)
    _below(drawing, np.array(drawing.axes), 3)
    return drawing


@style.figure(size=(9.5, 5.2))
def cash_by_date(outcome: DealOutcome, ax: Axes) -> None:
    """Draw what each step pays on each date, in the mean, stacked."""
    table = bydate.cash_by_step(outcome.run)
    wide = table.pivot_table(index="date", columns=["order", "step"], values="mean", sort=False)
    kinds = table.groupby(["order", "step"], sort=False)[["label", "kind"]].first()
    size = wide.abs().sum()
    largest = set(size[size > 0.0].sort_values(ascending=False).index[:MOST_STEPS])
    unit = money_unit(float(wide.clip(lower=0.0).sum(axis=1).max()), outcome.run.deal.currency)
    days = np.array(wide.index, dtype="datetime64[D]")
    width = 0.8 * float(np.median(np.diff(days).astype(float))) if len(days) > 1 else 30.0
    up, down = np.zeros(len(days)), np.zeros(len(days))
    used: dict[str, int] = {}
    handles, labels = [], []

    def bars(amounts: np.ndarray, colour: str, label: str) -> None:
        nonlocal up, down
        above, below = np.maximum(amounts, 0.0) / unit.size, np.minimum(amounts, 0.0) / unit.size
        look: dict[str, Any] = {"color": colour, "edgecolor": "white", "linewidth": 0.3}
        handles.append(ax.bar(days, above, width, bottom=up, **look))  # type: ignore[arg-type]
        if below.any():
            ax.bar(days, below, width, bottom=down, **look)  # type: ignore[arg-type]
        up, down = up + above, down + below
        labels.append(label)

    rest = np.zeros(len(days))
    for key in wide.columns:
        if key not in largest:
            rest += wide[key].to_numpy()
            continue
        kind = str(kinds.loc[key, "kind"])
        colours = STEP_COLOURS[kind]
        colour = colours[used.get(kind, 0) % len(colours)]
        used[kind] = used.get(kind, 0) + 1
        accelerated = " (accelerated)" if key[0] != "steps" else ""
        label = style.printable([str(kinds.loc[key, "label"])], f"step {key[1]}", 34)[0]
        bars(wide[key].to_numpy(), colour, label + accelerated)
    if rest.any():
        bars(rest, REST, "all other steps")
    ax.axhline(0.0, color="#4D4D4D", linewidth=0.8)
    _dated(ax)
    ax.yaxis.set_major_formatter(lambda y, _: f"{y:,g}")
    ax.use_sticky_edges = False
    ax.margins(y=0.06)
    ax.set_ylabel(f"{unit.name} a payment date")
    ax.set_title("Expected cash by step; below 0: released by a reserve")
    style.legend_right(ax, handles[::-1], labels[::-1])


def _histogram(ax: Axes, values: np.ndarray, colour: str, spread: tuple[float, float]) -> None:
    """Draw shares of all scenarios; what lies beyond the spread counts in the bars at its ends."""
    known = values[np.isfinite(values)]
    low, high = spread
    if high - low < NARROWEST:
        low, high = (low + high - NARROWEST) / 2.0, (low + high + NARROWEST) / 2.0
    count, edges = np.histogram(np.clip(known, low, high), 30, (low, high))
    share = 100.0 * count / max(len(values), 1)
    ax.bar(edges[:-1], share, np.diff(edges), align="edge", color=colour, linewidth=0)
    ax.yaxis.set_major_formatter(lambda y, _: f"{y:g}%")


def lives_and_yields(outcome: DealOutcome) -> Figure:
    """Draw the distributions of average life and yield of each tranche."""
    names = _shown(outcome)

    def spread(values: np.ndarray) -> tuple[float, float]:
        known = values[np.isfinite(values)]
        return (
            (float(np.quantile(known, 0.005)), float(np.quantile(known, 0.995)))
            if len(known)
            else (0.0, 0.0)
        )

    def draw(axes: Any) -> None:
        for (left, right), name, title in zip(axes, names, _titles(names), strict=True):
            result = outcome.tranches[name]
            lives, yields = outcome.lives[name], 100.0 * outcome.yields[name]
            for ax, values, colour, mean, what in (
                (left, lives, style.SKY, result.wal.value, "average life"),
                (
                    right,
                    yields,
                    style.tint(style.GREEN, 0.7),
                    100.0 * result.yield_of_mean.value,
                    "yield",
                ),
            ):
                if not np.isfinite(values).any():
                    ax.text(0.5, 0.5, "not defined", ha="center", transform=ax.transAxes)
                    ax.set_axis_off()
                    ax.set_title(f"{title}: {what}")
                    continue
                _histogram(ax, values, colour, spread(values))
                text = ""
                if np.isfinite(mean):
                    text = (
                        f", mean {mean:.2f}"
                        if what == "average life"
                        else f", of mean cash {mean:.1f}%"
                    )
                    ax.axvline(mean, color=style.BLACK, lw=1.4)
                ax.set_title(f"{title}: {what}{text}", fontsize=10.5)
                ax.set_ylabel("of scenarios")
            left.set_xlabel("Years")
            right.set_xlabel("% a year (-100: nothing comes back)")

    return style.panels(len(names), 2, (9.0, 0.6 + 2.5 * len(names)), draw)


@style.figure(size=(8.0, 4.4))
def trigger_chances(outcome: DealOutcome, ax: Axes) -> None:
    """Draw how probable it is that each trigger is active, date by date."""
    table = bydate.triggers_by_date(outcome.run)
    if not outcome.run.deal.event_of_default:
        table = table[table["trigger"] != "accelerated"]
    if table.empty:
        ax.text(0.5, 0.5, "The deal has no triggers", ha="center", transform=ax.transAxes)
        ax.set_axis_off()
        return
    for i, (name, part) in enumerate(table.groupby("trigger", sort=False)):
        dashed = "--" if name == "accelerated" else "-"
        label = style.printable([str(name)], "trigger")[0]
        days = part["date"].to_numpy()
        shares, error = 100.0 * part["active"].to_numpy(), 200.0 * part["se"].to_numpy()
        colour = style.BLACK if name == "accelerated" else LINES[i % len(LINES)]
        ax.fill_between(
            days, shares - error, shares + error, color=style.tint(colour, 0.2), linewidth=0
        )
        ax.plot(days, shares, color=colour, ls=dashed, marker="o", ms=2.5, label=label)
    ax.set_ylim(0.0, 102.0)
    ax.yaxis.set_major_formatter(lambda y, _: f"{y:g}%")
    ax.set_ylabel("Scenarios in which it is active")
    ax.set_title("Triggers; bands: two standard errors")
    _dated(ax)
    style.legend_below(ax, columns=3)


def cover(outcome: DealOutcome) -> Figure:
    """Draw the cover of the most senior tranche with interest by date, and the median of the others."""
    table = bydate.cover_by_date(outcome.run, outcome.levels)
    names = _shown(outcome)
    senior = names[0]

    def draw(axes: Any) -> None:
        for ax, measure, title in zip(
            axes[0],
            ("interest_cover", "life_cover"),
            ("Interest cover", "Life cover, where not repaid"),
            strict=True,
        ):
            for i, (name, label) in enumerate(zip(names, _titles(names), strict=True)):
                part = table[
                    (table["tranche"] == name)
                    & (table["measure"] == measure)
                    & (table["defined"] >= 0.01)
                ]
                if part.empty:
                    continue
                if name == senior:
                    _fan(ax, part["date"], part, outcome.levels, 1.0, style.SKY)
                median = part["0.5"].where(part["0.5"] > 0.0)  # a log scale has no place for 0
                ax.plot(
                    part["date"], median, color=LINES[i % len(LINES)], label=f"Median of {label}"
                )
            ax.axhline(1.0, color=style.BLACK, lw=1.0, ls=":")
            medians = table[(table["measure"] == measure) & (table["defined"] >= 0.01)]
            if len(medians):
                top = float(np.nanmax(medians[["0.5"]].to_numpy()))
                if top > 20.0:
                    ax.set_yscale("log")
                    ax.yaxis.set_major_formatter(lambda y, _: f"{y:g}")
                else:
                    ax.set_ylim(0.0, min(max(2.0, 1.6 * top), HIGHEST))
            what = (
                "cash before interest over interest owed"
                if measure == "interest_cover"
                else "later net cash over balances"
            )
            ax.set_ylabel(f"times ({what})")
            ax.set_title(title)
            _dated(ax)

    drawing = style.panels(1, 2, (10.0, 4.4), draw)
    _below(drawing, np.array(drawing.axes), 4)
    return drawing


def save_deal(
    outcome: DealOutcome, folder: Path, dpi: int = 150, failed: list[str] | None = None
) -> list[Path]:
    """Draw every figure and write it as PNG.

    Parameters
    ----------
    outcome
        What the deal means.
    folder
        Folder to write to; made where it does not exist.
    dpi
        Resolution. [dots per inch]
    failed
        Takes a message for each figure that cannot be drawn; none: the first such fault is raised.

    Returns
    -------
    list of Path
        The files written.
    """
    drawings: dict[str, Callable[[], Figure]] = {
        "balances": lambda: balances(outcome),
        "cash_by_step": lambda: cash_by_date(outcome),
        "lives_and_yields": lambda: lives_and_yields(outcome),
        "triggers": lambda: trigger_chances(outcome),
        "cover": lambda: cover(outcome),
    }
    return save_each(drawings, folder, dpi=dpi, failed=failed)
