"""Notes on a price: what the reader must know beside the numbers."""

from __future__ import annotations

from npl_sim.cashflows.protocol import Cash
from npl_sim.core.language import gettext as _
from npl_sim.valuation.parties import Buyer
from npl_sim.valuation.spec import Pricing


def price_notes(flows: Cash, pricing: Pricing, same_discount: bool) -> tuple[str, ...]:
    """Return what a price leaves out, and why."""
    notes = []
    if not same_discount and len(flows.loans):
        notes.append(
            _(
                "Loans were discounted at {discount_rate:g}% ({cash_timing}), this price "
                "at {required_return:g}% ({cash_timing2}): no breakdown by loan attribute."
            ).format(
                discount_rate=100 * flows.discount_rate,
                cash_timing=flows.cash_timing,
                required_return=100 * pricing.required_return,
                cash_timing2=pricing.cash_timing,
            )
        )
    if not len(flows.loans):
        notes.append(_("Loans are not stored with this cash: no breakdown by loan attribute."))
    if flows.streams_from is not None:
        notes.append(
            _(
                "Scenarios were streamed to disk: every number is of all scenarios and "
                "exact. Errors by kind of cash are not known. Cash by scenario, month and "
                "group is not kept."
            )
        )
    if flows.gbv <= 0.0:
        notes.append(_("The package has no gross book value: shares of it are not defined."))
    tail = flows.scenarios * min(pricing.shortfall_level, min(pricing.quantiles))
    if tail < 10.0:
        notes.append(
            _(
                "The tail holds {tail:.3g} of {scenarios:,} scenarios: its quantile, "
                "expected shortfall and errors are rough. Run more scenarios."
            ).format(tail=tail, scenarios=flows.scenarios)
        )
    return tuple(notes)


def rough_bid(scenarios: int, buyer: Buyer) -> tuple[str, ...]:
    """Return a note if few scenarios lie beyond the level of the buyer's measure."""
    if buyer.level is None:
        return ()
    tail = scenarios * min(buyer.level, 1.0 - buyer.level)
    if tail > 10.0 - 1e-9:
        return ()
    return (
        _(
            "The buyer's level, {level:g}, leaves {tail:.3g} of {scenarios:,} "
            "scenarios beyond the bid: bid and error are rough. Run more scenarios."
        ).format(level=buyer.level, tail=tail, scenarios=scenarios),
    )
