"""Cash of a package read from a table of scenarios, dates and amounts. docs/deals.md section 9."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from npl_sim.deal.collections import EXTRAS, DatedFlows
from npl_sim.deal.dates import add_months, month_end
from npl_sim.errors import DealError
from npl_sim.layout import KIND_IS_INFLOW, Kind

__all__ = ["flows_of_table", "read_flows"]

KINDS = tuple(k.name.lower() for k in Kind)
AMOUNTS = ("received", "costs", "net", *EXTRAS, *KINDS)
KEYS = ("scenario", "month", "date", "kind", "amount", "short_rate")


def read_flows(path: str | Path, month_zero: date | None = None) -> DatedFlows:
    """Read the cash of a package from a CSV or Parquet file.

    Parameters
    ----------
    path
        File whose name ends in .csv or .parquet.
    month_zero
        Date of month 0; needed where the file has months.

    Raises
    ------
    DealError
        If the file cannot be read, or says something that cannot be.
    """
    path = Path(path)
    if not path.is_file():
        raise DealError(f"{path}: does not exist; expected a table of cash flows (.csv or .parquet)")
    try:
        if path.suffix.lower() == ".parquet":
            table = pd.read_parquet(path)
        elif path.suffix.lower() == ".csv":
            table = pd.read_csv(path, encoding="utf-8-sig")
        else:
            raise DealError(
                f"{path}: ends in {path.suffix!r}; expected a table of cash flows (.csv or .parquet)"
            )
    except (OSError, ValueError) as error:  # the errors of both readers are kinds of ValueError
        raise DealError(f"{path}: cannot be read ({str(error).splitlines()[0]})") from None
    return flows_of_table(table, month_zero, str(path))


def flows_of_table(table: pd.DataFrame, month_zero: date | None = None, where: str = "flows") -> DatedFlows:
    """Return the cash of a package from a table.

    Parameters
    ----------
    table
        Columns as docs/deals.md section 9 says.
    month_zero
        Date of month 0; needed where the table has months.
    where
        What errors call the table.
    """
    table = table.rename(columns=lambda c: str(c).strip().lower())
    _known(table, where)
    scenario = _whole(table, "scenario", where) if "scenario" in table else np.zeros(len(table), dtype=int)
    rows = np.unique(scenario)
    days, columns = _days(table, month_zero, where)
    shape = (len(rows), len(days))
    at = (np.searchsorted(rows, scenario), columns)
    sums: dict[str, np.ndarray] = {}
    if "kind" in table:
        amounts = _numbers(table, "amount", where)
        kinds = table["kind"].astype("string").str.strip().str.lower()
        for name in kinds.dropna().unique():
            _known_kind(str(name), where)
            here = (kinds == name).to_numpy(dtype=bool, na_value=False)
            sums[str(name)] = _sum(shape, (at[0][here], at[1][here]), amounts[here])
        if kinds.isna().any():
            raise DealError(
                f"{where}: row {int(np.argmax(kinds.isna())) + 1}: kind is empty; expected one of: {', '.join(AMOUNTS)}"
            )
    else:
        for name in (c for c in table if c in AMOUNTS):
            sums[name] = _sum(shape, at, _numbers(table, name, where))
    flows = _flows(days, shape, sums, where)
    rates = _rates(table, flows, at, rows, where) if "short_rate" in table else None
    return replace(flows, numbers=tuple(rows.tolist()), short_rate=rates)


def _rates(
    table: pd.DataFrame, flows: DatedFlows, at: tuple[np.ndarray, np.ndarray], rows: np.ndarray, where: str
) -> np.ndarray:
    """Return the short rate by scenario and date: unlike cash it is the same in all rows of a date, and never missing."""
    given = _numbers(table, "short_rate", where)
    if (np.abs(given) > 1.0).any():
        row = int(np.argmax(np.abs(given) > 1.0))
        raise DealError(
            f"{where}: row {row + 1}, short_rate: got {given[row]:g}; expected a rate per year of -1 to 1, such as 0.02 for 2 %"
        )
    rates = np.full(flows.received.shape, np.nan)
    rates[at] = given
    other = rates[at] != given
    if other.any():
        row = int(np.argmax(other))
        raise DealError(
            f"{where}: row {row + 1}, short_rate: got {given[row]:g}, and {rates[at][row]:g} in another row of the same scenario "
            "and date; expected the same rate"
        )
    missing = np.isnan(rates)
    if missing.any():
        n, column = (int(x) for x in np.unravel_index(np.argmax(missing), rates.shape))
        raise DealError(
            f"{where}: no short_rate in scenario {rows[n]} on {flows.dates[column]}; expected one in every scenario on every date "
            "of the table"
        )
    return rates


def _known(table: pd.DataFrame, where: str) -> None:
    known = (*KEYS, *AMOUNTS)
    for name in table.columns:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise DealError(
                f"{where}: unknown column {name!r}{hint} Expected scenario, month or date, and amounts"
            )
    if table.columns.duplicated().any():
        raise DealError(f"{where}: column {table.columns[table.columns.duplicated()][0]!r} stands twice")
    if table.empty:
        raise DealError(f"{where}: has no rows; expected cash flows")
    if ("month" in table) == ("date" in table):
        raise DealError(f"{where}: expected either a column month or a column date")
    amounts = [c for c in table if c in AMOUNTS]
    if ("kind" in table) != ("amount" in table) or ("kind" in table) == bool(amounts):
        raise DealError(f"{where}: expected either the columns kind and amount, or columns of amounts")


def _known_kind(name: str, where: str) -> None:
    if name not in AMOUNTS:
        close = difflib.get_close_matches(name, AMOUNTS, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise DealError(f"{where}: unknown kind {name!r}; expected one of: {', '.join(AMOUNTS)}{hint}")


def _numbers(table: pd.DataFrame, name: str, where: str) -> np.ndarray:
    values = pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=np.float64)
    bad = ~np.isfinite(values)
    if bad.any():
        row = int(np.argmax(bad))
        found = table[name].iloc[row]
        found = found.item() if isinstance(found, np.generic) else found
        raise DealError(f"{where}: row {row + 1}, {name}: got {found!r}; expected a finite number")
    return values


def _whole(table: pd.DataFrame, name: str, where: str) -> np.ndarray:
    values = _numbers(table, name, where)
    bad = (values != np.floor(values)) | (values < 0)
    if bad.any():
        row = int(np.argmax(bad))
        raise DealError(
            f"{where}: row {row + 1}, {name}: got {values[row]:g}; expected a whole number of at least 0"
        )
    return values.astype(np.int64)


def _days(table: pd.DataFrame, month_zero: date | None, where: str) -> tuple[tuple[date, ...], np.ndarray]:
    """Return the dates of the table, rising, and the place of each row among them."""
    if "month" in table:
        if month_zero is None:
            raise DealError(f"{where}: has months; expected to be told the date of month 0")
        months, places = np.unique(_whole(table, "month", where), return_inverse=True)
        if months[-1] > 1200:
            raise DealError(f"{where}: month {months[-1]}; expected at most 1200")
        last = month_zero == month_end(month_zero)
        return tuple(add_months(month_zero, int(m), last) for m in months), places
    given = pd.to_datetime(table["date"].astype("string"), errors="coerce", format="ISO8601")
    if given.isna().any():
        row = int(np.argmax(given.isna()))
        raise DealError(
            f"{where}: row {row + 1}, date: got {table['date'].iloc[row]!r}; expected a date such as 2026-06-30"
        )
    days, places = np.unique(given.to_numpy(dtype="datetime64[D]"), return_inverse=True)
    return tuple(days.tolist()), places


def _sum(
    shape: tuple[int, int], at: tuple[np.ndarray, np.ndarray], amounts: Sequence[float] | np.ndarray
) -> np.ndarray:
    table = np.zeros(shape)
    np.add.at(table, at, amounts)
    return table


def _flows(
    days: tuple[date, ...], shape: tuple[int, int], sums: dict[str, np.ndarray], where: str
) -> DatedFlows:
    received, costs, spent = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    extras = {name: sums[name] for name in EXTRAS if name in sums}
    for name, amounts in sums.items():
        if name == "net":
            received += np.maximum(amounts, 0.0)
            costs += np.maximum(-amounts, 0.0)
        elif name == "costs":
            costs += amounts
        elif name == "received" or (name in KINDS and KIND_IS_INFLOW[KINDS.index(name)]):
            received += amounts
        elif name in KINDS:
            spent += amounts
    received += np.maximum(spent, 0.0)
    costs += np.maximum(-spent, 0.0)
    for name, amounts in (("received", received), ("costs", costs)):
        if amounts.min() < 0.0:
            row, column = np.unravel_index(np.argmin(amounts), shape)
            raise DealError(
                f"{where}: {name} of {days[column]} in scenario row {row + 1} sum to {amounts.min():g}; expected at least 0 "
                "(costs are written as positive amounts under costs, as negative ones under a kind of cost or net)"
            )
    if set(sums) <= set(EXTRAS):
        raise DealError(f"{where}: has no receipts; expected received, net or kinds of cash")
    return DatedFlows(days, received, costs, extras)
