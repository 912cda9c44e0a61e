"""Errors of the operating system are reported as such: a full disk, a name too long."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from npl_sim.tape.spec import TapeSpec

ROOT = Path(__file__).parents[2]
STUDY = "configs/studies/first_package.yaml"
FULL = "/dev/full"


def run(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "npl_sim", *arguments],
        text=True,
        stderr=subprocess.PIPE,
        timeout=120,
        **options,
    )


@pytest.mark.skipif(not os.path.exists(FULL), reason="no device that is always full")
@pytest.mark.parametrize(
    "arguments", [("doctor",), ("schema",), ("validate", STUDY)], ids=lambda w: w[0]
)
def test_a_full_standard_output_is_reported(arguments):
    with open(FULL, "w") as full:
        done = run(*arguments, stdout=full)
    assert done.returncode == 74
    assert "cannot write the output" in done.stderr
    assert "internal" not in done.stderr and "Exception" not in done.stderr


@pytest.mark.parametrize("name", ["n" * 300, "d/" * 2_500], ids=["part", "path"])
@pytest.mark.parametrize(
    "arguments",
    [
        ("price", "{}"),
        ("deal", "run", "{}"),
        ("compare", "{}", "."),
        ("price", str(ROOT / STUDY), "--out", "{}"),
        ("validate", str(ROOT / STUDY), "--set", "legal={}"),
        ("channel", str(ROOT / STUDY), "--contract", "{}"),
    ],
    ids=lambda w: w[0],
)
def test_a_name_too_long_is_refused(command, arguments, name):
    code, _, messages = command(*(w.format(name) for w in arguments))
    assert code == 2
    assert "too long" in messages
    assert "internal" not in messages and len(messages.splitlines()[-1]) < 700


@pytest.mark.parametrize(
    "encoding", ["idna", "punycode", "undefined", "unicode_escape", "hex", "rot13", "zlib"]
)
def test_an_encoding_that_no_table_is_written_in_is_refused(encoding):
    with pytest.raises(ValueError, match="no known encoding of text"):
        TapeSpec(loans="x.csv", encoding=encoding)
