"""Targets: the aims of `aims.toml`, judged by the range of the quartiles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from benchmarks.aims import Aim, aims
from benchmarks.measure import Spread, Times
from benchmarks.provenance import Found

__all__ = ["FINDERS", "Target", "judge", "runs_of", "targets"]


class Target(NamedTuple):
    """An aim and its measurement; `busy` is a note on the load of other processes."""

    aim: Aim
    found: Spread
    busy: str = ""

    @property
    def row(self) -> tuple[str, ...]:
        """Cells of the table: name, aim, found, outcome."""
        aim = self.aim
        bound = "at most" if aim.at_most else "at least"
        digits = 1 if self.found.middle >= 10 else 2 if self.found.middle >= 0.5 else 3
        outcome = judge(self.found, aim.aim, aim.at_most, digits)
        if outcome.startswith("missed"):
            outcome += f". {aim.reason}"
        if self.busy:
            outcome = f"not judged, {self.busy}; else {outcome}"
        return (
            aim.name,
            f"{bound} {aim.aim:g} {aim.unit}",
            self.found.text(digits, aim.unit),
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
    """Return the targets with a measurement, in the order of `aims.toml`."""
    result = []
    for key, aim in aims().items():
        measurement, spread = FINDERS[key]
        if measurement in found:
            values = spread(found[measurement].results)
            if values is not None:
                result.append(Target(aim, values, found[measurement].busy))
    return result


def runs_of(full: dict[str, Any], threads: str) -> list[dict[str, float]]:
    """Return the repetitions of the largest run; early records hold one."""
    runs = full[threads]
    return runs if isinstance(runs, list) else [runs]


Finder = Callable[[dict[str, Any]], Spread | None]
"""Returns the spread of a measured quantity; None if the record does not hold it."""


def _ratio(over: str, under: str, *place: str, scale: float = 1.0) -> Finder:
    """Return a finder of the ratio of two times by round."""

    def find(results: dict[str, Any]) -> Spread | None:
        for key in place:
            results = results[key]
        has = over in results and under in results
        return Times(results).ratio(over, under, scale) if has else None

    return find


def _time(name: str) -> Finder:
    """Return a finder of the seconds of a function or command."""

    def find(results: dict[str, Any]) -> Spread | None:
        seconds = results["seconds"]
        return Times(seconds).spread(name) if name in seconds else None

    return find


def _values(*place: str) -> Finder:
    """Return a finder of values by round that the record holds at a place."""

    def find(results: dict[str, Any]) -> Spread | None:
        values: Any = results
        for key in place:
            values = values.get(key, {})
        return Spread.of(values) if values else None

    return find


def _largest(*parts: str) -> Finder:
    """Return a finder of sums of parts of the largest run on two threads."""
    return lambda full: Spread.of([sum(run[p] for p in parts) for run in runs_of(full, "2")])


def _help(start: dict[str, Any]) -> Spread:
    return Times(start["seconds"]).difference("help", "bare")


def _compilation(start: dict[str, Any]) -> Spread:
    # Early records hold one number.
    runs = [run["first tile"] for run in start.get("cold_runs", ())]
    return Spread.of(runs or [start["cold"]])


FINDERS: dict[str, tuple[str, Finder]] = {
    "cpp": ("core", _ratio("engine", "cpp", "seconds")),
    "clang": ("core", _ratio("engine", "clang++", "seconds")),
    "numpy": ("core", _ratio("numpy", "engine", "seconds")),
    "cpp_whole": ("peers", _ratio("engine", "cpp", "seconds")),
    "numpy_whole": ("peers", _ratio("numpy", "engine", "seconds")),
    "second_thread": ("scaling", _ratio("1", "2", "threads")),
    "loans_linear": ("scaling", _ratio("8000", "1000", "loans", scale=1.0 / 8.0)),
    "scenarios_linear": ("scaling", _ratio("8", "1", "tiles", scale=1.0 / 8.0)),
    "full_seconds": ("full", _largest("simulate", "price")),
    "full_memory": ("full", _largest("peak_gib")),
    "reading_memory": ("reading", _values("gib")),
    "precision_price": ("precision", _values("price, shipped", "gains")),
    "precision_price_large": ("precision", _values("price, 20,000 loans", "gains")),
    "precision_bid": ("precision", _values("bid in expectation, shipped", "gains")),
    "help": ("start", _help),
    "price_figures": ("commands", _time("price")),
    "price_plain": ("commands", _time("price --no-figures")),
    "bid": ("commands", _time("bid")),
    "deal_size": ("commands", _time("deal size")),
    "waterfall": ("waterfall", _time("waterfall")),
    "compilation": ("start", _compilation),
}
"""Measurement of each aim, and its finder."""
