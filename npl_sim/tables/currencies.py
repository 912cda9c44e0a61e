"""Currencies as tables write them: words, ISO 4217 codes, and the marks beside an amount."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from npl_sim.tables.cell_types import each, plain_text

CURRENCY_TERMS: tuple[tuple[str, str], ...] = (
    ("人民币", "CNY"), ("美元", "USD"), ("美金", "USD"), ("港币", "HKD"), ("港元", "HKD"), ("欧元", "EUR"),
    ("日元", "JPY"),
    ("英镑", "GBP"), ("澳元", "AUD"), ("加元", "CAD"), ("新加坡元", "SGD"), ("renminbi", "CNY"),
    ("yuan", "CNY"), ("rmb", "CNY"),
    ("euros", "EUR"), ("euro", "EUR"), ("us$", "USD"), ("r$", "BRL"), ("hk$", "HKD"), ("€", "EUR"),
    ("£", "GBP"), ("￥", "CNY"),
    ("dollars", "USD"), ("rupees", "INR"), ("rs.", "INR"), ("₹", "INR"),
)  # fmt: skip
"""Lower-case terms and marks that name one currency, and its code."""

CURRENCY_CODES = (
    "CNY", "EUR", "USD", "HKD", "GBP", "JPY", "BRL", "CHF", "AUD", "CAD", "SGD", "PLN", "RON",
    "HUF", "CZK", "TRY", "INR",
    "IDR", "KRW", "TWD", "MOP", "SEK", "NOK", "DKK",
)  # fmt: skip
"""Codes that are read beside an amount or in a header."""

_SHARED = {
    "¥": ("CNY", "JPY"),
    "$": (
        *("USD", "HKD", "AUD", "CAD", "SGD", "TWD", "NZD", "MOP"),
        *("MXN", "ARS", "CLP", "COP", "UYU", "DOP"),
    ),
    "元": ("CNY",),
    **dict.fromkeys(("rs", "rs."), ("INR", "PKR", "LKR", "NPR", "MUR")),
}
"""Marks that several currencies share, or that end other terms."""

_CURRENCIES: dict[str, tuple[str, ...]] = {
    **{word: (code,) for word, code in CURRENCY_TERMS if word != "￥"},
    **{code.casefold(): (code,) for code in CURRENCY_CODES},
    **_SHARED,
}
_ANY = "|".join(re.escape(mark) for mark in sorted(_CURRENCIES, key=len, reverse=True))
_BEFORE = re.compile(rf"([+-]?)\s*({_ANY})\s*")
_AFTER = re.compile(rf"\s*({_ANY})$")


def without_mark(plain: str) -> str:
    """Return the plain text of an amount without the mark of a currency before and behind it."""
    before = _BEFORE.match(plain)
    return _AFTER.sub("", before[1] + plain[before.end() :] if before else plain)


def currencies_beside(text: str) -> tuple[tuple[str, ...], ...]:
    """Return the possible currencies of each mark beside an amount; a dollar sign has many."""
    plain = plain_text(text).strip("()+- \t")
    found = (_BEFORE.match(plain), _AFTER.search(plain))
    return tuple(_CURRENCIES[match[match.re.groups]] for match in found if match)


def bears_other(text: pd.Series, currency: str) -> np.ndarray:
    """Return which amounts bear the mark of another currency than the one stated."""

    def other(cell: str) -> bool:
        return any(currency not in codes for codes in currencies_beside(cell))

    marked = ~text.str.fullmatch(r"[+-]?[\d.,]*").to_numpy(dtype=bool)
    found = np.zeros(len(text), dtype=bool)
    found[marked] = each(text[marked], other).astype(bool)
    return found
