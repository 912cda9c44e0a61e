"""Tables of the page on the simulation: peers, stages, scaling."""

from __future__ import annotations

from typing import Any

from benchmarks.measure import Spread, Times
from benchmarks.targets import runs_of
from npl_sim.core.layout import TILE

__all__ = ["PEERS", "full", "peer_ratios", "peers", "scaling", "stages", "table"]

PEERS = {
    "engine": "engine (numba)",
    "cpp": "scalar C++ (g++)",
    "cpp, relaxed": "scalar C++ (g++), relaxed floating point",
    "clang++": "scalar C++ (clang++)",
    "clang++, relaxed": "scalar C++ (clang++), relaxed floating point",
    "numpy": "vectorized NumPy",
    "plain": "plain Python (reference implementation)",
}
"""Implementations of the simulation, in the order of the page."""


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def peer_ratios(peers: dict[str, Any]) -> dict[str, Spread]:
    """Return the time of each implementation per loan path over the engine's, by round.

    In early records plain Python did not alternate with the engine; its ratio is one of medians.
    """
    times = Times(peers["seconds"])
    scale = peers["paths"] / peers["plain_paths"]
    ratios = {
        n: times.ratio(n, "engine", scale if n == "plain" else 1.0)
        for n in PEERS
        if n in times.seconds
    }
    if "plain" not in ratios:
        slow = Times({"plain": peers["plain"]}).spread("plain", scale).middle
        ratios["plain"] = Spread.of([slow / times.spread("engine").middle])
    return ratios


def peers(found: dict[str, Any]) -> str:
    """Return the table of time per loan path by implementation, with the flags of C++."""
    times = Times({"plain": found.get("plain", []), **found["seconds"]})
    rows = []
    for name, ratio in peer_ratios(found).items():
        slow = name == "plain"
        each = times.spread(name, 1e9 / found["plain_paths" if slow else "paths"]).middle
        shown = "1" if name == "engine" else ratio.text(0 if slow else 2)
        if slow and ratio.rounds == 1:
            shown = f"{ratio.middle:,.0f} (medians, not alternating)"
        rows.append((PEERS[name], f"{each:,.0f}", shown))
    shown_table = table(
        ("version, one thread", "ns per loan path", "time / engine's time (quartiles)"), rows
    )
    flags = [f"* {PEERS[name]}: `{text}`" for name, text in found.get("flags", {}).items()]
    return "\n\n".join([shown_table, *(["\n".join(flags)] if flags else [])])


def _steps(seconds: dict[str, list[float]], unit: str, scale: int) -> str:
    times = Times({int(n): s for n, s in seconds.items()})
    first, *_ = times.seconds
    rows = [
        (
            f"{n * scale:,}",
            f"{times.spread(n, 1e3).middle:.1f}",
            "1" if n == first else times.ratio(n, first, first / n).text(),
        )
        for n in times.seconds
    ]
    return table((unit, "ms", f"time per unit / that at {first * scale:,} (quartiles)"), rows)


def _threads(found: dict[str, Any]) -> str:
    whole, kernel = Times(found["threads"]), Times(found["kernel"])
    rows = [
        (
            n,
            *(
                cell
                for times in (whole, kernel)
                for cell in (
                    times.spread(n).text(),
                    "1" if n == "1" else times.ratio("1", n).text(),
                )
            ),
        )
        for n in whole.seconds
    ]
    scenarios = TILE * found.get("kernel_tiles", 8)
    head = (
        "threads, 10,000 loans",
        "whole run, 1,024 scenarios, s (quartiles)",
        "gain",
        f"simulation only, {scenarios:,} scenarios, s (quartiles)",
        "gain",
    )
    return table(head, rows)


def full(found: dict[str, Any]) -> str:
    """Return the table of the largest run, with the gain of the second thread by round."""
    size = "10,000 loans x 10,000 scenarios x 120 months"
    head = (size, "simulate, s", "value, s", "peak, GiB", "estimated, GiB")
    keys = ("simulate", "price", "peak_gib", "planned_gib")
    threads = sorted(found, key=int)
    rows = [
        (
            f"{n} thread" + "s" * (n != "1"),
            *(Spread.of([run[key] for run in runs_of(found, n)]).text() for key in keys[:3]),
            f"{runs_of(found, n)[0]['planned_gib']:.2f}",
        )
        for n in threads
    ]
    seconds = Times({n: [run["simulate"] for run in runs_of(found, n)] for n in threads})
    gain = seconds.ratio("1", "2")
    if gain.rounds == 1:
        note = "One run each, one after the other; the gain is not decided."
    else:
        note = (
            f"{gain.rounds} alternating runs each, with whole ranges. "
            f"Gain of the second thread: {gain.text()}."
        )
    return f"{table(head, rows)}\n\n{note}"


def scaling(found: dict[str, Any]) -> str:
    """Return the tables of time by loans, scenarios and threads."""
    return "\n\n".join(
        (
            _steps(found["loans"], f"loans, {TILE} scenarios", 1),
            _steps(found["tiles"], "scenarios, 2,000 loans", TILE),
            "Small packages take more time for each loan. Each collection table (policy, group,\n"
            "age) is computed once per scenario, however few loans share it.",
            _threads(found),
        )
    )


def stages(found: dict[str, Any]) -> str:
    """Return the tables of loans by stage, and of the package without one part."""
    standing, parts = Times(found["standing"]), Times(found["parts"])
    per = 1e9 / found["whole_paths"]
    first = table(
        ("stage at the start", "loan paths", "ns per loan path (quartiles)"),
        [
            (
                name,
                f"{found['paths'][name]:,}",
                standing.spread(name, 1e9 / found["paths"][name]).text(0),
            )
            for name in standing.seconds
        ],
    )
    second = table(
        ("the whole package", "ns per loan path", "time / whole (quartiles)"),
        [("unchanged", f"{parts.spread('whole', per).middle:.0f}", "1")]
        + [
            (
                f"without {name}",
                f"{parts.spread(name, per).middle:.0f}",
                parts.ratio(name, "whole").text(),
            )
            for name in parts.seconds
            if name != "whole"
        ],
    )
    return f"{first}\n\n{second}"
