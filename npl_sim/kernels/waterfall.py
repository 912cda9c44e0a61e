"""Waterfall of a securitization: a list of operations on rows, run for every date and scenario.

Scenarios are run together in groups of `LANES`. An operation is read once for a group, and its
loop over the scenarios vectorizes. All operations are run on every payment date, but for jumps.
"""

from __future__ import annotations

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.waterfall_rows import (
    add_cover,
    add_value,
    add_worth,
    any_of,
    change,
    combine,
    compare,
    copy,
    move,
    note_date,
    remember,
    scale,
    take,
)
from npl_sim.kernels.waterfall_tables import (
    ADD,
    ADD_SCALED,
    ARRIVED,
    AT_LEAST,
    BALANCE,
    CASH_LEFT,
    COVER,
    DRAW,
    FIRST_UNPAID,
    GOT_INTEREST,
    GOT_OTHER,
    GOT_PRINCIPAL,
    GROWTH,
    INTEREST,
    LANES,
    LARGER,
    LARGEST_UNPAID,
    LEAST_COVER,
    LOAD,
    MOVE,
    PAID_OUT,
    PRINCIPAL,
    PRINCIPAL_YEARS,
    RATE,
    REMEMBER,
    REPAID_ON,
    SEEN,
    SET,
    SKIP_IF_NONE,
    SKIP_UNLESS,
    SMALL,
    STORE,
    SUM,
    SUMMED,
    TAKE,
    TOTAL,
    VALUE,
    WORTH,
)


@compiled
def add_totals(rows, out, tranche, factor, years, small, number, n):
    """Add the date's cash of a tranche to what it got over the life, and forget it.

    Each loop works on few rows, or the compiler would not vectorize it.
    """
    interest, principal = rows[tranche + GOT_INTEREST], rows[tranche + GOT_PRINCIPAL]
    other, unpaid = rows[tranche + GOT_OTHER], rows[tranche + INTEREST]
    add_worth(rows[out + WORTH], interest, principal, rows[tranche + GROWTH], n)
    add_value(rows[out + VALUE], interest, principal, other, factor, n)
    change(ADD, rows[out + PRINCIPAL], principal, n)
    scale(ADD_SCALED, rows[out + PRINCIPAL_YEARS], principal, principal, principal, years, n)
    change(LARGER, rows[out + LARGEST_UNPAID], unpaid, n)
    add_cover(rows[out + LEAST_COVER], rows[tranche + COVER], n)
    note_date(rows[out + FIRST_UNPAID], unpaid, small, False, number, n)
    note_date(rows[out + REPAID_ON], rows[tranche + BALANCE], small, True, number, n)
    for row in (interest, principal, other):
        scale(SET, row, unpaid, unpaid, unpaid, 0.0, n)


@compiled(separate=True)
def check_cash(rows, out, cash, accounts, least, fault, n):
    """Return whether cash balances in all scenarios and no cash at hand is left."""
    for i in range(n):
        cash_left, smallest = 0.0, rows[least, i]
        for j in range(cash, cash + accounts):
            cash_left += rows[j, i]
            smallest = min(smallest, rows[j, i])
        disposable, paid = (
            rows[out + CASH_LEFT, i] + rows[out + ARRIVED, i],
            rows[out + PAID_OUT, i],
        )
        seen = max(rows[out + SEEN, i], disposable)
        gap = abs(disposable - paid - cash_left)
        if not (max(gap, rows[cash, i]) <= SMALL * seen and smallest >= -SMALL * seen):
            fault[0], fault[2], fault[3], fault[4] = i, disposable, paid, cash_left
            return False
        rows[out + SEEN, i] = seen
        rows[out + CASH_LEFT, i] = cash_left
        rows[out + PAID_OUT, i] = 0.0
    return True


@compiled
def exchange(kind, o, rows, cash, result, first, k, n):
    """Read a row from the tables of cash or rates, or write one."""
    if kind == LOAD:
        copy(rows[o["out"]], cash.series[o["a"], k, first:], n)
    elif kind == RATE:
        rate = cash.rates[o["a"], k]
        if rate.shape[0] == 1:
            scale(SET, rows[o["out"]], rate, rate, rate, rate[0], n)
        else:
            copy(rows[o["out"]], rate[first:], n)
    elif kind == STORE:
        copy(result.tables[o["b"], k, first:], rows[o["a"]], n)
    else:
        for start in range(0, n, SUMMED):
            part = rows[o["a"], start:]
            change(ADD, result.sums[o["b"], k], part, min(SUMMED, n - start))


@compiled
def run_group(program, cash, rows, result, first, k, n):
    """Run the operations of one payment date; return whether cash balances."""
    at = 0
    while at < program.operations.shape[0]:
        o = program.operations[at]
        kind = o["kind"]
        value = program.by_date[o["line"], k]
        at += 1
        if kind <= LARGER and o["out"] == o["a"]:
            change(kind, rows[o["out"]], rows[o["b"]], n)
        elif kind <= LARGER:
            combine(kind, rows[o["out"]], rows[o["a"]], rows[o["b"]], n)
        elif kind <= AT_LEAST:
            compare(kind, rows[o["out"]], rows[o["a"]], rows[o["b"]], value, n)
        elif kind <= DRAW:
            scale(kind, rows[o["out"]], rows[o["a"]], rows[o["b"]], rows[o["c"]], value, n)
        elif kind <= SUM:
            exchange(kind, o, rows, cash, result, first, k, n)
        elif kind == SKIP_IF_NONE:
            at = at if any_of(rows[o["a"]], n) else o["c"]
        elif kind == SKIP_UNLESS:
            at = at if value != 0.0 else o["c"]
        elif kind == MOVE:
            move(rows[o["out"]], rows[o["b"]], rows[o["a"]], n)
        elif kind == TAKE:
            take(rows[o["a"]], rows[o["b"]], rows[o["out"]], n)
        elif kind == REMEMBER:
            cure = program.by_date[o["line"] + 1, k]
            remember(rows, o["out"], rows[o["a"]], value, cure, n)
        elif kind == TOTAL:
            years, small = program.by_date[o["line"] + 1, k], program.by_date[o["line"] + 2, k]
            add_totals(rows, o["out"], o["a"], value, years, small, k + 1.0, n)
        elif not check_cash(rows, o["out"], o["a"], o["c"], o["b"], result.fault, n):
            result.fault[0] += first
            result.fault[1] = k
            return False
    return True


@compiled(entry=True, slow="some five seconds")
def run_program(program, cash, rows, result):
    """Run a deal in every scenario.

    Parameters
    ----------
    program
        The deal (Program).
    cash
        Cash and rates (WaterfallCash).
    rows
        Working array, shape (rows, LANES).
    result
        Arrays to fill (WaterfallResult). The kernel stops at the first scenario that loses cash.
    """
    scenarios = cash.series.shape[2]
    for first in range(0, scenarios, LANES):
        n = min(LANES, scenarios - first)
        for j in range(rows.shape[0]):
            for i in range(LANES):
                rows[j, i] = program.opening[j]
        for k in range(program.by_date.shape[1]):
            if not run_group(program, cash, rows, result, first, k, n):
                return
        for j in range(program.kept.shape[0]):
            copy(result.final[j, first:], rows[program.kept[j]], n)
