"""Sentences of the seller's book, made by rule from its numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from npl_sim.core.language import gettext as _
from npl_sim.core.language import ngettext
from npl_sim.reports.bid_book.money import money
from npl_sim.reports.formats import Unit, money_unit, percent

if TYPE_CHECKING:
    from npl_sim.analysis.seller_book import SellerBook


def unit_of(book: SellerBook, currency: str | None = None) -> Unit:
    """Return the unit of all amounts of a seller's book."""
    largest = max(
        abs(book.hold.value.value), abs(book.hold.reservation.value), book.result.gbv / 100.0
    )
    return money_unit(largest, book.result.currency if currency is None else currency)


def _is_worthless(book: SellerBook) -> bool:
    """Return whether keeping brings nothing before tax, and no bid is expected."""
    return book.hold.reservation.value <= 0.0 and book.expected_bid.value <= 0.0


def terms_text(book: SellerBook) -> str:
    """Return that a base gives the terms of the seller; empty if the study states its own."""
    if not book.terms_of:
        return ""
    return _("The terms of the seller are those of {base}: the study states none.").format(
        base=book.terms_of
    )


def verdict(book: SellerBook, unit: Unit) -> str:
    """Return what is best for the package at the expected bid, with the numbers."""
    bid, price = book.expected_bid, book.hold.reservation
    values = {
        "bid": money(bid.value, unit),
        "price": money(price.value, unit),
        "rate": percent(book.rate),
        "gap": money(abs(bid.value - price.value), unit),
    }
    if _is_worthless(book):
        text = _(
            "Write off: keeping is worth no more than the tax on the basis, and no bid is "
            "expected."
        )
    elif book.gap.low <= 0.0 <= book.gap.high:
        text = _(
            "Open within sampling error: with a required return of {rate}, a bidder would pay "
            "{bid}; the reservation price is {price}."
        )
    elif bid.value >= price.value:
        text = _(
            "Sell: with a required return of {rate}, a bidder would pay {bid}, "
            "{gap} above the reservation price of {price}."
        )
    else:
        text = _(
            "Keep: with a required return of {rate}, a bidder would pay {bid}, "
            "{gap} below the reservation price of {price}."
        )
    return text.format(**values)


def why_lower(book: SellerBook, unit: Unit) -> str:
    """Return why the reservation price differs from the hold value; empty without tax."""
    s, hold, price = book.symbols, book.hold.value.value, book.hold.reservation.value
    if s["t"] == 0.0:
        return ""
    return _(
        "Keeping is worth {hold} after tax. A sale saves tax of {relief} at once, "
        "so a price of {price} leaves as much."
    ).format(
        hold=money(hold, unit),
        relief=money(s["t"] * s["B"], unit),
        price=money(price, unit),
    )


def waiting(book: SellerBook, unit: Unit) -> str:
    """Return whether a later sale is better; empty without later sales or a sale at all."""
    later = [sale for sale in book.sales if sale.month]
    if not later:
        return ""
    best = max(later, key=lambda sale: sale.gain.value)
    gain = best.gain
    if _is_worthless(book) and gain.low <= 0.0:
        return ""
    values = {"months": best.month, "gain": money(abs(gain.value), unit)}
    if gain.low > 0.0:
        text = _("A sale in {months} months is better than a sale now by {gain}, as of today.")
    elif gain.high < 0.0:
        text = _("Waiting does not pay: a sale in {months} months costs {gain}, as of today.")
    else:
        text = _("Waiting {months} months makes no difference beyond the sampling error ({gain}).")
    return text.format(**values)


def day_of_sale(book: SellerBook, unit: Unit) -> str:
    """Return what a sale at the expected bid does to the books, and what provisions lack."""
    day = book.day_one_at_bid
    text = (
        _("A sale at the expected bid brings a profit of {result} before tax")
        if day.result >= 0.0
        else _("A sale at the expected bid brings a loss of {result} before tax")
    ).format(result=money(abs(day.result), unit))
    text += _(" on a book value of {book}.").format(book=money(day.book_value, unit))
    return text


def lacking(book: SellerBook, unit: Unit) -> str:
    """Return what the provisions lack under the strictest rule, or that they suffice."""
    lack = max(book.provision.top_up, book.minimum_top_up)
    if lack > 0.0:
        # The tape holds no dates of origination.
        is_dated = book.minimum is not None and book.minimum.rule == "eu_backstop"
        text = (
            _("Provisions lack {lack}, if every loan was originated from 26 April 2019 on.")
            if is_dated and book.minimum_top_up > book.provision.top_up
            else _("Provisions lack {lack}.")
        )
        return text.format(lack=money(lack, unit))
    return _("Provisions of {amount} are enough.").format(amount=money(book.hold.provisions, unit))


def auction(book: SellerBook, unit: Unit) -> str:
    """Return the start price and its chance of a sale; empty without bidders."""
    start, at = book.start, book.at_reservation
    if start is None or at is None:
        return ""
    return _(
        "A start price of {price} sells with a chance of {chance}; one at the reservation price "
        "with {other}."
    ).format(
        price=money(start.price.value, unit),
        chance=percent(start.chance, 0),
        other=percent(at.chance, 0),
    )


def loans_text(book: SellerBook) -> str:
    """Return how many loans are best sold, kept and written off."""
    best = book.loans.loans["best"]
    sold = int((best == "sell").sum())
    return ngettext(
        "By themselves, {sell} loan is best sold, {keep} kept, {write_off} written off; "
        "{open} within the sampling error.",
        "By themselves, {sell} loans are best sold, {keep} kept, {write_off} written off; "
        "{open} within the sampling error.",
        sold,
    ).format(
        sell=f"{sold:,}",
        keep=f"{int((best == 'keep').sum()):,}",
        write_off=f"{int((best == 'write off').sum()):,}",
        open=f"{int(book.loans.loans['is_open'].sum()):,}",
    )


def paragraphs(book: SellerBook, unit: Unit) -> list[str]:
    """Return the summary of a seller's book, the verdict first."""
    error = book.hold.reservation.se
    known = (
        _("The reservation price is known to a standard error of {error}.").format(
            error=money(error, unit)
        )
        if math.isfinite(error)
        else ""
    )
    parts = [
        " ".join(
            p for p in (terms_text(book), verdict(book, unit), why_lower(book, unit), known) if p
        ),
        " ".join(p for p in (waiting(book, unit), auction(book, unit)) if p),
        " ".join((day_of_sale(book, unit), lacking(book, unit), loans_text(book))),
    ]
    return [part for part in parts if part]
