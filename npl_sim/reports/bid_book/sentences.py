"""Sentences of the bid book, built from its numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from npl_sim.core.errors import counted
from npl_sim.core.language import gettext as _
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
    package = _("{count} with a gross book value of {gbv}").format(
        count=counted(count, "loan"), gbv=money(result.gbv, unit)
    )
    if not book.stated_buyer:
        text = _(
            "The study states no buyer, so this is no bid: {price}{price2} is what {package} "
        ).format(price=money(price, unit), price2=of_gbv(book, price), package=package)
        text += _(
            "would be worth to a buyer without costs, tax and debt of its own ({measure}). "
        ).format(measure=bid.measure)
        text += _("In this book, bid means this value. ")
    elif price > 0.0:
        text = _("We would bid {price}{price2} for {package}. ").format(
            price=money(price, unit), price2=of_gbv(book, price), package=package
        )
        text += _("That price meets the target: {measure}. ").format(measure=bid.measure)
    elif price < 0.0:
        text = _(
            "We would not buy this package of {package}: the price that meets the "
            "target ({measure}) is negative, "
        ).format(package=package, measure=bid.measure)
        text += _("{price}; the buyer would have to be paid. ").format(price=money(price, unit))
    else:
        text = _(
            "We would not pay for this package of {package}: no positive price meets "
            "the target ({measure}). "
        ).format(package=package, measure=bid.measure)
    before = bid.before_information.value
    if before > 0.0 and price < before:
        text += _("{price} of {before} are deducted for missing information in the data. ").format(
            price=percent(1.0 - price / before), before=money(before, unit)
        )
    if math.isfinite(bid.price.se):
        text += _("Simulation leaves a standard error of {se}.").format(
            se=money(bid.price.se, unit)
        )
    return text.strip()


def rate_text(book: BidBook) -> str:
    """Return the return of the buyer at the bid."""
    irr = book.bid.irr
    if irr is None:
        return _("The buyer invests no equity at the bid, so there is no rate of return.")
    count = book.result.scenarios
    earned = percent(book.bid.irr_of_mean)
    text = _("At the bid the buyer's equity earns {earned} a year (IRR of the mean cash)").format(
        earned=earned
    )
    if not math.isfinite(book.bid.irr_of_mean):
        text = _(
            "At the bid the buyer's mean cash has no rate of return within the search range; it"
        )
    if math.isfinite(book.bid.multiple):
        text += _("{text} comes back {multiple:.2f} times (MOIC of the mean cash)").format(
            text=" and" if math.isfinite(book.bid.irr_of_mean) else "", multiple=book.bid.multiple
        )
    text += _(
        "; scenario by scenario the return falls short of {target} {below_target} and is "
    ).format(target=percent(irr.target), below_target=chance(irr.below_target, count))
    return text + _("negative {negative}.").format(negative=chance(irr.negative, count))


def price_text(book: BidBook, unit: Unit) -> str:
    """Return price, expected shortfall and prudent value."""
    result, prudent = book.result, book.prudent
    worst = result.expected_shortfall.value
    text = _(
        "The best estimate of the price, the mean present value at {required_return}, is "
    ).format(required_return=percent(result.pricing.required_return))
    text += f"{money(result.mean.value, unit)}{of_gbv(book, result.mean.value)}"
    if math.isfinite(result.mean.se):
        text += _(", known to a standard error of {se}").format(se=money(result.mean.se, unit))
    text += _("; the mean of the worst {shortfall_level} of scenarios is {worst}. ").format(
        shortfall_level=percent(result.pricing.shortfall_level, 0), worst=money(worst, unit)
    )
    return text + _("After data flags, margins and cap the prudent value is {prudent}.").format(
        prudent=money(prudent.value, unit)
    )


def change_text(change: ClosingChange, unit: Unit) -> str:
    """Return a change that closes the gap, or its name alone if it does not."""
    if change.needed is None:
        return change.name
    if change.unit == "package currency":
        return _("{change} at {needed}").format(
            change=change.name, needed=money(change.needed, unit)
        )
    # As many decimals as tell the two apart.
    for decimals in range(1, MOST_DECIMALS + 1):
        needed, now = percent(change.needed, decimals), percent(change.now, decimals)
        if needed != now:
            break
    return _("{change} at {needed} instead of {now}").format(
        change=change.name, needed=needed, now=now
    )


def sides_text(book: BidBook, unit: Unit) -> str:
    """Return the prices of seller and buyer and the changes that would close the gap."""
    deal, day = book.deal, book.day_one
    ask, zone, found = deal.reservation.value, deal.zone, has_zone(book)
    error = (
        _(" (standard error {se})").format(se=money(zone.se, unit))
        if math.isfinite(zone.se)
        else ""
    )
    text = _("The seller is better off holding the package below {ask}").format(
        ask=money(ask, unit)
    )
    if found:
        text += _(
            ": any price from there to {text} leaves both better off, a zone of "
            "agreement of {zone}"
        ).format(
            text="our bid" if book.stated_buyer else "that value", zone=money(zone.value, unit)
        )
        text += f"{error}."
    elif found is None:
        text += _(
            "; bid and reservation price stand {zone} apart{error}, which these scenarios do not "
        ).format(zone=money(abs(zone.value), unit), error=error)
        text += _("tell from nothing: whether there is a zone of agreement is open.")
    else:
        text += _(": there is no zone of agreement, the two are {zone} apart{error}.").format(
            zone=money(-zone.value, unit), error=error
        )
    if deal.closing_changes:
        text += " " + _closing(deal.closing_changes, unit)
    side = "profit" if day.result >= 0.0 else "loss"
    text += _(
        " Sold at the bid, the seller's books show a {side} of {abs} before tax on day one, "
    ).format(side=side, abs=money(abs(day.result), unit))
    text += _("against a book value of {book_value}").format(
        book_value=money(day.book_value, unit)
    )
    if day.capital_freed > 0.0:
        text += _(", and {capital_freed} of regulatory capital is released").format(
            capital_freed=money(day.capital_freed, unit)
        )
    return text + "."


def _closing(changes: tuple[ClosingChange, ...], unit: Unit) -> str:
    enough = [change_text(x, unit) for x in changes if x.needed is not None]
    short = [change_text(x, unit) for x in changes if x.needed is None]
    text = (
        _("Changes that would each close the gap: {enough}.").format(enough="; or ".join(enough))
        if enough
        else _("No single change closes the gap.")
    )
    if short and enough:
        text += _(" Not enough within their range: {short}.").format(short="; ".join(short))
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
            _(
                "One-at-a-time sensitivities: {input} has the largest effect on the price, "
                "{change} at {setting}, {change2} at {setting2}."
            ).format(
                input=low.lever,
                change=_signed(low.change, unit),
                setting=setting_text(low.unit, low.setting),
                change2=_signed(high.change, unit),
                setting2=setting_text(high.unit, high.setting),
            )
        )
    named = book.stresses.iloc[1:]
    if len(named):
        worst = named.loc[named["price"].idxmin()]
        lost = float(worst["p_loss"])
        often = (
            _("does not repay the bid in {lost} of scenarios").format(lost=percent(lost))
            if lost > 0.0
            else _("repays the bid in every scenario")
        )
        parts.append(
            _(
                "The worst named stress, {stress}, takes the price to {price} ({change}) "
                "and the bid to {bid}. Under it the cash {often}."
            ).format(
                stress=readable(worst["stress"]),
                price=money(worst["price"], unit),
                change=_signed(worst["change"], unit),
                bid=money(worst["bid"], unit),
                often=often,
            )
        )
    parts += list(_reverse(book))
    return " ".join(parts)


def _signed(amount: float, unit: Unit) -> str:
    if amount == 0.0:
        return _("no change")
    return f"{'up' if amount > 0.0 else 'down'} {money(abs(amount), unit)}"


def _moved(unit: str, setting: float) -> str:
    """Return the change of an input, for a sentence."""
    if unit == "multiple":
        return _("at {setting:.3g} times its level").format(setting=setting)
    return f"{'up' if setting > 0.0 else 'down'} {setting_text(unit, abs(setting)).lstrip('+')}"


def _reverse(book: BidBook) -> Iterator[str]:
    frame = book.reverse
    possible = frame[frame["needed"].notna()]
    if len(possible):
        changes = [
            f"{r.lever} {_moved(r.unit, r.needed)}" for r in possible.itertuples(index=False)
        ]
        yield _("The price loses a tenth with any one of: {changes}.").format(
            changes="; ".join(changes)
        )
    elif len(frame):
        yield _("No input takes a tenth of the price within its range.")


def concentration_text(book: BidBook) -> str:
    """Return the concentration of the package by borrower."""
    row = book.concentration.set_index("by").loc["borrower"]
    names, top = int(row["names"]), min(10, int(row["names"]))
    if names == 1:
        return _("The package has one borrower: its whole value depends on it.")
    effective = float(row["effective_number_value"])
    if not math.isfinite(effective):
        return _("None of the {names:,} borrowers has a positive value.").format(names=names)
    text = _(
        "The {top} largest of {names:,} borrowers make {top_value} of the value; "
        "the value is as concentrated "
    ).format(top=top, names=names, top_value=percent(row["top_value"]))
    return text + _("as {effective:,.0f} equal borrowers would make it.").format(
        effective=effective
    )


def paragraphs(book: BidBook, unit: Unit) -> list[str]:
    """Return the summary for the committee."""
    return [
        headline(book, unit) + " " + rate_text(book),
        sides_text(book, unit),
        price_text(book, unit) + " " + concentration_text(book),
        risk_text(book, unit),
    ]
