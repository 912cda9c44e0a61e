"""Reading a tape takes at most the memory that its check states: 10 bytes a byte of text."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from npl_sim.tables import files
from npl_sim.tape.synthetic import write_tape

ROOT = Path(__file__).parents[2]
FIXED = 40 * 2**20
"""Buffers of the reader whose size does not depend on the file. [bytes]"""

CHILD = """
import sys
from datetime import date
from pathlib import Path
from benchmarks.memory import peak_mib
from npl_sim.tape.spec import TapeSpec
from npl_sim.tape.table import read_tape
folder = Path(sys.argv[1])
def read(name):
    spec = TapeSpec(loans=folder / name)
    return len(read_tape(spec, date(2026, 6, 30)).loans)
read("few.csv")
before = peak_mib()
print(read("package.csv"), (peak_mib() - before) * 2**20)
"""


@pytest.fixture(scope="module")
def tape(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tape")
    write_tape(folder, loans=100_000, seed=3, valuation_date=date(2026, 6, 30))
    return folder


def rare(text):
    """One character that makes Python hold the whole text in four bytes a character."""
    return text.replace(",east,", ",\U00020bb7,", 1)


def quoted(text):
    return text.replace(",east,", ',"east",')


def short(text):
    """A row without its last cell, so that no row is parsed as a regular one."""
    return text.replace(",False\n", "\n", 1)


def windows(text):
    return text.replace("\n", "\r\n")


@pytest.mark.parametrize("change", [str, rare, quoted, short, windows])
def test_the_peak_is_within_the_stated_limit(tape, tmp_path, change):
    text = (tape / "package.csv").read_text(encoding="utf-8")
    data = change(text).encode()
    (tmp_path / "package.csv").write_bytes(data)
    (tmp_path / "few.csv").write_text("".join(text.splitlines(keepends=True)[:50]))
    child = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    loans, taken = child.stdout.split()
    assert loans == "100000"
    print(float(taken) / 2**20, len(data) / 2**20)
    assert float(taken) <= files._TEXT_BYTES * len(data) + FIXED
