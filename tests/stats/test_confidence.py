"""Confidence that says nothing is refused with key, value and what is expected."""

from __future__ import annotations

import pytest

from npl_sim.core.errors import StudyError
from tests.builders.studies import loan, study

POLICY = {"collection": {"settle_hazard": 0.05}}


@pytest.mark.parametrize("value", [1e-300, 1e-12, 0.0, 0.499, 1.0 - 1e-16, 0.99999, 1.0, -0.5, 95])
def test_a_confidence_near_0_or_1_is_refused(tmp_path, value):
    with pytest.raises(
        StudyError, match=r"(?s)pricing\.confidence.*expected at (least 0\.5|most 0\.9999)"
    ):
        study(tmp_path, [loan()], POLICY, pricing={"confidence": value})


@pytest.mark.parametrize("value", [0.5, 0.9, 0.9999])
def test_a_confidence_between_is_used(tmp_path, value):
    terms = {
        "simulation": {"scenarios": 30, "horizon_months": 12},
        "pricing": {"confidence": value},
    }
    result = study(tmp_path, [loan(i) for i in range(3)], POLICY, **terms).price()
    assert (
        result.mean.confidence == value and result.mean.low < result.mean.value < result.mean.high
    )
