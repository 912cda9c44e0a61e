"""Discount factors: by hand, and computed in one place."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from npl_sim.stats.discount import discount_factor, discount_factors, payment_years

PACKAGE = Path(__file__).parents[2] / "npl_sim"
ELSEWHERE = {"dcf", "kernels"}
"""Packages that discount by themselves: the independent method, and compiled code."""
BY_HAND = re.compile(r"\(1(?:\.0)? \+ [\w.]+\) \*\* ?\(?-(?!\w*\.?term\b)")


def test_a_factor_by_hand():
    assert discount_factor(0.21, 0.5) == pytest.approx(1.0 / 1.1)
    assert payment_years(2, "mid_month").tolist() == [0.0, 0.5 / 12.0, 1.5 / 12.0]
    years = payment_years(24)
    assert discount_factors(0.1, 24)[[0, 12, 24]] == pytest.approx([1.0, 1.0 / 1.1, 1.0 / 1.21])
    assert np.array_equal(discount_factors(0.1, 24), discount_factor(0.1, years))


def test_discount_factors_are_computed_in_one_place():
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).parts
        if parts[0] in ELSEWHERE or parts == ("stats", "discount.py"):
            continue
        assert not BY_HAND.search(path.read_text(encoding="utf-8")), path
    assert BY_HAND.search("(1.0 + rate) ** -years")
