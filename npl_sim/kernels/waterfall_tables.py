"""Operations of the compiled waterfall: codes, rows, tables that the kernel reads and fills.

A deal is compiled to operations (`securitization.waterfall`). A row holds one number for each of
the scenarios that are run together.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

LANES = 128
"""Scenarios that are run together."""
SUMMED = 64
"""Scenarios that are added to the sums of a date together; a divisor of `LANES`."""
SMALL = 1e-9
"""Share that counts as rounding: of an original balance, or of a scenario's cash."""

# out = a (operation) b.
ADD, SUBTRACT, MULTIPLY, SMALLER, LARGER, DIVIDE, ABOVE, AT_LEAST = range(8)
# With v, a number by date: out = v; v a; out + v a. From c > 0: out = a, else b. The smaller of
# a c and b.
SET, SCALE, ADD_SCALED, PICK, DRAW = range(8, 13)
# From the tables of cash and rates; to the tables by date and the sums over scenarios.
LOAD, RATE, STORE, SUM = range(13, 17)
# To operation c if no scenario has a > 0; if v = 0.
SKIP_IF_NONE, SKIP_UNLESS = range(17, 19)
# Amount a from row b to row out; cash from source b for what is left in a.
# Memory of a trigger; totals of a tranche; cash check.
MOVE, TAKE, REMEMBER, TOTAL, CHECK = range(19, 24)

OPERATION = np.dtype(
    [("kind", "i8"), ("out", "i8"), ("a", "i8"), ("b", "i8"), ("c", "i8"), ("line", "i8")]
)
"""One operation: kind, row of the result, rows that it reads, row of its numbers by date."""

# Rows of a tranche that belong together, from its first row on.
BALANCE, INTEREST, GOT_INTEREST, GOT_PRINCIPAL, GOT_OTHER, GROWTH, COVER = range(7)
# Rows of what a tranche gets over the life.
WORTH, VALUE, PRINCIPAL, PRINCIPAL_YEARS, LARGEST_UNPAID, LEAST_COVER, FIRST_UNPAID, REPAID_ON = (
    range(8)
)
# Rows of the check of cash.
SEEN, CASH_LEFT, PAID_OUT, ARRIVED = range(4)
NOT_COVERED = -1.0
"""Interest cover before the first interest step of a date."""


class Program(NamedTuple):
    """A deal as operations; K payment dates."""

    operations: np.ndarray
    """Records of OPERATION."""
    opening: np.ndarray
    """Value of each row at closing, shape (rows,)."""
    by_date: np.ndarray
    """Numbers by date, shape (lines, K)."""
    kept: np.ndarray
    """Rows whose values at the end are results."""


class WaterfallCash(NamedTuple):
    """Cash and rates of S scenarios."""

    series: np.ndarray
    """Shape (series, K, S)."""
    rates: np.ndarray
    """Shape (rates, K, S or 1)."""


class WaterfallResult(NamedTuple):
    """What the kernel fills; P columns, of which the first S are the scenarios."""

    final: np.ndarray
    """Kept rows at the end, shape (kept, P)."""
    tables: np.ndarray
    """Stored rows by date, shape (tables, K, P)."""
    sums: np.ndarray
    """Sums by date and place in the group, shape (sums, K, SUMMED)."""
    fault: np.ndarray
    """Scenario that lost cash or -1, its date, cash disposable, paid and left, shape (5,)."""
