"""The commands that look before pricing: is the input sound, what can happen to a loan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from npl_sim.cli.words import STOPPED, Settings, StudyFile, case_of

__all__ = ["explain", "validate"]

TAPES = (".csv", ".tsv", ".txt", ".xls", ".xlsx", ".xlsm", ".xlsb", ".ods", ".parquet")
"""Endings of a loan file, where a study or a loan file may be given."""


def validate(
    study: Annotated[
        Path, typer.Argument(metavar="STUDY_OR_TAPE", help="The study's YAML file, or a loan file by itself.")
    ],
    settings: Settings = None,
    limit: Annotated[int, typer.Option(help="Findings of one sort to print; all are counted.")] = 20,
) -> None:
    """Check a study and its tape; print every finding."""
    from npl_sim.reports import job

    if study.suffix.lower() in TAPES:
        from npl_sim.api import Case
        from npl_sim.studyfile import parse_settings, study_of_tape

        case = Case(study_of_tape(study, parse_settings(settings or [])))
    else:
        case = case_of(study, settings)
    if not job.validate(case, limit):
        raise typer.Exit(STOPPED)


def explain(
    study: StudyFile,
    loan: Annotated[
        str | None,
        typer.Option("--loan", metavar="ID", help="Id of the loan; without it: the limitation calendar."),
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="Claims that the calendar lists.")] = 20,
    settings: Settings = None,
) -> None:
    """Print what can happen to one loan, and why; or which claims run out when, and what to do about it."""
    case = case_of(study, settings)
    print(case.explain(loan) if loan is not None else case.action_plan_text(top), end="")
