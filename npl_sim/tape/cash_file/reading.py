"""Read a file of cash received: loans, months, amounts, kinds, routes and servicers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from npl_sim.cashflows.cents import whole_cents
from npl_sim.core.errors import TapeError
from npl_sim.core.layout import KIND_IS_INFLOW, Kind
from npl_sim.tables.body import Request
from npl_sim.tables.cell_types import EMPTY, column_text, each, is_empty
from npl_sim.tables.columns import MAX_AMOUNT, Column, Notation
from npl_sim.tables.evidence import date_order, decimal_mark
from npl_sim.tables.files import RawFile, read_raw
from npl_sim.tables.findings import FindingLog, format_findings
from npl_sim.tables.periods import calendar_month, counted_month, month_number
from npl_sim.tape.cash_file.layout import Layout, codes, known_headers, layout_of
from npl_sim.tape.cells import read_column
from npl_sim.tape.non_records import Split, is_subtotal, split_rows
from npl_sim.tape.units import Statement, header_statement, title_statement

UNTIMED = -1_000_000
"""Month of a row whose date cannot be read."""

_ID = Column("loan_id", "id", "Names the loan.", required=True)
_DATE = Column("date", "date", "Day of the payment.")
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


def read_cash(path: Path, start: date, currency: str, sheet: str | None = None) -> CashFile:
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

    Raises
    ------
    TapeError
        If the file cannot be read, lacks a column, or holds a cell that cannot be read.
    """
    request = Request(known=lambda headers: known_headers(headers, start), sheet=sheet)
    raw = read_raw("cash", path, request)
    where = raw.source.file
    layout = layout_of(where, raw.headers, start)
    split = split_rows(raw, layout.at["loan_id"], layout.amounts)
    records = split.with_notes()
    log = FindingLog(where, records.rows, {n: raw.headers[i] for n, i in layout.at.items()})
    for finding in raw.findings:
        log.about_file(finding)
    notations = _notations(records, layout, currency)
    facts = _facts(records, layout, log, start)
    blocks = [
        facts.assign(
            month=layout.months.get(position, 0) or facts["month"],
            amount=_amounts(records, position, notations[position], log, raw.headers[position]),
            column=raw.headers[position],
        )
        for position in layout.amounts
    ]
    cells = pd.concat(blocks, ignore_index=True) if blocks else facts
    if layout.months:
        cells["month"] = np.repeat(list(layout.months.values()), len(records.rows))
        cells["day"] = pd.NaT
    cells = _signed(cells, layout, np.repeat(layout.amounts, len(records.rows)), log)
    _refuse(log)
    _check_totals(split, layout, notations, cells, log)
    left_out = sum(len(part.rows) for part in (split.totals, split.footers, split.header_copies))
    return CashFile(cells, log, left_out)


def _refuse(log: FindingLog) -> None:
    """Stop on errors, all reported together."""
    if any(f.severity == "error" for f in log.findings):
        raise TapeError(f"cash:\n{format_findings(log.findings)}")


def _notations(raw: RawFile, layout: Layout, currency: str) -> dict[int, Notation]:
    """Return the notation of each column of amounts: its unit, and the decimal mark of all.

    Raises
    ------
    TapeError
        If the file states another currency.
    """
    titles = [title_statement(text) for _, texts in raw.above for text in texts]
    columns = {raw.headers[i]: raw.frame[i] for i in layout.amounts}
    mark = decimal_mark(raw.source.file, columns, raw.rows)
    title = Statement(
        next((t.unit for t in titles if t.unit is not None), None),
        next((t.currency for t in titles if t.currency), ""),
    )
    found = {}
    for position in layout.amounts:
        own = header_statement(raw.headers[position]) if position not in layout.months else title
        stated = own.currency or title.currency
        if stated and stated != currency:
            raise TapeError(
                f"{raw.source.file}: {raw.headers[position]!r} is in {stated}; expected "
                f"{currency}, the currency of the study: nothing is converted"
            )
        unit = own.unit if own.unit is not None else title.unit
        found[position] = Notation(
            decimal=mark,
            amount_unit=unit or 1.0,
            currency=currency,
            epoch=raw.epoch,
            blanks_are_zero=True,
            decimal_stated=True,
        )
    return found


def _amounts(
    raw: RawFile, position: int, notation: Notation, log: FindingLog, header: str
) -> np.ndarray:
    """Return a column of amounts; an empty cell is no payment."""
    column = Column("amount", "amount", "Cash received.", minimum=-MAX_AMOUNT)
    cells = read_column(column, raw.frame[position], notation)
    text = column_text(raw.frame[position]).to_numpy(dtype=object)
    for expected, bad in cells.errors.items():
        log.error(header, bad, text, expected)
    for expected, at in cells.warnings.items():
        log.warn(header, at, text, expected)
    return np.where(cells.empty, np.nan, cells.values.to_numpy(dtype=np.float64))


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
    for name in ("kind", "route", "servicer", "currency"):
        frame[name] = _text(raw, layout, name)
    _translate(frame, log)
    return frame


def _text(raw: RawFile, layout: Layout, name: str) -> np.ndarray:
    if name not in layout.at:
        return np.full(len(raw.rows), "", dtype=object)
    text = column_text(raw.frame[layout.at[name]]).reset_index(drop=True)
    return text.mask(pd.Series(is_empty(text, EMPTY)), "").to_numpy(dtype=object)


def _translate(frame: pd.DataFrame, log: FindingLog) -> None:
    """Replace codes of kinds and routes; a code that is not known counts as not stated."""
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
    days = np.full(size, np.datetime64("NaT"), dtype="datetime64[D]")
    months = np.full(size, UNTIMED, dtype=np.int64)
    if "month" in layout.at:
        text = column_text(raw.frame[layout.at["month"]]).reset_index(drop=True)
        for code, cell in enumerate(distinct := list(dict.fromkeys(text))):
            last = calendar_month(cell)
            number = counted_month(cell) if last is None else month_number(start, last)
            if number is not None:
                months[(text == distinct[code]).to_numpy(dtype=bool)] = number
        bad = months == UNTIMED
        log.error("month", bad, text.to_numpy(dtype=object), "a month such as 2026-07, or 1")
    elif "date" in layout.at:
        cells = raw.frame[layout.at["date"]]
        text = column_text(cells).reset_index(drop=True)
        order = date_order(raw.source.file, raw.headers[layout.at["date"]], text, raw.rows)
        read = read_column(_DATE, cells, Notation(date_format=order, epoch=raw.epoch))
        for expected, bad in read.errors.items():
            log.error("date", bad, text.to_numpy(dtype=object), expected)
        log.error("date", read.empty, text.to_numpy(dtype=object), "a date in each row")
        days = read.values.to_numpy().astype("datetime64[D]")
        numbers: Mapping[np.datetime64, int] = {
            day: month_number(start, day.item()) for day in np.unique(days[~np.isnat(days)])
        }
        months = np.array([numbers.get(day, UNTIMED) for day in days], dtype=np.int64)
    return months, days


def _signed(
    cells: pd.DataFrame, layout: Layout, positions: np.ndarray, log: FindingLog
) -> pd.DataFrame:
    """Return the amounts with costs negative, without cells that hold no payment.

    A cost is an amount of a kind of cost, or of the column of costs. Costs may be written with
    either sign, but with one in the whole column.
    """
    cost_kinds = {k.name.lower() for k in Kind if not KIND_IS_INFLOW[k]}
    in_costs = positions == layout.at.get("costs", -1)
    is_cost = in_costs | cells["kind"].isin(cost_kinds).to_numpy(dtype=bool)
    amounts = cells["amount"].to_numpy(dtype=np.float64, copy=True)
    costs = amounts[is_cost & ~np.isnan(amounts)]
    if (costs > 0.0).any() and (costs < 0.0).any():
        first = int(np.argmax(is_cost & (amounts < 0.0)))
        raise TapeError(
            f"{log.file}: row {cells['row'].iloc[first]}: a cost of {amounts[first]:,.2f} where "
            "other costs are above 0; expected one sign for all costs"
        )
    amounts[is_cost] = -np.abs(amounts[is_cost])
    return cells.assign(
        amount=amounts, is_cost=is_cost, cents=whole_cents(np.nan_to_num(amounts) * 100.0)
    )


def _check_totals(
    split: Split,
    layout: Layout,
    notations: Mapping[int, Notation],
    cells: pd.DataFrame,
    log: FindingLog,
) -> None:
    """Report lines of totals, and a total that is not the sum of its column."""
    raw = split.totals
    if not len(raw.rows):
        return
    rows = tuple(int(r) for r in raw.rows)
    whole = [
        i
        for i, row in enumerate(raw.frame.to_numpy().tolist())
        if not any(isinstance(v, str) and is_subtotal(v) for v in row)
    ]
    column = Column("amount", "amount", "Cash received.", minimum=-MAX_AMOUNT)
    sums = cells.assign(size=np.abs(cells["amount"])).groupby("column")
    where = FindingLog(log.file, raw.rows)
    kept = np.ones(len(rows), dtype=bool)
    where.warn("", kept, np.array(["totals"] * len(rows)), "records only: totals are left out")
    for position in layout.amounts:
        header = raw.headers[position]
        values = read_column(column, raw.frame[position], notations[position]).values
        stated = values.to_numpy(dtype=np.float64)
        if not whole or np.isnan(stated[whole[-1]]):
            continue
        named = sums.get_group(header) if header in sums.groups else cells.iloc[:0]
        added = float(named["amount"].sum())
        apart = abs(abs(stated[whole[-1]]) - abs(added))
        if apart > 0.005 * max(1.0, notations[position].amount_unit):
            at = np.arange(len(rows)) == whole[-1]
            expected = f"{added:,.2f}, the sum of the rows: rows may be missing"
            where.warn(header, at, np.array([f"{s:,.2f}" for s in stated]), expected)
    log.findings += where.findings
