"""The command that sends cash through a securitisation."""

from __future__ import annotations

from typing import Annotated

import typer

from npl_sim.cli.deal_options import (
    DealFile,
    DealFolder,
    FlowsFile,
    MonthZero,
    StudyOrDeal,
    source_of,
)
from npl_sim.cli.options import (
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
    place_of,
)

__all__ = ["tranche"]


def tranche(
    file: StudyOrDeal,
    deal: DealFile = None,
    flows: FlowsFile = None,
    month_zero: MonthZero = None,
    ledger: Annotated[
        str,
        typer.Option(
            metavar="SCENARIO",
            help="Print every payment of one scenario with its reason (a number, median or bad) in place of the summary.",
        ),
    ] = "",
    out: DealFolder = None,
    scenarios: Scenarios = None,
    precision: Precision = None,
    seed: Seed = None,
    threads: Threads = None,
    stress: Stress = None,
    settings: Settings = None,
    work: Work = None,
    as_json: Json = False,
    figures: Annotated[bool, typer.Option(help="Draw the figures.")] = True,
    quiet: Quiet = False,
    force: Force = False,
    mask: Mask = False,
    relative_paths: RelativePaths = False,
    within: Within = None,
    context: typer.Context = None,  # type: ignore[assignment]
) -> None:
    """Send cash through a securitisation: simulated from a study, or from a file; write a run folder."""
    place = place_of(context, out, force)
    source = source_of(
        file, deal, flows, month_zero, settings, scenarios, seed, threads, stress, precision, work
    )
    from npl_sim.runs import deal_run as dealjob
    from npl_sim.runs.deal_cash import Wishes

    dealjob.tranche(source, Wishes(place, as_json, figures, quiet), ledger)
