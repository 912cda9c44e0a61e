"""Validation messages for the user, from the errors of pydantic."""

from __future__ import annotations

import difflib
import math
import types
import typing
from collections.abc import Callable, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from npl_sim.core.errors import LONGEST_VALUE, PlacedErrors, escaped, quoted, shortened
from npl_sim.core.fields import descriptions
from npl_sim.core.on_demand import model_in
from npl_sim.study.number_formats import advice, bounds

Path_ = tuple[str | int, ...]

MOST_EXPLAINED = 200
"""Errors of a file that are explained in full; finding the nearest known key of each takes
time."""

_SHORT = {"extra_forbidden": "unknown key", "missing": "missing"}


def dotted(where: Path_) -> str:
    """Return a path of keys as text, each key shortened and without control characters."""
    return ".".join(escaped(shortened(str(w))) for w in where) or "study"


def kind_of(value: Any) -> str:
    """Return what a value of a file is called."""
    names = {
        dict: "mapping",
        list: "list",
        str: "text",
        bool: "yes/no value",
        type(None): "empty value",
    }
    return names.get(type(value), "number")


def messages(
    error: ValidationError, data: Any, place: Callable[[Path_], str], root: type[BaseModel]
) -> list[str]:
    """Return one line for each error: place, key, value, and what was expected.

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
    inside = {fault["loc"][:n] for fault in every for n in range(len(fault["loc"]))}
    for fault in every:
        # A list whose entries all failed also counts as too short: say only why they failed.
        if fault["type"] == "too_short" and fault["loc"] in inside:
            continue
        where, names = _locate(fault["loc"], data)
        if len(lines) >= MOST_EXPLAINED:
            lines[f"{place(where)}: {dotted(names)}: {_SHORT.get(fault['type'], 'not valid')}"] = (
                None
            )
            continue
        across = fault.get("ctx", {}).get("error")
        if isinstance(across, PlacedErrors):
            for issue in across.errors:
                path = (*where, *issue.path)
                lines[f"{place(path)}: {dotted(path)}: {issue.message}"] = None
            continue
        if fault["type"] == "value_error":
            names = where  # the last part is the tag of a union
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
    model = model_in(annotation)
    if model is not None:
        return [model]
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _models(inner[0], value)
    if origin in (typing.Union, types.UnionType):
        found = [m for a in inner for m in _models(a, value)]
        kind = value.get("kind") if isinstance(value, dict) else None
        named = [
            m
            for m in found
            if "kind" in m.model_fields
            and kind in typing.get_args(m.model_fields["kind"].annotation)
        ]
        return named or found
    if origin in (tuple, list, dict):
        return [m for a in inner for m in _models(a, value)]
    return []


def _owner(
    where: Path_, data: Any, root: type[BaseModel]
) -> tuple[type[BaseModel] | None, FieldInfo | None]:
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


def _nearest(name: str, known: Sequence[str]) -> list[str]:
    """Return the known name most similar to a name, as a list of at most one."""
    return difflib.get_close_matches(name, known, n=1) if len(name) <= LONGEST_VALUE else []


def _explain(fault: Any, where: Path_, data: Any, root: type[BaseModel]) -> str:
    kind, context = fault["type"], fault.get("ctx", {})
    model, info = _owner(where, data, root)
    value = fault["input"]
    if kind == "extra_forbidden":
        known = list(model.model_fields) if model is not None else []
        near = _nearest(str(where[-1]), known)
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
        hint = advice(value) if number else ""
        return f"got {quoted(value)}; expected {number}a mapping with kind: one of {kinds}{hint}"
    if kind == "union_tag_invalid":
        tags = str(context["expected_tags"]).replace("'", "").split(", ")
        near = _nearest(str(context["tag"]), tags)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        tag = shortened(str(context["tag"]))
        return f"got kind {tag!r}; expected one of: {', '.join(tags)}{hint}"
    hint = _comma(kind, where, data, info)
    return f"got {quoted(value)}; expected {_expected(fault, value, info)}{_unit(info)}{hint}"


def _comma(kind: str, where: Path_, data: Any, info: FieldInfo | None) -> str:
    """Return advice on a decimal comma that made two list entries, such as 0,12."""
    if kind not in ("less_than_equal", "less_than") or not where or not isinstance(where[-1], int):
        return ""
    at = data
    for part in where[:-1]:
        at = at[part]
    before, value = (at[where[-1] - 1] if where[-1] else None), at[where[-1]]
    if type(before) is not int or type(value) is not int or value < 0:
        return ""
    low, high = bounds(info)
    joined = f"{before}.{value}"
    fits = 0 <= before <= 9 and low <= float(joined) <= high
    return (
        "; a comma separates the entries of a list: write a decimal number with a point, such "
        f"as {joined}"
        if fits
        else ""
    )


def _may_be_number(info: FieldInfo | None) -> bool:
    """Return whether a field accepts a plain number in place of a mapping with a kind."""
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


def _expected(fault: Any, value: Any, info: FieldInfo | None) -> str:
    kind, context = fault["type"], fault.get("ctx", {})
    if kind.startswith(("float", "int", "decimal")):
        whole = kind.startswith("int")
        return ("a whole number" if whole else "a number") + advice(value, info, whole)
    patterns = {
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
    text = patterns[kind].format(**context) if kind in patterns else str(fault["msg"])
    if kind.startswith("less_than") and isinstance(value, int | float):
        limit = float(context.get("le", context.get("lt", math.inf)))
        if limit <= 1.0 and value / 100.0 <= limit:
            text += f": write {value / 100.0:g} for {value:g} %"
    return text
