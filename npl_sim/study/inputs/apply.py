"""Put the edited cells of the workbook of inputs into the plain data of a study."""

from __future__ import annotations

import glob
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from npl_sim.core.confinement import check_inside
from npl_sim.core.errors import StudyError, quoted, shortened
from npl_sim.study.figure_sources import SECTIONS
from npl_sim.study.inputs.edits import InputEdit, edits_of, is_same
from npl_sim.study.inputs.layout import ASSUMPTIONS
from npl_sim.study.inputs.sheet_rows import InputWorkbook
from npl_sim.study.messages import dotted, kind_of
from npl_sim.study.yaml_places import OVERRIDE, Source

KEY = "inputs"
"""Key of a study that names its workbook of inputs."""

LONGEST_TEXT = 1000
"""Most characters of the origin of a figure. [characters]"""


@dataclass(frozen=True)
class AppliedInputs:
    """Edited cells that a study has taken over."""

    edits: Sequence[InputEdit]
    """The cells."""
    warnings: tuple[str, ...]
    """Bases that changed since the workbook was written."""


def take_inputs(
    data: dict[str, Any],
    path: Path,
    source: Source,
    overrides: Mapping[str, Any],
    errors: Sequence[str],
) -> AppliedInputs:
    """Put the edited cells into the plain data of a study, below its overrides.

    Parameters
    ----------
    data, source
        As for `apply_inputs`.
    path
        File of the study.
    overrides
        Values by dotted key, which may name the workbook.
    errors
        Errors found so far, which are reported with those of the cells.

    Raises
    ------
    StudyError
        With all errors, if a cell has one.
    """
    if KEY in overrides:
        data[KEY] = overrides[KEY]
        source.places[KEY,] = OVERRIDE
    replaced = [key for key in overrides if "." not in key]
    try:
        return apply_inputs(data, path.parent, source, replaced)
    except StudyError as error:
        raise StudyError([*errors, *error.errors]) from None


def apply_inputs(
    data: dict[str, Any],
    folder: Path,
    source: Source,
    replaced: Collection[str] = (),
    tape_only: bool = False,
) -> AppliedInputs:
    """Put the edited cells of the study's workbook of inputs into its plain data.

    Parameters
    ----------
    data
        Plain data of the study, on its base.
    folder
        Folder to which the name of the workbook is relative.
    source
        Places of the values; those of edited cells name the cell.
    replaced
        Sections that an override replaces as a whole: their cells do not count.
    tape_only
        Whether only cells on how the tape is read are wanted.

    Raises
    ------
    StudyError
        With every error, each naming file, sheet, row, column, value and what was expected.
    """
    name = data.get(KEY)
    if name is None:
        return AppliedInputs((), ())
    where = f"{source.place((KEY,))}: {KEY}"
    if not isinstance(name, str):
        raise StudyError([f"{where}: got a {kind_of(name)}; expected the name of a workbook"])
    path = folder / name
    check_inside(path, where)
    source.files.append(path)
    found = edits_of(InputWorkbook(path, where), data, tape_only)
    edits = [edit for edit in found if edit.path[0] not in replaced]
    warnings: list[str] = []
    errors: list[str] = []
    for edit in edits:
        try:
            warnings += _moved_base(data, edit)
            _put(data, edit, source)
        except StudyError as error:
            errors += error.errors
    if errors:
        raise StudyError(errors)
    return AppliedInputs(edits, tuple(warnings))


def add_sources(data: dict[str, Any], edits: Sequence[InputEdit], source: Source) -> None:
    """State the cell as the origin of each figure that comes from one, ahead of other sources.

    Parameters
    ----------
    data
        Plain data of the study, with all overrides.
    edits
        Edited cells.
    source
        Places of the values, which show whether an override replaced the cell.
    """
    told = data.get("sources", [])
    if not isinstance(told, list):
        return
    own = [
        edit
        for edit in edits
        if edit.path[0] in SECTIONS and source.places.get(edit.path) == edit.place
    ]
    entries = [
        {
            "keys": [glob.escape(dotted(edit.path))],
            "assumption": shortened(edit.origin, LONGEST_TEXT),
        }
        for edit in own
    ]
    data["sources"] = [*entries, *told]
    places = {w: place for w, place in source.places.items() if w[0:1] == ("sources",)}
    moved = [w for w in places if len(w) > 1 and isinstance(w[1], int)]
    for where in moved:
        del source.places[where]
    for where in moved:
        source.places[("sources", int(where[1]) + len(own), *where[2:])] = places[where]
    source.places |= {("sources", i): edit.place for i, edit in enumerate(own)}


def _moved_base(data: Any, edit: InputEdit) -> list[str]:
    """Return a warning if the value beside an edited cell is no longer that of the study."""
    if edit.row.sheet not in ASSUMPTIONS.names:
        return []
    found, at = True, data
    for part in edit.path:
        found = (isinstance(at, dict) and part in at) or (
            isinstance(at, list) and isinstance(part, int) and part < len(at)
        )
        if not found:
            return []
        at = at[part]
    base = edit.row.value("base")
    if isinstance(at, dict | list) or base is None or is_same(at, base):
        return []
    return [
        f"{edit.row.place_of('base')}: got {quoted(base)}, but the study below it now has "
        f"{quoted(at)}; the edited {quoted(edit.value)} counts. Run npl-sim init again to renew "
        "the sheet"
    ]


def _put(data: dict[str, Any], edit: InputEdit, source: Source) -> None:
    """Replace one value, and note the cell as its place."""
    at: Any = data
    for i, part in enumerate(edit.path[:-1]):
        if isinstance(at, dict) and at.get(part) is None:
            at[part] = {}
        at = at[part]
        if not isinstance(at, dict | list):
            raise StudyError(
                [f"{edit.place}: {dotted(edit.path)}: {dotted(edit.path[: i + 1])} is a "
                 f"{kind_of(at)}; expected keys below it"]
            )  # fmt: skip
    last = edit.path[-1]
    if edit.adds:
        told = at.setdefault(last, [])
        if edit.value not in told:
            told.append(edit.value)
            source.places[(*edit.path, len(told) - 1)] = edit.place
        return
    source.forget(edit.path)
    if edit.value is None and edit.path[0] == "tape" and len(edit.path) == 2:
        at.pop(last, None)
        return
    at[last] = edit.value
    source.places[edit.path] = edit.place
