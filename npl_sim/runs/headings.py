"""Heading of a result: its issues, and the loans that are worth nothing."""

from __future__ import annotations

from npl_sim.analysis.proportions import tape_issues
from npl_sim.cashflows.protocol import Cash
from npl_sim.reports.heading import Heading, worthless_lines
from npl_sim.runs.case import Case
from npl_sim.tape.table import LoanTable
from npl_sim.valuation.price import PriceDistribution

__all__ = ["checks_text", "heading_of"]


def heading_of(case: Case, result: PriceDistribution | Cash) -> Heading:
    """Return what is told of a result of a study before its details."""
    return Heading(case.issues(result), case.worth_nothing(result), case.study.currency)


def checks_text(case: Case, table: LoanTable) -> str:
    """Return the proportions of a tape that look wrong, and the loans that must be worth nothing, as text.

    Parameters
    ----------
    case
        The study.
    table
        Its tape, as `Case.validate` reads it.

    Returns
    -------
    str
        A line for each issue and a table by reason; empty where there is nothing to tell. No simulation is run.

    Raises
    ------
    StudyError
        If a loan falls under no policy, or collateral under no index.
    """
    study = case.study
    lines = [str(issue) for issue in tape_issues(study, table)]
    return "\n".join([*lines, *worthless_lines(case.worth_nothing(table=table), study.currency)])
