"""Raw cell types that retain what a plain value would lose, and the text of a cell."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from npl_sim.core.errors import LONGEST_VALUE, shortened

INVISIBLE = " \t\r\n\x00\u00a0\u3000\u200b\ufeff"
"""Characters that are stripped from both ends of a cell."""

NO_VALUE = "formula without a stored value"
"""Text for a formula whose result the file does not store."""

ERROR_TEXTS = frozenset((
    "#n/a", "#ref!", "#value!", "#div/0!", "#name?", "#num!", "#null!", "#spill!", "#calc!",
    "#field!", "#blocked!", "#connect!", "#busy!", "#unknown!", "#getting_data", "#####", "#n/d",
    "#rif!", "#valore!", "#nome?", "#nullo!", "#nv", "#bezug!", "#wert!", "#valeur!", "#nom?",
    "#nombre!", "#nul!",
)) | {"#n/a n/a", NO_VALUE.casefold()}  # fmt: skip
"""Case-folded error texts of spreadsheets, which are errors in any column."""


class CellError(str):
    """A spreadsheet error cell as shown: ``#N/A``, ``#REF!``, `NO_VALUE`."""

    __slots__ = ()


class Percent(float):
    """A number cell that is shown as a percentage: 0.05, shown as 5 %."""

    __slots__ = ()


class Marked(float):
    """A number cell shown beside a currency or unit: 850, shown as 850 € or 850万元."""

    __slots__ = ("mark",)

    mark: str

    def __new__(cls, value: float, mark: str) -> Marked:
        """Create the number with the mark shown beside it."""
        found = super().__new__(cls, value)
        found.mark = mark
        return found

    def __reduce__(self) -> tuple[type[Marked], tuple[float, str]]:
        return Marked, (float(self), self.mark)


def is_blank(value: Any) -> bool:
    """Return whether a workbook cell has no content, or only invisible characters."""
    return value is None or (isinstance(value, str) and not value.strip(INVISIBLE))


def cell_text(value: Any) -> str:
    """Return a cell as the text that a CSV file would hold; whole numbers have no decimals."""
    if value is None or value is pd.NaT or value is pd.NA:
        return ""
    if isinstance(value, Percent):
        return f"{float(value) * 100:.10g}%"
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating):
        value = float(value)
        if math.isnan(value):
            return ""
        if abs(value) >= 1e15 and not math.isinf(value):
            # A spreadsheet keeps 15 digits: the exponent shows that an id has lost the others.
            return f"{value:.14E}"
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        day = value.hour == value.minute == value.second == value.microsecond == 0
        return (
            f"{value.date()}" if day else f"{value.date()} {value.time().replace(microsecond=0)}"
        )
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip(INVISIBLE)


def column_text(column: pd.Series) -> pd.Series:
    """Return a raw column as stripped text, empty where there is nothing."""
    if column.dtype == "str":
        return column.str.strip(INVISIBLE).fillna("")
    values = column.tolist()
    if set(map(type, values)) == {str}:  # as fast as a text file
        return pd.Series(values, index=column.index, dtype="str").str.strip(INVISIBLE)
    return pd.Series([cell_text(v) for v in values], index=column.index, dtype="str")


def shown(text: str) -> str:
    """Return the text of a cell for messages: quoted, shortened, printable."""
    return repr(shortened(text[: LONGEST_VALUE + 1], LONGEST_VALUE))


EMPTY_TEXT = frozenset({"", "-", "--", "—", "——", "null", "nan", "nat", "\\n"})
EMPTY = EMPTY_TEXT | {"/", "na", "n/a", "none", "无", "空"}

ERROR_CELL = "a value: the spreadsheet shows an error here"

_APOSTROPHES = str.maketrans("\u2019\u02bc\u0060\u2212", "'''-")


def is_empty(text: pd.Series, texts: frozenset[str]) -> np.ndarray:
    """Return which cells are empty or hold a word for empty."""
    # Only cells as short as the longest word are looked at: long columns of ids cost little.
    empty = (text == "").to_numpy(dtype=bool, copy=True)
    short = np.flatnonzero(~empty & (text.str.len() <= max(map(len, texts))).to_numpy(dtype=bool))
    if len(short):
        empty[short] = text.iloc[short].str.lower().isin(list(texts)).to_numpy(dtype=bool)
    return np.asarray(empty, dtype=bool)


def plain_text(text: str) -> str:
    """Normalize a cell's text: lower case, with plain digits, spaces and apostrophes."""
    # NFKC turns full-width digits and the spaces that group thousands (U+00A0, U+202F, U+2009)
    # into plain ones.
    plain = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES)).translate(_APOSTROPHES)
    return plain.strip().casefold()


def error_cells(text: pd.Series) -> np.ndarray:
    """Return which cells show a spreadsheet error, such as #N/A or #REF!."""
    marked = text.str.startswith(("#", "Err:", "err:", "formula without")).to_numpy(
        dtype=bool, copy=True
    )
    at = np.flatnonzero(marked)
    if len(at):
        plain = text.iloc[at].str.casefold()
        named = plain.isin(list(ERROR_TEXTS)) | plain.str.fullmatch(r"err:\d+|#+")
        marked[at] = named.to_numpy(dtype=bool)
    return np.asarray(marked, dtype=bool)


def each(text: pd.Series, read: Callable[[str], object]) -> np.ndarray:
    """Apply `read` once per distinct text."""
    codes, distinct = pd.factorize(text)
    found = np.empty(len(distinct), dtype=object)
    for i, value in enumerate(distinct):
        found[i] = read(str(value))
    return np.asarray(found[codes])
