"""Figure of capital claimed against capital earned."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from npl_sim.capital.relief import CapitalView
from npl_sim.core.language import gettext as _
from npl_sim.reports import style
from npl_sim.reports.formats import money_unit, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes


ROWS = ("Before the transfer", "After it, as claimed", "After it, as earned")
WIDEST = 96


@style.figure(size=(9.0, 4.4))
def capital_figure(result: CapitalView, ax: Axes, currency: str = "") -> None:
    """Draw capital before a transfer, after it as claimed, and after it by the rules.

    Parameters
    ----------
    result
        Capital effect of the transfer.
    ax
        Axes to draw on; defaults to a new figure.
    currency
        Name of the currency.
    """
    before, claimed, earned = (
        result.in_capital(rwa) for rwa in (result.before, result.claimed, result.earned)
    )
    largest = max(before, claimed, earned)
    unit = money_unit(largest, currency)
    left = (before, claimed, min(claimed, earned))
    denied = max(earned - claimed, 0.0)
    relief = (0.0, max(before - claimed, 0.0), max(before - max(earned, claimed), 0.0))
    tops = (before, claimed, left[2] + denied)
    ax.barh(
        ROWS, [x / unit.size for x in left], color=style.BLUE, height=0.55, label=_("Capital held")
    )
    ax.barh(
        ROWS[2:],
        [denied / unit.size],
        left=[left[2] / unit.size],
        color=style.VERMILLION,
        height=0.55,
        label=_("Relief claimed and denied"),
    )
    ax.barh(
        ROWS,
        [x / unit.size for x in relief],
        left=[x / unit.size for x in tops],
        color=style.tint(style.SKY, 0.35),
        height=0.55,
        label="Relief",
    )
    for row, total in enumerate((before, claimed, earned)):
        share = (
            _(" ({total} of before)").format(total=percent(total / before))
            if row and before > 0.0
            else ""
        )
        end = (tops[row] + relief[row]) / unit.size
        style.beside(ax, f"{unit.show(total)}{share}", end, row)
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)
    ax.set_xlim(0.0, 1.3 * largest / unit.size if largest > 0.0 else 1.0)
    ax.xaxis.set_major_formatter(lambda x, _: f"{x:,g}")
    ax.set_xlabel(
        _("Capital at {capital_ratio} of risk-weighted assets [{unit}]").format(
            capital_ratio=percent(result.capital_ratio), unit=unit.name
        )
    )
    note = _binding(result)
    ax.set_title(_("Capital claimed and earned"), pad=12.0 + 12.0 * (1 + note.count("\n")))
    ax.annotate(
        note, (0.0, 1.0), (0, 8), xycoords="axes fraction", textcoords="offset points", fontsize=9
    )
    style.legend_below(ax, columns=3, down=0.22)


def _binding(result: CapitalView) -> str:
    rules = "; ".join(dict.fromkeys(step.paragraph for step in result.binding))
    return "\n".join(
        textwrap.wrap(_("What is earned is set by: {rules}").format(rules=rules), WIDEST)
    )
