"""Tables of the seller's book for export, and its summary as plain data."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pandas as pd

from npl_sim.analysis.loans_of_seller import by_choice
from npl_sim.reports.writers.parquet import plain_data

if TYPE_CHECKING:
    from npl_sim.analysis.seller_book import SellerBook
    from npl_sim.stats.risk import Estimate


def sell_tables(book: SellerBook) -> dict[str, pd.DataFrame]:
    """Return every table of a seller's book by name.

    Returns
    -------
    dict
        Tables by name. [package currency]

        - ``sell_ladder``: steps from the cash to the reservation price, with formulas
        - ``sell_loans``, ``sell_segments``, ``sell_choices``
        - ``sell_later``: a sale now and later sales
        - ``sell_bids``, ``sell_start_prices``: by required return, by chance of a sale
        - ``sell_provision``: stage 3 provision by scenario; ``sell_minimum`` where a rule applies
        - ``sell_assumptions``: figures of the seller, origin and effect
    """
    loans = book.loans.loans
    frames = {
        "sell_ladder": pd.DataFrame([asdict(step) for step in book.ladder]),
        "sell_loans": loans.assign(reservation=loans["reservation_cents"] / 100.0),
        "sell_segments": book.loans.by_segment,
        "sell_choices": by_choice(loans),
        "sell_later": _later(book),
        "sell_bids": book.bids,
        "sell_start_prices": _starts(book),
        "sell_provision": _provision(book),
        "sell_assumptions": book.effects,
    }
    if book.minimum is not None:
        frames["sell_minimum"] = book.minimum.by_part
    return frames


def _columns(name: str, found: Estimate) -> dict[str, float]:
    return {name: found.value, f"{name}_se": found.se}


def _later(book: SellerBook) -> pd.DataFrame:
    names = ("kept", "reservation", "bid", "value", "gain", "price_now")
    rows = []
    for sale in book.sales:
        row: dict[str, float] = {"month": sale.month}
        for name in names:
            row |= _columns(name, getattr(sale, name))
        rows.append(row)
    return pd.DataFrame(rows)


def _starts(book: SellerBook) -> pd.DataFrame:
    found = [*book.starts, *([] if book.at_reservation is None else [book.at_reservation])]
    rows = [
        (start.chance, start.chance_together, start.rate, start.price.value, start.price.se)
        for start in found
    ]
    return pd.DataFrame(rows, columns=["chance", "chance_together", "rate", "price", "se"])


def _provision(book: SellerBook) -> pd.DataFrame:
    rows = [
        {
            "scenario": row.name,
            "weight": row.weight,
            **_columns("work_out", row.work_out),
            **_columns("sale", row.sale),
            **_columns("expected", row.expected),
            "provision": row.provision,
        }
        for row in book.provision.rows
    ]
    return pd.DataFrame(rows)


def sell_summary(book: SellerBook) -> dict[str, Any]:
    """Return the figures of a seller's book as plain data for JSON; undefined values are None."""
    hold, start, at = book.hold, book.start, book.at_reservation
    block: dict[str, Any] = {
        "reservation": hold.reservation,
        "of_gbv": book.result.of_gbv(hold.reservation.value),
        "hold_value": hold.value,
        "parts": hold.parts,
        "ladder": [asdict(step) for step in book.ladder],
        "book_value": hold.book_value,
        "provisions": hold.provisions,
        "expected_bid": book.expected_bid,
        "bidder_return": book.rate,
        "bidder_return_is_stated": book.rate_is_stated,
        "day_one_at_reservation": asdict(book.day_one_at_reservation),
        "day_one_at_bid": asdict(book.day_one_at_bid),
        "later_sales": [asdict(sale) for sale in book.sales],
        "choices": by_choice(book.loans.loans).to_dict("records"),
        "start_price": None if start is None else asdict(start),
        "at_reservation": None if at is None else asdict(at),
        "stage_3_provision": book.provision.provision,
        "stage_3_top_up": book.provision.top_up,
        "minimum": None
        if book.minimum is None
        else {
            "rule": book.minimum.rule,
            "amount": float(book.minimum.by_loan.sum()),
            "top_up": book.minimum_top_up,
            "unknown": book.minimum.unknown,
        },
        "bank_before": None if book.bank_before is None else asdict(book.bank_before),
        "bank_after": None if book.bank_after is None else asdict(book.bank_after),
        "figures": len(book.effects),
        "figures_without_source": int((book.effects["state"] != "published").sum()),
    }
    found: dict[str, Any] = plain_data(block)
    return found
