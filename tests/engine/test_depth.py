"""Closed forms of the stages in depth, through public configuration alone.

Where chance is left, the tolerance is four standard errors of the estimate under a fixed seed.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.builders.studies import loan
from tests.engine.depth_runs import SURE_TITLE, kind, near, run


def test_promises_are_kept_or_broken(tmp_path):
    """Hazard h a month, each promise due two months later and kept with p: the first kept one by
    month 24."""
    h, p, last = 0.2, 0.4, 24
    policy = {
        "collection": {"months": last, "settle_hazard": h, "promise": {"months": 2, "kept": p}}
    }
    flows = run(tmp_path, [loan(i) for i in range(20)], policy)
    # Probability that nothing is settled when collection begins again after month m.
    hit = 1 - math.exp(-h)
    settled = np.zeros(last + 3)
    for m in range(last, -1, -1):
        settled[m] = sum(
            (1 - hit) ** (k - m - 1) * hit * (p + (1 - p) * settled[k + 2])
            for k in range(m + 1, last - 1)
        )
    near(kind(flows, "settlement"), 20 * 1000 * settled[0])


def test_commission_by_age_band(tmp_path):
    policy = {
        "collection": {
            "months": 12,
            "curve": {"months": [12], "cumulative": [0.24]},
            "agencies": [
                {
                    "name": "A",
                    "from_month": 0,
                    "months": 12,
                    "commission": {"from_age": [0, 12], "shares": [0.2, 0.4]},
                }
            ],
        }
    }
    flows = run(tmp_path, [loan(age_months=6)], policy, scenarios=2)
    # Months 1-6 at ages 6.5-11.5, months 7-12 at ages 12.5-17.5; 2 % of 1,000 in each.
    assert kind(flows, "commission") == pytest.approx([-(6 * 20 * 0.2 + 6 * 20 * 0.4)] * 2)


def test_a_vintage_curve_is_reproduced_in_expectation(tmp_path):
    """Also where cooperation moves payments and the usual payers could not pay the whole curve."""
    curve = {"months": [6, 24], "cumulative": [0.05, 0.12]}
    policy = {"collection": {"curve": curve, "payer_share": 0.12, "cooperation_loading": 1.0}}
    flows = run(
        tmp_path,
        [loan(i) for i in range(200)],
        policy,
        scenarios=4000,
        horizon=24,
        market={"cooperation": {"volatility": 0.4}},
    )
    paid = flows.amounts[:, :, list(flows.kinds).index("voluntary")].sum(axis=2).cumsum(axis=1)
    for month, share in ((3, 0.025), (6, 0.05), (15, 0.085), (24, 0.12)):
        near(paid[:, month], share * 200 * 1000)


def test_judgment_in_absence(tmp_path):
    suit = {
        "win": 0.0,
        "default_judgment": 0.4,
        "default_duration": 3,
        "default_win": 0.5,
        "duration": 9,
    }
    policy = {"litigation": {"lawsuit": suit}, "enforcement": {"perform": 1.0}}
    flows = run(tmp_path, [loan(i) for i in range(50)], policy)
    near(kind(flows, "performance"), 50 * 1000 * 0.4 * 0.5)
    month = (
        flows.amounts[:, :, list(flows.kinds).index("performance")].sum(axis=(0, 2)).nonzero()[0]
    )
    assert month.tolist() == [3]


def test_an_asset_class(tmp_path):
    """Present with .6, found with .5, worth .4 of the claim less dissipation over 6 months until
    the application."""
    asset = {
        "name": "a",
        "present": 0.6,
        "find": 0.5,
        "coverage": 0.4,
        "dissipation": 0.5,
        "search": 2,
    }
    flows = run(
        tmp_path, [loan(i) for i in range(50)], {**SURE_TITLE, "enforcement": {"assets": [asset]}}
    )
    near(kind(flows, "deficiency"), 50 * 1000 * 0.6 * 0.5 * 0.4 * math.exp(-0.5 * 0.5))


def test_joint_debtors_may_each_own_something(tmp_path):
    asset = {"name": "a", "present": 0.3, "find": 1.0, "coverage": 0.4}
    loans = [loan(i, joint_debtors=3) for i in range(50)]
    flows = run(tmp_path, loans, {**SURE_TITLE, "enforcement": {"assets": [asset]}})
    near(kind(flows, "deficiency"), 50 * 400 * (1 - 0.7**3))


@pytest.mark.parametrize(
    ("renewal", "exposed", "seized"),
    [(1.0, 1.0, 1.0), (0.0, 1.0 + 7.0 - 5.0, 7.0)],
    ids=["holds", "ran out"],
)
def test_a_freeze_protects_value_and_rank(tmp_path, renewal, exposed, seized):
    """Suit in month 0, freeze in month 1 for 4 months, application in month 7."""
    asset = {
        "name": "a",
        "find": 1.0,
        "find_preserved": 1.0,
        "freeze_months": 4,
        "renewal": renewal,
        "coverage": 0.5,
        "dissipation": 0.6,
        "rivals": 1.2,
        "rank_share": 0.25,
    }
    policy = {
        "litigation": {"lawsuit": {"duration": 7}, "preservation": {"delay": 1}},
        "enforcement": {"assets": [asset]},
    }
    flows = run(tmp_path, [loan(i) for i in range(50)], policy)
    first = math.exp(-0.1 * seized)
    near(
        kind(flows, "deficiency"),
        50 * 500 * math.exp(-0.05 * exposed) * (first + (1 - first) * 0.25),
    )


def test_a_cash_deposit_comes_back(tmp_path):
    policy = {
        "litigation": {
            "lawsuit": {"duration": 8},
            "preservation": {"security": 0.3, "form": "cash"},
        },
        "enforcement": {},
    }
    flows = run(tmp_path, [loan()], policy, scenarios=2)
    months = flows.amounts[0, :, list(flows.kinds).index("preservation"), 0]
    assert months[0] == pytest.approx(-300) and months[8] == pytest.approx(300)
    assert np.count_nonzero(months) == 2


def test_a_letter_costs_its_premium(tmp_path):
    policy = {
        "litigation": {
            "lawsuit": {"duration": 8},
            "preservation": {"security": 0.3, "premium": 0.01},
        },
        "enforcement": {},
    }
    assert kind(run(tmp_path, [loan()], policy, scenarios=2), "preservation") == pytest.approx(
        [-3, -3]
    )
