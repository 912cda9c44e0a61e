"""Workbook of inputs: only edited cells count, each names its place, and errors name theirs."""

from __future__ import annotations

from datetime import datetime

import pytest
import xlsxwriter

from npl_sim.core.errors import StudyError
from npl_sim.study.fingerprint import study_hash
from npl_sim.study.inputs.layout import ASSUMPTIONS, CODES, MAPPING, QUESTIONS, SHEETS
from npl_sim.study.loader import load_study
from npl_sim.study.tape_alone import tape_of_study
from tests.builders.input_books import STUDY, cells_of, change_sheet, edit, input_study

DISCOUNT = "collateral.default.forced_sale_discount"
WINS = "policies.homes v1.0.litigation.lawsuit.win_probability"


@pytest.fixture
def study(tmp_path):
    """A study on a base with an untouched workbook of inputs."""
    return input_study(tmp_path)


def put(study, key, /, **cells):
    return edit(study.with_name("inputs.xlsx"), ASSUMPTIONS, {"key": key}, cells)


def refused(study, **overrides):
    with pytest.raises(StudyError) as error:
        load_study(study, overrides)
    return str(error.value)


def test_an_untouched_workbook_changes_nothing(study):
    loaded = load_study(study)
    study.write_text(STUDY.replace("inputs: inputs.xlsx\n", ""), encoding="utf-8")
    plain = load_study(study)
    assert not loaded.edits
    assert loaded.study == plain.study.model_copy(update={"inputs": loaded.study.inputs})
    assert study_hash(loaded.study) == study_hash(plain.study)


def test_each_layer_wins_over_the_ones_below(study):
    key = "pricing.servicing_rate"
    base = study.read_text().replace("pricing: {servicing_rate: 0.03}\n", "")
    stated = study.read_text()
    study.write_text(base)
    loaded = load_study(study)
    assert (loaded.study.pricing.servicing_rate, loaded.origin(key)) == (0.02, "base base.yaml")
    study.write_text(stated)
    loaded = load_study(study)
    assert (loaded.study.pricing.servicing_rate, loaded.origin(key)) == (0.03, "study.yaml:6")
    row = put(study, key, value=0.04, owner="Li", date=datetime(2026, 6, 1), source="tender")
    loaded = load_study(study)
    assert loaded.study.pricing.servicing_rate == 0.04
    reported = f"inputs.xlsx, sheet Assumptions, row {row}"
    assert loaded.origin(key) == f"{reported}, column Value"
    assert (
        loaded.origins()[("pricing", "servicing_rate")] == f"{reported} (Li, 2026-06-01, tender)"
    )
    loaded = load_study(study, {key: 0.05})
    assert (loaded.study.pricing.servicing_rate, loaded.origin(key)) == (0.05, "--set")
    whole = load_study(study, {"pricing": {"required_return": 0.2}})
    assert whole.study.pricing.servicing_rate == 0.0, "the cell does not replace --set pricing"


@pytest.mark.parametrize(
    ("cell", "value"), [(0.15, 0.15), ("15%", 0.15), ("15 ％", 0.15), (1, 1.0), (0, 0.0)]
)
def test_shares_are_read_from_numbers_and_percentages(study, cell, value):
    put(study, DISCOUNT, value=cell)
    assert load_study(study).study.collateral["default"].forced_sale_discount == value


def test_names_with_dots_and_positions_are_found(study):
    put(study, WINS, value=0.8)
    put(study, "collateral.default.rounds.1.reserve", value=0.5)
    terms = load_study(study).study
    assert terms.policies[0].litigation.lawsuit.win_probability == 0.8
    assert [r.reserve for r in terms.collateral["default"].rounds] == [0.7, 0.5]


def test_a_row_of_the_user_sets_any_key(study):
    book = study.with_name("inputs.xlsx")
    heads = [c.key for c in ASSUMPTIONS.columns]
    added = [{"key": "simulation.seed", "value": 7}.get(key) for key in heads]
    change_sheet(book, "Assumptions", lambda page: page.append(added))
    assert load_study(study).study.simulation.seed == 7


def test_a_value_equal_to_the_base_is_no_edit(study):
    put(study, DISCOUNT, value=0.3, owner="Li", source="seen and agreed")
    assert not load_study(study).edits


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("high", 'got "high"; expected a number'),
        (12, "got 12.0; expected at most 1: write 0.12 for 12 %"),
        (True, 'got "true"; expected a number'),
        ("#DIV/0!", 'got "#DIV/0!"; expected a value'),
        ("=1/3", 'got "formula without a stored value"; expected a value'),
    ],
)
def test_wrong_cells_name_sheet_row_and_column(study, cell, expected):
    row = put(study, DISCOUNT, value=cell)
    message = refused(study)
    assert f"inputs.xlsx, sheet Assumptions, row {row}, column Value" in message
    assert expected in message


def test_a_calculated_formula_counts(tmp_path, study):
    put(study, DISCOUNT, value=0.45)
    old = cells_of(study.with_name("inputs.xlsx"), ASSUMPTIONS)
    book = xlsxwriter.Workbook(str(study.with_name("inputs.xlsx")))
    page = book.add_worksheet("Assumptions")
    page.write_row(0, 0, [c.names[0] for c in ASSUMPTIONS.columns])
    for i, cells in enumerate(old, start=1):
        page.write_row(i, 0, ["" if v is None else v for v in cells.values()])
        if cells["key"] == DISCOUNT:
            page.write_formula(i, list(cells).index("value"), "=0.9/2", None, 0.45)
    book.close()
    assert load_study(study).study.collateral["default"].forced_sale_discount == 0.45


def test_unknown_names_and_keys_are_refused(study):
    row = put(study, WINS, value=0.8, key="policies.houses.litigation.lawsuit.win_probability")
    message = refused(study)
    assert f"row {row}, column Key: got" in message
    assert "expected homes v1.0, rest" in message
    put(study, "policies.houses.litigation.lawsuit.win_probability", key="pricing.discount")
    assert "pricing.discount: unknown key" in refused(study)


def test_two_rows_for_one_key_are_refused(study):
    row = put(study, WINS, value=0.8)
    other = put(study, DISCOUNT, value=0.7, key=WINS)
    assert f"row {max(row, other)}, column Value: got" in refused(study)


def test_columns_may_move_and_a_needed_header_may_not_go(study):
    book = study.with_name("inputs.xlsx")

    def rename(old, new):
        def change(page):
            for row in page.iter_rows(max_row=5):
                for cell in row:
                    cell.value = new if cell.value == old else cell.value

        change_sheet(book, "Assumptions", change)

    put(study, DISCOUNT, value=0.4)
    rename("Owner", "Who says so")
    change_sheet(book, "Assumptions", lambda page: page.insert_cols(1))
    assert load_study(study).study.collateral["default"].forced_sale_discount == 0.4
    rename("Value", "Our view")
    message = refused(study)
    assert "sheet Assumptions, row 3: got 'Section'," in message
    assert "'Our view'" in message
    assert "expected the header 'Value' or '取值' among them" in message


def test_deleted_rows_and_sheets_leave_the_base(study):
    put(study, WINS, value=0.8)
    row = put(study, DISCOUNT, value=0.4)
    book = study.with_name("inputs.xlsx")
    change_sheet(book, "Assumptions", lambda page: page.delete_rows(row))
    loaded = load_study(study)
    assert loaded.study.collateral["default"].forced_sale_discount == 0.3
    assert loaded.study.policies[0].litigation.lawsuit.win_probability == 0.8
    change_sheet(book, "Assumptions", lambda page: page.parent.remove(page))
    assert not load_study(study).edits


def test_chinese_sheets_and_headers_are_read(study):
    book = study.with_name("inputs.xlsx")
    put(study, DISCOUNT, value=0.4)
    edit(book, QUESTIONS, {"id": "dormant"}, {"answer": "确认"})
    for sheet in SHEETS:

        def change(page, sheet=sheet):
            names = {c.names[0]: c.names[1] for c in sheet.columns}
            for row in page.iter_rows(max_row=4):
                for cell in row:
                    cell.value = names.get(cell.value, cell.value)
            page.title = sheet.names[1]

        change_sheet(book, sheet.names[0], change)
    loaded = load_study(study)
    assert loaded.study.collateral["default"].forced_sale_discount == 0.4
    assert loaded.study.tape.confirmed == ("dormant",)
    assert ", sheet 假设, row " in loaded.origin(DISCOUNT)


def test_the_user_maps_headers_units_and_codes(study):
    book = study.with_name("inputs.xlsx")
    edit(book, MAPPING, {"field": "accrued_interest"}, {"choice": "表内利息 + 表外利息"})
    edit(book, MAPPING, {"field": "principal"}, {"choice": "-", "choice_unit": "万元"})
    edit(book, MAPPING, {"field": "appraisal_value"}, {"choice": "市场价值", "choice_unit": 1000})
    edit(book, CODES, {"field": "stage"}, {"choice": "litigation"})
    edit(book, CODES, {"field": "lien_rank"}, {"choice": 2})
    tape = load_study(study).study.tape
    assert tape.columns == {"accrued_interest": ("表内利息", "表外利息"), "principal": None}
    assert tape.collateral_columns == {"appraisal_value": "市场价值"}
    assert tape.column_units == {"principal": 10000.0, "appraisal_value": 1000.0}
    assert tape.value_map == {"stage": {"已诉 v.2": "litigation"}, "lien_rank": {"第一顺位": 2.0}}
    assert tape_of_study(study).study.tape.columns == tape.columns


def test_a_wrong_unit_or_field_names_its_cell(study):
    book = study.with_name("inputs.xlsx")
    row = edit(book, MAPPING, {"field": "principal"}, {"choice_unit": "bags"})
    message = refused(study)
    assert f'sheet Mapping, row {row}, column Your unit: got "bags"; expected a number' in message
    edit(book, MAPPING, {"field": "principal"}, {"field": "capital", "choice_unit": 1})
    assert 'column Field: got "capital"; expected one of loan_id' in refused(study)


def test_answers_confirm_or_change_the_reading(study):
    book = study.with_name("inputs.xlsx")
    own = "tape.csv, decimal: ',', value_map: {stage: {S1: plan}}}"
    study.write_text(study.read_text().replace("tape.csv}", own))
    edit(book, QUESTIONS, {"id": "dormant"}, {"answer": "As read"})
    edit(book, QUESTIONS, {"id": "unit.loans"}, {"answer": "yuan"})
    edit(book, QUESTIONS, {"id": "acknowledgment"}, {"answer": "we asked for it"})
    loaded = load_study(study)
    assert loaded.study.tape.confirmed == ("dormant", "unit")
    assert loaded.study.tape.amount_unit == 1.0
    edit(book, QUESTIONS, {"id": "unit.loans"}, {"answer": "10000: ten thousand"})
    terms = load_study(study).study
    assert (terms.tape.amount_unit, terms.currency) == (10000.0, "EUR")
    assert terms.tape.columns == {"stage_date": None}
    assert terms.tape.value_map == {"stage": {"S1": "plan", "S.9": "judged"}}
    assert terms.tape.decimal is None
    row = edit(book, QUESTIONS, {"id": "unit.loans"}, {"answer": "dozens"})
    message = refused(study)
    assert f"sheet Questions, row {row}, column Answer: got" in message
    assert 'expected one of "as read", "1", "10000"' in message


def test_an_edited_cell_whose_base_moved_is_reported(study):
    put(study, "pricing.servicing_rate", value=0.04)
    study.write_text(study.read_text().replace("servicing_rate: 0.03", "servicing_rate: 0.05"))
    warnings = [line for line in load_study(study).warnings if "inputs.xlsx" in line]
    assert len(warnings) == 1
    assert "got 0.03, but the study below it now has 0.05; the edited 0.04 counts" in warnings[0]


def test_a_missing_or_foreign_workbook_is_refused(study):
    book = study.with_name("inputs.xlsx")
    book.write_bytes(b"PK not a zip")
    assert "study.yaml:4:1: inputs: " in refused(study)
    book.unlink()
    assert "inputs.xlsx" in refused(study)
    study.write_text(study.read_text().replace("inputs.xlsx", "[1]"))
    assert "got a list; expected the name of a workbook" in refused(study)
