"""Check a study and its tape without a simulation."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from npl_sim.core.errors import CapacityError, StudyError
from npl_sim.reports.account import account_text

if TYPE_CHECKING:
    from npl_sim.core.progress import Listener
    from npl_sim.runs.study_session import StudySession
    from npl_sim.tape.table import LoanTable


@dataclass(frozen=True)
class Validation:
    """Outcome of the checks of a study and its tape."""

    errors: tuple[str, ...]
    """Errors beyond those of the tape, for which a run would be refused."""
    tape_stops: bool
    """Whether findings on the tape stop a run."""


def validate(
    study: StudySession, limit: int, listener: Listener, tape_only: bool = False
) -> Validation:
    """Check everything for which pricing would warn or refuse; send a message for each finding.

    Parameters
    ----------
    study
        The study and its tape.
    limit
        Most kinds of findings on the tape to list. [lines]
    listener
        Receives the findings.
    tape_only
        Whether only the tape is checked, with a study that was made for it.

    Raises
    ------
    TapeError
        If the tape cannot be read, or no loan on it is sound.
    """
    from npl_sim.tables.findings import format_findings

    for line in study.warnings:
        listener.message(f"warning: {line}")
    table = study.validate(measure=not tape_only)
    errors = [f for f in table.findings if f.severity == "error"]
    is_open = any(f.name for f in errors)
    stops = is_open or (bool(errors) and study.study.tape.on_error == "stop")
    listener.message(format_findings(table.findings, limit=limit))
    if tape_only:
        _check_loans(study, table, listener)
        refusals = []
    else:
        refusals = _check_study(study, table, listener)
    reason = "a reading is not confirmed" if is_open else "tape.on_error is stop"
    state = f"sound (none is priced: {reason})" if stops else "sound"
    listener.message(account_text(table.reconciliation, study.study.currency, state))
    return Validation(tuple(refusals), stops)


def _check_loans(study: StudySession, table: LoanTable, listener: Listener) -> None:
    """Send the warnings on the loans of a tape without a study."""
    from npl_sim.analysis.proportions import tape_issues
    from npl_sim.engine.overdue import overdue_on_tape

    for issue in tape_issues(study.study, table):
        listener.message(str(issue))
    for line in overdue_on_tape(study.study, table):
        listener.message(f"warning: {line}")


def _check_study(study: StudySession, table: LoanTable, listener: Listener) -> list[str]:
    """Send the warnings on tape and study and the size of the run; return the errors."""
    from npl_sim.analysis.proportions import tape_issues
    from npl_sim.engine.refusals import refusals
    from npl_sim.engine.run_estimate import estimate_resources
    from npl_sim.engine.time_estimate import check_time, time_text
    from npl_sim.reports.heading import worthless_lines

    terms = study.study
    errors = list(refusals(terms, table))
    with contextlib.suppress(StudyError):  # a loan without a policy, which is among the errors
        for note in study.notes(table):
            listener.message(f"warning: {note}")
    if not errors:
        nothing = study.worth_nothing(table=table)
        for issue in tape_issues(terms, table):
            listener.message(str(issue))
        for line in worthless_lines(nothing, terms.currency):
            listener.message(line)
    try:
        precise = terms.simulation.precision is not None
        size = estimate_resources(terms, table, variance_reduction=precise)
        listener.message(size.describe())
        if not errors:
            text, _ = time_text(terms, table, size)
            if text:
                listener.message(f"simulation takes {text}")
            check_time(terms, table, size)
    except CapacityError as error:
        errors.extend(str(error).splitlines())
    return errors
