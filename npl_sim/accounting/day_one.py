"""What a transfer does to the balance sheet on its day, whatever the verdict (IFRS 9 3.2.12, 3.2.15, 3.2.16)."""

from __future__ import annotations

from dataclasses import replace

from npl_sim.accounting.continuing_involvement import involvement
from npl_sim.accounting.facts import Facts
from npl_sim.accounting.journal import Entry, Measurement, balanced, recorded
from npl_sim.core.judgment import Outcome

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
    if outcome in (Outcome.CONTINUING, Outcome.DEPENDS):
        return involvement(facts, ratio)
    return _derecognised(facts) if outcome is Outcome.DERECOGNISE else _kept(facts)


def _derecognised(facts: Facts) -> Measurement:
    """The gain is all that came in, less all that went out (3.2.12); a share kept is measured at its part (3.2.13)."""
    shared = facts.transferred_share < 1.0
    gone = recorded(
        facts,
        0.0,
        facts.guarantee_value,
        spread=facts.excess_spread_fair_value,
        owed=f"obligations given, {facts.valued_at}",
        paragraph="IFRS 9 3.2.12, 3.2.13" if shared else "IFRS 9 3.2.12",
        method=f"the asset goes; rights and obligations created or kept are recognised, {facts.valued_at}",
    )
    returns = facts.total_return_swap or facts.repurchase != "none"
    if (
        returns
        and facts.guarantee_cap is None
        and not facts.new_assets
        and not facts.new_liabilities
    ):
        assumption = "what the option or repurchase is worth counts only where it is given among the new assets and liabilities"
        return replace(gone, assumption=assumption)
    return gone


def _kept(facts: Facts) -> Measurement:
    """The sale is a borrowing: the asset stays, what was received is owed, and there is no gain (3.2.15)."""
    owed = facts.proceeds
    entries = (Entry("cash received", owed), Entry("liability for what was received", -owed))
    gone = facts.transferred_share * facts.carrying_amount
    return Measurement(
        facts.carrying_amount - gone,
        gone,
        owed,
        0.0,
        balanced(entries),
        "IFRS 9 3.2.15, B3.2.14",
        "the asset stays whole; the cash received is a liability; no gain; rights and promises that keep the asset on the "
        "balance sheet are not recognised a second time",
    )
