"""Amounts of a file of cash: their unit, notation and lines of totals."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from npl_sim.core.errors import TapeError
from npl_sim.tables.cell_types import column_text
from npl_sim.tables.columns import MAX_AMOUNT, Column, Notation
from npl_sim.tables.evidence import decimal_mark
from npl_sim.tables.files import RawFile
from npl_sim.tables.findings import FindingLog
from npl_sim.tape.cash_file.layout import Layout
from npl_sim.tape.cells import read_column
from npl_sim.tape.non_records import Split, is_subtotal
from npl_sim.tape.units import Statement, header_statement, title_statement

AMOUNT = Column("amount", "amount", "Cash received.", minimum=-MAX_AMOUNT)


def notations(raw: RawFile, layout: Layout, currency: str) -> dict[int, Notation]:
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
        header = raw.headers[position]
        # The last term of a month's name is no unit, but brackets behind it may be one.
        bare = position in layout.months and not header.endswith((")", "）"))
        own = Statement() if bare else header_statement(header)
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


def amounts(
    raw: RawFile, position: int, notation: Notation, log: FindingLog, header: str
) -> np.ndarray:
    """Return a column of amounts; an empty cell is no payment."""
    cells = read_column(AMOUNT, raw.frame[position], notation)
    text = column_text(raw.frame[position]).to_numpy(dtype=object)
    for expected, bad in cells.errors.items():
        log.error(header, bad, text, expected)
    for expected, at in cells.warnings.items():
        log.warn(header, at, text, expected)
    return np.where(cells.empty, np.nan, cells.values.to_numpy(dtype=np.float64))


def check_totals(
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
    sums = cells.assign(size=np.abs(cells["amount"])).groupby("column")
    where = FindingLog(log.file, raw.rows)
    kept = np.ones(len(rows), dtype=bool)
    where.warn("", kept, np.array(["totals"] * len(rows)), "records only: totals are left out")
    for position in layout.amounts:
        header = raw.headers[position]
        values = read_column(AMOUNT, raw.frame[position], notations[position]).values
        stated = values.to_numpy(dtype=np.float64)
        if not whole or np.isnan(stated[whole[-1]]):
            continue
        named = sums.get_group(header) if header in sums.groups else cells.iloc[:0]
        added = float(named["amount"].sum())
        # The last line is the total, or each month has one.
        found = (stated[whole[-1]], np.nansum(stated[whole]))
        apart = min(abs(abs(total) - abs(added)) for total in found)
        if apart > 0.005 * max(1.0, notations[position].amount_unit):
            at = np.arange(len(rows)) == whole[-1]
            expected = f"{added:,.2f}, the sum of the rows: rows may be missing"
            where.warn(header, at, np.array([f"{s:,.2f}" for s in stated]), expected)
    log.findings += where.findings
