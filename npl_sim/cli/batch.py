"""Command that prices many studies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from npl_sim.cli.inert_settings import check_settings
from npl_sim.cli.messages import FAILED, print_error
from npl_sim.cli.options import (
    BACKEND,
    PRIVACY,
    READING,
    TOGETHER,
    RunOptions,
    folder_name,
    with_options,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from npl_sim.runs.batch.jobs import Entry
    from npl_sim.runs.batch.run import BatchResult

__all__ = ["batch"]


def _grid(texts: list[str]) -> dict[str, list[Any]]:
    """Return the values by key of texts such as ``pricing.required_return=0.1,0.12``."""
    from npl_sim.core.errors import NplSimError, shortened
    from npl_sim.study.number_formats import decimal_commas
    from npl_sim.study.overrides import parse_settings

    grid: dict[str, list[Any]] = {}
    for text in texts:
        key, equals, values = text.partition("=")
        key = key.strip()
        if not equals or not key or not values.strip():
            raise NplSimError(
                f"--grid {shortened(text)}: expected KEY=VALUE,VALUE, such as "
                "simulation.seed=1,2,3"
            )
        if key in grid:
            raise NplSimError(
                f"--grid {key}: is given twice; expected all its values in one --grid"
            )
        try:
            (grid[key],) = parse_settings([f"{key}=[{values}]"]).values()
        except NplSimError:
            raise NplSimError(
                f"--grid {shortened(text)}: is not valid YAML between commas; expected numbers, "
                "texts or lists"
            ) from None
        number = decimal_commas(key, values)
        if number is not None:
            raise NplSimError(
                f"--grid {shortened(text)}: a comma separates values, so this asks for "
                f"{' and '.join(map(str, grid[key][:9]))}; expected a decimal point, as in "
                f"{number}. Write whole values as 1.0, as in 0.0,1.0"
            )
    return grid


@with_options(
    "scenarios",
    "seed",
    "threads",
    "settings",
    *BACKEND,
    "as_json",
    "quiet",
    "relative_paths",
    *PRIVACY,
    *READING,
    *TOGETHER,
    "context",
)
def batch(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="DIR_OR_GLOB...",
            help="Folders of studies, patterns such as 'studies/*.yaml', or studies.",
        ),
    ],
    options: RunOptions,
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
    figures: Annotated[bool, typer.Option(help="Draw the figures of each run.")] = False,
    cash: Annotated[bool, typer.Option(help="Store the cash of each run.")] = False,
) -> None:
    """Price many studies, or a grid of overrides.

    Failed runs do not stop the batch; completed runs are skipped. With --together, the packages
    share their scenarios and are summed in one currency.
    """
    if options.together or options.currency or options.rates:
        from npl_sim.cli.together import value_packages

        value_packages(sources, out, options, bool(grid or figures or cash))
        return
    from npl_sim.cli.batch_display import batch_display
    from npl_sim.runs.batch.files import check_batch_folder
    from npl_sim.runs.batch.find import find_studies
    from npl_sim.runs.batch.jobs import make_entries
    from npl_sim.runs.batch.run import run_batch
    from npl_sim.runs.batch.worker import Worker

    check_batch_folder(out)
    choice = options.backend_choice()
    overrides, points = options.overrides(), _grid(grid or [])
    check_settings("batch", overrides)
    check_settings("batch", points, "--grid")
    studies, sections = find_studies(sources)
    entries = make_entries(studies, points, overrides, out)
    debug = bool(options.context and options.context.obj)
    for path in sections if not options.silent else ():
        name = "a file" if options.mask else path
        print_error(f"{name}: is a section of a study and is not run")
    worker_options = _worker_options(options, out, choice, debug, figures, cash)
    with Worker(worker_options) as worker:
        # --debug shows where an internal error happened even in silence.
        result = run_batch(entries, out, worker, batch_display(options.silent and not debug))
    _print_result(result, entries, out, options)
    if result.count("failed") or result.error:
        raise typer.Exit(FAILED)


def _worker_options(
    options: RunOptions, out: Path, choice: Any, debug: bool, figures: bool, cash: bool
) -> Any:
    """Return the options of the process that prices the runs."""
    from npl_sim.cli.streams import quiet_libraries
    from npl_sim.core.confinement import confining
    from npl_sim.runs.batch.options import WorkerOptions

    return WorkerOptions(
        out,
        figures,
        cash,
        options.command,
        debug,
        choice,
        options.mask,
        options.relative_paths,
        confining(),
        quiet_libraries,
    )


def _print_result(
    result: BatchResult, entries: Sequence[Entry], out: Path, options: RunOptions
) -> None:
    """Print the runs as a table or as JSON, their counts, and keys that changed nothing."""
    from npl_sim.runs.batch.inert_keys import unmoved_keys

    rows, unmoved = result.rows, unmoved_keys(result.rows, entries)
    if options.as_json:
        _print_json(result, entries, out, unmoved)
    elif not options.quiet:
        from npl_sim.cli.batch_text import print_rows
        from npl_sim.cli.console import result_console

        print_rows(rows, [entry.label for entry in entries], result_console(160))
    table = f"{out.name if options.mask else out}/results.csv"
    lines = [
        f"{result.count('done')} done, {result.count('skipped')} skipped because they were done "
        f"before, {result.count('failed')} failed: {table}",
        *(
            f"warning: --grid {key}: moved no number of any run; expected a key that does"
            for key in unmoved
        ),
    ]
    for line in lines if not options.silent else ():
        print_error(line)
    for row in rows if options.quiet and not options.as_json else ():
        if row.message:
            print_error(f"npl-sim: {row.file} {row.overrides}: {row.message}")
    if result.error:
        print_error(
            f"npl-sim: {result.error}; the runs are done, and the same command makes the table"
        )


def _print_json(
    result: BatchResult, entries: Sequence[Entry], out: Path, unmoved: Sequence[str]
) -> None:
    """Print the runs as JSON."""
    from npl_sim.cli.streams import print_json
    from npl_sim.runs.batch.names import printable
    from npl_sim.runs.recorded_paths import folder_text

    runs = [
        {**row.plain(), "grid": dict(entry.shown_point)}
        for row, entry in zip(result.rows, entries, strict=True)
    ]
    counts = {status: result.count(status) for status in ("done", "skipped", "failed")}
    print_json({"folder": printable(folder_text(out)), **counts, "unmoved": unmoved, "runs": runs})
