"""Tables on the run of a bid book: files with hashes, settings, versions, sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from npl_sim.core.language import gettext as _
from npl_sim.core.provenance import versions
from npl_sim.reports.estimation import estimation_text
from npl_sim.reports.table import Cell, Table, table_of
from npl_sim.study.fingerprint import study_hash

if TYPE_CHECKING:
    from npl_sim.analysis.committee import BidBook
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

MACHINE = ("machine", "system", "cores")
"""Entries of the versions that describe the machine."""


def source_tables(study: Study, table: LoanTable, book: BidBook) -> list[Table]:
    """Return files with hashes, settings and versions of the run, sources of law and market."""
    flows = book.result.flows
    files = tuple(
        (s.role, s.file, Cell(s.rows, "count"), s.sha256, s.encoding) for s in table.sources
    )
    found = {k: v for k, v in versions().items() if k not in MACHINE}
    rows: list[tuple[Any, ...]] = [
        ("study", study.name),
        (_("hash of the study (SHA-256)"), study_hash(study)),
        (_("valuation date"), Cell(study.valuation_date, "date")),
        ("seed", str(flows.seed)),
        ("scenarios", Cell(flows.scenarios, "count")),
        (_("months simulated"), Cell(flows.months, "count")),
        (_("confidence of intervals"), Cell(book.result.pricing.confidence, "share")),
        (_("standard error of the mean price"), Cell(book.result.mean.se, "cents")),
        (_("scenario weights"), estimation_text(book.result)),
        *((_("version of {name}").format(name=name), number) for name, number in found.items()),
    ]
    law, market = study.legal, study.market
    read = tuple(
        [("law", law.name, law.as_of and Cell(law.as_of, "date"), s) for s in law.sources]
        + [("market", "", market.as_of and Cell(market.as_of, "date"), s) for s in market.sources]
    )
    return [
        table_of(
            _("Files that were read"),
            "table [40] | file [44] | rows | SHA-256 [68] | encoding",
            files,
        ),
        table_of(_("How it was computed"), "[40] | [68]", rows),
        table_of(
            _("Sources of law and market"),
            "of [40] | name [24] | as of | source [110]",
            read,
            nothing=_("the study names no sources"),
        ),
    ]
