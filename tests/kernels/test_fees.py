"""Fee schedules: the published tariff of Decree 481, compiled and uncompiled."""

import numpy as np
import pytest

from npl_sim.core.layout import FeeRow
from npl_sim.engine.terms import compile_fees
from npl_sim.kernels.fees import fee
from npl_sim.legal.fees import FeeSchedule
from npl_sim.legal.regime import LegalRegime

COURT = FeeSchedule(
    brackets=[
        {"up_to": 1e4, "fixed": 50},
        {"up_to": 1e5, "rate": 0.025},
        {"up_to": 2e5, "rate": 0.02},
        {"up_to": 5e5, "rate": 0.015},
        {"up_to": 1e6, "rate": 0.01},
        {"up_to": 2e6, "rate": 0.009},
        {"up_to": 5e6, "rate": 0.008},
        {"up_to": 1e7, "rate": 0.007},
        {"up_to": 2e7, "rate": 0.006},
        {"rate": 0.005},
    ]
)
ENFORCEMENT = FeeSchedule(
    brackets=[
        {"up_to": 1e4, "fixed": 50},
        {"up_to": 5e5, "rate": 0.015},
        {"up_to": 5e6, "rate": 0.01},
        {"up_to": 1e7, "rate": 0.005},
        {"rate": 0.001},
    ]
)
PRESERVATION = FeeSchedule(
    brackets=[{"up_to": 1e3, "fixed": 30}, {"up_to": 1e5, "rate": 0.01}, {"rate": 0.005}], cap=5000
)
RECORDS = compile_fees(
    LegalRegime(court_fee=COURT, enforcement_fee=ENFORCEMENT, preservation_fee=PRESERVATION)
)


@pytest.mark.parametrize(
    ("schedule", "row", "amount", "expected"),
    [
        (COURT, FeeRow.COURT, 1e6, 13_800),
        (ENFORCEMENT, FeeRow.ENFORCEMENT, 5e6, 52_400),
        (PRESERVATION, FeeRow.PRESERVATION, 1e5, 1_020),
        (PRESERVATION, FeeRow.PRESERVATION, 896_000, 5_000),
        (PRESERVATION, FeeRow.PRESERVATION, 5e8, 5_000),
        (COURT, FeeRow.COURT, 5_000, 50),
        (COURT, FeeRow.COURT, 0.0, 0),
    ],
)
def test_decree_481(schedule, row, amount, expected):
    """State Council Decree 481 arts 13 and 14, at the amounts that are worked out in print."""
    assert fee(RECORDS[row], amount) == pytest.approx(expected)
    if amount > 0:
        assert schedule.fee(amount) == pytest.approx(expected)


def test_record_and_schedule_agree_everywhere():
    for amount in np.geomspace(1, 1e9, 300):
        for schedule, row in ((COURT, 0), (ENFORCEMENT, 1), (PRESERVATION, 2)):
            assert fee(RECORDS[row], amount) == pytest.approx(schedule.fee(amount), rel=1e-12)


def test_no_schedule_no_fee():
    assert fee(RECORDS[FeeRow.ARBITRATION], 1e6) == 0.0
