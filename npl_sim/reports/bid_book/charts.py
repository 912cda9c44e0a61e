"""Native charts of the workbook."""

from __future__ import annotations

import math
from typing import Any

from npl_sim.reports import style
from npl_sim.reports.formats import Unit
from npl_sim.reports.table import Table, columns
from npl_sim.reports.writers.workbook import Place, Sheet

__all__ = [
    "ROWS",
    "price_walk_chart",
    "price_walk_parts",
    "buyer_chart",
    "histogram_chart",
    "tornado_chart",
]

ROWS = 21
"""Rows that a chart takes."""

FONT = {"size": 9, "color": "#333333"}
NO_LINE = {"none": True}
LIGHT = {"visible": True, "line": {"color": "#E0E0E0", "width": 0.75}}


def _place(sheet: Sheet, chart: Any, row: int, title: str, width: int = 980) -> None:
    chart.set_title(
        {"name": title, "name_font": {"size": 12, "color": "#1F3B57"}, "overlay": False}
    )
    chart.set_size({"width": width, "height": 20 * (ROWS - 1)})
    chart.set_chartarea({"border": NO_LINE})
    sheet.sheet.insert_chart(row, 0, chart, {"object_position": 1, "description": title})


def _amounts(unit: Unit) -> dict[str, Any]:
    """Return the look of an axis of amounts, in the unit of the report."""
    thousands = "," * round(math.log10(unit.size) / 3.0)
    look = {
        "num_format": f"#,##0.##{thousands}" if unit.size == 1.0 else f"#,##0{thousands}",
        "num_font": FONT,
    }
    return {"name": unit.name, "name_font": FONT, "major_gridlines": LIGHT, **look}


def _range(name: str, place: Place, column: int) -> list[Any]:
    return [name, place.first, column, place.last, column]


def histogram_chart(
    workbook: Any, sheet: Sheet, name: str, place: Place, row: int, unit: Unit
) -> None:
    """Draw the histogram of the price from its table."""
    chart = workbook.add_chart({"type": "column"})
    chart.add_series(
        {
            "name": "Share of scenarios",
            "categories": _range(name, place, 0),
            "values": _range(name, place, 3),
            "gap": 3,
            "fill": {"color": style.SKY},
            "border": NO_LINE,
        }
    )
    chart.set_legend({"none": True})
    chart.set_x_axis(
        {
            **_amounts(unit),
            "num_font": {**FONT, "rotation": -45},
            "major_gridlines": {"visible": False},
        }
    )
    chart.set_y_axis(
        {
            "name": "Share of scenarios",
            "num_format": "0.0%",
            "num_font": FONT,
            "name_font": FONT,
            "major_gridlines": LIGHT,
        }
    )
    _place(sheet, chart, row, "Distribution of the price")


def price_walk_parts(bridge: Table) -> Table:
    """Return the pieces of which the bridge's chart is stacked, on either side of 0."""
    values = [float(row[3]) for row in bridge.rows]
    rows = [(str(bridge.rows[0][0]), 0.0, 0.0, values[0], 0.0, 0.0, 0.0, 0.0)]
    for i in range(1, len(values)):
        a, b = values[i - 1], values[i]
        low, high = min(a, b), max(a, b)
        # What lies between 0 and the step is kept invisible; the step itself may cross 0.
        above = (max(low, 0.0), max(high, 0.0) - max(low, 0.0))
        below = (min(high, 0.0), min(low, 0.0) - min(high, 0.0))
        rise, fall = (b >= a), (b < a)
        rows.append(
            (
                str(bridge.rows[i][0]),
                above[0],
                below[0],
                0.0,
                above[1] * rise,
                above[1] * fall,
                below[1] * rise,
                below[1] * fall,
            )
        )
    rows.append(("buyer's bid", 0.0, 0.0, values[-1], 0.0, 0.0, 0.0, 0.0))
    return Table(
        "Pieces of the chart",
        columns(
            "step [46] | hidden above 0 [money] | hidden below 0 [money] | level [money] | "
            "rise [money] | fall [money] | rise below 0 [money] | fall below 0 [money]"
        ),
        tuple(rows),
    )


def price_walk_chart(
    workbook: Any, sheet: Sheet, name: str, place: Place, row: int, unit: Unit
) -> None:
    """Draw the bridge as stacked bars from its pieces."""
    chart = workbook.add_chart({"type": "bar", "subtype": "stacked"})
    looks = [None, None, style.BLUE, style.SKY, style.VERMILLION, style.SKY, style.VERMILLION]
    titles = ["hidden", "hidden", "level", "rise", "fall", "rise", "fall"]
    for k, (look, title) in enumerate(zip(looks, titles, strict=True)):
        fill = NO_LINE if look is None else {"color": look}
        chart.add_series(
            {
                "name": title,
                "categories": _range(name, place, 0),
                "values": _range(name, place, k + 1),
                "fill": fill,
                "border": NO_LINE,
                "gap": 40,
            }
        )
    chart.set_legend({"position": "bottom", "delete_series": [0, 1, 5, 6], "font": FONT})
    # In a bar chart the upright axis, xlsxwriter's y, is that of the categories.
    chart.set_y_axis(
        {"reverse": True, "num_font": FONT, "label_position": "low", "crossing": "max"}
    )
    chart.set_x_axis(_amounts(unit))
    _place(sheet, chart, row, "From the seller's price to the buyer's bid")


def buyer_chart(
    workbook: Any, sheet: Sheet, name: str, place: Place, row: int, items: list[str], unit: Unit
) -> None:
    """Draw the buyer's cash by year as stacked columns, its own cash to date as a line."""
    colors = dict(
        zip(
            (
                "package",
                "servicing",
                "levy",
                "overhead",
                "price",
                "purchase cost",
                "debt drawn",
                "debt fee",
                "interest",
                "repayment",
                "tax",
                "capital charge",
            ),
            (
                "#009E73",
                "#661100",
                "#997700",
                "#CFC3BC",
                "#D55E00",
                "#EE8866",
                "#56B4E9",
                "#88CCEE",
                "#332288",
                "#0072B2",
                "#E69F00",
                "#CC79A7",
            ),
            strict=True,
        )
    )
    chart = workbook.add_chart({"type": "column", "subtype": "stacked"})
    years = Place(place.head, place.first, place.last - 1)
    for k, item in enumerate(items):
        chart.add_series(
            {
                "name": item,
                "categories": _range(name, years, 0),
                "values": _range(name, years, k + 1),
                "gap": 40,
                "fill": {"color": colors.get(item, "#8C8C8C")},
                "border": NO_LINE,
            }
        )
    line = workbook.add_chart({"type": "line"})
    line.add_series(
        {
            "name": "own cash to date",
            "categories": _range(name, years, 0),
            "values": _range(name, years, len(items) + 2),
            "line": {"color": "#000000", "width": 1.5},
        }
    )
    chart.combine(line)
    chart.set_legend({"position": "bottom", "font": FONT})
    chart.set_x_axis({"num_font": FONT, "label_position": "low"})
    chart.set_y_axis(_amounts(unit))
    _place(sheet, chart, row, "The buyer's expected cash at the bid")


def tornado_chart(
    workbook: Any, sheet: Sheet, name: str, place: Place, row: int, unit: Unit
) -> None:
    """Draw the swing of each lever."""
    chart = workbook.add_chart({"type": "bar", "subtype": "stacked"})
    for column, title, color in ((2, "worse", style.VERMILLION), (4, "better", style.SKY)):
        chart.add_series(
            {
                "name": title,
                "categories": _range(name, place, 0),
                "values": _range(name, place, column),
                "fill": {"color": color},
                "border": NO_LINE,
                "gap": 40,
            }
        )
    chart.set_legend({"position": "bottom", "font": FONT})
    chart.set_y_axis(
        {"reverse": True, "num_font": FONT, "label_position": "low", "crossing": "max"}
    )
    chart.set_x_axis(_amounts(unit))
    _place(sheet, chart, row, "Change of the price, one thing at a time")
