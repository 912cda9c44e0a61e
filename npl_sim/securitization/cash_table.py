"""Cash of a package read from a table of scenarios, dates and amounts. docs/deals.md section 9."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np

from npl_sim.core.errors import DealError, TableError
from npl_sim.securitization.collections import EXTRAS, DatedFlows
from npl_sim.securitization.dates import add_months, month_end
from npl_sim.securitization.totals import AMOUNTS, CashRows, parted
from npl_sim.tables.cash_file import open_table
from npl_sim.tables.cash_table import CashTable, check_size, nearest, shown_names, summed, unknown
from npl_sim.tables.cell_types import shown
from npl_sim.tables.columns import MAX_AMOUNT, Column, Notation
from npl_sim.tables.day_column import read_days
from npl_sim.tables.repeats import check_duplicate_rows

KEYS = ("scenario", "month", "date", "kind", "amount", "short_rate")
KNOWN = (*KEYS, *AMOUNTS)
RENAMED = {"instalment": "installment"}
"""Old and new names of amounts; the old ones work until version 0.6."""
MOST_MONTHS = 1200
MOST_SCENARIO = 10**9
"""Largest number of a scenario."""
RATE = Column("short_rate", "rate", "Short rate.", "per year", minimum=-1.0, maximum=1.0)


def read_flows(path: str | Path, month_zero: date | None = None, currency: str = "") -> DatedFlows:
    """Read the cash of a package from a file.

    Parameters
    ----------
    path
        Text with separators, workbook or Parquet file.
    month_zero
        Date of month 0; needed where the file has months.
    currency
        Currency with which a mark beside an amount must agree; empty: any.

    Returns
    -------
    DatedFlows
        The cash; its notes say what the user must know of the file.

    Raises
    ------
    DealError
        If the file cannot be read, or says something that cannot be.
    """
    try:
        return flows_of(open_table("flows", Path(path), (*KNOWN, *RENAMED), currency), month_zero)
    except TableError as error:
        raise DealError(str(error)) from None


def flows_of(table: CashTable, month_zero: date | None) -> DatedFlows:
    """Return the cash that a table holds.

    Raises
    ------
    TableError
        If the table says something that cannot be.
    """
    table = _renamed(table)
    _known(table)
    names = [c for c in table.cells if c in (*AMOUNTS, "amount")]
    rated = ["short_rate"] if "short_rate" in table else []
    notation = Notation(decimal=table.mark(names, rated), currency=table.currency)
    amounts = {n: _amounts(table, n, notation) for n in names}
    numbers, days, at, notes = _axes(table, month_zero)
    shape = (len(numbers), len(days))
    check_size(table.where, *shape, planes=len(AMOUNTS) if "kind" in table else len(names) + 4)
    time = "month" if "month" in table else "date"
    keys = {"scenario": at[0]} if "scenario" in table else {}
    keys[time] = at[1]
    sums: dict[str, np.ndarray]
    if "kind" in table:
        kinds, renamed = _kinds(table)
        keys["kind"] = kinds
        notes += renamed
        sums = {}
        for name in dict.fromkeys(kinds.tolist()):
            here = kinds == name
            sums[name] = summed(shape, (at[0][here], at[1][here]), amounts["amount"][here])
    else:
        sums = {n: summed(shape, at, x) for n, x in amounts.items()}
    notes += check_duplicate_rows(table.where, keys, amounts, table.rows)
    received, costs, total_notes = parted(
        CashRows(table.where, sums, at, table.rows, numbers, days)
    )
    extras = {n: sums[n] for n in EXTRAS if n in sums}
    flows = DatedFlows(days, received, costs, extras, notes=(*table.notes, *notes, *total_notes))
    rates = _rates(table, notation, at, numbers, days) if rated else None
    return replace(flows, numbers=tuple(numbers.tolist()), short_rate=rates)


def _amounts(table: CashTable, name: str, notation: Notation) -> np.ndarray:
    low = -MAX_AMOUNT
    return table.numbers(Column(name, "amount", "Cash.", minimum=low), notation)


def _axes(
    table: CashTable, month_zero: date | None
) -> tuple[np.ndarray, tuple[date, ...], tuple[np.ndarray, np.ndarray], list[str]]:
    """Return scenario numbers, dates, the position of each row on both axes, and notes."""
    scenario = np.zeros(len(table), dtype=np.int64)
    if "scenario" in table:
        scenario = table.whole("scenario", MOST_SCENARIO, "the number of a scenario")
    numbers, places = np.unique(scenario, return_inverse=True)
    days, columns, notes = _days(table, month_zero)
    if len(numbers) == len(table) and len(numbers) > 2 and len(days) > 2:
        notes.append(
            f"{table.where}: each of the {len(numbers):,} scenarios has a single row; expected "
            "the rows of a scenario to share its number"
        )
    return numbers, days, (places, columns), notes


def _days(
    table: CashTable, month_zero: date | None
) -> tuple[tuple[date, ...], np.ndarray, list[str]]:
    """Return the dates of the table, rising, the position of each row among them, and notes."""
    if "date" in table:
        given, notes = read_days(table, "date", month_zero)
        days, places = np.unique(given, return_inverse=True)
        return tuple(days.tolist()), places, notes
    if month_zero is None:
        raise DealError(f"{table.where}: has months; expected the date of month 0")
    months, places = np.unique(
        table.whole(
            "month", MOST_MONTHS, "months from month 0 (calendar months belong in a column date)"
        ),
        return_inverse=True,
    )
    if month_zero.year + MOST_MONTHS // 12 >= date.max.year:
        raise DealError(
            f"{table.where}: got {month_zero} as the date of month 0; expected an earlier one"
        )
    last = month_zero == month_end(month_zero)
    return tuple(add_months(month_zero, int(m), last) for m in months), places, []


def _renamed(table: CashTable) -> CashTable:
    """Return the table with old names of amounts replaced, and a note on each."""
    old = [name for name in table.cells if name in RENAMED]
    for name in old:
        if RENAMED[name] in table:
            raise DealError(f"{table.where}: {_note(name)}; got both columns; expected one")
    cells, merged = (
        {RENAMED.get(name, name): value for name, value in columns.items()}
        for columns in (table.cells, table.merged)
    )
    notes = tuple(f"{table.where}: column {_note(name)}" for name in old)
    return replace(table, cells=cells, merged=merged, notes=(*table.notes, *notes))


def _note(old: str) -> str:
    return f"{old} is now {RENAMED[old]}; rename it, since version 0.6 refuses the old name"


def _kinds(table: CashTable) -> tuple[np.ndarray, list[str]]:
    """Return the kind of each row, in lower case, and notes on old names."""
    text = table.names("kind", f"one of: {', '.join(AMOUNTS)}").str.lower()
    notes = [f"{table.where}: kind {_note(old)}" for old in RENAMED if (text == old).any()]
    text = text.replace(RENAMED)
    for name in dict.fromkeys(text.tolist()):
        if name not in AMOUNTS:
            first = int(np.argmax((text == name).to_numpy(dtype=bool)))
            raise DealError(
                f"{table.where}: row {table.rows[first]}: unknown kind "
                f"{shown(name)}{nearest(name, AMOUNTS)}; expected one of: {', '.join(AMOUNTS)}"
            )
    return text.to_numpy(dtype=object), notes


def _rates(
    table: CashTable,
    notation: Notation,
    at: tuple[np.ndarray, np.ndarray],
    numbers: np.ndarray,
    days: tuple[date, ...],
) -> np.ndarray:
    """Return the short rate by scenario and date, which all rows of a date must share."""
    given = table.numbers(RATE, notation, "a rate per year of -1 to 1, such as 0.02 for 2 %")
    rates = np.full((len(numbers), len(days)), np.nan)
    rates[at] = given
    other = rates[at] != given
    if other.any():
        row = int(np.argmax(other))
        raise DealError(
            f"{table.place('short_rate', row)}, and {rates[at][row]:g} in another row of the "
            "same scenario and date; expected the same rate"
        )
    missing = np.isnan(rates)
    if missing.any():
        n, column = (int(x) for x in np.unravel_index(np.argmax(missing), rates.shape))
        raise DealError(
            f"{table.where}: no short_rate in scenario {numbers[n]} on {days[column]}; expected "
            "one in every scenario on every date of the table"
        )
    return rates


def _known(table: CashTable) -> None:
    where = table.where
    for name in table.cells:
        if name not in KNOWN:
            raise unknown(where, name, KNOWN, "expected scenario, month or date, and amounts")
    if len(table) == 0:
        raise DealError(f"{where}: has no rows; expected cash flows")
    found = shown_names(table.cells)
    if ("month" in table) == ("date" in table):
        raise DealError(
            f"{where}: has the columns {found}; expected either a column month or a column date"
        )
    amounts = [c for c in table.cells if c in AMOUNTS]
    if ("kind" in table) != ("amount" in table) or ("kind" in table) == bool(amounts):
        raise DealError(
            f"{where}: has the columns {found}; expected either the columns kind and amount, or "
            "columns of amounts such as received and costs"
        )
