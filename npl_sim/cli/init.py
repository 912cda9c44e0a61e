"""Command that begins a project: a study from a bank's files, or a synthetic tape."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from npl_sim.cli.messages import print_error
from npl_sim.cli.options import READING, RunOptions, folder_name, with_options
from npl_sim.core.errors import NplSimError, escaped

if TYPE_CHECKING:
    from npl_sim.runs.start_study import StartedStudy

__all__ = ["init", "write_synthetic"]


@with_options("quiet", "force", *READING)
def init(
    paths: Annotated[
        list[Path],
        typer.Argument(
            parser=folder_name,
            metavar="WORKBOOK... | FOLDER",
            help="Files of a bank; with --synthetic, the folder to write.",
        ),
    ],
    options: RunOptions,
    base: Annotated[
        str,
        typer.Option(metavar="NAME", help="Base of the study; defaults to one that fits."),
    ] = "",
    out: Annotated[
        Path, typer.Option(parser=folder_name, metavar="FOLDER", help="Folder of the study.")
    ] = Path(),
    synthetic: Annotated[
        int | None,
        typer.Option(
            min=1, max=20_000_000, metavar="N", help="Write a synthetic tape of N loans."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of a synthetic tape.")] = 1,
    valuation_date: Annotated[
        str, typer.Option(help="Cut-off date of a synthetic tape.")
    ] = "2026-06-30",
) -> None:
    """Begin a study from the files of a bank, or write a synthetic tape."""
    if synthetic is None:
        _start(paths, out, base, options)
        return
    if len(paths) > 1:
        raise NplSimError(f"init --synthetic: got {len(paths)} folders; expected one")
    write_synthetic(paths[0], synthetic, seed, valuation_date, options.force)


def write_synthetic(folder: Path, loans: int, seed: int, valuation_date: str, force: bool) -> None:
    """Write a synthetic tape, the same bytes for the same seed."""
    from npl_sim.runs.synthetic_tape import write_synthetic_tape

    try:
        day = date.fromisoformat(valuation_date)
    except ValueError:
        raise NplSimError(
            f"--valuation-date: got {valuation_date!r}; expected a date such as 2026-06-30"
        ) from None
    for path in write_synthetic_tape(folder, loans, seed, day, force):
        print_error(f"wrote {path}")


def _start(files: list[Path], out: Path, base: str, options: RunOptions) -> None:
    """Begin a study, and print what was found, what is open and what comes next."""
    from npl_sim.runs.start_study import start_study

    started = start_study(files, out, options.listener(), base, options.force)
    for remark in started.remarks:
        print_error(remark)
    if not options.silent:
        for line in _lines(started):
            print(escaped(line, keep="\n"))


def _lines(started: StartedStudy) -> list[str]:
    from npl_sim.reports.inputs import text

    lines = text.sheet_lines(started.proposal)
    if started.priced is not None and started.priced.questions:
        lines += ["", *text.question_lines(started.priced, started.currency)]
    return [
        *lines,
        "",
        *text.next_lines(started.study, started.inputs, started.base, started.kept),
    ]
