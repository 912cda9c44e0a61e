"""Command on what a sale leaves with the seller: channel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from npl_sim.cli.messages import NO_VERDICT, print_error
from npl_sim.cli.options import OUTPUT, PRIVACY, SIMULATION, RunOptions, with_options
from npl_sim.cli.streams import print_json
from npl_sim.core.errors import ChannelError

if TYPE_CHECKING:
    from npl_sim.channels.terms.contract import ChannelContract
    from npl_sim.core.progress import Listener
    from npl_sim.runs.channel import RetainedRisk
    from npl_sim.runs.channel_cash import ChannelCash

__all__ = ["channel"]


@with_options(*SIMULATION, *OUTPUT, *PRIVACY)
def channel(
    study: Annotated[
        Path,
        typer.Argument(
            metavar="STUDY_OR_CONTRACT",
            help="YAML file of a study; with --outcomes, that of a contract.",
        ),
    ],
    options: RunOptions,
    contract: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Contract of the sale; defaults to the study's key channel."
        ),
    ] = None,
    side_letter: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Contract with its side letter, compared with the disclosed contract.",
        ),
    ] = None,
    hidden: Annotated[Path | None, typer.Option(hidden=True)] = None,
    outcomes: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Table of weighted outcomes (.csv, .parquet) instead of a simulation.",
        ),
    ] = None,
    full_cash: Annotated[
        bool,
        typer.Option("--full-cash", help="Write the cash of every party by scenario and month."),
    ] = False,
) -> None:
    """Measure what a sale leaves with the seller: retained risk, verdict, capital."""
    from npl_sim.runs.channel import measure_contract, save_channel

    if hidden is not None:
        print_error("warning: --hidden is deprecated; use --side-letter")
    side_file = side_letter or hidden
    place, listener = options.reserve_place(), options.listener()
    side_terms = None if side_file is None else _read_contract(side_file)
    if outcomes is not None:
        terms, cash = _cash_of_outcomes(study, outcomes, contract, options, listener)
    else:
        terms, cash = _cash_of_study(study, contract, side_terms, options, listener)
    risk = measure_contract(terms, cash, side_terms)
    saved = save_channel(risk, place, options.saving(full_cash=full_cash))
    if options.as_json:
        print_json(saved.summary)
    elif not options.quiet:
        _print_risk(risk)
    options.print_saved(saved, cash.clock)
    if not risk.has_verdict:
        raise typer.Exit(NO_VERDICT)


def _cash_of_outcomes(
    file: Path,
    outcomes: Path,
    contract: Path | None,
    options: RunOptions,
    listener: Listener,
) -> tuple[ChannelContract, ChannelCash]:
    """Return a contract and a table of outcomes; refuse options of a simulation."""
    from npl_sim.runs.channel_cash import read_outcomes

    if contract is not None:
        raise ChannelError(
            "--contract: expected without --outcomes, where the argument itself is the contract"
        )
    simulated = {
        "--scenarios": options.scenarios,
        "--precision": options.precision,
        "--threads": options.threads,
        "--stress": options.stress,
        "--set": options.settings,
        "--work": options.work,
    }
    for option, value in simulated.items():
        if value:
            raise ChannelError(f"{option}: expected without --outcomes, which is not simulated")
    terms = _read_contract(file)
    return terms, read_outcomes(outcomes, terms, options.seed or 0, listener)


def _cash_of_study(
    study: Path,
    contract: Path | None,
    side_letter: ChannelContract | None,
    options: RunOptions,
    listener: Listener,
) -> tuple[ChannelContract, ChannelCash]:
    """Return the contract of a study and the outcomes of its simulation."""
    from npl_sim.runs.channel import check_contract, contract_of
    from npl_sim.runs.channel_cash import simulated_outcomes
    from npl_sim.runs.simulation import simulate

    package = options.read_study(study)
    terms = contract_of(package) if contract is None else _read_contract(contract)
    check_contract(package, terms, side_letter)
    simulation = simulate(package, listener, work=options.work)
    return terms, simulated_outcomes(terms, simulation)


def _read_contract(path: Path) -> ChannelContract:
    """Return the contract of a file; without its name where outputs are masked."""
    from npl_sim.core.masking import Privacy
    from npl_sim.study.contract_file import load_contract
    from npl_sim.study.masking import masked_contract

    terms = load_contract(path)
    return masked_contract(terms) if Privacy.mask.get() else terms


def _print_risk(risk: RetainedRisk) -> None:
    """Print the verdict in short, the measured versions, then the verdicts in full."""
    from npl_sim.cli.console import result_console
    from npl_sim.reports.channel.text import channel_report
    from npl_sim.reports.channel.verdict import verdict_texts
    from npl_sim.reports.channel.verdict_head import head_text

    console, result = result_console(130), risk.result
    console.print()
    console.print(head_text(result, risk.judgments, console.width), markup=False, soft_wrap=True)
    console.print(channel_report(result, risk.issues, risk.cash.listed_by), crop=False)
    for text in verdict_texts(risk.judgments, result.currency, console.width):
        console.print()
        console.print(text, markup=False, soft_wrap=True)
