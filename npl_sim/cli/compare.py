"""The command that sets two versions of a study side by side."""

from __future__ import annotations

from typing import Annotated

import typer

from npl_sim.cli.inert_settings import check_settings
from npl_sim.cli.options import Mask, Scenarios, Settings, StudyFile, Within, case_of
from npl_sim.core.errors import NplSimError

__all__ = ["compare"]


def compare(
    study: StudyFile,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--with", metavar="KEY=VALUE", help="Change of the other version; may be repeated."
        ),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PART",
            help="Part that the other version lacks in every policy: agencies, guarantors, litigation, "
            "preservation, promises, restructuring or sale; may be repeated.",
        ),
    ] = None,
    scenarios: Scenarios = None,
    settings: Settings = None,
    mask: Mask = False,
    within: Within = None,
) -> None:
    """Price two versions of a study under common random numbers; print the difference and its standard error."""
    from npl_sim.runs.comparison import comparison_text, issues_of_both, switched_off
    from npl_sim.study.loader import parse_settings

    case = case_of(study, settings, "compare", simulation__scenarios=scenarios)
    other = parse_settings(changes or [])
    check_settings("compare", other, "--with")
    for part in without or []:
        other.update(switched_off(case.study, part))
    if not other:
        raise NplSimError("compare: expected at least one --with KEY=VALUE or --without PART")
    from npl_sim.runs.case import load_study

    base = parse_settings(settings or [])
    if scenarios is not None:
        base["simulation.scenarios"] = scenarios
    changed = load_study(study, {**base, **other})
    pair = case.compare(changed)
    issues = issues_of_both(case.issues(), changed.issues())
    print(comparison_text(pair, other, case.study.currency, issues), end="")
