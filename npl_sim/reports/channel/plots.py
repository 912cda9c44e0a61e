"""Figures of a channel contract: risk by party, variability before and after, cash calls."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from npl_sim.channels.result import ENDINGS, ChannelResult, Version
from npl_sim.channels.retained import MEASURES
from npl_sim.channels.risk_bearers import ACCOUNTS, bearing
from npl_sim.channels.terms.vehicles import BANK
from npl_sim.core.language import gettext as _
from npl_sim.reports import style
from npl_sim.reports.drawing import LINE, amount_axis, horizontal_bars, percent_axis, stacked_bars
from npl_sim.reports.formats import money_unit, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


INVESTOR_COLORS = (style.SKY, style.GREEN, "#44AA99", "#7A8BD0", "#88CCEE", "#117733")
PARTY_COLORS = {
    BANK: style.VERMILLION,
    "channel": "#997700",
    "servicer": style.GRAY,
    "tax": "#CC79A7",
    ACCOUNTS: style.PALE,
}


def _colors(names: Sequence[str]) -> dict[str, str]:
    investors = [name for name in names if name not in PARTY_COLORS]
    return PARTY_COLORS | {
        n: INVESTOR_COLORS[i % len(INVESTOR_COLORS)] for i, n in enumerate(investors)
    }


def _titled(text: str, version: Version) -> str:
    return f"{text}, {version.label}" if version.label else text


@style.figure(size=(9.0, 5.0))
def who_bears(version: Version, ax: Axes, currency: str = "") -> None:
    """Draw the gain or loss of each party against its mean, by scenarios from worst to best.

    Parameters
    ----------
    version
        A measured contract.
    ax
        Axes to draw on; defaults to a new figure.
    currency
        Name of the currency.
    """
    frame = bearing(version.retained)
    names = list(dict.fromkeys(frame["party"]))
    wide = frame.pivot_table(index="part", columns="party", values="deviation", sort=False)[names]
    edges = frame.drop_duplicates("part")
    left, width = edges["from"].to_numpy(), (edges["to"] - edges["from"]).to_numpy()
    unit = money_unit(float(wide.abs().to_numpy().max()), currency)
    colors = _colors(names)
    labels = dict(zip(names, style.printable(names, "party"), strict=True))
    least = 5e-4 * np.abs(wide.to_numpy()).max()
    series = [
        (labels[name], colors[name], wide[name].to_numpy() / unit.size)
        for name in names
        if np.abs(wide[name].to_numpy()).max() >= least or name == BANK
    ]
    stacked_bars(ax, 100.0 * left, 100.0 * width, series)
    middle = 100.0 * (left + width / 2.0)
    ax.plot(
        middle,
        wide.sum(axis=1) / unit.size,
        color=style.BLACK,
        marker="o",
        markersize=3,
        linewidth=1.2,
        label="package",
    )
    ax.set_xlim(0.0, 100.0)
    percent_axis(ax.xaxis)
    amount_axis(ax.yaxis)
    ax.set_xlabel(_("Scenarios, from the package's worst to its best"))
    ax.set_ylabel(_("Present value less its mean [{unit}]").format(unit=unit.name))
    ax.set_title(_titled(_("Risk of the package by party"), version))
    style.legend_below(ax, columns=4)


@style.figure(size=(9.0, 4.8))
def before_after(version: Version, ax: Axes, currency: str = "") -> None:
    """Draw the deviation of the bank's present value, holding the package and under the contract.

    Parameters
    ----------
    version
        A measured contract.
    ax
        Axes to draw on; defaults to a new figure.
    currency
        Name of the currency.
    """
    retained = version.retained
    p = retained.run.outcomes.probability
    series = {"Package kept": retained.before, "After the sale": retained.after}
    away = {name: x - float(np.einsum("s,s->", p, x)) for name, x in series.items()}
    unit = money_unit(max(float(np.abs(x).max()) for x in away.values()) or 1.0, currency)
    colors = {"Package kept": style.SKY, "After the sale": style.VERMILLION}
    widths = {"Package kept": 4.0, "After the sale": 1.6}  # both show where they coincide
    for name, x in away.items():
        order = np.argsort(x, kind="stable")
        level = np.concatenate([[0.0], np.cumsum(p[order])])
        value = np.concatenate([x[order][:1], x[order]]) / unit.size
        ax.step(
            100.0 * level,
            value,
            where="pre",
            color=colors[name],
            label=name,
            linewidth=widths[name],
        )
        ax.fill_between(
            100.0 * level, value, 0.0, step="pre", color=colors[name], alpha=0.15, linewidth=0
        )
    share = retained.share("mean absolute deviation").value
    ax.axhline(0.0, color=LINE, linewidth=0.8)
    ax.set_xlim(0.0, 100.0)
    percent_axis(ax.xaxis)
    amount_axis(ax.yaxis)
    ax.set_xlabel(
        _("Scenarios, each line from its own worst to its best; share by mean absolute deviation")
    )
    ax.set_ylabel(_("Present value less its mean [{unit}]").format(unit=unit.name))
    ax.set_title(
        _titled(_("The bank's variability"), version)
        + _(", {share} stays").format(share=percent(share, 2))
    )
    style.legend_below(ax, columns=2)


@style.figure(size=(9.0, 4.8))
def shares_retained(result: ChannelResult, ax: Axes) -> None:
    """Draw the share of every risk measure that the bank retains.

    Parameters
    ----------
    result
        A measured contract.
    ax
        Axes to draw on; defaults to a new figure.
    """
    names = [name for name in MEASURES if name != "mean absolute deviation"]
    labels = [n.replace("sum of p (x - mean)+", "mean absolute deviation") for n in names]
    height = 0.76 / len(result.versions)
    rows = np.arange(len(names))
    tones = (style.VERMILLION,) if len(result.versions) == 1 else (style.SKY, style.VERMILLION)
    reach = 1.0
    for i, version in enumerate(result.versions):
        found = [version.retained.share(name) for name in names]
        value = np.array([100.0 * e.value for e in found])
        half_widths = [(e.high - e.low) / 2.0 for e in found]
        error = np.array([100.0 * x if math.isfinite(x) else 0.0 for x in half_widths])
        at = rows + (i - (len(result.versions) - 1) / 2.0) * height
        shown = np.nan_to_num(value)
        ax.barh(
            at,
            shown,
            0.92 * height,
            color=tones[i],
            label=version.label.capitalize() or _("After the sale"),
        )
        ax.errorbar(
            shown, at, xerr=error, fmt="none", ecolor=style.BLACK, elinewidth=1.0, capsize=2.0
        )
        for x, y, e, estimate in zip(shown, at, error, found, strict=True):
            style.beside(ax, percent(estimate.value, 1), float(max(x, 0.0) + e), float(y))
        reach = max(reach, float((shown + error).max()) / 100.0)
    terms = result.whole.contract
    thresholds = terms.accounting.thresholds
    lines = (thresholds.transferred_at_most, thresholds.retained_at_least)
    for line in lines:
        ax.axvline(100.0 * line, color=style.BLACK, linestyle="--", linewidth=0.9)
    ax.set_xlim(min(0.0, ax.get_xlim()[0]), 100.0 * max(1.12 * reach, 1.12))
    low, high = (f"{100.0 * line:g}%" for line in lines)
    label = _(
        "Share that stays with the bank; dashed: {low} and {high}, where the verdict turns; "
    ).format(low=low, high=high)
    horizontal_bars(
        ax,
        labels,
        _("{label}whiskers: {confidence}").format(
            label=label, confidence=percent(terms.confidence, 0)
        ),
    )
    percent_axis(ax.xaxis)
    ax.set_title(_("What stays with the bank"))
    if len(result.versions) > 1:
        style.legend_below(ax, columns=2)


@style.figure(size=(9.0, 4.8))
def cash_call_fan(version: Version, ax: Axes, currency: str = "") -> None:
    """Draw the cumulative payments of the bank under its undertakings: mean and quantiles.

    Parameters
    ----------
    version
        A measured contract.
    ax
        Axes to draw on; defaults to a new figure.
    currency
        Name of the currency.
    """
    frame = version.calls.profile
    month = frame["month"].to_numpy()
    unit = money_unit(
        float(frame[["running_0.95", "running_mean"]].to_numpy().max()) or 1.0, currency
    )
    for low, high, strength in (("0.05", "0.95", 0.45), ("0.25", "0.75", 0.8)):
        ax.fill_between(
            month,
            frame[f"running_{low}"] / unit.size,
            frame[f"running_{high}"] / unit.size,
            step="post",
            color=style.tint(style.SKY, strength),
            linewidth=0,
            label=_("{low:g}% to {high:g}% of scenarios").format(
                low=100 * float(low), high=100 * float(high)
            ),
        )
    ax.step(
        month,
        frame["running_mean"] / unit.size,
        where="post",
        color=style.BLUE,
        label=_("Mean paid so far"),
    )
    ax.bar(
        month,
        frame["mean"] / unit.size,
        0.8,
        color=style.VERMILLION,
        label=_("Mean call of the month"),
    )
    style.month_axis(ax, int(month[-1]))
    ax.set_xlim(-0.5, max(int(month[-1]), 1) + 0.5)
    ax.set_ylim(bottom=0.0)
    amount_axis(ax.yaxis)
    ax.set_xlabel(_("Months after closing"))
    ax.set_ylabel(_("Paid under undertakings [{unit}]").format(unit=unit.name))
    ax.set_title(_titled(_("Cash calls on the bank"), version))
    style.legend_below(ax, columns=4)


def drawings(result: ChannelResult) -> dict[str, Callable[[], Figure]]:
    """Return what draws each figure of a contract, by name."""
    made: dict[str, Callable[[], Figure]] = {"shares_retained": lambda: shares_retained(result)}
    single: tuple[tuple[str, Callable[..., Figure]], ...] = (
        ("who_bears", who_bears),
        ("before_after", before_after),
    )
    for version in result.versions:
        ending = ENDINGS[version.label]
        for name, draw in single:
            made[f"{name}{ending}"] = partial(draw, version, currency=result.currency)
        if version.calls.total.max(initial=0.0) > 0.0 and result.outcomes.months > 0:
            made[f"cash_calls{ending}"] = partial(cash_call_fan, version, currency=result.currency)
    return made
