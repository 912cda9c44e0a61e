"""Units and formats of numbers in reports."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from npl_sim.stats.risk import Estimate
from npl_sim.valuation.whole_units import rounded_parts

__all__ = [
    "MISSING",
    "SCALES",
    "Unit",
    "amount_text",
    "error_text",
    "fixed",
    "fixed_or_missing",
    "money_unit",
    "percent",
    "plain_amount",
    "summed",
    "with_error",
]

MISSING = "-"
"""What is shown for a number that is not defined or cannot be estimated."""

LARGEST = 1e9
"""Number from which digits would not be read one by one: it is shown as a power of ten."""

SCALES = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"), (1e3, "thousand"), (1.0, ""))


@dataclass(frozen=True)
class Unit:
    """Unit in which amounts are shown."""

    size: float
    """Amount that is shown as 1. [package currency]"""
    name: str
    """Its name, such as ``CNY million``."""

    def show(self, amount: float) -> str:
        """Return an amount in this unit, in three or four digits and without the unit's name."""
        return plain_amount(amount / self.size)

    def column(self, amounts: Iterable[float]) -> list[str]:
        """Return amounts in this unit, all with the same decimals, which the largest sets."""
        shown = [amount / self.size for amount in amounts]
        largest = max((abs(x) for x in shown if math.isfinite(x)), default=0.0)
        decimals = _decimals(largest)
        return [fixed(x, decimals) if math.isfinite(x) else MISSING for x in shown]

    def errors(self, amounts: Iterable[float]) -> list[str]:
        """Return standard errors as a column: one that rounds to nothing but is more is shown as below a digit."""
        shown = [amount / self.size for amount in amounts]
        largest = max((abs(x) for x in shown if math.isfinite(x)), default=0.0)
        return [error_text(x, _decimals(largest)) for x in shown]

    def parts(self, amounts: Sequence[float], whole: float) -> list[str]:
        """Return parts and then their sum as a column; the shown parts sum to the shown whole.

        Parameters
        ----------
        amounts
            Parts. [package currency]
        whole
            Their sum. [package currency]
        """
        shown = [amount / self.size for amount in (*amounts, whole)]
        largest = max((abs(x) for x in shown if math.isfinite(x)), default=0.0)
        return summed(shown[:-1], shown[-1], _decimals(largest))


def _decimals(largest: float) -> int:
    return 3 if largest < 99.95 else 2 if largest < 999.5 else 1 if largest < 1e4 else 0


def summed(parts: Sequence[float], whole: float, decimals: int) -> list[str]:
    """Return parts and then their sum with the same decimals; the shown parts sum to the shown whole.

    Parameters
    ----------
    parts, whole
        Numbers, and their sum.
    decimals
        Digits after the point.
    """
    scale = 10.0**decimals
    rounded = rounded_parts([part * scale for part in parts], whole * scale) / scale
    return [fixed(x, decimals) if math.isfinite(x) else MISSING for x in (*rounded, whole)]


def error_text(error: float, decimals: int) -> str:
    """Return a standard error; not known: a dash; more than 0 but rounded to it: below one unit of the last digit."""
    if not math.isfinite(error):
        return MISSING
    least = 10.0**-decimals
    return f"<{fixed(least, decimals)}" if 0.0 < error < 0.5 * least else fixed(error, decimals)


def money_unit(largest: float, currency: str = "") -> Unit:
    """Return the unit in which amounts up to `largest` read well.

    Parameters
    ----------
    largest
        Largest amount to show; its sign does not matter. [package currency]
    currency
        Name of the currency; where empty the unit is named after its size alone.
    """
    size, word = next(
        ((size, word) for size, word in SCALES if abs(largest) >= 2.0 * size), SCALES[-1]
    )
    return Unit(size, " ".join(part for part in (currency, word) if part) or "package currency")


def amount_text(amount: float, currency: str = "") -> str:
    """Return an amount in the unit in which it reads well, with the unit's name: ``CNY 408.5 million``.

    Parameters
    ----------
    amount
        The amount. [package currency]
    currency
        Name of the currency; may be empty.
    """
    unit = money_unit(amount)
    word = next(word for size, word in SCALES if size == unit.size)
    return " ".join(part for part in (currency, unit.show(amount), word) if part)


def plain_amount(number: float) -> str:
    """Return a number with thousands separators: three digits at least, at most three decimals."""
    if not math.isfinite(number):
        return MISSING
    size = abs(number)
    if size < 5e-7:
        return "0"
    if size >= LARGEST:
        return f"{number:.3g}"
    decimals = 0 if size >= 999.5 else 1 if size >= 99.95 else 2 if size >= 0.995 else 3
    return fixed(number, decimals)


def percent(share: float, decimals: int = 1) -> str:
    """Return a share of 1 in percent."""
    if not math.isfinite(share):
        return MISSING
    if abs(share) >= LARGEST / 1e4:
        return f"{100.0 * share:.3g}%"
    return fixed(100.0 * share, decimals) + "%"


def fixed(number: float, decimals: int) -> str:
    """Return a number with thousands separators; what rounds to nothing has no sign."""
    text = f"{number:,.{decimals}f}"
    return text[1:] if text.startswith("-") and not any(c in "123456789" for c in text) else text


def fixed_or_missing(number: float, decimals: int) -> str:
    """Return a number with thousands separators; a dash where it is not defined."""
    return fixed(number, decimals) if math.isfinite(number) else MISSING


def with_error(estimate: Estimate, decimals: int = 2, is_share: bool = False) -> str:
    """Return an estimate with its standard error in brackets, a share in percent."""
    if not math.isfinite(estimate.value):
        return MISSING
    scale, sign = (100.0, "%") if is_share else (1.0, "")
    error = fixed_or_missing(scale * estimate.se, decimals)
    return f"{fixed(scale * estimate.value, decimals)}{sign} ({error})"
