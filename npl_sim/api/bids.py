"""Bid book: everything that a bid committee asks about one package."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npl_sim.api.result import Result
from npl_sim.api.simulations import Simulation

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from npl_sim.analysis.committee import BidBook
    from npl_sim.core.progress import Listener
    from npl_sim.runs.bid import BidResult
    from npl_sim.runs.folder import Run, SaveOptions
    from npl_sim.runs.place import RunPlace
    from npl_sim.stats.risk import Estimate

__all__ = ["Bid", "bid"]


class Bid(Result):
    """Bid book: bid, reservation price, gap, sensitivities, second method, prudent value.

    Make one with `npl_sim.bid`.

    Attributes
    ----------
    simulation : Simulation
        The cash that was valued.
    result : npl_sim.runs.bid.BidResult
        The bid book as the commands use it.
    """

    def __init__(self, simulation: Simulation, result: BidResult) -> None:
        self.simulation = simulation
        self.result = result

    @property
    def book(self) -> BidBook:
        """Every number of the book, with its error."""
        return self.result.book

    @property
    def price(self) -> Estimate:
        """Price at which the buyer's own cash earns its target. [package currency]"""
        return self.book.bid.price

    def _tables(self) -> Mapping[str, pd.DataFrame]:
        from npl_sim.runs.bid import bid_frames

        return bid_frames(self.result)

    def _figures(self) -> Mapping[str, Callable[[], Figure]]:
        from npl_sim.reports.bid_book.plots import drawings

        return drawings(self.book)

    def _report(self) -> str:
        from npl_sim.reports.bid_book.text import bid_text

        return bid_text(self.book, self.simulation.study.terms.currency, self.result.heading)

    def _values(self) -> dict[str, Any]:
        from npl_sim.reports.bid_book.export import book_summary
        from npl_sim.reports.heading import with_heading
        from npl_sim.reports.price.tables import summary

        values = with_heading(summary(self.book.result), self.result.heading)
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
        write_workbook(Path(path), session.study, session.table, self.book, self.result.heading)

    def to_html(self, path: str | Path) -> None:
        """Write the bid book as one HTML file that prints on at most 12 A4 pages.

        Parameters
        ----------
        path : str or Path
            File to write (.html).

        Raises
        ------
        NplSimError
            If jinja2 is not installed: ``pip install 'npl_sim[report]'``.
        """
        from npl_sim.reports.bid_book.pages.document import write_book

        session = self.simulation.study.session
        write_book(Path(path), session.study, session.table, self.book, self.result.heading)

    def _save(self, place: RunPlace, options: SaveOptions) -> Run:
        from npl_sim.runs.bid import save_bid

        return save_bid(self.result, place, options)


def bid(simulation: Simulation, *, listener: Listener | None = None) -> Bid:
    """Work out the bid book of a package.

    Parameters
    ----------
    simulation : Simulation
        Simulated cash. Sensitivities and stresses simulate the package again on the same random
        numbers.
    listener : Listener, optional
        Receives a message before each step; defaults to a silent one.

    Returns
    -------
    Bid

    Raises
    ------
    NplSimError
        If provisions are missing for some loans, or no price fulfills what the buyer demands.
    """
    from npl_sim.runs.bid import bid as work_out
    from npl_sim.runs.bid import check_bid

    check_bid(simulation.study.session, documents=False)
    return Bid(simulation, work_out(simulation.simulated, listener))
