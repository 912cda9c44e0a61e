"""Streamed runs: the numbers of a run in memory, to the bit, and memory that grows little."""

from __future__ import annotations

import dataclasses
import resource

import numpy as np
import pandas as pd
import pytest

from npl_sim.analysis import precision
from npl_sim.core.errors import CapacityError, NplSimError
from npl_sim.core.layout import TILE
from npl_sim.engine.checkpoint import store
from npl_sim.engine.simulate import Sampling, simulate
from npl_sim.reports.price.tables import summary, tables
from npl_sim.valuation import scenario_sums as streamed
from npl_sim.valuation.price import price
from tests.engine.streamed_runs import case_loader, pair, same_results

AGENCY = {"name": "A", "from_month": 1, "months": 4, "contract": "city"}
CONTRACT = {
    "name": "city",
    "tiers": [{"up_to": 0.1, "rate": 0.2}, {"rate": 0.35}],
    "fixed_monthly": 10,
}


@pytest.fixture
def case(tmp_path):
    return case_loader(tmp_path)


def test_all_numbers_are_those_of_a_run_in_memory(case):
    (run, _), (in_memory, flows) = pair(case)
    assert np.array_equal(flows.factor_averages, in_memory.factor_averages) and flows.loans.equals(
        in_memory.loans
    )
    assert flows.scenarios == in_memory.scenarios and flows.months == in_memory.months
    assert np.array_equal(flows.mean_by_kind, in_memory.mean_by_kind)
    same_results(
        price(in_memory, run.study.pricing, "CNY"), price(flows, run.study.pricing, "CNY")
    )


def test_blocks_and_months_at_a_time_do_not_show(case, monkeypatch):
    monkeypatch.setattr(store, "EVERY", 0.0)
    (run, _), (in_memory, flows) = pair(case)
    assert len(list(flows.source.rows("net"))) == 6
    whole = price(in_memory, run.study.pricing, "CNY")
    # 37 months: alone the last would be added in another order; two, five and 36 at a time.
    for width in (2, 5, 36):
        monkeypatch.setattr(streamed, "CELLS", width * flows.scenarios)
        same_results(whole, price(flows, run.study.pricing, "CNY"))


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_do_not_show(case, threads):
    (_, run), (_, flows) = pair(case)
    other = case(simulation__detail="streamed", simulation__threads=threads)
    again = simulate(other.study, other.table)
    assert np.array_equal(flows.net, again.net) and flows.loans.equals(again.loans)
    assert summary(price(flows, run.study.pricing)) == summary(price(again, run.study.pricing))


def test_a_contract_on_totals_is_settled_while_streaming(case):
    """By scenario to the bit; the mean over scenarios is added tile by tile, so its last digits
    may differ."""
    values = {"contracts": [CONTRACT], "policies__1__collection__agencies": [AGENCY]}
    (run, _), (in_memory, flows) = pair(case, **values)
    free = case(simulation__detail="streamed")
    assert (
        simulate(free.study, free.table).net.sum() > flows.net.sum() + 1.0
    )  # the contract costs something
    assert np.array_equal(flows.net, in_memory.net)
    assert np.allclose(flows.mean_by_kind, in_memory.mean_by_kind, rtol=1e-12, atol=1e-9)
    for name in ("pv_mean", "costs_mean", "pv_sd"):
        assert np.allclose(flows.loans[name], in_memory.loans[name], rtol=1e-12)
    one, other = (price(f, run.study.pricing) for f in (in_memory, flows))
    assert (
        one.mean == other.mean
        and one.value_at_target == other.value_at_target
        and one.quantiles == other.quantiles
    )


def test_what_asks_for_all_cash_gets_it_where_it_fits(case):
    """A buyer's own bid reads net cash whole; a comparison too."""
    from npl_sim.valuation.bid import buyer_bid

    (run, _), (in_memory, flows) = pair(case)
    one, other = (buyer_bid(f, run.study.buyer, run.study.pricing) for f in (in_memory, flows))
    assert other.price.value == pytest.approx(one.price.value, rel=1e-12)
    small = dataclasses.replace(flows, limit_bytes=1e5)
    with pytest.raises(CapacityError, match="329 scenarios x 36 months at once"):
        buyer_bid(small, run.study.buyer, run.study.pricing)


def test_what_is_not_kept_is_refused_as_text(case):
    _, (_, flows) = pair(case)
    assert not flows.keeps_kinds and not hasattr(flows, "amounts")
    other = case(pricing__required_return=0.3)
    with pytest.raises(NplSimError, match="pricing: 30%"):
        price(flows, other.study.pricing)


def test_rounds_to_a_precision_are_streamed_too(case):
    totals, runs = (
        case(simulation__detail=k, simulation__precision=0.005, simulation__scenarios=64)
        for k in ("totals", "streamed")
    )
    in_memory, flows = totals.simulate(), runs.simulate()
    assert flows.scenarios == in_memory.scenarios > precision.FEWEST
    assert np.array_equal(flows.factor_averages, in_memory.factor_averages) and flows.loans.equals(
        in_memory.loans
    )
    assert flows.draws == in_memory.draws > 1 and flows.precision == in_memory.precision
    assert np.array_equal(flows.control_variates, in_memory.control_variates) and np.array_equal(
        flows.every("net"), in_memory.every("net")
    )


def test_more_scenarios_go_on_from_an_odd_number(case):
    run = case(simulation__detail="streamed")
    sampling = Sampling(run.study, run.table)
    sampling.to(2 * TILE + 5)
    more, whole = sampling.to(4 * TILE + 1), Sampling(run.study, run.table).to(4 * TILE + 1)
    assert np.array_equal(more.net, whole.net) and more.loans.equals(whole.loans)


# What is planned --------------------------------------------------------------------------------


# The same bits whatever is kept ------------------------------------------------------------------


KINDS = ("value_by_kind", "irr_quantiles", "price_tests")
"""Tables of errors by kind, and of rates of return that are solved some scenarios at a time."""


@pytest.mark.parametrize("precision", [None, 0.005])
def test_every_detail_has_the_same_bits(case, precision):
    """Kinds are summed as in a kernel that stores only receipts and costs."""
    sizes = (
        {}
        if precision is None
        else {"simulation__precision": precision, "simulation__scenarios": 64}
    )
    runs = [case(simulation__detail=keep, **sizes) for keep in ("kinds", "totals", "streamed")]
    kinds, *others = (run.simulate() for run in runs)
    assert (
        len(kinds.kinds) > 2
        and len(kinds.groups) > 1
        and (kinds.draws > 1) == (precision is not None)
    )
    priced = price(kinds, runs[0].study.pricing)
    for run, flows in zip(runs[1:], others, strict=True):
        assert np.array_equal(flows.net, kinds.net) and np.array_equal(
            flows.receipts, kinds.receipts
        )
        assert np.array_equal(flows.every("net"), kinds.every("net"))
        other = price(flows, run.study.pricing)
        assert (other.mean, other.quantiles, other.value_at_target) == (
            priced.mean,
            priced.quantiles,
            priced.value_at_target,
        )
        for name, table in tables(priced).items():
            if name not in KINDS:
                # Means over draws are added side by side or kind by kind: the last digit may
                # differ.
                pd.testing.assert_frame_equal(
                    tables(other)[name], table, rtol=1e-12 if precision else 0.0, atol=0.0
                )


def test_the_recovery_curve_needs_no_file(case, monkeypatch):
    """The rows are read once for each strip of months; nothing can be written meanwhile."""
    run = case(simulation__detail="streamed")
    flows = simulate(run.study, run.table)
    sums, reads, rows = price(flows, run.study.pricing), [], flows.source.rows
    monkeypatch.setattr(
        flows.source, "rows", lambda *names: (reads.append(names), rows(*names))[1]
    )
    monkeypatch.setattr(streamed, "CELLS", 10 * flows.scenarios)
    valued = streamed.ScenarioSums(flows, run.study.pricing)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        again = valued.recovery(sums.flows.gbv, (0.5,))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert reads[1:] == 4 * [("received",)] + 4 * [("net",)]
    assert np.array_equal(again["q50"], sums.recovery["q50"])
    assert np.array_equal(again["mean"], sums.recovery["mean"])
