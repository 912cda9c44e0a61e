"""Warm time of every command from outside, in alternation with bare imports."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.measure import interleaved
from benchmarks.probe import ROOT

__all__ = ["COMMANDS", "IMPORTS", "measure"]

IMPORTS = "import numpy, scipy.special, pandas, pyarrow, numba, pydantic"
"""The libraries that a command cannot do without."""

STUDY = "configs/studies/first_package.yaml"
DEAL = "configs/deals/three_tranche.yaml"
FLOWS = "configs/deals/three_tranche.flows.yaml"
CONTRACT = "configs/channel/clean_sale.yaml"

COMMANDS = {
    "help": ("--help",),
    "init": ("init", "OUT", "--synthetic", "1000"),
    "validate": ("validate", STUDY),
    "explain": ("explain", STUDY, "--loan", "NPL00000001"),
    "price --no-figures": ("price", STUDY, "--no-figures", "--out", "OUT"),
    "price": ("price", STUDY, "--out", "OUT"),
    "bid": ("bid", STUDY, "--out", "OUT"),
    "batch": ("batch", STUDY, "--out", "OUT"),
    "compare": ("compare", STUDY, "--without", "preservation"),
    "deal run": ("deal", "run", DEAL, "--flows", FLOWS, "--out", "OUT"),
    "deal size": ("deal", "size", DEAL, "--flows", FLOWS, "--out", "OUT"),
    "channel": ("channel", STUDY, "--contract", CONTRACT, "--out", "OUT"),
    "schema": ("schema",),
    "doctor": ("doctor",),
}
"""Arguments of each command; OUT is a new folder."""


def measure(rounds: int = 5, names: tuple[str, ...] = tuple(COMMANDS)) -> dict[str, Any]:
    """Return the seconds of commands whose code is compiled, and of imports, by round.

    Parameters
    ----------
    rounds
        Rounds after one that is not counted.
    names
        The commands.
    """
    with tempfile.TemporaryDirectory() as folder:
        numbers = iter(range(10**6))

        def run(*arguments: str) -> Callable[[], None]:
            def call() -> None:
                out = str(Path(folder) / str(next(numbers)))
                line = [out if word == "OUT" else word for word in arguments]
                done = subprocess.run(
                    [sys.executable, *line], cwd=ROOT, capture_output=True, text=True, check=False
                )
                if done.returncode:
                    raise RuntimeError(f"{' '.join(line)}: {done.returncode}: {done.stderr}")

            return call

        functions = {name: run("-m", "npl_sim", *COMMANDS[name]) for name in names}
        functions = {"bare": run("-c", "pass"), "imports": run("-c", IMPORTS), **functions}
        return {"seconds": interleaved(functions, rounds).plain()}
