"""Native Excel charts of the workbook."""

from __future__ import annotations

import math
from typing import Any

from npl_sim.core.language import gettext as _
from npl_sim.reports import style
from npl_sim.reports.formats import Unit
from npl_sim.reports.table import Table, table_of
from npl_sim.reports.writers.workbook import Place, Sheet

ROWS = 21
"""Height of a chart. [rows]"""

FONT = {"size": 9, "color": "#333333"}
NO_LINE = {"none": True}
PIECES = (
    ("hidden", ""),
    ("hidden", ""),
    ("level", style.BLUE),
    ("rise", style.SKY),
    ("fall", style.VERMILLION),
    ("rise", style.SKY),
    ("fall", style.VERMILLION),
)
"""Series of the price steps: title and color."""

BUYER_COLORS = {
    "package": style.GREEN,
    "servicing": "#661100",
    "levy": "#997700",
    "overhead": "#CFC3BC",
    "price": style.VERMILLION,
    "purchase cost": "#EE8866",
    "debt drawn": style.SKY,
    "debt fee": "#88CCEE",
    "interest": "#332288",
    "repayment": style.BLUE,
    "tax": style.ORANGE,
    "capital charge": style.PURPLE,
}

LIGHT = {"visible": True, "line": {"color": "#E0E0E0", "width": 0.75}}


def _place(sheet: Sheet, chart: Any, row: int, title: str) -> None:
    chart.set_title(
        {"name": title, "name_font": {"size": 12, "color": "#1F3B57"}, "overlay": False}
    )
    chart.set_size({"width": 980, "height": 20 * (ROWS - 1)})
    chart.set_chartarea({"border": NO_LINE})
    sheet.sheet.insert_chart(row, 0, chart, {"object_position": 1, "description": title})


def _amounts(unit: Unit) -> dict[str, Any]:
    """Return the format of an axis of amounts, in the unit of the report."""
    thousands = "," * round(math.log10(unit.size) / 3.0)
    number = {
        "num_format": f"#,##0.##{thousands}" if unit.size == 1.0 else f"#,##0{thousands}",
        "num_font": FONT,
    }
    return {"name": unit.name, "name_font": FONT, "major_gridlines": LIGHT, **number}


def _add(chart: Any, name: str, place: Place, column: int, title: str, **look: Any) -> None:
    """Add the numbers of one column of a table as a series."""
    first, last = place.first, place.last
    chart.add_series(
        {
            "name": title,
            "categories": [name, first, 0, last, 0],
            "values": [name, first, column, last, column],
            **look,
        }
    )


def _bars(sheet: Sheet, chart: Any, row: int, unit: Unit, title: str) -> None:
    """Finish a chart of horizontal bars; its vertical axis, xlsxwriter's y, has the categories."""
    axis = {"reverse": True, "num_font": FONT, "label_position": "low", "crossing": "max"}
    chart.set_y_axis(axis)
    chart.set_x_axis(_amounts(unit))
    _place(sheet, chart, row, title)


def histogram_chart(
    workbook: Any, sheet: Sheet, name: str, place: Place, row: int, unit: Unit
) -> None:
    """Draw the histogram of the price from its table."""
    chart = workbook.add_chart({"type": "column"})
    title = _("Share of scenarios")
    _add(chart, name, place, 3, title, gap=3, fill={"color": style.SKY}, border=NO_LINE)
    chart.set_legend({"none": True})
    look = {"num_font": {**FONT, "rotation": -45}, "major_gridlines": {"visible": False}}
    chart.set_x_axis({**_amounts(unit), **look})
    look = {"num_font": FONT, "name_font": FONT, "major_gridlines": LIGHT}
    chart.set_y_axis({"name": title, "num_format": "0.0%", **look})
    _place(sheet, chart, row, _("Distribution of the price"))


def price_steps_parts(steps: Table) -> Table:
    """Return the stacked pieces of the chart of the price steps, on either side of 0."""
    values = [float(row[3]) for row in steps.rows]
    rows = [(str(steps.rows[0][0]), 0.0, 0.0, values[0], 0.0, 0.0, 0.0, 0.0)]
    for i in range(1, len(values)):
        a, b = values[i - 1], values[i]
        low, high = min(a, b), max(a, b)
        # The part between 0 and the step is invisible; the step itself may cross 0.
        above = (max(low, 0.0), max(high, 0.0) - max(low, 0.0))
        below = (min(high, 0.0), min(low, 0.0) - min(high, 0.0))
        rise, fall = (b >= a), (b < a)
        rows.append(
            (
                str(steps.rows[i][0]),
                above[0],
                below[0],
                0.0,
                above[1] * rise,
                above[1] * fall,
                below[1] * rise,
                below[1] * fall,
            )
        )
    rows.append((_("buyer's bid"), 0.0, 0.0, values[-1], 0.0, 0.0, 0.0, 0.0))
    return table_of(
        _("Pieces of the chart"),
        "step [46] | hidden above 0 [money] | hidden below 0 [money] | level [money] | "
        "rise [money] | fall [money] | rise below 0 [money] | fall below 0 [money]",
        rows,
    )


def price_steps_chart(
    workbook: Any, sheet: Sheet, name: str, place: Place, row: int, unit: Unit
) -> None:
    """Draw the price steps as stacked bars from their pieces."""
    chart = workbook.add_chart({"type": "bar", "subtype": "stacked"})
    for k, (title, color) in enumerate(PIECES, 1):
        fill = {"color": color} if color else NO_LINE
        _add(chart, name, place, k, title, fill=fill, border=NO_LINE, gap=40)
    chart.set_legend({"position": "bottom", "delete_series": [0, 1, 5, 6], "font": FONT})
    _bars(sheet, chart, row, unit, _("From the seller's price to the buyer's bid"))


def buyer_chart(
    workbook: Any, sheet: Sheet, name: str, place: Place, row: int, items: list[str], unit: Unit
) -> None:
    """Draw the buyer's cash by year as stacked columns, its own cash to date as a line."""
    chart = workbook.add_chart({"type": "column", "subtype": "stacked"})
    years = Place(place.head, place.first, place.last - 1)
    for k, item in enumerate(items, 1):
        fill = {"color": BUYER_COLORS.get(item, style.GRAY)}
        _add(chart, name, years, k, item, gap=40, fill=fill, border=NO_LINE)
    line = workbook.add_chart({"type": "line"})
    look = {"color": "#000000", "width": 1.5}
    _add(line, name, years, len(items) + 2, _("own cash to date"), line=look)
    chart.combine(line)
    chart.set_legend({"position": "bottom", "font": FONT})
    chart.set_x_axis({"num_font": FONT, "label_position": "low"})
    chart.set_y_axis(_amounts(unit))
    _place(sheet, chart, row, _("The buyer's expected cash at the bid"))


def tornado_chart(
    workbook: Any, sheet: Sheet, name: str, place: Place, row: int, unit: Unit
) -> None:
    """Draw the swing of each input."""
    chart = workbook.add_chart({"type": "bar", "subtype": "stacked"})
    for column, title, color in ((2, "worse", style.VERMILLION), (4, "better", style.SKY)):
        _add(chart, name, place, column, title, fill={"color": color}, border=NO_LINE, gap=40)
    chart.set_legend({"position": "bottom", "font": FONT})
    _bars(sheet, chart, row, unit, _("Change of the price, one input at a time"))
