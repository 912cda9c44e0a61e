"""What a tape and a study make of each other that no one may have meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from npl_sim.engine.lower import policy_rows

if TYPE_CHECKING:
    from npl_sim.study import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["notes"]


def notes(study: Study, table: LoanTable) -> tuple[str, ...]:
    """Return warnings on assumptions that rest on defaults, one sentence each.

    Raises
    ------
    StudyError
        If a loan falls under no policy.
    """
    return (*_frictionless(study, table), *_stages_without_terms(study, table))


def _frictionless(study: Study, table: LoanTable) -> Iterator[str]:
    if not study.collateral and len(table.collateral):
        kinds = ", ".join(sorted(set(table.collateral["kind"].astype(str))))
        yield (
            f"collateral: the study says nothing of how {kinds} is valued and sold, so {len(table.collateral):,} items sell at "
            "their value, at once and without cost"
        )


def _stages_without_terms(study: Study, table: LoanTable) -> Iterator[str]:
    loans = table.loans
    secured = loans["loan_id"].isin(table.collateral["loan_id"]).to_numpy()
    rows = policy_rows(study.policies, loans, secured)
    stages = loans["stage"].to_numpy(dtype=str)
    for i, policy in enumerate(study.policies):
        missing = {
            "litigation": (policy.litigation is None, "lawsuits won at once"),
            "judged": (policy.enforcement is None, "titles that are never enforced"),
            "enforcement": (policy.enforcement is None, "collateral sold at once and nothing else found"),
            "plan": (policy.restructuring is None, "the terms of a cured loan"),
        }
        for stage, (lacks, meaning) in missing.items():
            count = int(np.count_nonzero((rows == i) & (stages == stage)))
            if lacks and count:
                yield (
                    f"policies.{i}: {count:,} loans of policy {policy.name!r} stand in {stage}, of which it says nothing: "
                    f"they count as {meaning}"
                )
