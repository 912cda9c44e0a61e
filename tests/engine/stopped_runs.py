"""Runs in processes of their own, which tests stop."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from npl_sim.cli import main

ROOT = Path(__file__).parents[2]


CHILD = """
import os, sys, time
from npl_sim.cli import main
from npl_sim.engine.checkpoint import block_file as blockfile, store
store.EVERY = 0.0
blockfile.os.fsync = lambda handle: None  # a kill loses nothing that was written
replace, rows = blockfile.Path.replace, 0
def slow(self, target):
    global rows
    rows += "-rows-" in self.name
    if {hang} and rows == {hang} and "-rows-" in self.name:
        time.sleep(120)  # killed between writing and naming
    replace(self, target)
    time.sleep(0.03)
blockfile.Path.replace = slow
if {limit}:
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
sys.argv = ["npl-sim", *sys.argv[1:]]
main()
"""


def start(arguments, hang=0, limit=0):
    return subprocess.Popen(
        [sys.executable, "-c", CHILD.format(hang=hang, limit=limit), *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition, process, seconds=60.0):
    until = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < until
        time.sleep(0.005)


def priced(monkeypatch, *arguments):
    monkeypatch.setattr(
        sys, "argv", ["npl-sim", "price", *map(str, arguments), "-q", "--no-figures"]
    )
    with pytest.raises(SystemExit) as stopped:
        main()
    assert not stopped.value.code


def contents(folder):
    """Return every file of a run folder but the manifest, whose times differ."""
    return {
        p.relative_to(folder): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.name != "manifest.json"
    }
