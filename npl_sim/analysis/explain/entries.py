"""Explanation of one loan: the entries that people made, beside the model's own value."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING

from npl_sim.analysis.explain.steps import money, percent
from npl_sim.cashflows.protocol import Cash
from npl_sim.core.errors import quoted
from npl_sim.engine.compile_model import Model
from npl_sim.engine.expert_records import loans_named
from npl_sim.engine.simulate import simulate

if TYPE_CHECKING:
    from npl_sim.policy.expert_terms import ExpertEstimate
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable


def entries(study: Study, table: LoanTable, model: Model, flows: Cash) -> Iterator[str]:
    """Yield the manual entries of a loan, and its value with and without them.

    Parameters
    ----------
    study
        The study.
    table, model
        The loan alone.
    flows
        Its simulated cash.
    """
    loan_id = str(table.loans["loan_id"].iloc[0])
    covered = loans_named(table, study.experts.rows)
    found = [row for row, loans in zip(study.experts.rows, covered, strict=True) if loans]
    cash = [row for row in study.manual_cash.rows if row.loan == loan_id]
    changes = [row for row in study.overrides.rows if row.loan == loan_id]
    if not found and not cash and not changes:
        return
    yield "Entered by hand"
    for estimate in found:
        yield from _estimate(estimate)
    for row in cash:
        what = "in place of the model" if row.mode == "replace" else "on top of the model"
        yield f"  {row.author}, {row.date}: month {row.month}: {money(row.amount)}, {what}"
    for change in changes:
        yield f"  {change.author}, {change.date}: {change.key} is {quoted(change.value)}"
    if found or cash:
        loan, own = flows.loans.iloc[0], _without(study, table, model).loans.iloc[0]
        yield (
            f"  present value {money(loan['pv_mean'])} +- {money(loan['pv_se'])}; by the model "
            f"alone {money(own['pv_mean'])} +- {money(own['pv_se'])} (standard errors)"
        )


def _estimate(row: ExpertEstimate) -> Iterator[str]:
    show = percent if row.recovery_unit == "share" else money
    recovery = " / ".join(
        show(x) for x in (row.recovery_low, row.recovery_base, row.recovery_high)
    )
    months = " / ".join(f"{x:g}" for x in (row.months_low, row.months_base, row.months_high))
    unit = " of the claim" if row.recovery_unit == "share" else ""
    cost = percent(row.cost) if row.cost_unit == "share" else money(row.cost)
    of = " of the recovery" if row.cost_unit == "share" else ""
    yield (
        f"  {row.author}, {row.date}, for the {row.scope} with weight {percent(row.weight)}: "
        f"recovery {recovery}{unit} (10 % point, mode, 90 % point) as {row.route}"
    )
    yield f"    after {months} months; costs {cost}{of}"
    if row.note:
        yield f"    note: {row.note}"


def _without(study: Study, table: LoanTable, model: Model) -> Cash:
    """Simulate the loan without its estimate and manual cash."""
    loans = model.package.loans.copy()
    for name in ("estimate_begin", "estimate_end", "manual_begin", "manual_end"):
        loans[name] = 0
    plain = dataclasses.replace(model, package=model.package._replace(loans=loans))
    return simulate(study, table, model=plain)
