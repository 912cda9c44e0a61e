"""Time of the waterfall, compared with the same deal in plain Python."""

from __future__ import annotations

from typing import Any

from benchmarks.deal import collections, quarterly_deal
from benchmarks.measure import Times, interleaved
from npl_sim.securitization.collections import DatedFlows
from npl_sim.securitization.results.tranches import tranche_results
from npl_sim.securitization.waterfall.compiled_terms import prepare
from npl_sim.securitization.waterfall.waterfall import run_deal, run_terms
from tests.naive_deal.interpreter import run_naively

__all__ = ["PLAIN_SCENARIOS", "SCENARIOS", "measure", "plain"]

SCENARIOS, PLAIN_SCENARIOS = 10_000, 20


def plain(cash: DatedFlows) -> Any:
    """Run the deal one scenario and one payment at a time."""
    scenarios = [
        {"received": r.tolist(), "costs": c.tolist()}
        for r, c in zip(cash.received, cash.costs, strict=True)
    ]
    return run_naively(quarterly_deal(), list(cash.dates), scenarios)


def measure(rounds: int = 9) -> Times:
    """Time the waterfall, its preparation, its results, and plain Python, in turn."""
    deal, cash, few = quarterly_deal(), collections(SCENARIOS), collections(PLAIN_SCENARIOS)
    terms = prepare(deal, cash)
    run = run_terms(terms)
    return interleaved(
        {
            "waterfall": lambda: run_terms(terms),
            "trial": lambda: run_terms(terms, tables=False),
            "prepare": lambda: prepare(deal, cash),
            "results": lambda: tranche_results(run),
            "whole": lambda: tranche_results(run_deal(deal, cash)),
            "plain": lambda: plain(few),
        },
        rounds,
    )
