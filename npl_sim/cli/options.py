"""Words that the commands share: arguments, and how a study is read for them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from npl_sim.cli.inert_settings import check_settings
from npl_sim.core.errors import NplSimError, escaped, quoted

if TYPE_CHECKING:
    from npl_sim.runs.case import Case
    from npl_sim.runs.place import RunPlace

__all__ = [
    "FAILED",
    "INTERNAL",
    "INTERRUPTED",
    "NO_VERDICT",
    "REFUSED",
    "STOPPED",
    "Backend",
    "DaskAddress",
    "DaskInsecure",
    "DaskTls",
    "Force",
    "Json",
    "Mask",
    "Precision",
    "Quiet",
    "RelativePaths",
    "Scenarios",
    "Seed",
    "Settings",
    "Stress",
    "StudyFile",
    "UNWRITTEN",
    "Within",
    "Threads",
    "Work",
    "case_of",
    "folder_name",
    "message",
    "place_of",
    "say",
    "share",
]

REFUSED, STOPPED, FAILED, NO_VERDICT, INTERNAL, UNWRITTEN, INTERRUPTED = 2, 3, 4, 5, 70, 74, 130
"""Exit codes: input was refused; findings on the tape stopped the run; some runs of a batch failed; a contract was
measured, but facts or figures are missing for a verdict on it; a fault of the program; the output could not be
written; stopped by Ctrl-C. A run that another signal stops ends with 128 + its number: 143 SIGTERM, 129 SIGHUP.

A reader that leaves early (``| head -1``) is no fault: the command goes on in silence and ends with its own code.
"""


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
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Override one value, e.g. pricing.required_return=0.15."
    ),
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
Stress = Annotated[
    list[str] | None, typer.Option(help="Stress of the market to lay on; may be repeated.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say only what went wrong.")]
Backend = Annotated[
    str,
    typer.Option(
        metavar="threads|dask", help="Who simulates: this process, or workers of a Dask cluster."
    ),
]
DaskAddress = Annotated[
    str | None,
    typer.Option(
        "--dask",
        metavar="ADDRESS",
        help="Scheduler of a running cluster, such as tls://10.0.0.5:8786; default --threads workers here.",
    ),
]
DaskTls = Annotated[
    Path | None,
    typer.Option(
        "--dask-tls",
        metavar="FOLDER",
        help="Certificates for a tls:// scheduler: ca.pem, cert.pem and key.pem; default those of Dask's settings.",
    ),
]
DaskInsecure = Annotated[
    bool,
    typer.Option(
        "--dask-insecure",
        help="Use a tcp:// scheduler on another machine, though whoever reaches its port can run programs as you.",
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


# What these options set lasts as long as the command, which runs in a context of its own (`cli.main`).


def _within(folder: Path | None) -> Path | None:
    """Confine reading to a folder."""
    if folder is not None:
        from npl_sim.core.confinement import confine

        confine([folder])
    return folder


def _mask(wanted: bool) -> bool:
    """Mask all that comes out."""
    from npl_sim.core.masking import Privacy

    Privacy.mask.set(wanted)
    return wanted


def _relative(wanted: bool) -> bool:
    """Write paths relative to the run folder."""
    from npl_sim.core.masking import Privacy

    Privacy.relative.set(wanted)
    return wanted


Mask = Annotated[
    bool,
    typer.Option(
        "--mask",
        is_eager=True,
        callback=_mask,
        help="Replace names and ids by pseudonyms in all outputs, and leave out raw cells and file names; no number changes.",
    ),
]
RelativePaths = Annotated[
    bool,
    typer.Option(
        "--relative-paths",
        is_eager=True,
        callback=_relative,
        help="Record paths relative to the run folder, so that it can be sent on; --mask leaves them out.",
    ),
]
Within = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        is_eager=True,
        callback=_within,
        help="Refuse to read any file outside this folder, symbolic links followed.",
    ),
]
Force = Annotated[bool, typer.Option(help="Replace a run that stands in the folder.")]


def case_of(path: Path, settings: list[str] | None, command: str = "", **values: Any) -> Case:
    """Return a study with overrides; a value that is None is left as the study has it, ``__`` stands for a dot.

    Settings that move no number of `command` are refused.
    """
    from npl_sim.runs.case import load_study
    from npl_sim.study.loader import parse_settings

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
    from npl_sim.runs.place import RunPlace

    place = RunPlace(out, force)
    return place if context is None else context.with_resource(place)


def share(text: str | None) -> float | None:
    """Read a share given as 0.001 or as 0.1%."""
    if text is None:
        return None
    try:
        return float(text[:-1]) / 100.0 if text.endswith("%") else float(text)
    except ValueError:
        raise NplSimError(
            f"--precision: got {quoted(text)}; expected a share such as 0.1% or 0.001"
        ) from None


def message(error: BaseException) -> str:
    """Return what an error says; without names, ids and what it quotes where the command asks for `--mask`."""
    words = sys.argv[1:]
    if "--mask" not in words:
        return str(error)
    import os

    from npl_sim.core.masking import masked_text, names_of_files
    from npl_sim.study.masking import known_texts
    from npl_sim.tape.masked_findings import KNOWN

    names: dict[str, str] = {}
    for word in (part for w in words for part in (w, w.partition("=")[2])):
        if os.sep in word or os.path.exists(word):
            names |= names_of_files({"(file)": word})
    for file in getattr(error, "files", ()):
        names |= names_of_files({"(file)": file})
    return masked_text(str(error), names, known_texts() | KNOWN)


def say(text: str, quiet: bool = False) -> None:
    """Print to the standard error."""
    if not quiet:
        print(escaped(text, keep="\n"), file=sys.stderr, flush=True)
