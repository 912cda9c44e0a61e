"""Tables of the seller's book on the value: ladder, day of sale, segments, loans."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from npl_sim.analysis.loans_of_seller import by_choice
from npl_sim.core.language import gettext as _
from npl_sim.reports.formats import percent
from npl_sim.reports.sell.names import choice_name, step_name
from npl_sim.reports.table import Table, table_of

if TYPE_CHECKING:
    from npl_sim.analysis.seller_book import SellerBook

LARGEST = 20
"""Loans in the table of the largest."""


def ladder_table(book: SellerBook) -> Table:
    """Return the steps from the cash to the reservation price, with their formulas."""
    share = book.result.of_gbv(1.0)
    rows: list[tuple[Any, ...]] = []
    for step in book.ladder:
        change = step.amount if math.isfinite(step.amount) else None
        rows.append((step_name(step.name), change, step.value, step.value * share, step.formula))
    s = book.symbols
    note = _(
        "r: discount rate, {r}. t: tax rate, {t}. c: costs of a sale, {c}. B: tax basis, {basis}. "
        "S: present value of B as cash comes in. K: present value of the cost of capital. "
        "Provisions move no cash: they set the book value, and with it the capital and, where "
        "tax law accepts them, the basis."
    ).format(
        r=percent(s["r"], 2),
        t=percent(s["t"], 2),
        c=percent(s["c"], 2),
        basis=f"{s['B']:,.0f}",
    )
    return table_of(
        _("From what keeping is worth to the reservation price"),
        _("step [40] | change [money] | value after it [money] | % of GBV [fine] | formula [40]"),
        rows,
        note=note,
    )


def day_one_table(book: SellerBook) -> Table:
    """Return the books on the day of a sale, at the reservation price and the expected bid."""
    days = (book.day_one_at_reservation, book.day_one_at_bid)
    rows = [
        (_("gross book value"), *(book.result.gbv for _day in days)),
        (_("provisions"), *(-day.provisions for day in days)),
        (_("book value"), *(day.book_value for day in days)),
        (_("price"), *(day.price for day in days)),
        (_("proceeds after the costs of the sale"), *(day.proceeds for day in days)),
        (_("profit or loss, before tax"), *(day.result for day in days)),
        (_("profit or loss, after tax"), *(day.result_after_tax for day in days)),
        (_("provisions released"), *(day.provision_released for day in days)),
        (_("regulatory capital freed"), *(day.capital_freed for day in days)),
    ]
    return table_of(
        _("The books on the day of a sale"),
        _("[40] | at the reservation price [money] | at the expected bid [money]"),
        rows,
    )


def segment_table(book: SellerBook) -> Table:
    """Return hold value, reservation price and expected bid by segment."""
    frame = book.loans.by_segment
    rows: list[tuple[Any, ...]] = [
        (
            r.segment,
            r.loans,
            r.gbv,
            r.hold_value,
            r.reservation_cents / 100.0,
            r.reservation_se,
            r.bid,
            r.bid - r.reservation_cents / 100.0,
            r.sell,
            r.keep,
            r.write_off,
        )
        for r in frame.itertuples(index=False)
    ]
    rows.append(
        (
            _("all"),
            int(frame["loans"].sum()),
            float(frame["gbv"].sum()),
            float(frame["hold_value"].sum()),
            float(frame["reservation_cents"].sum()) / 100.0,
            book.hold.reservation.se,
            float(frame["bid"].sum()),
            float(frame["bid"].sum()) - float(frame["reservation_cents"].sum()) / 100.0,
            int(frame["sell"].sum()),
            int(frame["keep"].sum()),
            int(frame["write_off"].sum()),
        )
    )
    return table_of(
        _("By segment"),
        _(
            "segment [24] | loans [count] | GBV [money] | hold value [money] | "
            "reservation price [money] | std error [money] | expected bid [money] | "
            "bid less reservation [money] | sell [count] | keep [count] | write off [count]"
        ),
        rows,
        note=_(
            "Reservation prices of segments and loans sum to the package to the cent. The error "
            "of a segment is an upper bound, the sum of the errors of its loans."
        ),
        total=True,
    )


def choice_table(book: SellerBook) -> Table:
    """Return how many loans are best sold, kept or written off."""
    frame = by_choice(book.loans.loans)
    rows: list[tuple[Any, ...]] = [
        (
            choice_name(r.best),
            r.loans,
            r.open,
            r.gbv,
            r.hold_value,
            r.sale_value,
            r.write_off_value,
        )
        for r in frame.itertuples(index=False)
    ]
    sums = frame.drop(columns="best").sum()
    columns = ("loans", "open", "gbv", "hold_value", "sale_value", "write_off_value")
    rows.append((_("all"), *(float(sums[name]) for name in columns)))
    return table_of(
        _("Sell, keep or write off"),
        _(
            "what is best [24] | loans [count] | of which open [count] | GBV [money] | "
            "if kept [money] | if sold [money] | if written off [money]"
        ),
        rows,
        note=_(
            "After tax, for each loan by itself. Written off, a loan leaves the tax on its basis "
            "and is worked out no further. Open: the two best differ by less than 1.96 standard "
            "errors."
        ),
        total=True,
    )


def loans_table(book: SellerBook, most: int | None = LARGEST) -> Table:
    """Return the largest loans with hold value, reservation price and expected bid.

    Parameters
    ----------
    book
        The seller's book.
    most
        Most loans; None for every loan, in the order of the tape.
    """
    loans = book.loans.loans
    if most is not None:
        loans = loans.sort_values("gbv", ascending=False, kind="stable").head(most)
    rows = [
        (
            r.loan_id,
            r.borrower_id,
            r.segment,
            r.stage,
            r.gbv,
            r.provisions,
            r.hold_value,
            r.reservation_cents / 100.0,
            r.reservation_se,
            r.bid,
            r.bid_se,
            choice_name(r.best) + (" ?" if r.is_open else ""),
        )
        for r in loans.itertuples(index=False)
    ]
    return table_of(
        _("The largest loans") if most is not None else _("Every loan"),
        _(
            "loan [16] | borrower [16] | segment [14] | stage [12] | GBV [cents] | "
            "provisions [cents] | hold value [cents] | reservation price [cents] | "
            "std error [cents] | expected bid [cents] | std error of bid [cents] | best [12]"
        ),
        rows,
        note=_("?: the sampling error leaves open what is best."),
    )
