"""Writer of cells of a workbook: numbers with number formats, text that is never a formula.

Text is always written as text, whatever its first character. Text that a cell cannot hold is cut
or replaced, with a remark.
"""

from __future__ import annotations

import math
import re
from datetime import date, datetime
from typing import Any

from npl_sim.reports.formats import MISSING
from npl_sim.reports.table import UNBOUNDED, Kind

LONGEST_TEXT = 32_767
"""Longest text that a cell holds. [UTF-16 code units]"""

MOST_ROWS = 1_048_576
"""Rows of a sheet."""

UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML 1.0 does not allow."""

STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "'")


def safe_text(text: str) -> str:
    """Return text for a cell: invalid characters replaced, long text cut with a remark."""
    clean = UNPRINTABLE.sub("\ufffd", text)
    size = len(clean.encode("utf-16-le")) // 2
    if size <= LONGEST_TEXT:
        return clean
    remark = f" … [cut: {len(clean):,} characters, a cell holds {LONGEST_TEXT:,}]"
    kept = clean.encode("utf-16-le")[: 2 * (LONGEST_TEXT - len(remark))].decode(
        "utf-16-le", errors="ignore"
    )
    return kept + remark


class Formats:
    """Formats of one workbook, each created once.

    Parameters
    ----------
    workbook
        The workbook (xlsxwriter).
    cents
        Whether amounts of money are so small that their cents are shown.
    """

    def __init__(self, workbook: Any, cents: bool) -> None:
        self.workbook = workbook
        self.numbers = {
            "money": "#,##0.00;[Red]-#,##0.00" if cents else "#,##0;[Red]-#,##0",
            "cents": "#,##0.00;[Red]-#,##0.00",
            "share": "0.0%;[Red]-0.0%",
            "fine": "0.00%;[Red]-0.00%",
            "count": "#,##0",
            "decimal": "#,##0.0",
            "number": "#,##0.000",
            "date": "yyyy-mm-dd",
        }
        self._plain: dict[tuple[Kind, str, bool], Any] = {}
        self._made: dict[tuple[tuple[str, Any], ...], Any] = {}

    def of(self, **properties: Any) -> Any:
        """Return a format with these properties."""
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self.workbook.add_format(
                {"font_name": "Calibri", "font_size": 10, **properties}
            )
        return self._made[key]

    def kind(self, kind: Kind, **properties: Any) -> Any:
        """Return the format of a kind of cell."""
        if kind == "text":
            return self.of(**{"valign": "vcenter", "text_wrap": True, **properties})
        return self.of(
            **{
                "valign": "vcenter",
                "num_format": self.numbers[kind],
                "align": "right",
                **properties,
            }
        )

    def cell(self, kind: Kind, side: str, indent: bool, look: dict[str, Any]) -> Any:
        """Return the format of a cell; formats without special properties are cached by kind."""
        if look:
            return self.kind(kind, align=side, **({"indent": 1} if indent else {}), **look)
        key = (kind, side, indent)
        if key not in self._plain:
            self._plain[key] = self.kind(kind, align=side, **({"indent": 1} if indent else {}))
        return self._plain[key]


def put(
    sheet: Any,
    row: int,
    column: int,
    value: Any,
    kind: Kind,
    formats: Formats,
    align: str = "",
    **look: Any,
) -> None:
    """Write one cell.

    Parameters
    ----------
    sheet, row, column
        Cell (xlsxwriter, counted from 0).
    value, kind
        Its value; None and NaN become a dash, an infinite number the word unbounded.
    formats, align, look
        Its format; without `align`, text is on the left and numbers on the right.
    """
    side = align or ("left" if kind == "text" else "right")
    indent = side == "left" and column > 0
    if value is None or (isinstance(value, float) and math.isnan(value)):
        sheet.write_string(row, column, MISSING, formats.cell("text", side, indent, look))
    elif isinstance(value, str):
        if value.startswith(STARTS_A_FORMULA):
            look = {"quote_prefix": True, **look}
        sheet.write_string(row, column, safe_text(value), formats.cell("text", side, indent, look))
    elif isinstance(value, date):
        at = datetime(value.year, value.month, value.day)
        sheet.write_datetime(row, column, at, formats.cell("date", side, indent, look))
    elif math.isinf(value):
        sheet.write_string(row, column, UNBOUNDED, formats.cell("text", side, indent, look))
    else:
        shown = "number" if kind == "text" else kind
        sheet.write_number(row, column, float(value), formats.cell(shown, side, indent, look))
