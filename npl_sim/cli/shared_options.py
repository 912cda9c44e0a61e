"""Definitions of the options that commands share, and their groups."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from npl_sim.cli.rare_options import BACKEND, RARE, TOGETHER
from npl_sim.core.errors import NplSimError, quoted

__all__ = [
    "BACKEND",
    "OUTPUT",
    "PRIVACY",
    "READING",
    "SHARED",
    "SIMULATION",
    "TOGETHER",
    "StudyFile",
    "folder_name",
    "parse_share",
]


def folder_name(text: str | Path) -> Path:
    """Parse the name of a file or folder; a blank one would mean the current folder.

    Raises
    ------
    typer.BadParameter
        If it is blank.
    """
    if not str(text).strip():
        raise typer.BadParameter(f"got {quoted(text)}; expected a name")
    return Path(text)


def parse_share(text: str | None) -> float | None:
    """Parse a share such as 0.001 or 0.1%."""
    if text is None:
        return None
    try:
        return float(text[:-1]) / 100.0 if text.endswith("%") else float(text)
    except ValueError:
        raise NplSimError(
            f"--precision: got {quoted(text)}; expected a share such as 0.1% or 0.001"
        ) from None


# These three options apply until the command ends, which runs in its own context (`main`).


def _confine(folder: Path | None) -> Path | None:
    """Restrict reading to a folder."""
    if folder is not None:
        from npl_sim.core.confinement import confine

        confine([folder])
    return folder


def _mask(wanted: bool) -> bool:
    """Mask all outputs."""
    from npl_sim.core.masking import Privacy

    Privacy.mask.set(wanted)
    return wanted


def _relative(wanted: bool) -> bool:
    """Record paths relative to the run folder."""
    from npl_sim.core.masking import Privacy

    Privacy.relative.set(wanted)
    return wanted


def _language(code: str) -> str:
    """Use a language in all outputs."""
    from npl_sim.core.language import speak
    from npl_sim.resources.languages import catalog

    speak(catalog(code))
    return code


def _unit(name: str | None) -> str | None:
    """Use a unit for all amounts."""
    if name is not None:
        from npl_sim.reports.money_units import choose_unit

        choose_unit(name)
    return name


StudyFile = Annotated[Path, typer.Argument(metavar="STUDY", help="YAML file of the study.")]

SHARED: dict[str, tuple[Any, Any]] = {
    "settings": (
        Annotated[
            list[str] | None,
            typer.Option(
                "--set",
                metavar="KEY=VALUE",
                help="Override one value, such as pricing.required_return=0.15; may be repeated.",
            ),
        ],
        None,
    ),
    "scenarios": (Annotated[int | None, typer.Option(help="Number of scenarios.")], None),
    "precision": (
        Annotated[
            str | None,
            typer.Option(
                metavar="SHARE",
                help="Simulate until the half width of the confidence interval is this share of "
                "the price, such as 0.1%; with simulation.precision_of: bid, of the bid.",
            ),
        ],
        None,
    ),
    "seed": (Annotated[int | None, typer.Option(help="Seed of all random numbers.")], None),
    "threads": (
        Annotated[
            int | None, typer.Option(help="Number of threads; the result does not depend on it.")
        ],
        None,
    ),
    "stress": (
        Annotated[
            list[str] | None,
            typer.Option(help="Stress of the market to apply; may be repeated."),
        ],
        None,
    ),
    "work": (
        Annotated[
            Path | None,
            typer.Option(
                parser=folder_name,
                metavar="PATH",
                help="Checkpoint folder; run the same command again to resume.",
            ),
        ],
        None,
    ),
    "out": (
        Annotated[
            Path | None,
            typer.Option(
                parser=folder_name,
                metavar="PATH",
                help="Run folder to write; defaults to runs/<name>-<time>.",
            ),
        ],
        None,
    ),
    "as_json": (
        Annotated[bool, typer.Option("--json", help="Print the result as JSON and nothing else.")],
        False,
    ),
    "figures": (Annotated[bool, typer.Option(help="Draw the figures.")], True),
    "cash": (
        Annotated[
            bool, typer.Option(help="Store the cash by scenario and month in the run folder.")
        ],
        True,
    ),
    "quiet": (
        Annotated[bool, typer.Option("--quiet", "-q", help="Print only errors and warnings.")],
        False,
    ),
    "force": (
        Annotated[bool, typer.Option("--force", help="Replace a run in the folder.")],
        False,
    ),
    "mask": (
        Annotated[
            bool,
            typer.Option(
                "--mask",
                is_eager=True,
                callback=_mask,
                help="Replace names and ids by pseudonyms in all outputs, and leave out raw cells "
                "and file names; no number changes.",
            ),
        ],
        False,
    ),
    "relative_paths": (
        Annotated[
            bool,
            typer.Option(
                "--relative-paths",
                is_eager=True,
                callback=_relative,
                help="Record paths relative to the run folder, which can then be sent to others; "
                "--mask leaves paths out.",
            ),
        ],
        False,
    ),
    "within": (
        Annotated[
            Path | None,
            typer.Option(
                metavar="FOLDER",
                is_eager=True,
                callback=_confine,
                help="Refuse to read files outside this folder, symbolic links followed.",
            ),
        ],
        None,
    ),
    "lang": (
        Annotated[
            str,
            typer.Option(
                metavar="en|zh",
                is_eager=True,
                callback=_language,
                envvar="NPL_SIM_LANG",
                help="Language of reports, figures and documents.",
            ),
        ],
        "en",
    ),
    "unit": (
        Annotated[
            str | None,
            typer.Option(
                metavar="UNIT",
                is_eager=True,
                callback=_unit,
                envvar="NPL_SIM_UNIT",
                help="Unit of all amounts in reports: 元, 万元, 亿元, million, EUR million; "
                "defaults to one that fits the largest amount.",
            ),
        ],
        None,
    ),
    **RARE,
    "context": (typer.Context, None),
}
"""Annotation and default of each shared option, by the name of its parameter."""

SIMULATION = ("scenarios", "precision", "seed", "threads", "stress", "settings", "work")
"""Options of commands that simulate a study."""
READING = ("lang", "unit")
"""Options on how results are shown."""
OUTPUT = (
    "out",
    "as_json",
    "figures",
    "cash",
    "quiet",
    "force",
    "relative_paths",
    "context",
    *READING,
)
"""Options of commands that write a run folder."""
PRIVACY = ("mask", "within")
"""Options of every command that reads a study, a tape or a run."""
