"""Work out the seller's own book of a package."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from npl_sim.core.progress import Silent
from npl_sim.runs.bid import check_bid
from npl_sim.runs.contents import Contents
from npl_sim.runs.folder import PLAIN, Run, SaveOptions, store_cash
from npl_sim.runs.price import heading_of

if TYPE_CHECKING:
    import pandas as pd

    from npl_sim.analysis.seller_book import SellerBook
    from npl_sim.core.progress import Listener
    from npl_sim.reports.heading import Heading
    from npl_sim.runs.place import RunPlace
    from npl_sim.runs.simulation import Simulation


@dataclass(frozen=True)
class SellResult:
    """Seller's book of a package, with the simulation that it comes from."""

    simulation: Simulation
    """Study, tape and simulated cash."""
    book: SellerBook
    """Ladder, loans, later sales, bids, provisions."""
    heading: Heading
    """Issues of study, tape and result, and the loans without value."""


def sell(simulation: Simulation, listener: Listener | None = None) -> SellResult:
    """Return the seller's book of a simulated package.

    Parameters
    ----------
    simulation
        The simulated package.
    listener
        Receives a message for each step; defaults to a silent one.

    Raises
    ------
    StudyError
        If the provisions of the seller do not cover every loan.
    """
    from npl_sim.analysis.seller_book import seller_book

    study, clock, listener = simulation.study, simulation.clock, listener or Silent()
    check_bid(study, documents=False)
    with clock.phase("value"):
        from npl_sim.reports.bid_book.layers import base_of
        from npl_sim.valuation.price import price

        # The seller knows no buyer: nothing here is a bid of one.
        terms = study.study
        result = price(simulation.cash, terms.pricing, terms.currency)
    with clock.phase("analyse"):
        book = seller_book(
            study.study,
            study.table,
            result,
            lambda step: listener.message(f"working out {step}"),
        )
        heading = heading_of(study, result)
        book = dataclasses.replace(book, terms_of=base_of("seller", heading.origins))
    return SellResult(simulation, book, heading)


def save_sell(
    result: SellResult, place: RunPlace | None = None, options: SaveOptions = PLAIN
) -> Run:
    """Write the run folder of a seller's book; parameters as in `price.save_price`."""
    from npl_sim.runs.priced_run import write_book

    return write_book(
        result.simulation,
        result.book.result.scenarios,
        lambda draft: _fill(draft, result, options),
        place,
        options,
    )


def sell_frames(result: SellResult) -> Mapping[str, pd.DataFrame]:
    """Return the tables of a seller's book by name."""
    from npl_sim.reports.price.tables import tables
    from npl_sim.reports.sell.export import sell_tables
    from npl_sim.runs.priced_run import heading_tables

    book = result.book
    return {**sell_tables(book), **tables(book.result), **heading_tables(result.heading)}


def _fill(draft: Path, result: SellResult, options: SaveOptions) -> list[str]:
    """Write all files, documents and figures last; return warnings on figures not drawn."""
    from npl_sim.reports.account import account_values
    from npl_sim.reports.heading import with_heading
    from npl_sim.reports.price.plots import drawings as price_drawings
    from npl_sim.reports.price.tables import summary
    from npl_sim.reports.sell.export import sell_summary
    from npl_sim.reports.sell.plots import drawings as sell_drawings
    from npl_sim.runs.priced_run import write_inputs

    book, heading = result.book, result.heading
    study, table = result.simulation.study.study, result.simulation.study.table
    content = with_heading(summary(book.result), heading) | {"seller_book": sell_summary(book)}
    content["reconciliation"] = account_values(table.reconciliation)
    write_inputs(draft, study, table)
    store_cash(draft, result.simulation.cash, options)
    if options.documents:
        from npl_sim.reports.sell.pages import write_pages
        from npl_sim.reports.sell.workbook import write_workbook

        write_workbook(draft / "seller_book.xlsx", study, table, book, heading)
        write_pages(draft / "seller.html", study, table, book, heading)
    drawings = {**price_drawings(book.result), **sell_drawings(book)}
    return Contents(sell_frames(result), content, drawings).write(draft, options)
