"""What a message quotes is short and holds no control characters."""

from __future__ import annotations

import json

import pytest

from npl_sim.core.errors import (
    NplSimError,
    StudyError,
    TapeError,
    counted,
    escaped,
    quoted,
    shortened,
)

HOSTILE = [
    "\x1b[31m",
    "\x07",
    "\x9b31m",
    "\u202eabc",
    "a\rb",
    "\u200b",
    "\x00",
    "\u2028",
    "\ud800",
    "\x7f",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_control_and_invisible_characters_are_written_out(text):
    for made in (
        escaped(text),
        quoted(text),
        str(NplSimError(text)),
        str(StudyError([text])),
        StudyError([text]).errors[0],
    ):
        assert made.isprintable() and "\\" in made


def test_letters_of_all_scripts_and_line_breaks_of_a_message_stay():
    text = "工业用地 città\u3000\u00a0“x”"
    assert escaped(text) == text
    assert str(TapeError("a\nb\tc")) == "a\nb\\tc"
    assert StudyError(["a\nb", "c"]).errors == ("a\\nb", "c")


@pytest.mark.parametrize("length", [80, 81, 1_000_000])
def test_values_are_shortened(length):
    assert len(quoted("x" * length)) == 80 and quoted("x" * length).endswith("...")
    assert len(quoted("\x1b" * length)) <= 80
    assert len(str(NplSimError("y" * length))) <= 5_000
    assert shortened("z" * length, 100) == ("z" * length if length <= 100 else "z" * 97 + "...")


def test_values_are_shown_as_a_user_writes_them():
    shown = [quoted(v) for v in (None, True, 1.5, -3, "a", {}, {"a": 1}, [], [1], (1,))]
    assert shown == [
        "nothing",
        "true",
        "1.5",
        "-3",
        '"a"',
        "an empty mapping",
        "a mapping",
        "an empty list",
        "a list",
        "a list",
    ]
    assert json.loads(quoted('say "x"\\')) == 'say "x"\\'


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 loans"), (1, "1 loan"), (2, "2 loans"), (2400, "2,400 loans")]
)
def test_a_number_agrees_with_its_noun(number, text):
    assert counted(number, "loan") == text
