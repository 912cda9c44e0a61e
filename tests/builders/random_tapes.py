"""Random tapes, for random studies."""

from __future__ import annotations

from tests.builders.studies import loan

STAGES = ("collection", "collection", "litigation", "judged", "enforcement", "plan", "dormant")


PRODUCTS = ("a", "b", "c")


def tape(rng):
    """Return random loans, collateral items and guarantors."""
    loans, items, guarantors = [], [], []
    for i in range(60):
        stage = str(rng.choice(STAGES))
        loans.append(
            loan(
                i,
                borrower_id=f"B{i // 2}",
                product=PRODUCTS[i % 3],
                region=str(rng.choice(["east", "west"])),
                stage=stage,
                stage_date="2026-03-15",
                principal=float(rng.integers(500, 3000)),
                accrued_interest=100,
                contract_rate=0.12,
                age_months=float(rng.integers(0, 60)),
                last_interruption_date=f"{rng.integers(2023, 2026)}-03-01",
                arbitration_clause=int(rng.random() < 0.5),
                responsiveness=float(rng.uniform(0.5, 2)),
                group_id=str(rng.choice(["", "g1", "g2"])),
                joint_debtors=int(rng.integers(1, 4)),
                monthly_capacity=float(rng.integers(20, 200)),
            )
        )
        for j in range(rng.integers(0, 3)):
            items.append(
                {
                    "collateral_id": f"C{i}-{j}",
                    "loan_id": f"L{i:06d}",
                    "kind": str(rng.choice(["house", "shop"])),
                    "appraisal_value": float(rng.integers(100, 3000)),
                    "appraisal_date": "2026-01-01",
                    "prior_liens": float(rng.choice([0, 200])),
                    "secured_cap": str(rng.choice(["", "700"])),
                    "seized_by": str(rng.choice(["", "creditor", "other court"])),
                    "seizure_only": str(rng.choice(["yes", "no"])),
                    "other_claims": str(rng.choice(["", "0", "400"])),
                }
            )
        for j in range(rng.integers(0, 3)):
            backer = str(rng.choice([f"G{i}-{j}", f"G{j}", f"B{j}"]))
            guarantors.append(
                {
                    "guarantor_id": backer,
                    "loan_id": f"L{i:06d}",
                    "cap": str(rng.choice(["", "300"])),
                }
            )
    return loans, items, guarantors
