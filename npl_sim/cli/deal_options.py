"""Words of the commands that send cash through a deal, and how its cash is found: a study, or a deal with flows."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from npl_sim.cli.options import case_of, folder_name, share
from npl_sim.core.errors import NplSimError

if TYPE_CHECKING:
    from npl_sim.runs.deal_cash import FileCash, StudyCash

__all__ = ["DealFile", "DealFolder", "FlowsFile", "MonthZero", "StudyOrDeal", "source_of"]

StudyOrDeal = Annotated[
    Path,
    typer.Argument(
        metavar="STUDY_OR_DEAL", help="A study that names its deal, or a deal with --flows."
    ),
]
DealFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Deal in place of the one that the study names."),
]
FlowsFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Cash that goes through a deal: a table (.csv, .parquet) or a recipe (.yaml); see docs/deals.md.",
    ),
]
MonthZero = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d"],
        help="Date of month 0 of a table with months; default the deal's cut-off.",
    ),
]
DealFolder = Annotated[
    Path | None,
    typer.Option(
        parser=folder_name,
        metavar="PATH",
        help="Run folder to write; default one in runs, named after the deal and the time.",
    ),
]


def source_of(
    file: Path,
    deal: Path | None,
    flows: Path | None,
    month_zero: datetime | None,
    settings: list[str] | None,
    scenarios: int | None,
    seed: int | None,
    threads: int | None,
    stress: list[str] | None,
    precision: str | None,
    work: Path | None,
) -> StudyCash | FileCash:
    """Return the deal that the command line names and where its cash comes from.

    Raises
    ------
    NplSimError
        If the options do not fit what the file is.
    """
    from npl_sim.runs.deal_cash import FileCash, StudyCash
    from npl_sim.study.deal_file import file_kind, load_deal

    if file_kind(file) == "study":
        if flows is not None or month_zero is not None:
            raise NplSimError(
                f"{file}: is a study, whose cash is simulated; expected a deal's file with --flows and --month-zero"
            )
        case = case_of(
            file, settings, deal=None if deal is None else _beside(deal, file), simulation__scenarios=scenarios,
            simulation__precision=share(precision), simulation__seed=seed, simulation__threads=threads, stress=stress or None,
        )  # fmt: skip
        return StudyCash(case, work)
    of_study = {
        "--deal": deal, "--threads": threads, "--stress": stress or None, "--precision": precision, "--work": work
    }  # fmt: skip
    given = [name for name, value in of_study.items() if value is not None]
    if given and flows is not None:
        raise NplSimError(
            f"{file}: is a deal with --flows {flows}, for which {given[0]} means nothing, since its cash is not simulated; expected the "
            f"command without {given[0]}, or a study that names the deal"
        )
    if given:
        raise NplSimError(
            f"{file}: is a deal, for which {given[0]} means nothing; expected a study, or --flows FILE"
        )
    if flows is None:
        raise NplSimError(
            f"{file}: is a deal; expected --flows FILE with what its package collects, or a study that names the deal"
        )
    from npl_sim.core.masking import Privacy
    from npl_sim.study.loader import parse_settings
    from npl_sim.study.masking import masked_deal

    day = None if month_zero is None else month_zero.date()
    words = load_deal(file, parse_settings(settings or []))
    return FileCash(
        masked_deal(words) if Privacy.mask.get() else words, flows, day, scenarios, seed
    )


def _beside(deal: Path, study: Path) -> str:
    """Return the name of a deal's file as seen from the folder of a study."""
    import os

    return os.path.relpath(deal, study.parent)
