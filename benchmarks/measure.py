"""Interleaved timing, and the facts of the machine it was done on."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["Times", "interleaved", "machine_facts"]


class Times:
    """Seconds of several functions, taken turn by turn, so that a busy moment strikes all of them."""

    def __init__(self, seconds: Mapping[Any, list[float]]) -> None:
        self.seconds = {name: np.array(values) for name, values in seconds.items()}

    @classmethod
    def of(cls, plain: Mapping[str, list[float]]) -> Times:
        """Return times read back from a record."""
        return cls(plain)

    def plain(self) -> dict[str, list[float]]:
        """Return the seconds as plain data, names as text."""
        return {str(name): [float(s) for s in values] for name, values in self.seconds.items()}

    def median(self, name: Any) -> float:
        """Return the median time. [seconds]"""
        return float(np.median(self.seconds[name]))

    def ratio(self, over: Any, under: Any) -> float:
        """Return the median over the rounds of the ratio of two times."""
        return float(np.median(self.seconds[over] / self.seconds[under]))

    def ratio_text(self, over: Any, under: Any) -> str:
        """Return the median ratio and the quartiles of the rounds' ratios."""
        low, high = np.quantile(self.seconds[over] / self.seconds[under], [0.25, 0.75])
        return f"{self.ratio(over, under):.2f} ({low:.2f} to {high:.2f})"


def interleaved(functions: Mapping[Any, Callable[[], Any]], rounds: int, warm: bool = True) -> Times:
    """Return the times of functions called in turn, A B A B, after one unmeasured round."""
    seconds: dict[Any, list[float]] = {name: [] for name in functions}
    for turn in range(-1 if warm else 0, rounds):
        for name, function in functions.items():
            began = time.perf_counter()
            function()
            if turn >= 0:
                seconds[name].append(time.perf_counter() - began)
    return Times(seconds)


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        facts = {}
        for line in info.read_text().split("\n\n")[0].splitlines():
            key, _, value = line.partition(":")
            facts[key.strip()] = value.strip()
        code = f"family {facts.get('cpu family', '?')}, model {facts.get('model', '?')}"
        return f"{facts.get('model name', platform.machine())} ({code})"
    return platform.processor() or platform.machine()


def _compiler() -> str:
    try:
        said = subprocess.run(["g++", "-dumpfullversion"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "none"
    return f"g++ {said.stdout.strip()}"


def machine_facts() -> dict[str, str]:
    """Return what a reader must know to compare; nothing that names the machine."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "numba", "llvmlite"))
    return {
        "Processor": _processor(),
        "Cores": f"{os.cpu_count()}, load {os.getloadavg()[0]:.1f} when the run began",
        "Precision": "float64 throughout",
        "System": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "Packages": packages,
        "C++": _compiler(),
        "Date": f"{datetime.now(UTC):%Y-%m-%d}",
    }
