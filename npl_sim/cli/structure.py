"""The command that structures a securitisation: sizes, terms, seller's proceeds, frontier."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from npl_sim.cli.words import Force, Json, Quiet, Scenarios, Seed, Settings, Threads, case_of
from npl_sim.errors import NplSimError

__all__ = ["structure"]


def structure(
    source: Annotated[
        Path, typer.Argument(metavar="DEAL|STUDY", help="The deal's YAML file; with --deal, the study's.")
    ],
    flows: Annotated[
        Path | None,
        typer.Option(help="Cash of the package: a table (.csv, .parquet) or a recipe (.yaml)."),
    ] = None,
    deal: Annotated[
        Path | None, typer.Option(help="The deal's YAML file, put through the study's flows.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write tables and figures into.")] = None,
    month_zero: Annotated[
        str | None, typer.Option(help="Date of month 0, for tables that have months.")
    ] = None,
    leave_out: Annotated[
        list[str] | None,
        typer.Option(help="Kind of cash that the deal pays itself, such as servicing; may be repeated."),
    ] = None,
    scenarios: Scenarios = None,
    seed: Seed = None,
    threads: Threads = None,
    settings: Settings = None,
    as_json: Json = False,
    figures: Annotated[bool, typer.Option(help="Draw the figures.")] = True,
    quiet: Quiet = False,
    force: Force = False,
) -> None:
    """Structure a deal: size its notes to their limits, solve for terms, tell the seller's side.

    --set changes the deal.
    """
    from npl_sim.reports import structuring_job as job
    from npl_sim.studyfile import parse_settings

    if (flows is None) == (deal is None):
        raise NplSimError("structure: expected either DEAL --flows FILE or STUDY --deal DEAL")
    chosen = job.deal_of(deal or source, parse_settings(settings or []), out, force)
    if flows is not None:
        cash = job.flows_of_file(flows, month_zero, scenarios, seed)
    else:
        case = case_of(
            source,
            None,
            simulation__scenarios=scenarios,
            simulation__seed=seed,
            simulation__threads=threads,
        )
        cash = job.flows_of_case(case, chosen, leave_out or (), quiet or as_json)
    job.structure(chosen, cash, out, as_json, figures, quiet, force)
