"""The C parser reads the same values, at the same places, as the parser of the full language."""

from __future__ import annotations

import math
import random
from importlib.resources import files
from pathlib import Path

import pytest

from npl_sim.core.errors import StudyError
from npl_sim.core.quick_yaml import UnsureError, compose, data_of
from npl_sim.resources import read_resource
from npl_sim.study.yaml_places import Source
from npl_sim.study.yaml_source import plain_data, tree_of
from npl_sim.study.yaml_tree import parsed, plain
from tests.builders.shipped import RESOURCES as RESOURCES_FOLDER

ROOT = Path(__file__).parents[2]
SHIPPED = sorted([*(ROOT / "configs").rglob("*.yaml"), *RESOURCES_FOLDER.glob("*/**/*.yaml")])
RESOURCES = sorted(
    p.name for p in files("npl_sim.resources").iterdir() if p.name.endswith(".yaml")
)

SCALARS = (ROOT / "tests/study/yaml_scalars.txt").read_text(encoding="utf-8").split("\n")
SPECIAL = [
    "a b c",
    "a  b",
    "- a",
    "a: b",
    "[1, 2]",
    "{a: 1}",
    "[a: 1]",
    "{a:1}",
    "[a:1]",
    '{"a":1}',
    "{a, b: 2}",
    "[]",
    "{}",
    "[1,]",
    "[,1]",
    "{a: }",
    "[a, ]",
    "&x 1",
    "*x",
    "&x [1]",
    "&x {a: 1}",
    "!!str 1",
    "! 1",
    "|\n  a\n  b",
    ">\n  a\n  b",
    "|-\n  a",
    ">-\n  a\n\n  b",
    "|+\n  a\n\n",
    "a\n  b",
    "'a\n  b'",
    '"a\n  b"',
    "a # c",
    "a #",
    "# c",
    "\t1",
    "1\t",
    "?",
    "",
    "a\r",
    "http://x.y/z?a=b",
    "12 %",
    "a, b",
    "1 2",
    "1: 2",
    "<<: *x",
    "\ufeff",
    "\u2028",
    "\x07",
    "a\x85b",
    "a: b: c",
]


def scalar(rng):
    return rng.choice(SCALARS if rng.random() < 0.7 else SPECIAL)


def flow(rng, depth):
    if depth == 0 or rng.random() < 0.4:
        return scalar(rng).replace("\n", " ")
    inner = [flow(rng, depth - 1) for _ in range(rng.randrange(4))]
    if rng.random() < 0.5:
        return "[" + rng.choice([", ", ","]).join(inner) + rng.choice(["", ",", " "]) + "]"
    pairs = [f"{scalar(rng)}{rng.choice([': ', ': ', ':'])}{value}" for value in inner]
    return "{" + ", ".join(pairs) + "}"


def block(rng, depth, indent=""):
    """Return lines of a random mapping or list in block style."""
    lines, step = [], indent + rng.choice(["  ", "  ", " ", "    "])
    listed = rng.random() < 0.4
    for i in range(rng.randrange(1, 5)):
        key = "-" if listed else rng.choice([f"k{i}", f"k{i}", f"k{i}", scalar(rng)]) + ":"
        if depth and rng.random() < 0.4:
            anchor = rng.choice(["", "", "", " &x", " !t"])
            lines += [indent + key + anchor, *block(rng, depth - 1, step)]
        else:
            value = scalar(rng) if rng.random() < 0.6 else flow(rng, 2)
            lines += [indent + key + " " + value.replace("\n", "\n" + step)]
        if rng.random() < 0.1:
            lines.append(rng.choice(["", indent + "# note", "#", "   ", "---", "..."]))
    return lines


def mutated(rng, text):
    """Return a part of a shipped file with a few characters and lines changed."""
    lines = text.splitlines()
    first = rng.randrange(len(lines))
    lines = lines[first : first + rng.randrange(1, 40)]
    for _ in range(rng.randrange(4)):
        i = rng.randrange(len(lines))
        kind, line = rng.randrange(5), lines[i]
        at = rng.randrange(len(line) + 1)
        if kind == 0:
            lines[i] = line[:at] + rng.choice(" :-[]{},#'\"&*!|>%@`\t0\\") + line[at:]
        elif kind == 1:
            lines[i] = line[:at] + line[at + 1 :]
        elif kind == 2:
            lines[i] = line + " " + scalar(rng)
        elif kind == 3:
            lines[i] = " " * rng.randrange(3) + line
        else:
            lines.insert(i, line)
    return "\n".join(lines) + rng.choice(["\n", ""])


def texts(seed, count):
    rng = random.Random(seed)
    shipped = [path.read_text(encoding="utf-8") for path in SHIPPED]
    for _ in range(count):
        yield (
            "\n".join(block(rng, 3)) + "\n"
            if rng.random() < 0.6
            else mutated(rng, rng.choice(shipped))
        )


def read_in_full(text):
    source = Source(files=[Path("f")])
    return plain(parsed(text, "f"), ("at",), "f", source, [0]), source.places


def exact(value):
    """Return a value with its types, so that 1, 1.0 and true differ, and so do 0.0 and -0.0."""
    if isinstance(value, dict):
        return {key: exact(inner) for key, inner in value.items()}, list(value)
    if isinstance(value, list):
        return [exact(inner) for inner in value]
    return type(value), value, math.copysign(1.0, value) if isinstance(value, float) else 0


def check(text):
    """Return whether the C parser read a text; assert that the full parser reads the same."""
    try:
        tree = compose(text)
    except UnsureError:
        return False
    source = Source(files=[Path("f")])
    data = plain_data(tree, ("at",), "f", source)
    try:
        expected, places = read_in_full(text)
    except StudyError as error:
        raise AssertionError(f"only the C parser reads {text!r}") from error
    assert exact(data) == exact(expected), text
    assert source.places == places, text
    return True


@pytest.mark.parametrize("seed", range(4))
def test_random_texts(seed):
    read = [check(text) for text in texts(seed, 250)]
    assert sum(read) > 25


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.name)
def test_shipped_files_are_read_by_the_c_parser(path):
    assert check(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", RESOURCES)
def test_resources_hold_the_same_data_in_both_parsers(name):
    from ruamel.yaml import YAML

    text = files("npl_sim.resources").joinpath(name).read_text(encoding="utf-8")
    expected = YAML(typ="safe").load(text)
    assert exact(data_of(compose(text, dates=True))) == exact(expected)
    assert exact(read_resource(name)) == exact(expected)


UNSURE = {
    "tag": "a: !!str 1",
    "merge key": "a: &a {x: 1}\nb: {<<: *a}",
    "anchor on a scalar": "a: &a 1\nb: *a",
    "anchor twice": "a: &a [1]\nb: &a [2]",
    "duplicate key": "a: 1\na: 2",
    "key of truth": "true: 1",
    "octal": "a: 0o17",
    "old octal": "a: 017",
    "thousands": "a: 1_000",
    "base 60": "a: 1:30",
    "endless": "a: .inf",
    "time": "a: 2026-06-30T10:00:00",
    "two documents": "a: 1\n---\nb: 2",
    "directive": "%YAML 1.1\n---\na: yes",
    "escape": 'a: "\\x41"',
    "colon inside brackets": "[a:1]",
    "tab": "a:\t1",
    "next line": "a: b\x85c",
    "fault": "a: [1",
    "deep": "[" * 55 + "]" * 55,
    "wide": "[" + "1," * 45_000 + "]",
    "bomb": "a: &a [1,1,1,1,1,1,1,1,1]\n"
    + "".join(f"b{i}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(20)),
    "nothing": "",
}


@pytest.mark.parametrize("text", UNSURE.values(), ids=UNSURE)
def test_what_the_parsers_read_differently_is_left_to_the_full_parser(text):
    with pytest.raises(UnsureError):
        compose(text)


def test_a_list_used_twice_is_read_at_the_place_where_it_stands():
    assert check("a: &a [1, {b: 2}]\nc: *a\nd: [*a, 3]\n")


def test_without_the_c_parser_the_full_parser_reads_everything(monkeypatch):
    monkeypatch.setattr("npl_sim.core.quick_yaml.CParser", None)
    tree = tree_of("a: [1, x]", "f")
    assert plain_data(tree, (), "f", Source(files=[Path("f")])) == {"a": [1, "x"]}
    assert read_resource("published_ranges.yaml")["ranges"]
