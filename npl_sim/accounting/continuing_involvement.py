"""What stays on the balance sheet to the extent of continuing involvement (IFRS 9 3.2.16, 3.2.17, B3.2.13, B3.2.17)."""

from __future__ import annotations

from dataclasses import replace

from npl_sim.accounting.facts import Facts
from npl_sim.accounting.journal import (
    ASSET,
    KEPT,
    LIABILITY,
    Entry,
    Measurement,
    balanced,
    recorded,
)

__all__ = ["after_impairment", "collar_involvement", "involvement"]


def involvement(facts: Facts, ratio: float) -> Measurement:
    """Return the balance sheet of a transfer that is kept to the extent of continuing involvement.

    Parameters
    ----------
    facts
        The transfer.
    ratio
        Share of variability that the seller keeps; read only where nothing in the contract sets the extent.
    """
    if _may_come_back(facts):
        measured = _option(facts)
        if (
            facts.guarantee_cap is None
            or measured.involvement >= facts.transferred_share * facts.carrying_amount
        ):
            return measured
        both = "the guarantee beside the repurchase is not measured a second time"
        return replace(measured, assumption=both)
    if facts.guarantee_cap is not None:
        return _guarantee(facts)
    kept = min(ratio, 1.0) * facts.transferred_share * facts.carrying_amount
    return recorded(
        facts,
        kept,
        kept,
        spread=facts.excess_spread_fair_value,
        paragraph="IFRS 9 3.2.16, 3.2.17",
        method="the retained share of variability, of the carrying amount",
        assumption="nothing in the contract sets the extent of involvement; it is taken as the retained share of variability",
    )


def _may_come_back(facts: Facts) -> bool:
    """Whether all that was transferred may return at a price other than its fair value on that day."""
    return (
        facts.repurchase in ("fixed_price", "sale_price_plus_return")
        or facts.option_moneyness == "near"
    )


def _guarantee(facts: Facts) -> Measurement:
    """A guarantee, or a subordinated share: one rule, B3.2.13(a), of which B3.2.17 is the case with a share kept."""
    promised = min(facts.guarantee_cap or 0.0, facts.proceeds)
    shared = facts.transferred_share < 1.0
    return recorded(
        facts,
        min(facts.transferred_share * facts.carrying_amount, promised),
        promised + facts.guarantee_value,
        spread=facts.excess_spread_fair_value,
        paragraph="IFRS 9 3.2.13, 3.2.16(a), B3.2.13(a), B3.2.17"
        if shared
        else "IFRS 9 3.2.16(a), B3.2.13(a)",
        method="asset: the lower of the carrying amount and the most that could be paid back; liability: the most that "
        f"could be paid back plus what the guarantee is worth, {facts.valued_at}",
    )


def _option(facts: Facts) -> Measurement:
    strike, time = facts.option_strike, facts.option_time_value
    fair = facts.transferred_share * facts.fair_value
    if facts.measured_at == "amortised_cost" or strike is None:
        return recorded(
            facts.model_copy(update={"new_assets": 0.0, "new_liabilities": 0.0}),
            facts.transferred_share * facts.carrying_amount,
            facts.proceeds,
            paragraph="IFRS 9 3.2.16(b), B3.2.13(b), B3.2.14",
            method="an asset at amortised cost that may come back stays; what was received is a liability; the option is not "
            "recognised a second time",
        )
    if facts.repurchase == "call_option":
        return recorded(
            facts,
            fair,
            min(strike, fair) - time,
            paragraph="IFRS 9 3.2.16(b), B3.2.13(c)",
            method="asset at fair value; liability: the lower of strike and fair value, less the call's time value",
        )
    return recorded(
        facts,
        min(fair, strike),
        strike + time,
        paragraph="IFRS 9 3.2.16(b), B3.2.13(d)",
        method="asset: the lower of fair value and strike; liability: strike plus the put's time value",
    )


def collar_involvement(
    facts: Facts, call_strike: float, call_time: float, put_value: float
) -> Measurement:
    """Return the balance sheet of a sale with a purchased call and a written put, asset at fair value (B3.2.13(e)).

    Parameters
    ----------
    facts
        The transfer; its own option words are not read.
    call_strike
        Price of exercise of the call. [package currency]
    call_time
        Time value of the call. [package currency]
    put_value
        Fair value of the put. [package currency]
    """
    fair = facts.transferred_share * facts.fair_value
    return recorded(
        facts,
        fair,
        min(call_strike, fair) + put_value - call_time,
        paragraph="IFRS 9 B3.2.13(e)",
        method="asset at fair value; liability: the lower of the call's strike and fair value, plus the put, less the call's "
        "time value",
    )


def after_impairment(measured: Measurement, loss: float) -> tuple[Measurement, float]:
    """Return the balance sheet after a credit loss on a subordinated share, and the charge (end of B3.2.17).

    The loss falls on the share kept and, as long as it lasts, on the involvement; the liability falls with the latter.

    Parameters
    ----------
    measured
        What the transfer left.
    loss
        Credit loss on the transferred loans that the kept share absorbs. [package currency]
    """
    bearing = measured.involvement - measured.spread
    absorbed = max(min(loss, measured.kept_at_cost, bearing, measured.liability), 0.0)
    entries = (
        Entry("impairment", absorbed),
        Entry(ASSET, -absorbed),
        Entry(KEPT, -absorbed),
        Entry(LIABILITY, absorbed),
    )
    left = replace(
        measured,
        kept_at_cost=measured.kept_at_cost - absorbed,
        involvement=measured.involvement - absorbed,
        liability=measured.liability - absorbed,
        entries=balanced(entries),
    )
    return left, measured.asset - left.asset - (measured.liability - left.liability)
