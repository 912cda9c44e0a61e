"""Continuing involvement (IFRS 9 3.2.16, 3.2.17, B3.2.13, B3.2.17)."""

from __future__ import annotations

from dataclasses import replace

from npl_sim.accounting.facts import TransferFacts
from npl_sim.accounting.journal import (
    ASSET,
    LIABILITY,
    RETAINED,
    Entry,
    Measurement,
    balanced,
    measured_with_gain,
)
from npl_sim.core.language import gettext as _


def involvement(facts: TransferFacts, ratio: float) -> Measurement:
    """Return the balance sheet of a transfer kept to the extent of continuing involvement.

    Parameters
    ----------
    facts
        The transfer.
    ratio
        Share of variability that the seller keeps. Used only if no contract term sets the extent
        of involvement. [share of 1]
    """
    carrying = facts.transferred_share * facts.carrying_amount
    fixed_price = facts.repurchase in ("fixed_price", "sale_price_plus_return")
    if fixed_price or facts.option_moneyness == "near":
        measured = _option(facts)
        if facts.guarantee_cap is None or measured.involvement >= carrying:
            return measured
        return replace(
            measured,
            assumption=_("the guarantee beside the repurchase is not measured separately"),
        )
    if facts.guarantee_cap is not None:
        return _guarantee(facts)
    kept = min(ratio, 1.0) * carrying
    return measured_with_gain(
        facts,
        kept,
        kept,
        spread=facts.excess_spread_fair_value,
        paragraph=_("IFRS 9 3.2.16, 3.2.17"),
        method=_("the retained share of variability, of the carrying amount"),
        assumption=_(
            "no contract term sets the extent of involvement; it is taken as the "
            "retained share of variability"
        ),
    )


def _guarantee(facts: TransferFacts) -> Measurement:
    """Measure a guarantee or a subordinated share (B3.2.13(a); B3.2.17 if a share is kept)."""
    most = min(facts.guarantee_cap or 0.0, facts.proceeds)
    shared = facts.transferred_share < 1.0
    return measured_with_gain(
        facts,
        min(facts.transferred_share * facts.carrying_amount, most),
        most + facts.guarantee_value,
        spread=facts.excess_spread_fair_value,
        paragraph=_("IFRS 9 {text}3.2.16(a), B3.2.13(a){text2}").format(
            text="3.2.13, " if shared else "", text2=", B3.2.17" if shared else ""
        ),
        method=_(
            "asset: the lower of the carrying amount and the most that could be paid "
            "back. Liability: the most that could be paid back plus the value of the "
            "guarantee, {valued_at}"
        ).format(valued_at=facts.valued_at),
    )


def _option(facts: TransferFacts) -> Measurement:
    strike, time = facts.option_strike, facts.option_time_value
    fair = facts.transferred_share * facts.fair_value
    if facts.measured_at == "amortized_cost" or strike is None:
        return measured_with_gain(
            facts.model_copy(update={"new_assets": 0.0, "new_liabilities": 0.0}),
            facts.transferred_share * facts.carrying_amount,
            facts.proceeds,
            paragraph=_("IFRS 9 3.2.16(b), B3.2.13(b), B3.2.14"),
            method=_(
                "an asset at amortized cost that may come back stays; the cash received is "
                "a liability; the option is not recognized separately"
            ),
        )
    if facts.repurchase == "call_option":
        return measured_with_gain(
            facts,
            fair,
            min(strike, fair) - time,
            paragraph=_("IFRS 9 3.2.16(b), B3.2.13(c)"),
            method=_(
                "asset at fair value; liability: the lower of strike and fair value, less "
                "the time value of the call"
            ),
        )
    return measured_with_gain(
        facts,
        min(fair, strike),
        strike + time,
        paragraph=_("IFRS 9 3.2.16(b), B3.2.13(d)"),
        method=_(
            "asset: the lower of fair value and strike; liability: strike plus the "
            "time value of the put"
        ),
    )


def collar_involvement(
    facts: TransferFacts, call_strike: float, call_time: float, put_value: float
) -> Measurement:
    """Return the balance sheet of a sale with a purchased call and a written put.

    The asset is measured at fair value (IFRS 9 B3.2.13(e)).

    Parameters
    ----------
    facts
        The transfer. Its own option fields are not used.
    call_strike
        Exercise price of the call. [package currency]
    call_time
        Time value of the call. [package currency]
    put_value
        Fair value of the put. [package currency]

    Notes
    -----
    Liability = min(call strike, fair value) + put value - time value of the call.
    """
    fair = facts.transferred_share * facts.fair_value
    return measured_with_gain(
        facts,
        fair,
        min(call_strike, fair) + put_value - call_time,
        paragraph=_("IFRS 9 B3.2.13(e)"),
        method=_(
            "asset at fair value; liability: the lower of the call's strike and fair "
            "value, plus the put, less the time value of the call"
        ),
    )


def after_impairment(measured: Measurement, loss: float) -> tuple[Measurement, float]:
    """Return the balance sheet after a credit loss on a subordinated share, and the charge.

    The loss reduces the share kept and the involvement. The liability falls with the involvement.

    Parameters
    ----------
    measured
        Balance sheet after the transfer.
    loss
        Credit loss on the transferred loans that the kept share absorbs. [package currency]

    Notes
    -----
    IFRS 9, end of B3.2.17.
    """
    bearing = measured.involvement - measured.spread
    absorbed = max(min(loss, measured.kept_at_cost, bearing, measured.liability), 0.0)
    accounts = (("impairment", 1.0), (ASSET, -1.0), (RETAINED, -1.0), (LIABILITY, 1.0))
    after = replace(
        measured,
        kept_at_cost=measured.kept_at_cost - absorbed,
        involvement=measured.involvement - absorbed,
        liability=measured.liability - absorbed,
        entries=balanced(tuple(Entry(name, sign * absorbed) for name, sign in accounts)),
    )
    return after, measured.asset - after.asset - (measured.liability - after.liability)
