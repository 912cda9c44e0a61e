"""The waterfall: cash through the order of payments by date. docs/deals.md section 4.

The deal is compiled to a list of operations (`deal_program`), which a compiled loop runs over
scenarios and dates (`kernels.waterfall`). Cash in equals cash out plus cash held: checked on every
date in every scenario.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from npl_sim.core.errors import ConservationError
from npl_sim.kernels import waterfall_tables as op
from npl_sim.kernels.waterfall import run_program
from npl_sim.securitization.collections import DatedFlows
from npl_sim.securitization.terms.deal import Deal
from npl_sim.securitization.terms.triggers import DateTrigger
from npl_sim.securitization.waterfall.compiled_terms import Terms, prepare
from npl_sim.securitization.waterfall.deal_program import (
    PARTS,
    TOTAL_RESULTS,
    DealProgram,
    compile_deal,
)
from npl_sim.securitization.waterfall.layout import Recorded
from npl_sim.securitization.waterfall.payments import payments_of
from npl_sim.securitization.waterfall.run import DealRun, TrancheFlows, TrancheTotals

__all__ = ["run_deal", "run_terms"]

LINE = 8
"""Numbers in a line of the processor's cache."""


def run_deal(
    deal: Deal, flows: DatedFlows, index: np.ndarray | None = None, ledger: bool = False
) -> DealRun:
    """Send the cash of a package through a deal.

    Parameters
    ----------
    deal
        The deal.
    flows
        Cash of the package by date (`collections.from_package`, `table.read_flows`).
    index
        Simulated reference rate of each period, fixed at its start, shape (scenarios, K); none:
        the deal's own. [per year]
    ledger
        Whether to record every payment of every scenario, which takes memory.

    Raises
    ------
    DealError
        If the flows lack what the deal needs.
    ConservationError
        If cash appears or is lost: a fault inside the program.
    """
    return run_terms(prepare(deal, flows, index), ledger)


def run_terms(
    terms: Terms,
    ledger: bool = False,
    tables: bool = True,
    factors: np.ndarray | None = None,
) -> DealRun:
    """Carry out a deal that is prepared.

    Parameters
    ----------
    terms
        What the waterfall needs.
    ledger
        Whether to record every payment.
    tables
        Whether to record tables by date, and not only what tranches got over the life.
    factors
        Discount factors of the totals' `value`, shape (K,); defaults to 1.

    Raises
    ------
    ConservationError
        If cash appears or is lost: a fault inside the program.
    """
    deal, scenarios = terms.deal, terms.scenarios
    compiled = compile_deal(terms, Recorded(tables, ledger), factors)
    result = _new_result(compiled, scenarios, len(terms.dates))
    rows = np.empty((len(compiled.program.opening), op.LANES))
    cash = op.WaterfallCash(terms.series.table, _rates(terms, compiled))
    run_program(compiled.program, cash, rows, result)
    if result.fault[0] >= 0.0:
        _refuse(terms, result.fault)

    def final(*what: str) -> np.ndarray:
        return result.final[compiled.kept[what], :scenarios]

    totals = {t.name: _totals(t.name, final) for t in deal.tranches}
    _check_balances(deal, totals)
    last = final("call", "last").astype(np.int64)
    debts = [name for kind, name in compiled.kept if kind == "owed"]
    payees = [name for kind, name in compiled.kept if kind == "payee"]
    return DealRun(
        terms=terms,
        totals=totals,
        last_date=last,
        called=final("call", "called") > 0.0,
        call_price=final("call", "price"),
        call_gain=final("call", "gain"),
        after_call=final("call", "after"),
        payees={name: final("payee", name) for name in payees},
        unpaid_claims={name: final("owed", name) for name in debts},
        mean_paid=_mean_paid(deal, compiled, result, scenarios),
        ledger=payments_of(deal, compiled.record, result.tables, last) if ledger else None,
        **_tables(terms, compiled, result),
    )


def _rates(terms: Terms, compiled: DealProgram) -> np.ndarray:
    """Return the rates that a program uses, shape (rates, K, S or 1)."""

    def table(kind: str, name: str) -> np.ndarray:
        if kind == "index":
            return np.zeros((len(terms.dates), 1)) if terms.index is None else terms.index
        found = (terms.income if kind == "income" else terms.coupons)[name]
        return found if kind != "next coupon" else np.concatenate([found[1:], found[-1:]])

    tables = [table(*what) for what in compiled.rates]
    return np.ascontiguousarray(np.stack(np.broadcast_arrays(*tables)), dtype=np.float64)


def _new_result(compiled: DealProgram, scenarios: int, dates: int) -> op.WaterfallResult:
    record = compiled.record
    # An odd number of cache lines: rows do not fall on the same places of the cache.
    lines = -(-scenarios // LINE)
    columns = (lines + 1 - lines % 2) * LINE
    tables = np.zeros((len(record.tables), dates, columns))
    for (kind, *_), place in record.tables.items():
        if kind == "tested":
            tables[place] = np.nan
    return op.WaterfallResult(
        final=np.empty((len(compiled.kept), columns)),
        tables=tables,
        sums=np.zeros((len(record.sums), dates, op.SUMMED)),
        fault=np.full(5, -1.0),
    )


def _totals(name: str, final: Any) -> TrancheTotals:
    found = {part: final(part, name) for part in (*TOTAL_RESULTS, "balance", "unpaid")}
    for part in ("first_unpaid", "repaid_on"):
        found[part] = found[part].astype(np.int64)
    return TrancheTotals(**found)


def _mean_paid(
    deal: Deal, compiled: DealProgram, result: op.WaterfallResult, scenarios: int
) -> dict[str, np.ndarray]:
    """Return the mean of what each step paid, shape (K, steps) by order; empty if not recorded."""
    sums = result.sums.sum(axis=2) / scenarios
    found = compiled.record.sums
    if not found:
        return {}
    return {
        order: np.stack([sums[found[order, n]] for n in range(len(steps))], axis=1)
        for order, steps in deal.orders.items()
    }


def _tables(terms: Terms, compiled: DealProgram, result: op.WaterfallResult) -> dict[str, Any]:
    """Return the tables by date of a run, by name; empty ones if they were not recorded."""
    places, deal = compiled.record.tables, terms.deal
    if not compiled.record.wanted:
        none = np.empty((0, 0))
        names = ("tranches", "accounts", "active", "tested")
        return {**{name: {} for name in names}, "cash_in": none, "accelerated": none}

    def table(*what: str) -> np.ndarray:
        return result.tables[places[what], :, : terms.scenarios].T

    tranches = {}
    for t in deal.tranches:
        parts = {part: table(part, t.name) for part in (*PARTS, "cover")}
        tranches[t.name] = TrancheFlows(t.name, t.balance, **parts)
    return {
        "tranches": tranches,
        "accounts": {a.name: table("cash", a.name) for a in deal.accounts},
        "cash_in": table("cash", "available"),
        "active": {t.name: table("active", t.name) > 0.0 for t in deal.triggers},
        "tested": {
            t.name: table("tested", t.name)
            for t in deal.triggers
            if not isinstance(t, DateTrigger)
        },
        "accelerated": table("accelerated") > 0.0,
    }


def _refuse(terms: Terms, fault: np.ndarray) -> None:
    scenario, k = int(fault[0]), int(fault[1])
    raise ConservationError(
        f"deal {terms.deal.name!r}, payment {k + 1} on {terms.dates.payment[k]}, scenario "
        f"{scenario}: {fault[2]:.6f} was held or came in, {fault[3]:.6f} was paid, and "
        f"{fault[4]:.6f} is held. This is a fault inside npl_sim, please report it"
    )


def _check_balances(deal: Deal, totals: dict[str, TrancheTotals]) -> None:
    """Check that principal repaid and left of each tranche is its original balance."""
    for tranche in deal.tranches:
        found = totals[tranche.name]
        gap = np.abs(found.principal + found.balance - tranche.balance)
        if not (gap <= op.SMALL * tranche.balance).all():
            raise ConservationError(
                f"deal {deal.name!r}: principal repaid and left of tranche {tranche.name!r} "
                f"differs from its balance by {gap.max():.6g} in scenario {int(gap.argmax())}; "
                "please report this error of npl_sim"
            )
