"""Work out the bid book of a package."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from npl_sim.core.errors import NplSimError
from npl_sim.core.progress import Silent
from npl_sim.runs.contents import Contents
from npl_sim.runs.folder import (
    PLAIN,
    Run,
    SaveOptions,
    store_cash,
)
from npl_sim.runs.price import heading_of, value_cash

if TYPE_CHECKING:
    import pandas as pd

    from npl_sim.analysis.committee import BidBook
    from npl_sim.core.progress import Listener
    from npl_sim.reports.heading import Heading
    from npl_sim.runs.place import RunPlace
    from npl_sim.runs.simulation import Simulation
    from npl_sim.runs.study_session import StudySession


@dataclass(frozen=True)
class BidResult:
    """Bid book of a package, with the simulation that it comes from."""

    simulation: Simulation
    """Study, tape and simulated cash."""
    book: BidBook
    """Bid, reservation price, sensitivities, second method, prudent value."""
    heading: Heading
    """Issues of study, tape and result, and the loans without value."""


def check_bid(study: StudySession, documents: bool = True) -> None:
    """Refuse before the simulation what would fail after it.

    Parameters
    ----------
    study
        Study and tape.
    documents
        Whether the workbook and the report are written.

    Raises
    ------
    NplSimError
        If a library for the documents is missing.
    StudyError
        If the provisions of the seller do not cover every loan.
    """
    from npl_sim.valuation.seller import check_coverage

    for name in ("xlsxwriter", "jinja2") if documents else ():
        if find_spec(name) is None:
            raise NplSimError(
                f"workbook and report need the library {name}; install it with: pip install "
                "'npl_sim[report]', or leave them out with --no-documents"
            )
    check_coverage(study.table.loans, study.study.seller)


def bid(simulation: Simulation, listener: Listener | None = None) -> BidResult:
    """Return the bid book of a simulated package.

    Parameters
    ----------
    simulation
        The simulated package.
    listener
        Receives a message for each step; defaults to a silent one.
    """
    from npl_sim.analysis.committee import bid_book
    from npl_sim.analysis.plausibility import bid_issues
    from npl_sim.analysis.unsourced import effects_of_tornado
    from npl_sim.tape.issues import ranked

    study, clock, listener = simulation.study, simulation.clock, listener or Silent()
    check_bid(study, documents=False)
    result = value_cash(study, simulation.cash, clock)
    with clock.phase("analyse"):
        book = bid_book(
            study.study,
            study.table,
            result,
            lambda step: listener.message(f"working out {step}"),
        )
        listener.message("working out the unsourced share")
        effects = effects_of_tornado(book.tornado, result.mean.value)
        heading = heading_of(study, result, effects)
    if not heading.implausible:
        issues = bid_issues(book.bid.price.value, result.gbv)
        heading = dataclasses.replace(heading, issues=ranked([*issues, *heading.issues]))
    return BidResult(simulation, book, heading)


def save_bid(
    result: BidResult, place: RunPlace | None = None, options: SaveOptions = PLAIN
) -> Run:
    """Write the run folder of a bid book; parameters as in `price.save_price`."""
    from npl_sim.runs.priced_run import write_book

    return write_book(
        result.simulation,
        result.book.result.scenarios,
        lambda draft: _fill(draft, result, options),
        place,
        options,
    )


def bid_frames(result: BidResult) -> Mapping[str, pd.DataFrame]:
    """Return the tables of a bid book by name."""
    from npl_sim.analysis.package.tables import package_tables
    from npl_sim.reports.bid_book.export import (
        book_tables,
        key_assumptions_of,
        package_frames,
    )
    from npl_sim.reports.price.tables import tables
    from npl_sim.runs.priced_run import heading_tables

    book, heading, session = result.book, result.heading, result.simulation.study
    study, table = session.study, session.table
    package = package_tables(study, table, book, heading.nothing, heading.issues)
    return {
        **tables(book.result),
        **book_tables(book),
        **package_frames(package),
        **heading_tables(heading),
        "bid_key_assumptions": key_assumptions_of(study, book, heading),
    }


def _fill(draft: Path, result: BidResult, options: SaveOptions) -> list[str]:
    """Write all files, documents and figures last; return warnings on figures not drawn."""
    from npl_sim.reports.account import account_values
    from npl_sim.reports.bank_tables import bank_tables
    from npl_sim.reports.bid_book.export import book_summary
    from npl_sim.reports.bid_book.plots import drawings as bid_drawings
    from npl_sim.reports.heading import with_heading
    from npl_sim.reports.price.plots import drawings as price_drawings
    from npl_sim.reports.price.tables import summary
    from npl_sim.runs.priced_run import write_inputs

    book, heading = result.book, result.heading
    study, table = result.simulation.study.study, result.simulation.study.table
    content = with_heading(summary(book.result), heading) | {"bid_book": book_summary(book)}
    content["reconciliation"] = account_values(table.reconciliation)
    write_inputs(draft, study, table, heading.origins)
    store_cash(draft, result.simulation.cash, options)
    if options.documents:
        from npl_sim.reports.bid_book.pages.document import write_book
        from npl_sim.reports.bid_book.workbook import write_workbook

        write_workbook(draft / "bid_book.xlsx", study, table, book, heading)
        write_book(draft / "report.html", study, table, book, heading)
    # The bid book draws some figures of the price again, with the bid in them.
    drawings = {**price_drawings(book.result), **bid_drawings(book)}
    frames = {**bid_frames(result), **bank_tables(table)}
    return Contents(frames, content, drawings).write(draft, options)
