"""Warnings on a study and its tape, without those on what its base has and the tape lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from npl_sim.engine.warning_text import Note, is_idle
from npl_sim.engine.warnings import notes

if TYPE_CHECKING:
    from npl_sim.study.loaded import LoadedStudy
    from npl_sim.tape.table import LoanTable

__all__ = ["study_notes"]


def study_notes(loaded: LoadedStudy, table: LoanTable) -> tuple[Note, ...]:
    """Return warnings on combinations of tape and study, one sentence each.

    Policies and kinds of collateral of a base that the tape does not need are left out.

    Raises
    ------
    StudyError
        If a loan falls under no policy.
    """

    def of_base(note: Note) -> bool:
        return loaded.origin(note.partition(":")[0]).startswith("base ")

    found = notes(loaded.study, table)
    return tuple(note for note in found if not (is_idle(note) and of_base(note)))
