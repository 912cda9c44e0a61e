"""`npl-sim init`: from a bank's workbook to a study, its workbook of inputs, and a price."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import yaml

from npl_sim.runs.start_study import _overrides
from npl_sim.study.inputs.entry_sheets import ENTRIES
from npl_sim.study.inputs.layout import ASSUMPTIONS, CODES, MAPPING, QUESTIONS
from npl_sim.study.loader import load_study
from npl_sim.tape.proposal.model import Option
from tests.builders.input_books import cells_of, change_sheet, edit

LOAN_HEADS = (
    "合同编号",
    "客户编号",
    "业务品种",
    "省份",
    "本金余额",
    "表内利息",
    "表外利息",
    "债权合计",
) + ("执行利率(%)", "逾期起始日", "诉讼状态", "经办人")
ITEM_HEADS = ("合同编号", "押品编号", "押品类型", "省份", "评估价值", "评估日期", "抵押顺位")
FAST = ("--scenarios", 40)


def bank_workbook(path: Path, loans: int = 40, seed: int = 5) -> Path:
    """Write a workbook as a Chinese bank does: title and unit above the headers, totals below."""
    draw = random.Random(seed)
    book = openpyxl.Workbook()
    page = book.active
    page.title = "贷款清单"
    page.append(["不良贷款资产包清单 基准日：2026-06-30", None, "单位：万元"])
    page.append(LOAN_HEADS)
    items = book.create_sheet("押品清单")
    items.append(["押品清单", None, "单位：万元"])
    items.append(ITEM_HEADS)
    total = [0.0] * 4
    for i in range(loans):
        home = i % 2 == 0
        principal, own, off = (round(draw.uniform(*b), 2) for b in ((30, 300), (1, 9), (1, 30)))
        amounts = [principal, own, off, round(principal + own + off, 2)]
        total = [a + b for a, b in zip(total, amounts, strict=True)]
        stage = ("催收中", "已起诉", "终结本次执行" if home else "执行中")[i % 3]
        due = date(2026, 6, 30) - timedelta(days=draw.randrange(120, 900))
        name = "个人住房按揭贷款" if home else "个人消费贷款"
        page.append(
            [f"HT{i:05d}", f"KH{i:05d}", name, ("浙江省", "四川省")[i % 2], *amounts, 4.9, due]
            + [stage, "张三"]
        )
        if home:
            value = round(principal * draw.uniform(0.9, 1.6), 2)
            items.append(
                [
                    f"HT{i:05d}",
                    f"YP{i:05d}",
                    "住宅",
                    "浙江省",
                    value,
                    date(2026, 1, 31),
                    "第一顺位",
                ]
            )
    page.append(["合计", None, None, None, *(round(t, 2) for t in total)])
    book.save(path)
    return path


@pytest.fixture
def bank(tmp_path):
    """A bank's workbook in a folder of its own."""
    (tmp_path / "bank").mkdir()
    return bank_workbook(tmp_path / "bank" / "资产包.xlsx")


@pytest.fixture
def begun(bank, command):
    """A study that init began beside the folder of the bank."""
    code, out, err = command("init", bank, "--base", "china_mixed", "--out", "mine")
    assert code == 0, err
    return Path("mine"), out


def answered(folder):
    """Confirm every question as it is read."""
    book = folder / "inputs.xlsx"
    for row in cells_of(book, QUESTIONS):
        if row["kind"] != "missing":
            edit(book, QUESTIONS, {"id": row["id"]}, {"answer": "as read"})


def test_a_workbook_becomes_a_study_that_prices(begun, bank, command):
    folder, out = begun
    terms = yaml.safe_load((folder / "study.yaml").read_text("utf-8"))
    assert terms["base"].startswith("china_")
    assert (terms["currency"], terms["inputs"]) == ("CNY", "inputs.xlsx")
    assert terms["valuation_date"] == date(2026, 6, 30)
    assert (folder / terms["tape"]["loans"]).resolve() == bank.resolve()
    assert "贷款清单]: loans, headers in row 2, 40 records, unit 10,000" in out
    assert "Price as read: CNY" in out
    assert out.rstrip().endswith("npl-sim bid mine/study.yaml --out mine/runs/first")
    answered(folder)
    code, out, err = command("price", folder / "study.yaml", *FAST, "--out", "run")
    assert code == 0, err
    loans = pd.read_parquet("run/tables/loans.parquet")
    sheet = pd.read_excel(bank, sheet_name="贷款清单", header=1, engine="openpyxl").iloc[:-1]
    assert len(loans) == 40
    assert loans["gbv"].sum() == pytest.approx(1e4 * sheet["债权合计"].sum(), rel=1e-9)
    reported = Path("run/assumptions.txt").read_text("utf-8")
    assert "tape.confirmed.0: inputs.xlsx, sheet Questions, row" in reported


def test_the_sheets_show_what_was_read(begun):
    book = begun[0] / "inputs.xlsx"
    mapped = {(r["table"], r["field"]): r for r in cells_of(book, MAPPING) if r["field"]}
    assert mapped["loans", "principal"]["header"] == "本金余额"
    assert mapped["loans", "principal"]["unit"] == 10000
    assert mapped["loans", "principal"]["filled"] == 1
    assert mapped["loans", "accrued_interest"]["header"] == "表内利息 + 表外利息"
    assert any(r["header"] == "经办人" and not r["field"] for r in cells_of(book, MAPPING))
    codes = {(r["field"], r["code"]): r for r in cells_of(book, CODES)}
    assert codes["stage", "已起诉"]["value"] == "litigation"
    assert codes["stage", "已起诉"]["rows"] == 13
    values = {r["key"]: r for r in cells_of(book, ASSUMPTIONS)}
    study = load_study(begun[0] / "study.yaml").study
    assert values["pricing.required_return"]["value"] == study.pricing.required_return
    assert all(r["value"] == r["base"] for r in values.values())
    kinds = {key.split(".")[1] for key in values if key.startswith("collateral.")}
    assert kinds == {"residential"}, "only the terms that apply to the package"


def test_questions_are_sorted_by_effect_and_one_stops_the_run(begun, command):
    folder, out = begun
    rows = cells_of(folder / "inputs.xlsx", QUESTIONS)
    sizes = [abs(r["effect"] or 0.0) for r in rows]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 0.0
    must = [r for r in rows if r["kind"] == "must answer"]
    assert [r["id"] for r in must] == ["stage.dormant"]
    assert abs(must[0]["share"]) > 0.05
    assert "1 question must be answered before a run" in out
    assert command("price", folder / "study.yaml", *FAST)[0] != 0


def test_an_answer_on_one_code_leaves_the_others(begun):
    study = load_study(begun[0] / "study.yaml").study
    option = Option("dead", "dead", {"value_map": {"stage": {"X": "dormant"}}, "decimal": None})
    stated = {"product": {"A": "mortgage"}, "stage": {"Y": "judged"}}
    tape = study.tape.model_copy(update={"value_map": stated})
    found = _overrides(study.model_copy(update={"tape": tape}), option)
    both = {"product": {"A": "mortgage"}, "stage": {"Y": "judged", "X": "dormant"}}
    assert found == {"tape.value_map": both, "tape.decimal": None}


def test_an_untouched_workbook_prices_to_the_same_bits(begun, command):
    study = begun[0] / "study.yaml"
    names = [r["id"] for r in cells_of(begun[0] / "inputs.xlsx", QUESTIONS)]
    every = ("--set", f"tape.confirmed=[dormant, {', '.join(n for n in names if '.' not in n)}]")
    with_book = command("price", study, *FAST, *every, "--json")
    study.write_text(study.read_text("utf-8").replace("inputs: inputs.xlsx\n", ""), "utf-8")
    without = command("price", study, *FAST, *every, "--json")
    assert with_book[0] == without[0] == 0, with_book[2]
    assert with_book[1] == without[1]


def test_another_init_keeps_every_cell_of_the_user(begun, bank, command):
    folder, _ = begun
    book = folder / "inputs.xlsx"
    edit(book, ASSUMPTIONS, {"key": "pricing.required_return"}, {"value": 0.2, "owner": "Li"})
    edit(book, ASSUMPTIONS, {"key": "pricing.purchase_cost"}, {"source": "tender, page 3"})
    edit(book, MAPPING, {"field": "fees"}, {"choice": "-", "note": "none given"})
    edit(book, CODES, {"code": "已起诉"}, {"note": "asked the bank"})
    edit(book, QUESTIONS, {"id": "stage.dormant"}, {"answer": "as read"})
    own = [{"key": "simulation.seed", "value": 9}.get(c.key) for c in ASSUMPTIONS.columns]
    change_sheet(book, "Assumptions", lambda page: page.append(own))
    expert = {"id": "HT00003", "recovery_low": 0.1, "recovery_base": 0.2, "recovery_high": 0.3}
    expert |= {"months_low": 6, "months_base": 12, "months_high": 24, "author": "Li"}
    expert |= {"date": date(2026, 6, 1)}
    heads = [c.key for c in ENTRIES[0].columns]

    def estimate(page):
        first = next(row[0].row for row in page.iter_rows() if row[0].value == "Scope") + 1
        for column, key in enumerate(heads, start=1):
            page.cell(first, column).value = expert.get(key)

    change_sheet(book, "Experts", estimate)
    before = load_study(folder / "study.yaml").study
    assert before.experts.rows[0].recovery_base == 0.2
    code, out, err = command("init", bank, "--out", folder)
    assert code == 0, err
    assert "study.yaml is kept as it is" in err
    assert "inputs.before.xlsx" in err
    assert "7 rows that you edited are kept" in out
    after = load_study(folder / "study.yaml").study
    assert after == before
    assert after.simulation.seed == 9
    rows = {r["key"]: r for r in cells_of(book, ASSUMPTIONS)}
    assert rows["pricing.required_return"]["owner"] == "Li"
    assert rows["pricing.required_return"]["value"] == 0.2
    assert rows["pricing.required_return"]["base"] != 0.2
    assert rows["pricing.purchase_cost"]["source"] == "tender, page 3"
    notes = {r["code"]: r["note"] for r in cells_of(book, CODES)}
    assert notes["已起诉"] == "asked the bank"
    saved = cells_of(folder / "inputs.before.xlsx", MAPPING)
    assert any(r["note"] == "none given" for r in saved)


def test_force_replaces_the_study_and_saves_the_old_one(begun, bank, command):
    folder, _ = begun
    study = folder / "study.yaml"
    study.write_text(study.read_text("utf-8") + "simulation: {seed: 4}\n", "utf-8")
    edit(folder / "inputs.xlsx", ASSUMPTIONS, {"key": "pricing.required_return"}, {"value": 0.2})
    code, _, err = command("init", bank, "--out", folder, "--force")
    assert code == 0
    assert "study.before.yaml" in err
    assert "seed: 4" in (folder / "study.before.yaml").read_text("utf-8")
    assert "seed: 4" not in study.read_text("utf-8")
    assert load_study(study).study.pricing.required_return == 0.2


def test_a_broken_workbook_stops_init_before_anything_is_lost(begun, bank, command):
    folder, _ = begun
    book = folder / "inputs.xlsx"
    column = [c.key for c in ASSUMPTIONS.columns].index("value")

    def rename(page):
        for row in page.iter_rows(max_row=6):
            if row[column].value == "Value":
                row[column].value = "Ours"

    change_sheet(book, "Assumptions", rename)
    before = book.read_bytes()
    code, _, err = command("init", bank, "--out", folder)
    assert code == 2
    assert "expected the header 'Value' or '取值' among them" in err
    assert book.read_bytes() == before


def test_an_output_is_never_an_input(begun, bank, command):
    folder, _ = begun
    code, _, err = command("init", folder / "inputs.xlsx", "--out", "other")
    assert code == 2
    assert "is a workbook of inputs; expected the workbook of a bank" in err
    answered(folder)
    study = folder / "study.yaml"
    few = ("--scenarios", 10, "--no-figures")
    code, _, err = command("bid", study, *few, "--out", "run")
    assert code == 0, err
    results = Path("copied.xlsx")
    results.write_bytes(Path("run/bid_book.xlsx").read_bytes())
    for file, why in (
        (results, "is a workbook of results"),
        ("run/findings.csv", "lies in the folder of a run"),
        ("run", "is a folder"),
    ):
        code, _, err = command("init", file, "--out", "other")
        assert code == 2
        assert why in err
    assert not Path("other").exists()
    code, _, err = command("price", study, "--set", f"inputs={results.resolve()}", *FAST)
    assert code == 2
    assert "is a workbook of results; expected a workbook of inputs" in err


def test_the_base_may_be_named_and_an_unknown_one_is_reported(bank, command):
    code, _, err = command("init", bank, "--base", "china_moon", "--out", "mine")
    assert code == 2
    assert '--base: got "china_moon"; expected china_' in err
    assert not Path("mine").exists()


def test_a_question_that_must_be_answered_stops_a_run(begun, command):
    folder, _ = begun
    book, study = folder / "inputs.xlsx", folder / "study.yaml"
    row = next(r for r in cells_of(book, QUESTIONS))
    settings = '{"as read": {"text": "a"}, "b": {"text": "b", "confirms": ["prior_liens"]}}'
    cells = {"kind": "must answer", "answer": None, "settings": settings}
    answered(folder)
    edit(book, QUESTIONS, {"id": row["id"]}, cells)
    code, _, err = command("price", study, *FAST)
    assert code == 2
    assert f"{row['id']} must be answered" in err
    edit(book, QUESTIONS, {"id": row["id"]}, {"answer": "as read"})
    assert load_study(study).study.tape is not None
