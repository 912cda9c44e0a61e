"""Targets, assessed by the range of the quartiles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from benchmarks.measure import Spread, Times
from benchmarks.provenance import Found

__all__ = ["Target", "judge", "runs_of", "targets"]


class Target(NamedTuple):
    """A target and its measurement.

    Attributes
    ----------
    name
        Target quantity.
    aim, unit
        Target value and its unit.
    found
        Measured values.
    at_most
        Whether the aim is an upper bound.
    busy
        Note on the load of other processes.
    """

    name: str
    aim: float
    unit: str
    found: Spread
    at_most: bool = True
    busy: str = ""

    @property
    def row(self) -> tuple[str, ...]:
        """Cells of the table: name, aim, found, outcome."""
        bound = "at most" if self.at_most else "at least"
        digits = 1 if self.found.middle >= 10 else 2 if self.found.middle >= 0.5 else 3
        outcome = judge(self.found, self.aim, self.at_most, digits) + (
            f" ({self.busy})" if self.busy else ""
        )
        return (
            self.name,
            f"{bound} {self.aim:g} {self.unit}",
            self.found.text(digits, self.unit),
            outcome,
        )


def judge(found: Spread, aim: float, at_most: bool, digits: int = 2) -> str:
    """Return whether the aim is reached, missed or not decided.

    It is reached if the whole spread meets the aim, and missed if none of it does.
    """
    if found.rounds < 2:
        return "not decided: one run"
    meets = [end <= aim if at_most else end >= aim for end in (found.low, found.high)]
    if all(meets):
        return "reached"
    if any(meets):
        return f"not decided: {found.low:,.{digits}f} to {found.high:,.{digits}f}"
    return f"missed: {found.middle / aim:.2f} times the aim"


def targets(found: Mapping[str, Found]) -> list[Target]:
    """Return the targets with a measurement."""
    return [
        target._replace(busy=found[name].busy)
        for name, make in MAKERS.items()
        if name in found
        for target in make(found[name].results)
    ]


def _peers(peers: dict[str, Any]) -> Iterator[Target]:
    times = Times(peers["seconds"])
    for name, compiler in (("cpp", "g++"), ("clang++", "clang++")):
        if name in times.seconds:
            yield Target(
                f"one thread, against scalar C++ ({compiler})",
                1.1,
                "x",
                times.ratio("engine", name),
            )
    yield Target(
        "one thread, against vectorized NumPy", 10, "x", times.ratio("numpy", "engine"), False
    )


def _scaling(scaling: dict[str, Any]) -> Iterator[Target]:
    if "2" in scaling["threads"]:
        yield Target(
            "second thread, whole run", 1.8, "x", Times(scaling["threads"]).ratio("1", "2"), False
        )


def runs_of(full: dict[str, Any], threads: str) -> list[dict[str, float]]:
    """Return the repetitions of the largest run; early records hold one."""
    runs = full[threads]
    return runs if isinstance(runs, list) else [runs]


def _full(full: dict[str, Any]) -> Iterator[Target]:
    two = runs_of(full, "2")
    seconds = Spread.of([run["simulate"] + run["price"] for run in two])
    yield Target("10,000 loans x 10,000 scenarios x 120 months, 2 threads", 15, "s", seconds)
    yield Target("memory of that run", 2, "GiB", Spread.of([run["peak_gib"] for run in two]))


def _waterfall(found: dict[str, Any]) -> Iterator[Target]:
    name = "waterfall, 10,000 scenarios x 40 dates x 15 steps, one thread"
    yield Target(name, 0.2, "s", Times(found["seconds"]).spread("waterfall"))


def _start(start: dict[str, Any]) -> Iterator[Target]:
    yield Target(
        "help over the bare interpreter",
        0.3,
        "s",
        Times(start["seconds"]).difference("help", "bare"),
    )
    if "warm_runs" in start:
        warm = [run["whole"] for run in start["warm_runs"]]
        cold = [run["first tile"] for run in start["cold_runs"]]
    else:
        # Early records hold one number: imports and first tile only.
        warm, cold = [start["warm"]], [start["cold"]]
    yield Target("warm process up to the first tile", 1.5, "s", Spread.of(warm))
    yield Target("first compilation", 60, "s", Spread.of(cold))


MAKERS = {
    "peers": _peers,
    "scaling": _scaling,
    "full": _full,
    "waterfall": _waterfall,
    "start": _start,
}
