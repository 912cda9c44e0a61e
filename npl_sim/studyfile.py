"""Reading a study from YAML: every fault at once, each with file, line and key."""

from __future__ import annotations

import difflib
import json
import os
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from npl_sim.errors import StudyError
from npl_sim.study import Fault, Study, faults

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
            [f"{path}:1:1: got a {_kind(data)}; expected a mapping of keys such as name, tape, policies"]
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
        raise StudyError(_messages(error, data, source)) from None
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
    return f"{source.place(fault.where)}: {_dotted(fault.where)}: {fault.text}"


def _dotted(where: Path_) -> str:
    return ".".join(str(w) for w in where) or "study"


def _kind(value: Any) -> str:
    names = {dict: "mapping", list: "list", str: "text", bool: "yes/no value", type(None): "empty value"}
    return names.get(type(value), "number")


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return f"a {_kind(value)}"
    if isinstance(value, date):
        return value.isoformat()
    text = repr(value) if not isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:77] + "..."


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
                [f"override {key}: {'.'.join(parts[:i])} is a {_kind(at)}; expected keys below it"]
            )
        if last:
            at[index] = value
        else:
            at = at[index]


# Messages


def _messages(error: ValidationError, data: Any, source: _Source) -> list[str]:
    lines: dict[str, None] = {}
    every = error.errors(include_url=False)
    for fault in every:
        # A list whose entries all failed also counts as too short: say only why they failed.
        if fault["type"] == "too_short" and any(
            e is not fault and e["loc"][: len(fault["loc"])] == fault["loc"] for e in every
        ):
            continue
        where, names = _locate(fault["loc"], data)
        lines[f"{source.place(where)}: {_dotted(names)}: {_explain(fault, names, data)}"] = None
    return list(lines)


def _locate(loc: tuple[str | int, ...], data: Any) -> tuple[Path_, Path_]:
    """Return the path in the file of a fault, and the path to show (with a missing last key)."""
    where: list[str | int] = []
    at, missing = data, None
    for i, part in enumerate(loc):
        inside = (isinstance(at, dict) and part in at) or (
            isinstance(at, list) and isinstance(part, int) and part < len(at)
        )
        if inside:
            where.append(part)
            at = at[part]
        elif i == len(loc) - 1 and isinstance(at, dict):
            missing = part  # else: the tag of a union, which the file does not show
    return tuple(where), (*where, missing) if missing is not None else tuple(where)


def _models(annotation: Any, value: Any) -> list[type[BaseModel]]:
    """Return the models that a value of this annotation may be."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _models(inner[0], value)
    if origin in (typing.Union, types.UnionType):
        found = [m for a in inner for m in _models(a, value)]
        kind = value.get("kind") if isinstance(value, dict) else None
        named = [
            m
            for m in found
            if "kind" in m.model_fields and kind in typing.get_args(m.model_fields["kind"].annotation)
        ]
        return named or found
    if origin in (tuple, list, dict):
        return [m for a in inner for m in _models(a, None)]
    return []


def _owner(where: Path_, data: Any) -> tuple[type[BaseModel] | None, FieldInfo | None]:
    """Return the model that owns the last key of a path, and the field if it has one."""
    model: type[BaseModel] | None = Study
    info: FieldInfo | None = None
    at: Any = data
    for i, part in enumerate(where):
        if isinstance(part, str) and model is not None and part in model.model_fields:
            info = model.model_fields[part]
        elif i == len(where) - 1 and isinstance(part, str) and isinstance(at, dict):
            return model, info if model is None else None
        if isinstance(at, dict | list) and i < len(where) - 1:
            at = at[part]  # type: ignore[index]
        if i < len(where) - 1 and info is not None:
            options = _models(info.annotation, at)
            model = options[0] if options else model
    return model, info


def _explain(fault: Any, where: Path_, data: Any) -> str:
    kind, context = fault["type"], fault.get("ctx", {})
    model, info = _owner(where, data)
    value = fault["input"]
    if kind == "extra_forbidden":
        known = list(model.model_fields) if model is not None else []
        near = difflib.get_close_matches(str(where[-1]), known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"expected one of: {', '.join(known)}"
        return f"unknown key; {hint}"
    if kind == "missing":
        described = f" ({info.description})" if info is not None and info.description else ""
        return f"missing{described}"
    if kind == "value_error":
        return str(context.get("error", fault["msg"]))
    several = info is not None and len(_models(info.annotation, None)) > 1
    if kind == "union_tag_not_found" or (kind.startswith("model_") and several):
        return (
            f"got {_shown(value)}; expected a number, or a mapping with kind: one of {_tags(context, info)}"
        )
    if kind == "union_tag_invalid":
        tags = str(context["expected_tags"]).replace("'", "").split(", ")
        near = difflib.get_close_matches(str(context["tag"]), tags, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return f"got kind {context['tag']!r}; expected one of: {', '.join(tags)}{hint}"
    return f"got {_shown(value)}; expected {_expected(kind, context, fault, value)}{_unit(info)}"


def _tags(context: Any, info: FieldInfo | None) -> str:
    models = _models(info.annotation, None) if info is not None else []
    tags = [
        t
        for m in models
        if "kind" in m.model_fields
        for t in typing.get_args(m.model_fields["kind"].annotation)
    ]
    return ", ".join(dict.fromkeys(tags)) or str(context.get("discriminator", "kind"))


def _unit(info: FieldInfo | None) -> str:
    extra = info.json_schema_extra if info is not None else None
    unit = extra.get("unit") if isinstance(extra, dict) else None
    return f" [{unit}]" if unit and unit != "text" else ""


def _expected(kind: str, context: Any, fault: Any, value: Any) -> str:
    if kind.startswith(("float", "int", "decimal")):
        what = "a whole number" if kind.startswith("int") else "a number"
        if isinstance(value, str) and value.strip().endswith("%"):
            try:
                return f"{what}: write {float(value.strip()[:-1]) / 100:g}"
            except ValueError:
                pass
        return what
    words = {
        "greater_than_equal": "at least {ge:g}",
        "greater_than": "more than {gt:g}",
        "less_than_equal": "at most {le:g}",
        "less_than": "less than {lt:g}",
        "finite_number": "a finite number",
        "bool_type": "true or false",
        "bool_parsing": "true or false",
        "string_type": "text",
        "tuple_type": "a list",
        "list_type": "a list",
        "dict_type": "a mapping",
        "model_type": "a mapping of keys",
        "model_attributes_type": "a mapping of keys",
        "too_short": "at least {min_length} entries",
        "too_long": "at most {max_length} entries",
        "literal_error": "one of {expected}",
        "string_pattern_mismatch": "text of the form {pattern}",
        "string_too_short": "some text",
        "string_too_long": "at most {max_length} characters",
        "path_type": "a file name",
    }
    if kind.startswith("date"):
        return "a date such as 2026-06-30"
    return words[kind].format(**context) if kind in words else str(fault["msg"])


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
