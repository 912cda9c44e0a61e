"""Faults of the words of a command line: short, without control characters, whatever the words."""

from __future__ import annotations

import pytest

LONG, ESCAPE = "x" * 9000, "\x1b[31m"


@pytest.mark.parametrize(
    "arguments",
    [
        (LONG,),
        ("price", LONG, LONG, LONG),
        ("price", "s.yaml", "--" + LONG),
        ("price", "s.yaml", "--seed", LONG),
        ("--" + LONG,),
        ("init", "t", "--synthetic", LONG),
        (ESCAPE,),
        ("price", *[ESCAPE] * 3),
        ("price", "s.yaml", "--" + ESCAPE),
        ("price", "s.yaml", "--seed", ESCAPE),
        ("--" + ESCAPE,),
        ("price", "s.yaml", "--\u202e"),
        ("deal", "run", "s.yaml", "--month-zero", ESCAPE),
        ("deal", "run", "s.yaml", "--month-zero", LONG),
    ],
)
def test_errors_of_arguments(command, arguments):
    code, out, err = command(*arguments)
    assert code == 2 and out == ""
    assert max(map(len, err.split("\n"))) < 1100 and all(c.isprintable() or c == "\n" for c in err)
    assert "Usage:" in err and "--help" in err


def test_errors_are_still_explained(command):
    code, _, err = command("price", "s.yaml", "--nothing")
    assert code == 2 and "No such option: --nothing" in err
    code, _, err = command("nothing")
    assert code == 2 and "No such command 'nothing'" in err


def test_folders_with_control_characters(command, tmp_path):
    code, _, err = command("init", "t\x1b", "--synthetic", 3)
    assert code == 0 and "wrote t\\x1b/package.csv" in err and "\x1b" not in err


def test_a_precision_that_no_number_of_scenarios_reaches(command, tmp_path):
    from tests.builders.studies import loan, study
    from tests.cli.conftest import POLICY, SIZE

    study(tmp_path, [loan(0)], POLICY, **SIZE)
    code, _, err = command("price", "study.yaml", "--precision", "1e-300")
    assert code == 2 and "simulation.precision: got 1e-300; expected at least 1e-06" in err


def test_labels_of_a_batch(batch, studies, here, tmp_path):
    code, out, err = batch(studies, "--out", tmp_path / "o", "--grid", "\x1b=1")
    assert code == 4 and "\\x1b=1" in out and "\x1b" not in out + err
