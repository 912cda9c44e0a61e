"""The waterfall beside a plain-Python loop of the same deal; `python -m benchmarks.waterfall` renews its section of README.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from benchmarks.deal import DATES, STEPS, collections, quarterly_deal
from benchmarks.measure import Times, interleaved, machine_facts
from npl_sim.deal.collections import DatedFlows
from npl_sim.deal.terms import prepare
from npl_sim.deal.tranches import tranche_results
from npl_sim.deal.waterfall import run_deal, run_terms
from tests.naive_deal.interpreter import run_naively

__all__ = ["PLAIN_SCENARIOS", "SCENARIOS", "measure", "plain", "section"]

SCENARIOS, PLAIN_SCENARIOS = 10_000, 20
TARGET = 0.2
"""Aim for the waterfall. [seconds]"""
README = Path(__file__).parent / "README.md"


def plain(cash: DatedFlows) -> Any:
    """Carry the deal out one scenario and one payment at a time."""
    scenarios = [
        {"received": r.tolist(), "costs": c.tolist()} for r, c in zip(cash.received, cash.costs, strict=True)
    ]
    return run_naively(quarterly_deal(), list(cash.dates), scenarios)


def measure(rounds: int = 9) -> Times:
    """Time the loop, what goes before and after it, and the plain loop, in turn."""
    deal, cash, few = quarterly_deal(), collections(SCENARIOS), collections(PLAIN_SCENARIOS)
    terms = prepare(deal, cash)
    run = run_terms(terms)
    return interleaved(
        {
            "waterfall": lambda: run_terms(terms),
            "prepare": lambda: prepare(deal, cash),
            "results": lambda: tranche_results(run),
            "whole": lambda: tranche_results(run_deal(deal, cash)),
            "plain": lambda: plain(few),
        },
        rounds,
    )


def section() -> str:
    """Return the section of README.md, measured now."""
    times, facts = measure(), machine_facts()
    each, slow = SCENARIOS * DATES, PLAIN_SCENARIOS * DATES
    own = times.median("waterfall") / each
    twin = times.median("plain") / slow
    rows = [
        ("waterfall: all dates and steps, conservation of cash checked on each", "waterfall", each),
        ("before it: dates, collections by period, rates, plan", "prepare", each),
        ("after it: losses, lives, yields and covers with their errors", "results", each),
        ("all three", "whole", each),
        (
            f"plain Python, {PLAIN_SCENARIOS} scenarios (the tests' twin; dates and collections included)",
            "plain",
            slow,
        ),
    ]
    lines = [
        "## Waterfall",
        "",
        f"{SCENARIOS:,} scenarios x {DATES} quarterly dates x {STEPS} steps (`deal.py`): fees with caps, a guarantee, a reserve, three",
        "tranches, two triggers. One thread; the flows are given. "
        f"{facts['Processor']}, {facts['Date']}, numpy {_numpy()}.",
        "",
        "| part | s | ns per scenario and date |",
        "| --- | --- | --- |",
        *(
            f"| {label} | {times.median(name):.3f} | {1e9 * times.median(name) / count:,.0f} |"
            for label, name, count in rows
        ),
        "",
        f"Aim for the waterfall: {TARGET} s; {_outcome(times.median('waterfall'))}. Plain Python takes {twin / own:,.0f} times as long for a scenario "
        "and date; that it",
        "pays the same is asserted over random deals (`tests/naive_deal`) and over this one (`test_waterfall.py`).",
        "",
    ]
    return "\n".join(lines)


def _numpy() -> str:
    import numpy

    return numpy.__version__


def _outcome(seconds: float) -> str:
    return "reached" if seconds < TARGET else f"missed: {seconds / TARGET:.2f} times it"


def main() -> None:
    """Put the section into README.md, in the place of the old one or before the last section but one."""
    text = README.read_text(encoding="utf-8")
    text = re.sub(r"## Waterfall\n.*?(?=## )", "", text, flags=re.DOTALL)
    README.write_text(text.replace("## Start\n", section() + "\n## Start\n"), encoding="utf-8")


if __name__ == "__main__":
    main()
