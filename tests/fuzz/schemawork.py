"""Mutations of the keys and values of a YAML file by its JSON Schema."""

from __future__ import annotations

import copy
import functools
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from tests.fuzz.base import dumped, loaded

__all__ = ["WEIRD", "any_setting", "mutated_data", "schema_of"]

POOL = " texts of the file"
"""Key among the definitions of a schema under which the texts of a file lie, so that references
are met."""

Schema = dict[str, Any]
Key = str | int

WEIRD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 0.5, 1e-300, 1e-12, 1e300, -1e300, float("nan"), float("inf"),
    float("-inf"), 10**30, -(10**30), 2**63, "", " ", "x", "null", "nan", "1e400",
    "1,5", "12%", "１２", "x" * 300, "x" * 7000, "\x1b[31mred", "\x07", "\x00", "\u202e", "\u2028",
    "a\nb", "../../x", "/", "/dev/null", "loans.csv", "study.yaml", ".", "=1+1", "*", "%s", "$x_{",
    "\\frac{", "<b>&amp;", "💰 مرحبا", "ﬁ\u0301", "{x}", "[red]x[/red]", "{{ x }}",
    "2026-06-30", "9999-12-31", date(1, 1, 1), date(2026, 6, 30), date(9999, 12, 31), [], {}, [[]],
    [None], [1, "a"], [0.5, 0.5, 0.5], {"a": 1}, {"kind": "x"}, {"kind": None}, {1: 2}, [{}],
    ["x"] * 50, {"kind": "lognormal", "mean": 1, "sd": 1}, {"kind": "empirical", "values": []},
    {"kind": "beta", "mean": 1, "sd": 0}, "zlib", "utf-16", "idna", 999999999, 1e9, 1e15,
    0.999999999,
)  # fmt: skip
"""Values of every type that a key does not expect."""


@functools.cache
def schema_of(name: str) -> tuple[Schema, Schema]:
    """Return the schema of a sound file and the definitions that it refers to."""
    from npl_sim.securitization.pool_flows import FlowRecipe
    from npl_sim.study.contract_file import channel_schema
    from npl_sim.study.deal_file import deal_schema
    from npl_sim.study.loader import schema

    if name in ("legal.yaml", "market.yaml"):
        defs = schema()["$defs"]
        return defs["LegalRegime" if name == "legal.yaml" else "Market"], defs
    if name in ("study.yaml", "inline.yaml"):
        whole = schema()
    elif name == "deal.yaml":
        whole = deal_schema()
    elif name == "recipe.yaml":
        whole = FlowRecipe.model_json_schema()
    else:
        whole = channel_schema()
    return whole, whole.get("$defs", {})


def _texts(data: Any) -> Iterator[str]:
    """Yield every text among the values of data."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict | list):
        for below in data.values() if isinstance(data, dict) else data:
            yield from _texts(below)


def _resolved(schema: Schema, defs: Schema) -> Schema:
    for _ in range(9):
        if "$ref" not in schema:
            break
        schema = defs.get(schema["$ref"].rsplit("/", 1)[-1], {})
    return schema


def _branches(schema: Schema, defs: Schema) -> list[Schema]:
    """Return the alternatives of a schema, one where there are none."""
    schema = _resolved(schema, defs)
    found = schema.get("anyOf") or schema.get("oneOf")
    if not found:
        return [schema]
    return [branch for each in found for branch in _branches(each, defs)]


def _branch_for(data: Any, schema: Schema, defs: Schema) -> Schema:
    """Return the alternative that data seem to follow."""
    branches = _branches(schema, defs)
    wanted = "object" if isinstance(data, dict) else "array" if isinstance(data, list) else ""
    fitting = [b for b in branches if b.get("type") == wanted] or branches
    if isinstance(data, dict) and "kind" in data:
        for branch in fitting:
            kind = branch.get("properties", {}).get("kind", {})
            if data["kind"] in (kind.get("const"), *kind.get("enum", ())):
                return branch
    if isinstance(data, dict):
        return max(fitting, key=lambda b: len(set(b.get("properties", {})) & set(data)))
    return fitting[0]


def value_of(schema: Schema, defs: Schema, random: Random, depth: int = 0) -> Any:
    """Return a random value that a schema allows, or nearly so."""
    branch = random.choice(_branches(schema, defs))
    if "const" in branch:
        return branch["const"]
    if "enum" in branch:
        return random.choice(branch["enum"])
    kind = branch.get("type")
    if kind in ("number", "integer"):
        return _number(branch, random, kind == "integer")
    if kind == "boolean":
        return random.random() < 0.5
    if kind == "array":
        size = 0 if depth > 5 else random.choice((0, 1, 1, 2, 3))
        size = max(size, branch.get("minItems", 0))
        items = branch.get("prefixItems") or [branch.get("items", {})] * size
        return [value_of(each, defs, random, depth + 1) for each in items]
    if kind == "object":
        return _object(branch, defs, random, depth)
    if kind == "null":
        return None
    if branch.get("format") == "date":
        return random.choice(
            (date(2020, 2, 29), date(2026, 6, 30), date(2040, 1, 1), date(1, 1, 1), "2026-06-31")
        )
    if kind == "string":
        return random.choice(
            (
                "CNY",
                "EUR",
                "CN",
                "x",
                "senior",
                "default",
                "mortgage",
                "east",
                "*",
                "deal.yaml",
                "loans.csv",
                "reserve",
                "2026-06-30",
            )
        )
    return random.choice(WEIRD)


def _number(schema: Schema, random: Random, whole: bool) -> float | int:
    """Return a number at, near, between or, one time in three, beyond the bounds of a schema."""
    if random.random() < 0.66:
        return _sound_number(schema, random, whole)
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    if whole:
        low, high = int(low or 0), int(min(high or 40, 10_000))
        return random.choice(
            (low, high, low - 1, high + 1, low + 1, random.randint(low, max(low, min(high, 40))))
        )
    low, high = float(low or 0.0), float(1e6 if high is None else high)
    near = (
        low,
        high,
        low + 1e-12,
        high - 1e-9 * abs(high),
        low - 1e-9,
        high * (1 + 1e-9),
        (low + high) / 2,
    )
    return random.choice(
        (*near, random.uniform(low, min(high, low + 1.0)), 1e-300, -0.0, 1.0, 0.0)
    )


def _sound_number(schema: Schema, random: Random, whole: bool) -> float | int:
    """Return a number within the bounds of a schema, often at the very edge."""
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if whole:
        first = int(low if low is not None else (above or 0) + 1)
        last = int(high if high is not None else (below or 40) - 1)
        return random.choice(
            (first, min(last, 5000), random.randint(first, max(first, min(last, 40))))
        )
    first = (
        low if low is not None else -math.inf if above is None else math.nextafter(above, math.inf)
    )
    last = (
        high
        if high is not None
        else math.inf
        if below is None
        else math.nextafter(below, -math.inf)
    )
    first, last = (
        (-1e9 if math.isinf(first) else float(first)),
        (1e9 if math.isinf(last) else float(last)),
    )
    inside = random.uniform(first, min(last, first + 1.0))
    few = (x for x in (0.0, 1.0, 1e-9, 0.5, 1.0 - 1e-12, 12.0) if first <= x <= last)
    return random.choice((first, last, inside, inside, *few))


def _object(schema: Schema, defs: Schema, random: Random, depth: int) -> dict[Any, Any]:
    known = schema.get("properties", {})
    names = list(schema.get("required", ()))
    if depth < 4:
        names += [n for n in known if n not in names and random.random() < 0.25]
    found = {n: value_of(known.get(n, {}), defs, random, depth + 1) for n in names}
    extra = schema.get("additionalProperties")
    if isinstance(extra, dict) and extra:
        found[random.choice(("default", "mortgage", "credit_card", "x"))] = value_of(
            extra, defs, random, depth + 1
        )
    return found


@dataclass(frozen=True)
class _Place:
    """A value inside data: what holds it, its key, its schema, and its path."""

    holder: Any
    key: Key
    schema: Schema
    path: tuple[Key, ...]


def _places(
    data: Any, schema: Schema, defs: Schema, path: tuple[Key, ...] = ()
) -> Iterator[_Place]:
    branch = _branch_for(data, schema, defs)
    pairs: list[tuple[Key, Any, Schema]] = []
    if isinstance(data, dict):
        known, extra = branch.get("properties", {}), branch.get("additionalProperties")
        rest = extra if isinstance(extra, dict) else {}
        pairs = [(k, v, known.get(k, rest)) for k, v in data.items()]
    elif isinstance(data, list):
        pairs = [(i, v, branch.get("items", {}) or {}) for i, v in enumerate(data)]
    for key, value, below in pairs:
        yield _Place(data, key, below, (*path, key))
        yield from _places(value, below, defs, (*path, key))


def mutated_data(name: str, content: bytes, random: Random) -> bytes:
    """Return a YAML file with one to a few mutations of its keys and values."""
    schema, defs = schema_of(name)
    data = copy.deepcopy(loaded(content))
    defs = {**defs, POOL: sorted(set(_texts(data)))}
    for _ in range(random.choice((1, 1, 1, 2, 3, 5))):
        if not isinstance(data, dict) or not data:
            break
        _mutate(data, schema, defs, random)
    return dumped(data)


def _mutate(data: Any, schema: Schema, defs: Schema, random: Random) -> None:
    places = list(_places(data, schema, defs))
    # Every top section has the same odds, however many keys it holds.
    top = random.choice(list(data))
    place = random.choice([p for p in places if p.path[0] == top])
    holder, key = place.holder, place.key
    kind = random.randrange(12) if random.random() < 0.5 else random.choice((3, 4, 5, 7, 8, 8, 10))
    value = holder[key]
    if kind <= 2:
        holder[key] = copy.deepcopy(random.choice(WEIRD))
    elif kind <= 5:
        holder[key] = value_of(place.schema, defs, random)
    elif kind == 6:
        del holder[key]
    elif kind == 7 and isinstance(value, int | float) and not isinstance(value, bool):
        holder[key] = value * random.choice((-1, 0, 10, 0.1, 1e3, 1e6, 1e-6, 1 + 1e-9))
    elif kind == 8 and isinstance(value, dict):
        below = _branch_for(value, place.schema, defs).get("properties", {})
        if below:
            new = random.choice(list(below))
            value[new] = value_of(below[new], defs, random)
    elif kind == 8 and isinstance(value, list) and value:
        value.insert(random.randrange(len(value) + 1), copy.deepcopy(random.choice(value)))
    elif kind == 9 and isinstance(holder, dict):
        old = str(key)
        holder[
            random.choice((old + "s", old.upper(), old[:-1], old + "\x1b", "x" * 6000, "", "<<"))
        ] = holder.pop(key)
    elif kind == 10 and isinstance(holder, dict):
        below = _branch_for(holder, schema if holder is data else {}, defs).get("properties", {})
        new = random.choice(list(below)) if below else "x"
        holder[new] = value_of(below.get(new, {}), defs, random)
    else:
        holder[key] = random.choice(
            (
                [copy.deepcopy(value)],
                {"kind": copy.deepcopy(value)},
                str(value),
                {key: copy.deepcopy(value)},
            )
        )


def any_setting(name: str, content: bytes, random: Random) -> str:
    """Return words of ``--set``: a key that the file has or might have, and a value."""
    schema, defs = schema_of(name)
    places = list(_places(loaded(content), schema, defs))
    top = random.choice(list(schema["properties"]))
    below = [p for p in places if p.path[0] == top]
    if below and random.random() < 0.8:
        place = random.choice(below)
        path, sub = place.path, place.schema
    else:
        branch = random.choice(_branches(schema["properties"][top], defs))
        names = list(branch.get("properties", {}))
        path, sub = (top,), schema["properties"][top]
        if names and random.random() < 0.9:
            last = random.choice(names)
            path, sub = (top, last), branch["properties"][last]
    value = random.choice(WEIRD) if random.random() < 0.5 else value_of(sub, defs, random)
    text = json.dumps(value, default=str) if random.random() < 0.7 else str(value)
    key = ".".join(map(str, path))
    # A command line cannot hold a NUL or half a character.
    return f"{key}={text}".replace("\x00", "\\0").encode("utf-8", "replace").decode()
