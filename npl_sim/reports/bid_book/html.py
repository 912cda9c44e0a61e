"""Bid report as one self-contained HTML file."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npl_sim.core.disk.whole_file import write_output
from npl_sim.reports.bid_book import (
    assumptions,
    concentration,
    price,
    prudence,
    sensitivities,
    two_sides,
)
from npl_sim.reports.bid_book.decision_points import points
from npl_sim.reports.bid_book.money import money, of_gbv, unit_of
from npl_sim.reports.bid_book.plots import FIGURES
from npl_sim.reports.bid_book.sentences import (
    concentration_text,
    has_zone,
    paragraphs,
    risk_text,
    sides_text,
)
from npl_sim.reports.estimation import estimation_text
from npl_sim.reports.evidence import evidence_sentences, evidence_tables
from npl_sim.reports.figure_files import attempt
from npl_sim.reports.formats import MISSING, Unit, percent
from npl_sim.reports.heading import NO_HEADING, Heading, issue_lines, issue_title
from npl_sim.reports.writers.html import Picture, html_table, picture, render

if TYPE_CHECKING:
    from npl_sim.analysis.committee import BidBook
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable


MOST_SET_ASIDE = 50
"""Most rows in quarantine in the report; the workbook has all."""

CONTENTS = (
    "Value, bid and reasons",
    "Distribution",
    "Buyer, seller and the gap",
    "Sensitivities and stresses",
    "Concentration of value and risk",
    "Prudence, data flags, second method",
    "Assumptions and their origin",
    "Findings on the tape",
    "Computation",
)


@dataclass(frozen=True)
class _Box:
    """A headline number of the report."""

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
        The study, its loans and their bid book.
    heading
        Issues and loans without value.
    failed
        Takes a message for each picture that cannot be drawn; the report has a text in its place.

    Raises
    ------
    NplSimError
        If jinja2 is not installed, or the file cannot be written.
    """
    path = Path(path)
    text = report_html(study, table, book, heading, failed)
    write_output(path, text.encode())
    return path


def report_html(
    study: Study,
    table: LoanTable,
    book: BidBook,
    heading: Heading = NO_HEADING,
    failed: list[str] | None = None,
) -> str:
    """Return the report as text; see `write_report`."""
    content = _content(study, table, book, heading)
    content["pictures"] = _pictures(book, [] if failed is None else failed)
    return render("bid_report.html.j2", content)


def _content(study: Study, table: LoanTable, book: BidBook, heading: Heading) -> dict[str, Any]:
    unit = unit_of(book)
    quarantine = prudence.quarantine_table(table)
    kept = dataclasses.replace(quarantine, rows=quarantine.rows[:MOST_SET_ASIDE])
    more = len(quarantine.rows) - len(kept.rows)
    stated, defaults = assumptions.stated_table(study, heading.origins)
    tables = {
        "headline": price.headline_table(book),
        "worthless": prudence.worthless_table(heading),
        "quantiles": price.quantiles(book),
        "recovery": price.recovery_table(book),
        "kinds": price.kinds_table(book),
        "price_steps": two_sides.price_steps_table(book),
        "causes": two_sides.causes(book),
        "changes": two_sides.changes_table(book),
        "ledger": two_sides.ledger_table(book),
        "rates": two_sides.rates_table(book),
        "debt": two_sides.debt_table(book),
        "hold_value": two_sides.hold_value_table(book),
        "day_one": two_sides.day_one_table(book),
        "tornado": sensitivities.tornado_table(book),
        "grid": sensitivities.grid_table(book),
        "grid_errors": sensitivities.grid_errors(book),
        "stresses": sensitivities.stress_table(book, study),
        "reverse": sensitivities.reverse_table(book),
        "largest": concentration.largest_loans(book),
        "factors": concentration.factor_table(book),
        "concentration": concentration.concentration_table(book),
        "prudence": prudence.prudence_table(book),
        "flags": prudence.flags_table(book),
        "account": prudence.account_table(table),
        "findings": prudence.findings_table(table),
        "quarantine": kept,
    }
    return {
        "study": study,
        "unit": unit,
        "confidence": percent(book.result.pricing.confidence, 0),
        "contents": [(f"s{i}", title) for i, title in enumerate(CONTENTS, 1)],
        "boxes": _boxes(book, unit),
        "paragraphs": paragraphs(book, unit),
        "evidence": [f"{text}." for text in evidence_sentences(heading.evidence, unit)],
        "evidence_tables": [html_table(x, unit) for x in evidence_tables(heading.evidence)],
        "issues": issue_lines(heading.issues, book.result.currency),
        "issue_title": issue_title(heading.issues),
        "points": points(study, table, book, unit, heading),
        "sides": sides_text(book, unit),
        "risk": risk_text(book, unit),
        "concentration": concentration_text(book),
        "t": {name: html_table(x, unit) for name, x in tables.items()},
        "parts": [html_table(x, unit) for x in concentration.part_tables(book)],
        "second": [html_table(x, unit) for x in prudence.second_tables(book)],
        "assumed": html_table(stated, unit),
        "assumed_lines": assumptions.stated_lines(study),
        "left_out": f"{defaults:,}",
        "quarantine_more": f"{more:,} further rows are in the workbook." if more else "",
        "computed": _computed(book, unit),
        "sources": [html_table(x, unit) for x in assumptions.source_tables(study, table, book)],
    }


def _boxes(book: BidBook, unit: Unit) -> list[_Box]:
    bid, deal, irr, prudent = book.bid.price, book.deal, book.bid.irr, book.prudent
    verdict = {
        True: "zone of agreement",
        False: "gap: no zone of agreement",
        None: "open within sampling error",
    }

    amounts = {
        "Bid" if book.stated_buyer else "Value at the target return": bid.value,
        "Seller's reservation price": deal.reservation.value,
        "Prudent value": prudent.value,
        "Best estimate of the price": book.result.mean.value,
        f"Mean of the worst {percent(book.result.pricing.shortfall_level, 0)}": (
            book.result.expected_shortfall.value
        ),
    }
    first, second, *others = (
        _Box(name, money(amount, unit), of_gbv(book, amount).strip(" ()") or "no gross book value")
        for name, amount in amounts.items()
    )
    return [
        first,
        second,
        _Box("Bid less reservation price", money(deal.zone.value, unit), verdict[has_zone(book)]),
        *others,
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
    return (
        f"{result.scenarios:,} scenarios of {result.flows.months} months with seed "
        f"{result.flows.seed}; the mean price is known to a standard error of "
        f"{money(result.mean.se, unit)} ({estimation_text(result)}). Sensitivities, stresses and "
        "flags are separate runs with the same random numbers. The same inputs and seed give "
        "the same numbers to the last bit, whatever the number of threads."
    )


def _pictures(book: BidBook, failed: list[str]) -> dict[str, Picture]:
    """Return the pictures by name; one that cannot be drawn has no source."""
    pictures = {}
    for name, (draw, description) in FIGURES.items():
        pictures[name] = Picture("", description)
        with attempt(f"picture {name} of the report", failed):
            pictures[name] = picture(draw(book), description)
    return pictures
