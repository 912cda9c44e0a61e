"""The commands beside the work: a synthetic tape, the schema, the versions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from npl_sim.cli.options import folder_name, say
from npl_sim.core.errors import NplSimError

__all__ = ["schema", "synth", "version"]


def synth(
    folder: Annotated[
        Path,
        typer.Argument(
            parser=folder_name, metavar="FOLDER", help="Folder to write the tape into."
        ),
    ],
    loans: Annotated[int, typer.Option(min=1, max=20_000_000, help="Number of loans.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Seed.")] = 1,
    valuation_date: Annotated[
        str, typer.Option(help="Date on which the tape is cut off.")
    ] = "2026-06-30",
    force: Annotated[bool, typer.Option(help="Replace a tape that stands in the folder.")] = False,
) -> None:
    """Write a synthetic tape: the same bytes for the same seed."""
    from npl_sim.runs import price as job

    job.synth(folder, loans, seed, valuation_date, force)


def schema(
    out: Annotated[
        Path | None,
        typer.Option(
            parser=folder_name, metavar="PATH", help="File to write; default the standard output."
        ),
    ] = None,
    deal: Annotated[
        bool, typer.Option("--deal", help="The schema of a deal's file in place of a study's.")
    ] = False,
) -> None:
    """Write the JSON Schema of a study, or of a deal, for editors."""
    import json
    import sys

    if sys.flags.optimize > 1:
        raise NplSimError(
            "schema: Python runs with -OO or PYTHONOPTIMIZE=2, which drops the texts of the schema; expected it without"
        )

    from npl_sim.core.disk.whole_file import write_whole
    from npl_sim.study.deal_file import deal_schema
    from npl_sim.study.loader import schema as study_schema

    content = deal_schema() if deal else study_schema()
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    if out is None:
        print(text, end="")
    else:
        try:
            write_whole(out, [text.encode()])
        except OSError as error:
            raise NplSimError(f"{out}: cannot be written ({error.strerror})") from None
        say(f"wrote {out}")


def version() -> None:
    """Print the versions of npl-sim and of what it computes with."""
    from npl_sim.core.provenance import versions

    for name, number in versions().items():
        print(f"{name:<10} {number}")
