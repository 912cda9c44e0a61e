"""The command that prices a package."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from npl_sim.cli.options import (
    Backend,
    DaskAddress,
    DaskInsecure,
    DaskTls,
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

__all__ = ["price"]


def price(
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
    backend: Backend = "threads",
    dask: DaskAddress = None,
    dask_tls: DaskTls = None,
    dask_insecure: DaskInsecure = False,
    as_json: Json = False,
    figures: Annotated[bool, typer.Option(help="Draw the figures.")] = True,
    quiet: Quiet = False,
    force: Force = False,
    mask: Mask = False,
    relative_paths: RelativePaths = False,
    within: Within = None,
    context: typer.Context = None,  # type: ignore[assignment]
) -> None:
    """Price a package: read the tape, simulate every loan, write a run folder."""
    from npl_sim.runs import price as job
    from npl_sim.runs.backend_choice import BackendChoice

    choice = BackendChoice(backend, dask, threads, dask_tls, dask_insecure)
    choice.check()
    place = place_of(context, out, force)
    case = case_of(
        study, settings, "price", simulation__scenarios=scenarios, simulation__precision=share(precision),
        simulation__seed=seed, simulation__threads=threads, stress=stress or None,
    )  # fmt: skip
    with choice.open() as workers:
        job.price(
            case,
            out=place,
            as_json=as_json,
            figures=figures,
            quiet=quiet,
            backend=workers,
            work=work,
        )
