"""The command line run in this process, in a folder of its own."""

from __future__ import annotations

import sys

import pytest

from npl_sim.cli import main


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """Run the command line; return exit code, output and what was said beside."""
    monkeypatch.chdir(tmp_path)

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["npl-sim", *map(str, words)])
        with pytest.raises(SystemExit) as done:
            main()
        found = capsys.readouterr()
        return done.value.code, found.out, found.err

    return run
