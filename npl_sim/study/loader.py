"""Studies from YAML: all errors at once, each with file, line and key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import date
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
from npl_sim.core.issues import Issue, KeyPath
from npl_sim.resources.shipped import located, opened
from npl_sim.study.checks import study_issues
from npl_sim.study.inputs.apply import KEY as INPUTS
from npl_sim.study.inputs.apply import add_sources, apply_inputs, take_inputs
from npl_sim.study.inputs.edits import InputEdit
from npl_sim.study.key_paths import key_path
from npl_sim.study.layers import Layer
from npl_sim.study.messages import dotted
from npl_sim.study.model import Study
from npl_sim.study.origins import origins_of
from npl_sim.study.renamed_keys import STUDY_KEYS, STUDY_VALUES, Renames
from npl_sim.study.sections import (
    Parts,
    apply_overrides,
    nested_folders,
    on_base,
    read_parts,
    stacked,
)
from npl_sim.study.spec_reader import (
    DEAL_SECTIONS,
    FileKind,
    draft_2020_12,
    join_disclosed,
    read_mapping,
    validated,
)
from npl_sim.study.yaml_places import Source, reading
from npl_sim.study.yaml_source import read
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
)
"""What a study may take from other files."""


@dataclass(frozen=True)
class LoadedStudy:
    """A study, its files, and warnings on it."""

    study: Study
    """The study, its file names resolved."""
    path: Path
    """The file."""
    files: tuple[Path, ...]
    """Every YAML file that was read."""
    warnings: tuple[str, ...]
    """One line each, with file, line and key."""
    within: tuple[Path, ...] = ()
    """Real paths of the folders that must contain its files; empty if any folder may."""
    source: Source = field(default_factory=Source, repr=False, compare=False)
    """Places of all values."""
    edits: tuple[InputEdit, ...] = field(default=(), repr=False, compare=False)
    """Edited cells of the workbook of inputs."""

    def origin(self, key: str | KeyPath) -> str:
        """Return the layer that a value comes from.

        Parameters
        ----------
        key
            Its key: dotted, with positions or names of entries, or as a path.

        Returns
        -------
        str
            Such as `base china_mixed`, `study.yaml:12` or `--set`; `default` if no layer states
            the value.
        """
        path = key_path(self.study, key) if isinstance(key, str) else key
        return self.source.origin(path) or "default"

    def origins(self) -> dict[KeyPath, str]:
        """Return the layers that values come from, by path of the value or of a group of them.

        A value of the workbook of inputs names its row, with owner, date and source.
        """
        return origins_of(self.source, self.edits)


def load_study(
    path: str | Path, overrides: Mapping[str, Any] | None = None, above: Sequence[Layer] = ()
) -> LoadedStudy:
    """Read a study.

    Parameters
    ----------
    path
        YAML file. Any of its sections may be the name of another YAML file, relative to it.
    overrides
        Values by dotted key, such as ``{"simulation.scenarios": 500, "policies.0.name": "a"}``.
    above
        Further layers above the file and below the overrides, lowest first.

    Raises
    ------
    StudyError
        With every error found, each naming file, line, column and key.
    """
    path = opened(path)
    source = Source()
    with reading(source):
        data = read_mapping(path, source, STUDY)
        return _checked(data, path, source, overrides or {}, above)


def study_of_tape(tape: str | Path, overrides: Mapping[str, Any] | None = None) -> LoadedStudy:
    """Return a study with only a loan file, to check that file by itself.

    Parameters
    ----------
    tape
        Loan file.
    overrides
        Values by dotted key, such as ``{"tape.columns.principal": "balance"}``. Dates are checked
        against today unless ``valuation_date`` is among them.
    """
    today = date.today()
    path = Path(tape)
    source = Source(places={(): str(path)}, files=[path])
    data = {
        "name": path.stem[:120],
        "valuation_date": today,
        "tape": {"loans": path.name},
        "policies": [{"name": "none"}],
        "simulation": {"scenarios": 2},
    }
    loaded = _checked(data, path, source, overrides or {})
    if loaded.study.valuation_date != today:
        return loaded
    note = (
        f"{escaped(str(path))}: dates are checked against today, {today}; "
        "--set valuation_date=2026-06-30 checks against another date"
    )
    return replace(loaded, warnings=(note, *loaded.warnings))


def tape_of_study(path: Path, overrides: Mapping[str, Any] | None = None) -> LoadedStudy:
    """Return a study with only the tape of another study, to check that tape alone.

    Parameters
    ----------
    path
        YAML file of the other study.
    overrides
        Its overrides; those of other sections are left out.

    Raises
    ------
    StudyError
        If its section `tape` cannot be read.
    """
    source = Source()
    whole = read(path, (), source)
    keys = ("valuation_date", "currency", "tape", "files_within")
    if isinstance(whole, dict):
        based = {"base": overrides["base"]} if overrides and "base" in overrides else {}
        parts = replace(PARTS, sections=(("tape",),), nested={})
        with _folders(whole, path, overrides or {}):
            whole, errors = on_base(
                whole, path, source, parts, Renames(STUDY_KEYS, STUDY_VALUES), based
            )
        if errors:
            raise StudyError(errors)
        apply_inputs(whole, path.parent, source, tape_only=True)
    data = {key: whole[key] for key in keys if isinstance(whole, dict) and key in whole}
    data |= {"name": "tape", "policies": [{"name": "none"}], "simulation": {"scenarios": 2}}
    wanted = {k: v for k, v in (overrides or {}).items() if k.split(".")[0] in keys}
    return _checked(data, path, source, wanted)


def _checked(
    data: dict[str, Any],
    path: Path,
    source: Source,
    overrides: Mapping[str, Any],
    above: Sequence[Layer] = (),
) -> LoadedStudy:
    """Return the study that plain data describe, with its files confined to its folders."""
    try:
        with _folders(data, path, overrides):
            loaded = _composed(data, path, source, overrides, above)
            for role, files in loaded.study.tape.files.items():
                for file in files:
                    check_inside(file, f"{source.place(('tape', role))}: tape.{role}")
            if loaded.study.comparables is not None:
                place = source.place(("comparables",))
                check_inside(loaded.study.comparables, f"{place}: comparables")
            return replace(loaded, within=confining())
    except ConfinementError as error:
        raise StudyError(str(error).splitlines()) from None


def _folders(
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
    above: Sequence[Layer],
) -> LoadedStudy:
    """Return the study that plain data describe, with base, sections and overrides."""
    renames = Renames(STUDY_KEYS, STUDY_VALUES)
    values = renames.overrides(overrides)
    folders = nested_folders(data, path.parent, PARTS, values)
    given = {section for section in SECTIONS if section in data or section in values}
    errors = _tape_is_a_section(data, values, source)
    data, wrong_below = stacked(data, path, source, PARTS, renames, values, above)
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


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a study file, for editors."""
    from npl_sim.study.deal_file import allow_files
    from npl_sim.study.schema import study_schema

    result = study_schema()
    allow_files(result["$defs"]["Deal"], result["$defs"])
    for section in SECTIONS:
        inner = result["properties"][section]
        annotations = {k: inner.pop(k) for k in ("description", "title", "default") if k in inner}
        other = {"type": "string", "description": "Name of a YAML file with this section"}
        result["properties"][section] = {**annotations, "anyOf": [inner, other]}
    return draft_2020_12(result)


def _line(issue: Issue, source: Source) -> str:
    """Return an issue of a study in one line, with file, line, column and key."""
    text = f"{source.place(issue.path)}: {dotted(issue.path)}: {issue.message}"
    return shortened(escaped(text), LONGEST_LINE)
