"""The command that sends cash through a securitisation."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from npl_sim.cli.words import Force, Json, Quiet, Scenarios, Seed, Settings, Threads, Work, case_of
from npl_sim.errors import NplSimError

__all__ = ["tranche"]


def tranche(
    file: Annotated[
        Path,
        typer.Argument(metavar="STUDY_OR_DEAL", help="A study that names its deal, or a deal with --flows."),
    ],
    deal: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Deal in place of the one that the study names.")
    ] = None,
    flows: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Table of cash flows (.csv or .parquet) that goes through a deal; see docs/deals.md.",
        ),
    ] = None,
    month_zero: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="Date of month 0 of a table with months; default the deal's cut-off."
        ),
    ] = None,
    ledger: Annotated[
        str,
        typer.Option(
            metavar="SCENARIO",
            help="Print every payment of one scenario with its reason (a number, median or bad) in place of the summary.",
        ),
    ] = "",
    out: Annotated[Path | None, typer.Option(help="Run folder to write; default runs/<deal>-<time>.")] = None,
    scenarios: Scenarios = None,
    seed: Seed = None,
    threads: Threads = None,
    stress: Annotated[
        list[str] | None, typer.Option(help="Stress of the market to lay on; may be repeated.")
    ] = None,
    settings: Settings = None,
    work: Work = None,
    as_json: Json = False,
    figures: Annotated[bool, typer.Option(help="Draw the figures.")] = True,
    quiet: Quiet = False,
    force: Force = False,
) -> None:
    """Send cash through a securitisation: simulated from a study, or from a table; write a run folder."""
    from npl_sim.dealfile import file_kind
    from npl_sim.reports import dealjob

    if out is not None:
        from npl_sim.reports.folder import check_folder

        check_folder(out, force)
    wishes = dealjob.Wishes(out, ledger, as_json, figures, quiet, force, work)
    of_study = {
        "--deal": deal, "--scenarios": scenarios, "--seed": seed, "--threads": threads, "--stress": stress or None,
        "--work": work,
    }  # fmt: skip
    if file_kind(file) == "study":
        if flows is not None or month_zero is not None:
            raise NplSimError(
                f"{file}: is a study, whose cash is simulated; expected a deal's file with --flows and --month-zero"
            )
        case = case_of(
            file, settings, deal=None if deal is None else _beside(deal, file),
            simulation__scenarios=scenarios, simulation__seed=seed, simulation__threads=threads, stress=stress or None,
        )  # fmt: skip
        dealjob.tranche_study(case, wishes)
        return
    given = [name for name, value in of_study.items() if value is not None]
    if given:
        raise NplSimError(
            f"{file}: is a deal, for which {given[0]} means nothing; expected a study, or --flows FILE"
        )
    if flows is None:
        raise NplSimError(
            f"{file}: is a deal; expected --flows FILE with what its package collects, or a study that names the deal"
        )
    from npl_sim.dealfile import load_deal
    from npl_sim.studyfile import parse_settings

    day = None if month_zero is None else month_zero.date()
    dealjob.tranche_flows(load_deal(file, parse_settings(settings or [])), flows, day, wishes)


def _beside(deal: Path, study: Path) -> str:
    """Return the name of a deal's file as seen from the folder of a study."""
    import os

    return os.path.relpath(deal, study.parent)
