"""Figure of the price distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from npl_sim.core.language import gettext as _
from npl_sim.reports import style
from npl_sim.reports.formats import Unit, money_unit, percent
from npl_sim.stats.sample import Sample
from npl_sim.valuation.price import PriceDistribution

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def _marked(result: PriceDistribution) -> tuple[str, float]:
    """Return name and amount of the price marked beside the mean."""
    if result.buyer_bid is not None:
        return _("The buyer's bid"), result.buyer_bid.value
    return _("Value at {target_irr}").format(
        target_irr=percent(result.target_irr)
    ), result.value_at_target.value


@style.figure(size=(8.0, 5.0))
def price_distribution(
    result: PriceDistribution, ax: Axes, bid: tuple[str, float] | None = None
) -> None:
    """Draw the distribution of the price with its mean, bid, expected shortfall and quantiles.

    Parameters
    ----------
    result
        A priced package.
    ax
        Axes to draw on; defaults to a new figure.
    bid
        Name and amount of the bid; defaults to the bid of the study's buyer, or the value at the
        target return. [package currency]
    """
    name, amount = bid or _marked(result)
    unit = money_unit(float(np.abs(result.pv).max()), result.currency)
    pv = result.pv / unit.size
    share, edges = bins_of(pv, result.sample)
    ax.bar(
        edges[:-1], share, np.diff(edges), align="edge", color=style.SKY, alpha=0.75, linewidth=0
    )
    top = float(share.max())
    marks = (
        ("Mean", result.mean.value, style.BLACK, "-"),
        (name, amount, style.VERMILLION, "--"),
        (
            _("Mean of worst {shortfall_level}").format(
                shortfall_level=percent(result.pricing.shortfall_level, 0)
            ),
            result.expected_shortfall.value,
            style.BLUE,
            ":",
        ),
    )
    for label, value, color, line in marks:
        label += f": {unit.show(value)}"
        if result.gbv > 0.0:
            label += _(" ({of_gbv} of GBV)").format(of_gbv=percent(result.of_gbv(value)))
        # Lines start at 0: the strip of quantiles below stays free.
        look: dict[str, Any] = {"color": color, "linestyle": line, "linewidth": 1.6}
        ax.plot([value / unit.size] * 2, [0.0, 1.08 * top], label=label, **look)
    ax.set_ylim(-0.15 * top, 1.08 * top)
    shown = [*edges, result.mean.value / unit.size, amount / unit.size]
    pad = 0.03 * (max(shown) - min(shown))
    ax.set_xlim(min(shown) - pad, max(shown) + pad)
    _quantile_strip(ax, result, unit, top)
    ax.set_yticks([tick for tick in ax.get_yticks() if 0.0 <= tick <= 1.08 * top])
    ax.yaxis.set_major_formatter(lambda y, _: f"{100.0 * y:.3g}%")
    ax.set_ylabel(_("Share of scenarios"))
    rate = percent(result.pricing.required_return)
    ax.set_xlabel(_("Present value at {rate} [{unit}]").format(rate=rate, unit=unit.name))
    title = _("Price distribution, {scenarios:,} scenarios").format(scenarios=result.scenarios)
    if result.gbv > 0.0:
        factor = unit.size / result.gbv * 100.0
        above = ax.secondary_xaxis("top", functions=_scaling(factor))
        above.set_xlabel(_("% of GBV"), fontsize=9, color="#4D4D4D")
    ax.set_title(title)
    style.legend_below(ax, columns=2)


def _scaling(factor: float) -> Any:
    """Return the multiplication by a factor and its inverse."""
    return (lambda x: x * factor, lambda x: x / factor)


def bins_of(values: np.ndarray, sample: Sample) -> tuple[np.ndarray, np.ndarray]:
    """Return weighted shares and edges; bins by Freedman and Diaconis, between 12 and 80 of them.

    Parameters
    ----------
    values
        Shape (scenarios,) or (scenarios, draws).
    sample
        Weighted scenarios.
    """
    low, high = float(values.min()), float(values.max())
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        half = 0.01 * max(abs(high), 1.0)
        return np.array([1.0]), np.array([low - half, high + half])
    quarter = sample.quantile(values, 0.75).value - sample.quantile(values, 0.25).value
    width = 2.0 * quarter / values.size ** (1.0 / 3.0)
    bins = int(np.clip((high - low) / width, 12, 80)) if width > 0.0 else 30
    return np.histogram(values, bins, weights=sample.weights_of(values))


def _quantile_strip(ax: Axes, result: PriceDistribution, unit: Unit, top: float) -> None:
    """Draw nested quantile ranges below the histogram, with names where they fit."""
    levels = sorted(result.quantiles)
    at = {level: result.quantiles[level].value / unit.size for level in levels}
    pairs = list(zip(levels, reversed(levels), strict=True))[: len(levels) // 2]
    for i, (low, high) in enumerate(pairs):
        height = (0.028 + 0.022 * i) * top
        ax.barh(
            -0.045 * top,
            at[high] - at[low],
            height,
            left=at[low],
            color=style.tint(style.BLUE, 0.2 + 0.5 * (i + 1) / len(pairs)),
            linewidth=0,
        )
    left, right = ax.get_xlim()
    space = 0.045 * (right - left)
    # The middle comes first: of crowded levels the outer ones have no name.
    named: list[float] = []
    for level in sorted(levels, key=lambda p: abs(p - 0.5)):
        if all(abs(at[level] - at[other]) >= space for other in named):
            named.append(level)
    for level in named:
        text = f"{100.0 * level:.3g}%"
        ax.plot([at[level]] * 2, [-0.085 * top, -0.005 * top], color=style.BLUE, linewidth=1.0)
        ax.text(at[level], -0.095 * top, text, ha="center", va="top", fontsize=8, color=style.BLUE)
