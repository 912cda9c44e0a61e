"""Compile a function that only compiled code calls without machine code of its own.

Numba optimizes every function in full and makes its machine code, then copies the function into
each caller and does both again there. What nobody calls from Python needs neither: its callers
contain it. Leaving both out saves about 40 % of the time to compile.

This rests on private parts of numba. Where they are missing, `inner_pipeline` returns nothing, and
numba compiles as usual.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from numba.core import codegen
from numba.core.compiler import Compiler

__all__ = ["inner_pipeline"]

PRIVATE_PARTS = (
    "_finalize_dynamic_globals",
    "_finalize_final_module",
    "_finalized",
    "_optimize_final_module",
)
"""What `InnerLibrary` uses or replaces in a library of numba."""

JITCodeLibrary: Any = getattr(codegen, "JITCodeLibrary", object)


class _NoEnvironment:
    """Stand-in for the code generator of a library that the processor never runs."""

    def set_env(self, env_name: str, env: Any) -> None:
        """Ignore the objects of Python that a function refers to: there is no place for them."""


class InnerLibrary(JITCodeLibrary):  # type: ignore[misc]
    """The code of one function, fit only to be linked into a caller.

    The function cannot print or raise a message that it computes. Both need objects of Python.
    """

    @property
    def codegen(self) -> _NoEnvironment:
        """The stand-in. Numba asks for it once, after it has compiled the function."""
        return _NoEnvironment()

    def _optimize_final_module(self) -> None:
        """Leave that to the callers, which optimize what they contain."""

    def _finalize_final_module(self) -> None:
        """Make the code fit to be linked, without machine code."""
        self._finalize_dynamic_globals()
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        """Return zero, for a function that cannot be called."""
        self._ensure_finalized()
        return 0


class SeparateLibrary(InnerLibrary):
    """The same for a function that its callers do not absorb: optimized by itself, in full."""

    def _optimize_final_module(self) -> None:
        JITCodeLibrary._optimize_final_module(self)


def _compiler(library: type[InnerLibrary]) -> type[Compiler]:
    """Return numba's compiler, with a library of another class for the function's code."""

    class InnerCompiler(Compiler):  # type: ignore[misc]
        def define_pipelines(self) -> Any:
            """Return numba's own steps. The last one puts the code into this library."""
            state = self.state
            state.library = library(state.targetctx.codegen(), state.func_id.func_qualname)
            return super().define_pipelines()

    return InnerCompiler


@cache
def inner_pipeline(separate: bool) -> type[Compiler] | None:
    """Return the compiler of functions that only compiled code calls.

    Parameters
    ----------
    separate
        True for a function that its callers do not absorb.

    Returns
    -------
    type or None
        For the option ``pipeline_class`` of ``numba.njit``. None, which stands for numba's own
        compiler, if this version of numba lacks a private part.
    """
    if not all(hasattr(JITCodeLibrary, part) for part in PRIVATE_PARTS):
        return None
    return _compiler(SeparateLibrary if separate else InnerLibrary)
