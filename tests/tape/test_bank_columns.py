"""The bank's own columns travel with the loans and items, as text, and --mask hides them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
import xlsxwriter

from npl_sim.core.errors import TapeError
from npl_sim.reports.bank_tables import bank_tables
from npl_sim.tape.masking import read_masked
from npl_sim.tape.spec import TapeSpec
from npl_sim.tape.table import read_tape
from tests.builders.bank_files import write_bank_files
from tests.builders.bank_forms import Form

VALUATION = date(2026, 6, 30)
CSV = """loan_id,name,product,principal,default_date,stage,note,note
A1,Rossi,sme,"90,000.50",2024-05-20,litigation,x,007
A2,Bianchi,sme,none,2024-05-21,filed,,y
A3,Verdi,sme,1e5,20240522,judgment,12,z
"""


def spec_of(folder, text=CSV, **more):
    (folder / "loans.csv").write_text(text, encoding="utf-8")
    return TapeSpec(loans=folder / "loans.csv", on_error="quarantine", **more)


def test_every_column_is_kept_as_text_for_the_loans_that_are_valued(tmp_path):
    table = read_tape(spec_of(tmp_path), VALUATION)
    bank = table.bank_columns()
    assert bank.columns.tolist() == [
        "loan_id", "name", "product", "principal", "default_date", "stage", "note", "note (2)",
    ]  # fmt: skip
    assert bank.index.equals(table.loans.index)
    assert bank["loan_id"].tolist() == ["A1", "A3"]
    assert bank["principal"].tolist() == ["90,000.50", "1e5"]
    assert bank["note (2)"].tolist() == ["007", "z"]
    assert bank["note"].tolist() == ["x", "12"]


def test_columns_of_a_workbook_show_what_the_workbook_shows(tmp_path):
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet, share = book.add_worksheet(), book.add_format({"num_format": "0.0%"})
    sheet.write_row(
        0, 0, ["loan_id", "product", "principal", "age_months", "stage", "rate", "extra"]
    )
    sheet.write_row(1, 0, ["A1", "sme", 90_000.5, 12, "collection"])
    sheet.write_row(2, 0, ["A2", "sme", 80_000, 13, "collection"])
    sheet.write(1, 5, 0.065, share)
    sheet.write(2, 5, 0.07, share)
    sheet.write(1, 6, 3)
    book.close()
    bank = read_tape(TapeSpec(loans=path), VALUATION).bank_columns()
    assert bank["principal"].tolist() == ["90000.5", "80000"]
    assert bank["rate"].tolist() == ["6.5%", "7%"]
    assert bank["extra"].tolist() == ["3", ""]


def test_items_have_their_own_columns_also_where_they_stand_in_the_loan_list(tmp_path):
    for embedded in (False, True):
        folder = tmp_path / str(embedded)
        folder.mkdir()
        bank = write_bank_files(folder, np.random.default_rng(3), Form(embedded=embedded))
        from npl_sim.tape.proposal.propose import propose
        from npl_sim.tape.proposal.section import tape_section

        section = tape_section(propose(bank.paths), folder)
        table = read_tape(TapeSpec.model_validate(section).resolve(folder), VALUATION)
        own = table.bank_columns("collateral")
        assert len(own) == len(table.collateral) == len(bank.items)
        truth = bank.items.set_index("loan_id").loc[table.collateral["loan_id"]]
        header = next(h for h in own if h == bank.item_headers["address"])
        assert own[header].tolist() == truth["address"].tolist()
        names = table.bank_columns()[bank.headers["name"]]
        assert (
            names.tolist()
            == bank.loans.set_index("loan_id").loc[table.loans["loan_id"]]["name"].tolist()
        )


def test_a_masked_tape_shows_amounts_dates_and_known_codes_alone(tmp_path):
    table, _ = read_masked(spec_of(tmp_path, columns={"principal": "principal"}), VALUATION)
    bank = table.bank_columns()
    assert bank.columns.tolist() == ["principal", "default_date", "stage"]
    assert bank["default_date"].tolist() == ["2024-05-20", "20240522"]
    assert bank["stage"].tolist() == ["litigation", "judgment"]
    written = " ".join(bank_tables(table)["bank_loans"].astype(str).to_numpy().ravel())
    for word in ("A1", "A3", "Rossi", "Verdi", "007"):
        assert word not in written


def test_the_run_folder_has_them_beside_the_ids(tmp_path):
    table = read_tape(spec_of(tmp_path), VALUATION)
    frames = bank_tables(table)
    assert list(frames) == ["bank_loans"]
    frame = frames["bank_loans"]
    assert frame.columns[:2].tolist() == ["loan_id", "loan_id (bank)"]
    assert frame["loan_id"].tolist() == frame["loan_id (bank)"].tolist() == ["A1", "A3"]


def sheets(path, **rows):
    book = xlsxwriter.Workbook(path)
    for name, lines in rows.items():
        sheet = book.add_worksheet(name)
        for i, line in enumerate(lines):
            sheet.write_row(i, 0, line)
    book.close()
    return path


HEAD = ["loan_id", "product", "principal", "age_months", "stage"]


def test_several_sheets_of_several_files_form_one_table(tmp_path):
    first = sheets(tmp_path / "a.xlsx", one=[HEAD, ["A1", "sme", 10_000, 12, "plan"]],
                   two=[HEAD, ["A2", "sme", 20_000, 12, "plan"]], three=[["x"]])  # fmt: skip
    second = sheets(
        tmp_path / "b.xlsx", two=[[*HEAD, "more"], ["A3", "sme", 30_000, 12, "plan", "m"]]
    )
    spec = TapeSpec(loans=(first, second), sheet=("one", "two"))
    table = read_tape(spec, VALUATION)
    assert table.loans["loan_id"].tolist() == ["A1", "A2", "A3"]
    assert [s.file for s in table.sources] == ["a.xlsx[one]", "a.xlsx[two]", "b.xlsx[two]"]
    assert table.bank_columns()["more"].tolist() == ["", "", "m"]


@pytest.mark.parametrize(
    "names, message",
    [
        (("one", "four"), "no sheet 'four'; expected each named sheet in some file"),
        (("four",), "has the sheets 'one'; expected 'four'"),
    ],
)
def test_a_sheet_that_no_file_has_is_refused(tmp_path, names, message):
    path = sheets(tmp_path / "a.xlsx", one=[HEAD, ["A1", "sme", 10_000, 12, "plan"]])
    with pytest.raises(TapeError, match=message):
        read_tape(TapeSpec(loans=path, sheet=names), VALUATION)


def test_the_text_of_compact_columns_is_that_of_the_cells():
    from npl_sim.tables.cell_types import column_text
    from npl_sim.tape.bank_columns import _compact

    for cells in (
        [1.0, 2.5, ""],
        ["a", 1.0, None],
        [True, False],
        [1e16, 3.0],
        [date(2024, 1, 2), ""],
        ["", None],
        [np.nan, 1.0],
    ):
        raw = pd.Series(cells, dtype=object)
        assert column_text(_compact(raw)).tolist() == column_text(raw).tolist()
