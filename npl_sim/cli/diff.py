"""The command that says why two runs priced differently."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from npl_sim.cli.options import Mask, Quiet, Within, say

__all__ = ["diff"]


def diff(
    first: Annotated[Path, typer.Argument(metavar="RUN_A", help="Run folder.")],
    second: Annotated[Path, typer.Argument(metavar="RUN_B", help="Run folder.")],
    tape: Annotated[
        list[Path] | None,
        typer.Option(
            help="Folder in which the tapes are looked for, where they have moved; may be repeated."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the difference as JSON.")] = False,
    quiet: Quiet = False,
    mask: Mask = False,
    within: Within = None,
) -> None:
    """Explain a change of price between two runs by tape, law, work-out, market, pricing and seed."""
    from npl_sim.core.streams import print_json
    from npl_sim.runs.difference import difference_text, explain_difference

    pair = explain_difference(
        first, second, tape or [], lambda step: say(f"simulating: {step}", quiet or as_json)
    )
    if as_json:
        print_json(pair.json())
    else:
        print(difference_text(pair), end="")
