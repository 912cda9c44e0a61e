"""Reading a study from YAML: every fault at once, each with file, line and key."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from npl_sim.core.confinement import check_inside, confined, confining
from npl_sim.core.errors import (
    LONGEST_LINE,
    ConfinementError,
    StudyError,
    TapeError,
    escaped,
    shortened,
)
from npl_sim.study.checks import Fault, faults
from npl_sim.study.contract_file import lifted
from npl_sim.study.deal_file import allow_files, read_sections, section_keys
from npl_sim.study.messages import dotted, kind_of, messages
from npl_sim.study.model import Study
from npl_sim.study.yaml_source import Source, override, parsed, plain, read, read_section, reading

__all__ = [
    "LoadedStudy",
    "load_study",
    "parse_settings",
    "schema",
    "study_of_tape",
    "tape_of_study",
]

SECTIONS = (
    "legal",
    "market",
    "collateral",
    "policies",
    "tape",
    "pricing",
    "simulation",
    "buyer",
    "seller",
    "prudence",
    "deal",
    "channel",
)
"""Sections that may stand in a file of their own."""


@dataclass(frozen=True)
class LoadedStudy:
    """A study, the file it came from, and what is legal in it but hardly meant.

    Attributes
    ----------
    study
        The study, its file names resolved.
    path
        The file.
    files
        Every YAML file that was read.
    warnings
        One line each, with file, line and key.
    within
        Real paths of the folders in each of which its files must lie; empty: anywhere.
    """

    study: Study
    path: Path
    files: tuple[Path, ...]
    warnings: tuple[str, ...]
    within: tuple[Path, ...] = ()


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
        With every fault found, each naming file, line, column and key.
    """
    path = Path(path)
    source = Source()
    with reading(source):
        data = read(path, (), source)
        if not isinstance(data, dict):
            raise StudyError(
                [
                    f"{path}:1:1: got a {kind_of(data)}; expected a mapping of keys such as name, tape, policies"
                ]
            )
        return _checked(data, path, source, overrides or {})


def study_of_tape(tape: str | Path, overrides: Mapping[str, Any] | None = None) -> LoadedStudy:
    """Return a study that says nothing but where a loan file lies, to check that file by itself.

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
    note = f"{escaped(str(path))}: dates are checked against today, {today}; --set valuation_date=2026-06-30 checks against another"
    return dataclasses.replace(loaded, warnings=(note, *loaded.warnings))


def tape_of_study(path: Path, overrides: Mapping[str, Any] | None = None) -> LoadedStudy:
    """Return a study with the tape of another one and nothing else, to check that tape where the other is refused.

    Parameters
    ----------
    path
        YAML file of the other study.
    overrides
        Its overrides; those of other sections are left out.

    Raises
    ------
    StudyError
        If what it says of its tape cannot be read.
    """
    source = Source()
    whole = read(path, (), source)
    keys = ("valuation_date", "currency", "tape", "files_within")
    data = {key: whole[key] for key in keys if isinstance(whole, dict) and key in whole}
    data |= {"name": "tape", "policies": [{"name": "none"}], "simulation": {"scenarios": 2}}
    wanted = {k: v for k, v in (overrides or {}).items() if k.split(".")[0] in keys}
    return _checked(data, path, source, wanted)


def _checked(
    data: dict[str, Any], path: Path, source: Source, overrides: Mapping[str, Any]
) -> LoadedStudy:
    """Return the study that plain data describe, its files confined as it says."""
    own = [data.get("files_within"), overrides.get("files_within")]
    try:
        with confined([path.parent / name for name in own if isinstance(name, str)]):
            loaded = _composed(data, path, source, overrides)
            for role, files in loaded.study.tape.files.items():
                for file in files:
                    check_inside(file, f"{source.place(('tape', role))}: tape.{role}")
            return dataclasses.replace(loaded, within=confining())
    except ConfinementError as error:
        raise StudyError(str(error).splitlines()) from None


def _composed(
    data: dict[str, Any], path: Path, source: Source, overrides: Mapping[str, Any]
) -> LoadedStudy:
    """Return the study that plain data describe, its sections read and its overrides laid on."""
    lines: list[str] = []
    lost: set[str] = set()  # sections that cannot be read; what depends on them is not judged

    def lay_on(key: str) -> None:
        try:
            if key.split(".")[0] not in lost:
                override(data, key, overrides[key], source)
        except StudyError as error:
            lines.extend(error.faults)

    for key in overrides:
        if key in SECTIONS:  # first, for it may name a file into which other overrides reach
            lay_on(key)
    folder = (
        path.parent
    )  # of the deal's words, to which the names of its own sections are relative
    for section in SECTIONS:
        if isinstance(data.get(section), str):
            if section == "deal":
                folder = (path.parent / data[section]).parent
            try:
                data[section] = _section(section, data[section], path.parent, source)
            except StudyError as error:
                lines.extend(error.faults)
                lost.add(section)
                del data[section]
    if isinstance(data.get("channel"), dict):
        try:
            data["channel"] = lifted(data["channel"], source, ("channel",))
        except StudyError as error:
            raise StudyError([*lines, *error.faults]) from None
    if isinstance(data.get("deal"), dict):
        lines += read_sections(data, folder, source, overrides, ("deal",))
    for key in overrides:
        if key not in SECTIONS and key not in section_keys(("deal",)):
            lay_on(key)
    try:
        study = Study.model_validate(data)
    except ValidationError as error:
        found = messages(error, data, source.place)
        lines += [m for m in found if not any(f": {section}: missing" in m for section in lost)]
    if lines:
        raise StudyError(lines)
    across = faults(study)
    if any(f.error for f in across):
        raise StudyError([_line(f, source) for f in across if f.error])
    try:
        tape = study.tape.resolve(path.parent)
    except TapeError as error:
        raise StudyError([f"{source.place(('tape',))}: {error}"]) from None
    study = study.model_copy(update={"tape": tape})
    return LoadedStudy(study, path, tuple(source.files), tuple(_line(f, source) for f in across))


def _section(section: str, name: str, folder: Path, source: Source) -> Any:
    """Read a section from a file of its own."""
    asked = source.place((section,))
    if section == "tape" and not name.lower().endswith((".yaml", ".yml")):
        raise StudyError([f"{asked}: tape: got a file name; expected keys such as loans: {name}"])
    file = Path(os.path.normpath(folder / name))
    data = read_section(file, (section,), source, asked)
    if isinstance(data, dict) and list(data) == [section]:
        raise StudyError(
            [
                f"{source.place((section, section))}: {section}: stands once too often; expected what is below it"
            ]
        )
    return data


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a study file, for editors."""
    result = Study.model_json_schema()
    allow_files(result["$defs"]["Deal"], result["$defs"])
    for section in SECTIONS:
        inner = result["properties"][section]
        words = {k: inner.pop(k) for k in ("description", "title", "default") if k in inner}
        other = {"type": "string", "description": "Name of a YAML file with this section"}
        result["properties"][section] = {**words, "anyOf": [inner, other]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **result}


def _line(fault: Fault, source: Source) -> str:
    return shortened(
        escaped(f"{source.place(fault.where)}: {dotted(fault.where)}: {fault.text}"), LONGEST_LINE
    )


def parse_settings(settings: Sequence[str]) -> dict[str, Any]:
    """Return overrides from ``key=value`` texts, each value read as YAML.

    Raises
    ------
    StudyError
        If a text has no ``=`` or its value is not YAML.
    """
    overrides = {}
    for text in settings:
        key, equals, value = text.partition("=")
        shown = escaped(shortened(text))
        if not equals or not key.strip():
            raise StudyError([f"--set {shown}: expected KEY=VALUE, such as simulation.seed=7"])
        try:
            tree = parsed(value, "value")
        except StudyError:
            raise StudyError(
                [f"--set {shown}: is not valid YAML; expected a number, text or list"]
            ) from None
        overrides[key.strip()] = plain(tree, (), f"--set {shown}", Source(), [0])
    return overrides
