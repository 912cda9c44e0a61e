"""From the history of measurements to the page of results, with its figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks import figures
from benchmarks.measure import Times
from benchmarks.peers import cpp, vectorised
from npl_sim.layout import TILE

__all__ = ["latest", "write_page"]

RELAXED = "-std=c++17 -O3 -march=native -ffast-math"


def latest(records: list[dict[str, Any]]) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Return the last record of each measurement: its results, and the record that holds them."""
    found = {}
    for record in records:
        for name, results in record["results"].items():
            if name == "scale" and name in found:
                # One size a record: the last of each.
                results = {**found[name][0], **results}
            found[name] = (results, record)
    return found


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _peers(peers: dict[str, Any]) -> str:
    times = Times.of(peers["seconds"])
    slow = Times.of({"plain": peers["plain"]}).median("plain") / peers["plain_paths"]
    names = {
        "engine": "engine (numba)",
        "cpp": "C++, scalar, " + " ".join(cpp.FLAGS),
        "cpp, relaxed": "C++, scalar, " + RELAXED,
        "numpy": "NumPy, vectorised",
    }
    rows = [
        (
            label,
            f"{1e9 * times.median(name) / peers['paths']:.0f}",
            "1" if name == "engine" else times.ratio_text(name, "engine"),
        )
        for name, label in names.items()
        if name in times.seconds
    ]
    own = times.median("engine") / peers["paths"]
    rows.append(("plain Python (the tests' twin)", f"{1e9 * slow:,.0f}", f"{slow / own:,.0f}"))
    return table(("version, one thread", "ns per loan-path", "its time / engine's (quartiles)"), rows)


def _numpy_limit(peers: dict[str, Any]) -> str:
    times = Times.of(peers["seconds"])
    if "cpp" not in times.seconds:
        return ""
    return (
        f"Scalar C++ beats it {times.ratio('numpy', 'cpp'):.1f} times: that is what walking one path at a time "
        "gains over good arrays; more takes work on blocks of paths."
    )


def _steps(seconds: dict[str, list[float]], unit: str, scale: int) -> str:
    """Return the table of a scaling series: time per unit relative to the first step."""
    times = Times.of({int(n): s for n, s in seconds.items()})
    first, *_ = times.seconds
    rows = []
    for n in times.seconds:
        relative = times.ratio(n, first) * first / n
        rows.append((f"{n * scale:,}", f"{1e3 * times.median(n):.1f}", f"{relative:.2f}"))
    return table((unit, "ms", f"time per unit / that at {first * scale:,}"), rows)


def _threads(scaling: dict[str, Any]) -> str:
    rows = []
    for label, name in (("whole run", "threads"), ("walk alone, 512 scenarios", "walk")):
        times = Times.of(scaling[name])
        rows.append(
            (label, f"{times.median('1'):.2f}", f"{times.median('2'):.2f}", times.ratio_text("1", "2"))
        )
    return table(("10,000 loans x 1,024 scenarios", "1 thread, s", "2 threads, s", "gain (quartiles)"), rows)


def _full(full: dict[str, Any]) -> str:
    head = (
        "10,000 loans x 10,000 scenarios x 120 months",
        "simulate, s",
        "value, s",
        "peak, GiB",
        "planned, GiB",
    )
    rows = [
        (
            f"{n} thread" + "s" * (n != "1"),
            *(f"{x[k]:.2f}" for k in ("simulate", "price", "peak_gib", "planned_gib")),
        )
        for n, x in full.items()
    ]
    return table(head, rows)


def _stages(stages: dict[str, Any]) -> str:
    standing, parts = Times.of(stages["standing"]), Times.of(stages["parts"])
    per = 1e9 / stages["whole_paths"]
    first = table(
        ("loans that stand in", "loan-paths", "ns per loan-path"),
        [
            (name, f"{stages['paths'][name]:,}", f"{1e9 * standing.median(name) / stages['paths'][name]:.0f}")
            for name in standing.seconds
        ],
    )
    second = table(
        ("the whole package", "ns per loan-path", "time / whole (quartiles)"),
        [("as it stands", f"{per * parts.median('whole'):.0f}", "1")]
        + [
            (f"without {name}", f"{per * parts.median(name):.0f}", parts.ratio_text(name, "whole"))
            for name in parts.seconds
            if name != "whole"
        ],
    )
    return f"{first}\n\n{second}"


def _installable(found: dict[str, Any]) -> str:
    rows = []
    draws, rates = found["uniforms"], found["irr"]
    times = Times.of(draws["seconds"])
    for name in times.seconds:
        each = f"{1e9 * times.median(name) / draws['draws']:.2f} ns a number"
        ratio = "1" if name == "npl_sim" else times.ratio_text(name, "npl_sim")
        rows.append((f"uniform numbers, {name}", each, ratio))
    times = Times.of(rates["seconds"])
    for name in times.seconds:
        each = (
            f"{1e6 * times.median(name) / rates['scenarios']:.1f} us a scenario of {rates['months']} months"
        )
        ratio = "1" if name == "npl_sim" else times.ratio_text(name, "npl_sim")
        rows.append((f"rates of return, {name}", each, ratio))
    return table(("part, one thread", "time", "its time / npl_sim's (quartiles)"), rows)


WATERFALL_AIM = 0.2
"""Aim for the waterfall of 10,000 scenarios, 40 dates and 15 steps. [seconds]"""


def _waterfall(found: dict[str, Any]) -> str:
    times = Times.of(found["seconds"])
    each, slow = found["scenarios"] * found["dates"], found["plain_scenarios"] * found["dates"]
    parts = (
        ("waterfall: all dates and steps, conservation of cash checked on each", "waterfall", each),
        ("before it: dates, collections by period, rates, plan", "prepare", each),
        ("after it: losses, lives, yields and covers with their errors", "results", each),
        ("all three", "whole", each),
        ("plain Python (the tests' twin; dates and collections included)", "plain", slow),
    )
    rows = [
        (
            label,
            f"{times.median(name):.3f}",
            f"{1e9 * times.median(name) / count:,.0f}",
            f"{times.median(name) / count / (times.median('waterfall') / each):,.2f}",
        )
        for label, name, count in parts
    ]
    return table(("part", "s", "ns per scenario and date", "that / the waterfall's"), rows)


def _start(start: dict[str, Any]) -> str:
    times = Times.of(start["seconds"])
    return table(
        ("start", "s"),
        [
            ("bare interpreter", f"{times.median('bare'):.3f}"),
            ("`npl-sim --help`", f"{times.median('help'):.3f}"),
            ("imports and first walk, machine code cached", f"{start['warm']:.2f}"),
            ("first walk, nothing cached: compilation", f"{start['cold']:.1f}"),
        ],
    )


def _scale(found: dict[str, Any]) -> str:
    rows = []
    for size in sorted(found.values(), key=lambda row: (row["loans"], row["scenarios"])):
        seconds, peak = size["seconds"], size["peak_mib"]
        path = 1e9 * seconds["simulate"] / (size["loans"] * size["scenarios"])
        rows.append(
            (
                f"{size['loans']:,}",
                f"{size['scenarios']:,}",
                f"{seconds['read'] + seconds['lower']:.1f}",
                f"{seconds['simulate']:.1f}",
                f"{seconds['value'] + seconds['tables']:.1f}",
                f"{path:.0f}",
                *(f"{peak[step]:,.0f}" for step in ("simulate", "tables")),
                f"{size['planned_mib']:,.0f}",
                f"{size['disk_mib']:,.0f}",
            )
        )
    head = ("loans", "scenarios", "read, s", "simulate, s", "value, s", "ns per loan-path")
    peaks = ("peak simulated, MiB", "peak valued, MiB", "planned, MiB", "disk, MiB")
    return table(head + peaks, rows)


def _target(name: str, aim: str, found: str, reached: bool, why: str) -> tuple[str, ...]:
    return name, aim, found, "reached" if reached else f"missed: {why}"


def _targets(found: dict[str, Any]) -> str:
    rows = []
    if "peers" in found:
        times = Times.of(found["peers"]["seconds"])
        if "cpp" in times.seconds:
            ratio = times.ratio("engine", "cpp")
            row = ("one thread, against scalar C++", "1.1 x", f"{ratio:.2f} x")
            rows.append(_target(*row, ratio <= 1.1, f"{ratio / 1.1:.2f} times it"))
        ratio = times.ratio("numpy", "engine")
        row = ("one thread, against vectorised NumPy", "10 x", f"{ratio:.1f} x")
        rows.append(_target(*row, ratio >= 10, f"{ratio / 10:.2f} of it; see Peers"))
    if "scaling" in found:
        ratio = Times.of(found["scaling"]["threads"]).ratio("1", "2")
        walk = Times.of(found["scaling"]["walk"]).ratio("1", "2")
        why = f"the walk alone gains {walk:.2f}; the rest is serial, or other work on the machine"
        rows.append(_target("second thread, whole run", "1.8 x", f"{ratio:.2f} x", ratio >= 1.8, why))
    if "full" in found:
        two = found["full"]["2"]
        seconds, peak = two["simulate"] + two["price"], two["peak_gib"]
        name = "10,000 loans x 10,000 scenarios x 120 months, 2 threads"
        rows.append(_target(name, "15 s", f"{seconds:.1f} s", seconds < 15, f"{seconds / 15:.2f} times it"))
        rows.append(_target("its memory", "2 GiB", f"{peak:.2f} GiB", peak < 2, f"{peak / 2:.2f} times it"))
    if "waterfall" in found:
        seconds = Times.of(found["waterfall"]["seconds"]).median("waterfall")
        name = "waterfall, 10,000 scenarios x 40 dates x 15 steps, one core"
        why = f"{seconds / WATERFALL_AIM:.2f} times it"
        rows.append(_target(name, f"{WATERFALL_AIM:g} s", f"{seconds:.3f} s", seconds < WATERFALL_AIM, why))
    if "start" in found:
        times = Times.of(found["start"]["seconds"])
        over = times.median("help") - times.median("bare")
        for name, aim, seconds in (
            ("help over the bare interpreter", 0.3, over),
            ("warm process ready to simulate", 1.5, found["start"]["warm"]),
            ("first compilation", 60.0, found["start"]["cold"]),
        ):
            shown = f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"
            rows.append(_target(name, f"{aim:g} s", shown, seconds < aim, f"{seconds / aim:.1f} times it"))
    return table(("target", "aim", "found", "outcome"), rows)


SECTIONS: tuple[tuple[str, str, Any, str, str], ...] = (
    (
        "peers",
        "Peers",
        _peers,
        "10,000 loans x 128 scenarios, factors given, the walk alone.",
        f"""* The **C++ peer** (`peers/kernel.cpp`) is the engine's algorithm on the engine's draws; its flows equal the engine's to
  1e-9 in every cell, in the shipped study and in random worlds (`test_peers_agree.py`). Its records are generated from
  the engine's types. It is built without fused products and sums, as the engine is.
* The **NumPy peer** (`peers/vectorised.py`) walks every stage over blocks of {vectorised.BLOCK_PATHS:,} paths with NumPy's own generator,
  drawing only for the paths that need it. Nothing is left out but the totals that agencies' contracts ask for and
  the records of a pilot run. Its means equal the engine's within 5 standard errors for every kind of cash, in the
  shipped study and in random worlds that use every road of the model.
* **Plain Python** is the twin that the tests use (60 loans x 8 scenarios, factors included).""",
    ),
    (
        "installable",
        "Beside what can be installed",
        _installable,
        "No package on the public index was found that walks a bad loan; parts of the work have peers.",
        "NumPy's generators consume a stream, 64 bits a number; ours is addressed, 32 bits a number. pyxirr solves a scenario at a "
        "time (compiled Rust, called from Python), ours all scenarios at once; rates agree to 1e-6.",
    ),
    (
        "stages",
        "What each stage costs",
        _stages,
        "10,000 loans x 128 scenarios, one thread: loans by where they stand at the start, and the package with one part of its work-out left out.",
        "A loan that stands in court walks the later stages only, but its few neighbours share the tables of their cohort: small groups pay more for each loan.",
    ),
    (
        "waterfall",
        "Waterfall",
        _waterfall,
        "10,000 scenarios x 40 quarterly dates x 15 steps (`deal.py`): fees with caps, a guarantee, a reserve, three tranches, two "
        "triggers. One thread; the flows are given.",
        "That plain Python pays the same is asserted over random deals (`tests/naive_deal`) and over this one (`test_waterfall.py`).",
    ),
    (
        "scale",
        "Size",
        _scale,
        "The program as it ships on made tapes: `keep: streamed`, two threads, each size in a process of its own; the peak is that of the process, the interpreter and its libraries included.",
        "Reading needs 1.1 kB a loan, simulating some 0.1 kB and valuing 0.5 kB a scenario. The run of a million scenarios compiled in the same process, which alone took 0.5 GiB at its start. See docs/scale.md.",
    ),
    ("start", "Start", _start, "", ""),
)  # fmt: skip
"""Name, title, table, and the words before and after it."""

HEAD = """# Benchmarks

Written by `python -m benchmarks.suite --full`; do not edit. Ratios compare versions that took turns in one
run (A B A B; medians over the rounds); times are leads only. Every run is a line of `history.jsonl`.

{facts}

The package: the shipped study `configs/studies/first_package.yaml` over a made tape (credit cards, consumer
loans, firms and mortgages with collateral and guarantors, in every stage), 120 months.

## Targets

{targets}
"""

TAIL = """
## Do it again

    pip install -e .[dev]
    python -m benchmarks.suite --full         # measures, adds a line to history.jsonl, writes this page and its figures
    python -m benchmarks.suite --only peers   # one measurement; the page keeps the others
    python -m benchmarks.scale                # sizes up to a million loans; LOANSxSCENARIOS for others
    python -m benchmarks.compare OLD NEW      # two commits side by side, taking turns, each in a process of its own
    pytest benchmarks --benchmark-only        # the same parts under pytest-benchmark; --full for the largest run
    pytest benchmarks/test_peers_agree.py     # that all peers walk the same model

Tests never run these. Without a C++ compiler that peer is skipped.
"""


def _scaling(scaling: dict[str, Any], full: dict[str, Any] | None) -> str:
    parts = [
        "## Scaling\n\n![Time against loans, scenarios and threads](figures/scaling.png)",
        _steps(scaling["loans"], f"loans, {TILE} scenarios", 1),
        _steps(scaling["tiles"], "scenarios, 2,000 loans", TILE),
        "Small packages pay more for each loan because each cohort (policy, group, age) has its tables laid out once "
        "per\nscenario, however few loans share them.",
        _threads(scaling),
    ]
    if full is not None:
        parts.append(_full(full))
    return "\n\n".join(parts)


def write_page(records: list[dict[str, Any]], folder: Path) -> None:
    """Write README.md and the figures from the last record of each measurement."""
    last = latest(records)
    found = {name: results for name, (results, _) in last.items()}
    facts = records[-1]["facts"]
    measured = sorted({f"{r['facts']['Date']} at {r['commit']}" for _, r in last.values()})
    rows = [*facts.items(), ("Measured", ", ".join(measured))]
    text = [HEAD.format(facts=table(("fact", "value"), rows), targets=_targets(found))]
    for name, title, draw, before, after in SECTIONS:
        if name not in found:
            continue
        picture = f"![{title}](figures/{name}.png)" if name in figures.FIGURES else ""
        parts = [f"## {title}", before, draw(found[name]), picture, after]
        if name == "peers":
            parts.append(_numpy_limit(found[name]))
        text.append("\n\n".join(p for p in parts if p))
        if name == "stages" and "scaling" in found:
            text.append(_scaling(found["scaling"], found.get("full")))
    (folder / "README.md").write_text("\n\n".join(text) + TAIL, encoding="utf-8")
    figures.save(found, records, folder / "figures")
