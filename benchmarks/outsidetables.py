"""Tables of the page on what a user sees from outside: commands, precision, reading."""

from __future__ import annotations

from typing import Any

from benchmarks.measure import Spread, Times
from benchmarks.simulationtables import table

__all__ = ["commands", "precision", "reading"]


def commands(found: dict[str, Any]) -> str:
    """Return the table of warm times of commands, with their ratio to bare imports."""
    times = Times(found["seconds"])
    names = {"bare": "bare interpreter", "imports": "bare imports"}
    rows = [
        (
            names.get(name, f"`npl-sim {name}`"),
            times.spread(name).text(),
            "1" if name == "imports" else times.ratio(name, "imports").text(),
        )
        for name in times.seconds
    ]
    return table(("command", "s (quartiles)", "time / bare imports (quartiles)"), rows)


def precision(found: dict[str, Any]) -> str:
    """Return the table of gains over plain sampling, by round with another seed."""
    rows = [
        (
            name,
            Spread.of(case["gains"]).text(1),
            Spread.of(case["work"]).text(1),
            Spread.of(case["scenarios"]).text(0),
        )
        for name, case in found.items()
    ]
    return table(
        ("quantity", "gain in processor time (quartiles)", "gain in work", "scenarios"), rows
    )


def reading(found: dict[str, Any]) -> str:
    """Return the table of reading a large tape."""
    row = (
        f"{Spread.of(found['megabytes']).middle:,.0f}",
        Spread.of(found["gib"]).text(),
        Spread.of(found["seconds"]).text(1),
    )
    return table(("size, MB", "peak of the process, GiB (range)", "s (range)"), [row])
