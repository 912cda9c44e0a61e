"""Figures of a deal: balances, cash by step, lives and yields, triggers, coverage."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from npl_sim.core.language import gettext as _
from npl_sim.reports import style
from npl_sim.reports.drawing import (
    amount_axis,
    band_levels,
    only_text,
    percent_axis,
    quantile_bands,
    stacked_bars,
)
from npl_sim.reports.formats import money_unit
from npl_sim.securitization.results import by_date as bydate
from npl_sim.securitization.results.outcome import DealOutcome
from npl_sim.securitization.results.tranche_tables import balance_fan

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


MOST_PANELS, MOST_STEPS = 6, 12
STEP_COLORS = {
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
LINES = (style.BLUE, style.VERMILLION, style.GREEN, "#CC79A7", "#E69F00", style.SKY, style.GRAY)
REST = "#CFC3BC"
COVERS = (
    ("interest_cover", "Interest cover", "cash before interest over interest owed"),
    ("life_cover", "Life cover, where not repaid", "later net cash over balances"),
)
"""Coverage ratios: column, title, formula."""

NARROWEST, HIGHEST = 0.5, 5.0
"""Least width of a histogram [years, % a year]; largest coverage on a linear scale."""


def _fan(ax: Axes, table: Any, levels: tuple[float, ...], scale: float = 1.0) -> None:
    """Draw the quantiles of a table by date as nested bands."""
    bands = [
        (low, high, table[f"{low:g}"] / scale, table[f"{high:g}"] / scale)
        for low, high in band_levels(levels)
    ]
    quantile_bands(ax, table["date"], bands, style.SKY, (0.15, 0.45))


def _shown(outcome: DealOutcome) -> list[str]:
    return list(outcome.run.tranches)[:MOST_PANELS]


def _titles(names: list[str]) -> list[str]:
    return style.printable(names, "tranche")


def _dated(ax: Axes) -> None:
    """Mark years, or months where there are few."""
    from matplotlib import dates

    tools: Any = dates
    locator = tools.AutoDateLocator(minticks=3, maxticks=8)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(tools.ConciseDateFormatter(locator, show_offset=False))


def _below(drawing: Figure, columns: int) -> Figure:
    """Put one legend for all panels below them, and return the figure."""
    found: dict[str, Any] = {}
    for ax in drawing.axes:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    look: dict[str, Any] = {
        "loc": "outside lower left",
        "ncols": columns,
        "frameon": False,
        "fontsize": 9,
    }
    drawing.legend(found.values(), found.keys(), **look)
    return drawing


def balances(outcome: DealOutcome) -> Figure:
    """Draw the balance of each tranche over time: mean and quantiles as a fan."""
    names = _shown(outcome)

    def draw(axes: Any) -> None:
        for ax, name, title in zip(axes.flat, names, _titles(names), strict=True):
            flows = outcome.run.tranches[name]
            unit = money_unit(flows.original, outcome.run.deal.currency)
            fan = balance_fan(outcome.run, name, outcome.levels)
            _fan(ax, fan, outcome.levels, unit.size)
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
            amount_axis(ax.yaxis)
            ax.set_title(_("Balance of {title}").format(title=title))
            _dated(ax)

    return _below(style.panels(len(names), 1, (8.0, 1.0 + 2.2 * len(names)), draw), 3)


@style.figure(size=(9.5, 5.2))
def cash_by_date(outcome: DealOutcome, ax: Axes) -> None:
    """Draw the mean payment of each step by date, stacked."""
    table = bydate.cash_by_step(outcome.run)
    wide = table.pivot_table(index="date", columns=["order", "step"], values="mean", sort=False)
    kinds = table.groupby(["order", "step"], sort=False)[["label", "kind"]].first()
    size = wide.abs().sum()
    largest = set(size[size > 0.0].sort_values(ascending=False).index[:MOST_STEPS])
    unit = money_unit(float(wide.clip(lower=0.0).sum(axis=1).max()), outcome.run.deal.currency)
    days = np.array(wide.index, dtype="datetime64[D]")
    width = 0.8 * float(np.median(np.diff(days).astype(float))) if len(days) > 1 else 30.0
    used: dict[str, int] = {}
    series = []
    rest = np.zeros(len(days))
    for key in wide.columns:
        if key not in largest:
            rest += wide[key].to_numpy()
            continue
        kind = str(kinds.loc[key, "kind"])
        colors = STEP_COLORS[kind]
        color = colors[used.get(kind, 0) % len(colors)]
        used[kind] = used.get(kind, 0) + 1
        accelerated = " (accelerated)" if key[0] != "steps" else ""
        label = style.printable(
            [str(kinds.loc[key, "label"])], _("step {key}").format(key=key[1]), 34
        )[0]
        series.append((label + accelerated, color, wide[key].to_numpy() / unit.size))
    if rest.any():
        series.append((_("all other steps"), REST, rest / unit.size))
    handles = stacked_bars(ax, days.astype(float) - 0.5 * width, width, series)
    ax.xaxis_date()
    _dated(ax)
    amount_axis(ax.yaxis)
    ax.set_ylabel(_("{unit} a payment date").format(unit=unit.name))
    ax.set_title(_("Expected cash by step; below 0: released by a reserve"))
    style.legend_right(ax, handles[::-1], [label for label, _, _ in series][::-1])


def _histogram(
    ax: Axes, values: np.ndarray, color: str, mean: float, title: str, text: str
) -> None:
    """Draw shares of all scenarios; values outside the spread count in the bars at its ends."""
    known = values[np.isfinite(values)]
    if not len(known):
        only_text(ax, _("not defined"))
        ax.set_title(title)
        return
    low, high = float(np.quantile(known, 0.005)), float(np.quantile(known, 0.995))
    if high - low < NARROWEST:
        low, high = (low + high - NARROWEST) / 2.0, (low + high + NARROWEST) / 2.0
    count, edges = np.histogram(np.clip(known, low, high), 30, (low, high))
    share = 100.0 * count / len(values)
    ax.bar(edges[:-1], share, np.diff(edges), align="edge", color=color, linewidth=0)
    percent_axis(ax.yaxis)
    if np.isfinite(mean):
        ax.axvline(mean, color=style.BLACK, lw=1.4)
    ax.set_title(title + text, fontsize=10.5)
    ax.set_ylabel(_("of scenarios"))


def lives_and_yields(outcome: DealOutcome) -> Figure:
    """Draw the distributions of average life and yield of each tranche."""
    names = _shown(outcome)
    green = style.tint(style.GREEN, 0.7)

    def draw(axes: Any) -> None:
        for (left, right), name, title in zip(axes, names, _titles(names), strict=True):
            result, lives = outcome.tranches[name], outcome.lives[name]
            mean = result.wal.value
            text = _(", mean {mean:.2f}").format(mean=mean) if np.isfinite(mean) else ""
            _histogram(
                left, lives, style.SKY, mean, _("{title}: average life").format(title=title), text
            )
            yields, mean = 100.0 * outcome.yields[name], 100.0 * result.yield_of_mean.value
            text = _(", of mean cash {mean:.1f}%").format(mean=mean) if np.isfinite(mean) else ""
            _histogram(right, yields, green, mean, _("{title}: yield").format(title=title), text)
            left.set_xlabel("Years")
            right.set_xlabel(_("% a year (-100: nothing comes back)"))

    return style.panels(len(names), 2, (9.0, 0.6 + 2.5 * len(names)), draw)


@style.figure(size=(8.0, 4.4))
def trigger_chances(outcome: DealOutcome, ax: Axes) -> None:
    """Draw the probability that each trigger is active, by date."""
    table = bydate.triggers_by_date(outcome.run)
    if not outcome.run.deal.event_of_default:
        table = table[table["trigger"] != "accelerated"]
    if table.empty:
        only_text(ax, _("The deal has no triggers"))
        return
    for i, (name, part) in enumerate(table.groupby("trigger", sort=False)):
        dashed = "--" if name == "accelerated" else "-"
        label = style.printable([str(name)], "trigger")[0]
        days = part["date"].to_numpy()
        shares, error = 100.0 * part["active"].to_numpy(), 200.0 * part["se"].to_numpy()
        color = style.BLACK if name == "accelerated" else LINES[i % len(LINES)]
        ax.fill_between(
            days, shares - error, shares + error, color=style.tint(color, 0.2), linewidth=0
        )
        ax.plot(days, shares, color=color, ls=dashed, marker="o", ms=2.5, label=label)
    ax.set_ylim(0.0, 102.0)
    percent_axis(ax.yaxis)
    ax.set_ylabel(_("Scenarios in which it is active"))
    ax.set_title(_("Triggers; bands: two standard errors"))
    _dated(ax)
    style.legend_below(ax, columns=3)


def cover(outcome: DealOutcome) -> Figure:
    """Draw the coverage of the most senior tranche by date, and the medians of the others."""
    table = bydate.cover_by_date(outcome.run, outcome.levels)
    table = table[table["defined"] >= 0.01]
    names = _shown(outcome)

    def draw(axes: Any) -> None:
        for ax, (measure, title, ratio) in zip(axes[0], COVERS, strict=True):
            rows = table[table["measure"] == measure]
            for i, (name, label) in enumerate(zip(names, _titles(names), strict=True)):
                part = rows[rows["tranche"] == name]
                if part.empty:
                    continue
                if name == names[0]:
                    _fan(ax, part, outcome.levels)
                median = part["0.5"].where(part["0.5"] > 0.0)  # a log scale has no 0
                color = LINES[i % len(LINES)]
                ax.plot(
                    part["date"],
                    median,
                    color=color,
                    label=_("Median of {label}").format(label=label),
                )
            ax.axhline(1.0, color=style.BLACK, lw=1.0, ls=":")
            if len(rows):
                top = float(np.nanmax(rows[["0.5"]].to_numpy()))
                if top > 20.0:
                    ax.set_yscale("log")
                    amount_axis(ax.yaxis)
                else:
                    ax.set_ylim(0.0, min(max(2.0, 1.6 * top), HIGHEST))
            ax.set_ylabel(_("times ({ratio})").format(ratio=ratio))
            ax.set_title(title)
            _dated(ax)

    return _below(style.panels(1, 2, (10.0, 4.4), draw), 4)


def drawings(outcome: DealOutcome) -> dict[str, Callable[[], Figure]]:
    """Return what draws each figure of a deal, by name."""
    return {
        "balances": lambda: balances(outcome),
        "cash_by_step": lambda: cash_by_date(outcome),
        "lives_and_yields": lambda: lives_and_yields(outcome),
        "triggers": lambda: trigger_chances(outcome),
        "cover": lambda: cover(outcome),
    }
