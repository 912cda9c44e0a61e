"""What stays on the balance sheet to the extent of continuing involvement (IFRS 9 3.2.16, 3.2.17, B3.2.13, B3.2.17).

Every measurement is a set of entries that sum to nothing: debits positive, credits negative.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from npl_sim.channel.facts import Facts
from npl_sim.errors import ConservationError

__all__ = ["Entry", "Measurement", "after_impairment", "balanced", "collar_involvement", "involvement"]

ASSET, CASH, GAIN, LIABILITY = (
    "transferred asset",
    "cash received",
    "gain on transfer",
    "associated liability",
)
KEPT = "continuing involvement"
SPREAD = "excess spread received as consideration"


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
        Consideration for the share that was transferred. [package currency]
    guarantee_value
        Consideration for the guarantee or subordination. [package currency]
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
    assumption: str = ""

    @property
    def asset(self) -> float:
        """All that is still recognised of the asset. [package currency]"""
        return self.kept_at_cost + self.involvement


def balanced(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Return the entries that are not nil, or raise where debits and credits differ."""
    total, size = sum(e.amount for e in entries), max((abs(e.amount) for e in entries), default=0.0)
    if abs(total) > 1e-9 * max(size, 1.0):
        raise ConservationError(f"the entries of a transfer sum to {total!r} and not to nothing")
    return tuple(e for e in entries if e.amount)


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
        if facts.guarantee_cap is None:
            return measured
        both = "the guarantee beside the repurchase adds nothing to an asset that stays whole; its value is not measured"
        return replace(measured, assumption=both)
    if facts.guarantee_cap is not None:
        return _guarantee(facts)
    kept = min(ratio, 1.0) * facts.transferred_share * facts.carrying_amount
    return _measured(
        facts,
        kept,
        kept,
        "IFRS 9 3.2.16, 3.2.17",
        "the retained share of variability, of the carrying amount",
        "nothing in the contract sets the extent of involvement; it is taken as the retained share of variability",
    )


def _may_come_back(facts: Facts) -> bool:
    """Whether all that was transferred may return at a price other than its fair value on that day."""
    return facts.repurchase in ("fixed_price", "sale_price_plus_return") or facts.option_moneyness in (
        "near",
        "deep_in",
    )


def _guarantee(facts: Facts) -> Measurement:
    """A guarantee, or a subordinated share: one rule, B3.2.13(a), of which B3.2.17 is the case with a share kept."""
    share, carrying = facts.transferred_share, facts.carrying_amount
    promised = min(facts.guarantee_cap or 0.0, facts.proceeds)
    value, spread = facts.guarantee_value, facts.excess_spread_fair_value
    asset, liability = min(share * carrying, promised), promised + value
    gain = (
        facts.proceeds
        + asset
        + spread
        + facts.new_assets
        - liability
        - facts.new_liabilities
        - share * carrying
    )
    entries = (
        Entry(ASSET, -share * carrying),
        Entry(KEPT, asset),
        Entry(SPREAD, spread),
        Entry("other assets received", facts.new_assets),
        Entry("other liabilities assumed", -facts.new_liabilities),
        Entry(GAIN, -gain),
        Entry(LIABILITY, -liability),
        Entry(CASH, facts.proceeds),
    )
    return Measurement(
        carrying - share * carrying,
        asset + spread,
        liability,
        gain,
        balanced(entries),
        "IFRS 9 3.2.13, 3.2.16(a), B3.2.13(a), B3.2.17" if share < 1.0 else "IFRS 9 3.2.16(a), B3.2.13(a)",
        "asset: the lower of the carrying amount and the most that could be paid back; liability: the most that could be "
        "paid back plus the fair value of the guarantee",
        facts.proceeds + spread - value,
        value,
    )


def _option(facts: Facts) -> Measurement:
    strike, time = facts.option_strike, facts.option_time_value
    fair = facts.transferred_share * facts.fair_value
    if facts.measured_at == "amortised_cost" or strike is None:
        words = "an asset at amortised cost that may come back stays; the cash received is a liability"
        gone = facts.transferred_share * facts.carrying_amount
        return _measured(facts, gone, facts.proceeds, "IFRS 9 3.2.16(b), B3.2.13(b)", words)
    if facts.repurchase == "call_option":
        liability = (strike if strike <= fair else fair) - time
        words = "asset at fair value; liability: strike (in the money) or fair value (out of it), less the call's time value"
        return _measured(facts, fair, liability, "IFRS 9 3.2.16(b), B3.2.13(c)", words)
    words = "asset: the lower of fair value and strike; liability: strike plus the put's time value"
    return _measured(facts, min(fair, strike), strike + time, "IFRS 9 3.2.16(b), B3.2.13(d)", words)


def collar_involvement(facts: Facts, call_strike: float, call_time: float, put_value: float) -> Measurement:
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
    base = min(call_strike, facts.fair_value)
    words = "asset at fair value; liability: the lower of call strike and fair value, plus the put, less the call's time value"
    return _measured(facts, facts.fair_value, base + put_value - call_time, "IFRS 9 B3.2.13(e)", words)


def _measured(
    facts: Facts, asset: float, liability: float, paragraph: str, method: str, assumption: str = ""
) -> Measurement:
    gone = facts.transferred_share * facts.carrying_amount
    gain = facts.proceeds + facts.new_assets - facts.new_liabilities + asset - liability - gone
    entries = (
        Entry(ASSET, -gone),
        Entry(KEPT, asset),
        Entry("other assets received", facts.new_assets),
        Entry("other liabilities assumed", -facts.new_liabilities),
        Entry(GAIN, -gain),
        Entry(LIABILITY, -liability),
        Entry(CASH, facts.proceeds),
    )
    kept = facts.carrying_amount - gone
    return Measurement(
        kept, asset, liability, gain, balanced(entries), paragraph, method, assumption=assumption
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
    absorbed = min(loss, measured.kept_at_cost, measured.involvement, measured.liability)
    left = replace(
        measured,
        kept_at_cost=measured.kept_at_cost - absorbed,
        involvement=measured.involvement - absorbed,
        liability=measured.liability - absorbed,
        entries=balanced(
            (
                Entry("impairment", absorbed),
                Entry(ASSET, -absorbed),
                Entry(KEPT, -absorbed),
                Entry(LIABILITY, absorbed),
            )
        ),
    )
    return left, measured.asset - left.asset - (measured.liability - left.liability)
