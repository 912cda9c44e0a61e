"""Bid book: everything that a bid committee asks about one package."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npl_sim.api.prices import price
from npl_sim.api.result import Result
from npl_sim.api.studies import Simulation

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from npl_sim.analysis.committee import BidBook
    from npl_sim.reports.heading import Heading
    from npl_sim.stats.risk import Estimate

__all__ = ["Bid", "bid"]


class Bid(Result):
    """Bid book of a package: bid, reservation price, gap, sensitivities, second method, prudent value.

    Make one with `npl_sim.bid`.

    Attributes
    ----------
    simulation : Simulation
        The cash that was valued.
    book : BidBook
        Every number of the book, with its error.
    """

    def __init__(self, simulation: Simulation, book: BidBook) -> None:
        self.simulation = simulation
        self.book = book

    @property
    def price(self) -> Estimate:
        """The bid: the price at which the buyer's own cash earns its target. [package currency]"""
        return self.book.bid.price

    @cached_property
    def _heading(self) -> Heading:
        from npl_sim.analysis.plausibility import bid_issues
        from npl_sim.runs.price import heading_of
        from npl_sim.tape.issues import ranked

        heading = heading_of(self.simulation.study.session, self.book.result)
        if heading.implausible:
            return heading
        found = bid_issues(self.price.value, self.book.result.gbv)
        return dataclasses.replace(heading, issues=ranked([*found, *heading.issues]))

    def _tables(self) -> Mapping[str, pd.DataFrame]:
        from npl_sim.reports.bid_book.export import book_tables
        from npl_sim.reports.price.tables import tables
        from npl_sim.runs.priced_run import heading_tables

        return {
            **book_tables(self.book),
            **tables(self.book.result),
            **heading_tables(self._heading),
        }

    def _figures(self) -> Mapping[str, Callable[[], Figure]]:
        from npl_sim.reports.bid_book.plots import drawings

        return drawings(self.book)

    def _report(self) -> str:
        from npl_sim.reports.bid_book.text import bid_text

        return bid_text(self.book, self.simulation.study.terms.currency, self._heading)

    def _values(self) -> dict[str, Any]:
        from npl_sim.reports.bid_book.export import book_summary
        from npl_sim.reports.heading import with_heading
        from npl_sim.reports.price.tables import summary

        values = with_heading(summary(self.book.result), self._heading)
        return values | {"bid_book": book_summary(self.book)}

    def to_excel(self, path: str | Path) -> None:
        """Write the bid book as an Excel workbook.

        Parameters
        ----------
        path : str or Path
            File to write (.xlsx).

        Raises
        ------
        NplSimError
            If xlsxwriter is not installed: ``pip install 'npl_sim[report]'``.
        """
        from npl_sim.reports.bid_book.workbook import write_workbook

        session = self.simulation.study.session
        write_workbook(Path(path), session.study, session.table, self.book, self._heading)

    def to_html(self, path: str | Path) -> None:
        """Write the bid book as one HTML page that needs no other file.

        Parameters
        ----------
        path : str or Path
            File to write (.html).

        Raises
        ------
        NplSimError
            If jinja2 is not installed: ``pip install 'npl_sim[report]'``.
        """
        from npl_sim.reports.bid_book.html import write_report

        session = self.simulation.study.session
        write_report(Path(path), session.study, session.table, self.book, self._heading)


def bid(simulation: Simulation, *, progress: Callable[[str], None] | None = None) -> Bid:
    """Work out the bid book of a package.

    Parameters
    ----------
    simulation : Simulation
        Simulated cash. Sensitivities and stresses simulate the package again on the same random numbers.
    progress : callable, optional
        Receives the name of each step before it is taken.

    Returns
    -------
    Bid

    Raises
    ------
    NplSimError
        If provisions are missing for some loans, or no price fulfils what the buyer demands.
    """
    from npl_sim.analysis.committee import bid_book
    from npl_sim.valuation.seller import check_coverage

    session = simulation.study.session
    check_coverage(session.table.loans, session.study.seller)
    result = price(simulation).distribution
    steps = progress or (lambda step: None)
    return Bid(simulation, bid_book(session.study, session.table, result, steps))
