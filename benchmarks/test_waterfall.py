"""Benchmark of the waterfall (10,000 scenarios, 40 dates, 15 steps) against plain Python."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.deal import DATES, STEPS, collections, quarterly_deal
from benchmarks.waterfall import PLAIN_SCENARIOS, SCENARIOS, plain
from npl_sim.securitization.waterfall.compiled_terms import prepare
from npl_sim.securitization.waterfall.waterfall import run_deal, run_terms

GROUP = f"waterfall, {DATES} dates x {STEPS} steps"


@pytest.mark.benchmark(group=GROUP)
def test_waterfall(benchmark):
    terms = prepare(quarterly_deal(), collections(SCENARIOS))
    assert (len(terms.dates), len(terms.deal.steps)) == (DATES, STEPS)
    benchmark.extra_info["scenarios"] = SCENARIOS
    benchmark(run_terms, terms)


@pytest.mark.benchmark(group=GROUP)
def test_waterfall_of_a_trial(benchmark):
    """Without tables by date, as for the sizes of notes."""
    terms = prepare(quarterly_deal(), collections(SCENARIOS))
    benchmark.extra_info["scenarios"] = SCENARIOS
    benchmark(run_terms, terms, tables=False)


@pytest.mark.benchmark(group=GROUP)
def test_plain_python(benchmark):
    benchmark.extra_info["scenarios"] = PLAIN_SCENARIOS
    benchmark.pedantic(plain, (collections(PLAIN_SCENARIOS),), rounds=3)


def test_both_pay_the_same():
    """Compare by date and scenario, to 1e-9 of the notes."""
    cash = collections(PLAIN_SCENARIOS)
    run, references = run_deal(quarterly_deal(), cash), plain(cash)
    for name, flows in run.tranches.items():
        for part in ("interest", "principal", "other", "balance", "unpaid"):
            ours = np.array(
                [[date[part][name] for date in reference.dates] for reference in references]
            )
            assert np.abs(ours - getattr(flows, part)).max() < 1e-9 * run.deal.notes
