"""Seller's book: what keeping is worth, the reservation price, and each loan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npl_sim.api.result import Result
from npl_sim.api.simulations import Simulation

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from npl_sim.analysis.seller_book import SellerBook
    from npl_sim.core.progress import Listener
    from npl_sim.runs.folder import Run, SaveOptions
    from npl_sim.runs.place import RunPlace
    from npl_sim.runs.sell import SellResult
    from npl_sim.stats.risk import Estimate

__all__ = ["Sale", "sell"]


class Sale(Result):
    """Seller's book: ladder, loans, later sales, expected bids, provisions.

    Make one with `npl_sim.sell`.

    Attributes
    ----------
    simulation : Simulation
        The cash that was valued.
    result : npl_sim.runs.sell.SellResult
        The seller's book as the commands use it.
    """

    def __init__(self, simulation: Simulation, result: SellResult) -> None:
        self.simulation = simulation
        self.result = result

    @property
    def book(self) -> SellerBook:
        """Every number of the book, with its error."""
        return self.result.book

    @property
    def reservation(self) -> Estimate:
        """Price below which the seller keeps the package. [package currency]"""
        return self.book.hold.reservation

    def _tables(self) -> Mapping[str, pd.DataFrame]:
        from npl_sim.runs.sell import sell_frames

        return sell_frames(self.result)

    def _figures(self) -> Mapping[str, Callable[[], Figure]]:
        from npl_sim.reports.sell.plots import drawings

        return drawings(self.book)

    def _report(self) -> str:
        from npl_sim.reports.sell.text import sell_text

        return sell_text(self.book, self.simulation.study.terms.currency, self.result.heading)

    def _values(self) -> dict[str, Any]:
        from npl_sim.reports.heading import with_heading
        from npl_sim.reports.price.tables import summary
        from npl_sim.reports.sell.export import sell_summary

        values = with_heading(summary(self.book.result), self.result.heading)
        return values | {"seller_book": sell_summary(self.book)}

    def to_excel(self, path: str | Path) -> None:
        """Write the seller's book as an Excel workbook.

        Parameters
        ----------
        path : str or Path
            File to write (.xlsx).

        Raises
        ------
        NplSimError
            If xlsxwriter is not installed: ``pip install 'npl_sim[report]'``.
        """
        from npl_sim.reports.sell.workbook import write_workbook

        session = self.simulation.study.session
        write_workbook(Path(path), session.study, session.table, self.book, self.result.heading)

    def to_html(self, path: str | Path) -> None:
        """Write the printed pages of the seller's book as one HTML file.

        Parameters
        ----------
        path : str or Path
            File to write (.html).

        Raises
        ------
        NplSimError
            If jinja2 is not installed: ``pip install 'npl_sim[report]'``.
        """
        from npl_sim.reports.sell.pages import write_pages

        session = self.simulation.study.session
        write_pages(Path(path), session.study, session.table, self.book, self.result.heading)

    def _save(self, place: RunPlace, options: SaveOptions) -> Run:
        from npl_sim.runs.sell import save_sell

        return save_sell(self.result, place, options)


def sell(simulation: Simulation, *, listener: Listener | None = None) -> Sale:
    """Work out the seller's book of a package; no buyer is needed.

    Parameters
    ----------
    simulation : Simulation
        Simulated cash. The loans, and macroeconomic scenarios with a stress, are simulated again
        on the same random numbers.
    listener : Listener, optional
        Receives a message before each step; defaults to a silent one.

    Returns
    -------
    Sale

    Raises
    ------
    NplSimError
        If provisions are missing for some loans, or a sale leaves no proceeds.
    """
    from npl_sim.runs.sell import sell as work_out

    return Sale(simulation, work_out(simulation.simulated, listener))
