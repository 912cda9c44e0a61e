"""The command that runs many studies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from npl_sim.cli.inert_settings import check_settings
from npl_sim.cli.options import (
    FAILED,
    Backend,
    DaskAddress,
    DaskInsecure,
    DaskTls,
    Mask,
    Quiet,
    RelativePaths,
    Scenarios,
    Seed,
    Settings,
    Threads,
    Within,
    folder_name,
    say,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from npl_sim.runs.batch.jobs import Entry
    from npl_sim.runs.batch.table import Row

__all__ = ["batch"]


def _grid(texts: list[str]) -> dict[str, list[Any]]:
    """Return the values by key of texts such as ``pricing.required_return=0.1,0.12``."""
    from npl_sim.core.errors import NplSimError, shortened
    from npl_sim.study.loader import parse_settings
    from npl_sim.study.number_formats import decimal_commas

    grid: dict[str, list[Any]] = {}
    for text in texts:
        key, equals, values = text.partition("=")
        key = key.strip()
        if not equals or not key or not values.strip():
            raise NplSimError(
                f"--grid {shortened(text)}: expected KEY=VALUE,VALUE, such as simulation.seed=1,2,3"
            )
        if key in grid:
            raise NplSimError(
                f"--grid {key}: is given twice; expected all its values in one --grid"
            )
        try:
            (grid[key],) = parse_settings([f"{key}=[{values}]"]).values()
        except NplSimError:
            raise NplSimError(
                f"--grid {shortened(text)}: is not valid YAML between commas; expected numbers, texts or lists"
            ) from None
        number = decimal_commas(key, values)
        if number is not None:
            raise NplSimError(
                f"--grid {shortened(text)}: a comma separates values, so this asks for {' and '.join(map(str, grid[key][:9]))}; "
                f"expected a decimal point, as in {number}; values that are whole are written 1.0, as in 0.0,1.0"
            )
    return grid


def batch(
    context: typer.Context,
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="DIR_OR_GLOB...",
            help="Folders of studies, patterns such as 'studies/*.yaml', or studies.",
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            parser=folder_name,
            metavar="PATH",
            help="Folder for results.csv, results.parquet and the run folders.",
        ),
    ],
    grid: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=V1,V2",
            help="Run every study with each of these values; several give all combinations.",
        ),
    ] = None,
    scenarios: Scenarios = None,
    seed: Seed = None,
    threads: Threads = None,
    settings: Settings = None,
    backend: Backend = "threads",
    dask: DaskAddress = None,
    dask_tls: DaskTls = None,
    dask_insecure: DaskInsecure = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the table as JSON and nothing else.")
    ] = False,
    figures: Annotated[bool, typer.Option(help="Draw the figures of each run.")] = False,
    quiet: Quiet = False,
    mask: Mask = False,
    relative_paths: RelativePaths = False,
    within: Within = None,
) -> None:
    """Price many studies, or a grid of overrides. Failed runs do not stop the batch; completed runs are skipped."""
    import sys

    from npl_sim.core.confinement import confining
    from npl_sim.runs.backend_choice import BackendChoice
    from npl_sim.runs.batch.display import BatchSilent, display_for
    from npl_sim.runs.batch.files import check_batch_folder
    from npl_sim.runs.batch.find import find_studies
    from npl_sim.runs.batch.inert_keys import unmoved_keys
    from npl_sim.runs.batch.jobs import make_entries
    from npl_sim.runs.batch.names import printable
    from npl_sim.runs.batch.run import run_batch
    from npl_sim.runs.batch.worker import Asked, Worker
    from npl_sim.runs.console import PlainConsole
    from npl_sim.runs.recorded_paths import folder_text
    from npl_sim.study.loader import parse_settings

    check_batch_folder(out)
    choice = BackendChoice(backend, dask, threads, dask_tls, dask_insecure)
    choice.check()
    fixed = parse_settings(settings or [])
    points = _grid(grid or [])
    check_settings("batch", fixed)
    check_settings("batch", points, "--grid")
    sizes = {
        "simulation.scenarios": scenarios,
        "simulation.seed": seed,
        "simulation.threads": threads,
    }
    fixed.update({key: value for key, value in sizes.items() if value is not None})
    studies, sections = find_studies(sources)
    entries = make_entries(studies, points, fixed, out)

    # --debug shows where a fault happened even where nothing else is shown.
    silent, debug = quiet or as_json, bool(context.obj)
    for path in sections:
        say(f"{'a file' if mask else path}: is a section of a study and is not run", silent)
    display = BatchSilent() if silent and not debug else display_for(PlainConsole(stderr=True))
    asked = Asked(
        out, figures, ("npl-sim", *sys.argv[1:]), debug, choice, mask, relative_paths, confining()
    )
    with Worker(asked) as worker:
        done = run_batch(entries, out, worker, display)
    rows = done.rows
    unmoved = unmoved_keys(rows, entries)
    count = {
        status: sum(row.status == status for row in rows)
        for status in ("done", "skipped", "failed")
    }
    if as_json:
        _print_json(
            rows, entries, {"folder": printable(folder_text(out)), **count, "unmoved": unmoved}
        )
    elif not quiet:
        _print_table(rows, entries)
    say(
        f"{count['done']} done, {count['skipped']} skipped because they were done before, "
        f"{count['failed']} failed: {out.name if mask else out}/results.csv",
        silent,
    )
    for key in unmoved:
        say(f"warning: --grid {key}: moved no number of any run; expected a key that does", silent)
    if silent and not as_json:
        for row in rows:
            if row.message:
                say(f"npl-sim: {row.file} {row.overrides}: {row.message}")
    if done.fault:
        say(f"npl-sim: {done.fault}; the runs are done, and the same command makes the table")
    if count["failed"] or done.fault:
        raise typer.Exit(FAILED)


def _print_json(rows: Sequence[Row], entries: Sequence[Entry], head: dict[str, Any]) -> None:
    """Print what came of the runs as JSON."""
    from npl_sim.core.streams import print_json

    runs = [
        {**row.plain(), "grid": dict(e.shown_point)} for row, e in zip(rows, entries, strict=True)
    ]
    print_json({**head, "runs": runs})


def _print_table(rows: Sequence[Row], entries: Sequence[Entry]) -> None:
    """Print what came of the runs as a table."""
    import sys

    from npl_sim.runs.batch.text import print_rows
    from npl_sim.runs.console import PlainConsole

    width = None if sys.stdout.isatty() else 160
    print_rows(rows, [entry.label for entry in entries], PlainConsole(width=width))
