"""Facts of loans and items for tests of the tables of a package."""

from __future__ import annotations

import math
from datetime import date
from types import SimpleNamespace

import pandas as pd

NAN = math.nan


def items_of(**columns):
    frame = pd.DataFrame(columns)
    defaults = {
        "kind": "residential",
        "region": "east",
        "prior_liens": 0.0,
        "secured_cap": NAN,
        "lien_rank": 1,
        "seizure_only": False,
        "appraisal_date": pd.Timestamp("2026-01-31"),
    }
    return frame.assign(**{n: v for n, v in defaults.items() if n not in frame})


def loans_of(count, **columns):
    """Return facts of loans with claims of 100 unless stated."""
    defaults = {
        "loan_id": [f"L{i}" for i in range(count)],
        "borrower_id": [f"B{i}" for i in range(count)],
        "product": "sme",
        "segment": "sme",
        "region": "east",
        "stage": "collection",
        "gbv": 100.0,
        "principal": 80.0,
        "security": "unsecured",
        "guaranteed": False,
        "free_collateral": 0.0,
        "items": 0,
        "age_years": 1.5,
        "receipts": 40.0,
        "months_to_cash": 20.0,
        "bid_cents": 2_000,
        "bid_se": 1.0,
        "time_barred": False,
        "window_over": False,
        "insolvent": False,
    }
    return pd.DataFrame({**defaults, **columns}, index=range(count))


def cells_case():
    """Return a tape of two loans: a flat and a shop under the first, a flat under the second."""
    items = items_of(
        loan_id=["a", "a", "b"],
        collateral_id=["i1", "i2", "i1"],
        kind=["residential", "commercial", "residential"],
        appraisal_value=[60.0, 200.0, 40.0],
        prior_liens=[0.0, 20.0, 0.0],
        appraisal_date=pd.to_datetime(["2025-12-31", None, "2025-12-31"]),
    )
    loans = pd.DataFrame({"loan_id": ["a", "b", "c"]})
    study = SimpleNamespace(
        valuation_date=date(2026, 12, 31),
        prudence=SimpleNamespace(limits=SimpleNamespace(appraisal_months=18.0)),
    )
    return study, SimpleNamespace(loans=loans, collateral=items)
