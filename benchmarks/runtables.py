"""Tables of the page of results on whole runs: phases, start, size, deals, installable parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.measure import Spread, Times
from benchmarks.provenance import Found, Record, busy
from benchmarks.simulationtables import table

__all__ = ["PHASES", "installable", "phases", "ready_parts", "scale", "start", "waterfall"]

PHASE_WORDS = {
    "read": "study and tape read and checked",
    "lower": "words to records",
    "factors": "systematic factors",
    "walk": "every loan through every scenario",
    "gather": "the rest of a simulation: memory, sums, flows",
    "value": "the price distribution",
    "tables": "tables and the rest of the run folder",
    "figures": "figures of the run folder",
}
PHASES = tuple(PHASE_WORDS)
"""Of a pricing, in their order."""


def phases(found: dict[str, Any]) -> str:
    """A whole pricing by phase."""
    times = Times(found["seconds"])
    whole = sum(times.seconds[phase] for phase in PHASES)
    times.seconds["whole"] = whole
    rows = [
        (f"{phase}: {PHASE_WORDS[phase]}", times.spread(phase).text(), f"{100 * times.ratio(phase, 'whole').middle:.1f}")
        for phase in PHASES
    ]  # fmt: skip
    rows.append(("all", times.spread("whole").text(), "100"))
    size = f"{found['loans']:,} loans x {found['scenarios']:,} scenarios"
    return table((f"phase, {size}, one thread", "s (quartiles)", "% of all"), rows)


def installable(found: dict[str, Any]) -> str:
    """Parts of the work beside packages."""
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
    return table(("part, one thread", "time", "its time / npl_sim's (quartiles)"), rows)


def waterfall(found: dict[str, Any]) -> str:
    """The parts of a deal's run beside plain Python."""
    times = Times(found["seconds"])
    each, slow = found["scenarios"] * found["dates"], found["plain_scenarios"] * found["dates"]
    parts = (
        (
            "waterfall: all dates and steps, conservation of cash checked on each",
            "waterfall",
            each,
        ),
        ("before it: dates, collections by period, rates, plan", "prepare", each),
        ("after it: losses, lives, yields and covers with their errors", "results", each),
        ("all three", "whole", each),
        ("plain Python (the tests' twin; dates and collections included)", "plain", slow),
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
        ("part", "s", "ns per scenario and date", "that / the waterfall's (quartiles)"), rows
    )


STEPS = ("imports", "study and tape", "lowering", "first tile")
"""Of a process that gets ready; see `ready`."""


def ready_parts(runs: list[dict[str, float]]) -> dict[str, Spread]:
    """Return the seconds of a process by step; what is left of the whole is the interpreter's start and end."""
    rest = [run["whole"] - sum(run[step] for step in STEPS) for run in runs]
    return {
        "start and end of the interpreter": Spread.of(rest),
        **{step: Spread.of([run[step] for run in runs]) for step in STEPS},
    }


def start(found: dict[str, Any]) -> str:
    """Start of the interpreter, of the help, of a process that walks its first tile."""
    times = Times(found["seconds"])
    rows = [
        ("bare interpreter", times.spread("bare").text(3)),
        ("`npl-sim --help`", times.spread("help").text(3)),
    ]
    if "warm_runs" in found:
        warm = found["warm_runs"]
        rows.append(
            ("warm process: whole, from outside", Spread.of([run["whole"] for run in warm]).text())
        )
        rows += [(f"- {step}", spread.text()) for step, spread in ready_parts(warm).items()]
        cold = Spread.of([run["first tile"] for run in found["cold_runs"]])
        rows.append(("first tile, nothing cached: compilation", cold.text(1)))
    else:
        rows.append(
            ("imports and first walk of a warm process, no more of it", f"{found['warm']:.2f}")
        )
        rows.append(("first walk, nothing cached: compilation", f"{found['cold']:.1f} (one run)"))
    return table(("start", "s (quartiles)"), rows)


def scale(found: Found, head: Record) -> str:
    """Sizes, and where each was measured."""
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
                size["keep"],
                str(size["threads"]),
                f"{seconds['read'] + seconds['lower']:.1f}",
                f"{seconds['simulate']:.1f}",
                f"{seconds['value'] + seconds['tables']:.1f}",
                f"{path:.0f}",
                *(f"{peak[step]:,.0f}" for step in ("simulate", "tables")),
                f"{size['planned_mib']:,.0f}",
                f"{size['disk_mib']:,.0f}",
                record["commit"] + (f" ({words})" if (words := busy(record, "scale")) else ""),
                *([record["facts"]["Processor"]] if elsewhere else []),
            )
        )
    columns = (
        "loans",
        "scenarios",
        "keep",
        "threads",
        "read, s",
        "simulate, s",
        "value, s",
        "ns per loan-path",
    )
    peaks = ("peak simulated, MiB", "peak valued, MiB", "planned, MiB", "disk, MiB", "commit")
    return table(columns + peaks + ("processor",) * elsewhere, rows)
