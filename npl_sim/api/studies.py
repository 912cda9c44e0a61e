"""Studies: the terms of a valuation and its loan tape."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npl_sim.api.result import Result
from npl_sim.runs.study_session import StudySession, load_study

if TYPE_CHECKING:
    import pandas as pd

    from npl_sim.core.issues import Issue
    from npl_sim.study.model import Study as StudyTerms

__all__ = ["Study", "explain", "read_study"]


class Study(Result):
    """A study with its loan tape, which is read on first use.

    Make one with `npl_sim.read_study`.

    Attributes
    ----------
    session
        The study as the commands use it.
    """

    def __init__(self, session: StudySession) -> None:
        self.session = session

    @property
    def name(self) -> str:
        """Name of the study."""
        return self.session.study.name

    @property
    def terms(self) -> StudyTerms:
        """All terms of the study, stated or default, validated."""
        return self.session.study

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings on the study's own terms: valid, but probably unintended."""
        return self.session.warnings

    @property
    def loans(self) -> pd.DataFrame:
        """The loans that are priced, one row each, in the order of the tape.

        Raises
        ------
        TapeError
            If the tape cannot be read, or has errors that stop the run.
        """
        return self.session.table.loans.copy()

    def issues(self) -> tuple[Issue, ...]:
        """Return the issues of the study and its tape before simulation, most important first.

        Returns
        -------
        tuple of Issue
            Each with `severity`, `location` and `message`.

        Raises
        ------
        TapeError
            If the tape cannot be read, or has errors that stop the run.
        StudyError
            If the study cannot price its tape.
        """
        return self.session.issues()

    def _tables(self) -> Mapping[str, pd.DataFrame]:
        table = self.session.table
        return {
            "loans": table.loans,
            "collateral": table.collateral,
            "guarantors": table.guarantors,
        }

    def _report(self) -> str:
        from npl_sim.reports.account import account_text
        from npl_sim.reports.heading import issue_lines, issue_title

        study, table = self.terms, self.session.table
        issues = self.issues()
        return "\n".join(
            [
                f"Study {study.name}: valuation date {study.valuation_date}, {study.currency}",
                account_text(table.reconciliation, study.currency),
                "",
                *([issue_title(issues)] if issues else []),
                *issue_lines(issues, study.currency),
            ]
        )

    def _values(self) -> dict[str, Any]:
        from npl_sim.reports.account import account_values
        from npl_sim.reports.heading import issue_values

        return {
            "name": self.name,
            "reconciliation": account_values(self.session.table.reconciliation),
            **issue_values(self.issues()),
        }


def read_study(
    path: str | Path,
    overrides: Mapping[str, Any] | None = None,
    *,
    mask: bool | None = None,
    within: str | Path | None = None,
) -> Study:
    """Read and validate a study.

    Parameters
    ----------
    path : str or Path
        YAML file of the study.
    overrides : mapping, optional
        Values by dotted key, such as ``{"simulation.scenarios": 500}``.
    mask : bool, optional
        Whether names and ids are replaced by pseudonyms in all results; defaults to False.
    within : str or Path, optional
        Folder that must contain every file that is read, symbolic links followed; defaults to any.

    Returns
    -------
    Study

    Raises
    ------
    StudyError
        With every issue of the study: file, line, column, key, value and what was expected.
    ConfinementError
        If a file lies outside `within`.

    Examples
    --------
    >>> import npl_sim as npl
    >>> study = npl.read_study(
    ...     "configs/studies/first_package.yaml", {"simulation.scenarios": 64}
    ... )
    >>> study.name
    'first_package'
    """
    return Study(load_study(path, overrides, mask=mask, within=within))


def explain(study: Study, loan: str | None = None, *, top: int = 20) -> str:
    """Explain the possible paths of one loan, or list the claims that expire first.

    Parameters
    ----------
    study : Study
        The study.
    loan : str, optional
        Id of the loan; defaults to the limitation calendar of all loans.
    top : int, default 20
        Claims that the calendar lists.

    Returns
    -------
    str
        Dates, stages and routes of the loan with figures of the engine; or the calendar.

    Raises
    ------
    NplSimError
        If no priced loan has the id.
    """
    from npl_sim.runs.deadlines import deadlines_text

    return deadlines_text(study.session, top) if loan is None else study.session.explain(loan)
