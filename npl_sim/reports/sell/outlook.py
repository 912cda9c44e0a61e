"""Tables of the seller's book on the sale: later sales, expected bids, start prices."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from npl_sim.core.language import gettext as _
from npl_sim.reports.formats import percent
from npl_sim.reports.table import Cell, Table, table_of

if TYPE_CHECKING:
    from npl_sim.analysis.seller_book import SellerBook


def later_table(book: SellerBook) -> Table:
    """Return a sale now against later sales."""
    confidence = percent(book.result.pricing.confidence, 0)
    rows = []
    for sale in book.sales:
        gain = (sale.gain.value, sale.gain.se, sale.gain.low, sale.gain.high)
        rows.append(
            (
                _("now") if sale.month == 0 else _("in {months} months").format(months=sale.month),
                sale.kept.value,
                sale.reservation.value,
                sale.bid.value,
                sale.value.value,
                *(gain if sale.month else (None, None, None, None)),
                sale.price_now.value,
            )
        )
    return table_of(
        _("A sale now or later"),
        _(
            "sale [20] | kept until then [money] | reservation price then [money] | "
            "expected bid then [money] | value of both today [money] | gain of waiting [money] | "
            "std error [money] | {confidence} from [money] | to [money] | "
            "price today that is as good [money]"
        ).format(confidence=confidence),
        rows,
        note=_(
            "Value(T) = kept until T + v_T ((1 - t)(1 - c) bid(T) + t basis(T)). The scenarios "
            "are the same, so the gain is paired. The bidder asks {rate} and expects the cash of "
            "this study."
        ).format(rate=percent(book.rate, 2)),
    )


def bids_table(book: SellerBook) -> Table:
    """Return the expected bids by the return that a bidder requires."""
    rows = [
        (Cell(r.rate, "fine"), r.bid, r.se, r.of_gbv, r.above_reservation)
        for r in book.bids.itertuples(index=False)
    ]
    origin = (
        _(
            "The expected bidder asks {rate}: in half of the cases the lowest return of the "
            "bidders is below it."
        )
        if book.rate_is_stated
        else _(
            "ASSUMPTION: the study states no bidders, so the expected bidder asks {rate}, the "
            "target of the section pricing."
        )
    )
    return table_of(
        _("What bidders would pay"),
        _(
            "required return [fine 14] | expected bid [money] | std error [money] | "
            "% of GBV [fine] | bid less reservation price [money]"
        ),
        rows,
        note=origin.format(rate=percent(book.rate, 2)),
    )


def start_table(book: SellerBook) -> Table:
    """Return start prices by the chance of a sale."""
    rows: list[tuple[Any, ...]] = []
    share = book.result.of_gbv(1.0)
    for start in book.starts:
        price = start.price
        rows.append(
            (
                Cell(start.chance, "share"),
                start.chance_together,
                start.rate,
                price.value,
                price.se,
                price.value * share,
                price.value - book.hold.reservation.value,
            )
        )
    at = book.at_reservation
    if at is not None:
        rate = at.rate if math.isfinite(at.rate) else None
        value = at.price.value
        rows.append((Cell(at.chance, "share"), at.chance_together, rate, value, None))
        rows[-1] = (*rows[-1], value * share, 0.0)
    return table_of(
        _("Start price of a sale"),
        _(
            "chance of a sale [share 14] | if all returns move together [share] | "
            "return of the last bidder [fine] | start price [money] | std error [money] | "
            "% of GBV [fine] | less reservation price [money]"
        ),
        rows,
        note=_("The last row is a start price at the reservation price.") if rows else "",
        nothing=_(
            "not determined: the study states no bidders; expected seller.bidders with low, mode "
            "and high required return"
        ),
    )
