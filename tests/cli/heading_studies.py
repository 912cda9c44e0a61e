"""Small studies with many warnings."""

from __future__ import annotations

from tests.builders.studies import loan, study

SIZE = {"simulation": {"scenarios": 60, "horizon_months": 24, "seed": 4}}


LATE = {"simulation": {"scenarios": 60, "horizon_months": 120, "seed": 4}}
"""With everything recovered in the last month, at a return below zero: worth more than is owed."""


POLICY = {"collection": {"months": 12, "settle_hazard": 0.02, "payment_rate": 0.01}}


ITEM = {"kind": "house", "appraisal_value": 3_000, "appraisal_date": "2026-01-01"}


def package(folder, **sections):
    """Write a study with many warnings: ten of its 40 loans are dormant with collateral."""
    rows = [
        loan(i, principal=1000, stage="dormant" if i % 4 == 0 else "collection") for i in range(40)
    ]
    items = [{**ITEM, "loan_id": f"L{i:06d}"} for i in range(0, 40, 8)]
    law = {"name": "China", "sources": [f"assumption {k}" for k in range(9)]}
    return study(folder, rows, POLICY, items, **{"legal": law, **SIZE, **sections}).loaded.path
