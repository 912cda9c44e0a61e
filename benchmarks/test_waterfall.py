"""The waterfall of 10,000 scenarios, 40 dates and 15 steps, beside a plain-Python loop of the same deal."""

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
def test_plain_python(benchmark):
    benchmark.extra_info["scenarios"] = PLAIN_SCENARIOS
    benchmark.pedantic(plain, (collections(PLAIN_SCENARIOS),), rounds=3)


def test_both_pay_the_same():
    """To 1e-9 of the notes, date by date and scenario by scenario."""
    cash = collections(PLAIN_SCENARIOS)
    run, twins = run_deal(quarterly_deal(), cash), plain(cash)
    for name, flows in run.tranches.items():
        for part in ("interest", "principal", "other", "balance", "unpaid"):
            ours = np.array([[date[part][name] for date in twin.dates] for twin in twins])
            assert np.abs(ours - getattr(flows, part)).max() < 1e-9 * run.deal.notes
