"""Modules are imported while a simulation runs."""

from __future__ import annotations

import importlib
import sys

import pytest

from npl_sim.runs.imports_ahead import FIGURES, RESULTS, importing


def test_modules_are_there_at_the_end_of_the_block(tmp_path, monkeypatch):
    (tmp_path / "needed_later.py").write_text("value = 1\n")
    (tmp_path / "never_works.py").write_text("raise OSError('no font')\n")
    monkeypatch.syspath_prepend(tmp_path)
    with importing(["never_works", "needed_later"]):
        pass
    assert sys.modules.pop("needed_later").value == 1
    with pytest.raises(OSError, match="no font"):
        importlib.import_module("never_works")


def test_an_error_in_the_block_is_not_delayed_or_replaced():
    with pytest.raises(ZeroDivisionError), importing(["json"]):
        1 / 0


@pytest.mark.parametrize("name", [*FIGURES, *RESULTS])
def test_the_listed_modules_exist(name):
    importlib.import_module(name)
