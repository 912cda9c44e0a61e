"""Page of results: text, tables and figures, written from the history of measurements."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import figures, outsidetables, runtables, simulationtables
from benchmarks.commands import IMPORTS
from benchmarks.inputs import OUTSIDE_CORE
from benchmarks.measure import Times
from benchmarks.peers import vectorized
from benchmarks.provenance import Found, Record, head_of, latest, origin
from benchmarks.simulationtables import table
from benchmarks.targets import targets

__all__ = ["write_page"]

WIDTH = 99
"""Line length of the page. [characters]"""


class Section(NamedTuple):
    """Section of the page: name of the measurement, title, tables, text before and after them."""

    name: str
    title: str
    tables: Callable[[dict[str, Any]], str] | None
    before: str = ""
    after: str = ""


def _wrapped(text: str) -> str:
    """Return a text with each paragraph or list item wrapped at `WIDTH`."""
    return "\n".join(
        textwrap.fill(
            line,
            WIDTH,
            subsequent_indent="  " if line.startswith("* ") else "",
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in text.split("\n")
    )


def _numpy(peers: dict[str, Any]) -> str:
    times = Times(peers["seconds"])
    if "cpp" not in times.seconds:
        return ""
    return (
        f"Scalar C++ is {times.ratio('numpy', 'cpp').text(1)} times as fast as NumPy. "
        "This is the gain of simulating "
        "one path at a time over well-written array code. A larger gain requires blocks of paths."
    )


PEERS_TEXT = (
    "* The **C++ peer** (`peers/kernel.cpp`) is the engine's algorithm on the engine's draws. "
    "Its flows equal the engine's to 1e-9 in every cell, in the shipped study and in random "
    "studies (`test_peers_agree.py`). Its records are generated from the engine's types. Like "
    "the engine, it is built without fused products and sums. It is one translation, not the best "
    "possible C++. The engine can be faster for two reasons. Every function of the engine is "
    "inlined into one, while a C++ compiler weighs the size of each. Compilers also differ in the "
    "branches that they turn into selections (if-conversion). Selections suit a simulation with "
    "unpredictable branches.\n"
    "* The **NumPy peer** (`peers/vectorized.py`) simulates every stage over blocks of "
    f"{vectorized.BLOCK_PATHS:,} paths with NumPy's own generator. It draws only for the paths "
    "that need it. It omits only the totals for agencies' contracts and the records of a pilot "
    "run. Its means equal the engine's within 5 standard errors for every kind of cash. This "
    "holds "
    "in the shipped study and in random studies that use every stage of the model.\n"
    "* **Plain Python** is the reference implementation of the tests (60 loans x 8 scenarios, "
    "factors included)."
)

SECTIONS = (
    Section(
        "peers",
        "Peers",
        simulationtables.peers,
        "10,000 loans x 128 scenarios; the factors are given and only the simulation is timed.",
        PEERS_TEXT,
    ),
    Section(
        "core",
        "Peers on the core study",
        simulationtables.peers,
        "The peers have to follow the core of the model only: collection, suit, enforcement, "
        "auction and sale. The core study has no "
        f"{', '.join(OUTSIDE_CORE[:-1])} or {OUTSIDE_CORE[-1]}, and no loan that starts with "
        "a repayment plan. The aims are judged on it.",
    ),
    Section(
        "installable",
        "Comparison with installable packages",
        runtables.installable,
        "No package on the public index was found that simulates non-performing loans. Parts of "
        "the work have peers.",
        "NumPy's generators consume a stream, 64 bits a number; the package's generator is "
        "addressed, 32 bits a number. pyxirr (compiled Rust, called from Python) solves one "
        "scenario at a time. The package solves all scenarios at once. The rates of return agree "
        "to 1e-6.",
    ),
    Section(
        "phases",
        "Run time by phase",
        runtables.phases,
        "The phases of `npl-sim price` in one process. Its code is compiled, and it runs on one "
        "thread, so that the phases add up.",
    ),
    Section(
        "stages",
        "Time by stage",
        simulationtables.stages,
        "10,000 loans x 128 scenarios, one thread. The first table shows loans by their stage at "
        "the start. The second table shows the package with one part of the policies disabled.",
        "The time that a disabled part saves is not the time of its stage, because loans also "
        "take other routes. Without litigation there is no judgment and no enforcement either, "
        "so that row contains all three. Loans in court pass through the later stages only. "
        "However, few loans share their collection tables, and small groups take more time for "
        "each loan.",
    ),
    Section("scaling", "Scaling", simulationtables.scaling),
    Section("full", "The largest run in memory", simulationtables.full),
    Section(
        "waterfall",
        "Waterfall",
        runtables.waterfall,
        "10,000 scenarios x 40 quarterly dates x 15 steps (`deal.py`): fees with caps, a "
        "guarantee, a reserve, three tranches, two triggers. One thread; the flows are given.",
        "Plain Python pays the same amounts. Tests check this over random deals "
        "(`tests/naive_deal`) and over this deal (`test_waterfall.py`).",
    ),
    Section(
        "scale",
        "Size",
        None,
        "Synthetic tapes; each size runs in its own process and is measured once. The peak is "
        "that of the process, with the interpreter and its libraries.",
        "[docs/scale.md](../docs/scale.md) states the memory for a loan and a scenario. It also "
        "names the early sizes that compiled in their own process.",
    ),
    Section(
        "start",
        "Start-up",
        runtables.start,
        "The bare interpreter and the help alternated. The other processes ran one after the "
        "other.",
    ),
    Section(
        "commands",
        "Commands",
        outsidetables.commands,
        "The shipped study, deal and contract. Code is compiled, and each command runs in a new "
        f"process, timed from outside. Bare imports are `{IMPORTS}`.",
    ),
    Section(
        "reading",
        "Reading a large tape",
        outsidetables.reading,
        "One file of loans, some cells of it in Chinese, read with all checks in a new process.",
    ),
    Section(
        "precision",
        "Precision per second",
        outsidetables.precision,
        "Precision of 0.1 %, one thread. The gain is the processor time that plain sampling needs "
        "for the same interval, over that of the whole run. The bid in expectation is without "
        "debt and tax unless the row states otherwise. Each round has another seed.",
        "[docs/precision.md](../docs/precision.md) describes the methods, and those that were "
        "measured and dropped.",
    ),
)

HEAD = """# Benchmarks

Written by `python -m benchmarks.suite --full`; do not edit. Times are medians over the rounds.
A ratio is the median of the ratios by round, with its quartiles in brackets. With fewer than four
rounds, the brackets hold the whole range. The versions in a table alternated in one run (A B A B)
unless the text states otherwise. Absolute times are indicative only. Every run is a line of
`history.jsonl`.

{facts}

A section that was measured at another commit or on another machine states so. A measurement is
marked as busy if other processes caused a load of more than 0.5 before it.

The package is the shipped study `configs/studies/first_package.yaml` over a synthetic tape and 120
months. The tape holds credit cards, consumer loans, firms and mortgages with collateral and
guarantors, in every stage.

## Targets

The aims are those of `aims.toml`. A target is reached if the whole range meets the aim, and
missed if none of it does. Otherwise it is not decided. One run decides nothing, and a busy
measurement is not judged.

{targets}
"""

TAIL = """

## How to repeat the measurements

Install the package with its development tools first: `pip install -e .[dev]`.

| command | effect |
| --- | --- |
| `python -m benchmarks.suite --full` | measures all, extends the history, writes this page |
| `python -m benchmarks.suite --only peers` | one measurement; the page keeps the others |
| `python -m benchmarks.page` | writes the page and its figures from the history |
| `python -m benchmarks.scale` | sizes up to a million loans; `LOANSxSCENARIOS` for others |
| `python -m benchmarks.compare OLD NEW` | two commits that alternate, each in its own process |
| `pytest benchmarks --benchmark-only` | the same parts; `--full` adds the largest run |
| `pytest benchmarks/test_peers_agree.py` | checks that all peers simulate the same model |

The tests time nothing. Without a C++ compiler, the C++ peer is skipped.
"""


def _early_peaks(found: Found) -> str:
    """Return a note on the peak memory in records that are older than the load entry."""
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
        f"Peaks at {', '.join(early)} may be too high. "
        "Their counter started at the peak of the parent process."
    )


def _section(section: Section, found: Found, head: Record, drawn: frozenset[str]) -> str:
    if section.tables is None:
        tables, source = runtables.scale(found, head), ""
    else:
        busy = f"**{found.busy.capitalize()}.**" if found.busy else ""
        tables, source = section.tables(found.results), origin(found.record, head)
        source = " ".join(note for note in (source, busy) if note)
    pictures = [section.name, *(["history"] if section.name == "peers" else [])]
    parts = [
        f"## {section.title}",
        source,
        _wrapped(section.before),
        tables,
        *(
            f"![{figures.FIGURES[name].text}](figures/{name}.png)"
            for name in pictures
            if name in drawn
        ),
        _wrapped(section.after),
        _wrapped(_numpy(found.results)) if section.name == "peers" else "",
        _wrapped(_early_peaks(found)) if section.name in ("full", "scale") else "",
    ]
    return "\n\n".join(part for part in parts if part)


def page(records: list[Record], drawn: frozenset[str]) -> str:
    """Return the text of the page with the figures `drawn`."""
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
    """Write README.md and the figures from the last result of each measurement."""
    drawn = figures.save(records, folder / "figures")
    (folder / "README.md").write_text(page(records, drawn), encoding="utf-8")


if __name__ == "__main__":
    from benchmarks import history

    write_page(history.read(), Path(__file__).parent)
