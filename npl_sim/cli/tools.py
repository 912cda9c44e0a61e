"""Commands on the installation: JSON Schema, versions and environment."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from npl_sim.cli.messages import print_error
from npl_sim.cli.options import folder_name
from npl_sim.core.errors import NplSimError

__all__ = ["doctor", "schema"]


def schema(
    out: Annotated[
        Path | None,
        typer.Option(
            parser=folder_name,
            metavar="PATH",
            help="File to write; defaults to the standard output.",
        ),
    ] = None,
    deal: Annotated[
        bool, typer.Option("--deal", help="Write the schema of a deal instead of a study.")
    ] = False,
    contract: Annotated[
        bool, typer.Option("--contract", help="Write the schema of a contract.")
    ] = False,
) -> None:
    """Write the JSON Schema of a study, a deal or a contract, for editors."""
    import json

    if sys.flags.optimize > 1:
        raise NplSimError(
            "schema: Python runs with -OO or PYTHONOPTIMIZE=2, which drops the texts of the "
            "schema; expected it without"
        )

    from npl_sim.core.disk.whole_file import write_output
    from npl_sim.study.contract_file import channel_schema
    from npl_sim.study.deal_file import deal_schema
    from npl_sim.study.schema import schema as study_schema

    if deal and contract:
        raise NplSimError("schema: got --deal and --contract; expected one of them")
    if contract:
        content = channel_schema()
    else:
        content = deal_schema() if deal else study_schema()
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    if out is None:
        print(text, end="")
        return
    write_output(out, text.encode())
    print_error(f"wrote {out}")


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Print versions, the cache of compiled code, fonts, cores and memory of this installation."""
    from npl_sim.cli.streams import print_json
    from npl_sim.runs.doctor import diagnose

    found = diagnose()
    if as_json:
        print_json(found)
        return
    for section, values in found.items():
        if not isinstance(values, dict):
            values = {section: values}
        for name, value in values.items():
            shown = ", ".join(map(str, value)) if isinstance(value, list) else value
            print(f"{name:<18} {shown}")
