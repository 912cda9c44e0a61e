"""Tables of a tracked package for files, and its summary as plain data."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd

from npl_sim.analysis.track.comparison import LEVEL
from npl_sim.analysis.track.tracking import Tracking
from npl_sim.reports.writers.parquet import MONEY, RATE, SHARE, frame_of, plain_data
from npl_sim.valuation.roll_forward import RollForward


def frames(found: Tracking) -> dict[str, pd.DataFrame]:
    """Return the tables by name: comparison first."""
    made = {
        "comparison": frame_of(
            found.comparison.cells,
            **dict.fromkeys(("actual", "plan", "plan_se"), MONEY),
            **dict.fromkeys(("spread", "quantile", "p_value", "ratio", "ratio_se"), SHARE),
        ),
        "months": _months(found),
        "rest": _rest(found),
        "remaining": frame_of(
            [dataclasses.asdict(r) for r in found.remaining],
            **dict.fromkeys(("planned_at_start", "planned", "forecast", "net"), MONEY),
            window="months",
        ),
        "value_roll_forward": found.value.months(),
        "account": found.actual.account,
        "set_aside": found.actual.set_aside,
        "cash": found.actual.rows,
        "findings": pd.DataFrame(
            [(f.severity, f.file, f.row, f.column, f.text) for f in found.actual.findings],
            columns=["severity", "file", "row", "column", "finding"],
        ),
    }
    if found.returns is not None:
        rates = dict.fromkeys(("plan_irr", "irr", "irr_low", "irr_high"), RATE)
        made["returns"] = frame_of([dataclasses.asdict(found.returns)], collected=MONEY, **rates)
    if found.cost is not None and found.cost.statement is not None:
        made["amortized_cost"] = found.cost.statement.months()
    return made


def _months(found: Tracking) -> pd.DataFrame:
    """Return actual cash, plan and forecast of each month."""
    count = found.plan.months + 1
    receipts, costs = found.actual.by_month()
    forecast, last = found.forecast, found.plan.elapsed
    columns: dict[str, np.ndarray] = {"month": np.arange(count)}
    for name, came in (("actual_receipts", receipts), ("actual_costs", costs)):
        known = name == "actual_receipts" or found.net
        columns[name] = np.full(count, np.nan)
        if known:
            columns[name][1 : last + 1] = came
    columns["plan_receipts"], columns["plan_costs"] = forecast.plan_receipts, forecast.plan_costs
    for name, rest in (("receipts", forecast.receipts), ("costs", forecast.costs)):
        column = np.full(count, np.nan)
        if rest is not None:
            column[last + 1 :] = rest[last + 1 :]
        columns[f"forecast_{name}"] = column
    return frame_of(columns, **dict.fromkeys(list(columns)[1:], MONEY))


def _rest(found: Tracking) -> pd.DataFrame:
    rows = [
        (name, value, plan, forecast)
        for name, parts in found.forecast.by_attribute.items()
        for value, plan, forecast in parts
    ]
    return frame_of(
        pd.DataFrame(rows, columns=["attribute", "name", "plan", "forecast"]),
        plan=MONEY,
        forecast=MONEY,
    )


def summary(found: Tracking) -> dict[str, Any]:
    """Return the summary as plain data, amounts in package currency."""
    total, near, rest = found.comparison.total, found.forecast.near, found.forecast.rest
    alarms = found.comparison.alarms[["attribute", "name", "ratio", "p_value"]]
    cost = found.cost
    return plain_data(
        {
            "study": found.name,
            "currency": found.currency,
            "valuation_date": found.valuation_date.isoformat(),
            "as_of": found.actual.as_of.isoformat(),
            "months": found.plan.elapsed,
            "scenarios": found.scenarios,
            "paid_in_full_not_closed": found.paid_in_full,
            "basis": "net" if found.net else "receipts",
            "findings": [str(f) for f in found.actual.findings],
            "total": {
                name: total[name]
                for name in (
                    "actual",
                    "plan",
                    "plan_se",
                    "ratio",
                    "ratio_se",
                    "spread",
                    "quantile",
                )
            },
            "test": {
                "level": LEVEL,
                "tested": int(found.comparison.cells["tested"].sum()),
                "smallest_p_value": found.comparison.test.overall,
                "alarms": alarms,
            },
            "forecast": {
                "determined": near.determined,
                "reason": near.reason,
                "near_scenarios": near.count,
                "effective_scenarios": near.effective,
                "rest": rest,
                "rest_with_closed_loans": found.forecast.rest_of_all,
            },
            "remaining": [dataclasses.asdict(r) for r in found.remaining],
            "returns": None if found.returns is None else dataclasses.asdict(found.returns),
            "value": _statement(found.value),
            "amortized_cost": None
            if cost is None or cost.statement is None
            else _statement(cost.statement),
            "account": found.actual.account,
        }
    )


def _statement(statement: RollForward) -> dict[str, Any]:
    """Return a roll-forward in cents."""
    return {
        "rate": statement.rate,
        "opening_cents": statement.opening,
        "interest_cents": int(statement.interest.sum()),
        "collections_cents": int(statement.cash.sum()),
        "from_cash_cents": statement.from_cash,
        "from_forecast_cents": statement.from_forecast,
        "revaluation_cents": statement.revaluation,
        "closing_cents": statement.closing,
    }
