"""Dates that decide one loan, with their columns, and the reason for a value of 0."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.analysis.cash_routes import routes
from npl_sim.analysis.worthless import REASONS
from npl_sim.core.language import N_
from npl_sim.core.language import gettext as _
from npl_sim.core.layout import Stage
from npl_sim.engine.clocks import Clocks, clocks_of
from npl_sim.engine.compile_model import Model
from npl_sim.legal.calendar_months import as_days, months_until, whole_day

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable


REVIVED_BY = N_("only a written acknowledgment or a new promise of the debtor revives it")
"""Revival of an expired claim (Civil Code of China, article 192; codice civile, article 2937)."""


def dates(study: Study, table: LoanTable, model: Model) -> Iterator[str]:
    """Yield the dates used and their columns: default, stage, and the legal clock of the loan."""
    row, loan = table.loans.iloc[0], model.package.loans[0]
    clock = clocks_of(study, table.loans, np.array([int(loan["policy"])]))
    yield _("Dates used")
    source = _column(study, str(clock.default_column[0]))
    yield _("  default: {default} ({source}), {age:.0f} months ago").format(
        default=clock.default[0], source=source, age=loan["age"]
    )
    stage, since = str(row["stage"]), as_days(table.loans["stage_date"])[0]
    if not np.isnat(since):
        yield (
            _("  stage {stage}: since {since} ({column}), {stage_elapsed:.1f} months ago").format(
                stage=stage,
                since=since,
                column=_column(study, "stage_date"),
                stage_elapsed=loan["stage_elapsed"],
            )
        )
    elif loan["stage"] in (Stage.LITIGATION, Stage.JUDGED, Stage.ENFORCEMENT, Stage.PLAN):
        yield (
            _(
                "  stage {stage}: no stage_date is stated, so it is taken to begin at the "
                "valuation date"
            ).format(stage=stage)
        )
    if loan["stage"] == Stage.JUDGED:
        yield _("  window to apply for enforcement: {window}").format(window=_window(study, clock))
    elif loan["stage"] == Stage.ENFORCEMENT:
        when = (
            _("before the valuation date")
            if np.isnat(since)
            else _("by {since}").format(since=since)
        )
        yield _("  window to apply for enforcement: applied for {when}, so no period runs").format(
            when=when
        )
    elif loan["stage"] == Stage.LITIGATION:
        yield _("  limitation: does not run while the claim is in court")
    elif loan["stage"] == Stage.DORMANT:
        yield (
            _(
                "  window to apply for enforcement: enforcement is paused, and resuming it "
                "has no time limit here"
            )
        )
    else:
        yield from _limitation(study, row, clock)


def _limitation(study: Study, row: pd.Series, clock: Clocks) -> Iterator[str]:
    """Yield the first and last day of the limitation period, and the long stop."""
    if np.isnat(clock.last_day[0]):
        yield _("  limitation: no period runs")
        return
    stopped = _("; the long stop cuts it short") if clock.last_day[0] == clock.long_stop[0] else ""
    yield _("  limitation: {start}{stopped}; {last_day}").format(
        start=_start(study, row, clock), stopped=stopped, last_day=_ends(study, clock.last_day[0])
    )
    if clock.last_day[0] < whole_day(study.valuation_date):
        yield _("  no interruption helps: {revived_by}").format(revived_by=_(REVIVED_BY))
    elif not np.isnat(clock.long_stop[0]):
        yield _("  long stop: no interruption helps after {long_stop}").format(
            long_stop=clock.long_stop[0]
        )


def _start(study: Study, row: pd.Series, clock: Clocks) -> str:
    """Return the first day of the limitation period and the reason, in words."""
    column = str(clock.start_column[0])
    if column == "limitation_left_months":
        return _("stated in {column}").format(column=_column(study, column))
    event = row["last_interruption_date"]
    if column == "last_interruption_date":
        return _("runs from {start} ({column})").format(
            start=clock.start[0], column=_column(study, column)
        )
    why = {
        "maturity_date": _("the last due date ({column})").format(column=_column(study, column)),
        "acceleration_date": _("the acceleration ({column})").format(
            column=_column(study, column)
        ),
    }.get(column, "default")
    missing = _("no last_interruption_date is stated")
    if not pd.isna(event):
        missing = _("the last interruption, {date} ({column}), came before").format(
            date=event.date(), column=_column(study, "last_interruption_date")
        )
    return _("runs from {why}, {start}: {missing}").format(
        why=why, start=clock.start[0], missing=missing
    )


def _window(study: Study, clock: Clocks) -> str:
    """Return the first and last day of the window to apply for enforcement."""
    if np.isnat(clock.window_last_day[0]):
        return _("no period runs")
    if np.isnat(clock.restarted[0]):
        start = _("runs from the last day for performance, {performed_by}").format(
            performed_by=clock.performed_by[0]
        )
    else:
        start = _("runs anew from {restarted} ({column})").format(
            restarted=clock.restarted[0], column=_column(study, "last_interruption_date")
        )
    return f"{start}; {_ends(study, clock.window_last_day[0])}"


def _ends(study: Study, day: np.datetime64) -> str:
    left = float(months_until(study.valuation_date, np.array([day]))[0])
    return (
        _("ended on {day}, {left:.1f} months ago").format(day=day, left=-left)
        if left < 0.0
        else _("ends on {day}, in {left:.1f} months").format(day=day, left=left)
    )


def _column(study: Study, name: str) -> str:
    """Return a column, with the header of the file where the study names it."""
    header = study.tape.columns.get(name, "")
    return _("column {name}").format(name=name) + (
        f", {header}" if isinstance(header, str) and header not in ("", name) else ""
    )


def worth_nothing(study: Study, table: LoanTable, model: Model) -> Iterator[str]:
    """Yield why the loan has no value; nothing where it has a route to cash."""
    found = routes(study, table, model)
    reason = str(found.reason[0])
    if reason:
        yield _("Worth nothing: {reasons}").format(reasons=_(REASONS[reason]))
        yield f"  {found.detail[0]}"
