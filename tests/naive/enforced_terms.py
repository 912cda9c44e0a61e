"""Terms and helpers that test_enforced.py, test_enforced_debtors.py share."""

from __future__ import annotations

from tests.builders.loan_paths import (
    auction,
    terms,
)


def enforced(**values):
    return terms(enforce=1, search_duration=1, **values)


def two_rounds(**values):
    return auction(
        rounds=2,
        reserve=(0.7, 0.5),
        round_months=(2.0, 1.5),
        forced_sale_discount=0.4,
        seizure_duration=2,
        **values,
    )
