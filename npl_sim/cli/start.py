"""Commands that come before pricing: checks, and what can happen to a loan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from npl_sim.cli.messages import STOPPED, masked_message
from npl_sim.cli.options import PRIVACY, READING, RunOptions, StudyFile, with_options
from npl_sim.core.errors import NplSimError, StudyError, escaped

__all__ = ["explain", "validate"]

TAPES = (".csv", ".tsv", ".txt", ".xls", ".xlsx", ".xlsm", ".xlsb", ".ods", ".parquet")
"""Endings of a loan file."""


class _Printed:
    """Listener that prints messages to the standard output."""

    def start(self, total: int, label: str) -> None:
        """Begin."""

    def advance(self, done: int) -> None:
        """Count."""

    def finish(self) -> None:
        """End."""

    def message(self, line: str) -> None:
        """Print a line without control characters, which the name of a file may hold."""
        print(escaped(line, keep="\n"))


@with_options("settings", *PRIVACY, *READING)
def validate(
    study: Annotated[
        Path,
        typer.Argument(
            metavar="STUDY_OR_TAPE", help="YAML file of a study, or a loan file alone."
        ),
    ],
    options: RunOptions,
    limit: Annotated[
        int,
        typer.Option(min=1, help="Kinds of findings on the tape to print; all are counted."),
    ] = 50,
) -> None:
    """Check a study and its tape, or a loan file alone, as pricing does; print every finding."""
    from npl_sim.runs.study_session import StudySession
    from npl_sim.runs.validate import validate as check
    from npl_sim.study.loader import study_of_tape

    tape_only = study.suffix.lower() in TAPES
    try:
        package = (
            StudySession(study_of_tape(study, options.overrides()))
            if tape_only
            else options.read_study(study)
        )
    except StudyError:
        if not tape_only:
            _check_tape_of(study, options, limit)
        raise
    found = check(package, limit, _Printed(), tape_only)
    if found.tape_stops:
        for error in found.errors:
            print(f"error: {escaped(error)}")
        raise typer.Exit(STOPPED)
    if found.errors:
        raise StudyError(list(found.errors))


def _check_tape_of(study: Path, options: RunOptions, limit: int) -> None:
    """Print the findings on the tape of a study that is refused, if the study says where it is."""
    from npl_sim.runs.study_session import StudySession
    from npl_sim.runs.validate import validate as check
    from npl_sim.study.loader import tape_of_study

    try:
        package = StudySession(tape_of_study(study, options.overrides()))
        check(package, limit, _Printed(), tape_only=True)
    except StudyError:
        return  # the keys of the tape are among the errors of the study
    except NplSimError as error:
        print(masked_message(error))


@with_options("settings", *PRIVACY, *READING)
def explain(
    study: StudyFile,
    options: RunOptions,
    loan: Annotated[
        str | None,
        typer.Option(
            "--loan", metavar="ID", help="Id of the loan; without it, the limitation calendar."
        ),
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="Claims that the calendar lists.")] = 20,
) -> None:
    """Explain what can happen to one loan, or list limitation deadlines and actions."""
    from npl_sim.runs.deadlines import deadlines_text

    package = options.read_study(study)
    print(package.explain(loan) if loan is not None else deadlines_text(package, top), end="")
