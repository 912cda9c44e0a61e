"""Standard streams never raise, show no control character, and keep the error that they met."""

from __future__ import annotations

import errno
import io
import json
import sys
import warnings

import numpy as np
import pytest
from rich.table import Table

from npl_sim.cli.console import PlainConsole
from npl_sim.cli.streams import (
    GuardedStream,
    guarded_streams,
    json_text,
    print_json,
    quiet_libraries,
)
from npl_sim.core.errors import ProgramError, known, of_kind

NASTY = "\x1b[31m \x07 \x9b \u202e \u2028 \udcff"
SPELLED = r"\x1b[31m \x07 \x9b \u202e \u2028 \udcff"


class Failing(io.StringIO):
    def __init__(self, number):
        super().__init__()
        self.number = number

    def flush(self):
        raise OSError(self.number, "fails")


def test_control_characters_are_written_out():
    below = io.StringIO()
    print(NASTY, "贷款\t1", file=GuardedStream(below))
    assert below.getvalue() == f"{SPELLED} 贷款\t1\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "gbk", "cp1252"])
def test_what_an_encoding_lacks_is_escaped(encoding):
    raw = io.BytesIO()
    stream = GuardedStream(io.TextIOWrapper(raw, encoding=encoding, errors="strict"))
    stream.write("€ \U0001f600 贷 é")
    stream.flush()
    assert r"\U0001f600" in raw.getvalue().decode(encoding)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EPIPE])
def test_a_stream_that_fails_keeps_its_error_and_drops_the_rest(number):
    stream = GuardedStream(Failing(number))
    stream.write("a")
    assert stream.failure is None
    stream.flush()
    stream.write("b")
    stream.flush()
    assert stream.failure.errno == number


def test_a_closed_stream_fails_only_when_something_is_written():
    stream = GuardedStream(None)
    stream.flush()
    stream.write("")
    assert stream.failure is None and not stream.isatty()
    stream.write("a")
    assert stream.failure.errno == errno.EBADF


def test_a_failure_under_rich_is_kept_too():
    below = Failing(errno.ENOSPC)
    stream = GuardedStream(below)
    PlainConsole(file=stream).print("a")
    assert stream.failure.errno == errno.ENOSPC


def test_rich_keeps_its_styles_and_writes_out_controls(monkeypatch):
    with guarded_streams():
        below = io.StringIO()
        monkeypatch.setattr(sys, "stdout", GuardedStream(below))
        table = Table(title="x\x1b]0;t\x07")
        table.add_column("a\x9b", style="bold")
        table.add_row("v\u202e")
        console = PlainConsole(force_terminal=True, color_system="standard", width=60)
        console.print(table)
    shown = below.getvalue()
    assert "\x1b[1m" in shown  # bold
    assert (
        "\x1b]0" not in shown
        and "\x07" not in shown
        and "\x9b" not in shown
        and "\u202e" not in shown
    )
    assert r"x\x1b]0;t" in shown


def test_streams_are_put_back():
    before = sys.stdout, sys.stderr
    with pytest.raises(ZeroDivisionError), guarded_streams():
        1 / 0
    assert (sys.stdout, sys.stderr) == before


@pytest.mark.parametrize("ascii_only", [False, True])
def test_json_stays_json_and_shows_no_control(ascii_only):
    value = {"a\x85": ["\u202e", "\x1b", "\U000e0001", "贷", "\n", 0.1]}
    text = json_text(value, ascii_only)
    assert json.loads(text) == value
    assert all(c == "\n" or c.isprintable() for c in text)
    assert ("贷" in text) is not ascii_only


def test_json_is_ascii_where_the_output_is(monkeypatch):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="latin-1")
    monkeypatch.setattr(sys, "stdout", stream)
    print_json({"é": "贷"})
    stream.flush()
    assert json.loads(raw.getvalue().decode("ascii")) == {"é": "贷"}


def test_warnings_of_libraries_are_one_plain_line_or_nothing(monkeypatch, capsys):
    monkeypatch.setattr(sys, "warnoptions", [])
    with warnings.catch_warnings():
        monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
        quiet_libraries()
        warnings.simplefilter("always")
        for _ in range(3):
            np.log(np.zeros(1))
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        warnings.warn("data", UserWarning, stacklevel=1)
    found = capsys.readouterr().err
    assert found == (
        "warning: arithmetic: divide by zero encountered in log; "
        "look for numbers that are out of range\n"
    )


def test_what_asks_for_warnings_gets_them(monkeypatch):
    monkeypatch.setattr(sys, "warnoptions", ["error"])
    before = warnings.showwarning
    quiet_libraries()
    assert warnings.showwarning is before


def test_what_earlier_checks_guarantee_is_checked_under_optimization_too():
    assert known(0.0, "x") == 0.0
    assert of_kind(1, int, "x") == 1
    with pytest.raises(ProgramError, match="rate is missing"):
        known(None, "rate")
    with pytest.raises(ProgramError, match="rate is of type str; expected int"):
        of_kind("1", int, "rate")
