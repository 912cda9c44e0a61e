"""From the history of measurements to the page of results, with its figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import figures, runtables, simulationtables
from benchmarks.measure import Times
from benchmarks.peers import vectorized
from benchmarks.provenance import Found, Record, head_of, latest, origin
from benchmarks.simulationtables import table
from benchmarks.targets import targets

__all__ = ["write_page"]


class Section(NamedTuple):
    """A measurement on the page: its name, its title, its tables, and the words before and after them."""

    name: str
    title: str
    tables: Callable[[dict[str, Any]], str] | None
    before: str = ""
    after: str = ""


def _numpy(peers: dict[str, Any]) -> str:
    times = Times(peers["seconds"])
    if "cpp" not in times.seconds:
        return ""
    return (
        f"Scalar C++ is {times.ratio('numpy', 'cpp').text(1)} times as fast as NumPy: that is what walking one path "
        "at a time gains\nover good arrays; more takes work on blocks of paths."
    )


SECTIONS = (
    Section(
        "peers",
        "Peers",
        simulationtables.peers,
        "10,000 loans x 128 scenarios, factors given, the walk alone.",
        f"""* The **C++ peer** (`peers/kernel.cpp`) is the engine's algorithm on the engine's draws; its flows equal the engine's to
  1e-9 in every cell, in the shipped study and in random worlds (`test_peers_agree.py`). Its records are generated from
  the engine's types. It is built without fused products and sums, as the engine is. It is one translation, not the best
  that C++ can do. The engine may beat it: every function of the engine is inlined into one, while a C++ compiler weighs
  the size of each; and another compiler turns other branches into selections (if-conversion), which suits a walk whose
  branches nobody can foresee.
* The **NumPy peer** (`peers/vectorized.py`) walks every stage over blocks of {vectorized.BLOCK_PATHS:,} paths with NumPy's own generator,
  drawing only for the paths that need it. Nothing is left out but the totals that agencies' contracts ask for and
  the records of a pilot run. Its means equal the engine's within 5 standard errors for every kind of cash, in the
  shipped study and in random worlds that use every road of the model.
* **Plain Python** is the twin that the tests use (60 loans x 8 scenarios, factors included).""",
    ),
    Section(
        "installable",
        "Beside what can be installed",
        runtables.installable,
        "No package on the public index was found that walks a bad loan; parts of the work have peers.",
        "NumPy's generators consume a stream, 64 bits a number; ours is addressed, 32 bits a number. pyxirr solves a scenario at a "
        "time (compiled Rust, called from Python), ours all scenarios at once; rates agree to 1e-6.",
    ),
    Section(
        "phases",
        "A whole run by phase",
        runtables.phases,
        "What `npl-sim price` does, in one process whose code is compiled, on one thread so that phases add up.",
    ),
    Section(
        "stages",
        "What each stage costs",
        simulationtables.stages,
        "10,000 loans x 128 scenarios, one thread: loans by where they stand at the start, and the package with one part of its work-out left out.",
        "What a part saves is not what its stage costs: without it loans also go other ways. Without litigation there is no judgment and\n"
        "no enforcement either, so that line holds all three. A loan that stands in court walks the later stages only, but its few\n"
        "neighbours share the tables of their cohort: small groups pay more for each loan.",
    ),
    Section("scaling", "Scaling", simulationtables.scaling),
    Section("full", "The largest run in memory", simulationtables.full),
    Section(
        "waterfall",
        "Waterfall",
        runtables.waterfall,
        "10,000 scenarios x 40 quarterly dates x 15 steps (`deal.py`): fees with caps, a guarantee, a reserve, three tranches, two "
        "triggers. One thread; the flows are given.",
        "That plain Python pays the same is asserted over random deals (`tests/naive_deal`) and over this one (`test_waterfall.py`).",
    ),
    Section(
        "scale",
        "Size",
        None,
        "Made tapes, each size in a process of its own and measured once; the peak is that of the process, the interpreter and its libraries included.",
        "What a loan and a scenario need, and which early sizes compiled in their own process: docs/scale.md.",
    ),
    Section(
        "start",
        "Start",
        runtables.start,
        "Bare interpreter and help took turns; the rest ran by itself, one process after the other.",
    ),
)  # fmt: skip

HEAD = """# Benchmarks

Written by `python -m benchmarks.suite --full`; do not edit. Times are medians over the rounds. Ratios are taken round by
round: their median, and in brackets their quartiles (of fewer than four rounds the whole range). The versions in a table
took turns in one run (A B A B) unless it says otherwise. Times are leads only. Every run is a line of `history.jsonl`.

{facts}

Sections that were measured at another commit or on another machine say so. A measurement is marked busy where the load
before it was more than 0.5 above its own.

The package: the shipped study `configs/studies/first_package.yaml` over a made tape (credit cards, consumer
loans, firms and mortgages with collateral and guarantors, in every stage), 120 months.

## Targets

A target is reached where the whole range meets the aim, missed where none of it does, else not decided. One run decides nothing.

{targets}
"""

TAIL = """

## Do it again

    pip install -e .[dev]
    python -m benchmarks.suite --full         # measures, adds a line to history.jsonl, writes this page and its figures
    python -m benchmarks.suite --only peers   # one measurement; the page keeps the others
    python -m benchmarks.page                 # only the page and its figures, from the history as it is
    python -m benchmarks.scale                # sizes up to a million loans; LOANSxSCENARIOS for others
    python -m benchmarks.compare OLD NEW      # two commits side by side, taking turns, each in a process of its own
    pytest benchmarks --benchmark-only        # the same parts under pytest-benchmark; --full for the largest run
    pytest benchmarks/test_peers_agree.py     # that all peers walk the same model

Tests time nothing. Without a C++ compiler that peer is skipped.
"""


def _early_peaks(found: Found) -> str:
    """Return what is wrong with the memory in records older than those that tell the load."""
    early = sorted(
        {
            record["commit"]
            for record in (found.record, *found.rows.values())
            if "load" not in record
        }
    )
    if not early:
        return ""
    return (
        f"Peaks at {', '.join(early)} may be too high: they were read from a counter that starts at the peak of the process "
        "that started\nthe measured one."
    )


def _section(section: Section, found: Found, head: Record, drawn: frozenset[str]) -> str:
    if section.tables is None:
        tables, where = runtables.scale(found, head), ""
    else:
        tables, where = section.tables(found.results), origin(found.record, head)
        where = " ".join(
            w for w in (where, f"**{found.busy.capitalize()}.**" if found.busy else "") if w
        )
    pictures = [section.name, *(["history"] if section.name == "peers" else [])]
    parts = [
        f"## {section.title}",
        where,
        section.before,
        tables,
        *(
            f"![{figures.FIGURES[name].says}](figures/{name}.png)"
            for name in pictures
            if name in drawn
        ),
        section.after,
        _numpy(found.results) if section.name == "peers" else "",
        _early_peaks(found) if section.name in ("full", "scale") else "",
    ]
    return "\n\n".join(part for part in parts if part)


def page(records: list[Record], drawn: frozenset[str]) -> str:
    """Return the text of the page; `drawn` names the figures that there are."""
    found: Mapping[str, Found] = latest(records)
    head = head_of(found)
    facts = [*head["facts"].items(), ("Commit", head["commit"])]
    text = [
        HEAD.format(
            facts=table(("fact", "value"), facts),
            targets=table(
                ("target", "aim", "found (range)", "outcome"), [t.row for t in targets(found)]
            ),
        ).rstrip()
    ]
    text += [_section(s, found[s.name], head, drawn) for s in SECTIONS if s.name in found]
    return "\n\n".join(text) + TAIL


def write_page(records: list[Record], folder: Path) -> None:
    """Write README.md and the figures from the last record of each measurement."""
    drawn = figures.save(records, folder / "figures")
    (folder / "README.md").write_text(page(records, drawn), encoding="utf-8")


if __name__ == "__main__":
    from benchmarks import history

    write_page(history.read(), Path(__file__).parent)
