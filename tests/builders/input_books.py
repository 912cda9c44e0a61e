"""Workbooks of inputs on a small study with a base, and edits of their cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl

from npl_sim.reports.inputs import rows
from npl_sim.reports.inputs.terms import terms
from npl_sim.reports.inputs.workbook import InputBook, InputTable, write_inputs
from npl_sim.study.inputs.layout import CODES, MAPPING, QUESTIONS, InputSheet
from npl_sim.study.loader import load_study

BASE = """\
jurisdiction: CN
currency: CNY
market: {cooperation: {volatility: 0.1, persistence: 0.9}}
collateral:
  default: {forced_sale_discount: 0.3, cost: 0.02, rounds: [{reserve: 0.7}, {reserve: 0.56}]}
policies:
  - name: homes v1.0
    applies_to: {products: [mortgage]}
    enforcement: {}
    litigation: {lawsuit: {duration: {kind: lognormal, mean: 9, sd: 4}, win_probability: 0.9}}
  - {name: rest, residual_share: 0.1}
pricing: {required_return: 0.12, servicing_rate: 0.02}
buyer: {target_irr: 0.18, fixed_cost: 1000}
"""
STUDY = """\
base: base.yaml
name: mine
valuation_date: 2026-06-30
inputs: inputs.xlsx
tape: {loans: tape.csv}
pricing: {servicing_rate: 0.03}
"""
MAPPED = (
    {"table": "loans", "field": "principal", "header": "本金", "confidence": "high"},
    {"table": "loans", "field": "accrued_interest", "header": "表内利息"},
    {"table": "collateral", "field": "appraisal_value", "header": "评估价值"},
)
CODED = (
    {"field": "stage", "code": "已诉 v.2", "rows": 12, "value": ""},
    {"field": "lien_rank", "code": "第一顺位", "rows": 3, "value": "1"},
)
ASKED = (
    {
        "kind": "question",
        "id": "dormant",
        "text": "Are these loans dead?",
        "default": "as read",
        "settings": '{"as read": {"confirms": ["dormant"]}}',
    },
    {
        "kind": "question",
        "id": "unit.loans",
        "text": "Which unit?",
        "default": "1: yuan",
        "settings": '{"1": {"text": "yuan", "tape": {"amount_unit": 1}, "confirms": ["unit"]}, '
        '"10000": {"text": "ten thousand", "tape": {"amount_unit": 10000, '
        '"columns": {"stage_date": null}, "decimal": null}, "study": {"currency": "EUR"}}}',
    },
    {"kind": "missing", "id": "acknowledgment", "text": "56 loans: time-barred"},
)


def input_study(folder: Path, study: str = STUDY) -> Path:
    """Write a study with its base and an untouched workbook of inputs; return its path."""
    (folder / "base.yaml").write_text(BASE, encoding="utf-8")
    path = folder / "study.yaml"
    path.write_text("".join(study.partition("inputs: inputs.xlsx\n")[::2]), encoding="utf-8")
    write_book(folder / "inputs.xlsx", path)
    path.write_text(study, encoding="utf-8")
    return path


def write_book(path: Path, study: Path) -> None:
    """Write an untouched workbook of inputs for a study."""
    tables = (
        InputTable(QUESTIONS, ASKED, ("Answer here",)),
        InputTable(MAPPING, MAPPED, ("Map here",)),
        InputTable(CODES, CODED, ("Codes here",)),
        rows.assumptions_table(terms(load_study(study).study), "base"),
    )
    write_inputs(path, InputBook("mine", [("About", "a test")], tables, datetime(2026, 6, 30)))


def cells_of(path: Path, sheet: InputSheet) -> list[dict[str, Any]]:
    """Return the rows of a sheet as cells by key of the column."""
    book = openpyxl.load_workbook(path)
    lines = list(book[sheet.names[0]].iter_rows(values_only=True))
    heads = [c.names[0] for c in sheet.columns]
    first = next(i for i, line in enumerate(lines) if list(line[: len(heads)]) == heads)
    keys = [c.key for c in sheet.columns]
    return [dict(zip(keys, line, strict=False)) for line in lines[first + 1 :]]


def edit(path: Path, sheet: InputSheet, ids: Mapping[str, str], cells: Mapping[str, Any]) -> int:
    """Write cells of the row that some cells name; return its number."""
    number = 0

    def change(page: Any) -> None:
        nonlocal number
        keys = [c.key for c in sheet.columns]
        for row in page.iter_rows():
            if all(str(row[keys.index(key)].value) == name for key, name in ids.items()):
                number = row[0].row
                for key, value in cells.items():
                    row[keys.index(key)].value = value

    change_sheet(path, sheet.names[0], change)
    assert number, f"no row {dict(ids)}"
    return number


def change_sheet(path: Path, name: str, change: Callable[[Any], None]) -> None:
    """Change one sheet of a workbook and save it."""
    book = openpyxl.load_workbook(path)
    change(book[name])
    book.save(path)
