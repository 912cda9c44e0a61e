"""Cut-off date in the title rows of a table, such as 基准日：2026年6月30日."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from npl_sim.tables.dates import stated_day
from npl_sim.tables.files import RawFile
from npl_sim.tables.findings import Finding

_LABEL = (
    r"基准日期?|截止日期?|截止|截至|数据日期|cut[- ]?off(?: date)?|reference date|balances? as "
    r"(?:of|at)|as (?:of|at)|"
    r"data di riferimento|data contabile|situazione al|stichtag|date d'arrêté"
)
_DAY = r"(\d{4})\s*[年/.\-]\s*(\d{1,2})\s*[月/.\-]\s*(\d{1,2})\s*日?|(\d{4})(\d{2})(\d{2})(?!\d)"
_WRITTEN = (
    r"\d{1,2}(?:st|nd|rd|th|°|º)?[ .\-]*(?:of |de )?[^\W\d_]{3,}[ .,\-]*\d{4}|"
    r"[^\W\d_]{3,}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4}|\d{1,2}[/.\-]\d{1,2}[/.\-]\d{4}"
)
"""A day with the name of its month, or with the year last."""
_STATED = re.compile(rf"(?:{_LABEL})\s*[:：]?\s*(?:{_DAY}|({_WRITTEN}))", re.IGNORECASE)


def title_date(text: str) -> date | None:
    """Return the balance date that a title row states, or None."""
    found = _STATED.search(unicodedata.normalize("NFKC", text))
    if found is None:
        return None
    *parts, written = found.groups()
    if written is not None:
        return stated_day(written)
    year, month, day = (int(part) for part in parts if part is not None)
    try:
        return date(year, month, day)
    except ValueError:
        return None


def check_title_date(raw: RawFile, cut_off: date | None, valuation_date: date) -> Finding | None:
    """Warn if a title row dates the balances to another day than the study.

    Parameters
    ----------
    raw
        The file, with the rows above its headers.
    cut_off
        The study's cut-off date; defaults to the valuation date.
    valuation_date
        Date of the valuation.
    """
    used = cut_off or valuation_date
    for row, texts in raw.above:
        for text in (*texts, " ".join(texts)):
            stated = title_date(text)
            if stated is not None and stated != used:
                key = (
                    "tape.cut_off_date"
                    if cut_off
                    else "the valuation date, as the study states no tape.cut_off_date"
                )
                expected = f"{used}, {key}: the title dates the balances to {stated}"
                return Finding(
                    "warning", raw.source.file, "", expected, 1, (row,), (text,), "cut_off_date"
                )
    return None
