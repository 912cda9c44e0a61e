"""The court queue: which cases are counted, and when. npl_sim/engine/court_queue.py."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from npl_sim.core.layout import LOAN, Stage
from npl_sim.core.record_links import TERMS
from npl_sim.engine.court_queue import court_queues, planned_filing
from npl_sim.market.spec import Courts


def terms(**values):
    row = np.zeros(1, dtype=TERMS)
    for name, value in (
        {
            "litigate": 1,
            "litigation_after_months": 12,
            "file_before_expiry": 1,
            "expiry_margin": 1.0,
        }
        | values
    ).items():
        row[name] = value
    return row


def loans(*left, claim=1000.0, stage=Stage.COLLECTION):
    rows = np.zeros(len(left), dtype=LOAN)
    rows["limitation_left"], rows["principal"], rows["stage"] = left, claim, stage
    return rows


@pytest.mark.parametrize(
    ("left", "month"),
    [
        (math.inf, 12),  # no limit: as the policy says
        (-0.5, 12),  # dead already: nothing is left to save
        (0.0, 0),
        (0.5, 0),  # closer than the margin: today, not in a month before today
        (1.0, 0),
        (1.9, 0),
        (2.0, 1),
        (7.9, 6),
        (13.0, 12),
        (50.0, 12),
    ],
)
def test_a_claim_near_expiry_is_filed_in_the_last_whole_month_before_it_or_today(left, month):
    assert planned_filing(loans(left), terms()).tolist() == [month]


@pytest.mark.parametrize(
    ("rows", "own"),
    [
        (loans(0.5), terms(litigate=0)),
        (loans(0.5, claim=99.0), terms(litigation_minimum_claim=100.0)),
        (loans(0.5, stage=Stage.LITIGATION), terms()),
    ],
    ids=["no suits", "too small", "sued already"],
)
def test_nothing_else_is_planned(rows, own):
    assert planned_filing(rows, own).tolist() == [-1]


def test_a_policy_that_does_not_hurry_files_when_it_says():
    assert planned_filing(loans(0.5), terms(file_before_expiry=0)).tolist() == [12]


def test_claims_near_expiry_stand_in_the_queue_with_all_others():
    """Six cases of today, two a month: four wait behind, so that each waits two months (a fluid).

    Two of the six have less time left than the margin; without them one month would be waited.
    """
    rows = loans(0.2, 0.4, 1.5, 1.5, 1.5, 1.5)
    wait = court_queues(
        rows, terms(), pd.Series(["east"] * 6), Courts(cases_per_month=2), horizon=24
    )
    assert wait == pytest.approx(np.full(6, 2.0))


def test_regions_queue_apart_and_a_queue_runs_down():
    """East: five cases in month 0 and one in month 1; two a month, so 1.5 months and (3 + 1 - 2)/2
    months. West: none waits."""
    rows = loans(1, 1, 1, 1, 1, 2, 1)
    regions = pd.Series(["east"] * 6 + ["west"])
    wait = court_queues(rows, terms(), regions, Courts(cases_per_month=2), horizon=24)
    assert wait == pytest.approx([1.5] * 5 + [1.0, 0.0])
