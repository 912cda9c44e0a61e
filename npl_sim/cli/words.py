"""Words that the commands share: arguments, and how a study is read for them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from npl_sim.cli.inert import check_settings
from npl_sim.errors import NplSimError, escaped, quoted

if TYPE_CHECKING:
    from npl_sim.api import Case
    from npl_sim.reports.place import RunPlace

__all__ = [
    "FAILED",
    "REFUSED",
    "STOPPED",
    "Backend",
    "DaskAddress",
    "Force",
    "Json",
    "Precision",
    "Quiet",
    "Scenarios",
    "Seed",
    "Settings",
    "Stress",
    "StudyFile",
    "UNWRITTEN",
    "Threads",
    "Work",
    "case_of",
    "folder_name",
    "place_of",
    "say",
    "share",
]

REFUSED, STOPPED, FAILED, NO_VERDICT, UNWRITTEN = 2, 3, 4, 5, 74
"""Exit codes: input was refused; findings on the tape stopped the run; some runs of a batch failed; a contract was
measured, but facts or figures are missing for a verdict on it; the output could not be written."""


def folder_name(text: str) -> Path:
    """Read the name of a file or folder; a blank one would mean the current folder.

    Raises
    ------
    typer.BadParameter
        If it is blank.
    """
    if not text.strip():
        raise typer.BadParameter(f"got {quoted(text)}; expected a name")
    return Path(text)


StudyFile = Annotated[Path, typer.Argument(metavar="STUDY", help="The study's YAML file.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override one value, e.g. pricing.required_return=0.15."),
]
Scenarios = Annotated[int | None, typer.Option(help="Number of scenarios.")]
Precision = Annotated[
    str | None,
    typer.Option(
        metavar="SHARE",
        help="Run until the interval is this narrow, half width relative to the price (or to the bid, where the "
        "study says simulation.precision_of: bid): 0.1%.",
    ),
]
Seed = Annotated[int | None, typer.Option(help="Seed of all random numbers.")]
Threads = Annotated[int | None, typer.Option(help="Threads; the result does not depend on it.")]
Stress = Annotated[list[str] | None, typer.Option(help="Stress of the market to lay on; may be repeated.")]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say only what went wrong.")]
Backend = Annotated[
    str,
    typer.Option(metavar="threads|dask", help="Who simulates: this process, or workers of a Dask cluster."),
]
DaskAddress = Annotated[
    str | None,
    typer.Option(
        "--dask",
        metavar="ADDRESS",
        help="Scheduler of a running cluster, such as tcp://10.0.0.5:8786; default --threads workers here.",
    ),
]
Work = Annotated[
    Path | None,
    typer.Option(
        parser=folder_name,
        metavar="PATH",
        help="Folder that keeps finished scenarios: the same command goes on from them after a stop of any sort.",
    ),
]
Force = Annotated[bool, typer.Option(help="Replace a run that stands in the folder.")]


def case_of(path: Path, settings: list[str] | None, command: str = "", **values: Any) -> Case:
    """Return a study with overrides; a value that is None is left as the study has it, ``__`` stands for a dot.

    Settings that move no number of `command` are refused.
    """
    from npl_sim.api import load_study
    from npl_sim.studyfile import parse_settings

    own = parse_settings(settings or [])
    if command:
        check_settings(command, own)
    overrides = {**own, **{k: v for k, v in values.items() if v is not None}}
    return load_study(path, {k.replace("__", "."): v for k, v in overrides.items()})


def place_of(context: typer.Context | None, out: Path | None, force: bool) -> RunPlace | None:
    """Return the place of the run folder that a command is given, its name held until the command ends.

    Without the context of a command it is held until the run is written or nobody refers to it. None: none given.

    Raises
    ------
    RunFolderError
        If no run may be written there, or another run is about to.
    """
    if out is None:
        return None
    from npl_sim.reports.place import RunPlace

    place = RunPlace(out, force)
    return place if context is None else context.with_resource(place)


def share(text: str | None) -> float | None:
    """Read a share given as 0.001 or as 0.1%."""
    if text is None:
        return None
    try:
        return float(text[:-1]) / 100.0 if text.endswith("%") else float(text)
    except ValueError:
        raise NplSimError(f"--precision: got {text!r}; expected a share such as 0.1% or 0.001") from None


def say(text: str, quiet: bool = False) -> None:
    """Print to the standard error."""
    if not quiet:
        print(escaped(text, keep="\n"), file=sys.stderr, flush=True)
