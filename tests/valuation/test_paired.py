"""Differences under common random numbers."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from npl_sim.analysis.versions import compare_versions
from npl_sim.core.errors import NplSimError, StudyError
from npl_sim.runs.comparison import PARTS, StudyComparison, switched_off
from npl_sim.runs.study_session import load_study
from npl_sim.stats.discount import discount_factors
from npl_sim.valuation.paired_difference import paired_difference
from tests.builders.packages import package
from tests.builders.studies import loan, paired, study

SHIPPED = Path(__file__).parents[2] / "configs/studies/first_package.yaml"


def two(folder, share, seed=5, scenarios=400):
    policy = {
        "collection": {
            "settle_hazard": 0.05,
            "settlement_discount": {"ages": [0], "shares": [share]},
        }
    }
    return study(
        folder,
        [loan(i) for i in range(30)],
        policy,
        simulation={"scenarios": scenarios, "horizon_months": 40, "seed": seed},
        pricing={"required_return": 0.1},
    )


def test_a_discount_scales_every_scenario(tmp_path):
    """The other version settles at 90 %: the difference is a tenth of the value in each
    scenario.
    """
    a, b = two(tmp_path / "a", 0.0), two(tmp_path / "b", 0.1)
    pair = paired(a, b)
    flows = a.simulate()
    pv = flows.net @ discount_factors(0.1, 40)
    assert pair.base == pytest.approx(pv.mean())
    assert pair.mean == pytest.approx(-0.1 * pv.mean())
    assert pair.se == pytest.approx(0.1 * pv.std(ddof=1) / math.sqrt(400))
    assert pair.unpaired_se == pytest.approx(math.sqrt((1 + 0.81) * pv.var(ddof=1) / 400))
    assert pair.better == 0.0
    low, high = pair.interval
    assert (low + high) / 2 == pytest.approx(pair.mean)
    # Student's t at 97.5 % with 399 degrees of freedom.
    assert high - low == pytest.approx(2 * 1.965927 * pair.se, rel=1e-6)


def test_two_scenarios_have_the_interval_of_one_degree_of_freedom(tmp_path):
    pair = paired(two(tmp_path / "a", 0.0, scenarios=2), two(tmp_path / "b", 0.1, scenarios=2))
    low, high = pair.interval
    assert high - low == pytest.approx(2 * 12.7062 * pair.se, rel=1e-5)


def test_both_versions_are_worth_what_their_own_runs_give(tmp_path):
    """Also where loans are drawn several times in each scenario: the means are those of all
    draws.
    """
    package(tmp_path, loans=10)
    sharp = {"simulation.precision": 0.01, "simulation.scenarios": 150}
    changes = ({}, {"policies.0.litigation.lawyer_fixed_fee": 60})
    versions = [load_study(tmp_path / "study.yaml", {**sharp, **change}) for change in changes]
    results = [version.price() for version in versions]
    assert max(result.flows.draws for result in results) > 1
    pair = paired_difference(*(result.flows for result in results))
    assert pair.base == pytest.approx(results[0].mean.value, rel=1e-12)
    assert pair.other == pytest.approx(results[1].mean.value, rel=1e-12)
    assert pair.mean == pytest.approx(results[1].mean.value - results[0].mean.value, rel=1e-9)


def test_the_interval_covers(tmp_path):
    """A long run gives the true difference; 95 % intervals cover it in at least 50 of 60 seeds.

    Fewer would come by chance with odds below 1 in 1,000.
    """

    kept = {"settle_hazard": 0.05, "promise": {"months": 2, "kept_probability": 0.7}}
    sections = {"simulation": {"horizon_months": 24}, "pricing": {"required_return": 0.1}}
    loans = [loan(i) for i in range(5)]
    once = study(tmp_path / "a", loans, {"collection": {"settle_hazard": 0.05}}, **sections)
    promised = study(tmp_path / "b", loans, {"collection": kept}, **sections)

    def sized(case, **size):
        simulation = case.study.simulation.model_copy(update=size)
        return case.study.model_copy(update={"simulation": simulation})

    def pair(**size):
        return compare_versions(
            sized(once, **size), once.table, sized(promised, **size), promised.table
        )

    truth = pair(seed=10_000, scenarios=60_000).mean
    intervals = [pair(seed=s, scenarios=200).interval for s in range(60)]
    hits = sum(low <= truth <= high for low, high in intervals)
    assert hits >= 50


@pytest.mark.parametrize("change", [{"seed": 6}, {"scenarios": 500}])
def test_runs_of_different_scenarios_are_not_paired(tmp_path, change):
    with pytest.raises(NplSimError, match=f"differ in {next(iter(change))}"):
        paired(two(tmp_path / "a", 0.0), two(tmp_path / "b", 0.0, **change))


def test_preservation_has_a_value_of_its_own():
    """On the shipped package the paired error is a small part of what independent runs would
    leave.
    """
    overrides = {"simulation.scenarios": 200}
    base = load_study(SHIPPED, overrides)
    other = load_study(SHIPPED, {**overrides, **switched_off(base.study, "preservation")})
    pair = paired(base, other)
    assert pair.mean < -4 * pair.se
    assert pair.se < 0.15 * pair.unpaired_se
    assert pair.mean / pair.gbv == pytest.approx(-0.0043, abs=0.001)


def test_each_part_can_be_switched_off():
    base = load_study(SHIPPED)
    for part in set(PARTS) - {"promises"}:
        other = load_study(SHIPPED, switched_off(base.study, part))
        assert other.study != base.study
    with pytest.raises(StudyError, match="no policy of the study has it"):
        switched_off(base.study, "promises")
    with pytest.raises(StudyError, match="expected one of: agencies"):
        switched_off(base.study, "boats")


def test_the_text_shows_its_figures(tmp_path):
    pair = paired(two(tmp_path / "a", 0.0), two(tmp_path / "b", 0.1))
    text = StudyComparison(pair, "CNY", {"x.y": None}).text()
    for value in (pair.base, pair.other, pair.mean, pair.se, pair.unpaired_se, *pair.interval):
        assert f"{value:,.2f}" in text
    assert "x.y = none" in text and np.isfinite(pair.se)
