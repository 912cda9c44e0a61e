"""Interleaved timing, its estimator, and the facts of the machine."""

from __future__ import annotations

import math
import os
import platform
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.peers.cpp import COMPILERS

__all__ = ["Load", "Spread", "Times", "interleaved", "machine_facts"]

FEW = 4
"""Number of rounds below which the whole range replaces the quartiles."""

LOAD_SECONDS = 60.0
"""Time constant of the load average. [s]"""


class Spread(NamedTuple):
    """Median and quartiles of the rounds, or the whole range of a few rounds."""

    low: float
    middle: float
    high: float
    rounds: int

    @classmethod
    def of(cls, values: Sequence[float] | np.ndarray) -> Spread:
        """Return the spread of values, one for each round."""
        rounds = len(values)
        ends = [0.0, 1.0] if rounds < FEW else [0.25, 0.75]
        low, high = np.quantile(values, ends)
        return cls(float(low), float(np.median(values)), float(high), rounds)

    @property
    def errors(self) -> tuple[float, float]:
        """Distances from the median to the lower and upper bound."""
        return self.middle - self.low, self.high - self.middle

    def text(self, digits: int = 2, unit: str = "") -> str:
        """Return the median and the range as text."""
        digits = 0 if self.middle >= 100 else digits
        middle = f"{self.middle:,.{digits}f} {unit}".rstrip()
        if self.rounds == 1:
            return f"{middle} (one run)"
        return f"{middle} ({self.low:,.{digits}f} to {self.high:,.{digits}f})"


class Times:
    """Seconds of several functions, measured in turn so that other load affects all of them."""

    def __init__(self, seconds: Mapping[Any, Sequence[float]]) -> None:
        self.seconds = {name: np.array(values) for name, values in seconds.items()}

    def plain(self) -> dict[str, list[float]]:
        """Return the seconds as plain data, with names as text."""
        return {str(name): [float(s) for s in values] for name, values in self.seconds.items()}

    def spread(self, name: Any, scale: float = 1.0) -> Spread:
        """Return the time of a function. [seconds, times `scale`]"""
        return Spread.of(scale * self.seconds[name])

    def ratio(self, over: Any, under: Any, scale: float = 1.0) -> Spread:
        """Return the ratio of two times by round, times `scale`.

        Every ratio on the page of results is estimated this way.
        """
        return Spread.of(scale * self.seconds[over] / self.seconds[under])

    def difference(self, name: Any, less: Any) -> Spread:
        """Return the difference of two times by round. [seconds]"""
        return Spread.of(self.seconds[name] - self.seconds[less])


def interleaved(
    functions: Mapping[Any, Callable[[], Any]], rounds: int, warm: bool = True
) -> Times:
    """Return the times of functions called in turn, A B A B, after one unmeasured round."""
    seconds: dict[Any, list[float]] = {name: [] for name in functions}
    for turn in range(-1 if warm else 0, rounds):
        for name, function in functions.items():
            began = time.perf_counter()
            function()
            if turn >= 0:
                seconds[name].append(time.perf_counter() - began)
    return Times(seconds)


class Load:
    """Load average of the machine, and the part that this process causes.

    The average decays within minutes, so it still contains earlier work of this process and its
    children. Their part decays at the same rate.
    """

    def __init__(self) -> None:
        self.own = 0.0
        self._wall, self._cpu = time.perf_counter(), _cpu_seconds()

    def now(self) -> dict[str, float]:
        """Return the load, and the part that this process causes."""
        wall, cpu = time.perf_counter(), _cpu_seconds()
        passed = wall - self._wall
        if passed > 0.0:
            kept = math.exp(-passed / LOAD_SECONDS)
            self.own = self.own * kept + (1.0 - kept) * (cpu - self._cpu) / passed
        self._wall, self._cpu = wall, cpu
        return {"load": round(os.getloadavg()[0], 2), "own": round(self.own, 2)}


def _cpu_seconds() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


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


def _compilers() -> str:
    found = []
    for name in COMPILERS:
        option = "-dumpfullversion" if name == "g++" else "-dumpversion"
        try:
            answer = subprocess.run([name, option], capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        found.append(f"{name} {answer.stdout.strip()}")
    return ", ".join(found) or "none"


def machine_facts() -> dict[str, str]:
    """Return the facts that a comparison needs, without the name of the machine."""
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("numpy", "scipy", "numba", "llvmlite")
    )
    return {
        "Processor": _processor(),
        "Cores": str(os.cpu_count()),
        "Precision": "float64 throughout",
        "System": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "Packages": packages,
        "C++": _compilers(),
        "Date": f"{datetime.now(UTC):%Y-%m-%d}",
    }
