"""Waterfall of a securitization: a list of operations on rows, run for every date and scenario.

Scenarios are run together in groups of `LANES`. An operation is read once for a group, and its
loop over the scenarios vectorizes. All operations are run on every payment date, but for jumps.
"""

from __future__ import annotations

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.waterfall_tables import (
    ABOVE,
    ADD,
    ADD_SCALED,
    ARRIVED,
    AT_LEAST,
    BALANCE,
    CASH_LEFT,
    COVER,
    DIVIDE,
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
    MULTIPLY,
    NOT_COVERED,
    PAID_OUT,
    PICK,
    PRINCIPAL,
    PRINCIPAL_YEARS,
    RATE,
    REMEMBER,
    REPAID_ON,
    SCALE,
    SEEN,
    SET,
    SKIP_IF_NONE,
    SKIP_UNLESS,
    SMALL,
    SMALLER,
    STORE,
    SUBTRACT,
    SUM,
    TAKE,
    TOTAL,
    VALUE,
    WORTH,
)


@compiled(separate=True)
def combine(kind, out, a, b, n):
    """Set a row to a combination of two rows."""
    if kind == ADD:
        for i in range(n):
            out[i] = a[i] + b[i]
    elif kind == SUBTRACT:
        for i in range(n):
            out[i] = a[i] - b[i]
    elif kind == MULTIPLY:
        for i in range(n):
            out[i] = a[i] * b[i]
    elif kind == SMALLER:
        for i in range(n):
            out[i] = min(a[i], b[i])
    else:
        for i in range(n):
            out[i] = max(a[i], b[i])


@compiled(separate=True)
def compare(kind, out, a, b, otherwise, n):
    """Set a row to a quotient or comparison; `otherwise` is the quotient without divisor."""
    if kind == DIVIDE:
        for i in range(n):
            out[i] = a[i] / b[i] if b[i] > 0.0 else otherwise
    elif kind == ABOVE:
        for i in range(n):
            out[i] = 1.0 if a[i] > b[i] else 0.0
    else:
        for i in range(n):
            out[i] = 1.0 if a[i] >= b[i] else 0.0


@compiled(separate=True)
def change(kind, out, b, n):
    """Change a row by another: as `combine` for a result that is the first row.

    The compiler vectorizes a loop only over rows that differ.
    """
    if kind == ADD:
        for i in range(n):
            out[i] += b[i]
    elif kind == SUBTRACT:
        for i in range(n):
            out[i] -= b[i]
    elif kind == MULTIPLY:
        for i in range(n):
            out[i] *= b[i]
    elif kind == SMALLER:
        for i in range(n):
            out[i] = min(out[i], b[i])
    else:
        for i in range(n):
            out[i] = max(out[i], b[i])


@compiled(separate=True)
def scale(kind, out, a, b, c, value, n):
    """Set a row to a number, or a multiple of a row, or one of two rows."""
    if kind == SET:
        for i in range(n):
            out[i] = value
    elif kind == SCALE:
        for i in range(n):
            out[i] = value * a[i]
    elif kind == ADD_SCALED:
        for i in range(n):
            out[i] += value * a[i]
    else:
        for i in range(n):
            out[i] = a[i] if c[i] > 0.0 else b[i]


@compiled(separate=True)
def copy(out, source, n):
    """Set a row to the values of a table, or to its one value."""
    for i in range(n):
        out[i] = source[i]


@compiled(separate=True)
def any_of(row, n):
    """Return whether any scenario has a value above 0."""
    total = 0.0
    for i in range(n):
        total += row[i]
    return total > 0.0


@compiled(separate=True)
def take(left, source, taken, n):
    """Take what is left to pay from a row of cash, as far as it reaches."""
    for i in range(n):
        part = min(left[i], source[i])
        source[i] -= part
        left[i] -= part
        taken[i] += part


@compiled(separate=True)
def remember(rows, first, failed, consecutive, cure, n):
    """Count the tests failed and passed in a row, and note whether the trigger is active."""
    active, fails, passes = rows[first], rows[first + 1], rows[first + 2]
    for i in range(n):
        fails[i] = (fails[i] + 1.0) * failed[i]
        passes[i] = (passes[i] + 1.0) * (1.0 - failed[i])
        found = 1.0 if fails[i] >= consecutive else active[i]
        active[i] = 0.0 if passes[i] >= cure else found


@compiled(separate=True)
def add_totals(rows, out, tranche, factor, years, small, number, n):
    """Add the date's cash of a tranche to what it got over the life, and forget it."""
    for i in range(n):
        principal, unpaid = rows[tranche + GOT_PRINCIPAL, i], rows[tranche + INTEREST, i]
        notes = rows[tranche + GOT_INTEREST, i] + principal
        cover = rows[tranche + COVER, i]
        rows[out + WORTH, i] += notes / rows[tranche + GROWTH, i]
        rows[out + VALUE, i] += (notes + rows[tranche + GOT_OTHER, i]) * factor
        rows[out + PRINCIPAL, i] += principal
        rows[out + PRINCIPAL_YEARS, i] += principal * years
        rows[out + LARGEST_UNPAID, i] = max(rows[out + LARGEST_UNPAID, i], unpaid)
        least = rows[out + LEAST_COVER, i]
        rows[out + LEAST_COVER, i] = min(least, cover) if cover >= 0.0 else least
        date = rows[out + FIRST_UNPAID, i]
        rows[out + FIRST_UNPAID, i] = number if unpaid > small and date == 0.0 else date
        date = rows[out + REPAID_ON, i]
        repaid = rows[tranche + BALANCE, i] <= small and date == 0.0
        rows[out + REPAID_ON, i] = number if repaid else date
    for i in range(n):
        rows[tranche + GOT_INTEREST, i] = 0.0
        rows[tranche + GOT_PRINCIPAL, i] = 0.0
        rows[tranche + GOT_OTHER, i] = 0.0
        rows[tranche + COVER, i] = NOT_COVERED


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
        total = result.sums[o["b"], k]
        change(ADD, total, rows[o["a"]], n)


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
        elif kind <= PICK:
            scale(kind, rows[o["out"]], rows[o["a"]], rows[o["b"]], rows[o["c"]], value, n)
        elif kind <= SUM:
            exchange(kind, o, rows, cash, result, first, k, n)
        elif kind == SKIP_IF_NONE:
            at = at if any_of(rows[o["a"]], n) else o["c"]
        elif kind == SKIP_UNLESS:
            at = at if value != 0.0 else o["c"]
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
