"""Journal and balance sheet on the day of a transfer: debits positive, credits negative."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from npl_sim.accounting.facts import TransferFacts
from npl_sim.core.errors import ConservationError

ASSET, RETAINED, LIABILITY = "transferred asset", "continuing involvement", "associated liability"


class Entry(NamedTuple):
    """One line of the journal: debits positive, credits negative."""

    account: str
    """Name of the account."""
    amount: float
    """Amount. [package currency]"""


@dataclass(frozen=True)
class Measurement:
    """Balance sheet and journal on the day of a transfer."""

    kept_at_cost: float
    """Carrying amount of the share that was never transferred. [package currency]"""
    involvement: float
    """Asset that stays, or appears, through continuing involvement. [package currency]"""
    liability: float
    """Liability that comes with the involvement, or for the cash received. [package currency]"""
    gain: float
    """Gain on the transfer; a loss is negative. [package currency]"""
    entries: tuple[Entry, ...]
    """The journal; its entries sum to zero."""
    paragraph: str
    """Paragraph of the standard."""
    method: str
    """Method of measurement."""
    share_price: float = 0.0
    """Consideration for the transferred asset, without the guarantee. [package currency]"""
    guarantee_value: float = 0.0
    """Consideration for the guarantee or subordination. [package currency]"""
    spread: float = 0.0
    """Excess spread that is part of the involvement. [package currency]"""
    assumption: str = ""
    """Assumption behind the measurement; empty if there is none."""

    @property
    def asset(self) -> float:
        """Part of the asset that is still recognized. [package currency]"""
        return self.kept_at_cost + self.involvement


def balanced(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Return the nonzero entries; raise ConservationError if debits and credits differ."""
    total = sum(e.amount for e in entries)
    largest = max((abs(e.amount) for e in entries), default=0.0)
    if abs(total) > 1e-9 * max(largest, 1.0):
        raise ConservationError(f"journal of a transfer: entries sum to {total!r}; expected 0")
    return tuple(e for e in entries if e.amount)


def measured_with_gain(
    facts: TransferFacts,
    asset: float,
    liability: float,
    *,
    paragraph: str,
    method: str,
    spread: float = 0.0,
    liability_name: str = LIABILITY,
    assumption: str = "",
) -> Measurement:
    """Return the balance sheet; the gain is the amount that balances the journal.

    Parameters
    ----------
    facts
        The transfer.
    asset
        Asset recognized for continuing involvement, without excess spread. [package currency]
    liability
        Liability recognized with it. [package currency]
    paragraph, method
        Paragraph of the standard, and method of measurement.
    spread
        Excess spread recognized as consideration. [package currency]
    liability_name
        Account of the liability.
    assumption
        Assumption behind the measurement.
    """
    transferred = facts.transferred_share * facts.carrying_amount
    other = facts.new_assets - facts.new_liabilities
    gain = facts.proceeds + spread + other + asset - liability - transferred
    entries = (
        Entry(ASSET, -transferred),
        Entry(RETAINED, asset),
        Entry("excess spread received as consideration", spread),
        Entry("other assets received", facts.new_assets),
        Entry("other liabilities assumed", -facts.new_liabilities),
        Entry(liability_name, -liability),
        Entry("gain on transfer", -gain),
        Entry("cash received", facts.proceeds),
    )
    return Measurement(
        kept_at_cost=facts.carrying_amount - transferred,
        involvement=asset + spread,
        liability=liability,
        gain=gain,
        entries=balanced(entries),
        paragraph=paragraph,
        method=method,
        share_price=facts.proceeds + spread - facts.guarantee_value,
        guarantee_value=facts.guarantee_value,
        spread=spread,
        assumption=assumption,
    )
