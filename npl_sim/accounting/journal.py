"""The balance sheet on the day of a transfer, as entries that sum to nothing: debits positive, credits negative."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from npl_sim.accounting.facts import Facts
from npl_sim.core.errors import ConservationError

__all__ = ["ASSET", "KEPT", "LIABILITY", "Entry", "Measurement", "balanced", "recorded"]

ASSET, KEPT, LIABILITY = "transferred asset", "continuing involvement", "associated liability"


class Entry(NamedTuple):
    """One line of the journal: debits positive, credits negative. [package currency]"""

    account: str
    amount: float


@dataclass(frozen=True)
class Measurement:
    """What the transfer does to the balance sheet on its day.

    Attributes
    ----------
    kept_at_cost
        Carrying amount of the share that was never transferred. [package currency]
    involvement
        Asset that stays, or appears, because of the seller's continuing involvement. [package currency]
    liability
        Liability that comes with it, or for the cash received. [package currency]
    gain
        Gain on the transfer; negative: loss. [package currency]
    entries
        The journal.
    paragraph
        The rule.
    method
        How it was measured, in words.
    share_price
        Consideration for what was transferred, without what the guarantee is worth. [package currency]
    guarantee_value
        Consideration for the guarantee or subordination. [package currency]
    spread
        Excess spread that is part of the involvement. [package currency]
    assumption
        What of it rests on no paragraph; empty: nothing.
    """

    kept_at_cost: float
    involvement: float
    liability: float
    gain: float
    entries: tuple[Entry, ...]
    paragraph: str
    method: str
    share_price: float = 0.0
    guarantee_value: float = 0.0
    spread: float = 0.0
    assumption: str = ""

    @property
    def asset(self) -> float:
        """All that is still recognised of the asset. [package currency]"""
        return self.kept_at_cost + self.involvement


def balanced(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Return the entries that are not nil, or raise where debits and credits differ."""
    total, size = (
        sum(e.amount for e in entries),
        max((abs(e.amount) for e in entries), default=0.0),
    )
    if abs(total) > 1e-9 * max(size, 1.0):
        raise ConservationError(f"the entries of a transfer sum to {total!r} and not to nothing")
    return tuple(e for e in entries if e.amount)


def recorded(
    facts: Facts,
    asset: float,
    liability: float,
    *,
    paragraph: str,
    method: str,
    spread: float = 0.0,
    owed: str = LIABILITY,
    assumption: str = "",
) -> Measurement:
    """Return the balance sheet once all but the gain is known: the gain is what makes the journal balance.

    Parameters
    ----------
    facts
        The transfer.
    asset
        Asset recognised for continuing involvement, without excess spread. [package currency]
    liability
        Liability recognised with it. [package currency]
    paragraph, method
        The rule, and how it was measured.
    spread
        Excess spread recognised as consideration. [package currency]
    owed
        Name of the liability.
    assumption
        What of it rests on no paragraph.
    """
    gone = facts.transferred_share * facts.carrying_amount
    other = facts.new_assets - facts.new_liabilities
    gain = facts.proceeds + spread + other + asset - liability - gone
    entries = (
        Entry(ASSET, -gone),
        Entry(KEPT, asset),
        Entry("excess spread received as consideration", spread),
        Entry("other assets received", facts.new_assets),
        Entry("other liabilities assumed", -facts.new_liabilities),
        Entry(owed, -liability),
        Entry("gain on transfer", -gain),
        Entry("cash received", facts.proceeds),
    )
    return Measurement(
        facts.carrying_amount - gone,
        asset + spread,
        liability,
        gain,
        balanced(entries),
        paragraph,
        method,
        facts.proceeds + spread - facts.guarantee_value,
        facts.guarantee_value,
        spread,
        assumption,
    )
