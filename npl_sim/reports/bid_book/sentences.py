"""Sentences of the bid book, built from its numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from npl_sim.core.errors import counted
from npl_sim.reports.bid_book.money import chance, money, of_gbv
from npl_sim.reports.bid_book.sensitivities import setting_text
from npl_sim.reports.formats import Unit, percent
from npl_sim.reports.style import readable
from npl_sim.valuation.negotiation import ClosingChange

if TYPE_CHECKING:
    from npl_sim.analysis.committee import BidBook

MOST_DECIMALS = 4
"""Most decimals of a rate in a sentence."""


def has_zone(book: BidBook) -> bool | None:
    """Return whether there is a zone of agreement; None within sampling error."""
    zone = book.deal.zone
    if zone.low > 0.0:
        return True
    return False if zone.high < 0.0 else None


def headline(book: BidBook, unit: Unit) -> str:
    """Return the bid and the target that it meets."""
    bid, result = book.bid, book.result
    price = bid.price.value
    count = len(result.flows.loans)
    package = f"{counted(count, 'loan')} with a gross book value of {money(result.gbv, unit)}"
    if not book.stated_buyer:
        text = (
            "The study states no buyer, so this is no bid: "
            f"{money(price, unit)}{of_gbv(book, price)} is what {package} "
        )
        text += (
            f"would be worth to a buyer without costs, tax and debt of its own ({bid.measure}). "
        )
        text += "In this book, bid means this value. "
    elif price > 0.0:
        text = f"We would bid {money(price, unit)}{of_gbv(book, price)} for {package}. "
        text += f"That price meets the target: {bid.measure}. "
    elif price < 0.0:
        text = (
            f"We would not buy this package of {package}: the price that meets the target "
            f"({bid.measure}) is negative, "
        )
        text += f"{money(price, unit)}; the buyer would have to be paid. "
    else:
        text = (
            f"We would not pay for this package of {package}: no positive price meets the "
            f"target ({bid.measure}). "
        )
    before = bid.before_information.value
    if before > 0.0 and price < before:
        text += (
            f"{percent(1.0 - price / before)} of {money(before, unit)} are deducted for "
            "missing information in the data. "
        )
    if math.isfinite(bid.price.se):
        text += f"Simulation leaves a standard error of {money(bid.price.se, unit)}."
    return text.strip()


def rate_text(book: BidBook) -> str:
    """Return the return of the buyer at the bid."""
    irr = book.bid.irr
    if irr is None:
        return "The buyer invests no equity at the bid, so there is no rate of return."
    count = book.result.scenarios
    earned = percent(book.bid.irr_of_mean)
    text = f"At the bid the buyer's equity earns {earned} a year (IRR of the mean cash)"
    if not math.isfinite(book.bid.irr_of_mean):
        text = "At the bid the buyer's mean cash has no rate of return within the search range; it"
    if math.isfinite(book.bid.multiple):
        text += (
            f"{' and' if math.isfinite(book.bid.irr_of_mean) else ''} comes back "
            f"{book.bid.multiple:.2f} times (MOIC of the mean cash)"
        )
    text += (
        f"; scenario by scenario the return falls short of {percent(irr.target)} "
        f"{chance(irr.below_target, count)} and is "
    )
    return text + f"negative {chance(irr.negative, count)}."


def price_text(book: BidBook, unit: Unit) -> str:
    """Return price, expected shortfall and prudent value."""
    result, prudent = book.result, book.prudent
    worst = result.expected_shortfall.value
    text = (
        "The best estimate of the price, the mean present value at "
        f"{percent(result.pricing.required_return)}, is "
    )
    text += f"{money(result.mean.value, unit)}{of_gbv(book, result.mean.value)}"
    if math.isfinite(result.mean.se):
        text += f", known to a standard error of {money(result.mean.se, unit)}"
    text += (
        f"; the mean of the worst {percent(result.pricing.shortfall_level, 0)} of "
        f"scenarios is {money(worst, unit)}. "
    )
    return (
        text
        + f"After data flags, margins and cap the prudent value is {money(prudent.value, unit)}."
    )


def change_text(change: ClosingChange, unit: Unit) -> str:
    """Return a change that closes the gap, or its name alone if it does not."""
    if change.needed is None:
        return change.name
    if change.unit == "package currency":
        return f"{change.name} at {money(change.needed, unit)}"
    # As many decimals as tell the two apart.
    for decimals in range(1, MOST_DECIMALS + 1):
        needed, now = percent(change.needed, decimals), percent(change.now, decimals)
        if needed != now:
            break
    return f"{change.name} at {needed} instead of {now}"


def sides_text(book: BidBook, unit: Unit) -> str:
    """Return the prices of seller and buyer and the changes that would close the gap."""
    deal, day = book.deal, book.day_one
    ask, zone, found = deal.reservation.value, deal.zone, has_zone(book)
    error = f" (standard error {money(zone.se, unit)})" if math.isfinite(zone.se) else ""
    text = f"The seller is better off holding the package below {money(ask, unit)}"
    if found:
        text += (
            f": any price from there to {'our bid' if book.stated_buyer else 'that value'} leaves "
            f"both better off, a zone of agreement of {money(zone.value, unit)}"
        )
        text += f"{error}."
    elif found is None:
        text += (
            f"; bid and reservation price stand {money(abs(zone.value), unit)} "
            f"apart{error}, which these scenarios do not "
        )
        text += "tell from nothing: whether there is a zone of agreement is open."
    else:
        text += (
            f": there is no zone of agreement, the two are {money(-zone.value, unit)} "
            f"apart{error}."
        )
    if deal.closing_changes:
        text += " " + _closing(deal.closing_changes, unit)
    side = "profit" if day.result >= 0.0 else "loss"
    text += (
        f" Sold at the bid, the seller's books show a {side} of "
        f"{money(abs(day.result), unit)} before tax on day one, "
    )
    text += f"against a book value of {money(day.book_value, unit)}"
    if day.capital_freed > 0.0:
        text += f", and {money(day.capital_freed, unit)} of regulatory capital is released"
    return text + "."


def _closing(changes: tuple[ClosingChange, ...], unit: Unit) -> str:
    enough = [change_text(x, unit) for x in changes if x.needed is not None]
    short = [change_text(x, unit) for x in changes if x.needed is None]
    text = (
        f"Changes that would each close the gap: {'; or '.join(enough)}."
        if enough
        else "No single change closes the gap."
    )
    if short and enough:
        text += f" Not enough within their range: {'; '.join(short)}."
    return text


def swing(book: BidBook) -> pd.DataFrame:
    """Return the two rows of the input with the largest effect on the price."""
    frame = book.tornado
    return frame[frame["lever"] == frame["lever"].iloc[0]]


def risk_text(book: BidBook, unit: Unit) -> str:
    """Return the largest sensitivity, the worst stress, and the changes that lose a tenth."""
    parts = []
    if len(book.tornado):
        low, high = swing(book).itertuples(index=False)
        parts.append(
            f"One-at-a-time sensitivities: {low.lever} has the largest effect on the price, "
            f"{_signed(low.change, unit)} at {setting_text(low.unit, low.setting)}, "
            f"{_signed(high.change, unit)} at {setting_text(high.unit, high.setting)}."
        )
    named = book.stresses.iloc[1:]
    if len(named):
        worst = named.loc[named["price"].idxmin()]
        lost = float(worst["p_loss"])
        often = (
            f"does not repay the bid in {percent(lost)} of scenarios"
            if lost > 0.0
            else "repays the bid in every scenario"
        )
        parts.append(
            f"The worst named stress, {readable(worst['stress'])}, takes the price to "
            f"{money(worst['price'], unit)} ({_signed(worst['change'], unit)}) and the bid to "
            f"{money(worst['bid'], unit)}. Under it the cash {often}."
        )
    parts += list(_reverse(book))
    return " ".join(parts)


def _signed(amount: float, unit: Unit) -> str:
    if amount == 0.0:
        return "no change"
    return f"{'up' if amount > 0.0 else 'down'} {money(abs(amount), unit)}"


def _moved(unit: str, setting: float) -> str:
    """Return the change of an input, for a sentence."""
    if unit == "multiple":
        return f"at {setting:.3g} times its level"
    return f"{'up' if setting > 0.0 else 'down'} {setting_text(unit, abs(setting)).lstrip('+')}"


def _reverse(book: BidBook) -> Iterator[str]:
    frame = book.reverse
    possible = frame[frame["needed"].notna()]
    if len(possible):
        changes = [
            f"{r.lever} {_moved(r.unit, r.needed)}" for r in possible.itertuples(index=False)
        ]
        yield f"The price loses a tenth with any one of: {'; '.join(changes)}."
    elif len(frame):
        yield "No input takes a tenth of the price within its range."


def concentration_text(book: BidBook) -> str:
    """Return the concentration of the package by borrower."""
    row = book.concentration.set_index("by").loc["borrower"]
    names, top = int(row["names"]), min(10, int(row["names"]))
    if names == 1:
        return "The package has one borrower: its whole value depends on it."
    effective = float(row["effective_number_value"])
    if not math.isfinite(effective):
        return f"None of the {names:,} borrowers has a positive value."
    text = (
        f"The {top} largest of {names:,} borrowers make {percent(row['top_value'])} of the "
        "value; the value is as concentrated "
    )
    return text + f"as {effective:,.0f} equal borrowers would make it."


def paragraphs(book: BidBook, unit: Unit) -> list[str]:
    """Return the summary for the committee."""
    return [
        headline(book, unit) + " " + rate_text(book),
        sides_text(book, unit),
        price_text(book, unit) + " " + concentration_text(book),
        risk_text(book, unit),
    ]
