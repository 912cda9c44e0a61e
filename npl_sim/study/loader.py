"""Studies from YAML: all errors at once, each with file, line and key."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

from npl_sim.core.confinement import check_inside, confined, confining
from npl_sim.core.errors import (
    LONGEST_LINE,
    ConfinementError,
    StudyError,
    TapeError,
    escaped,
    shortened,
)
from npl_sim.core.issues import Issue
from npl_sim.resources.shipped import located, opened
from npl_sim.study.checks import study_issues
from npl_sim.study.inputs.apply import KEY as INPUTS
from npl_sim.study.inputs.apply import add_sources, take_inputs
from npl_sim.study.loaded import LoadedStudy
from npl_sim.study.manual_entries import fill_entries
from npl_sim.study.messages import dotted
from npl_sim.study.model import Study
from npl_sim.study.parts import Parts, apply_overrides, nested_folders
from npl_sim.study.renamed_keys import STUDY_KEYS, STUDY_VALUES, Renames
from npl_sim.study.sections import on_base, read_parts
from npl_sim.study.spec_reader import (
    DEAL_SECTIONS,
    FileKind,
    join_disclosed,
    read_mapping,
    validated,
)
from npl_sim.study.yaml_places import Source, reading
from npl_sim.tape.spec import TAPE_FILES

SECTIONS = (
    "legal",
    "market",
    "collateral",
    "policies",
    "experts",
    "manual_cash",
    "overrides",
    "tape",
    "pricing",
    "simulation",
    "buyer",
    "seller",
    "prudence",
    "sources",
    "deal",
    "channel",
)
"""Sections that may have a file of their own."""

STUDY = FileKind(Study, "study", "name, tape, policies")

PARTS = Parts(
    "study",
    tuple((section,) for section in SECTIONS),
    {"deal": DEAL_SECTIONS},
    (*(("tape", role) for role in TAPE_FILES), ("comparables",)),
    ("files_within", INPUTS),
    (("sources",),),
    replaced=(("seller", "provision_coverage"),),
)
"""What a study may take from other files."""


def load_study(path: str | Path, overrides: Mapping[str, Any] | None = None) -> LoadedStudy:
    """Read a study.

    Parameters
    ----------
    path
        YAML file. Any of its sections may be the name of another YAML file, relative to it.
    overrides
        Values by dotted key, such as ``{"simulation.scenarios": 500, "policies.0.name": "a"}``.

    Raises
    ------
    StudyError
        With every error found, each naming file, line, column and key.
    """
    path = opened(path)
    source = Source()
    with reading(source):
        data = read_mapping(path, source, STUDY)
        return checked_study(data, path, source, overrides or {})


def checked_study(
    data: dict[str, Any],
    path: Path,
    source: Source,
    overrides: Mapping[str, Any],
) -> LoadedStudy:
    """Return the study that plain data describe, with its files confined to its folders."""
    try:
        with within_folders(data, path, overrides):
            loaded = _composed(data, path, source, overrides)
            for role, files in loaded.study.tape.files.items():
                for file in files:
                    check_inside(file, f"{source.place(('tape', role))}: tape.{role}")
            if loaded.study.comparables is not None:
                place = source.place(("comparables",))
                check_inside(loaded.study.comparables, f"{place}: comparables")
            return replace(loaded, within=confining())
    except ConfinementError as error:
        raise StudyError(str(error).splitlines()) from None


def within_folders(
    data: Mapping[str, Any], path: Path, overrides: Mapping[str, Any]
) -> AbstractContextManager[None]:
    """Confine reading to the folders that a study states."""
    names = [data.get("files_within"), overrides.get("files_within")]
    return confined([path.parent / name for name in names if isinstance(name, str)])


def _composed(
    data: dict[str, Any],
    path: Path,
    source: Source,
    overrides: Mapping[str, Any],
) -> LoadedStudy:
    """Return the study that plain data describe, with base, sections and overrides."""
    renames = Renames(STUDY_KEYS, STUDY_VALUES)
    values = renames.overrides(overrides)
    folders = nested_folders(data, path.parent, PARTS, values)
    given = {section for section in SECTIONS if section in data or section in values}
    errors = _tape_is_a_section(data, values, source)
    data, wrong_below = on_base(data, path, source, PARTS, renames, values)
    errors += wrong_below + read_parts(data, folders, source, values, PARTS)
    unread = {section for section in given if section not in data}
    errors += renames.apply(data, source)
    inputs = take_inputs(data, path, source, values, errors)
    if isinstance(data.get("channel"), dict):
        try:
            data["channel"] = join_disclosed(data["channel"], source, ("channel",))
        except StudyError as error:
            raise StudyError([*errors, *error.errors]) from None
    done = [key for key in values if key.split(".")[0] in unread]
    done += map(dotted, [*PARTS.sections, *(("deal", *where) for where in DEAL_SECTIONS)])
    errors += apply_overrides(data, values, source, skip=done)
    errors += renames.apply(data, source)
    errors += fill_entries(data, path.parent, source)
    add_sources(data, inputs.edits, source)
    study = validated(Study, data, source, errors, unread)
    issues = study_issues(study)
    wrong = [_line(issue, source) for issue in issues if issue.severity == "error"]
    if wrong:
        raise StudyError(wrong)
    try:
        tape = study.tape.resolve(path.parent)
    except TapeError as error:
        raise StudyError([f"{source.place(('tape',))}: {error}"]) from None
    own = study.comparables and located(study.comparables, path.parent)
    study = study.model_copy(update={"tape": tape, "comparables": own})
    lines = (
        *renames.warnings,
        *inputs.warnings,
        *(_line(issue, source) for issue in issues if not _of_base(issue, source)),
    )
    edits = tuple(inputs.edits)
    return LoadedStudy(study, path, tuple(source.files), lines, source=source, edits=edits)


def _of_base(issue: Issue, source: Source) -> bool:
    """Return whether a base gives the origin of figures that the study has removed."""
    found = issue.path[:1] == ("sources",) and issue.path[2:3] == ("keys",)
    return found and source.origin(issue.path).startswith("base ")


def _tape_is_a_section(
    data: dict[str, Any], overrides: dict[str, Any], source: Source
) -> list[str]:
    """Return an error if the tape is given as the name of a loan file."""
    name = overrides.get("tape", data.get("tape"))
    if not isinstance(name, str) or name.lower().endswith((".yaml", ".yml")):
        return []
    place = "override" if "tape" in overrides else source.place(("tape",))
    data.pop("tape", None)
    overrides.pop("tape", None)
    return [f"{place}: tape: got a file name; expected keys such as loans: {name}"]


def _line(issue: Issue, source: Source) -> str:
    """Return an issue of a study in one line, with file, line, column and key."""
    text = f"{source.place(issue.path)}: {dotted(issue.path)}: {issue.message}"
    return shortened(escaped(text), LONGEST_LINE)
