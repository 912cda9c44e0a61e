"""The commands that look before pricing: is the input sound, what can happen to a loan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from npl_sim.cli.options import STOPPED, Mask, Settings, StudyFile, Within, case_of, message
from npl_sim.core.errors import NplSimError, StudyError

__all__ = ["explain", "validate"]

TAPES = (".csv", ".tsv", ".txt", ".xls", ".xlsx", ".xlsm", ".xlsb", ".ods", ".parquet")
"""Endings of a loan file, where a study or a loan file may be given."""


def validate(
    study: Annotated[
        Path,
        typer.Argument(
            metavar="STUDY_OR_TAPE", help="The study's YAML file, or a loan file by itself."
        ),
    ],
    settings: Settings = None,
    limit: Annotated[
        int, typer.Option(min=1, help="Sorts of finding on the tape to print; all are counted.")
    ] = 50,
    mask: Mask = False,
    within: Within = None,
) -> None:
    """Check all that pricing checks, in a study and its tape, and exit alike; print every finding."""
    from npl_sim.runs import price as job
    from npl_sim.runs.case import Case
    from npl_sim.study.loader import parse_settings, study_of_tape

    tape_only = study.suffix.lower() in TAPES
    try:
        case = (
            Case(study_of_tape(study, parse_settings(settings or [])))
            if tape_only
            else case_of(study, settings)
        )
    except StudyError:
        if not tape_only:
            _check_tape_of(study, settings, limit)
        raise
    if not job.validate(case, limit, tape_only):
        raise typer.Exit(STOPPED)


def _check_tape_of(study: Path, settings: list[str] | None, limit: int) -> None:
    """Print the findings on the tape of a study that is itself refused, as far as it says where the tape lies."""
    from npl_sim.runs import price as job
    from npl_sim.runs.case import Case
    from npl_sim.study.loader import parse_settings, tape_of_study

    try:
        job.validate(
            Case(tape_of_study(study, parse_settings(settings or []))), limit, tape_only=True
        )
    except StudyError:
        return  # the tape's own keys are among the faults of the study
    except NplSimError as error:
        print(message(error))


def explain(
    study: StudyFile,
    loan: Annotated[
        str | None,
        typer.Option(
            "--loan", metavar="ID", help="Id of the loan; without it: the limitation calendar."
        ),
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="Claims that the calendar lists.")] = 20,
    settings: Settings = None,
    mask: Mask = False,
    within: Within = None,
) -> None:
    """Print what can happen to one loan, and why; or which claims run out when, and what to do about it."""
    case = case_of(study, settings)
    print(case.explain(loan) if loan is not None else case.action_plan_text(top), end="")
