"""What a transfer does to the balance sheet on its day, whatever the verdict (IFRS 9 3.2.12, 3.2.15, 3.2.16)."""

from __future__ import annotations

from npl_sim.channel.continuing import (
    ASSET,
    CASH,
    GAIN,
    LIABILITY,
    SPREAD,
    Entry,
    Measurement,
    balanced,
    involvement,
)
from npl_sim.channel.facts import Facts
from npl_sim.channel.reasons import Outcome

__all__ = ["measure"]


def measure(facts: Facts, outcome: Outcome, ratio: float) -> Measurement:
    """Return the balance sheet after the transfer.

    Parameters
    ----------
    facts
        The transfer.
    outcome
        What the tree decided.
    ratio
        Share of variability that the seller keeps; read only for continuing involvement that no contract term bounds.
    """
    if outcome is Outcome.CONTINUING:
        return involvement(facts, ratio)
    return _derecognised(facts) if outcome is Outcome.DERECOGNISE else _kept(facts)


def _derecognised(facts: Facts) -> Measurement:
    """The gain is all that came in, less all that went out (3.2.12); what was kept is measured by share (3.2.13)."""
    gone = facts.transferred_share * facts.carrying_amount
    guarantee = facts.guarantee_value
    gain = (
        facts.proceeds
        + facts.excess_spread_fair_value
        + facts.new_assets
        - facts.new_liabilities
        - guarantee
        - gone
    )
    entries = (
        Entry(ASSET, -gone),
        Entry(SPREAD, facts.excess_spread_fair_value),
        Entry("other assets received", facts.new_assets),
        Entry("other liabilities assumed", -facts.new_liabilities),
        Entry("guarantee given, at fair value", -guarantee),
        Entry(GAIN, -gain),
        Entry(CASH, facts.proceeds),
    )
    return Measurement(
        facts.carrying_amount - gone,
        0.0,
        guarantee + facts.new_liabilities,
        gain,
        balanced(entries),
        "IFRS 9 3.2.12" if facts.transferred_share == 1.0 else "IFRS 9 3.2.12, 3.2.13",
        "the asset goes; rights and obligations created or kept are recognised at fair value",
        facts.proceeds - guarantee,
        guarantee,
    )


def _kept(facts: Facts) -> Measurement:
    """The sale is a borrowing: the asset stays, the cash is owed, and there is no gain (3.2.15)."""
    entries = balanced((Entry(CASH, facts.proceeds), Entry(LIABILITY, -facts.proceeds)))
    return Measurement(
        facts.carrying_amount,
        0.0,
        facts.proceeds,
        0.0,
        entries,
        "IFRS 9 3.2.15",
        "the asset stays whole; the cash received is a liability; no gain",
    )
