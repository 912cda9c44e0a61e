"""Commands on securitizations: deal run, deal size."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from npl_sim.cli.options import OUTPUT, PRIVACY, SIMULATION, RunOptions, with_options
from npl_sim.cli.streams import print_json
from npl_sim.core.errors import NplSimError

if TYPE_CHECKING:
    from npl_sim.core.progress import Listener
    from npl_sim.runs.deal import DealResult
    from npl_sim.runs.deal_cash import DealCash, FlowFile
    from npl_sim.runs.study_session import StudySession
    from npl_sim.securitization.terms.deal import Deal

__all__ = ["run", "size"]

StudyOrDeal = Annotated[
    Path,
    typer.Argument(
        metavar="STUDY_OR_DEAL", help="A study that names its deal, or a deal with --flows."
    ),
]
DealFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Deal that replaces the one of the study."),
]
FlowsFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Cash for a deal: a table (.csv, .parquet) or a recipe (.yaml); see docs/deals.md.",
    ),
]
MonthZero = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d"],
        help="Date of month 0 of a table by month; defaults to the cut-off date of the deal.",
    ),
]
DEAL_OPTIONS = (*SIMULATION, *OUTPUT, *PRIVACY)


@with_options(*DEAL_OPTIONS)
def run(
    file: StudyOrDeal,
    options: RunOptions,
    deal: DealFile = None,
    flows: FlowsFile = None,
    month_zero: MonthZero = None,
    ledger: Annotated[
        str,
        typer.Option(
            metavar="SCENARIO",
            help="Print every payment of one scenario with its reason (a number, median or bad) "
            "instead of the summary.",
        ),
    ] = "",
) -> None:
    """Run a securitization on simulated cash or on a file of cash flows; write a run folder."""
    from npl_sim.runs.deal import run as run_deal
    from npl_sim.runs.deal import save_deal

    place, listener = options.reserve_place(), options.listener()
    source = _read_source(file, deal, flows, month_zero, options)
    cash = _cash_of(*source, listener, options)
    result = run_deal(source[0], cash, listener)
    position = result.outcome.place_of(ledger) if ledger else None
    if position is None or place is not None:
        saved = save_deal(result, place, options.saving())
        options.print_saved(saved, cash.clock)
        if position is None and options.as_json:
            print_json(saved.summary)
    if position is not None:
        _print_ledger(result, position, options.as_json)
    elif not options.silent:
        from npl_sim.cli.console import result_console
        from npl_sim.reports.deal.text import deal_report

        report = deal_report(result.outcome, result.issues, cash.listed_by)
        result_console(130).print(report, crop=False)


@with_options(*DEAL_OPTIONS)
def size(
    file: StudyOrDeal,
    options: RunOptions,
    deal: DealFile = None,
    flows: FlowsFile = None,
    month_zero: MonthZero = None,
) -> None:
    """Size the notes of a securitization, solve for its open terms; write a run folder."""
    from npl_sim.runs.deal import save_size
    from npl_sim.runs.deal import size as size_deal
    from npl_sim.securitization.sizing.sizing import structure_of

    place, listener = options.reserve_place(), options.listener()
    source = _read_source(file, deal, flows, month_zero, options)
    structure_of(source[0])  # refuses a deal without sizing terms before the simulation
    cash = _cash_of(*source, listener, options)
    result = size_deal(source[0], cash, listener)
    saved = save_size(result, place, options.saving())
    options.print_saved(saved, cash.clock)
    if options.as_json:
        print_json(saved.summary)
    elif not options.quiet:
        from npl_sim.cli.console import result_console
        from npl_sim.reports.deal.structuring_text import structuring_report

        report = structuring_report(result.structured, result.issues, cash.listed_by)
        result_console(140).print(report, crop=False)


def _read_source(
    file: Path,
    deal: Path | None,
    flows: Path | None,
    month_zero: datetime | None,
    options: RunOptions,
) -> tuple[Deal, StudySession | FlowFile]:
    """Return the deal and the origin of its cash.

    Raises
    ------
    NplSimError
        If the options do not fit the kind of the file.
    """
    from npl_sim.core.masking import Privacy
    from npl_sim.runs.deal_cash import FlowFile, deal_of
    from npl_sim.study.deal_file import file_kind, load_deal
    from npl_sim.study.masking import masked_deal
    from npl_sim.study.overrides import parse_settings

    if file_kind(file) == "study":
        if flows is not None or month_zero is not None:
            raise NplSimError(
                f"{file}: is a study, whose cash is simulated; expected a deal's file with "
                "--flows and --month-zero"
            )
        more = {} if deal is None else {"deal": os.path.relpath(deal, file.parent)}
        package = options.read_study(file, **more)
        return deal_of(package), package
    _check_deal_options(file, deal, flows, options)
    terms = load_deal(file, parse_settings(options.settings or []))
    day = None if month_zero is None else month_zero.date()
    source = FlowFile(flows or file, day, options.scenarios, options.seed)
    return masked_deal(terms) if Privacy.mask.get() else terms, source


def _check_deal_options(
    file: Path, deal: Path | None, flows: Path | None, options: RunOptions
) -> None:
    """Refuse options of a simulation beside a deal, and a deal without cash."""
    simulated = {
        "--deal": deal,
        "--threads": options.threads,
        "--stress": options.stress or None,
        "--precision": options.precision,
        "--work": options.work,
    }
    given = next((name for name, value in simulated.items() if value is not None), None)
    if given and flows is not None:
        raise NplSimError(
            f"{file}: is a deal with --flows {flows}, for which {given} means nothing: its cash "
            f"is not simulated. Expected the command without {given}, or a study that names the "
            "deal"
        )
    if given:
        raise NplSimError(
            f"{file}: is a deal, for which {given} means nothing; expected a study, or --flows "
            "FILE"
        )
    if flows is None:
        raise NplSimError(
            f"{file}: is a deal; expected --flows FILE with what its package collects, or a study "
            "that names the deal"
        )


def _cash_of(
    deal: Deal, source: StudySession | FlowFile, listener: Listener, options: RunOptions
) -> DealCash:
    """Simulate the cash of a study, or read it from a file."""
    from npl_sim.runs.deal_cash import FlowFile, read_cash, simulated_cash
    from npl_sim.runs.simulation import simulate

    if isinstance(source, FlowFile):
        return read_cash(deal, source, listener, options.command)
    simulation = simulate(source, listener, work=options.work)
    return simulated_cash(deal, simulation, listener, options.command)


def _print_ledger(result: DealResult, position: int, as_json: bool) -> None:
    """Print every payment of one scenario."""
    if as_json:
        from npl_sim.runs.deal import ledger_values

        print_json(ledger_values(result, position))
        return
    from npl_sim.reports.deal.ledger_text import ledger_text
    from npl_sim.reports.deal.parts import limit_texts
    from npl_sim.securitization.results.ledger import ledger_of, state_table

    outcome = result.outcome
    deal = outcome.run.deal
    ledger, states = ledger_of(outcome.run, position), state_table(outcome.run, position)
    number, limits = outcome.numbers[position], limit_texts(deal)
    print(ledger_text(ledger, states, number, deal.currency, limits), end="")
