"""Tables of the page on whole runs: phases, start-up, size, deals, installable packages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.measure import Spread, Times
from benchmarks.provenance import Found, Record, busy
from benchmarks.simulationtables import table

__all__ = ["PHASES", "installable", "phases", "ready_parts", "scale", "start", "waterfall"]

PHASE_TEXT = {
    "read": "study and tape, read and validated",
    "compile_model": "records of the model",
    "factors": "systematic factors",
    "kernel": "simulation of every loan in every scenario",
    "gather": "rest of the simulation: memory, sums, flows",
    "value": "price distribution",
    "tables": "tables and other files of the run folder",
    "figures": "figures of the run folder",
}
PHASES = tuple(PHASE_TEXT)
"""Phases of a pricing, in their order."""


def phases(found: dict[str, Any]) -> str:
    """Return the table of a whole pricing by phase."""
    times = Times(found["seconds"])
    whole = sum(times.seconds[phase] for phase in PHASES)
    times.seconds["whole"] = whole
    rows = [
        (
            f"{phase}: {PHASE_TEXT[phase]}",
            times.spread(phase).text(),
            f"{100 * times.ratio(phase, 'whole').middle:.1f}",
        )
        for phase in PHASES
    ]
    rows.append(("all", times.spread("whole").text(), "100"))
    size = f"{found['loans']:,} loans x {found['scenarios']:,} scenarios"
    return table((f"phase, {size}, one thread", "s (quartiles)", "% of all"), rows)


def installable(found: dict[str, Any]) -> str:
    """Return the table of parts of the work and installable packages."""
    draws, rates = found["uniforms"], found["irr"]
    parts = (
        ("uniform numbers", draws, 1e9 / draws["draws"], 2, "ns a number"),
        (
            "rates of return",
            rates,
            1e6 / rates["scenarios"],
            1,
            f"us a scenario of {rates['months']} months",
        ),
    )
    rows = []
    for part, results, scale, digits, unit in parts:
        times = Times(results["seconds"])
        for name in times.seconds:
            each = f"{times.spread(name, scale).middle:.{digits}f} {unit}"
            ratio = "1" if name == "npl_sim" else times.ratio(name, "npl_sim").text()
            rows.append((f"{part}, {name}", each, ratio))
    return table(("part, one thread", "time", "time / npl_sim's time (quartiles)"), rows)


def waterfall(found: dict[str, Any]) -> str:
    """Return the table of the parts of a deal's run, compared with plain Python."""
    times = Times(found["seconds"])
    each, slow = found["scenarios"] * found["dates"], found["plain_scenarios"] * found["dates"]
    parts = (
        (
            "waterfall: all dates and steps, with a check of cash conservation on each",
            "waterfall",
            each,
        ),
        ("before it: dates, collections by period, rates, business plan", "prepare", each),
        (
            "after it: losses, average lives, yields and coverage ratios, with errors",
            "results",
            each,
        ),
        ("all three parts", "whole", each),
        ("plain Python (reference implementation, with dates and collections)", "plain", slow),
    )
    rows = [
        (
            label,
            f"{times.spread(name).middle:.3f}",
            f"{times.spread(name, 1e9 / count).middle:,.0f}",
            "1" if name == "waterfall" else times.ratio(name, "waterfall", each / count).text(),
        )
        for label, name, count in parts
    ]
    return table(
        ("part", "s", "ns per scenario and date", "time / waterfall's time (quartiles)"), rows
    )


STEPS = ("imports", "study and tape", "compile the model", "first tile")
"""Steps of start-up; see `ready`."""


def ready_parts(runs: list[dict[str, float]]) -> dict[str, Spread]:
    """Return the seconds of start-up by step.

    The rest of the whole is the start and end of the interpreter.
    """
    rest = [run["whole"] - sum(run[step] for step in STEPS) for run in runs]
    return {
        "start and end of the interpreter": Spread.of(rest),
        **{step: Spread.of([run[step] for run in runs]) for step in STEPS},
    }


def start(found: dict[str, Any]) -> str:
    """Return the table of start-up: interpreter, help, process up to its first tile."""
    times = Times(found["seconds"])
    rows = [
        ("bare interpreter", times.spread("bare").text(3)),
        ("`npl-sim --help`", times.spread("help").text(3)),
    ]
    if "warm_runs" in found:
        warm = found["warm_runs"]
        rows.append(
            ("warm process, timed from outside", Spread.of([run["whole"] for run in warm]).text())
        )
        rows += [(f"- {step}", spread.text()) for step, spread in ready_parts(warm).items()]
        cold = Spread.of([run["first tile"] for run in found["cold_runs"]])
        rows.append(("first tile with an empty cache: compilation", cold.text(1)))
    else:
        rows.append(("warm process: imports and first tile only", f"{found['warm']:.2f}"))
        rows.append(
            ("first tile with an empty cache: compilation", f"{found['cold']:.1f} (one run)")
        )
    return table(("start", "s (quartiles)"), rows)


def scale(found: Found, head: Record) -> str:
    """Return the table of sizes, with the commit of each."""
    rows = []
    elsewhere = any(
        r["facts"]["Processor"] != head["facts"]["Processor"] for r in found.rows.values()
    )
    sizes: Mapping[str, Any] = found.results
    for name in sorted(sizes, key=lambda n: (sizes[n]["loans"], sizes[n]["scenarios"])):
        size, record = sizes[name], found.rows[name]
        seconds, peak = size["seconds"], size["peak_mib"]
        path = 1e9 * seconds["simulate"] / (size["loans"] * size["scenarios"])
        rows.append(
            (
                f"{size['loans']:,}",
                f"{size['scenarios']:,}",
                size["detail"],
                str(size["threads"]),
                f"{seconds['read'] + seconds['compile_model']:.1f}",
                f"{seconds['simulate']:.1f}",
                f"{seconds['value'] + seconds['tables']:.1f}",
                f"{path:.0f}",
                *(f"{peak[step]:,.0f}" for step in ("simulate", "tables")),
                f"{size['planned_mib']:,.0f}",
                f"{size['disk_mib']:,.0f}",
                record["commit"] + (f" ({note})" if (note := busy(record, "scale")) else ""),
                *([record["facts"]["Processor"]] if elsewhere else []),
            )
        )
    columns = (
        "loans",
        "scenarios",
        "detail",
        "threads",
        "read, s",
        "simulate, s",
        "value, s",
        "ns per loan path",
    )
    peaks = ("peak simulated, MiB", "peak valued, MiB", "estimated, MiB", "disk, MiB", "commit")
    return table(columns + peaks + ("processor",) * elsewhere, rows)
