"""Manual entries of a study under masking: pseudonyms for ids and authors, no notes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from npl_sim.core.masking import pseudonyms
from npl_sim.core.provenance import key_of
from npl_sim.study.manual_entries import SECTIONS

if TYPE_CHECKING:
    import pandas as pd

    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["has_entries", "masked_entries", "without_entries"]

UNKNOWN = "(unknown)"
"""Stands for an id that the tape does not hold."""


def has_entries(study: Study) -> bool:
    """Return whether people entered anything by hand."""
    return any(getattr(study, section).rows for section in SECTIONS)


def without_entries(study: Study) -> Study:
    """Return the study without its manual entries."""
    empty = {"rows": (), "file": None, "sheet": ""}
    sections = {name: getattr(study, name).model_copy(update=empty) for name in SECTIONS}
    return study.model_copy(update=sections) if has_entries(study) else study


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
            masked = names[scope].get(int(key_of(getattr(row, field))), UNKNOWN)
            changes = {field: masked, "author": authors[row.author], "note": ""}
            rows.append(row.model_copy(update=changes))
        sections[name] = getattr(study, name).model_copy(update={"rows": tuple(rows)})
    return study.model_copy(update=sections)
