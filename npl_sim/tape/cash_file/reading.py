"""Read a file of cash received: loans, months, amounts, kinds, routes and servicers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from npl_sim.core.errors import TapeError
from npl_sim.core.layout import KIND_IS_INFLOW, Kind
from npl_sim.tables.body import Request
from npl_sim.tables.cell_types import EMPTY, column_text, each, is_empty
from npl_sim.tables.columns import Column, Notation
from npl_sim.tables.evidence import date_order
from npl_sim.tables.files import RawFile, read_raw
from npl_sim.tables.findings import FindingLog, format_findings
from npl_sim.tables.periods import (
    calendar_month,
    counted_month,
    has_no_day,
    month_end,
    month_number,
)
from npl_sim.tape.cash_file.amounts import amounts, check_totals, notations
from npl_sim.tape.cash_file.layout import Layout, codes, known_headers, layout_of
from npl_sim.tape.cells import read_column
from npl_sim.tape.non_records import is_total, split_rows
from npl_sim.tape.parsed import unused_headers

UNTIMED = -1_000_000
"""Month of a row whose date cannot be read."""

_ID = Column("loan_id", "id", "Names the loan.", required=True)
_DATE = Column("date", "date", "Day of the payment.")
_CURRENCY = Column("currency", "currency", "Currency of the amount.")
_FLAG = Column("closed", "flag", "Whether the loan is settled.")


@dataclass(frozen=True)
class CashFile:
    """Cells of a file of cash, one row for each amount."""

    cells: pd.DataFrame
    """row, loan_id, month, day, amount (costs negative), is_cost, kind, route, servicer, closed,
    copy."""
    log: FindingLog
    """Findings; errors stop the run."""
    total_rows: int
    """Lines of totals, footers and repeated headers."""


def read_cash(
    path: Path,
    start: date,
    currency: str,
    sheet: str | None = None,
    columns: Mapping[str, str] = {},
) -> CashFile:
    """Read a file of cash received.

    Parameters
    ----------
    path
        Text, workbook or Parquet file.
    start
        Valuation date, from which months count.
    currency
        Currency of the package; other amounts are errors.
    sheet
        Sheet of a workbook; defaults to the first.
    columns
        Column to the header that the user gives for it.

    Raises
    ------
    TapeError
        If the file cannot be read, lacks a column, or holds a cell that cannot be read.
    """
    request = Request(
        known=lambda headers: known_headers(headers, start, columns.values()), sheet=sheet
    )
    raw = read_raw("cash", path, request)
    where = raw.source.file
    layout = layout_of(where, raw.headers, start, columns)
    # A line of totals may state its month, and hold sums of the months in a column of their own.
    sums = (i for i, h in enumerate(raw.headers) if is_total(h))
    beside = {*sums, *(layout.at.get(name, -1) for name in ("date", "month"))}
    split = split_rows(raw, layout.at["loan_id"], layout.amounts, beside)
    records = split.with_notes()
    log = FindingLog(where, records.rows, {n: raw.headers[i] for n, i in layout.at.items()})
    for finding in (*raw.findings, *unused_headers(raw, {*layout.at.values(), *layout.months})):
        log.about_file(finding)
    written = notations(records, layout, currency)
    facts = _facts(records, layout, log, start)
    _check_currency(records, layout, log, currency)
    _check_months(records, layout, log, start)
    blocks = [
        facts.assign(
            month=layout.months.get(position, 0) or facts["month"],
            amount=amounts(records, position, written[position], log, raw.headers[position]),
            column=raw.headers[position],
        )
        for position in layout.amounts
    ]
    cells = pd.concat(blocks, ignore_index=True) if blocks else facts
    if layout.months:
        cells["month"] = np.repeat(list(layout.months.values()), len(records.rows))
        cells["day"] = pd.NaT
    _refuse(log)
    cells = _signed(cells, layout, np.repeat(layout.amounts, len(records.rows)), log)
    check_totals(split, layout, written, cells, log)
    return CashFile(cells, log, len(raw.rows) - len(records.rows))


def _refuse(log: FindingLog) -> None:
    """Stop on errors, all reported together."""
    if any(f.severity == "error" for f in log.findings):
        raise TapeError(f"cash:\n{format_findings(log.findings)}")


def _facts(raw: RawFile, layout: Layout, log: FindingLog, start: date) -> pd.DataFrame:
    """Return what each row says beside its amounts."""
    size = len(raw.rows)
    ids = read_column(_ID, raw.frame[layout.at["loan_id"]], Notation())
    text = column_text(raw.frame[layout.at["loan_id"]]).to_numpy(dtype=object)
    for expected, bad in ids.errors.items():
        log.error("loan_id", bad, text, expected)
    log.error("loan_id", ids.empty, text, "a loan id in each row")
    months, days = _times(raw, layout, log, start)
    copies = raw.frame.apply(column_text).duplicated().to_numpy(dtype=bool)
    frame = pd.DataFrame(
        {
            "row": raw.rows,
            "loan_id": ids.values.str.removesuffix(".0").astype(object),
            "month": months,
            "day": days,
            "copy": copies,
            "closed": np.zeros(size, dtype=bool),
        }
    )
    if "closed" in layout.at:
        flags = read_column(_FLAG, raw.frame[layout.at["closed"]], Notation())
        cells = column_text(raw.frame[layout.at["closed"]]).to_numpy(dtype=object)
        for expected, bad in flags.errors.items():
            log.error("closed", bad, cells, expected)
        frame["closed"] = flags.values.to_numpy(dtype=bool)
    for name in ("kind", "route", "servicer"):
        frame[name] = _text(raw, layout, name)
    _translate(frame, log)
    return frame


def _check_currency(raw: RawFile, layout: Layout, log: FindingLog, currency: str) -> None:
    """Report rows in another currency as errors; nothing is converted."""
    if "currency" not in layout.at:
        return
    cells = raw.frame[layout.at["currency"]]
    found = read_column(_CURRENCY, cells, Notation())
    text = column_text(cells).to_numpy(dtype=object)
    for expected, bad in found.errors.items():
        log.error("currency", bad, text, expected)
    other = ((found.values != "") & (found.values != currency)).to_numpy(dtype=bool)
    log.error("currency", other, text, f"{currency}, the currency of the study")


def _check_months(raw: RawFile, layout: Layout, log: FindingLog, start: date) -> None:
    """Report calendar months where months from the valuation date end within them."""
    if start == month_end(start.year, start.month):
        return
    shown = np.full(len(raw.rows), "", dtype=object)
    if layout.months:
        named = (raw.headers[i] for i in layout.months)
        shown[:1] = next((name for name in named if counted_month(name) is None), "")
    elif "month" in layout.at or _are_months(raw, layout):
        text = column_text(raw.frame[layout.at.get("month", layout.at.get("date"))])
        shown[:] = [cell if calendar_month(cell) is not None else "" for cell in text]
    expected = (
        f"days of payment: from the valuation date {start}, cash of a calendar month may lie a "
        "month off, or before that date"
    )
    log.warn("", shown != "", shown, expected)


def _text(raw: RawFile, layout: Layout, name: str) -> np.ndarray:
    if name not in layout.at:
        return np.full(len(raw.rows), "", dtype=object)
    text = column_text(raw.frame[layout.at[name]]).reset_index(drop=True)
    return text.mask(pd.Series(is_empty(text, EMPTY)), "").to_numpy(dtype=object)


def _translate(frame: pd.DataFrame, log: FindingLog) -> None:
    """Replace codes of kinds and routes; a code that is not known counts as not stated."""
    frame["bare_auction"] = frame["kind"].str.strip().str.casefold() == "auction"
    for name, own, other in (("kind", "kinds", "routes"), ("route", "routes", "kinds")):
        text = frame[name].str.normalize("NFKC").str.strip().str.casefold()
        found = each(text, codes(own).get)
        unknown = np.array([f is None for f in found], dtype=bool) & (text != "").to_numpy()
        crossed = each(text, codes(other).get)
        meant = unknown & np.array([c is not None for c in crossed], dtype=bool)
        target = "route" if name == "kind" else "kind"
        fill = meant & (frame[target] == "").to_numpy()
        frame.loc[fill, target] = crossed[fill]
        known = ", ".join(dict.fromkeys(codes(own).values()))
        expected = f"one of {known}, or a usual name of one: its {name} counts as not stated"
        log.warn(name, unknown & ~meant, frame[name].to_numpy(dtype=object), expected)
        frame[name] = [f or "" for f in found] if name == "route" else frame[name]
        if name == "kind":
            frame["kind"] = [f or "" for f in found]


def _times(
    raw: RawFile, layout: Layout, log: FindingLog, start: date
) -> tuple[np.ndarray, np.ndarray]:
    """Return the month of each row, and its day where the file states one."""
    size = len(raw.rows)
    days = np.full(size, np.datetime64("NaT", "D"))
    months = np.full(size, UNTIMED, dtype=np.int64)
    # A row without an amount, such as one that names a servicer, needs no date.
    paid = np.zeros(size, dtype=bool)
    for position in layout.amounts:
        paid |= (column_text(raw.frame[position]) != "").to_numpy(dtype=bool)
    name = "month" if "month" in layout.at or _are_months(raw, layout) else "date"
    if name == "month" and not layout.months:
        text = column_text(raw.frame[layout.at.get("month", layout.at.get("date"))])
        text = text.reset_index(drop=True)
        for code, cell in enumerate(distinct := list(dict.fromkeys(text))):
            last = calendar_month(cell)
            number = counted_month(cell) if last is None else month_number(start, last)
            if number is not None:
                months[(text == distinct[code]).to_numpy(dtype=bool)] = number
        bad = (months == UNTIMED) & (paid | (text != "").to_numpy(dtype=bool))
        log.error("month", bad, text.to_numpy(dtype=object), "a month such as 2026-07, or 1")
    elif "date" in layout.at:
        cells = raw.frame[layout.at["date"]]
        text = column_text(cells).reset_index(drop=True)
        order = date_order(raw.source.file, raw.headers[layout.at["date"]], text, raw.rows)
        read = read_column(_DATE, cells, Notation(date_format=order, epoch=raw.epoch))
        for expected, bad in read.errors.items():
            log.error("date", bad, text.to_numpy(dtype=object), expected)
        log.error("date", read.empty & paid, text.to_numpy(dtype=object), "a date in each row")
        days = read.values.to_numpy().astype("datetime64[D]")
        numbers: Mapping[np.datetime64, int] = {
            day: month_number(start, day.item()) for day in np.unique(days[~np.isnat(days)])
        }
        months = np.array([numbers.get(day, UNTIMED) for day in days], dtype=np.int64)
    return months, days


def _are_months(raw: RawFile, layout: Layout) -> bool:
    """Return whether the column of dates holds months without days, such as 2026-07."""
    if "date" not in layout.at:
        return False
    text = column_text(raw.frame[layout.at["date"]])
    cells = [cell for cell in dict.fromkeys(text) if cell]
    return bool(cells) and all(has_no_day(cell) for cell in cells)


def _signed(
    cells: pd.DataFrame, layout: Layout, positions: np.ndarray, log: FindingLog
) -> pd.DataFrame:
    """Return the amounts with costs negative.

    A cost is an amount of a kind of cost, or of the column of costs. Costs may be written with
    either sign: that of their sum. The others are refunds.
    """
    cells = cells.assign(kind=_auctions(cells))
    cost_kinds = {k.name.lower() for k in Kind if not KIND_IS_INFLOW[k]}
    in_costs = positions == layout.at.get("costs", -1)
    is_cost = in_costs | cells["kind"].isin(cost_kinds).to_numpy(dtype=bool)
    amounts = cells["amount"].to_numpy(dtype=np.float64, copy=True)
    if np.nansum(amounts[is_cost]) > 0.0:
        amounts[is_cost] *= -1.0
    for back, what in (
        (is_cost & (amounts > 0.0), "of costs"),
        (~is_cost & (amounts < 0.0), "of receipts"),
    ):
        at = np.isin(log.rows, cells["row"].to_numpy()[back])
        values = np.full(len(at), f"{amounts[back].sum():,.2f} in all", dtype=object)
        log.warn("", at, values, f"amounts of one sign: these are taken as reversals {what}")
    return cells.assign(
        amount=amounts, is_cost=is_cost, cents=_cents(np.nan_to_num(amounts) * 100.0)
    )


def _auctions(cells: pd.DataFrame) -> pd.Series:
    """Return the kinds; "auction" alone names proceeds above 0, unless costs are written so."""
    kind, amounts = cells["kind"], cells["amount"]
    others = kind.isin([k.name.lower() for k in Kind if not KIND_IS_INFLOW[k]])
    costs = amounts[others & (kind != "auction")].sum()
    auction = (kind == "auction") & cells["bare_auction"]
    return kind.mask(auction & (amounts > 0.0) & (costs <= 0.0), "collateral")


def _cents(amounts: np.ndarray) -> np.ndarray:
    """Return whole cents, after the noise of floats below a millionth of a cent."""
    return np.rint(np.round(amounts, 6)).astype(np.int64)
