"""Track a package after its purchase: cash that came against the plan."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from npl_sim.core.errors import NplSimError
from npl_sim.core.progress import Silent
from npl_sim.runs.contents import Contents
from npl_sim.runs.folder import PLAIN, Run, SaveOptions, open_run, write_folder
from npl_sim.runs.place import new_place
from npl_sim.runs.simulation import Clock, announce_compiling

if TYPE_CHECKING:
    from npl_sim.analysis.track.tracking import Tracking
    from npl_sim.core.progress import Listener
    from npl_sim.runs.place import RunPlace
    from npl_sim.runs.study_session import StudySession
    from npl_sim.study.model import Study
    from npl_sim.tape.cash_file.account import ActualCash
    from npl_sim.tape.table import LoanTable

__all__ = ["TrackOptions", "TrackResult", "save_track", "track_run", "track_study"]


@dataclass(frozen=True)
class TrackOptions:
    """What to track, and when."""

    cash: Path
    """File of the cash that came."""
    as_of: date | None = None
    """Date up to which cash is known; defaults to the end of the month of the last payment."""
    price_paid: float | None = None
    """Price with its costs; defaults to `pricing.prices` if that is one. [package currency]"""
    sheet: str | None = None
    """Sheet of a workbook; defaults to the first."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Column of the file of cash to the header that the user gives for it."""

    def price(self, study: Study) -> float | None:
        """Return the price paid, or None.

        Raises
        ------
        NplSimError
            If it is not above 0.
        """
        prices = study.pricing.prices
        price = prices[0] if self.price_paid is None and len(prices) == 1 else self.price_paid
        if price is not None and not 0.0 < price < float("inf"):
            raise NplSimError(f"--price-paid: got {price:,.2f}; expected an amount above 0")
        return price


@dataclass(frozen=True)
class TrackResult:
    """Cash that came against the plan, with what it was computed from."""

    tracking: Tracking
    """Comparison, forecast, returns and statements."""
    study: Study
    """The study of the plan."""
    table: LoanTable
    """Its loans."""
    cash_source: dict[str, Any]
    """File of the cash and its hash, for the manifest."""
    clock: Clock
    """Seconds by phase."""


def track_study(
    session: StudySession, options: TrackOptions, listener: Listener | None = None
) -> TrackResult:
    """Simulate the plan of a study and compare the cash that came with it.

    Parameters
    ----------
    session
        The study and its tape.
    options
        File of the cash, dates and price.
    listener
        Receives progress and messages; defaults to a silent one.

    Raises
    ------
    TapeError
        If the tape or the file of cash cannot be used.
    """
    from npl_sim.analysis.track.attributes import attributes
    from npl_sim.analysis.track.plan import simulated_plan
    from npl_sim.analysis.track.tracking import track_cash

    clock, listener = Clock(), listener or Silent()
    study = session.study
    price = options.price(study)
    with clock.phase("read"):
        actual = _actual(session, study, session.table, options)
    loans, gbv = session.table.loans["loan_id"].astype(str), session.table.loans["gbv"]
    known = attributes(session.table, study.valuation_date, actual.servicer_of)
    closed = loans.isin(actual.closed).to_numpy(dtype=bool)
    with clock.phase("simulate"):
        announce_compiling(listener)
        plan = simulated_plan(study, session.table, actual.elapsed, known, closed, listener)
    with clock.phase("track"):
        found = track_cash(study, actual, plan, known, loans, price, gbv)
    return TrackResult(found, study, session.table, _source(options, session.mask), clock)


def track_run(folder: Path, options: TrackOptions) -> TrackResult:
    """Compare the cash that came with the stored cash of a run of `npl-sim price`.

    Nothing is simulated. The run stores receipts and costs by its own groups of loans only: not by
    other attributes, by kind of cash or by loan.

    Parameters
    ----------
    folder
        The run folder.
    options
        File of the cash, dates and price.

    Raises
    ------
    RunFolderError
        If the run was saved without its cash, or its tape is not found.
    """
    from npl_sim.analysis.track.plan import stored_plan
    from npl_sim.analysis.track.tracking import track_cash
    from npl_sim.core.masking import Privacy
    from npl_sim.runs.inputs import study_of, table_of, with_tape

    clock = Clock()
    run = open_run(folder)
    with clock.phase("read"):
        study = with_tape(run, study_of(run), ())
        table, cash = table_of(study), run.cash()
        price = options.price(study)
        actual = _actual(None, study, table, options)
    if actual.closed:
        raise NplSimError(
            f"{folder}: a stored run cannot leave out closed loans, and the cash marks "
            f"{len(actual.closed):,}; expected the study, which is simulated again"
        )
    attribute = study.simulation.group_by
    loans, gbv = table.loans["loan_id"].astype(str), table.loans["gbv"]
    known = pd.DataFrame({attribute: table.loans[attribute].astype(str).to_numpy(dtype=object)})
    with clock.phase("track"):
        plan = stored_plan(cash, actual.elapsed, attribute)
        found = track_cash(study, actual, plan, known, loans, price, gbv)
    return TrackResult(found, study, table, _source(options, Privacy.mask.get()), clock)


def _actual(
    session: StudySession | None, study: Study, table: LoanTable, options: TrackOptions
) -> ActualCash:
    """Read and settle the file of cash, masked where the study is."""
    from npl_sim.core.errors import TableError, TapeError
    from npl_sim.study.masking import masked_error
    from npl_sim.tape.cash_file.reading import read_cash
    from npl_sim.tape.cash_file.settling import settle_cash

    path, start = options.cash, study.valuation_date
    loans, gbv = table.loans["loan_id"].astype(str), float(table.loans["gbv"].sum())
    mask = session is not None and session.mask
    names: dict[str, str] = session.pseudonyms if session is not None and mask else {}
    shown = {pseudonym: loan for loan, pseudonym in names.items()}
    try:
        file = read_cash(path, start, study.currency, options.sheet, options.columns)
        actual = settle_cash(file, loans.replace(shown), gbv, start, options.as_of)
    except (TableError, TapeError) as error:
        if not mask:
            raise
        raise masked_error(error, path) from None
    return _masked(actual, names, (path.name, file.log.file)) if mask else actual


def _masked(actual: ActualCash, names: dict[str, str], files: tuple[str, str]) -> ActualCash:
    """Return the cash with pseudonyms for loans and servicers, and findings without cells."""
    from npl_sim.core.masking import pseudonyms
    from npl_sim.tape.masked_findings import masked_finding

    rows, aside = actual.rows, actual.set_aside
    loan = pseudonyms(aside["loan_id"], "loan", names)
    servicers = dict.fromkeys([*rows["servicer"], *actual.servicer_of.values()])
    agency = {"": "", **pseudonyms((s for s in servicers if s), "agency")}
    labels = dict.fromkeys(files, "cash file")
    hidden = {
        "loan_id": rows["loan_id"].map(loan),
        "servicer": rows["servicer"].map(agency),
    }
    return dataclasses.replace(
        actual,
        rows=rows.assign(**hidden),
        set_aside=aside.assign(loan_id=aside["loan_id"].map(loan)),
        closed=frozenset(loan[x] for x in actual.closed),
        servicer_of={loan[x]: agency[s] for x, s in actual.servicer_of.items()},
        findings=tuple(masked_finding(f, labels) for f in actual.findings),
    )


def _source(options: TrackOptions, mask: bool) -> dict[str, Any]:
    """Return the entry of the manifest on the file of cash."""
    from npl_sim.core.provenance import file_hash

    name = "cash file" if mask else options.cash.name
    return {"file": name, "sha256": file_hash(options.cash)}


def save_track(
    result: TrackResult, place: RunPlace | None = None, options: SaveOptions = PLAIN
) -> Run:
    """Write the run folder of a tracked package: tables, workbook, page and figures."""
    from npl_sim.runs.priced_run import study_facts, write_inputs
    from npl_sim.study.fingerprint import study_hash

    found, study = result.tracking, result.study
    facts = study_facts(study, result.table, options.command) | {
        "scenarios": found.scenarios,
        "cash": result.cash_source,
    }

    def fill(draft: Path) -> list[str]:
        from npl_sim.reports.track.figures import drawings
        from npl_sim.reports.track.frames import frames, summary

        write_inputs(draft, study, result.table)
        if options.documents:
            from npl_sim.reports.track.page import write_page
            from npl_sim.reports.track.workbook import write_workbook

            write_workbook(draft / "track.xlsx", found)
            write_page(draft / "track.html", found)
        return Contents(frames(found), summary(found), drawings(found)).write(draft, options)

    with result.clock.phase("write"):
        return write_folder(
            place or new_place(f"{study.name}-track", study_hash(study)),
            fill,
            facts,
            result.clock.seconds,
        )
