"""Replicates of the loans that matter, in one scenario."""

from __future__ import annotations

import numpy as np
import pytest

from npl_sim.engine.allocate import SampleSize, allocate
from npl_sim.engine.replicates import MOST_DRAWS, Replicates, VarianceReduction, linked
from npl_sim.engine.run_estimate import estimate_resources
from npl_sim.engine.simulate import Sampling
from npl_sim.stats.discount import discount_factors
from tests.builders.runs import POLICY, Sampler, tiny
from tests.builders.studies import loan, study

DISCOUNT = discount_factors(0.1, 30)


@pytest.fixture(scope="module")
def sampler(tmp_path_factory):
    return Sampler(tiny(tmp_path_factory.mktemp("repeats")))


def replicates_of(sampler, most=8):
    principal = sampler.model.package.loans["principal"]
    return Replicates(np.where(principal >= 2000, most, np.where(principal >= 500, 2, 1)))


def values(flows):
    return (flows.every("net") @ DISCOUNT).reshape(flows.scenarios, flows.draws)


def test_the_first_draw_is_the_plain_run(sampler):
    plain, flows = (
        sampler.run(3, 200),
        sampler.run(3, 200, variance_reduction=VarianceReduction(replicates_of(sampler))),
    )
    assert np.array_equal(plain.amounts, flows.amounts)
    assert np.array_equal(plain.factor_averages, flows.factor_averages)
    assert flows.draws == 8 and flows.replicates.shape == (200, 7, 2, 31)
    assert np.array_equal(flows.every("net")[::8], plain.net)
    assert np.array_equal(flows.every("received")[::8], plain.receipts)


def test_threads_rounds_and_the_detail_kept_do_not_show(sampler, tmp_path):
    replicates = replicates_of(sampler)
    flows = sampler.run(3, 200, variance_reduction=VarianceReduction(replicates))
    by_threads = sampler.run(
        3, 200, study=sampler.resized(threads=3), variance_reduction=VarianceReduction(replicates)
    )
    assert np.array_equal(flows.replicates, by_threads.replicates)
    study = sampler.resized(seed=3)
    sampling = Sampling(
        study,
        sampler.case.table,
        model=sampler.model,
        variance_reduction=VarianceReduction(replicates),
    )
    sampling.to(64)
    assert np.array_equal(sampling.to(200).replicates, flows.replicates)
    kinds = sampler.run(
        3,
        200,
        study=sampler.resized(detail="kinds"),
        variance_reduction=VarianceReduction(replicates),
    )
    assert kinds.replicates == pytest.approx(flows.replicates, abs=1e-9)


def test_a_loan_s_draws_do_not_depend_on_the_others(sampler):
    """Where one more loan is drawn again, the packages differ by that loan's cash alone."""
    count = len(sampler.model.package.loans)
    one, other = np.ones(count, int), np.ones(count, int)
    one[0], other[3] = 4, 4
    runs = [
        sampler.run(3, 100, variance_reduction=VarianceReduction(Replicates(d)))
        for d in (one, other, np.maximum(one, other))
    ]
    first, second, both = ((r.every("net").reshape(100, 4, -1) - r.net[:, None]) for r in runs)
    assert both == pytest.approx(first + second, abs=1e-8)
    assert np.abs(first[:, 1:]).max() > 100.0


def test_every_draw_has_the_same_law(sampler):
    """20,000 scenarios: mean, spread and tail of each draw are those of the first; 4.5 standard
    errors for 21 comparisons, odds 1.5e-4. A draw worth 2 % more, or spread 4 % wider, would be
    seen."""
    pv = values(
        sampler.run(11, 20_000, variance_reduction=VarianceReduction(replicates_of(sampler)))
    )
    own = pv[:, 0]
    low = np.quantile(own, 0.1)
    for r in range(1, 8):
        for measure in (lambda x: x, lambda x: (x - own.mean()) ** 2, lambda x: 1.0 * (x <= low)):
            gap = measure(pv[:, r]) - measure(own)
            assert abs(gap.mean()) < 4.5 * gap.std(ddof=1) / np.sqrt(len(gap))


def test_idiosyncratic_risk_is_averaged_out_and_stratified(sampler):
    """With 16 draws of all loans, the mean has under a sixteenth of the idiosyncratic variance."""
    count = len(sampler.model.package.loans)
    pv = values(
        sampler.run(5, 2000, variance_reduction=VarianceReduction(Replicates(np.full(count, 16))))
    )
    common = np.cov(pv[:, 0], pv[:, 5])[0, 1]
    idiosyncratic = pv.var(axis=0, ddof=1).mean() - common
    between = pv.mean(axis=1).var(ddof=1)
    assert between < common + idiosyncratic / 16 * 1.5
    assert between < 0.25 * pv[:, 0].var(ddof=1)


def test_loans_that_share_idiosyncratic_risk_are_one_cluster(tmp_path):
    rows = [
        loan(0, borrower_id="a"),
        loan(1, borrower_id="a"),
        loan(2, borrower_id="b", group_id="g"),
        loan(3, borrower_id="c", group_id="g"),
        loan(4, borrower_id="d"),
        loan(5, borrower_id="e", region="west"),
    ]
    settings = {"simulation": {"scenarios": 10, "horizon_months": 12}}
    for region_rho, expected in ((0.0, [0, 0, 1, 1, 2, 3]), (0.2, [0, 0, 0, 0, 0, 1])):
        market = {"group_correlation": 0.3, "region_correlation": region_rho}
        sampler = Sampler(
            study(tmp_path / f"{region_rho}", rows, POLICY, market=market, **settings)
        )
        cluster = np.empty(6, int)
        cluster[sampler.model.tape_row] = linked(sampler.model)
        assert [list(cluster).index(c) for c in cluster] == [expected.index(c) for c in expected]


def test_draws_are_powers_of_two():
    for draws in ([3, 1], [0, 1], [2 * MOST_DRAWS, 1]):
        with pytest.raises(ValueError, match="powers of two from 1 to 32"):
            Replicates(np.array(draws))
    replicates = Replicates(np.array([4, 2, 1, 1]))
    assert (replicates.most, replicates.loans, replicates.paths) == (4, 2, 10)


def test_the_loans_with_most_idiosyncratic_risk_are_drawn_most():
    sd = np.r_[1000.0, 300.0, np.full(998, 10.0)]
    need = SampleSize(variance=2e6, scenarios=50_000, least=64, rest=0.01)
    found = allocate(sd, np.arange(1000), need, factors=3, months=60)
    assert found.draws[0] > found.draws[1] > 1 and (found.draws[2:] == 1).all()
    # Loans that share idiosyncratic risk have equally many draws.
    cluster = np.r_[0, 1, 0, np.arange(2, 999)]
    found = allocate(sd, cluster, need, factors=3, months=60)
    assert found.draws[2] == found.draws[0] > 1
    # Where the scenarios that are run in any case do, or nobody is special, once is best.
    assert allocate(sd, np.arange(1000), SampleSize(2e6, 100, 5000, 0.01), 3, 60) is None
    assert (
        allocate(np.ones(1000), np.arange(1000), SampleSize(1e6, 50_000, 64, 0.01), 3, 60) is None
    )
    assert allocate(np.zeros(1000), np.arange(1000), need, 3, 60) is None


def test_fees_on_totals_and_further_draws_exclude_one_another(sampler, monkeypatch):
    import dataclasses

    model = dataclasses.replace(sampler.model, placements=((0, 0),))
    sampling = Sampling(
        sampler.case.study,
        sampler.case.table,
        model=model,
        variance_reduction=VarianceReduction(replicates_of(sampler)),
    )
    with pytest.raises(ValueError, match="not known by draw"):
        sampling.to(64)


def test_the_plan_counts_further_draws(sampler):
    study, table = sampler.resized(scenarios=10_000), sampler.case.table
    more = (
        estimate_resources(study, table, 8).peak_bytes
        - estimate_resources(study, table).peak_bytes
    )
    assert more >= 10_000 * 7 * 2 * 31 * 8
