"""Open a file as a table of cash."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

import pandas as pd

from npl_sim.core.errors import TableError, escaped
from npl_sim.tables.body import Request
from npl_sim.tables.cash_table import CashTable
from npl_sim.tables.cell_types import column_text, shown
from npl_sim.tables.files import RawFile, read_raw

_INDEX = re.compile(r"__index_level_\d+__")
_UNIT = re.compile(
    r"单位|單位|万|萬|亿|億|千元|\bunits?\b|thousand|million|billion|\bmln\b|\bmio\b|"
    r"\bmillion[ie]\b|migliaia|tausend"
    r"|milliers|\bmiles\b|['\u2019]000|\b000s\b|(?:€|\$|£|¥|eur|usd|cny|rmb)\s*[km]\b|"
    r"\b[km](?:€|\$|£|¥|(?:eur|usd|cny|rmb)\b)",
    re.IGNORECASE,
)
"""Terms in a title row that state the unit of amounts."""


def _name(header: str) -> str:
    return re.sub(r"[\s\-]+", "_", header.strip().casefold())


def open_table(role: str, path: Path, known: Collection[str], currency: str = "") -> CashTable:
    """Open a file of cash.

    Parameters
    ----------
    role
        What the file holds, in words.
    path
        Text, workbook or Parquet file.
    known
        Names of columns, by which the row of headers is found.
    currency
        Currency with which a mark beside an amount must agree; empty: any.

    Raises
    ------
    TableError
        If it cannot be read, or its columns are ambiguous.
    """
    try:
        raw = read_raw(
            role, path, Request(known=lambda headers: sum(_name(h) in known for h in headers))
        )
    except OSError as error:
        raise TableError(f"{escaped(str(path))}: cannot be read ({error.strerror})") from None
    except TableError as error:
        hint = (
            f" (a table of {role} has no such key: save it as UTF-8)"
            if "encoding:" in str(error)
            else ""
        )
        raise TableError(str(error).replace(str(path), escaped(str(path))) + hint) from None
    sheet = (
        raw.source.file.removeprefix(path.name) if raw.source.file.startswith(path.name) else ""
    )
    return table_of_raw(raw, escaped(f"{path}{sheet}"), currency)


def table_of_raw(raw: RawFile, where: str, currency: str = "") -> CashTable:
    """Return raw cells as a table of cash.

    Raises
    ------
    TableError
        If a column has cells and no name, a name occurs twice, the file was read with errors, or
        a title states a unit.
    """
    cells: dict[str, pd.Series] = {}
    at: dict[int, str] = {}
    for position, header in enumerate(raw.headers):
        name, column = _name(header), raw.frame[position]
        if _INDEX.fullmatch(name) or (not name and (column_text(column) == "").all()):
            continue
        if not name:
            raise TableError(
                f"{where}: column {position + 1} has no header; expected a name, or no cells"
            )
        if name in cells:
            raise TableError(f"{where}: column {shown(name)} occurs twice; expected each once")
        cells[name], at[position] = column, name
    notes = []
    for row, texts in raw.above:
        title = " ".join(texts)
        if _UNIT.search(title):
            raise TableError(
                f"{where}: row {row}, above the headers: got {shown(title)}; expected "
                f"amounts in whole units of currency, "
                "and no unit stated"
            )
        notes.append(f"{where}: row {row}, above the headers, was not used: {shown(title)}")
    for finding in raw.findings:
        text = f"{where}: row {finding.row}: {shown(finding.value)}; expected {finding.expected}"
        text += f" [{finding.count:,} rows]" if finding.count > 1 else ""
        if finding.severity == "error":
            raise TableError(text)
        notes.append(text)
    merged = {at[column]: row for row, _, column in reversed(raw.merged) if column in at}
    return CashTable(where, cells, raw.rows, raw, tuple(notes), merged, currency)
