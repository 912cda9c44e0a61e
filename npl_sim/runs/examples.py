"""Examples that ship with the package: studies with tapes, deals and channel contracts."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from npl_sim.core.caller import argument
from npl_sim.core.disk.whole_file import write_output
from npl_sim.core.errors import NplSimError, quoted
from npl_sim.resources.shipped import ROOT

FOLDER = ROOT / "examples"
"""Folder of the files of examples."""

PACKAGE = "first_package"
"""Study whose package the channel contracts sell."""

OUTCOMES = {"first_loss_guarantee": "first_loss_outcomes.csv"}
"""Table of outcomes by contract that is measured without a study."""


@dataclass(frozen=True)
class Example:
    """Files of an example, and the command that runs it."""

    files: tuple[Path, ...]
    """Files that are copied."""
    command: str
    """Command to run in their folder."""


def examples() -> dict[str, Example]:
    """Return the examples that ship, by name."""
    found = {}
    for path in sorted((FOLDER / "studies").glob("*.yaml")):
        tables = sorted(path.parent.glob(f"{path.stem}*.csv"))
        found[path.stem] = Example((path, *tables), f"npl-sim price {path.name}")
    package = found[PACKAGE].files
    for path in sorted((FOLDER / "deals").glob("*.flows.yaml")):
        deal = path.with_name(path.name.replace(".flows", ""))
        command = f"npl-sim deal run {deal.name} --flows {path.name}"
        found[deal.stem] = Example((deal, path), command)
    for path in sorted((FOLDER / "channel").glob("*.yaml")):
        if path.stem in OUTCOMES:
            table = path.with_name(OUTCOMES[path.stem])
            command = f"npl-sim channel {path.name} --outcomes {table.name}"
            found[path.stem] = Example((path, table), command)
        else:
            command = f"npl-sim channel {PACKAGE}.yaml --contract {path.name}"
            found[path.stem] = Example((path, *package), command)
    return found


def write_example(folder: Path, name: str, overwrite: bool = False) -> tuple[list[Path], str]:
    """Copy an example to a folder.

    Parameters
    ----------
    folder
        Folder of the files; made if missing.
    name
        Name of the example.
    overwrite
        Whether to replace files of these names in the folder.

    Returns
    -------
    tuple
        The files written, and the command that runs the example in that folder.

    Raises
    ------
    NplSimError
        If there is no such example, a file exists and may not be replaced, or the folder cannot
        be written.
    """
    known = examples()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise NplSimError(f"example: got {quoted(name)}; expected one of {', '.join(known)}{hint}")
    example = known[name]
    targets = [folder / path.name for path in example.files]
    taken = next((path for path in targets if path.exists()), None)
    if taken is not None and not overwrite:
        raise NplSimError(
            f"{taken}: exists already; use {argument('overwrite')} or another folder"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NplSimError(f"{folder}: cannot be written ({error.strerror})") from None
    for path, target in zip(example.files, targets, strict=True):
        write_output(target, path.read_bytes())
    return targets, example.command
