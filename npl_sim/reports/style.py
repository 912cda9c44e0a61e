"""Style of all figures: colors for color-blind readers, fonts, legends.

matplotlib is imported when the first figure is drawn, and its global settings are kept. pyplot is
not used: figures need no display and are freed like any other object.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from npl_sim.core.errors import known
from npl_sim.core.language import gettext as _
from npl_sim.core.layout import Kind, Stage

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


# Okabe and Ito (2008), Color Universal Design.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILLION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GRAY, PALE = "#8C8C8C", "#D9D9D9"

OTHER_RECEIPT, OTHER_COST = "#B8C4CC", "#CFC3BC"

# Receipts in cool colors, costs in warm ones.
KIND_COLORS = {
    Kind.VOLUNTARY: SKY,
    Kind.SETTLEMENT: BLUE,
    Kind.INSTALLMENT: "#44AA99",
    Kind.PERFORMANCE: "#332288",
    Kind.GARNISHMENT: "#7A8BD0",
    Kind.COLLATERAL: GREEN,
    Kind.DEFICIENCY: "#88CCEE",
    Kind.GUARANTOR: "#117733",
    Kind.IN_KIND: "#999933",
    Kind.SALE: "#AA4499",
    Kind.RESIDUAL: "#6E6E9E",
    Kind.INSOLVENCY: "#225555",
    Kind.CONTACT: ORANGE,
    Kind.COMMISSION: YELLOW,
    Kind.COURT_FEE: VERMILLION,
    Kind.PRESERVATION: "#EE8866",
    Kind.LAWYER: PURPLE,
    Kind.AUCTION: "#882255",
    Kind.TAX: "#997700",
    Kind.HOLDING: "#CC6677",
    Kind.SERVICING: "#661100",
}

STAGE_COLORS = {
    Stage.COLLECTION: SKY,
    Stage.LITIGATION: ORANGE,
    Stage.JUDGED: YELLOW,
    Stage.ENFORCEMENT: VERMILLION,
    Stage.PLAN: GREEN,
    Stage.INSOLVENCY: PURPLE,
    Stage.DORMANT: GRAY,
    Stage.CLOSED: PALE,
}

SETTINGS: Any = {
    "font.size": 10.0,
    "axes.titlesize": 12.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10.0,
    "axes.labelsize": 10.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#4D4D4D",
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.unicode_minus": False,
    "axes.grid.axis": "y",
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.8,
    "xtick.labelsize": 9.0,
    "ytick.labelsize": 9.0,
    "legend.fontsize": 9.0,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "svg.hashsalt": "npl_sim",
}

NOT_A_LOOK = (
    "backend",
    "interactive",
    "toolbar",
    "webagg.",
    "tk.",
    "macosx.",
    "keymap.",
    "savefig.directory",
)
"""Settings of matplotlib for windows, which are left alone: setting a backend may load it."""

SHIPPED_FONT = "NotoSansCJKsc-GB2312.otf"
"""Font of Chinese text that ships with the package; the SIL Open Font License is beside it."""

# Fonts with Chinese glyphs, tried after the usual one where they are installed.
CHINESE_FONTS = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Microsoft YaHei",
    "PingFang SC",
    "SimHei",
    "WenQuanYi Micro Hei",
    "Arial Unicode MS",
)

P = ParamSpec("P")
Subject = TypeVar("Subject")
"""Result that is drawn: a priced package, a bid book, a deal."""


@contextmanager
def look(fonts: bool = False) -> Iterator[None]:
    """Set this module's style on matplotlib's defaults in a block, without the user's settings.

    Parameters
    ----------
    fonts
        Whether to set the fonts too, as is needed to draw text.
    """
    import matplotlib

    settings: Any = {**_defaults(), **SETTINGS, **({"font.family": _families()} if fonts else {})}
    with matplotlib.rc_context():
        with warnings.catch_warnings():
            # A deprecated default of the library is no warning for the user.
            warnings.simplefilter("ignore", matplotlib.MatplotlibDeprecationWarning)
            matplotlib.rcParams.update(settings)
        yield


@functools.cache
def _defaults() -> dict[str, Any]:
    """Return matplotlib's defaults, without those of windows."""
    from matplotlib import rcParamsDefault

    return {key: value for key, value in rcParamsDefault.items() if not key.startswith(NOT_A_LOOK)}


def figure(
    size: tuple[float, float] = (8.0, 4.8),
) -> Callable[
    [Callable[Concatenate[Subject, Axes, P], None]], Callable[Concatenate[Subject, P], Figure]
]:
    """Return a decorator that gives a drawing function its axes and this module's style.

    The decorated function takes ``ax=None``. It draws on these axes, or on a new figure of `size`
    inches, and returns the figure.
    """

    def decorate(draw: Any) -> Any:
        @functools.wraps(draw)
        def drawn(result: Any, ax: Axes | None = None, **options: Any) -> Figure:
            from matplotlib.figure import Figure

            with look(fonts=True):
                axes = ax or Figure(figsize=size, layout="constrained").add_subplot()
                draw(result, axes, **options)
            found = axes.get_figure(root=True)
            return known(found, "found")

        return drawn

    return decorate


def panels(
    rows: int, columns: int, size: tuple[float, float], draw: Callable[[Any], None]
) -> Figure:
    """Return a figure of several axes in this module's style.

    Parameters
    ----------
    rows, columns
        Number of axes.
    size
        Width and height. [inches]
    draw
        Draws on the axes, an array of shape (rows, columns).
    """
    from matplotlib.figure import Figure

    with look(fonts=True):
        drawing = Figure(figsize=size, layout="constrained")
        draw(drawing.subplots(rows, columns, squeeze=False))
    return drawing


@functools.cache
def _families() -> list[str]:
    """Return the fonts of figures: the usual one, the one that ships, those that are installed."""
    from importlib.resources import as_file, files

    from matplotlib import font_manager

    # It holds every character of GB 2312, so that Chinese needs no font of the system.
    with as_file(files("npl_sim.resources").joinpath(f"fonts/{SHIPPED_FONT}")) as path:
        font_manager.fontManager.addfont(path)
    # It stands for its bold cut too; matplotlib would report a missing weight.
    font_manager.fontManager.ttflist.append(
        dataclasses.replace(font_manager.fontManager.ttflist[-1], weight=700)
    )
    installed = set(font_manager.get_font_names())
    return ["DejaVu Sans", *(name for name in CHINESE_FONTS if name in installed)]


@functools.cache
def _can_draw(text: str) -> bool:
    from matplotlib import font_manager

    fonts = [font_manager.get_font(font_manager.findfont(name)) for name in _families()]
    return all(any(font.get_char_index(ord(c)) for font in fonts) for c in text if not c.isspace())


def printable(names: Sequence[str], noun: str, longest: int = 26) -> list[str]:
    """Return names as labels.

    A name that no installed font can draw becomes noun and number, in the order given. A long name
    is shortened in the middle.
    """
    fit = [name if _can_draw(name) else f"{noun} {i + 1}" for i, name in enumerate(names)]
    half = longest // 2
    return [
        name if len(name) <= longest else f"{name[:half]}…{name[half + 1 - longest :]}"
        for name in fit
    ]


def beside(
    ax: Axes, text: str, x: float, y: float, color: str = BLACK, clear: bool = False
) -> None:
    """Write a text to the right of a point; with `clear`, lines behind it are covered."""
    if math.isfinite(x) and math.isfinite(y):
        look: dict[str, Any] = {"va": "center", "fontsize": 9, "color": color}
        at: dict[str, Any] = {
            "xytext": (5, 0),
            "textcoords": "offset points",
            "annotation_clip": False,
        }
        if clear:
            look["bbox"] = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
        ax.annotate(text, (x, y), **at, **look)


def tint(color: str, strength: float) -> str:
    """Return a color mixed with white, opaque, so that nested areas look like their legend."""
    parts = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(255 - strength * (255 - part)):02X}" for part in parts)


def readable(code: Kind | Stage | str) -> str:
    """Return a code as readable text: ``COURT_FEE`` is court fee."""
    return _((code if isinstance(code, str) else code.name).lower().replace("_", " "))


def month_axis(ax: Axes, months: int) -> None:
    """Mark months on the x axis, whole years where there are enough of them."""
    step = next((s for s in (1, 3, 6, 12, 24, 60) if months / s <= 12), 120)
    ax.set_xlim(0, max(months, 1))
    ax.set_xticks(range(0, months + 1, step))
    ax.set_xlabel(_("Months after the valuation date"))


def legend_right(ax: Axes, handles: Sequence[Any], labels: Sequence[str]) -> None:
    """Put the legend to the right of the axes."""
    ax.legend(handles, labels, loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0.0)


def legend_below(ax: Axes, columns: int, down: float = 0.16) -> None:
    """Put the legend below the axes."""
    ax.legend(
        loc="upper left",
        bbox_to_anchor=(0.0, -down),
        ncols=columns,
        borderaxespad=0.0,
        columnspacing=1.6,
    )
