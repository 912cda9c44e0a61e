"""The command line: parses, calls, prints. No arithmetic.

Everything heavy is imported inside the commands, so that help appears at once.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from npl_sim.errors import NplSimError, TapeError

if TYPE_CHECKING:
    from npl_sim.api import Case

__all__ = ["app", "main"]

app = typer.Typer(
    help="Price packages of non-performing loans by simulation.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="--debug, anywhere, shows where an internal error happened. Exit codes: 0 done, 2 input refused, 3 findings "
    "on the tape stopped the run.",
)

STOPPED, REFUSED = 3, 2
"""Exit codes: findings on the tape stopped the run; input was refused."""

TAPES = (".csv", ".tsv", ".txt", ".xls", ".xlsx", ".xlsm", ".xlsb", ".ods", ".parquet")
"""Endings of a loan file, where a study or a loan file may be given."""
MOST_LINES = 50
"""Faults of a study that are printed; the rest are counted."""

StudyFile = Annotated[Path, typer.Argument(metavar="STUDY", help="The study's YAML file.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override one value, e.g. pricing.required_return=0.15."),
]


def _case(path: Path, settings: list[str] | None, **values: Any) -> Case:
    from npl_sim.api import load_study
    from npl_sim.studyfile import parse_settings

    overrides = {**parse_settings(settings or []), **{k: v for k, v in values.items() if v is not None}}
    return load_study(path, {k.replace("__", "."): v for k, v in overrides.items()})


def _share(text: str | None) -> float | None:
    """Read a share given as 0.001 or as 0.1%."""
    if text is None:
        return None
    try:
        return float(text[:-1]) / 100.0 if text.endswith("%") else float(text)
    except ValueError:
        raise NplSimError(f"--precision: got {text!r}; expected a share such as 0.1% or 0.001") from None


def _say(text: str, quiet: bool = False) -> None:
    if not quiet:
        print(text, file=sys.stderr, flush=True)


@app.command()
def price(
    study: StudyFile,
    out: Annotated[
        Path | None, typer.Option(help="Run folder to write; default runs/<study>-<time>.")
    ] = None,
    scenarios: Annotated[int | None, typer.Option(help="Number of scenarios.")] = None,
    precision: Annotated[
        str | None,
        typer.Option(
            metavar="SHARE",
            help="Run until the interval of the mean price is this narrow, half width relative to it: 0.1%.",
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of all random numbers.")] = None,
    threads: Annotated[int | None, typer.Option(help="Threads; the result does not depend on it.")] = None,
    stress: Annotated[
        list[str] | None, typer.Option(help="Stress of the market to lay on; may be repeated.")
    ] = None,
    settings: Settings = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the summary as JSON and nothing else.")
    ] = False,
    figures: Annotated[bool, typer.Option(help="Draw the figures.")] = True,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say only what went wrong.")] = False,
    force: Annotated[bool, typer.Option(help="Replace a run that stands in the folder.")] = False,
) -> None:
    """Price a package: read the tape, simulate every loan, write a run folder."""
    from npl_sim.reports import job

    if out is not None:
        from npl_sim.reports.store import check_folder

        check_folder(out, force)
    case = _case(
        study, settings, simulation__scenarios=scenarios, simulation__precision=_share(precision),
        simulation__seed=seed, simulation__threads=threads, stress=stress or None,
    )  # fmt: skip
    job.price(case, out=out, as_json=as_json, figures=figures, quiet=quiet, overwrite=force)


@app.command()
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
        case = _case(study, settings)
    if not job.validate(case, limit):
        raise typer.Exit(STOPPED)


@app.command()
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
    case = _case(study, settings)
    print(case.explain(loan) if loan is not None else case.action_plan_text(top), end="")


@app.command()
def compare(
    study: StudyFile,
    changes: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="KEY=VALUE", help="Change of the other version; may be repeated."),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PART",
            help="Part that the other version lacks in every policy: agencies, guarantors, litigation, "
            "preservation, promises, restructuring or sale; may be repeated.",
        ),
    ] = None,
    scenarios: Annotated[int | None, typer.Option(help="Number of scenarios.")] = None,
    settings: Settings = None,
) -> None:
    """Price two versions of a study in the same worlds; print the difference and its standard error."""
    from npl_sim.reports.comparison import comparison_text, switched_off
    from npl_sim.studyfile import parse_settings

    case = _case(study, settings, simulation__scenarios=scenarios)
    other = parse_settings(changes or [])
    for part in without or []:
        other.update(switched_off(case.study, part))
    if not other:
        raise NplSimError("compare: expected at least one --with KEY=VALUE or --without PART")
    from npl_sim.api import load_study

    base = parse_settings(settings or [])
    if scenarios is not None:
        base["simulation.scenarios"] = scenarios
    pair = case.compare(load_study(study, {**base, **other}))
    print(comparison_text(pair, other, case.study.currency), end="")


@app.command()
def synth(
    folder: Annotated[Path, typer.Argument(help="Folder to write the tape into.")],
    loans: Annotated[int, typer.Option(min=1, max=20_000_000, help="Number of loans.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Seed.")] = 1,
    valuation_date: Annotated[str, typer.Option(help="Date on which the tape is cut off.")] = "2026-06-30",
) -> None:
    """Write a synthetic tape: the same bytes for the same seed."""
    from npl_sim.reports import job

    job.synth(folder, loans, seed, valuation_date)


@app.command()
def schema(
    out: Annotated[Path | None, typer.Option(help="File to write; default the standard output.")] = None,
) -> None:
    """Write the JSON Schema of a study, for editors."""
    import json

    from npl_sim.studyfile import schema as study_schema

    text = json.dumps(study_schema(), indent=2, ensure_ascii=False) + "\n"
    if out is None:
        print(text, end="")
    else:
        try:
            out.write_text(text, encoding="utf-8")
        except OSError as error:
            raise NplSimError(f"{out}: cannot be written ({error.strerror})") from None
        _say(f"wrote {out}")


@app.command()
def version() -> None:
    """Print the versions of npl-sim and of what it computes with."""
    from npl_sim.provenance import versions

    for name, number in versions().items():
        print(f"{name:<10} {number}")


def main() -> NoReturn:
    """Run the command line; what is the user's to mend is said without a traceback."""
    debug = "--debug" in sys.argv
    if debug:
        sys.argv.remove("--debug")
    try:
        app(standalone_mode=True)
    except TapeError as error:
        _say(f"npl-sim: {error}")
        sys.exit(STOPPED)
    except NplSimError as error:
        lines = str(error).splitlines()
        more = [f"and {len(lines) - MOST_LINES:,} more"] if len(lines) > MOST_LINES else []
        _say("\n".join(f"npl-sim: {line}" for line in lines[:MOST_LINES] + more))
        sys.exit(REFUSED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except KeyboardInterrupt:
        _say("npl-sim: stopped")
        sys.exit(130)
    except Exception as error:
        if debug:
            raise
        _say(
            f"npl-sim: internal error: {type(error).__name__}: {error}\n"
            "Please report it with the study and the version; --debug shows where it happened."
        )
        sys.exit(70)
    sys.exit(0)
