"""Mutations of the keys and values of a YAML file by its JSON Schema."""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.fuzz.base import dumped, loaded
from tests.fuzz.schema_values import (
    POOL,
    WEIRD,
    Key,
    Schema,
    _branch_for,
    _branches,
    _texts,
    value_of,
)

__all__ = ["WEIRD", "any_setting", "mutated_data", "schema_of"]


@functools.cache
def schema_of(name: str) -> tuple[Schema, Schema]:
    """Return the schema of a sound file and the definitions that it refers to."""
    from npl_sim.securitization.pool_flows import FlowRecipe
    from npl_sim.study.contract_file import channel_schema
    from npl_sim.study.deal_file import deal_schema
    from npl_sim.study.schema import schema

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
