"""Messages name an argument as the caller gives it: an option, or a parameter of Python."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
import typer

import npl_sim as npl
from npl_sim.cli import app
from npl_sim.core.caller import OPTIONS, argument, command_line, on_command_line
from npl_sim.core.errors import NplSimError
from npl_sim.engine.backends.dask.backend import Dask
from tests.builders.studies import loan, study

ROOT = Path(__file__).parents[2]
STATED_BY_COMMANDS = (
    "cli",
    "runs/backend_choice.py",
    "runs/batch",
    "runs/comparison.py",
    "runs/start_study.py",
    "runs/study_text.py",
    "runs/synthetic",
    "reports/inputs/text.py",
)
"""Files that only the command line reaches."""


def test_the_command_line_names_options_and_python_parameters():
    assert argument("work") == "work" and not on_command_line()
    with command_line():
        assert argument("work") == "--work" and on_command_line()
        with command_line(False):
            assert argument("work") == "work"
    assert not on_command_line()


def test_an_unknown_loan_is_refused_by_its_argument_or_option(tmp_path, command):
    session = study(tmp_path, [loan(1)], {"name": "p", "residual_share": 1.0})
    with pytest.raises(NplSimError, match="^loan: got .none."):
        session.explain("none")
    code, _, errors = command("explain", session.loaded.path, "--loan", "none")
    assert code == 2 and '--loan: got "none"' in errors
    assert not on_command_line()


def test_each_parameter_exists_in_python_and_each_option_in_a_command():
    functions = (npl.explain, npl.simulate, npl.read_flows, npl.read_study, npl.Result.save, Dask)
    known = {name for f in functions for name in inspect.signature(f).parameters}
    assert set(OPTIONS) <= known
    root = typer.main.get_command(app)
    commands = [root]
    for each in commands:
        commands += getattr(each, "commands", {}).values()
    options = {name for each in commands for given in each.params for name in given.opts}
    assert set(OPTIONS.values()) <= options


def test_no_other_file_names_an_option():
    """Files that Python reaches use `argument`, so that no message names what is not there."""
    named = "|".join(sorted(OPTIONS.values(), key=len, reverse=True))
    pattern = re.compile(rf"[\"' (]({named})\b")
    package = ROOT / "npl_sim"
    found = [
        f"{path.relative_to(package)}:{n}"
        for path in sorted(package.rglob("*.py"))
        if not str(path.relative_to(package)).startswith((*STATED_BY_COMMANDS, "core/caller"))
        for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line) and '"""' not in line and not line.lstrip().startswith("#")
    ]
    assert found == []
