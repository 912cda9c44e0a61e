"""What a printed page may show, and how it writes numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from npl_sim.core.language import gettext as _
from npl_sim.reports.formats import Unit, fixed
from npl_sim.reports.heading import NO_HEADING, Heading

if TYPE_CHECKING:
    from npl_sim.analysis.committee import BidBook
    from npl_sim.stats.risk import Estimate
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

DASH = "–"
"""Text for a number that is missing."""

MINUS = "−"


def number(value: float, decimals: int = 0) -> str:
    """Return a number with a true minus sign; a dash where it is not defined."""
    if not math.isfinite(value):
        return DASH
    return fixed(value, decimals).replace("-", MINUS)


def signed(value: float, decimals: int = 0) -> str:
    """Return a change with its sign; one that rounds to 0 has none."""
    text = number(value, decimals)
    is_rise = math.isfinite(value) and value > 0.0 and any(c in "123456789" for c in text)
    return f"+{text}" if is_rise else text


def percent(share: float, decimals: int = 1) -> str:
    """Return a share of 1 in per cent, without the sign."""
    return number(100.0 * share, decimals)


def rate_text(rate: float) -> str:
    """Return a rate with its sign, and only the decimals that it has: ``18%``, ``12.5%``."""
    return DASH if not math.isfinite(rate) else f"{100.0 * rate:.4g}%".replace("-", MINUS)


def chance(found: Estimate, decimals: int = 1) -> str:
    """Return a probability in per cent; for no hit, the upper end of its interval."""
    if found.value > 0.0 or not math.isfinite(found.high):
        return percent(found.value, decimals)
    upper = 100.0 * found.high
    # Rounded up: the interval must still cover what it claims.
    digits = max(decimals, 1)
    shown = math.ceil(upper * 10.0**digits - 1e-9) / 10.0**digits
    return f"<\u2009{fixed(shown, digits)}"


@dataclass(frozen=True)
class BookView:
    """A bid book with its study, its loans and the unit of its amounts.

    Attributes
    ----------
    study, table, book, heading
        What was valued, its results, and the issues.
    unit
        Unit of every amount of the book, chosen once.
    decimals
        Decimals of amounts: one above 10 units, else two, below 1 unit three.
    """

    study: Study
    table: LoanTable
    book: BidBook
    unit: Unit
    heading: Heading = NO_HEADING
    decimals: int = field(init=False)

    def __post_init__(self) -> None:
        price = abs(self.book.bid.price.value) / self.unit.size
        decimals = 1 if price >= 10.0 else 2 if price >= 1.0 else 3
        object.__setattr__(self, "decimals", decimals)

    def money(self, amount: float) -> str:
        """Return an amount in the unit of the book, without its name."""
        return number(amount / self.unit.size, self.decimals)

    def change(self, amount: float) -> str:
        """Return a change of an amount with its sign."""
        return signed(amount / self.unit.size, self.decimals)

    def round_money(self, amount: float) -> str:
        """Return an amount for a headline or label: three digits at least, no needless decimals."""
        size = abs(amount) / self.unit.size
        return number(amount / self.unit.size, 0 if size >= 100.0 else self.decimals)

    @property
    def foot(self) -> str:
        """What the numbers rest on: scenarios, seed, horizon."""
        flows = self.book.result.flows
        return _("{scenarios} scenarios, seed {seed}, {months} months.").format(
            scenarios=f"{self.book.result.scenarios:,}", seed=flows.seed, months=flows.months
        )
