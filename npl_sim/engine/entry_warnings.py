"""Warnings on entries by hand that are probably slips: above the claim, cut, without effect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from npl_sim.core.errors import quoted
from npl_sim.core.language import gettext as _
from npl_sim.engine.expert_records import loans_named
from npl_sim.engine.warning_text import Note
from npl_sim.tables.periods import whole_months

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["entry_warnings"]

OLDEST = 24
"""Age from which an estimate is old. [months]"""


def entry_warnings(study: Study, table: LoanTable) -> Iterator[Note]:
    """Yield warnings on estimates, manual cash and overrides, with the GBV of their loans.

    Parameters
    ----------
    study, table
        The study, with the policies that its overrides derive, and its loans.
    """
    claims = table.loans[["principal", "accrued_interest", "fees"]].sum(axis=1).to_numpy()
    gbv = table.loans["gbv"].to_numpy(dtype=np.float64)
    horizon = study.simulation.horizon_months
    rows = study.experts.rows
    for n, (row, loans) in enumerate(zip(rows, loans_named(table, rows), strict=True)):
        claim, concerned = float(claims[loans].sum()), float(gbv[loans].sum())
        where = f"experts.rows.{n}: {row.scope} {quoted(row.id)}"
        if row.recovery_unit == "amount" and row.recovery_base > claim:
            yield Note(
                _(
                    "{where}: recovery_base is {amount}, above the claim of {claim}, which cuts "
                    "it; expected an amount in package currency up to the claim"
                ).format(where=where, amount=f"{row.recovery_base:,.2f}", claim=f"{claim:,.2f}"),
                concerned,
            )
        if row.months_high > horizon:
            yield Note(
                _(
                    "{where}: months_high is {months}; expected at most the horizon of {horizon} "
                    "months: later cash counts at the horizon, so the value is too high"
                ).format(where=where, months=f"{row.months_high:g}", horizon=horizon),
                concerned,
            )
        age = whole_months(row.date, study.valuation_date)
        if age >= OLDEST:
            yield Note(
                _(
                    "{where}: made on {day}, {age} months before the valuation date; expected "
                    "less than {oldest}: the facts may have changed"
                ).format(where=where, day=row.date, age=age, oldest=OLDEST),
                concerned,
            )
    yield from _above_claims(study, table, claims, gbv)
    yield from _without_effect(study, table, gbv)


def _above_claims(
    study: Study, table: LoanTable, claims: np.ndarray, gbv: np.ndarray
) -> Iterator[Note]:
    """Yield a warning for each loan whose manual receipts exceed its claim."""
    receipts: dict[str, float] = {}
    for row in study.manual_cash.rows:
        receipts[row.loan] = receipts.get(row.loan, 0.0) + max(row.amount, 0.0)
    at = {str(name): i for i, name in enumerate(table.loans["loan_id"])}
    for loan, amount in receipts.items():
        i = at.get(loan)
        if i is not None and amount > claims[i]:
            yield Note(
                _(
                    "manual_cash: loan {loan}: receipts sum to {amount}, above the claim of "
                    "{claim}; expected less, as nothing cuts them"
                ).format(loan=quoted(loan), amount=f"{amount:,.2f}", claim=f"{claims[i]:,.2f}"),
                float(gbv[i]),
            )


def _without_effect(study: Study, table: LoanTable, gbv: np.ndarray) -> Iterator[Note]:
    """Yield a warning for each loan whose overrides repeat the terms of its policy."""
    derived = [policy for policy in study.policies if policy.derived_from]
    changed = {loan for policy in derived for loan in policy.applies_to.loans}
    at = {str(name): i for i, name in enumerate(table.loans["loan_id"])}
    for n, row in enumerate(study.overrides.rows):
        if row.loan in at and row.loan not in changed:
            yield Note(
                _(
                    "overrides.rows.{n}: loan {loan}: {key} changes nothing; expected a value "
                    "other than that of the policy"
                ).format(n=n, loan=quoted(row.loan), key=row.key),
                float(gbv[at[row.loan]]),
            )
