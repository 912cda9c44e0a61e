"""Sources and uses of cash at closing. docs/deals.md section 4a.

Sources are the notes at their issue prices and other cash. Notes that the seller keeps are paid in
kind, as part of the price. Uses are initial account balances, closing costs and the price of the
package. The price defaults to the remainder, which may not be negative.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from npl_sim.core.issues import Issue, warning_at

if TYPE_CHECKING:
    from npl_sim.securitization.terms.deal_terms import DealTerms

ROUNDING = 1e-6
"""Gap between sources and uses that counts as rounding, as a share of the larger."""
LARGE = 0.5
"""Share of the sources that reserves and costs may take before it is warned of."""

Line = tuple[str, str, str, float]


@dataclass(frozen=True)
class Closing:
    """Sources and uses at closing."""

    lines: tuple[Line, ...]
    """Side (source or use), party, what, and amount. [package currency]"""
    stated: bool
    """Whether the deal states the price; else it is what is left."""

    def total(self, side: str) -> float:
        """Return the sum of one side, ``source`` or ``use``. [package currency]"""
        return sum(amount for at, _, _, amount in self.lines if at == side)

    @property
    def gap(self) -> float:
        """Sources less uses. [package currency]"""
        return self.total("source") - self.total("use")

    @property
    def balanced(self) -> bool:
        """Whether sources and uses are the same."""
        return abs(self.gap) <= ROUNDING * max(self.total("source"), self.total("use"))

    def table(self) -> pd.DataFrame:
        """Return the lines: side, party, what, amount. [package currency]"""
        return pd.DataFrame(self.lines, columns=["side", "party", "what", "amount"])


def closing_of(deal: DealTerms) -> Closing:
    """Return the sources and uses of a deal at closing.

    Parameters
    ----------
    deal
        The deal; `structure.purchase_price` is its price where it is stated.
    """
    lines: list[Line] = [
        ("source", t.name, f"notes at {100.0 * t.price:g}% of their balance", t.price * t.balance)
        for t in deal.tranches
    ]
    if deal.other_cash:
        lines.append(("source", "others", "other cash", deal.other_cash))
    uses: list[Line] = [
        ("use", a.name, "account filled at closing", a.initial) for a in deal.accounts if a.initial
    ]
    if deal.closing_costs:
        uses.append(("use", "costs", "closing costs", deal.closing_costs))
    stated = None if deal.structure is None else deal.structure.purchase_price
    left = sum(x[3] for x in lines) - sum(x[3] for x in uses)
    what = (
        "price of the package (what is left)"
        if stated is None
        else "price of the package (stated)"
    )
    uses.append(("use", "seller", what, max(left, 0.0) if stated is None else stated))
    return Closing((*lines, *uses), stated is not None)


def closing_warnings(deal: DealTerms) -> Iterator[Issue]:
    """Warn of sources and uses that do not balance, or leave little for the package."""
    closing = closing_of(deal)
    sources, uses = closing.total("source"), closing.total("use")
    if not closing.balanced:
        more, fix = (
            ("uses exceed sources", "a lower price, smaller reserves, or other_cash")
            if closing.gap < 0.0
            else (
                "sources exceed uses, so that cash is left to nobody",
                "a price that uses all of them",
            )
        )
        yield warning_at(
            ("closing",),
            f"{more}: sources {sources:,.2f}, uses {uses:,.2f} {deal.currency}; expected equal "
            f"totals ({fix})",
        )
    spent = sum(a.initial for a in deal.accounts) + deal.closing_costs
    if closing.balanced and spent > LARGE * sources:
        yield warning_at(
            ("closing",),
            f"reserves and costs take {spent:,.2f} of sources of {sources:,.2f} "
            f"{deal.currency}; expected the price of "
            f"the package to be the largest use, but it is {sources - spent:,.2f}",
        )
    notes = sources - deal.other_cash
    if deal.other_cash > notes:
        yield warning_at(
            ("other_cash",),
            f"got {deal.other_cash:,.2f} {deal.currency}, more than the notes bring "
            f"({notes:,.2f}); expected a loan or gift that fills a reserve",
        )
