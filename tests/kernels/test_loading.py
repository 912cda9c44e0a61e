"""Stored machine code is loaded without what only a compilation needs."""

from __future__ import annotations

import numba
import pytest

from npl_sim.kernels._machine_code import CodeCache


def small(x):
    """A kernel that compiles at once."""
    return 3.0 * x + 1.0


def dispatcher(folder, missed):
    made = numba.njit(small)
    made._cache = CodeCache(small, folder, lambda: missed.append(1))
    return made


def test_stored_code_does_not_fill_the_registries_of_the_compiler(tmp_path, monkeypatch):
    missed: list[int] = []
    assert dispatcher(tmp_path, missed)(2.0) == 7.0 and len(missed) == 1
    again = dispatcher(tmp_path, missed)
    context = type(again.targetctx)
    monkeypatch.setattr(context, "refresh", lambda self: pytest.fail("registries are filled"))
    assert again(2.0) == 7.0 and len(missed) == 1


def test_a_compilation_after_loaded_code_fills_them_itself(tmp_path):
    missed: list[int] = []
    dispatcher(tmp_path, missed)(2.0)
    again = dispatcher(tmp_path, missed)
    assert again(2.0) == 7.0 and len(missed) == 1
    assert again(2) == 7.0 and len(missed) == 2
