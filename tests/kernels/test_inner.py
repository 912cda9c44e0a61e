"""Functions that only compiled code calls: no machine code of their own, and the same numbers."""

from __future__ import annotations

import ast
from pathlib import Path

import numba
import numpy as np
import pytest

from npl_sim.kernels import _inner
from npl_sim.kernels._jit import compiled

ROOT = Path(__file__).parents[2]
KERNELS = sorted((ROOT / "npl_sim" / "kernels").glob("[!_]*.py"))
jitted = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")


def calls(separate: bool):
    """Return an inner function and a function that calls it."""

    @compiled(separate=separate)
    def inner(values, i):
        return values[i] / 3.0

    @compiled(callable=True)
    def outer(values):
        total = 0.0
        for i in range(values.size):
            total += inner(values, i) * values[i]
        return total

    return inner, outer


@jitted
@pytest.mark.parametrize("separate", [False, True])
def test_only_the_caller_has_machine_code(separate):
    inner, outer = calls(separate)
    values = np.linspace(-2.0, 3.0, 11)
    assert outer(values) == pytest.approx(np.sum(values**2 / 3.0), rel=1e-14)
    engine = outer.targetctx.codegen()._engine
    assert engine.is_symbol_defined(symbol(outer))
    assert not engine.is_symbol_defined(symbol(inner))
    (library,) = [result.library for result in inner.overloads.values()]
    assert isinstance(library, _inner.SeparateLibrary if separate else _inner.InnerLibrary)
    assert library.get_pointer_to_function(symbol(inner)) == 0


def symbol(function) -> str:
    """Return the name of a compiled function in the machine code."""
    (result,) = function.overloads.values()
    return result.fndesc.llvm_func_name


@jitted
def test_only_a_separate_function_is_optimized_by_itself():
    for separate in (False, True):
        inner, outer = calls(separate)
        outer(np.ones(3))
        # Only the optimization of a whole module finds out what a function cannot do.
        assert ("nounwind" in inner.inspect_llvm(inner.signatures[0])) == separate


def test_numba_of_this_project_has_the_private_parts():
    assert _inner.inner_pipeline(False) is not None
    assert _inner.inner_pipeline(True) is not _inner.inner_pipeline(False)


def test_numba_compiles_as_usual_without_a_private_part(monkeypatch):
    monkeypatch.setattr(_inner, "PRIVATE_PARTS", (*_inner.PRIVATE_PARTS, "missing"))
    assert _inner.inner_pipeline.__wrapped__(True) is None


@pytest.mark.parametrize("path", KERNELS, ids=lambda path: path.stem)
def test_compiled_functions_need_no_objects_of_python(path):
    # Inner functions have no place for them: a message or a print would read a null pointer.
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and any(
            "compiled" in ast.unparse(decorator) for decorator in function.decorator_list
        ):
            for node in ast.walk(function):
                assert not isinstance(node, ast.Raise | ast.Assert | ast.With)
                assert not isinstance(node, ast.Call) or ast.unparse(node.func) != "print"
