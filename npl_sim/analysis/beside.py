"""A computation in a thread of its own, beside work that leaves the interpreter to others."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from npl_sim.core.errors import known

T = TypeVar("T")


class Beside(Generic[T]):
    """The result of a function that may be computed in another thread meanwhile.

    Parameters
    ----------
    function
        Computes the result; it must not depend on what the caller changes meanwhile.
    spare
        Whether a core is free for it. Otherwise it runs when the result is asked for.
    """

    def __init__(self, function: Callable[[], T], spare: bool = True) -> None:
        self._function = function
        self._result: T | None = None
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None
        if spare:
            # The settings of a command are context variables, which a new thread lacks.
            context = contextvars.copy_context()
            self._thread = threading.Thread(target=context.run, args=(self._compute,), daemon=True)
            self._thread.start()

    def _compute(self) -> None:
        try:
            self._result = self._function()
        except BaseException as error:
            self._error = error

    def result(self) -> T:
        """Return the result, or raise the error of the function."""
        if self._thread is None:
            return self._function()
        self._thread.join()
        if self._error is not None:
            raise self._error
        return known(self._result, "result")
