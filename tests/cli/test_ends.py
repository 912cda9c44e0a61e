"""How the command line ends: exit codes and messages, whatever stops it."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time

import pytest

import npl_sim.cli
from npl_sim.cli import signals
from npl_sim.cli.ends import code_of
from npl_sim.core.errors import NplSimError, TapeError

LONG = "x" * 100_000
FULL = "/dev/full"
PROGRAM = [sys.executable, "-m", "npl_sim"]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("price",),
        ("price", "x", f"--{LONG}"),
        (LONG,),
        ("price", "x", "--seed", LONG),
        ("price", "\x1b[31m"),
        ("\x1b]0;x\x07",),
        ("price", f"{LONG}.yaml"),
        ("price", "x", "--set", LONG),
        ("price", "x", "--precision", LONG),
        ("price", "\udcff.yaml"),
        ("compare", "\x1b", "\x9b"),
    ],
    ids=lambda w: ascii(" ".join(w))[:20],
)
def test_odd_arguments_are_refused_in_short_lines_without_controls(command, arguments):
    code, out, err = command(*arguments)
    assert code == 2
    assert "internal error:" not in err and "Traceback" not in err
    assert all(c == "\n" or c.isprintable() for c in out + err)
    assert max(map(len, (out + err).splitlines())) < 1_100


@pytest.mark.parametrize(
    "arguments",
    [("-h",), ("price", "-h"), ("batch", "--help"), ("--version",), ("bid", "--version")],
)
def test_help_and_version_are_there_for_all(command, arguments):
    code, out, err = command(*arguments)
    assert code == 0 and not err
    assert out.startswith("Usage:" if "-h" in arguments or "--help" in arguments else "npl-sim ")


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (TapeError("t"), 3, "npl-sim: t"),
        (NplSimError("s"), 2, "npl-sim: s"),
        (MemoryError(), 2, "out of memory"),
        (RecursionError("deep"), 2, "nested too deep"),
        (OSError(errno.ELOOP, "loop", "a\x1b"), 2, r"a\u001b"),
        (PermissionError(errno.EACCES, "no", "/x"), 2, "permission denied"),
        (NotADirectoryError(errno.ENOTDIR, "no", b"/x"), 2, "part of the path is a file"),
        (OSError(errno.ENOSPC, "No space left", "f"), 74, "cannot write the output"),
        (ValueError("v" * 5_000 + "\x1b"), 70, "internal error"),
    ],
    ids=lambda v: type(v).__name__,
)
def test_every_error_has_its_code_and_one_short_message(capsys, error, code, text):
    assert code_of(error, debug=False) == code
    err = capsys.readouterr().err
    assert text in err and "\x1b" not in err and len(err) < 1_300


def test_debug_shows_where_an_internal_error_happened():
    with pytest.raises(ValueError, match="inside"):
        code_of(ValueError("inside"), debug=True)


@pytest.mark.parametrize("threads", ["0", "-1", "abc", "", "1.5"])
def test_a_number_of_threads_in_the_environment_is_checked(command, monkeypatch, threads):
    monkeypatch.setenv("NUMBA_NUM_THREADS", threads)
    code, _, err = command("doctor")
    assert code == 2 and "NUMBA_NUM_THREADS" in err and "expected a whole number" in err


def test_a_schema_without_its_texts_is_refused():
    done = subprocess.run(
        [sys.executable, "-OO", "-m", "npl_sim", "schema"], capture_output=True, text=True
    )
    assert done.returncode == 2 and done.stdout == "" and "-OO" in done.stderr


def test_windows_is_refused(command, monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    code, _, err = command("doctor")
    assert code == 2 and "Windows is not supported" in err and "WSL" in err


def test_windows_is_reported_at_import():
    text = "import sys; sys.platform = 'win32'; import npl_sim"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert "Windows is not supported" in done.stderr


def run(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options):
    return subprocess.run(
        [*PROGRAM, *arguments], stdout=stdout, stderr=stderr, text=True, timeout=120, **options
    )


@pytest.mark.skipif(not os.path.exists(FULL), reason="no device that is always full")
@pytest.mark.parametrize(
    "arguments", [("--help",), ("--version",), ("schema", "--deal")], ids=lambda w: w[0]
)
def test_full_streams_end_with_74_and_one_line(arguments):
    with open(FULL, "w") as full:
        done = run(arguments, stdout=full)
        assert done.returncode == 74
        assert done.stderr.count("\n") == 1 and "No space left" in done.stderr
        assert run(arguments, stdout=full, stderr=full).returncode == 74


def test_an_output_closed_from_the_start_is_reported():
    done = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", *PROGRAM, "--version"], capture_output=True, text=True
    )
    assert done.returncode == 74 and "standard output is closed" in done.stderr
    done = subprocess.run(
        ["sh", "-c", '"$@" 2>&-', "sh", *PROGRAM, "--version"], capture_output=True, text=True
    )
    assert done.returncode == 0 and done.stdout.startswith("npl-sim")


def test_a_reader_that_leaves_early_changes_no_code():
    read, write = os.pipe()
    os.close(read)
    done = run(["schema"], stdout=write)
    os.close(write)
    assert done.returncode == 0 and done.stderr == ""


WAITING = """
import sys, time, npl_sim.cli as c
def wait(**_):
    try:
        print("ready", file=sys.stderr, flush=True); time.sleep(60)
    finally:
        time.sleep(0.5); print("clean", file=sys.stderr, flush=True)
c.app = wait
c.main()
"""


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_second_signal_does_not_interrupt_the_cleaning_up(number, code):
    process = subprocess.Popen([sys.executable, "-c", WAITING], stderr=subprocess.PIPE, text=True,
                               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))  # fmt: skip
    assert process.stderr.readline() == "ready\n"
    process.send_signal(number)
    time.sleep(0.2)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert "clean" in err and "Traceback" not in err


def test_what_is_ignored_from_the_start_stays_ignored():
    text = """
import signal
from npl_sim.cli.signals import watch_signals
for n in (signal.SIGINT, signal.SIGHUP): signal.signal(n, signal.SIG_IGN)
with watch_signals():
    print(*(signal.getsignal(s) is signal.SIG_IGN for s in (signal.SIGINT, signal.SIGHUP)))
"""
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True"]


def test_a_signal_long_after_the_first_ends_at_once(monkeypatch):
    ended = []
    monkeypatch.setattr(signals.os, "_exit", ended.append)
    stopper = signals._Stopper()
    with pytest.raises(SystemExit):
        stopper(signal.SIGTERM, None)
    stopper(signal.SIGTERM, None)
    assert not ended
    stopper._began -= signals.GRACE + 1.0
    stopper(signal.SIGINT, None)
    assert ended == [130]


def test_the_help_names_the_exit_codes():
    for code in (
        "0 done",
        "2 input",
        "3 findings",
        "4 some",
        "5 no verdict",
        "74 output",
        "130",
        "128 + n",
    ):
        assert code in npl_sim.cli.app.info.epilog
