"""Variability before and after, and statistics that disagree."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from npl_sim.accounting.decision_tree import derecognition
from npl_sim.accounting.facts import TransferFacts
from npl_sim.accounting.thresholds import Thresholds
from npl_sim.core.judgment import Outcome
from tests.builders.outcomes import spreads, variability_ratios

# EY, International GAAP 2019, chapter 48: face 1,000,000, five outcomes, first-loss guarantee.
LOSSES = np.array([30_000.0, 35_000.0, 40_000.0, 45_000.0, 50_000.0])
WEIGHTS = np.array([0.035, 0.20, 0.30, 0.35, 0.115])
TABLE = Path(__file__).parents[3] / "shared" / "data" / "tables" / "variability_test_ey.csv"


def test_the_published_example_of_a_guarantee_of_3_5_percent():
    paid = np.minimum(LOSSES, 35_000.0)
    assert WEIGHTS @ LOSSES == pytest.approx(41_550.0)
    assert WEIGHTS @ paid == pytest.approx(34_825.0)
    assert (WEIGHTS @ paid) / (WEIGHTS @ LOSSES) == pytest.approx(0.8381, abs=5e-5)
    # The published statistic is the mean excess over the mean: half the mean absolute deviation.
    assert spreads(LOSSES, WEIGHTS)["mean_absolute_deviation"] / 2 == pytest.approx(2_179.25)
    assert spreads(paid, WEIGHTS)["mean_absolute_deviation"] / 2 == pytest.approx(
        168.88, abs=0.005
    )
    assert variability_ratios(LOSSES, paid, WEIGHTS)["mean_absolute_deviation"] == pytest.approx(
        0.0775, abs=5e-5
    )


def test_the_published_example_of_a_guarantee_of_4_percent():
    ratios = variability_ratios(LOSSES, np.minimum(LOSSES, 40_000.0), WEIGHTS)
    # By hand: mean paid 38,650, excess 0.765 x 1,350 = 1,032.75, over 2,179.25.
    assert ratios["mean_absolute_deviation"] == pytest.approx(1_032.75 / 2_179.25)


def test_the_statistics_of_the_published_example_disagree():
    """By hand: deviations paid sqrt(0.035 x 0.965) x 5,000 = 918.9, borne 5,133.0: 17.9 %; ranges
    5,000 / 20,000.
    """
    ratios = variability_ratios(LOSSES, np.minimum(LOSSES, 35_000.0), WEIGHTS)
    assert ratios["standard_deviation"] == pytest.approx(918.90 / 5_132.98, rel=1e-4)
    assert ratios["range"] == pytest.approx(0.25)
    facts = TransferFacts(
        variability=ratios,
        guarantee_cap=35_000.0,
        carrying_amount=958_450.0,
        fair_value=958_450.0,
        proceeds=990_000.0,
        transferee_can_sell=False,
    )
    by_mean = derecognition(facts)
    by_deviation = derecognition(facts, Thresholds(statistic="standard_deviation"))
    assert by_mean.outcome is Outcome.DERECOGNIZE  # 7.75 % is below 10 %
    assert by_deviation.outcome is Outcome.CONTINUING  # 17.90 % is above
    for found in (by_mean, by_deviation):
        assert found.exposure.disagree
        (warning,) = found.warnings
        assert "mean absolute deviation 7.75 % (transferred)" in warning
        assert "standard deviation 17.90 % (neither)" in warning


def test_statistics_on_one_side_give_no_warning():
    facts = TransferFacts(
        variability={"mean_absolute_deviation": 0.03, "range": 0.05},
        carrying_amount=1.0,
        fair_value=1.0,
        proceeds=1.0,
    )
    assert derecognition(facts).warnings == ()


@pytest.mark.skipif(
    not TABLE.exists(),
    reason="the table of the published example is not beside the project (../shared/data)",
)
def test_the_table_of_the_published_example():
    with TABLE.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    weights = np.array([float(row["prob_pct"]) / 100 for row in rows])
    before = np.array([float(row["cash_flow_before"]) for row in rows])
    mean = weights @ before
    for row, cash in zip(rows, before, strict=True):
        assert cash - mean == pytest.approx(float(row["variability_before"]))
    half = sum(max(float(row["weighted"]), 0.0) for row in rows)
    assert spreads(before, weights)["mean_absolute_deviation"] / 2 == pytest.approx(half)
