"""Small workbooks of a bank, cell by cell, and their reading as proposed."""

from __future__ import annotations

from datetime import date

import xlsxwriter

from npl_sim.tape.proposal.section import tape_section
from npl_sim.tape.spec import TapeSpec
from npl_sim.tape.table import read_tape

VALUATION = date(2026, 6, 30)
HEAD = ["借据编号", "客户名称", "业务品种", "本金余额", "利息", "逾期日期", "诉讼状态"]
ROWS = [
    ["A1", "甲", "个人消费贷款", 52_000.5, 310.25, "2024-03-01", "未诉"],
    ["A2", "乙", "个人消费贷款", 41_000.0, 120.0, "2023-05-17", "执行中"],
    ["A3", "丙", "个人住房按揭贷款", 930_000.0, 8_000.75, "2022-11-30", "终本"],
]
ITEM_HEAD = ["借据编号", "押品类型", "坐落", "评估价值", "抵押顺位"]
ITEMS = [["A3", "住宅", "浙江省杭州市某某路9号", 1_200_000.0, "第一顺位"]]


def book(path, **sheets):
    """Write a workbook of rows by sheet; a name that ends in _hidden is hidden."""
    file = xlsxwriter.Workbook(path)
    for name, rows in sheets.items():
        sheet = file.add_worksheet(name.removesuffix("_hidden"))
        for i, row in enumerate(rows):
            sheet.write_row(i, 0, row)
        if name.endswith("_hidden"):
            sheet.hide()
        else:
            sheet.activate()  # else the first sheet cannot be hidden
    file.close()
    return path


def loans(*rows, head=HEAD):
    return [head, *rows]


def column(rows, head, values):
    """Return rows with one more column."""
    return [[*row, value] for row, value in zip(rows, values, strict=True)], [*HEAD, head]


def read(proposal, folder, answers={}, **more):
    section = tape_section(proposal, folder, answers) | more
    spec = TapeSpec.model_validate({**section, "currency": "CNY"})
    return read_tape(spec.resolve(folder), VALUATION)
