"""Numbers and dates as tapes write them, read by column.

Whole columns are read at once where they are plain; text that is not plain is read once per
distinct value.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from npl_sim.tables.columns import Column
from npl_sim.tables.files import column_text

__all__ = [
    "EMPTY",
    "EMPTY_TEXT",
    "Cells",
    "Notation",
    "each",
    "is_empty",
    "read_dates",
    "read_numbers",
]

EMPTY_TEXT = frozenset({"", "-", "--", "—", "——", "null", "nan", "nat", "\\n"})
EMPTY = EMPTY_TEXT | {"/", "na", "n/a", "none", "无", "空"}

_PLAIN = r"[+-]?\d{1,18}(\.\d{0,18})?"
_FLOAT = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
_CURRENCY = re.compile(
    r"^([+-]?)\s*(?:¥|\$|€|£|cny|rmb|eur|usd|gbp|brl|r\$)\s*|\s*(?:元|¥|€|cny|rmb|eur|usd|gbp|brl)$"
)
_MARKS = {
    "¥": ("CNY", "JPY"), "元": ("CNY",), "cny": ("CNY",), "rmb": ("CNY",), "€": ("EUR",), "eur": ("EUR",), "£": ("GBP",),
    "gbp": ("GBP",), "usd": ("USD",), "brl": ("BRL",), "r$": ("BRL",),
}  # fmt: skip
"""Currencies that a mark may stand for; a bare dollar sign may be anybody's."""
_YMD = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
_CHINESE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SHORT = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_SERIAL = re.compile(r"(\d{5})(\.\d+)?")
_TIME = re.compile(r"(?:[T\s]\s*\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?)$", re.IGNORECASE)

_SERIAL_ORIGIN = date(1899, 12, 30)
_SERIAL_RANGE = (20000, 80000)  # 1954 to 2119

NUMBER = "a number such as 1234.56 or 1,234.56"
DATE = "a date such as 2024-01-31, 2024/1/31 or 20240131"
ORDER = "a date whose order is known: set date_format to dmy or mdy"


@dataclass(frozen=True)
class Notation:
    """How numbers and dates are written in the files of a tape.

    Attributes
    ----------
    decimal
        Decimal mark, the other of ``.`` and ``,`` separating thousands.
    date_format
        Order of short dates: dmy, mdy, or auto for none.
    amount_unit
        Package currency per unit of the files' amounts.
    rates_in_percent
        Whether 12 without a percent sign means 12 %.
    currency
        Currency of the amounts, with which a mark beside an amount must agree; empty: any.
    """

    decimal: str = "."
    date_format: str = "auto"
    amount_unit: float = 1.0
    rates_in_percent: bool = False
    currency: str = ""


@dataclass(frozen=True)
class Cells:
    """A column that was read.

    Attributes
    ----------
    values
        float64 with NaN, datetime64 with NaT, bool, or str with empty text.
    empty
        Cells that hold nothing.
    faults
        What would do, to the cells that could not be read.
    """

    values: pd.Series
    empty: np.ndarray
    faults: dict[str, np.ndarray]


def _number(text: str, decimal: str, percent: bool) -> float:
    """Return the number that a text means; NaN if it is none."""
    text = unicodedata.normalize("NFKC", text).replace("\u2212", "-").strip().casefold()
    share = percent and text.endswith("%")
    text = text[:-1].strip() if share else text
    negative = text.startswith("(") and text.endswith(")")
    text = text[1:-1].strip() if negative else text
    text = _CURRENCY.sub(r"\1", text).strip()
    if decimal == ",":
        text = text.translate(str.maketrans(",.", ".,"))
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    if not _FLOAT.fullmatch(text) or (negative and text[0] in "+-"):
        return math.nan
    value = float(text) / (100.0 if share else 1.0)
    return (-value if negative else value) if math.isfinite(value) else math.nan


def _foreign(text: str, currency: str) -> bool:
    """Return whether an amount bears the mark of another currency than the package's."""
    plain = unicodedata.normalize("NFKC", text).strip().casefold().strip("()+- \t")
    beside = [m for m in _MARKS if plain.startswith(m) or plain.endswith(m)]
    return any(currency not in _MARKS[m] for m in beside)


def is_empty(text: pd.Series, words: frozenset[str]) -> np.ndarray:
    """Return which cells hold nothing, or a word that says so."""
    # Only cells as short as the longest word are looked at: long columns of ids cost little.
    empty = (text == "").to_numpy(dtype=bool, copy=True)
    short = np.flatnonzero(~empty & (text.str.len() <= max(map(len, words))).to_numpy(dtype=bool))
    if len(short):
        empty[short] = text.iloc[short].str.lower().isin(list(words)).to_numpy(dtype=bool)
    return np.asarray(empty, dtype=bool)


def each(text: pd.Series, read: Callable[[str], object]) -> np.ndarray:
    """Apply `read` once per distinct text."""
    codes, distinct = pd.factorize(text)
    found = np.empty(len(distinct), dtype=object)
    for i, value in enumerate(distinct):
        found[i] = read(str(value))
    return np.asarray(found[codes])


def read_numbers(raw: pd.Series, column: Column, notation: Notation) -> Cells:
    """Read a column of amounts, rates or other numbers, and check its bounds."""
    scale = notation.amount_unit if column.type == "amount" else 1.0
    percent = column.type == "rate"
    per_cent = 0.01 if percent and notation.rates_in_percent else 1.0
    foreign = np.zeros(len(raw), dtype=bool)
    if pd.api.types.is_numeric_dtype(raw.dtype) and not pd.api.types.is_bool_dtype(raw.dtype):
        values = raw.to_numpy(dtype=np.float64, na_value=np.nan) * per_cent
        empty, bad = np.isnan(values), np.isinf(values)
        values = np.where(bad, np.nan, values)
    else:
        text = column_text(raw)
        empty = is_empty(text, EMPTY)
        values = np.full(len(text), np.nan)
        plain = np.zeros(len(text), dtype=bool)
        if notation.decimal == ".":
            plain = text.str.fullmatch(_PLAIN).to_numpy(dtype=bool) & ~empty
        values[plain] = text.to_numpy(dtype=object)[plain].astype(np.float64) * per_cent
        rest = np.flatnonzero(~plain & ~empty)
        if len(rest):

            def read(cell: str) -> float:
                marked = percent and cell.rstrip().endswith(("%", "％"))
                return _number(cell, notation.decimal, percent) * (1.0 if marked else per_cent)

            values[rest] = each(text.iloc[rest], read).astype(np.float64)
            if notation.currency and column.type == "amount":
                foreign[rest] = each(text.iloc[rest], lambda c: _foreign(c, notation.currency)).astype(bool)
        bad = np.isnan(values) & ~empty
    values = values * scale + 0.0  # adding zero turns -0 into 0
    expected = "a yearly rate such as 0.12 or 12%" if percent else NUMBER
    if notation.decimal == "," and not percent:
        expected = "a number such as 1234,56 or 1.234,56"
    faults = {expected: bad}
    if foreign.any():
        faults[f"an amount in {notation.currency}: this one bears another currency's mark"] = foreign
    with np.errstate(invalid="ignore"):
        low = values <= column.minimum if column.above_minimum else values < column.minimum
        faults[f"a value {column.bounds}"] = low | (values > column.maximum)
    return Cells(pd.Series(values), empty, faults)


def _calendar(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _date(text: str, order: str) -> date | str:
    """Return the date that a text means, or what was expected."""
    text = unicodedata.normalize("NFKC", text).strip()
    text = _TIME.sub("", text).strip()
    found: date | None = None
    if match := _YMD.fullmatch(text):
        found = _calendar(match[1], match[3], match[4])
    elif (match := _CHINESE.fullmatch(text)) or (match := _COMPACT.fullmatch(text)):
        found = _calendar(match[1], match[2], match[3])
    elif match := _SHORT.fullmatch(text):
        by_day = _calendar(match[4], match[3], match[1])
        by_month = _calendar(match[4], match[1], match[3])
        if order == "auto":
            if by_day and by_month and by_day != by_month:
                return ORDER
            found = by_day or by_month
        else:
            found = by_day if order == "dmy" else by_month
    elif (match := _SERIAL.fullmatch(text)) and _SERIAL_RANGE[0] <= int(match[1]) <= _SERIAL_RANGE[1]:
        found = _SERIAL_ORIGIN + timedelta(days=int(match[1]))
    return found or DATE


def read_dates(raw: pd.Series, notation: Notation) -> Cells:
    """Read a column of dates; times of day are dropped."""
    if pd.api.types.is_datetime64_any_dtype(raw.dtype):
        naive = raw.dt.tz_localize(None) if getattr(raw.dtype, "tz", None) is not None else raw
        values = naive.dt.normalize().astype("datetime64[us]").reset_index(drop=True)
        return Cells(values, values.isna().to_numpy(dtype=bool), {})
    text = column_text(raw)
    empty = is_empty(text, EMPTY)
    found = each(text, lambda cell: _date(cell, notation.date_format))
    codes, distinct = pd.factorize(found)
    days = [None if isinstance(d, str) else np.datetime64(d, "us") for d in distinct]
    table = np.array([np.datetime64("NaT", "us") if d is None else d for d in days], "datetime64[us]")
    values = table[codes]
    values[empty] = np.datetime64("NaT")
    faults = {}
    for code, problem in enumerate(distinct):
        if isinstance(problem, str):
            faults[problem] = (codes == code) & ~empty
    return Cells(pd.Series(values), empty, faults)
