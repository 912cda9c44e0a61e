"""Hints at the id that was meant."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from npl_sim.engine.expert_records import expert_errors


@pytest.mark.parametrize(
    ("given", "expected"), [("2", 'did you mean "000000000002"?'), ("3", "the id of a loan")]
)
def test_an_id_without_its_zeros_is_hinted_at(given, expected):
    names = ["000000000002", "0003", "00003"]
    loans = pd.DataFrame({"loan_id": names, "borrower_id": names})
    items = pd.DataFrame(columns=["loan_id", "lien_rank", "collateral_id"])
    row = SimpleNamespace(scope="loan", id=given, months_base=6.0)
    study = SimpleNamespace(
        experts=SimpleNamespace(rows=[row]),
        manual_cash=SimpleNamespace(rows=[]),
        simulation=SimpleNamespace(horizon_months=60),
    )
    table = SimpleNamespace(loans=loans, collateral=items)
    (error,) = expert_errors(study, table)
    assert error.endswith(expected)
