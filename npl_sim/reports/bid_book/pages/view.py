"""What a printed page may show, and how it writes numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from npl_sim.analysis.package.tables import PackageTables, package_tables
from npl_sim.core.language import gettext as _
from npl_sim.reports.bid_book.pages.overrides import overrides_of, owners_of
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


def error_text(error: float, decimals: int) -> str:
    """Return a standard error; one that rounds to 0 is shown as below the last digit."""
    least = 10.0**-decimals
    if 0.0 < error < 0.5 * least:
        return f"<\u2009{fixed(least, decimals)}"
    return number(error, decimals)


def chance(found: Estimate, decimals: int = 1) -> str:
    """Return a probability in per cent; for no hit, the upper end of its interval."""
    return chance_of(found.value, found.high, decimals)


def chance_of(value: float, high: float, decimals: int = 1) -> str:
    """Return a probability in per cent; for 0, the upper end of its interval, `high`."""
    if value > 0.0 or not math.isfinite(high):
        return percent(value, decimals)
    upper = 100.0 * high
    # Rounded up: the interval must still cover what it claims.
    digits = max(decimals, 1)
    shown = math.ceil(upper * 10.0**digits - 1e-9) / 10.0**digits
    return f"<\u2009{fixed(shown, digits)}"


@dataclass(frozen=True)
class WorseEnd:
    """The worse setting of one input (`sensitivity.tornado`)."""

    name: str
    unit: str
    setting: float
    """Input, unit of its setting, and the setting."""
    bid_change: float
    """Change of the target price. [package currency]"""
    own_irr_change: float
    own_irr_se: float
    """Change of the mean rate of return on own money at our bid, and its error. [per year]"""


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
        Decimals of amounts: none from 10,000 units, one from 10, else two, below 1 unit three.
    """

    study: Study
    table: LoanTable
    book: BidBook
    unit: Unit
    heading: Heading = NO_HEADING
    decimals: int = field(init=False)

    def __post_init__(self) -> None:
        price = abs(self.book.bid.price.value) / self.unit.size
        decimals = 0 if price >= 1e4 else 1 if price >= 10.0 else 2 if price >= 1.0 else 3
        object.__setattr__(self, "decimals", decimals)

    def money(self, amount: float) -> str:
        """Return an amount in the unit of the book, without its name."""
        return number(amount / self.unit.size, self.decimals)

    def change(self, amount: float) -> str:
        """Return a change of an amount with its sign."""
        return signed(amount / self.unit.size, self.decimals)

    def round_money(self, amount: float) -> str:
        """Return an amount for a headline or label: at least three digits."""
        size = abs(amount) / self.unit.size
        return number(amount / self.unit.size, 0 if size >= 100.0 else self.decimals)

    @cached_property
    def package(self) -> PackageTables:
        """Tables of the package: strata, collateral, largest borrowers, data findings."""
        heading = self.heading
        return package_tables(self.study, self.table, self.book, heading.nothing, heading.issues)

    def phrase(self, amount: float, decimals: int | None = None) -> str:
        """Return an amount with its unit for a sentence: ``CNY 293 million``, ``2.93 亿元``."""
        shown = self.round_money(amount)
        if decimals is not None:
            shown = number(amount / self.unit.size, decimals)
        return self.unit.pattern.format(shown)

    @property
    def has_seller(self) -> bool:
        """Whether the study states the seller's terms."""
        return "seller" in self.study.model_fields_set

    @property
    def overrides(self) -> tuple[str, ...]:
        """What the inputs confirm or override, as the committee must know it."""
        return overrides_of(self.heading.origins, self.study.tape.confirmed)

    def owner(self, name: str) -> str:
        """Return owner, date and source of an input; empty where no cell states them."""
        return owners_of(self.heading.origins).get(name, "")

    def worse_ends(self) -> list[WorseEnd]:
        """Return the worse setting of each sensitivity, largest loss of the target price first."""
        price = self.book.bid.price.value
        frame = self.book.tornado
        ends = [
            WorseEnd(
                str(r.lever), str(r.unit), r.setting, r.bid - price, r.own_irr_change, r.own_irr_se
            )
            for r in frame.itertuples()
            if math.isfinite(r.bid) and r.bid < price
        ]
        evidence = self.heading.evidence
        if evidence is not None and evidence.unsourced is not None:
            ends += [
                WorseEnd(
                    str(r.input), "multiple", math.nan, r.bid_change, r.own_irr_change, math.nan
                )
                for r in evidence.unsourced.effects.itertuples()
                if r.bid_change < 0.0
            ]
        worst = {end.name: end for end in sorted(ends, key=lambda end: -end.bid_change)}
        return sorted(worst.values(), key=lambda end: end.bid_change)

    @property
    def foot(self) -> str:
        """What the numbers rest on: scenarios, seed, horizon."""
        flows = self.book.result.flows
        return _("{scenarios} scenarios, seed {seed}, {months} months.").format(
            scenarios=f"{self.book.result.scenarios:,}", seed=flows.seed, months=flows.months
        )
