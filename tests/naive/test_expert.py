"""Estimates in the engine against the reference implementation, scenario by scenario."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from npl_sim.core.provenance import key_of
from tests.builders.studies import loan, study
from tests.experts.test_kernel import OFFICE, estimate

from .expert import Shared, expert_outcome, part_of
from .philox import draw

SCENARIOS, HORIZON, SEED = 130, 36, 11
CLAIMS = {0: 1000.0, 1: 2000.0, 2: 1500.0, 3: 800.0, 4: 1200.0}
ROWS = [
    estimate("L000000", (0.05, 0.2, 0.9), (1, 12, 50), weight=0.6, cost=0.1),
    estimate("B7", (500.0, 1800.0, 3900.0), (3.3, 9.9, 20), scope="borrower", cost=70.0,
             recovery_unit="amount", cost_unit="amount", weight=0.8),
    estimate("C1", (600.0, 1100.0, 1500.0), (6, 12, 18), scope="item", recovery_unit="amount"),
]  # fmt: skip
COVERED = [{0: 1.0}, {1: 1.0, 2: 1.0}, {3: 1.0, 4: 2.0}]
"""Loans that each estimate covers, with their rank on the item."""


def _session(folder):
    """A study whose model brings no cash, so that all cash is that of the estimates."""
    borrowers = ["B0", "B7", "B7", "B3", "B4"]
    rows = [
        loan(i, principal=claim, borrower_id=borrowers[i], region=["east", "west"][i % 2],
             group_id="G1" if i in (0, 1, 2) else "")
        for i, claim in CLAIMS.items()
    ]  # fmt: skip
    items = [
        {"loan_id": f"L{i:06d}", "collateral_id": "C1", "kind": "office", "region": "east",
         "appraisal_value": 2000, "appraisal_date": "2026-03-31", "lien_rank": rank,
         "prior_liens": 0}
        for i, rank in ((3, 1), (4, 2))
    ]  # fmt: skip
    return study(
        folder, rows, {}, items, experts=ROWS, market=OFFICE, collateral={"default": {}},
        tape={"collateral_scope": "file"},
        simulation={"scenarios": SCENARIOS, "horizon_months": HORIZON, "seed": SEED, "threads": 1},
    )  # fmt: skip


def _expected(session):
    """Return net cash by scenario and month by the reference implementation."""
    loans, terms = session.table.loans, session.study.experts
    net = np.zeros((SCENARIOS, HORIZON + 1))
    for row, ranks in zip(terms.rows, COVERED, strict=True):
        claims = {i: CLAIMS[i] for i in ranks}
        head = min(ranks, key=lambda i: key_of(f"L{i:06d}"))
        facts = loans[loans["loan_id"] == f"L{head:06d}"].iloc[0]
        group = key_of(facts["group_id"]) if facts["group_id"] else 0
        shared = Shared(
            (key_of(facts["region"]), terms.region_correlation),
            (group, terms.group_correlation),
            (key_of(facts["borrower_id"]), terms.borrower_correlation),
        )
        total = sum(claims.values())
        unit = total if row.recovery_unit == "share" else 1.0
        for s in range(SCENARIOS):
            found = expert_outcome(
                row, key_of(row.id), unit, shared, HORIZON, partial(draw, SEED, s)
            )
            for i in claims if found is not None else ():
                amount = part_of(i, found.amount, claims, ranks)
                cost = row.cost * (amount if row.cost_unit == "share" else claims[i] / total)
                net[s, found.month] += amount - cost
    return net


def test_the_engine_follows_the_reference_implementation(tmp_path):
    session = _session(tmp_path)
    net = session.simulate().net
    expected = _expected(session)
    assert (expected != 0.0).sum() > SCENARIOS  # not a comparison of nothing
    assert net == pytest.approx(expected, rel=1e-7, abs=1e-4)
