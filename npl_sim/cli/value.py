"""Commands that value a package: price, bid, compare."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from npl_sim.cli.inert_settings import check_settings
from npl_sim.cli.options import (
    BACKEND,
    OUTPUT,
    PRIVACY,
    READING,
    SIMULATION,
    RunOptions,
    StudyFile,
    with_options,
)
from npl_sim.cli.streams import print_json
from npl_sim.core.errors import NplSimError

if TYPE_CHECKING:
    from npl_sim.runs.folder import Run
    from npl_sim.runs.study_session import StudySession

__all__ = ["bid", "compare", "price"]


@with_options(*SIMULATION, *BACKEND, *OUTPUT, *PRIVACY)
def price(
    study: StudyFile,
    options: RunOptions,
    sources: Annotated[
        bool,
        typer.Option(
            help="Measure how much of the value rests on figures without a published source."
        ),
    ] = False,
) -> None:
    """Price a package: read the tape, simulate every loan, write a run folder."""
    from npl_sim.reports.price.text import price_report
    from npl_sim.runs.imports_ahead import FIGURES, RESULTS
    from npl_sim.runs.price import price as price_package
    from npl_sim.runs.price import save_price
    from npl_sim.runs.recorded_paths import folder_text
    from npl_sim.runs.simulation import simulate

    choice = options.backend_choice()
    place = options.reserve_place()
    package = options.read_study(study, "price")
    with choice.open() as workers:
        simulation = simulate(
            package,
            options.listener(),
            backend=workers,
            work=options.work,
            on_disk=True,
            ahead=(*RESULTS, *(FIGURES if options.figures else ())),
        )
        result = price_package(simulation, sources)
        run = save_price(result, place, options.saving())
    if options.as_json:
        print_summary_json(run, package)
    elif not options.quiet:
        from npl_sim.cli.console import result_console

        result_console(120).print(price_report(result.price, result.heading), crop=False)
    note = " (assumptions.txt lists the assumptions)"
    if options.work is not None:
        note += (
            f"\nfinished scenarios are in {folder_text(options.work)}: a run of more scenarios "
            "resumes from them; remove the folder when it is no longer needed"
        )
    options.print_saved(run, simulation.clock, note)


def print_summary_json(run: Run, package: StudySession) -> None:
    """Print the summary of a run with all warnings as JSON."""
    findings = (str(f) for f in package.table.findings)
    warnings = [*package.warnings, *package.notes(), *findings, *run.undrawn]
    print_json({**run.summary, "warnings": warnings})


@with_options(*SIMULATION, *OUTPUT, *PRIVACY)
def bid(
    study: StudyFile,
    options: RunOptions,
    documents: Annotated[
        bool, typer.Option(help="Write the workbook and the HTML report.")
    ] = True,
) -> None:
    """Work out the bid book: bid, reservation price, sensitivities, prudent value."""
    from npl_sim.runs.bid import bid as work_out
    from npl_sim.runs.bid import check_bid, save_bid
    from npl_sim.runs.simulation import simulate

    place = options.reserve_place()
    package, listener = options.read_study(study, "bid"), options.listener()
    check_bid(package, documents)
    simulation = simulate(package, listener, work=options.work)
    result = work_out(simulation, listener)
    run = save_bid(result, place, options.saving(documents))
    if options.as_json:
        print_summary_json(run, package)
    elif not options.quiet:
        from npl_sim.cli.console import PlainConsole
        from npl_sim.reports.bid_book.text import bid_text

        text = bid_text(result.book, package.study.currency, result.heading)
        PlainConsole(markup=False, soft_wrap=True).print(text, end="")
    note = " (bid_book.xlsx and report.html are in it)" if documents else ""
    options.print_saved(run, simulation.clock, note)


@with_options("scenarios", "settings", "as_json", "quiet", *PRIVACY, *READING)
def compare(
    first: Annotated[
        Path, typer.Argument(metavar="STUDY_OR_RUN", help="A study, or the folder of a run.")
    ],
    options: RunOptions,
    second: Annotated[
        Path | None,
        typer.Argument(
            metavar="[STUDY_OR_RUN]", help="Another study, or the folder of another run."
        ),
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--with", metavar="KEY=VALUE", help="Change in the other version; may be repeated."
        ),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PART",
            help="Part that the other version lacks in every policy: agencies, guarantors, "
            "litigation, preservation, promises, restructuring or sale; may be repeated.",
        ),
    ] = None,
    tape: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FOLDER",
            help="Folder with the tapes of two runs, if they have moved; may be repeated.",
        ),
    ] = None,
) -> None:
    """Compare two versions of a study, two studies, or two runs.

    Studies are simulated on common random numbers. For runs, the change of price is explained step
    by step.
    """
    if _is_run(first) or (second is not None and _is_run(second)):
        _compare_runs(first, second, tape or [], changes or without, options)
        return
    from npl_sim.runs.comparison import compare_studies, switched_off
    from npl_sim.runs.study_session import load_study
    from npl_sim.study.overrides import parse_settings

    if tape:
        raise NplSimError(f"--tape: got the study {first}; expected two run folders, or no --tape")
    base = options.read_study(first, "compare")
    other = parse_settings(changes or [])
    check_settings("compare", other, "--with")
    for part in without or []:
        other.update(switched_off(base.study, part))
    if not other and second is None:
        raise NplSimError(
            "compare: expected at least one --with KEY=VALUE or --without PART, or a second study "
            "or run"
        )
    changed = load_study(second or first, {**options.overrides(), **other})
    found = compare_studies(base, changed, other)
    if options.as_json:
        print_json(found.values())
    else:
        print(found.text(), end="")


def _is_run(path: Path) -> bool:
    """Return whether a path is meant as a run folder."""
    return path.is_dir() or (path.name == "manifest.json")


def _compare_runs(
    first: Path, second: Path | None, tapes: list[Path], changes: Any, options: RunOptions
) -> None:
    """Print the explanation of the change of price between two runs."""
    from npl_sim.runs.difference import explain_difference

    if second is None or changes or options.settings or options.scenarios is not None:
        raise NplSimError(
            f"compare: {first} is a run folder; expected two run folders, without --with, "
            "--without, --set and --scenarios"
        )
    found = explain_difference(first, second, tapes, options.listener())
    if options.as_json:
        print_json(found.values())
    else:
        print(found.text(), end="")
