"""The command that prices a package."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from npl_sim.cli.words import (
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
    share,
)

__all__ = ["price"]


def price(
    study: StudyFile,
    out: Annotated[
        Path | None, typer.Option(help="Run folder to write; default runs/<study>-<time>.")
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
) -> None:
    """Price a package: read the tape, simulate every loan, write a run folder."""
    from npl_sim.reports import job
    from npl_sim.reports.backend_choice import BackendChoice

    choice = BackendChoice(backend, dask, threads, dask_tls, dask_insecure)
    choice.check()
    if out is not None:
        from npl_sim.reports.folder import check_folder

        check_folder(out, force)
    case = case_of(
        study, settings, "price", simulation__scenarios=scenarios, simulation__precision=share(precision),
        simulation__seed=seed, simulation__threads=threads, stress=stress or None,
    )  # fmt: skip
    with choice.open() as workers:
        job.price(
            case,
            out=out,
            as_json=as_json,
            figures=figures,
            quiet=quiet,
            overwrite=force,
            backend=workers,
            work=work,
        )
