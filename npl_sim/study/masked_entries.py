"""Manual entries of a study under masking: pseudonyms for ids and authors, no notes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from npl_sim.core.masking import pseudonyms
from npl_sim.core.provenance import key_of
from npl_sim.study.manual_entries import SECTIONS

if TYPE_CHECKING:
    import pandas as pd

    from npl_sim.policy.policy import Policy
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["has_entries", "masked_entries", "unnamed", "without_entries"]

UNKNOWN = "(unknown)"
"""Stands for an id that the tape does not hold."""


def has_entries(study: Study) -> bool:
    """Return whether people entered anything by hand, or policies name loans."""
    named = any(policy.applies_to.loans for policy in study.policies)
    return named or any(getattr(study, section).rows for section in SECTIONS)


def without_entries(study: Study) -> Study:
    """Return the study without its manual entries."""
    empty = {"rows": (), "file": None, "sheet": ""}
    sections = {name: getattr(study, name).model_copy(update=empty) for name in SECTIONS}
    return study.model_copy(update=sections)


def unnamed(policy: Policy) -> Policy:
    """Return a policy that names as many loans, without their ids."""
    return _naming(policy, [UNKNOWN] * len(policy.applies_to.loans))


def _naming(policy: Policy, loans: Iterable[str]) -> Policy:
    """Return a policy that names these loans; itself if it names none."""
    if not policy.applies_to.loans:
        return policy
    condition = policy.applies_to.model_copy(update={"loans": tuple(loans)})
    return policy.model_copy(update={"applies_to": condition})


def _pseudonyms(frame: pd.DataFrame, column: str) -> dict[int, str]:
    """Return the pseudonym by key of the original id."""
    from npl_sim.tape.id_keys import keys_in  # it imports pandas

    return dict(zip(keys_in(frame, column).tolist(), frame[column].astype(str), strict=True))


def masked_entries(study: Study, original: Study, table: LoanTable) -> Study:
    """Return a masked study with the manual entries of the original one.

    Parameters
    ----------
    study
        The masked study.
    original
        The study as read.
    table
        The masked tape, with the keys of the original ids.
    """
    names: Mapping[str, dict[int, str]] = {
        "loan": _pseudonyms(table.loans, "loan_id"),
        "borrower": _pseudonyms(table.loans, "borrower_id"),
        "item": _pseudonyms(table.collateral, "collateral_id"),
    }
    everyone = (row.author for name in SECTIONS for row in getattr(original, name).rows)
    authors = pseudonyms(everyone, "author")
    sections: dict[str, Any] = {}
    for name in SECTIONS:
        rows = []
        for row in getattr(original, name).rows:
            field, scope = ("id", row.scope) if name == "experts" else ("loan", "loan")
            masked = names[scope].get(key_of(getattr(row, field)), UNKNOWN)
            changes = {field: masked, "author": authors[row.author], "note": ""}
            rows.append(row.model_copy(update=changes))
        sections[name] = getattr(study, name).model_copy(update={"rows": tuple(rows)})
    sections["policies"] = tuple(
        _naming(
            masked, (names["loan"].get(key_of(name), UNKNOWN) for name in own.applies_to.loans)
        )
        for masked, own in zip(study.policies, original.policies, strict=True)
    )
    return study.model_copy(update=sections)
