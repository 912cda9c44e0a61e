"""The work of `npl-sim bid`: price, ask everything that a committee asks, write the bid book."""

from __future__ import annotations

import dataclasses
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from npl_sim.core.errors import NplSimError
from npl_sim.core.streams import print_json
from npl_sim.runs.console import PlainConsole
from npl_sim.runs.folder import write_folder, write_json, write_tables
from npl_sim.runs.place import new_place
from npl_sim.runs.recorded_paths import folder_text
from npl_sim.runs.simulating import Clock, print_undrawn, simulated, talk_console, valued

if TYPE_CHECKING:
    from npl_sim.analysis.committee import BidBook
    from npl_sim.reports.heading import Heading
    from npl_sim.runs.case import Case
    from npl_sim.runs.place import RunPlace

__all__ = ["bid"]


def bid(
    case: Case,
    out: RunPlace | None,
    as_json: bool,
    figures: bool,
    documents: bool,
    quiet: bool,
    work: Path | None = None,
) -> None:
    """Price a package, work out the bid book, write its run folder, and print what a committee asks first."""
    from npl_sim.analysis.committee import bid_book
    from npl_sim.analysis.plausibility import bid_issues
    from npl_sim.runs.headings import heading_of
    from npl_sim.runs.priced_run import study_facts
    from npl_sim.study.fingerprint import study_hash
    from npl_sim.tape.issues import ranked
    from npl_sim.valuation.seller import check_coverage

    talk, clock = talk_console(quiet or as_json), Clock()
    if documents:
        _check_libraries()
    check_coverage(case.table.loans, case.study.seller)
    flows = simulated(case, talk, clock, work=work)
    study, table = case.study, case.table
    result = valued(case, flows, clock)
    with clock.phase("analyse"):
        book = bid_book(
            study, table, result, lambda step: talk.print(f"working out {step}", markup=False)
        )
    heading = heading_of(case, result)
    if not heading.implausible:
        own = bid_issues(book.bid.price.value, result.gbv)
        heading = dataclasses.replace(heading, issues=ranked([*own, *heading.issues]))
    facts = study_facts(study, table, ["npl-sim", *sys.argv[1:]]) | {"scenarios": result.scenarios}
    with clock.phase("write"):
        run = write_folder(
            out or new_place(study.name, study_hash(study)),
            lambda draft: _fill(draft, case, book, heading, figures, documents),
            facts,
            clock.seconds,
        )
    if as_json:
        said = [*case.warnings, *case.notes(), *(str(f) for f in table.findings), *run.undrawn]
        print_json({**run.summary, "warnings": said})
    elif not quiet:
        from npl_sim.reports.bid_book.text import bid_text

        PlainConsole(markup=False, soft_wrap=True).print(
            bid_text(book, study.currency, heading), end=""
        )
    print_undrawn(run)
    spent = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in clock.seconds.items())
    made = " (bid_book.xlsx and report.html are in it)" if documents else ""
    talk.print(f"{spent}: {folder_text(run.folder)}{made}", markup=False)


def _check_libraries() -> None:
    """Refuse before the work what would only fail when it is written."""
    for name in ("xlsxwriter", "jinja2"):
        if find_spec(name) is None:
            raise NplSimError(
                f"workbook and report need the library {name}; install it with: pip install 'npl_sim[report]', "
                "or leave them out with --no-documents"
            )


def _fill(
    draft: Path, case: Case, book: BidBook, heading: Heading, figures: bool, documents: bool
) -> list[str]:
    """Write all files, figures and what holds pictures last; return what could not be drawn."""
    from npl_sim.reports.account import account_values
    from npl_sim.reports.bid_book.export import book_summary, book_tables
    from npl_sim.reports.heading import with_heading
    from npl_sim.reports.price.tables import summary, tables
    from npl_sim.runs.priced_run import heading_tables, write_inputs

    study, table, result = case.study, case.table, book.result
    write_tables(draft, {**tables(result), **book_tables(book), **heading_tables(heading)})
    content = with_heading(summary(result), heading) | {"bid_book": book_summary(book)}
    content["reconciliation"] = account_values(table.reconciliation)
    write_json(draft / "summary.json", content)
    write_inputs(draft, study, table)
    undrawn: list[str] = []
    if documents:
        from npl_sim.reports.bid_book.html import write_report
        from npl_sim.reports.bid_book.workbook import write_workbook

        write_workbook(draft / "bid_book.xlsx", study, table, book, heading)
        write_report(draft / "report.html", study, table, book, heading, undrawn)
    if figures:
        from npl_sim.reports.bid_book import plots as bid_plots
        from npl_sim.reports.price import plots

        plots.save_all(result, draft / "figures", failed=undrawn)
        bid_plots.save_all(book, draft / "figures", failed=undrawn)
    return undrawn
