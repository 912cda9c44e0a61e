"""A claim on the day on which a new limitation period becomes law."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from npl_sim.core.fields import DAYS_PER_MONTH
from npl_sim.legal.limitation import LimitationRule, limitation_left


def days(*texts):
    return np.array(texts, dtype="datetime64[D]")


@pytest.mark.parametrize(
    ("start", "left"),
    [("2017-09-30", -1 / DAYS_PER_MONTH), ("2017-10-01", 12.0), ("2017-10-02", 12.0)],
)
def test_a_claim_that_starts_with_the_new_law_is_under_it_though_the_old_one_gave_no_time(
    start, left
):
    rules = (
        LimitationRule(months=0, source="none"),
        LimitationRule(effective=date(2017, 10, 1), months=12, source="a year"),
    )
    when = date.fromisoformat(start) if start > "2017-10-01" else date(2017, 10, 1)
    assert limitation_left(rules, days(start), when)[0] == pytest.approx(left, abs=0.01)
