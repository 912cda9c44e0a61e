"""Limitation deadlines of a study's claims as text, with the value at stake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from npl_sim.analysis.action_plan import action_plan_text
from npl_sim.engine.simulate import simulate

if TYPE_CHECKING:
    from npl_sim.runs.study_session import StudySession

__all__ = ["deadlines_text"]

MOST_SCENARIOS = 500
"""Most scenarios of the value at stake."""


def deadlines_text(session: StudySession, top: int = 20) -> str:
    """Return the last day of each claim, the policies' actions and the value at stake.

    Parameters
    ----------
    session
        The study with its tape.
    top
        Most claims that are listed.
    """
    study, table = session.study, session.table
    size = study.simulation
    scenarios = min(MOST_SCENARIOS, size.scenarios)
    size = size.model_copy(update={"scenarios": scenarios, "precision": None, "detail": "totals"})
    loans = simulate(study.model_copy(update={"simulation": size}), table).loans
    return action_plan_text(study, table, loans.set_index("loan_id")["pv_mean"], top)
