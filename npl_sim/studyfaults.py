"""What is wrong with a study, in the words of its reader: translates the findings of pydantic."""

from __future__ import annotations

import difflib
import json
import types
import typing
from collections.abc import Callable
from datetime import date
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from npl_sim.base import descriptions
from npl_sim.errors import PlacedFaults
from npl_sim.study import Study

__all__ = ["dotted", "kind_of", "messages"]

Path_ = tuple[str | int, ...]


def dotted(where: Path_) -> str:
    """Return a path of keys as it is shown."""
    return ".".join(str(w) for w in where) or "study"


def kind_of(value: Any) -> str:
    """Return what a value of a file is called."""
    names = {dict: "mapping", list: "list", str: "text", bool: "yes/no value", type(None): "empty value"}
    return names.get(type(value), "number")


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return f"a {kind_of(value)}" if value else f"an empty {kind_of(value)}"
    if isinstance(value, date):
        return value.isoformat()
    text = repr(value) if not isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:77] + "..."


def messages(
    error: ValidationError, data: Any, place: Callable[[Path_], str], root: type[BaseModel] = Study
) -> list[str]:
    """Return one line for each fault: its place, its key, what came, and what was expected.

    Parameters
    ----------
    error
        What pydantic found.
    data
        The plain data that it read.
    place
        Gives file, line and column of a path of keys.
    root
        Model of the whole file.
    """
    lines: dict[str, None] = {}
    every = error.errors(include_url=False)
    for fault in every:
        # A list whose entries all failed also counts as too short: say only why they failed.
        if fault["type"] == "too_short" and any(
            e is not fault and e["loc"][: len(fault["loc"])] == fault["loc"] for e in every
        ):
            continue
        where, names = _locate(fault["loc"], data)
        across = fault.get("ctx", {}).get("error")
        if isinstance(across, PlacedFaults):
            for inner, text in across.faults:
                lines[f"{place((*where, *inner))}: {dotted((*where, *inner))}: {text}"] = None
            continue
        if fault["type"] == "value_error":
            names = where  # whatever stands last is the tag of a union
        lines[f"{place(where)}: {dotted(names)}: {_explain(fault, names, data, root)}"] = None
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
        return [m for a in inner for m in _models(a, value)]
    return []


def _owner(where: Path_, data: Any, root: type[BaseModel]) -> tuple[type[BaseModel] | None, FieldInfo | None]:
    """Return the model that owns the last key of a path, and the field if it has one."""
    model: type[BaseModel] | None = root
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


def _explain(fault: Any, where: Path_, data: Any, root: type[BaseModel]) -> str:
    kind, context = fault["type"], fault.get("ctx", {})
    model, info = _owner(where, data, root)
    value = fault["input"]
    if kind == "extra_forbidden":
        known = list(model.model_fields) if model is not None else []
        near = difflib.get_close_matches(str(where[-1]), known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"expected one of: {', '.join(known)}"
        return f"unknown key; {hint}"
    if kind == "missing":
        described = descriptions(model).get(str(where[-1])) if model is not None else None
        return f"missing ({described})" if described else "missing"
    if kind == "value_error":
        return str(context.get("error", fault["msg"]))
    several = info is not None and len(_models(info.annotation, None)) > 1
    if kind == "union_tag_not_found" or (kind.startswith("model_") and several):
        kinds = _tags(context, info)
        number = "a number, or " if _may_be_number(info) else ""
        hint = _percent(value) if number else ""
        return f"got {_shown(value)}; expected {number}a mapping with kind: one of {kinds}{hint}"
    if kind == "union_tag_invalid":
        tags = str(context["expected_tags"]).replace("'", "").split(", ")
        near = difflib.get_close_matches(str(context["tag"]), tags, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return f"got kind {context['tag']!r}; expected one of: {', '.join(tags)}{hint}"
    return f"got {_shown(value)}; expected {_expected(kind, context, fault, value)}{_unit(info)}"


def _may_be_number(info: FieldInfo | None) -> bool:
    """Return whether a field takes a plain number beside its kinds: one of these stands for a certain amount."""
    models = _models(info.annotation, None) if info is not None else []
    return any("value" in m.model_fields and "kind" in m.model_fields for m in models)


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


def _percent(value: Any) -> str:
    """Return how a number written as text for the eye is to be written, if it is one."""
    if isinstance(value, str):
        text = value.strip().replace(",", "")
        share = text.endswith("%")
        try:
            number = float(text.removesuffix("%"))
        except ValueError:
            return ""
        return f"; write {number / 100 if share else number:.12g}"
    return ""


def _expected(kind: str, context: Any, fault: Any, value: Any) -> str:
    if kind.startswith(("float", "int", "decimal")):
        what = "a whole number" if kind.startswith("int") else "a number"
        return what + _percent(value)
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
        "too_short": "{min_length} or more entries",
        "too_long": "at most {max_length} entries",
        "literal_error": "one of {expected}",
        "string_pattern_mismatch": "three capital letters such as CNY"
        if "A-Z]{3}" in str(context)
        else "text of the form {pattern}",
        "string_unicode": "text that can be written in UTF-8",
        "string_too_short": "some text",
        "string_too_long": "at most {max_length} characters",
        "path_type": "a file name",
    }
    if kind.startswith("date"):
        return "a date such as 2026-06-30"
    return words[kind].format(**context) if kind in words else str(fault["msg"])
