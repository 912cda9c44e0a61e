"""Reading a study from YAML: every fault at once, each with file, line and key."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from npl_sim.errors import StudyError
from npl_sim.study import Fault, Study, faults
from npl_sim.studyfaults import dotted, kind_of, messages

__all__ = ["LoadedStudy", "load_study", "parse_settings", "schema"]

MOST_BYTES = 5_000_000
MOST_NODES = 500_000
SECTIONS = ("legal", "market", "collateral", "policies", "tape", "pricing", "simulation")
"""Sections that may stand in a file of their own."""

Path_ = tuple[str | int, ...]


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
    """

    study: Study
    path: Path
    files: tuple[Path, ...]
    warnings: tuple[str, ...]


@dataclass
class _Source:
    """Plain data with the place of every value."""

    places: dict[Path_, tuple[Path, int, int]] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)

    def place(self, where: Path_) -> str:
        for n in range(len(where), -1, -1):
            if where[:n] in self.places:
                file, line, column = self.places[where[:n]]
                return f"{file}:{line}:{column}"
        return str(self.files[0])


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
    source = _Source()
    data = _read(path, (), source)
    if not isinstance(data, dict):
        raise StudyError(
            [f"{path}:1:1: got a {kind_of(data)}; expected a mapping of keys such as name, tape, policies"]
        )
    for section in SECTIONS:
        name = data.get(section)
        if isinstance(name, str):
            if section == "tape":
                where = source.place(("tape",))
                raise StudyError([f"{where}: tape: got a file name; expected keys such as loans: {name}"])
            data[section] = _read(
                Path(os.path.normpath(path.parent / name)), (section,), source, asked=source.place((section,))
            )
    for key, value in (overrides or {}).items():
        _override(data, key, value)
    try:
        study = Study.model_validate(data)
    except ValidationError as error:
        raise StudyError(messages(error, data, source.place)) from None
    found = faults(study)
    if any(f.error for f in found):
        raise StudyError([_line(f, source) for f in found if f.error])
    study = study.model_copy(update={"tape": study.tape.resolve(path.parent)})
    return LoadedStudy(study, path, tuple(source.files), tuple(_line(f, source) for f in found))


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a study file, for editors."""
    result = Study.model_json_schema()
    for section in SECTIONS:
        if section != "tape":
            inner = result["properties"][section]
            words = {k: inner.pop(k) for k in ("description", "title", "default") if k in inner}
            other = {"type": "string", "description": "Name of a YAML file with this section"}
            result["properties"][section] = {**words, "anyOf": [inner, other]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **result}


def _line(fault: Fault, source: _Source) -> str:
    return f"{source.place(fault.where)}: {dotted(fault.where)}: {fault.text}"


# Reading


class _Constructor(RoundTripConstructor):
    """Leaves dates as text, so that an impossible one is a fault of its key and not of the YAML."""


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", lambda self, node: self.construct_scalar(node))


def _read(path: Path, prefix: Path_, source: _Source, asked: str = "") -> Any:
    where = f"{asked}: " if asked else ""
    source.files.append(path)
    if not path.is_file():
        folder = path.parent
        names = sorted(p.name for p in folder.glob("*.y*ml")) if folder.is_dir() else []
        near = difflib.get_close_matches(path.name, names, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        what = "is a folder" if path.is_dir() else "does not exist"
        raise StudyError([f"{where}{path}: {what}; expected a YAML file{hint}"])
    try:
        raw = path.read_bytes()
        if len(raw) > MOST_BYTES:
            raise StudyError([f"{path}: {len(raw):,} bytes; expected a study of at most {MOST_BYTES:,}"])
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise StudyError(
            [f"{path}: byte {error.start} is not UTF-8; expected a YAML file saved as UTF-8"]
        ) from None
    except OSError as error:
        raise StudyError([f"{path}: cannot be read ({error.strerror})"]) from None
    yaml = YAML(typ="rt", pure=True)
    yaml.Constructor = _Constructor
    yaml.allow_duplicate_keys = False
    try:
        tree = yaml.load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problem = (error.problem or "not valid YAML").split("\n")[0]
        if "\t" in text.splitlines()[line - 1 : line][0] if text.splitlines()[line - 1 : line] else False:
            problem += " (tabs cannot indent YAML; use spaces)"
        raise StudyError([f"{path}:{line}:{column}: {problem}; expected valid YAML"]) from None
    except (YAMLError, RecursionError, ValueError) as error:
        raise StudyError([f"{path}: {str(error).splitlines()[0]}; expected valid YAML"]) from None
    if tree is None:
        raise StudyError([f"{path}:1:1: the file is empty; expected a study"])
    source.places[prefix] = (path, 1, 1)
    return _plain(tree, prefix, path, source, [0])


def _plain(node: Any, where: Path_, file: Path, source: _Source, count: list[int]) -> Any:
    """Return plain data, noting where each value stands."""
    count[0] += 1
    if count[0] > MOST_NODES or len(where) > 60:
        raise StudyError(
            [f"{file}: more than {MOST_NODES:,} values or 60 levels; expected a study (check its anchors)"]
        )
    if isinstance(node, CommentedMap):
        plain = {}
        for key in node:
            line, column = node.lc.key(key) if key in (node.lc.data or {}) else (node.lc.line, node.lc.col)
            child = (*where, str(key))
            source.places[child] = (file, line + 1, column + 1)
            plain[str(key)] = _plain(node[key], child, file, source, count)
        return plain
    if isinstance(node, CommentedSeq):
        items = []
        for i, item in enumerate(node):
            line, column = node.lc.item(i) if i in (node.lc.data or {}) else (node.lc.line, node.lc.col)
            source.places[(*where, i)] = (file, line + 1, column + 1)
            items.append(_plain(item, (*where, i), file, source, count))
        return items
    if isinstance(node, bool) or node is None or isinstance(node, date):
        return node
    for kind in (int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return str(node)


def _override(data: dict[str, Any], key: str, value: Any) -> None:
    at: Any = data
    parts = key.split(".")
    for i, part in enumerate(parts):
        last = i == len(parts) - 1
        if isinstance(at, list):
            if not part.isdigit() or int(part) >= len(at):
                raise StudyError([f"override {key}: got position {part!r}; expected 0 to {len(at) - 1}"])
            index: Any = int(part)
        elif isinstance(at, dict):
            index = part
            if not last:
                at.setdefault(part, {})
        else:
            raise StudyError(
                [f"override {key}: {'.'.join(parts[:i])} is a {kind_of(at)}; expected keys below it"]
            )
        if last:
            at[index] = value
        else:
            at = at[index]


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
        if not equals or not key:
            raise StudyError([f"--set {text}: expected KEY=VALUE, such as simulation.seed=7"])
        try:
            overrides[key.strip()] = YAML(typ="safe", pure=True).load(value)
        except YAMLError:
            raise StudyError(
                [f"--set {text}: {value!r} is not valid YAML; expected a number, text or list"]
            ) from None
    return overrides
