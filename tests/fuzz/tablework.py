"""Mutations of a table: its cells, columns and rows."""

from __future__ import annotations

from random import Random

from tests.fuzz.formats import Table

__all__ = ["mutated_table"]

CELLS: tuple[str, ...] = (
    "", " ", "1e308", "-1e308", "1e16", "1e-320", "nan", "NaN", "inf", "-inf", "-0", "0", "-1",
    "1", "0.5", "1.5", "101", "1,5", "1.234,5", "1,234", "1 234", "1'234",
    "１２３", "٣٤", "½", "1O0", "12%", "1200 %", "¥100", "USD 5", "(100)", "100-", "--5", "0x1F",
    "1_000", "TRUE", "false", "yes", "null", "NULL", "N/A", "#REF!", "#DIV/0!", "-",
    "=1+1", "=HYPERLINK(\"http://x\",\"y\")", "@SUM(1)", "+1", "'1", "9999-12-31", "0001-01-01",
    "2026-02-30", "31/12/2020", "12/31/2020", "2020-13-01", "45000", "-45000",
    "1900-01-00", "20200101", "2020年1月1日", "2099-01-01", "1850-05-05", "2020-01-01T00:00:00Z",
    "99999999999999999999", "9" * 400, "x" * 1000, "x" * 40000, "é", "貸款", "\x1b[31m", "\x07",
    "\x00", "\u202e", "\u2028", "\ud800", "\ufeff", "a\nb", "a\rb", 'a"b', "a,b", "a;b", "a\tb",
    "\\N", "../x", "total", "Total", "合计", "loan_id", "mortgage", "credit_card", "judged",
    "litigation", "enforcement", "dormant", "residential", "default", "*", "$x_{", "[red]x[/red]",
    "<b>", "💰", "{{ x }}",
)  # fmt: skip
"""Cells that tapes hold, or that have broken readers before."""

HEADS: tuple[str, ...] = (
    "", " ", "loan_id", "LOAN_ID", "principal", "Principal Balance", "本金", "date", "x", "x" * 300,
    "x" * 20000, "\x1b[1mid", "\x07", "=1+1", "Unnamed: 0", "1", "1.5", "region", "stage",
    "stage_date", "currency", "gbv", "received", "net", "costs", "scenario", "month", "kind",
    "amount", "short_rate", "probability", "probability_percent", "prob_pct", "loss", "loss_pct",
    "cash",
    "rate_percent", "judgment_date", "dormant", "age_months", "days_past_due", "interest", "notes",
    "\ufeffloan_id", "loan id", "loan_id.1", "a\nb",
)  # fmt: skip


def mutated_table(table: Table, random: Random) -> Table:
    """Return a table with one to a few mutations."""
    table = [list(row) for row in table]
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        table = _once(table, random) or [[""]]
    return table


def _cells(table: Table, random: Random) -> None:
    row = random.choice(table)
    if row:
        at = random.randrange(len(row))
        row[at] = random.choice(CELLS) if random.random() < 0.8 else row[at] + random.choice(CELLS)


def _column(table: Table, random: Random) -> None:
    """Fill a column, or part of it."""
    at, value = random.randrange(len(table[0]) or 1), random.choice(CELLS)
    share = random.choice((1.0, 1.0, 0.5))
    for row in table[1:]:
        if at < len(row) and random.random() < share:
            row[at] = value


def _once(table: Table, random: Random) -> Table:
    kind = random.randrange(14)
    at, other = random.randrange(len(table)), random.randrange(len(table))
    width = len(table[0])
    c, d = random.randrange(width or 1), random.randrange(width or 1)
    if kind <= 3:
        _cells(table, random)
    elif kind == 4:
        _column(table, random)
    elif kind == 5:
        for row in table:
            del row[c : c + 1]
    elif kind == 6 and width:
        table[0][c] = random.choice(HEADS)
    elif kind == 7:
        for row in table:
            row.insert(d, row[c] if c < len(row) else "")
    elif kind == 8:
        for row in table:
            if max(c, d) < len(row):
                row[c], row[d] = row[d], row[c]
    elif kind == 9 and len(table) > 1:
        del table[at]
    elif kind == 10:
        table.insert(other, list(table[at]))
    else:
        _rows(table, random, kind, (at, other))
    return table


def _rows(table: Table, random: Random, kind: int, places: tuple[int, int]) -> None:
    """Insert a row of other cells, cut the table, or cut one of its rows."""
    at, other = places
    width = len(table[0])
    if kind == 11:
        size = random.choice((0, 1, width, width + 3))
        table.insert(other, [random.choice(CELLS) for _ in range(size)])
    elif kind == 12:
        del table[random.randrange(len(table)) + 1 :]
    else:
        table[at] = table[at][: random.randrange(width + 1)]
