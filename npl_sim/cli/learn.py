"""Commands that learn from what came: track."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from npl_sim.cli.options import PRIVACY, READING, RunOptions, folder_name, with_options
from npl_sim.cli.streams import print_json
from npl_sim.core.errors import NplSimError, quoted

__all__ = ["track"]

OPTIONS = ("scenarios", "seed", "threads", "stress", "settings")
SAVING = ("out", "as_json", "figures", "quiet", "force", "relative_paths", "context")


PlanFile = Annotated[
    Path, typer.Argument(metavar="STUDY_OR_RUN", help="The study of the plan, or its run.")
]
CashFile = Annotated[
    Path,
    typer.Option(
        parser=folder_name,
        metavar="FILE",
        help="Cash that came: CSV, workbook or Parquet; a row a payment, or monthly columns.",
    ),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        metavar="DATE",
        help="Date up to which cash is known; defaults to the month end of the last payment.",
    ),
]
PricePaid = Annotated[
    float | None,
    typer.Option(
        metavar="AMOUNT",
        help="Price paid with its costs; defaults to pricing.prices if it has one price.",
    ),
]
Sheet = Annotated[
    str | None, typer.Option(help="Sheet of the workbook of cash; defaults to the first.")
]
Headers = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=HEADER", help="Header of a column of the cash file; may be repeated."
    ),
]
Documents = Annotated[bool, typer.Option(help="Write the workbook and the page.")]


@with_options(*OPTIONS, *SAVING, *PRIVACY, *READING)
def track(
    study: PlanFile,
    options: RunOptions,
    actual: CashFile,
    as_of: AsOf = None,
    price_paid: PricePaid = None,
    sheet: Sheet = None,
    column: Headers = None,
    documents: Documents = True,
) -> None:
    """Compare the cash that came with the plan; forecast the rest, returns, amortized cost."""
    from npl_sim.runs.track import TrackOptions, save_track, track_run, track_study

    place = options.reserve_place()
    wanted = TrackOptions(actual, _day(as_of), price_paid, sheet, _columns(column))
    if study.is_dir():
        _check_run(study, options)
        result = track_run(study, wanted)
    else:
        result = track_study(options.read_study(study, "track"), wanted, options.listener())
    run = save_track(result, place, options.saving(documents))
    if options.as_json:
        print_json(run.summary)
    elif not options.quiet:
        from npl_sim.cli.console import result_console
        from npl_sim.reports.track.text import track_report

        result_console(120).print(track_report(result.tracking), crop=False)
    note = " (track.xlsx and track.html are in it)" if documents else ""
    options.print_saved(run, result.clock, note)


def _day(text: str | None) -> date | None:
    """Return the date of `--as-of`."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NplSimError(
            f"--as-of: got {quoted(text)}; expected a date such as 2026-12-31"
        ) from None


def _columns(texts: list[str] | None) -> dict[str, str]:
    """Return the headers of `--column`."""
    found = {}
    for text in texts or []:
        name, equals, header = text.partition("=")
        if not equals or not header.strip():
            raise NplSimError(f"--column: got {quoted(text)}; expected NAME=HEADER")
        found[name.strip()] = header
    return found


def _check_run(folder: Path, options: RunOptions) -> None:
    """Refuse options that a stored run cannot follow."""
    changes = (options.settings, options.scenarios, options.seed, options.stress)
    if any(change for change in changes):
        raise NplSimError(
            f"track: {folder} is a run folder, whose cash is stored; expected no --set, "
            "--scenarios, --seed or --stress, or the study"
        )
