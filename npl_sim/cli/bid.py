"""The command that works out what a bid committee needs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
    StudyFile,
    Threads,
    Within,
    Work,
    case_of,
    folder_name,
    place_of,
    share,
)

__all__ = ["bid"]


def bid(
    study: StudyFile,
    out: Annotated[
        Path | None,
        typer.Option(
            parser=folder_name,
            metavar="PATH",
            help="Run folder to write; default runs/<study>-<time>.",
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
    documents: Annotated[
        bool, typer.Option(help="Write the workbook and the HTML report.")
    ] = True,
    quiet: Quiet = False,
    force: Force = False,
    mask: Mask = False,
    relative_paths: RelativePaths = False,
    within: Within = None,
    context: typer.Context = None,  # type: ignore[assignment]
) -> None:
    """Work out the bid book: bid, reservation price, gap, sensitivities, second method, prudent value; workbook and report."""
    from npl_sim.runs.bid import bid as work_out

    place = place_of(context, out, force)
    case = case_of(
        study, settings, "bid", simulation__scenarios=scenarios, simulation__precision=share(precision),
        simulation__seed=seed, simulation__threads=threads, stress=stress or None,
    )  # fmt: skip
    work_out(case, place, as_json, figures, documents, quiet, work)
