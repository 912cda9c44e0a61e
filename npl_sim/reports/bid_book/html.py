"""The report for a bid committee: one HTML file that needs nothing from elsewhere."""

from __future__ import annotations

import base64
import dataclasses
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npl_sim.core.disk.whole_file import write_whole
from npl_sim.core.errors import NplSimError
from npl_sim.reports.bid_book import assumptions as origin
from npl_sim.reports.bid_book import concentration as where
from npl_sim.reports.bid_book import price
from npl_sim.reports.bid_book import prudence as care
from npl_sim.reports.bid_book import sensitivities as moves
from npl_sim.reports.bid_book import two_sides as sides
from npl_sim.reports.bid_book.decision_points import points
from npl_sim.reports.bid_book.money import money, of_gbv, unit_of
from npl_sim.reports.bid_book.plots import FIGURES
from npl_sim.reports.bid_book.sentences import (
    concentration_words,
    has_zone,
    paragraphs,
    risk_words,
    sides_words,
)
from npl_sim.reports.bid_book.table import Table, is_number, shown
from npl_sim.reports.estimation import estimation_words
from npl_sim.reports.figure_files import attempt, svg
from npl_sim.reports.formats import MISSING, Unit, percent
from npl_sim.reports.heading import NO_HEADING, Heading, issue_lines, issue_title

if TYPE_CHECKING:
    from npl_sim.analysis.committee import BidBook
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["report_html", "write_report"]

TEMPLATE = "bid_report.html.j2"

MOST_SET_ASIDE = 50
"""Rows set aside that the report shows; the workbook has all."""

CONTENTS = (
    "Value, bid and reasons",
    "Distribution",
    "The two sides and the bridge",
    "What moves the price",
    "Where value and risk sit",
    "Prudence, data flags, second method",
    "Assumptions with origin",
    "Findings on the tape",
    "How this was computed",
)


@dataclass(frozen=True)
class _Shown:
    """A table, its cells as text, and which of its columns stand left."""

    table: Table
    rows: list[list[str]]
    left: list[bool]


@dataclass(frozen=True)
class _Picture:
    """A figure as a data address, and what it shows."""

    source: str
    words: str


@dataclass(frozen=True)
class _Box:
    """A number at the top of the report."""

    name: str
    value: str
    more: str


def write_report(
    path: str | Path,
    study: Study,
    table: LoanTable,
    book: BidBook,
    heading: Heading = NO_HEADING,
    failed: list[str] | None = None,
) -> Path:
    """Write the report; the same inputs give the same bytes.

    Parameters
    ----------
    path
        File to write.
    study, table, book
        What was assumed, what was priced, and what came out.
    heading
        Issues and loans worth nothing.
    failed
        Takes a message for each picture that cannot be drawn; the report says so in its place.

    Raises
    ------
    NplSimError
        If jinja2 is not installed, or the file cannot be written.
    """
    path = Path(path)
    text = report_html(study, table, book, heading, failed)
    try:
        write_whole(path, [text.encode()])
    except OSError as error:
        raise NplSimError(f"{path}: cannot be written ({error.strerror})") from None
    return path


def report_html(
    study: Study,
    table: LoanTable,
    book: BidBook,
    heading: Heading = NO_HEADING,
    failed: list[str] | None = None,
) -> str:
    """Return the report as text.

    Parameters
    ----------
    study, table, book
        What was assumed, what was priced, and what came out.
    heading
        Issues and loans worth nothing.
    failed
        As for `write_report`.

    Raises
    ------
    NplSimError
        If jinja2 is not installed.
    """
    try:
        import jinja2
    except ImportError:
        raise NplSimError(
            "the report needs the library jinja2; install it with: pip install 'npl_sim[report]'"
        ) from None
    # Everything is escaped; a name that the template misspells is an error and not a gap.
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("npl_sim.reports"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    content = _content(study, table, book, heading)
    content["pictures"] = _pictures(book, [] if failed is None else failed)
    text: str = environment.get_template(TEMPLATE).render(content)
    return text + "\n"


def _content(study: Study, table: LoanTable, book: BidBook, heading: Heading) -> dict[str, Any]:
    unit = unit_of(book)
    quarantine = care.quarantine_table(table)
    kept = dataclasses.replace(quarantine, rows=quarantine.rows[:MOST_SET_ASIDE])
    more = len(quarantine.rows) - len(kept.rows)
    stated, defaults = origin.stated_table(study)
    tables = {
        "headline": price.headline_table(book),
        "worthless": care.worthless_table(heading),
        "quantiles": price.quantiles(book),
        "recovery": price.recovery_table(book),
        "kinds": price.kinds_table(book),
        "bridge": sides.bridge_table(book),
        "causes": sides.causes(book),
        "levers": sides.levers_table(book),
        "ledger": sides.ledger_table(book),
        "rates": sides.rates_table(book),
        "debt": sides.debt_table(book),
        "keeping": sides.keeping_table(book),
        "books": sides.books_table(book),
        "tornado": moves.tornado_table(book),
        "grid": moves.grid_table(book),
        "grid_errors": moves.grid_errors(book),
        "stresses": moves.stress_table(book, study),
        "reverse": moves.reverse_table(book),
        "largest": where.largest_loans(book),
        "factors": where.factor_table(book),
        "concentration": where.concentration_table(book),
        "prudence": care.prudence_table(book),
        "flags": care.flags_table(book),
        "account": care.account_table(table),
        "findings": care.findings_table(table),
        "quarantine": kept,
    }
    return {
        "study": study,
        "unit": unit,
        "confidence": percent(book.result.pricing.confidence, 0),
        "contents": [(f"s{i}", title) for i, title in enumerate(CONTENTS, 1)],
        "boxes": _boxes(book, unit),
        "paragraphs": paragraphs(book, unit),
        "issues": issue_lines(heading.issues, book.result.currency),
        "issue_title": issue_title(heading.issues),
        "points": points(study, table, book, unit, heading),
        "sides": sides_words(book, unit),
        "risk": risk_words(book, unit),
        "concentration": concentration_words(book),
        "t": {name: _ready(x, unit) for name, x in tables.items()},
        "parts": [_ready(x, unit) for x in where.part_tables(book)],
        "second": [_ready(x, unit) for x in care.second_tables(book)],
        "assumed": _ready(stated, unit),
        "assumed_lines": origin.stated_lines(study),
        "left_out": f"{defaults:,}",
        "quarantine_more": f"{more:,} further rows are in the workbook." if more else "",
        "computed": _computed(book, unit),
        "sources": [_ready(x, unit) for x in origin.source_tables(study, table, book)],
    }


def _ready(table: Table, unit: Unit) -> _Shown:
    return _Shown(table, shown(table, unit), [not is_number(c.kind) for c in table.columns])


def _boxes(book: BidBook, unit: Unit) -> list[_Box]:
    bid, deal, irr, prudent = book.bid.price, book.deal, book.bid.irr, book.prudent
    verdict = {
        True: "zone of agreement",
        False: "gap: no zone of agreement",
        None: "open within sampling error",
    }

    def share(amount: float) -> str:
        return of_gbv(book, amount).strip(" ()") or "no gross book value"

    return [
        _Box(
            "Bid" if book.stated_buyer else "Value at the target return",
            money(bid.value, unit),
            share(bid.value),
        ),
        _Box(
            "Seller's reservation price",
            money(deal.reservation.value, unit),
            share(deal.reservation.value),
        ),
        _Box("Bid less reservation price", money(deal.zone.value, unit), verdict[has_zone(book)]),
        _Box("Prudent value", money(prudent.value, unit), share(prudent.value)),
        _Box(
            "Best estimate of the price",
            money(book.result.mean.value, unit),
            share(book.result.mean.value),
        ),
        _Box(
            f"Mean of the worst {percent(book.result.pricing.shortfall_level, 0)}",
            money(book.result.expected_shortfall.value, unit),
            share(book.result.expected_shortfall.value),
        ),
        _Box(
            "Return on own money, mean cash",
            percent(book.bid.irr_of_mean) if irr else MISSING,
            f"target {percent(book.bid.target)}",
        ),
        _Box(
            "Probability below the target",
            percent(irr.below_target.value) if irr else MISSING,
            f"{book.result.scenarios:,} scenarios",
        ),
    ]


def _computed(book: BidBook, unit: Unit) -> str:
    result = book.result
    text = (
        f"{result.scenarios:,} scenarios of {result.flows.months} months with seed "
        f"{result.flows.seed}; the mean price is known to a "
    )
    text += f"standard error of {money(result.mean.se, unit)}"
    text += (
        f" ({estimation_words(result)}). Sensitivities, stresses and flags are runs of "
        "their own under the same random numbers. The same inputs and seed give "
    )
    return text + "the same numbers to the last bit, whatever the number of threads."


def _pictures(book: BidBook, failed: list[str]) -> dict[str, _Picture]:
    """Return the pictures by name; one that cannot be drawn has no source."""
    found = {}
    for name, (draw, words) in FIGURES.items():
        found[name] = _Picture("", words)
        with attempt(f"picture {name} of the report", failed):
            found[name] = _picture(draw(book), words)
    return found


def _picture(drawing: Any, words: str) -> _Picture:
    file = io.BytesIO()
    svg(drawing, file)
    encoded = base64.b64encode(file.getvalue()).decode("ascii")
    return _Picture(f"data:image/svg+xml;base64,{encoded}", words)
