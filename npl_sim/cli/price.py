"""The command that prices a package."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from npl_sim.cli.words import (
    Backend,
    DaskAddress,
    Force,
    Json,
    Precision,
    Quiet,
    Scenarios,
    Seed,
    Settings,
    Stress,
    StudyFile,
    Threads,
    Work,
    case_of,
    folder_name,
    place_of,
    share,
)

__all__ = ["price"]


def price(
    study: StudyFile,
    out: Annotated[
        Path | None,
        typer.Option(
            parser=folder_name, metavar="PATH", help="Run folder to write; default runs/<study>-<time>."
        ),
    ] = None,
    scenarios: Scenarios = None,
    precision: Precision = None,
    seed: Seed = None,
    threads: Threads = None,
    stress: Stress = None,
    settings: Settings = None,
    work: Work = None,
    backend: Backend = "threads",
    dask: DaskAddress = None,
    as_json: Json = False,
    figures: Annotated[bool, typer.Option(help="Draw the figures.")] = True,
    quiet: Quiet = False,
    force: Force = False,
    context: typer.Context = None,  # type: ignore[assignment]
) -> None:
    """Price a package: read the tape, simulate every loan, write a run folder."""
    from npl_sim.reports import job
    from npl_sim.reports.simulating import open_backend

    place = place_of(context, out, force)
    case = case_of(
        study, settings, "price", simulation__scenarios=scenarios, simulation__precision=share(precision),
        simulation__seed=seed, simulation__threads=threads, stress=stress or None,
    )  # fmt: skip
    with open_backend(backend, dask, threads) as workers:
        job.price(
            case,
            out=place,
            as_json=as_json,
            figures=figures,
            quiet=quiet,
            backend=workers,
            work=work,
        )
