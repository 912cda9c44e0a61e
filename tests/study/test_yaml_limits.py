"""YAML that is deep, wide or large is refused or read in bounded time, whatever it holds."""

from __future__ import annotations

import time

import pytest

from npl_sim.core.errors import StudyError
from npl_sim.study.loader import load_study
from npl_sim.study.messages import MOST_EXPLAINED
from npl_sim.study.overrides import override, parse_settings
from npl_sim.study.yaml_limits import MOST_BYTES, MOST_LEVELS, MOST_VALUES
from npl_sim.study.yaml_places import Source
from npl_sim.study.yaml_source import plain_data, read, tree_of
from npl_sim.study.yaml_tree import parsed

MOST_SECONDS = 5.0
"""Of this process: another at work on the machine does not count."""


def merges(keys, uses):
    return "a: &a\n" + "".join(f"  k{i}: 1\n" for i in range(keys)) + "b:\n" + "- <<: *a\n" * uses


REFUSED = {
    "brackets": ("[" * 50_000, "nested too deeply"),
    "braces": ("{" * 50_000, "nested too deeply"),
    "keys in keys": ("{a: " * 12_500, "nested too deeply"),
    "dashes": ("- " * 25_000, "nested too deeply"),
    "question marks": ("? " * 25_000, "nested too deeply"),
    "colons": (": " * 25_000, "nested too deeply"),
    "brackets in lines": ("[\n" * 25_000, "nested too deeply"),
    "indented": ("".join(" " * i + "a:\n" for i in range(400)), "nested too deeply"),
    "wide mapping": ("".join(f"k{i}: 1\n" for i in range(60_000)), "values, keys included"),
    "wide list": ("a: [" + "1," * 60_000 + "]", "values, keys included"),
    "one merge key many times": (merges(2_000, 2_000), "aliases count once for each use"),
    "chain of merge keys": (
        "a0: &a0 {x: 1}\n"
        + "".join(f"a{i}: &a{i} {{<<: *a{i - 1}, k{i}: 1}}\n" for i in range(1, 3_000)),
        "aliases count once for each use",
    ),
    "one list many times": (
        "a: &a [" + "1," * 1_000 + "]\nb: [" + "*a," * 1_000 + "]",
        "aliases count",
    ),
    "bomb": (
        "a: &a [1,1,1,1,1,1,1,1,1]\n"
        + "".join(
            f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n"
            for i in range(20)
        ),
        "aliases count",
    ),
    "alias inside itself": ("a: &a [*a]", "alias inside its own anchor"),
    "merge key inside itself": ("a: &a\n  <<: *a\n", "alias inside its own anchor"),
    "number without end": ("a: " + "9" * 900_000, "cannot be read"),
    "alias without end": ("*" * 900_000, "undefined alias"),
    "documents": ("---\n" * 200_000, "single document"),
    "directives": ("%FOO x\n" * 90_000, "expected valid YAML"),
}

READ = {
    "long scalar": "a: " + "x" * 900_000,
    "long folded text": "a:\n" + "  x\n" * 200_000,
    "long quoted text": 'a: "' + "\\n" * 400_000 + '"',
    "comments": "#\n" * 400_000 + "a: 1",
    "blank lines": "a: 1\n" + "\n" * 900_000 + "b: 2\n",
    "long key": "? " + "k" * 900_000 + "\n: 1\n",
    "tags": "".join(f"- !a{i} 1\n" for i in range(10_000)),
    "many aliases": "a: &a 1\nb: [" + "*a," * 20_000 + "]",
}


def seconds(work):
    began = time.process_time()
    work()
    return time.process_time() - began


@pytest.mark.parametrize(("text", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_exceeds_a_limit_is_refused_soon(text, reason):
    def work():
        with pytest.raises(StudyError, match=reason) as found:
            tree_of(text, "x.yaml")
        assert len(str(found.value)) < 500 and str(found.value).startswith("x.yaml:")

    assert seconds(work) < MOST_SECONDS


@pytest.mark.parametrize("text", READ.values(), ids=READ)
def test_what_is_long_is_read_soon(text):
    assert seconds(lambda: plain_data(tree_of(text, "x"), (), "x", Source())) < MOST_SECONDS


def test_the_limits_are_the_last_that_are_read():
    """One more level or value is refused; a list of n values counts n and itself."""
    parsed("[" * MOST_LEVELS + "]" * MOST_LEVELS, "x")
    with pytest.raises(StudyError, match=f"x:1:{MOST_LEVELS + 1}: nested too deeply"):
        parsed("[" * (MOST_LEVELS + 1) + "]" * (MOST_LEVELS + 1), "x")
    whole = "[" + "1," * (MOST_VALUES - 1) + "]"
    assert len(parsed(whole, "x")) == MOST_VALUES - 1
    with pytest.raises(StudyError, match=f"more than {MOST_VALUES:,} values"):
        parsed("[1," + whole[1:], "x")


def test_values_count_once_for_each_use():
    """A list of k values used n times counts n (k + 1), with two keys, two lists and the first
    use."""
    k, n = 99, (MOST_VALUES - 5 - 100) // 100
    text = "a: &a [" + "1," * k + "]\nb: [" + "*a," * n + "{}]"
    free = MOST_VALUES - (5 - 1) - (k + 1) * (n + 1)
    assert free >= 0
    parsed(text.format("1," * free), "x")
    with pytest.raises(StudyError, match="aliases count once for each use"):
        parsed(text.format("1," * (free + 1)), "x")


def test_a_file_larger_than_the_limit_is_not_parsed(tmp_path):
    path = tmp_path / "wide.yaml"
    path.write_text("name: x\n" + "".join(f"k{i}: {i}\n" for i in range(300_000)))
    with pytest.raises(
        StudyError, match=f"bytes; expected a study .* at most {MOST_BYTES:,} bytes"
    ):
        load_study(path)


def test_a_study_of_many_policies_is_read(tmp_path):
    """Size of the largest study that a person may write by hand or by a script: 250 policies."""
    policy = (
        "- {name: p%d, applies_to: {products: [p%d]}, collection: {months: 6, contact_methods: "
        "[{method: call, contacts_per_month: 6}]}}\n"
    )
    path = tmp_path / "study.yaml"
    path.write_text("policies:\n" + "".join(policy % (i, i) for i in range(2_000)))
    assert len(read(path, (), Source())["policies"]) == 2_000


def test_thousands_of_errors_are_reported_soon(tmp_path):
    """Each is named; the first are explained."""
    path = tmp_path / "study.yaml"
    path.write_text("name: x\n" + "".join(f"k{i}: {i}\n" for i in range(20_000)))
    found = []

    def work():
        with pytest.raises(StudyError) as error:
            load_study(path)
        found.extend(error.value.errors)

    assert seconds(work) < MOST_SECONDS
    assert len(found) >= 20_000
    assert sum(": unknown key" in line for line in found) == 20_000
    assert (
        sum("expected one of" in line or "did you mean" in line for line in found)
        <= MOST_EXPLAINED
    )
    assert all("unknown key" in line or "missing" in line for line in found)


def test_lists_whose_entries_all_fail_are_reported_once(tmp_path):
    """To find them takes time in proportion to the faults, not to their square."""
    path = tmp_path / "study.yaml"
    path.write_text(
        "name: x\npolicies:\n"
        + "- {nmae: 1, applies_to: {prod: [1]}, collection: {months: x}}\n" * 3_000
    )

    def work():
        with pytest.raises(StudyError, match="policies.0.nmae: unknown key; did you mean 'name'"):
            load_study(path)

    assert seconds(work) < MOST_SECONDS


def test_an_override_below_too_many_levels_is_refused():
    key = ".".join("a" * (MOST_LEVELS + 1))
    with pytest.raises(
        StudyError, match=f"{MOST_LEVELS + 1} levels; expected at most {MOST_LEVELS}"
    ):
        override({}, key, 1, Source())
    data = {}
    override(data, key[2:], 1, Source())
    assert "a" in data
    with pytest.raises(StudyError, match="levels; expected at most"):
        override({}, ".".join("a" * 200_000), 1, Source())


def test_many_overrides_of_a_large_study_take_no_square_of_time():
    count = 4_000
    data = {f"k{i}": i for i in range(count)}
    source = Source(places={(key,): f"x:{i}:1" for i, key in enumerate(data)})

    def work():
        for key in list(data):
            override(data, key, 0, source)

    assert seconds(work) < 2.0
    assert set(source.places.values()) == {"override"} and not any(data.values())


def test_an_override_of_a_mapping_forgets_the_places_below_it():
    source = Source(places={("a",): "x:1:1", ("a", "b"): "x:2:3", ("ab",): "x:3:1"})
    override({"a": {"b": 1}, "ab": 2}, "a", {"b": 2}, source)
    assert source.places == {("a",): "override", ("ab",): "x:3:1"}


def test_a_value_of_an_option_is_bounded_too():
    with pytest.raises(StudyError, match="is not valid YAML"):
        parse_settings(["a=" + "[" * 10_000])


def test_anchors_of_one_name_are_refused_soon():
    def refused():
        with pytest.raises(StudyError, match="x:2:3: duplicate anchor"):
            parsed("- &a 1\n" * 10_000, "x")

    assert seconds(refused) < 5.0
