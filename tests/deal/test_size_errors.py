"""Errors of sizes from resamples of the whole structuring, against known errors."""

from __future__ import annotations

import json
import math
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings

from benchmarks.size_coverage import Run, read_runs, runs_of
from npl_sim.securitization.sizing import size_errors
from npl_sim.securitization.sizing.search import nearest_holding
from npl_sim.securitization.sizing.settle import settle
from npl_sim.securitization.sizing.sizing import structure_of
from npl_sim.securitization.sizing.structuring import structure_deal
from npl_sim.securitization.sizing.trials import Trials
from npl_sim.securitization.waterfall.compiled_terms import prepare
from npl_sim.stats.risk import Estimate
from tests.builders.deals import deal, deal_terms
from tests.builders.random_deals import deals, flows
from tests.deal.sizing_terms import scenarios

MEAN = 60.0 + 40.0 + 50.0
"""Mean net collections; both factors of `scenarios` are shifted by half their variance."""


def two_tranches(**changes):
    """Return a deal whose senior is 0.5 of the mean net collections, and all notes 0.7 of them."""

    def limit(share):
        return [{"kind": "advance_rate", "of": "mean_collections", "at_most": share}]

    size = [
        {"tranche": "senior", "limits": limit(0.5)},
        {"tranche": "sub", "limits": limit(0.7)},
    ]
    return deal(structure={"size": size, "resamples": 25, **changes})


def settled(flows, the_deal=None):
    the_deal = the_deal or two_tranches()
    return settle(Trials.of(the_deal, structure_of(the_deal), flows))


@settings(max_examples=20, deadline=None)
@given(deals(), flows())
def test_all_scenarios_once_are_the_sample_itself(a_deal, cash):
    terms = prepare(a_deal, cash)
    again = terms.resampled(np.arange(terms.scenarios))
    assert np.array_equal(again.series.table, terms.series.table)
    for name in ("plan", "plan_left", "index"):
        ours, theirs = getattr(again, name), getattr(terms, name)
        assert (ours is None) == (theirs is None)
        assert ours is None or np.array_equal(ours, theirs)
    same = terms.with_deal(a_deal)
    for name, rates in terms.coupons.items():
        assert np.array_equal(same.coupons[name], rates)


def test_a_resample_has_a_plan_and_stresses_of_its_own():
    cash, the_deal = scenarios(50), two_tranches()
    the_deal = the_deal.model_copy(
        update={"business_plan": deal(business_plan={"kind": "mean"}).business_plan}
    )
    trials = Trials.of(the_deal, structure_of(the_deal), cash)
    chosen = np.array([3] * 50)
    found = trials.resampled(chosen)
    assert found.terms.plan[1:] == pytest.approx(np.cumsum(cash.received[3]))
    assert found.net == pytest.approx([cash.received[3].sum()] * 50)


def test_the_error_counts_that_of_the_other_size():
    """The mezzanine is 0.2 of the mean, for the senior moves with it: an error at a fixed senior
    would be 3.5 times as large. A standard deviation of 200 resamples has a standard error of 5 %;
    the bound is four of these."""
    cash = scenarios(800)
    se = cash.received.sum(axis=1).std(ddof=1) / math.sqrt(800)
    sizes = size_errors.resampled_sizes(settled(cash), 200)
    for name, share in (("senior", 0.5), ("sub", 0.2)):
        assert sizes[name].std(ddof=1) == pytest.approx(share * se, rel=0.2)
    assert np.corrcoef(sizes["senior"], sizes["sub"])[0, 1] > 0.99


def test_intervals_hold_the_known_size():
    """Of 60 intervals of 95 %, 57 hold the size in the mean, with a standard deviation of 1.7.

    The bound is four of these below: it fails by chance twice in 10,000 times. A standard error
    of half its size covers in 70 %, and passes once in 80 times.
    """
    covered = dict.fromkeys(("senior", "sub"), 0)
    for seed in range(60):
        errors, reason = size_errors.size_errors(settled(scenarios(100, seed)), 25)
        assert reason is None
        for name, share in (("senior", 0.5), ("sub", 0.2)):
            covered[name] += errors[name].low <= share * MEAN <= errors[name].high
    assert all(count >= 50 for count in covered.values()), covered


def test_a_solved_term_is_solved_again():
    """A senior of a fixed cover at its coupon: on a resample, the coupon for a yield moves too."""
    solve = {
        "find": {"kind": "coupon", "tranche": "senior"},
        "low": 0.0,
        "high": 0.5,
        "want": {"kind": "yield", "tranche": "senior", "value": 0.08},
    }
    limit = {"kind": "interest_cover", "at_least": 6.0, "quantile": 0.5}
    structure = {"size": [{"tranche": "senior", "limits": [limit]}], "solve": [solve]}
    the_deal = deal(structure={**structure, "resamples": 25})
    found = settled(scenarios(200), the_deal)
    near = settle(
        size_errors._rough(found.trials), found.exactly, [s.value.value for s in found.solved]
    )
    assert near.exactly["senior"] == pytest.approx(found.exactly["senior"], rel=0.01)
    assert near.solved[0].value.value == pytest.approx(found.solved[0].value.value, abs=2e-3)
    errors, reason = size_errors.size_errors(found, 25)
    assert reason is None and errors["senior"].se > 0.0


def test_a_tail_of_few_cases_is_refused():
    changes = deal_terms()
    limit = {"kind": "default_probability", "at_most": 0.01}
    changes["structure"] = {"size": [{"tranche": "senior", "limits": [limit]}], "resamples": 25}
    few = structure_deal(deal(**changes), scenarios(400)).sizing
    assert math.isnan(few.sized[0].balance.se)
    assert "rests on 4 of 400 scenarios, too few to resample" in few.without_error
    assert "expected more scenarios, so that at least 10 decide it" in few.without_error
    enough = structure_deal(deal(**changes), scenarios(2000)).sizing
    assert enough.without_error is None and enough.sized[0].balance.se > 0.0
    assert enough.sized[0].balance.low < enough.sized[0].balance.value


def test_without_resamples_there_is_no_error():
    found = structure_deal(two_tranches(resamples=0), scenarios(50)).sizing
    assert math.isnan(found.sized[0].balance.se)
    assert "structure.resamples is 0" in found.without_error


def test_resamples_without_sizes_are_named(monkeypatch):
    nothing = {name: np.array([1.0, np.nan]) for name in ("senior", "sub")}
    monkeypatch.setattr(size_errors, "resampled_sizes", lambda *_: nothing)
    assert size_errors.size_errors(settled(scenarios(50)), 2) == (
        {},
        "sizes have no standard error: on 1 of 2 resamples no size keeps all limits",
    )


@pytest.mark.parametrize("limit", [30.0, 99.0, 101.0, 180.0])
def test_a_size_near_another_is_found(limit):
    tried = []

    def margin(size):
        tried.append(size)
        return limit - size

    found = nearest_holding(margin, 100.0, 200.0, 0.1)
    assert limit - 0.2 <= found <= limit
    assert len(tried) <= 14


def test_a_margin_that_never_changes_has_no_size():
    assert nearest_holding(lambda size: 1.0, 100.0, 200.0, 0.1) == math.inf
    assert nearest_holding(lambda size: -1.0, 100.0, 200.0, 0.1) == 0.0


def test_runs_in_a_file_are_read(tmp_path):
    """The reference is never used: every run is in the file."""
    path = tmp_path / "runs.jsonl"
    assert read_runs(path) == []
    errors = {"senior": Estimate(1.5, 0.5, 0.5, 2.5, 0.95)}
    runs = [Run(1, {"senior": 1.5}, errors), Run(2, {"senior": 2.0}, None)]
    lines = (json.dumps(asdict(run)) + "\n" for run in runs)
    path.write_text("".join(lines), encoding="utf-8")
    assert list(runs_of(None, None, 10, range(1, 3), None, path)) == runs
    assert read_runs(path) == runs
