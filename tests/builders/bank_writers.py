"""Write tables of a bank as text files or workbooks, with titles, totals and footers."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from tests.builders.bank_forms import AMOUNTS, Form, Grid
from tests.builders.bank_headers import FOOTERS, LOAN_HEADERS, SUBTOTALS, TITLES, TOTALS


def write_csv(folder: Path, form: Form, tables: list[Grid]) -> list[Path]:
    paths = []
    for i, grid in enumerate(tables):
        path = folder / f"{'crediti' if grid.role == 'loans' else 'immobili'}_{i}.csv"
        with path.open("w", newline="", encoding="cp1252", errors="replace") as stream:
            writer = csv.writer(stream, delimiter=";")
            writer.writerows(_lines(form, grid))
        paths.append(path)
    return paths


def _lines(form: Form, grid: Grid) -> list[list[Any]]:
    """Return all rows of a sheet, with titles, totals and footers."""
    lines: list[list[Any]] = []
    if form.unit_at == "title":
        word = form.unit_word
        stated = f"单位：{word}" if form.language == "zh" else f"Amounts in {word}"
        lines += [[TITLES[form.language]], [stated]]
    lines.append(grid.headers)
    if form.unit_at == "row":
        lines.append([form.unit_word if _base(f) in AMOUNTS else "" for f in grid.fields])
    half = len(grid.rows) // 2
    first, second = grid.rows[:half], grid.rows[half:]
    lines += first
    if form.middle and form.totals:
        lines.append(_total(form, grid, first, SUBTOTALS))
    lines += second
    if form.totals:
        lines.append(_total(form, grid, grid.rows, TOTALS))
    if form.footer:
        lines += [[], [FOOTERS[form.language]]]
    return lines


def _base(kind: str) -> str:
    return kind.removeprefix("item.")


def _total(form: Form, grid: Grid, rows: list[list[Any]], labels: dict[str, str]) -> list[Any]:
    line: list[Any] = [labels[form.language]]
    for j, kind in list(enumerate(grid.fields))[1:]:
        if _base(kind) not in AMOUNTS:
            line.append("")
        elif form.csv:
            numbers = [str(r[j]).replace(".", "").replace(",", ".") or "0" for r in rows]
            line.append(f"{sum(map(float, numbers)):.2f}".replace(".", ","))
        else:
            line.append(round(sum(r[j] for r in rows if r[j] != ""), 6))
    return line


def write_workbooks(folder: Path, form: Form, tables: list[Grid]) -> list[Path]:
    paths = []
    for number in range(form.files):
        path = folder / f"资产包_{number}.xlsx"
        book = xlsxwriter.Workbook(path)
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        own = [g for g in tables if g.role == "loans" and g.part % form.files == number]
        own += [g for g in tables if g.role == "collateral" and number == 0]
        if form.reverse:
            own.reverse()
        if form.pivot:
            sheet = book.add_worksheet("汇总" if form.language == "zh" else "Summary")
            head = LOAN_HEADERS[form.language]
            sheet.write_row(0, 0, [head["product"][0], head["principal"][0], head["gbv"][0]])
            sheet.write_row(1, 0, ["a", 100.0, 120.0])
            sheet.write_row(2, 0, ["b", 200.0, 240.0])
        for i, grid in enumerate(own):
            name = {"loans": "贷款", "collateral": "押品"}[grid.role] + str(number * 10 + i)
            sheet = book.add_worksheet(name)
            _write_sheet(sheet, form, grid, day)
        if form.hidden:
            sheet = book.add_worksheet("old")
            copy = next(g for g in own if g.role == "loans")
            _write_sheet(
                sheet, form, Grid("loans", copy.headers, copy.fields, copy.rows[:-1]), day
            )
            sheet.hide()
        book.close()
        paths.append(path)
    return paths


def _write_sheet(sheet: Any, form: Form, grid: Grid, day: Any) -> None:
    lines = _lines(form, grid)
    top = next(i for i, line in enumerate(lines) if line is grid.headers)
    for r, line in enumerate(lines):
        for c, value in enumerate(line):
            if isinstance(value, date):
                sheet.write_datetime(r, c, pd.Timestamp(value).to_pydatetime(), day)
            elif value != "":
                sheet.write(r, c, value)
    if form.merged and grid.role == "loans":
        at = grid.fields.index("borrower_id")
        r = top + 1 + (form.unit_at == "row")
        half = len(grid.rows) // 2
        while r + 1 < top + 1 + half:
            same = lines[r][at] == lines[r + 1][at]
            if same:
                sheet.merge_range(r, at, r + 1, at, lines[r][at])
                sheet.merge_range(r, at + 1, r + 1, at + 1, lines[r][at + 1])
            r += 2 if same else 1
