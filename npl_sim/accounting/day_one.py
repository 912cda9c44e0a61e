"""Day-one entries of a transfer (IFRS 9 3.2.12, 3.2.13, 3.2.15, 3.2.16)."""

from __future__ import annotations

from dataclasses import replace

from npl_sim.accounting.continuing_involvement import involvement
from npl_sim.accounting.facts import TransferFacts
from npl_sim.accounting.journal import Entry, Measurement, balanced, measured_with_gain
from npl_sim.core.judgment import Outcome
from npl_sim.core.language import gettext as _


def measure_day_one(facts: TransferFacts, outcome: Outcome, ratio: float) -> Measurement:
    """Return the balance sheet after the transfer.

    Parameters
    ----------
    facts
        The transfer.
    outcome
        Outcome of the decision tree.
    ratio
        Share of variability that the seller keeps. Used only for continuing involvement that no
        contract term bounds. [share of 1]
    """
    if outcome in (Outcome.CONTINUING, Outcome.DEPENDS):
        return involvement(facts, ratio)
    return _derecognized(facts) if outcome is Outcome.DERECOGNIZE else _retained(facts)


def _derecognized(facts: TransferFacts) -> Measurement:
    """Measure a sale: the gain is all assets received less all given (3.2.12, 3.2.13)."""
    measured = measured_with_gain(
        facts,
        0.0,
        facts.guarantee_value,
        spread=facts.excess_spread_fair_value,
        liability_name=_("obligations given, {valued_at}").format(valued_at=facts.valued_at),
        paragraph=_("IFRS 9 3.2.12, 3.2.13")
        if facts.transferred_share < 1.0
        else _("IFRS 9 3.2.12"),
        method=_(
            "the asset is derecognized; rights and obligations created or kept are "
            "recognized, {valued_at}"
        ).format(valued_at=facts.valued_at),
    )
    unvalued = facts.guarantee_cap is None and not facts.new_assets and not facts.new_liabilities
    if unvalued and (facts.total_return_swap or facts.repurchase != "none"):
        return replace(
            measured,
            assumption=_(
                "the value of the option or repurchase counts only if it is given among "
                "the new assets and liabilities"
            ),
        )
    return measured


def _retained(facts: TransferFacts) -> Measurement:
    """Measure a borrowing: the asset stays, the cash is a liability, without gain (3.2.15)."""
    cash = facts.proceeds
    transferred = facts.transferred_share * facts.carrying_amount
    entries = (Entry(_("cash received"), cash), Entry(_("liability for what was received"), -cash))
    return Measurement(
        kept_at_cost=facts.carrying_amount - transferred,
        involvement=transferred,
        liability=cash,
        gain=0.0,
        entries=balanced(entries),
        paragraph=_("IFRS 9 3.2.15, B3.2.14"),
        method=_(
            "the whole asset stays; the cash received is a liability; no gain. Rights "
            "and promises that keep the asset on the balance sheet are not recognized "
            "separately"
        ),
    )
