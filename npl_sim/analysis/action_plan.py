"""Limitation calendar: expiry of each claim, action of its policy, cost to stop the clock."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.analysis.explain.dates import REVIVED_BY
from npl_sim.core.layout import Stage
from npl_sim.engine.clocks import clocks_of
from npl_sim.engine.compile_model import Model, compile_model
from npl_sim.engine.court_queue import planned_filing
from npl_sim.legal.calendar_months import months_until
from npl_sim.tape.id_keys import order_column

if TYPE_CHECKING:
    from npl_sim.policy.policy import Policy
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable


EDGES = (0.0, 3.0, 6.0, 12.0, 24.0)
BUCKETS = (
    "has run out",
    "within 3 months",
    "3 to 6 months",
    "6 to 12 months",
    "12 to 24 months",
    "later",
    "never",
)
"""Times to expiry by which claims are counted."""


def _bucket(left: np.ndarray) -> np.ndarray:
    rows = np.searchsorted(EDGES, left, side="left")
    rows = np.where(left < 0.0, 0, np.maximum(rows, 1))
    return np.where(np.isinf(left), len(BUCKETS) - 1, rows)


def _reminder(policy: Policy) -> float:
    """Return the cost of the cheapest contact that may reach the debtor; NaN without one."""
    costs = [
        c.cost_per_contact for c in policy.collection.contact_methods if c.reach_per_contact > 0.0
    ]
    return min(costs, default=math.nan)


def _apply(left: float, late: bool, policy: Policy) -> str:
    """Return the action of the policy within the window of a judgment."""
    if left < 0.0:
        return "too late to apply"
    if policy.enforcement is None:
        return "policy never applies: the title lapses"
    wait = policy.enforcement.performance_window + policy.enforcement.application_delay
    planned = f"applies within {wait:g} months of the judgment"
    return f"{planned}, after the window has closed" if late else planned


def _action(stage: int, left: float, filing: int, policy: Policy, late: bool) -> str:
    """Return the action of the policy before a clock runs out.

    Parameters
    ----------
    stage
        Stage of the loan.
    left
        Time until the clock runs out. [months]
    filing
        Month in which the loan is sued; -1 for never.
    policy
        Its policy.
    late
        Whether the policy applies for enforcement after the window.
    """
    if stage == Stage.DORMANT:
        return "enforcement is paused: no period runs"
    if math.isinf(left):
        return "no clock runs"
    if stage == Stage.JUDGED:
        return _apply(left, late, policy)
    if left < 0.0:
        return f"has run out: {REVIVED_BY}; else lost if the debtor pleads it"
    if stage == Stage.PLAN:
        return "in a plan: its installments restart the clock"
    if filing < 0:
        return "policy never sues: lapses unless contacts or payments restart it"
    if policy.litigation is not None and filing < policy.litigation.after_months:
        return f"sued in month {filing}, early because the clock runs out"
    if filing > left:
        return f"sued in month {filing}, after expiry unless contacts or payments restart it"
    return f"sued in month {filing} by plan"


def _costs(
    study: Study,
    policies: Sequence[Policy],
    claim: np.ndarray,
    dead: np.ndarray,
    titled: np.ndarray,
) -> dict[str, np.ndarray]:
    """Return the cost to stop the clock of each claim, by way to stop it. [package currency]"""
    lawyer = np.array(
        [0.0 if p.litigation is None else p.litigation.lawyer_fixed_fee for p in policies]
    )
    court = np.array([study.legal.court_fee.fee(float(c)) for c in claim])
    factor = np.where(dead, np.nan, 1.0)
    return {
        "letter": np.where(dead | titled, np.nan, [_reminder(p) for p in policies]),
        "payment_order": factor
        * np.where(titled, 0.0, study.legal.payment_order_fee_factor * court + lawyer),
        "lawsuit": factor * np.where(titled, 0.0, court + lawyer),
    }


def action_plan(study: Study, table: LoanTable) -> pd.DataFrame:
    """Return the limitation calendar of a package, the next claims to expire first.

    For loans in collection or in a plan the clock is the limitation period of the claim.
    For judged and dormant loans it is the period to apply for enforcement, which stops while
    enforcement is paused. Other loans are in court, where no clock runs.

    Parameters
    ----------
    study, table
        The study and its loans.

    Returns
    -------
    pandas.DataFrame
                Columns loan_id, stage, clock, claim, months_left, expiry (NaT for never), bucket,
                policy,
        action. Then the costs to stop the clock [package currency]:

        - letter: cheapest contact that may reach the debtor; NaN without one
        - payment_order, lawsuit: court fees by the schedule of the law and the lawyer's fixed fee;
          0 for a judged loan
        - all costs are NaN after expiry
    """
    model: Model = compile_model(study, table)
    loans = model.package.loans
    kept = np.isin(loans["stage"], [Stage.COLLECTION, Stage.PLAN, Stage.DORMANT, Stage.JUDGED])
    filing = planned_filing(loans, model.package.terms)[kept]
    rows = table.loans.iloc[model.tape_row[kept]]
    loans = loans[kept]
    days = clocks_of(study, rows, loans["policy"].astype(np.int64))
    titled = np.isin(loans["stage"], (Stage.JUDGED, Stage.DORMANT))
    expiry = np.where(titled, days.window_last_day, days.last_day)
    left = np.where(
        titled,
        months_until(study.valuation_date, expiry),
        np.minimum(loans["limitation_left"], loans["long_stop_left"]),
    )
    claim = loans["principal"] + loans["interest_and_fees"]
    policies = [study.policies[int(i)] for i in loans["policy"]]
    late = days.planned > days.window_last_day
    plan = pd.DataFrame(
        {
            "loan_id": rows["loan_id"].to_numpy(),
            "stage": rows["stage"].to_numpy(),
            "clock": np.where(titled, "enforcement", "limitation"),
            "claim": claim,
            "months_left": left,
            "expiry": expiry,
            "bucket": [BUCKETS[b] for b in _bucket(left)],
            "policy": [p.name for p in policies],
            "action": [
                _action(int(s), float(x), int(f), p, bool(w))
                for s, x, f, p, w in zip(loans["stage"], left, filing, policies, late, strict=True)
            ],
            **_costs(study, policies, claim, left < 0.0, titled),
        }
    )
    plan["order"] = rows[order_column(rows, "loan_id")].to_numpy()
    return (
        plan.sort_values(["months_left", "order"], kind="stable")
        .drop(columns="order")
        .reset_index(drop=True)
    )


def action_plan_text(
    study: Study, table: LoanTable, value: pd.Series | None = None, top: int = 20
) -> str:
    """Return the action plan as plain text.

    Parameters
    ----------
    study, table
        The study and its loans.
    value
        Expected present value by loan id; not shown by default. [package currency]
    top
        Number of claims to list: the next to expire.
    """
    plan = action_plan(study, table)
    plan["value"] = np.nan if value is None else value.reindex(plan["loan_id"]).to_numpy()
    lines = [
        f"Limitation calendar at {study.valuation_date} under {study.legal.name} "
        f"[{study.currency}]",
        f"  {'clock':<12}{'runs out':<17}{'claims':>8}{'amount':>19}{'value':>18}"
        f"{'to sue them all':>18}",
    ]
    for clock in ("limitation", "enforcement"):
        for bucket in BUCKETS:
            part = plan[(plan["clock"] == clock) & (plan["bucket"] == bucket)]
            if len(part):
                worth = "-" if value is None else f"{part['value'].sum():,.2f}"
                costs = "-" if part["lawsuit"].isna().all() else f"{part['lawsuit'].sum():,.2f}"
                lines.append(
                    f"  {clock:<12}{bucket:<17}{len(part):>8,}{part['claim'].sum():>19,.2f}"
                    f"{worth:>18}{costs:>18}"
                )
    soon = plan[(plan["months_left"] >= 0.0) & np.isfinite(plan["months_left"])].head(top)
    count = f"{len(soon)} claims that run" if len(soon) > 1 else "claim that runs"
    lines += ["", f"The {count} out next"]
    lines.append(
        f"  {'loan':<14}{'expiry':<12}{'left':>6}{'claim':>16}{'value':>15}{'letter':>9}"
        f"{'order':>12}{'lawsuit':>12}  action"
    )
    for row in soon.itertuples():
        worth = "-" if math.isnan(row.value) else f"{row.value:,.2f}"
        reminder = "-" if math.isnan(row.letter) else f"{row.letter:,.2f}"
        lines.append(
            f"  {row.loan_id:<14}{row.expiry:%Y-%m-%d}  "
            f"{row.months_left:>6.1f}{row.claim:>16,.2f}{worth:>15}{reminder:>9}"
            f"{row.payment_order:>12,.2f}{row.lawsuit:>12,.2f}  {row.action}"
        )
    lines.append(
        "Letter, payment order and lawsuit: cost to restart or stop the clock (court fee and "
        "lawyer's fixed fee). An application for enforcement is free. "
        "- : nothing stops a clock that has run out."
    )
    return "\n".join(lines) + "\n"
