"""Warnings on combinations of tape and study that are probably unintended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from npl_sim.core.errors import escaped, shortened
from npl_sim.engine.fallbacks import default_indices, default_policies, default_terms
from npl_sim.engine.overdue import overdue_stages
from npl_sim.engine.policy_rows import policy_rows
from npl_sim.engine.warning_text import Note, backed
from npl_sim.tape.names import normal_name

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["notes"]


def notes(study: Study, table: LoanTable) -> tuple[Note, ...]:
    """Return warnings on assumptions that rest on defaults, one sentence each, with the GBV touched.

    Raises
    ------
    StudyError
        If a loan falls under no policy.
    """
    rows = _rows(study, table)
    found = (
        *overdue_stages(study, table, rows),
        *default_terms(study, table),
        *default_indices(study, table),
        *default_policies(study, table, rows),
        *_frictionless(study, table),
        *_idle_policies(study, table, rows),
        *_idle_kinds(study, table),
        *_stages_without_terms(study, table, rows),
    )
    return tuple(Note(escaped(line), line.gbv) for line in found)


def _frictionless(study: Study, table: LoanTable) -> Iterator[Note]:
    if not study.collateral and len(table.collateral):
        kinds = ", ".join(sorted(set(table.collateral["kind"].astype(str))))
        yield Note(
            f"collateral: the study says nothing of how {kinds} is valued and sold, so {len(table.collateral):,} items sell at "
            "their value, at once and without cost",
            backed(table, np.ones(len(table.collateral), dtype=bool)),
        )


def _rows(study: Study, table: LoanTable) -> np.ndarray:
    loans = table.loans
    secured = loans["loan_id"].isin(table.collateral["loan_id"]).to_numpy()
    return policy_rows(study.policies, loans, secured)


def _idle_policies(study: Study, table: LoanTable, rows: np.ndarray) -> Iterator[Note]:
    busy = set(rows.tolist())
    for i, policy in enumerate(study.policies):
        if i not in busy:
            yield Note(
                f"policies.{i}: no loan of the tape falls under policy {shortened(policy.name)!r}"
            )
        for name in ("products", "segments", "regions"):
            column = table.loans[name[:-1]].astype(str)
            asked = {normal_name(name[:-1], word) for word in getattr(policy.applies_to, name)}
            unknown = sorted(asked - set(column))
            if unknown:
                known = ", ".join(sorted(set(column))[:10])
                yield Note(
                    f"policies.{i}.applies_to.{name}: the tape holds no {', '.join(unknown)}; it holds {known}"
                )


def _idle_kinds(study: Study, table: LoanTable) -> Iterator[Note]:
    kinds = set(table.collateral["kind"].astype(str))
    for kind in study.collateral:
        if kind != "default" and len(kinds) and normal_name("kind", kind) not in kinds:
            held = ", ".join(sorted(kinds)[:10])
            yield Note(f"collateral.{kind}: the tape holds no such collateral; it holds {held}")


def _stages_without_terms(study: Study, table: LoanTable, rows: np.ndarray) -> Iterator[Note]:
    stages = table.loans["stage"].to_numpy(dtype=str)
    gbv = table.loans["gbv"].to_numpy(dtype=np.float64)
    for i, policy in enumerate(study.policies):
        missing = {
            "litigation": (policy.litigation is None, "lawsuits won at once"),
            "judged": (policy.enforcement is None, "titles that are never enforced"),
            "enforcement": (
                policy.enforcement is None,
                "collateral sold at once and nothing else found",
            ),
            "plan": (policy.restructuring is None, "the terms of a cured loan"),
        }
        for stage, (lacks, meaning) in missing.items():
            at = (rows == i) & (stages == stage)
            count = int(np.count_nonzero(at))
            if lacks and count:
                yield Note(
                    f"policies.{i}: {count:,} loans of policy {shortened(policy.name)!r} stand in {stage}, of which it says nothing: "
                    f"they count as {meaning}",
                    float(gbv[at].sum()),
                )
