"""Warnings on combinations of tape and study that are probably unintended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from npl_sim.core.errors import escaped, shortened
from npl_sim.core.language import gettext as _
from npl_sim.engine.entry_warnings import entry_warnings
from npl_sim.engine.fallbacks import default_indices, default_policies, default_terms
from npl_sim.engine.overdue import overdue_stages
from npl_sim.engine.policy_rows import policy_rows
from npl_sim.engine.warning_text import Note, backed
from npl_sim.tape.names import kind_and_place, normal_name

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["notes"]


def notes(study: Study, table: LoanTable) -> tuple[Note, ...]:
    """Return warnings on entries by hand and on defaults, with the GBV concerned.

    Raises
    ------
    StudyError
        If a loan falls under no policy.
    """
    secured = table.loans["loan_id"].isin(table.collateral["loan_id"]).to_numpy()
    rows = policy_rows(study.policies, table.loans, secured)
    found = (
        *entry_warnings(study, table),
        *overdue_stages(study, table, rows),
        *default_terms(study, table),
        *default_indices(study, table),
        *default_policies(study, table, rows),
        *_frictionless(study, table),
        *_unused_policies(study, table, rows),
        *_unused_kinds(study, table),
        *_stages_without_terms(study, table, rows),
    )
    return tuple(Note(escaped(line), line.gbv) for line in found)


def _frictionless(study: Study, table: LoanTable) -> Iterator[Note]:
    if not study.collateral and len(table.collateral):
        kinds = ", ".join(sorted(set(table.collateral["kind"].astype(str))))
        yield Note(
            _(
                "collateral: the study has no terms for {kinds}, so {collateral:,} items "
                "sell at their value, at once and without cost"
            ).format(kinds=kinds, collateral=len(table.collateral)),
            backed(table, np.ones(len(table.collateral), dtype=bool)),
        )


def _unused_policies(study: Study, table: LoanTable, rows: np.ndarray) -> Iterator[Note]:
    used = set(rows.tolist())
    for i, policy in enumerate(study.policies):
        if i not in used:
            name = shortened(policy.name)
            yield Note(
                _("policies.{i}: no loan of the tape falls under policy {name!r}").format(
                    i=i, name=name
                )
            )
        for name in ("products", "segments", "regions"):
            on_tape = set(table.loans[name[:-1]].astype(str))
            named = {normal_name(name[:-1], value) for value in getattr(policy.applies_to, name)}
            unknown = sorted(named - on_tape)
            if unknown:
                yield Note(
                    _(
                        "policies.{i}.applies_to.{name}: the tape holds no {unknown}; it holds "
                        "{on_tape}"
                    ).format(
                        i=i,
                        name=name,
                        unknown=", ".join(unknown),
                        on_tape=", ".join(sorted(on_tape)[:10]),
                    )
                )


def _unused_kinds(study: Study, table: LoanTable) -> Iterator[Note]:
    items = table.collateral
    kinds = set(items["kind"].astype(str))
    found = kinds | set(items["kind"].astype(str) + "/" + items["region"].astype(str))
    for kind in study.collateral:
        if kind != "default" and len(kinds) and kind_and_place(kind) not in found:
            on_tape = ", ".join(sorted(found if "/" in kind else kinds)[:10])
            yield Note(
                _(
                    "collateral.{kind}: the tape holds no such collateral; it holds {on_tape}"
                ).format(kind=kind, on_tape=on_tape)
            )


def _stages_without_terms(study: Study, table: LoanTable, rows: np.ndarray) -> Iterator[Note]:
    stages = table.loans["stage"].to_numpy(dtype=str)
    gbv = table.loans["gbv"].to_numpy(dtype=np.float64)
    for i, policy in enumerate(study.policies):
        unenforced = policy.enforcement is None
        missing = {
            "litigation": (policy.litigation is None, _("lawsuits won at once")),
            "judged": (unenforced, _("titles that are never enforced")),
            "enforcement": (unenforced, _("collateral sold at once and nothing else found")),
            "insolvency": (
                policy.insolvency is None,
                _("liquidations of five years without dividend"),
            ),
            "plan": (policy.restructuring is None, _("the terms of a cured loan")),
        }
        for stage, (lacks, meaning) in missing.items():
            at = (rows == i) & (stages == stage)
            count = int(np.count_nonzero(at))
            if lacks and count:
                yield Note(
                    _(
                        "policies.{i}: {count:,} loans of policy {policy!r} are in {stage}, for "
                        "which it has no terms: they count as {meaning}"
                    ).format(
                        i=i,
                        count=count,
                        policy=shortened(policy.name),
                        stage=stage,
                        meaning=meaning,
                    ),
                    float(gbv[at].sum()),
                )
