"""Values that a JSON Schema allows, and odd ones, for a key of a YAML file."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from random import Random
from typing import Any

POOL = " texts of the file"
"""Key among the definitions of a schema of the texts of a file, so that drawn references exist."""


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
