"""The dates that decide one loan, the column that each came from, and why the loan is worth nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.analysis.routes import routes
from npl_sim.analysis.worthless import REASONS
from npl_sim.base import DAYS_PER_MONTH
from npl_sim.engine.lower import Model
from npl_sim.layout import Stage

if TYPE_CHECKING:
    from npl_sim.study import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["dates", "worth_nothing"]


def dates(study: Study, table: LoanTable, model: Model) -> Iterator[str]:
    """Yield the dates used and their columns: default, interruption, stage, and when the claim runs out."""
    row, loan = table.loans.iloc[0], model.package.loans[0]
    used = {name: values[0] for name, values in routes(study, table, model).dates.items()}
    yield "Dates used"
    source = _default_column(study, row)
    yield f"  default: {used['default_date']} ({_column(study, source)}), {loan['age']:.0f} months ago"
    stage = str(row["stage"])
    if not np.isnat(used["stage_date"]):
        since = (
            f"{used['stage_date']} ({_column(study, 'stage_date')}), {loan['stage_elapsed']:.1f} months ago"
        )
        yield f"  stage {stage}: since {since}"
    elif loan["stage"] in (Stage.LITIGATION, Stage.JUDGED, Stage.ENFORCEMENT, Stage.PLAN):
        yield f"  stage {stage}: no stage_date is stated, so it is taken to begin at the valuation date"
    yield from _limitation(study, row, loan, used)
    if loan["stage"] == Stage.JUDGED and math.isfinite(loan["window_left"]):
        yield f"  window to apply for enforcement: {_ends(used['window_expiry'], float(loan['window_left']))}"


def _limitation(study: Study, row: pd.Series, loan: np.void, used: dict[str, np.datetime64]) -> Iterator[str]:
    left = float(min(loan["limitation_left"], loan["long_stop_left"]))
    if not math.isfinite(left):
        yield "  limitation: no period runs"
        return
    if loan["stage"] in (Stage.LITIGATION, Stage.JUDGED, Stage.ENFORCEMENT):
        yield f"  limitation: does not run while the loan stands in {row['stage']}"
        return
    if not math.isnan(row["limitation_left_months"]):
        start = f"stated in {_column(study, 'limitation_left_months')}"
    elif not np.isnat(used["interruption_date"]):
        start = f"runs from {used['interruption_date']} ({_column(study, 'last_interruption_date')})"
    else:
        start = f"runs from default, {used['default_date']}: no last_interruption_date is stated"
    stopped = "; the long stop cuts it short" if loan["long_stop_left"] <= loan["limitation_left"] else ""
    yield f"  limitation: {start}{stopped}; {_ends(used['limitation_expiry'], left)}"
    if math.isfinite(loan["long_stop_left"]):
        last = np.datetime64(study.valuation_date, "D") + int(loan["long_stop_left"] * DAYS_PER_MONTH)
        yield f"  long stop: no interruption helps after {last}"


def _ends(day: np.datetime64, left: float) -> str:
    return f"ended on {day}, {-left:.1f} months ago" if left < 0.0 else f"ends on {day}, in {left:.1f} months"


def _column(study: Study, name: str) -> str:
    """Return a column, with the header of the file where the study names it."""
    header = study.tape.columns.get(name, "")
    return f"column {name}" + (f", {header}" if isinstance(header, str) and header not in ("", name) else "")


def _default_column(study: Study, row: pd.Series) -> str:
    """Return the column that the date of default came from."""
    age, day = float(row["age_months"]), row["default_date"]
    valuation = pd.Timestamp(study.valuation_date)
    if not pd.isna(day) and abs((valuation - day).days / DAYS_PER_MONTH - age) < 0.05:
        return "default_date"
    cut_off = pd.Timestamp(study.tape.cut_off_date or study.valuation_date)
    late = float(row["days_past_due"]) + (valuation - cut_off).days
    return "days_past_due" if abs(late / DAYS_PER_MONTH - age) < 0.05 else "age_months"


def worth_nothing(study: Study, table: LoanTable, model: Model) -> Iterator[str]:
    """Yield why the loan is worth nothing; nothing where it has a route to cash."""
    found = routes(study, table, model)
    reason = str(found.reason[0])
    if reason:
        yield f"Worth nothing: {REASONS[reason]}"
        yield f"  {found.detail[0]}"
