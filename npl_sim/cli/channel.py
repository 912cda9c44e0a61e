"""The command that tells what a sale leaves with the seller."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from npl_sim.cli.options import (
    NO_VERDICT,
    Force,
    Json,
    Mask,
    Precision,
    Quiet,
    RelativePaths,
    Scenarios,
    Seed,
    Settings,
    Stress,
    Threads,
    Within,
    Work,
    case_of,
    folder_name,
    place_of,
    share,
)
from npl_sim.core.errors import ChannelError

if TYPE_CHECKING:
    from npl_sim.channel.terms.contract import ChannelContract

__all__ = ["channel"]

YamlFile = Annotated[
    Path,
    typer.Argument(
        metavar="STUDY_OR_CONTRACT",
        help="The study's YAML file; with --outcomes, that of a contract.",
    ),
]


def channel(
    study: YamlFile,
    contract: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Contract of the sale; default the study's key channel."
        ),
    ] = None,
    hidden: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Contract with its side letter, to set beside the one that is shown.",
        ),
    ] = None,
    outcomes: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Table of weighted outcomes (.csv, .parquet) instead of a simulation.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            parser=folder_name,
            metavar="PATH",
            help="Run folder to write; default runs/<contract>-<time>.",
        ),
    ] = None,
    scenarios: Scenarios = None,
    precision: Precision = None,
    seed: Seed = None,
    threads: Threads = None,
    stress: Stress = None,
    settings: Settings = None,
    work: Work = None,
    as_json: Json = False,
    figures: Annotated[bool, typer.Option(help="Draw the figures.")] = True,
    full_cash: Annotated[
        bool,
        typer.Option("--full-cash", help="Also write every party's cash by scenario and month."),
    ] = False,
    quiet: Quiet = False,
    force: Force = False,
    mask: Mask = False,
    relative_paths: RelativePaths = False,
    within: Within = None,
    context: typer.Context = None,  # type: ignore[assignment]
) -> None:
    """Show what a sale through a channel leaves with the seller: cash by party, retained risk, cost as a loan."""
    from npl_sim.runs.channel import Ask, channel_of_outcomes, channel_of_study

    ask = Ask(place_of(context, out, force), as_json, figures, quiet, full_cash, work)
    letter = None if hidden is None else _contract(hidden)
    if outcomes is not None:
        if contract is not None:
            raise ChannelError(
                "--contract: expected without --outcomes, where the argument itself is the contract"
            )
        refused = {
            "--scenarios": scenarios, "--precision": precision, "--threads": threads, "--stress": stress, "--set": settings,
            "--work": work,
        }  # fmt: skip
        for option, value in refused.items():
            if value:
                raise ChannelError(
                    f"{option}: expected without --outcomes, which is not simulated"
                )
        _end(channel_of_outcomes(outcomes, _contract(study), letter, seed or 0, ask))
        return
    case = case_of(
        study, settings, simulation__scenarios=scenarios, simulation__precision=share(precision),
        simulation__seed=seed, simulation__threads=threads, stress=stress or None,
    )  # fmt: skip
    words = case.study.channel if contract is None else _contract(contract)
    if words is None:
        raise ChannelError(
            f"{study}: names no contract; expected --contract FILE, or the key channel in the study "
            "(a contract and a table of outcomes: npl-sim channel CONTRACT --outcomes FILE)"
        )
    _end(channel_of_study(case, words, letter, ask))


def _contract(path: Path) -> ChannelContract:
    """Return the contract of a file; without its name where outputs are masked."""
    from npl_sim.core.masking import Privacy
    from npl_sim.study.contract_file import load_contract
    from npl_sim.study.masking import masked_contract

    words = load_contract(path)
    return masked_contract(words) if Privacy.mask.get() else words


def _end(has_verdict: bool) -> None:
    """End with a status of its own where everything was written and there is no verdict."""
    if not has_verdict:
        raise typer.Exit(NO_VERDICT)
