"""Tests that stop programs by signals hold where the suite runs in the background."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CHILD = """
import signal
interrupted = signal.getsignal(signal.SIGINT) is signal.default_int_handler
print(interrupted, signal.getsignal(signal.SIGHUP) is signal.SIG_DFL)
"""
SUITE = f"""
import signal, subprocess, sys
print(signal.getsignal(signal.SIGINT) == signal.SIG_IGN)
if "hear" in sys.argv:
    import tests.conftest
child = [sys.executable, "-c", {CHILD!r}]
print(subprocess.run(child, capture_output=True, text=True).stdout.strip())
signal.raise_signal(signal.SIGINT)
signal.raise_signal(signal.SIGHUP)
print("goes on")
"""


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="signals of POSIX")
@pytest.mark.parametrize(("word", "heard"), [("hear", "True True"), ("as it is", "False False")])
def test_programs_hear_signals_that_the_suite_ignores(word, heard):
    command = ["sh", "-c", 'trap "" INT HUP; exec "$@"', "sh", sys.executable, "-c", SUITE, word]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["True", heard, "goes on"], done.stderr
