"""Reading a study from YAML: every fault at once, each with file, line and key."""

from __future__ import annotations

import dataclasses
import difflib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq, TaggedScalar
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from npl_sim.errors import StudyError
from npl_sim.study import Study
from npl_sim.studychecks import Fault, faults
from npl_sim.studyfaults import dotted, kind_of, messages

__all__ = ["LoadedStudy", "load_study", "parse_settings", "schema", "study_of_tape"]

MOST_BYTES = 5_000_000
MOST_NODES = 500_000
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
)
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

    places: dict[Path_, str] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)

    def place(self, where: Path_) -> str:
        for n in range(len(where), -1, -1):
            if where[:n] in self.places:
                return self.places[where[:n]]
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
    source = _Source(places={(): str(path)}, files=[path])
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
    note = f"{path}: dates are checked against today, {today}; --set valuation_date=2026-06-30 checks against another"
    return dataclasses.replace(loaded, warnings=(note, *loaded.warnings))


def _checked(data: dict[str, Any], path: Path, source: _Source, overrides: Mapping[str, Any]) -> LoadedStudy:
    """Return the study that plain data describe, its sections read and its overrides laid on."""
    lines: list[str] = []
    lost: set[str] = set()  # sections that cannot be read; what depends on them is not judged

    def lay_on(key: str) -> None:
        try:
            if key.split(".")[0] not in lost:
                _override(data, key, overrides[key], source)
        except StudyError as error:
            lines.extend(error.faults)

    for key in overrides:
        if key in SECTIONS:  # first, for it may name a file into which other overrides reach
            lay_on(key)
    for section in SECTIONS:
        if isinstance(data.get(section), str):
            try:
                data[section] = _section(section, data[section], path.parent, source)
            except StudyError as error:
                lines.extend(error.faults)
                lost.add(section)
                del data[section]
    for key in overrides:
        if key not in SECTIONS:
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
    study = study.model_copy(update={"tape": study.tape.resolve(path.parent)})
    return LoadedStudy(study, path, tuple(source.files), tuple(_line(f, source) for f in across))


def _section(section: str, name: str, folder: Path, source: _Source) -> Any:
    """Read a section from a file of its own."""
    asked = source.place((section,))
    if section == "tape" and not name.lower().endswith((".yaml", ".yml")):
        raise StudyError([f"{asked}: tape: got a file name; expected keys such as loans: {name}"])
    file = Path(os.path.normpath(folder / name))
    data = _read(file, (section,), source, asked)
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
    for section in SECTIONS:
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
        line = raw.count(b"\n", 0, error.start) + 1
        raise StudyError([f"{path}:{line}:1: is not UTF-8; expected a YAML file saved as UTF-8"]) from None
    except OSError as error:
        raise StudyError([f"{path}: cannot be read ({error.strerror})"]) from None
    tree = _parsed(text, str(path))
    if tree is None:
        what = f"the section {prefix[0]}" if prefix else "a study"
        raise StudyError([f"{path}:1:1: the file is empty; expected {what}"])
    source.places[prefix] = f"{path}:1:1"
    return _plain(tree, prefix, str(path), source, [0])


def _yaml() -> YAML:
    yaml = YAML(typ="rt", pure=True)
    yaml.Constructor = _Constructor
    yaml.allow_duplicate_keys = False
    return yaml


HINTS = (
    ("<block end>", "check the indentation of this line and of those above"),
    ("mapping values are not allowed", "put text that holds a colon in quotes, or check the indentation"),
    ("cannot start any token", "put the text in quotes"),
    ("undefined alias", "put text that begins with * in quotes"),
    ("another document", "a study is one document; take --- away"),
)


def _parsed(text: str, name: str) -> Any:
    """Return the tree of a YAML text, or raise what its writer can mend."""
    try:
        return _yaml().load(text)
    except MarkedYAMLError as error:
        raise StudyError([f"{name}:{_syntax(error, text)}; expected valid YAML"]) from None
    except ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        character = ord(text[error.position])
        raise StudyError(
            [f"{name}:{line}:{column}: found the control character U+{character:04X}; expected text"]
        ) from None
    except RecursionError:
        raise StudyError([f"{name}: is nested too deeply; expected valid YAML"]) from None
    except (YAMLError, ValueError, TypeError, KeyError, AttributeError) as error:
        # The last four come from tags such as !!int on what is no integer, and from numbers without end.
        reason = str(error).partition(";")[0].splitlines()[0:1] or [type(error).__name__]
        raise StudyError(
            [f"{name}: holds a value that cannot be read ({reason[0]}); expected valid YAML"]
        ) from None


def _syntax(error: MarkedYAMLError, text: str) -> str:
    """Return line, column and what is wrong there."""
    problem = (error.problem or "not valid YAML").split("\n")[0]
    if problem.startswith("but ") and error.context:
        problem = f"{error.context}, {problem}"
    mark = error.problem_mark or error.context_mark
    if ("end of stream" in problem or "<stream end>" in problem) and error.context_mark:
        mark, problem = error.context_mark, "what opens here is not closed before the file ends"
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    twice = re.match(r'found duplicate key "(.*?)" with value', problem)
    hint = next((hint for part, hint in HINTS if part in problem), "")
    if twice:
        problem = f"duplicate key {twice[1]!r}"
    elif "\t" in "".join(text.splitlines()[line - 1 : line]):
        hint = "tabs cannot indent YAML; use spaces"
    return f"{line}:{column}: {problem}" + (f" ({hint})" if hint else "")


def _plain(node: Any, where: Path_, file: str, source: _Source, count: list[int]) -> Any:
    """Return plain data, noting where each value stands."""
    count[0] += 1
    if count[0] > MOST_NODES or len(where) > 60:
        raise StudyError(
            [f"{file}: more than {MOST_NODES:,} values or 60 levels; expected a study (check its anchors)"]
        )
    if isinstance(node, CommentedMap):
        plain: dict[str, Any] = {}
        for key in node:
            line, column = node.lc.key(key) if key in (node.lc.data or {}) else (node.lc.line, node.lc.col)
            child = (*where, str(key))
            if str(key) in plain:
                raise StudyError(
                    [f"{file}:{line + 1}:{column + 1}: {dotted(child)}: stands twice; expected it once"]
                )
            source.places[child] = f"{file}:{line + 1}:{column + 1}"
            plain[str(key)] = _plain(node[key], child, file, source, count)
        return plain
    if isinstance(node, CommentedSeq):
        items = []
        for i, item in enumerate(node):
            line, column = node.lc.item(i) if i in (node.lc.data or {}) else (node.lc.line, node.lc.col)
            source.places[(*where, i)] = f"{file}:{line + 1}:{column + 1}"
            items.append(_plain(item, (*where, i), file, source, count))
        return items
    if isinstance(node, bool) or node is None:
        return node
    for kind in (int, float, str):
        if isinstance(node, kind):
            return kind(node)
    if isinstance(node, TaggedScalar):
        return str(node)
    raise StudyError(
        [
            f"{source.place(where)}: {dotted(where)}: holds a tagged value; expected a number, text, list or mapping"
        ]
    )


def _override(data: dict[str, Any], key: str, value: Any, source: _Source) -> None:
    """Lay one value on, and note that it came from no file."""
    parts = key.split(".")
    if "" in parts:
        raise StudyError([f"override {key!r}: expected keys joined by single dots, such as simulation.seed"])
    at: Any = data
    where: Path_ = ()
    for i, part in enumerate(parts):
        index: Any = part
        if isinstance(at, list):
            if not part.isdecimal() or int(part) >= len(at):
                raise StudyError([f"override {key}: got position {part!r}; expected 0 to {len(at) - 1}"])
            index = int(part)
        elif not isinstance(at, dict):
            raise StudyError(
                [f"override {key}: {'.'.join(parts[:i])} is a {kind_of(at)}; expected keys below it"]
            )
        where = (*where, index)
        if i == len(parts) - 1:
            at[index] = value
        else:
            if isinstance(at, dict) and at.get(index) is None:
                at[index] = {}  # a section left out, or empty
            at = at[index]
    for old in [w for w in source.places if w[: len(where)] == where]:
        del source.places[old]
    source.places[where] = "override"


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
        shown = text if len(text) <= 80 else f"{text[:77]}..."
        if not equals or not key.strip():
            raise StudyError([f"--set {shown}: expected KEY=VALUE, such as simulation.seed=7"])
        try:
            tree = _parsed(value, "value")
        except StudyError:
            raise StudyError([f"--set {shown}: is not valid YAML; expected a number, text or list"]) from None
        overrides[key.strip()] = _plain(tree, (), f"--set {shown}", _Source(), [0])
    return overrides
