"""Units and formats of numbers in reports."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from npl_sim.reports.money_units import scale_for
from npl_sim.valuation.whole_units import rounded_parts

if TYPE_CHECKING:
    from npl_sim.stats.risk import Estimate


MISSING = "-"
"""Text for a number that is not defined or cannot be estimated."""

LARGEST = 1e9
"""Number from which a power of ten is shown."""


@dataclass(frozen=True)
class Unit:
    """Unit in which amounts are shown."""

    size: float
    """Amount shown as 1. [package currency]"""
    name: str
    """Its name, such as ``CNY million``."""
    pattern: str = "{}"
    """Text of an amount in a sentence, such as ``CNY {} million``."""

    def sentence(self, amount: float) -> str:
        """Return an amount with its unit, for a sentence: ``CNY 293.4 million``."""
        return self.pattern.format(self.show(amount))

    def show(self, amount: float) -> str:
        """Return an amount in this unit, without the name of the unit."""
        return plain_amount(amount / self.size)

    def column(self, amounts: Iterable[float]) -> list[str]:
        """Return amounts in this unit, all with the decimals of the largest."""
        shown = [amount / self.size for amount in amounts]
        largest = max((abs(x) for x in shown if math.isfinite(x)), default=0.0)
        decimals = _decimals(largest)
        return [fixed(x, decimals) if math.isfinite(x) else MISSING for x in shown]

    def errors(self, amounts: Iterable[float]) -> list[str]:
        """Return standard errors as a column, small ones as below one unit of the last digit."""
        shown = [amount / self.size for amount in amounts]
        largest = max((abs(x) for x in shown if math.isfinite(x)), default=0.0)
        return [error_text(x, _decimals(largest)) for x in shown]

    def parts(self, amounts: Sequence[float], whole: float) -> list[str]:
        """Return parts and their sum as a column whose parts, as shown, sum to the whole.

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
    """Return parts and their sum with the same decimals; as shown, the parts sum to the whole.

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
    """Return a standard error; a dash if not known, and ``<0.01`` if it rounds to 0."""
    if not math.isfinite(error):
        return MISSING
    least = 10.0**-decimals
    return f"<{fixed(least, decimals)}" if 0.0 < error < 0.5 * least else fixed(error, decimals)


def money_unit(largest: float, currency: str = "") -> Unit:
    """Return the unit for amounts up to `largest`.

    Parameters
    ----------
    largest
        Largest amount to show; its sign does not matter. [package currency]
    currency
        Name of the currency; may be empty.
    """
    scale = scale_for(largest, currency)
    return Unit(scale.size, scale.name, scale.pattern)


def amount_text(amount: float, currency: str = "") -> str:
    """Return an amount with its unit: ``CNY 408.5 million``.

    Parameters
    ----------
    amount
        The amount. [package currency]
    currency
        Name of the currency; may be empty.
    """
    return money_unit(amount, currency).sentence(amount)


def plain_amount(number: float) -> str:
    """Return a number with thousands separators, at least three digits, at most three decimals."""
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
    """Return a number with thousands separators; a number that rounds to 0 has no sign."""
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
