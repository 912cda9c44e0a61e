"""Units of amounts: chosen once for all outputs, or by the largest amount and the language."""

from __future__ import annotations

import math
import re
from contextvars import ContextVar
from dataclasses import dataclass

from npl_sim.core.errors import NplSimError, quoted
from npl_sim.core.language import language

__all__ = ["SCALES", "Scale", "check_unit", "choose_unit", "parse_unit", "scale_for"]

SCALES = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"), (1e3, "thousand"), (1.0, ""))
"""Sizes and words of English units."""

CHINESE_SCALES = ((1e8, "亿"), (1e4, "万"), (1.0, ""))
"""Sizes and words of the units that Chinese reports choose from."""

CHINESE_SIZES = {"亿": 1e8, "千万": 1e7, "百万": 1e6, "万": 1e4, "千": 1e3, "": 1.0}
"""Sizes of every Chinese unit that can be asked for."""

CHINESE_NAMES = {"CNY": "元", "EUR": "欧元", "USD": "美元", "HKD": "港元", "GBP": "英镑"}
"""Chinese names of currencies; others keep their code."""

EXPECTED = "元, 千元, 万元, 百万元, 亿元, million, or with a currency such as EUR million"


@dataclass(frozen=True)
class Scale:
    """Unit of money that was chosen or found."""

    size: float
    """Amount shown as 1. [package currency]"""
    name: str
    """Its name, such as ``CNY million`` or ``万元``."""
    pattern: str
    """Text of an amount in a sentence, such as ``CNY {} million``."""


@dataclass(frozen=True)
class ChosenUnit:
    """Unit asked for."""

    size: float
    """Amount shown as 1. [package currency]"""
    word: str
    """Its word without the currency, such as ``million`` or ``万``."""
    currency: str | None
    """Currency that was named with it."""
    is_chinese: bool
    """Whether it is written in Chinese."""


_CHOSEN: ContextVar[ChosenUnit | None] = ContextVar("chosen unit", default=None)


def parse_unit(text: str) -> ChosenUnit:
    """Parse the name of a unit.

    Parameters
    ----------
    text
        Such as ``万元``, ``亿欧元``, ``million``, ``EUR million`` or ``CNY``.

    Raises
    ------
    NplSimError
        If it is no unit.
    """
    wanted = text.strip()
    by_name = {name: code for code, name in CHINESE_NAMES.items()}
    chinese = re.fullmatch(f"({'|'.join(CHINESE_SIZES)})({'|'.join(by_name)})", wanted)
    if chinese:
        word, name = chinese.groups()
        return ChosenUnit(CHINESE_SIZES[word], word, by_name[name], True)
    sizes = {word: size for size, word in SCALES}
    english = re.fullmatch(r"(?:([A-Za-z]{3})\b)? ?([a-z]*)", wanted)
    if wanted and english and english[2].lower() in sizes:
        code, word = english.groups()
        return ChosenUnit(sizes[word], word, code and code.upper(), False)
    raise NplSimError(f"--unit: got {quoted(text)}; expected {EXPECTED}")


def choose_unit(text: str) -> None:
    """Use a unit for all amounts until the context ends; parameters as in `parse_unit`."""
    _CHOSEN.set(parse_unit(text))


def check_unit(currency: str) -> None:
    """Refuse a chosen unit of another currency: nothing is converted.

    Raises
    ------
    NplSimError
        If it is one.
    """
    chosen = _CHOSEN.get()
    if chosen is not None and chosen.currency not in (None, currency):
        raise NplSimError(
            f"--unit: got a unit of {chosen.currency}; the study's amounts are in {currency} and "
            f"nothing is converted; expected a unit of {currency}"
        )


def scale_for(largest: float, currency: str) -> Scale:
    """Return the unit that was chosen, or else the one that fits the largest amount.

    Parameters
    ----------
    largest
        Largest amount to show; its sign does not matter. [package currency]
    currency
        Code of the currency; may be empty.
    """
    chosen = _CHOSEN.get()
    if chosen is not None:
        return _scale(chosen.size, chosen.word, currency, chosen.is_chinese)
    chinese = language() == "zh"
    scales = CHINESE_SCALES if chinese else SCALES
    size, word = next(
        ((s, w) for s, w in scales if math.isfinite(largest) and abs(largest) >= 2.0 * s),
        scales[-1],
    )
    return _scale(size, word, currency, chinese)


def _scale(size: float, word: str, currency: str, chinese: bool) -> Scale:
    if chinese:
        name = word + (CHINESE_NAMES.get(currency, currency) or "元")
        return Scale(size, name, "{}" + name)
    name = " ".join(part for part in (currency, word) if part) or "package currency"
    return Scale(size, name, " ".join(part for part in (currency, "{}", word) if part))
