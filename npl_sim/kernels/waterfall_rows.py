"""Loops of the compiled waterfall over the scenarios of a row, which the compiler vectorizes."""

from __future__ import annotations

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.waterfall_tables import (
    ABOVE,
    ADD,
    ADD_SCALED,
    DIVIDE,
    DRAW,
    MULTIPLY,
    NOT_COVERED,
    SCALE,
    SET,
    SMALLER,
    SUBTRACT,
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
    """Set a row to a number, a multiple of a row, one of two rows, or the cash drawn for a due."""
    if kind == SET:
        for i in range(n):
            out[i] = value
    elif kind == SCALE:
        for i in range(n):
            out[i] = value * a[i]
    elif kind == ADD_SCALED:
        for i in range(n):
            out[i] += value * a[i]
    elif kind == DRAW:
        for i in range(n):
            out[i] = min(a[i] * c[i], b[i])
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
    for i in range(n):
        if row[i] > 0.0:
            return True
    return False


@compiled(separate=True)
def move(to, source, amount, n):
    """Move an amount from a row to another."""
    for i in range(n):
        source[i] -= amount[i]
        to[i] += amount[i]


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
def add_worth(worth, interest, principal, growth, n):
    """Add the date's interest and principal, discounted at the coupon."""
    for i in range(n):
        worth[i] += (interest[i] + principal[i]) / growth[i]


@compiled(separate=True)
def add_value(value, interest, principal, other, factor, n):
    """Add the date's cash, times a discount factor."""
    for i in range(n):
        value[i] += (interest[i] + principal[i] + other[i]) * factor


@compiled(separate=True)
def add_cover(least, cover, n):
    """Note the least interest cover, and forget that of the date."""
    for i in range(n):
        least[i] = min(least[i], cover[i]) if cover[i] >= 0.0 else least[i]
        cover[i] = NOT_COVERED


@compiled(separate=True)
def note_date(date, amount, small, below, number, n):
    """Note the number of the first date on which an amount is above a small one, or not."""
    if below:
        for i in range(n):
            date[i] = number if amount[i] <= small and date[i] == 0.0 else date[i]
    else:
        for i in range(n):
            date[i] = number if amount[i] > small and date[i] == 0.0 else date[i]
