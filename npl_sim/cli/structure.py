"""The command that structures a securitisation: sizes, terms, seller's proceeds, frontier."""

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

__all__ = ["structure"]


def structure(
    file: StudyOrDeal,
    deal: DealFile = None,
    flows: FlowsFile = None,
    month_zero: MonthZero = None,
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
    """Structure a securitisation: size its notes, solve for terms, tell the seller's side; write a run folder."""
    place = place_of(context, out, force)
    source = source_of(
        file, deal, flows, month_zero, settings, scenarios, seed, threads, stress, precision, work
    )
    from npl_sim.runs import deal_size as structuring_job
    from npl_sim.runs.deal_cash import Wishes

    structuring_job.structure(source, Wishes(place, as_json, figures, quiet))
