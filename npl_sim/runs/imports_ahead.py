"""Imports beside a simulation: its compiled code leaves the interpreter to other threads."""

from __future__ import annotations

import contextlib
import importlib
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

__all__ = ["FIGURES", "RESULTS", "importing"]

RESULTS = (
    "npl_sim.analysis.all_issues",
    "npl_sim.reports.price.tables",
    "npl_sim.runs.priced_run",
    "pyarrow.parquet",
)
"""Modules that value and write a priced package."""

FIGURES = (
    "matplotlib.figure",
    "matplotlib.font_manager",
    "matplotlib.backends.backend_agg",
    "npl_sim.reports.price.plots",
)
"""Modules that draw its figures."""


@contextmanager
def importing(modules: Sequence[str]) -> Iterator[None]:
    """Import modules in a thread while a block runs; wait for them at its end.

    Parameters
    ----------
    modules
        Dotted names. A module that fails is left to whoever needs it, with its error.
    """
    thread = threading.Thread(target=_import, args=(modules,), daemon=True)
    thread.start()
    yield
    # Two threads that import modules which need each other could see half of one.
    thread.join()


def _import(modules: Sequence[str]) -> None:
    for name in modules:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
