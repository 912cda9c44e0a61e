"""Policies of loans whose terms people changed by hand. docs/experts.md.

Loans under one policy with the same changes share one derived policy, which names them. It stands
behind the policies of the study, so that the positions of those do not change.
"""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError

from npl_sim.core.errors import StudyError, quoted
from npl_sim.engine.expert_records import expert_errors
from npl_sim.engine.policy_rows import policy_rows
from npl_sim.policy.policy import AppliesTo, Policy
from npl_sim.study.masked_entries import masked_entries
from npl_sim.study.messages import messages
from npl_sim.study.overrides import override
from npl_sim.study.yaml_places import Source
from npl_sim.tape.parsed import among

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["MOST_POLICIES", "matched", "with_manual_entries"]

MOST_POLICIES = 200
"""Most policies of a study, derived ones included."""

FIXED = ("name", "applies_to", "derived_from", "jurisdiction", "currency")
"""Keys of a policy that no override may change."""


def _changes(study: Study, table: LoanTable) -> dict[int, dict[str, int]]:
    """Return the row of each override, by row of the loan table and key.

    Raises
    ------
    StudyError
        If a loan or key is unknown, or a loan has two values for one key.
    """
    at = {str(name): i for i, name in enumerate(table.loans["loan_id"])}
    changes: dict[int, dict[str, int]] = {}
    errors = []
    for n, row in enumerate(study.overrides.rows):
        where = f"overrides.rows.{n}: loan {quoted(row.loan)}"
        if row.loan not in at:
            errors.append(f"{where}: not among the loans that are priced; expected a loan id")
            continue
        own = changes.setdefault(at[row.loan], {})
        if row.key.split(".")[0] in FIXED:
            errors.append(
                f"{where}: key {quoted(row.key)} cannot change for one loan; expected a term such "
                "as litigation.lawsuit.win_probability"
            )
        elif row.key in own:
            errors.append(
                f"{where}: key {quoted(row.key)} stands already in row {own[row.key]}; expected "
                "one value"
            )
        else:
            own[row.key] = n
    if errors:
        raise StudyError(errors)
    return changes


def _derived(study: Study, base: Policy, rows: tuple[int, ...]) -> Policy:
    """Return a policy with the terms of some overrides.

    Raises
    ------
    StudyError
        If a key or value is not valid in a policy.
    """
    data: dict[str, Any] = copy.deepcopy(base.model_dump(exclude_unset=True))
    for n in rows:
        row = study.overrides.rows[n]
        where = f"overrides.rows.{n}: loan {quoted(row.loan)}"
        try:
            override(data, row.key, row.value, Source())
            Policy.model_validate(data)
        except StudyError as error:
            raise StudyError([f"{where}: {line}" for line in error.errors]) from None
        except ValidationError as error:
            lines = messages(error, data, lambda _: "", Policy)
            raise StudyError([where + line for line in lines]) from None
    return Policy.model_validate(data)


def with_manual_entries(study: Study, table: LoanTable) -> Study:
    """Return the study with a policy for each set of overrides, after checks of manual entries.

    Parameters
    ----------
    study, table
        The study and its loans. A study that has its derived policies already is returned as it
        is.

    Raises
    ------
    StudyError
        If an estimate, manual cash or an override names no loan, or is not valid.
    """
    errors = expert_errors(study, table)
    if errors:
        raise StudyError(errors)
    if not study.overrides.rows:
        return study
    secured = among(table.loans["loan_id"], table.collateral["loan_id"].to_numpy(object))
    governing = policy_rows(study.policies, table.loans, secured)
    sets: dict[tuple[int, str], list[int]] = {}
    rows_of: dict[tuple[int, str], tuple[int, ...]] = {}
    for loan, keys in _changes(study, table).items():
        values = {key: study.overrides.rows[n].value for key, n in keys.items()}
        label = (int(governing[loan]), json.dumps(values, sort_keys=True, default=str))
        sets.setdefault(label, []).append(loan)
        rows_of.setdefault(label, tuple(keys.values()))
    policies = list(study.policies)
    for label, loans in sets.items():
        base = study.policies[label[0]]
        policy = _derived(study, base, rows_of[label])
        if _terms(policy) == _terms(base):
            continue
        ids = table.loans["loan_id"].iloc[np.array(loans)]
        number = len(policies) - len(study.policies) + 1
        policies.append(
            policy.model_copy(
                update={
                    "name": f"{base.name}, override {number}",
                    "derived_from": base.name,
                    "applies_to": AppliesTo(loans=tuple(map(str, ids))),
                }
            )
        )
    if len(policies) > MOST_POLICIES:
        raise StudyError(
            [
                f"overrides: give {len(policies):,} policies; expected at most {MOST_POLICIES}: "
                "fewer different sets of values"
            ]
        )
    return study.model_copy(update={"policies": tuple(policies)})


def matched(study: Study, entered: Study, table: LoanTable) -> Study:
    """Return a study whose manual entries are matched with its tape.

    Parameters
    ----------
    study
        The study, masked or as read.
    entered
        The study as read.
    table
        The tape, masked as the study is.

    Raises
    ------
    StudyError
        As `with_manual_entries`.
    """
    if table.masked:
        study = masked_entries(study, entered, table)
    return with_manual_entries(study, table)


def _terms(policy: Policy) -> dict[str, Any]:
    """Return the terms of a policy without its name and the loans that it governs."""
    return policy.model_dump(exclude={"name", "applies_to", "derived_from"})
