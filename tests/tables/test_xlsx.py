"""Cells of an .xlsx workbook keep what they say: errors, formulas without a value, percentages,
dates."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from npl_sim.core.errors import TableError
from npl_sim.tables.body import EPOCH_1900, EPOCH_1904
from npl_sim.tables.cell_types import NO_VALUE, CellError, Percent, cell_text
from npl_sim.tables.files import read_raw
from tests.builders import workbooks
from tests.tables.conftest import Reader

HEAD = f'<row r="1">{workbooks.text_cell("A1", "loan_id")}{workbooks.text_cell("B1", "x")}</row>'


def second(cell: str) -> str:
    """A sheet whose second row holds an id and one cell in B2."""
    return f'{HEAD}<row r="2">{workbooks.text_cell("A2", "1")}{cell}</row>'


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="B2" t="e"><v>#N/A</v></c>',
        '<c t="e"><v>#N/A</v></c>',
        "<c r='B2' t='e'><v>#N/A</v></c>",
        '<c r = "B2" t = "e" ><f>VLOOKUP(1,2,3)</f><v>#N/A</v></c>',
        '<c r="B2"\n s="2"\n t="e"><v>\n#N/A</v></c>',
    ],
)
def test_an_error_cell_stays_an_error(read_xlsx: Reader, cell: str) -> None:
    value = read_xlsx(second(cell)).frame[1][0]
    assert isinstance(value, CellError) and value == "#N/A"


@pytest.mark.parametrize(
    "error", ["#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!"]
)
def test_each_error_keeps_its_name(read_xlsx: Reader, error: str) -> None:
    assert read_xlsx(second(f'<c r="B2" t="e"><v>{error}</v></c>')).frame[1].tolist() == [
        CellError(error)
    ]


@pytest.mark.parametrize("prefix", ["x:", "main:"])
@pytest.mark.parametrize("namespace", [workbooks.MAIN, workbooks.STRICT])
def test_a_prefix_or_the_strict_namespace_hides_nothing(
    tmp_path: Path, prefix: str, namespace: str
) -> None:
    cells = (
        '<P:row r="1"><P:c r="A1" t="inlineStr"><P:is><P:t>id</P:t></P:is></P:c><P:c '
        'r="B1"><P:v>1</P:v></P:c></P:row>'
        '<P:row r="2"><P:c r="A2" t="e"><P:v>#REF!</P:v></P:c><P:c '
        'r="B2"><P:f>A1</P:f></P:c></P:row>'
    )
    sheet = (
        f"<P:worksheet "
        f'xmlns:{prefix[:-1]}="{namespace}"><P:sheetData>{cells}</P:sheetData></P:worksheet>'
    )
    parts = workbooks.xlsx_parts("") | {"xl/worksheets/sheet1.xml": sheet.replace("P:", prefix)}
    raw = read_raw("loans", workbooks.zipped(tmp_path / "t.xlsx", parts))
    assert raw.frame.to_numpy().tolist() == [["#REF!", NO_VALUE]]
    assert all(isinstance(v, CellError) for v in raw.frame.iloc[0])


def test_utf16_xml(tmp_path: Path) -> None:
    sheet = (
        f'<?xml version="1.0" encoding="UTF-16"?><worksheet '
        f'xmlns="{workbooks.MAIN}"><sheetData>{second("")}</sheetData></worksheet>'
    )
    parts = workbooks.xlsx_parts("") | {"xl/worksheets/sheet1.xml": sheet.encode("utf-16")}
    path = workbooks.zipped(tmp_path / "t.xlsx", parts)
    with pytest.raises(TableError, match="not a readable workbook|no row of headers"):
        read_raw("loans", path)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('<c r="B2"><f>A1*2</f></c>', NO_VALUE),
        ('<c r="B2"><f>A1*2</f><v/></c>', NO_VALUE),
        ('<c r="B2"><f>A1*2</f><v></v></c>', NO_VALUE),
        ('<c r="B2" t="str"><f>A1</f></c>', NO_VALUE),
        ('<c r="B2"><f t="shared" si="0"/></c>', NO_VALUE),
        ('<c r="B2" t="str"><f>IF(1,"")</f><v></v></c>', ""),
        ('<c r="B2"><f>A1*2</f><v>0</v></c>', 0.0),
        ('<c r="B2"><f>A1*2</f><v>12.5</v></c>', 12.5),
        ('<c r="B2" t="str"><f>A1</f><v>a</v></c>', "a"),
    ],
)
def test_a_formula_without_a_stored_value_is_no_blank(
    read_xlsx: Reader, cell: str, value: object
) -> None:
    found = read_xlsx(second(cell)).frame[1][0] if value != "" else ""
    assert found == value and isinstance(found, CellError) == (value == NO_VALUE)


def test_results_that_no_program_calculated(read_xlsx: Reader) -> None:
    """A writer that does not calculate stores 0 and asks for a calculation on load."""
    calc = '<calcPr calcId="1" fullCalcOnLoad="1"/>'
    rows = second(
        '<c r="B2"><f>A1*2</f><v>0</v></c><c r="C2"><f>A1*2</f><v>7</v></c><c r="D2"><v>0</v></c>'
    )
    raw = read_xlsx(rows, calc=calc)
    assert raw.frame.iloc[0].tolist() == ["1", NO_VALUE, 7.0, 0.0]
    assert [f.severity for f in raw.findings] == [
        "warning"
    ] and "calculated results" in raw.findings[0].expected
    assert not read_xlsx(second('<c r="B2"><v>0</v></c>'), calc=calc).findings


@pytest.mark.parametrize(
    ("style", "value", "percent"),
    [
        (2, "0.05", True), (3, "0.05", True), (6, "1.5", True), (5, "0.05", True),
        (5, "0.5", False), (4, "5", False),
        (7, "5", False), (0, "0.05", False), (1, "45000", False),
    ],
)  # fmt: skip
def test_numbers_shown_as_percentages(
    read_xlsx: Reader, style: int, value: str, percent: bool
) -> None:
    found = read_xlsx(second(f'<c r="B2" s="{style}"><v>{value}</v></c>')).frame[1][0]
    assert isinstance(found, Percent) == percent
    if percent:
        assert cell_text(found) == f"{float(value) * 100:g}%"


def test_a_percent_style_makes_no_percentage_of_a_text(read_xlsx: Reader) -> None:
    found = read_xlsx(second('<c r="B2" s="2" t="inlineStr"><is><t>5</t></is></c>')).frame[1][0]
    assert found == "5" and type(found) is str


@pytest.mark.parametrize(
    ("book", "epoch", "day"),
    [
        ("", EPOCH_1900, date(2023, 3, 15)),
        ('<workbookPr date1904="0"/>', EPOCH_1900, date(2023, 3, 15)),
        ('<workbookPr date1904="1"/>', EPOCH_1904, date(2027, 3, 16)),
        ('<workbookPr date1904="true"/>', EPOCH_1904, date(2027, 3, 16)),
        (
            '<workbookPr date1904="1"/><x15:workbookPr xmlns:x15="urn:x" '
            'chartTrackingRefBase="1"/>',
            EPOCH_1904,
            date(2027, 3, 16),
        ),
    ],
)
def test_dates_and_serials_of_both_date_systems(
    read_xlsx: Reader, book: str, epoch: date, day: date
) -> None:
    raw = read_xlsx(
        second('<c r="B2" s="1"><v>45000</v></c><c r="C2"><v>45000</v></c>'), book=book
    )
    assert raw.epoch == epoch
    assert raw.frame.iloc[0].tolist() == ["1", day, 45000.0]


def test_a_table_that_begins_in_the_middle_of_a_sheet(read_xlsx: Reader) -> None:
    """Positions of special cells are those of the sheet, not of its filled rectangle."""
    rows = (
        f'<row r="4">{workbooks.text_cell("C4", "loan_id")}{workbooks.text_cell("D4", "x")}</row>'
        f'<row r="6">{workbooks.text_cell("C6", "1")}<c r="D6" t="e"><v>#N/A</v></c></row>'
        f'<row r="7">{workbooks.text_cell("C7", "2")}<c r="D7" s="3"><v>0.1</v></c></row>'
    )
    raw = read_xlsx(rows)
    assert (
        raw.headers == ("", "", "loan_id", "x")
        and raw.header_row == 4
        and raw.rows.tolist() == [6, 7]
    )
    assert raw.frame[3].tolist() == [CellError("#N/A"), Percent(0.1)]


def test_an_error_in_the_last_row_and_column(read_xlsx: Reader) -> None:
    """The values end at the last cell that holds one; an error beyond them is kept."""
    raw = read_xlsx(f'{second("")}<row r="3"><c r="D3" t="e"><v>#NUM!</v></c></row>')
    assert raw.frame.to_numpy().tolist() == [["1", "", "", ""], ["", "", "", "#NUM!"]]


def test_cells_without_references(read_xlsx: Reader) -> None:
    rows = (
        "<row><c "
        "t='inlineStr'><is><t>loan_id</t></is></c><c><v>1</v></c></row><row><c><v>7</v>"
        "</c>"
        '<c s="2"><v>0.07</v></c></row><row><c r="B3" t="e"><v>#N/A</v></c><c '
        't="e"><v>#REF!</v></c></row>'
    )
    raw = read_xlsx(rows)
    assert raw.frame.to_numpy().tolist() == [[7.0, 0.07, ""], ["", "#N/A", "#REF!"]]
    assert isinstance(raw.frame[1][0], Percent) and isinstance(raw.frame[2][1], CellError)


def test_kinds_of_values(read_xlsx: Reader) -> None:
    cells = (
        '<c r="B2" t="b"><v>1</v></c><c r="C2" t="d"><v>2024-05-01T00:00:00</v></c><c '
        'r="D2" t="s"><v>1</v></c>'
        '<c r="E2" s="1"><v>45000.5</v></c><c r="F2"><v>1E+20</v></c>'
    )
    raw = read_xlsx(second(cells), strings=("a", "乙"))
    assert raw.frame.iloc[0].tolist() == [
        "1",
        True,
        datetime(2024, 5, 1),
        "乙",
        datetime(2023, 3, 15, 12),
        1e20,
    ]
    assert cell_text(raw.frame[5][0]) == "1.00000000000000E+20"


@pytest.mark.parametrize("digits", ["6228480012345678", "62284800123456789", "1000000000000000"])
def test_a_numeric_id_beyond_15_digits_shows_its_exponent(read_xlsx: Reader, digits: str) -> None:
    """A spreadsheet keeps 15 digits of a number: the id is damaged, and its text must show it."""
    assert "E+" in cell_text(read_xlsx(second(f'<c r="B2"><v>{digits}</v></c>')).frame[1][0])
    assert cell_text(123456789012345.0) == "123456789012345"


@pytest.mark.parametrize("suffix", ["xlsx", "XLSX", "xlsm", "csv", "xls", "bin"])
def test_content_decides_and_not_the_name(read_xlsx: Reader, suffix: str) -> None:
    assert read_xlsx(second('<c r="B2"><v>5</v></c>'), name=f"t.{suffix}").frame[1].tolist() == [
        5.0
    ]


def test_a_workbook_that_is_damaged(tmp_path: Path) -> None:
    parts = workbooks.xlsx_parts(second('<c r="B2"><v>5</v></c>'))
    whole = workbooks.zipped(tmp_path / "t.xlsx", parts).read_bytes()
    (tmp_path / "cut.xlsx").write_bytes(whole[: len(whole) // 2])
    changes = {
        "cut": None,
        "sheet": {
            "xl/worksheets/sheet1.xml": "<worksheet><sheetData><row><c></row></sheetData>"
            "</worksheet>"
        },
        "odd": {
            "xl/worksheets/sheet1.xml": "<worksheet><sheetData><row r='1'><c r='A1' t='e'></row>"
        },
        "book": {"xl/workbook.xml": "<workbook"},
        "styles": {"xl/styles.xml": "<styleSheet>"},
        "reference": {
            "xl/worksheets/sheet1.xml": '<worksheet><sheetData><row><c r="?" '
            't="e"><v>#N/A</v></c></row></sheetData></worksheet>'
        },
        "merged": {
            "xl/worksheets/sheet1.xml": "<worksheet><sheetData/><mergeCells><mergeCell "
            'ref="A0:B"/></mergeCells></worksheet>'
        },
    }
    for name, change in changes.items():
        path = tmp_path / f"{name}.xlsx"
        if change:
            workbooks.zipped(path, parts | change)
        with pytest.raises(TableError, match=rf"{name}\.xlsx.*readable workbook"):
            read_raw("loans", path)


def test_no_sheet_of_that_name(read_xlsx: Reader) -> None:
    with pytest.raises(TableError, match="no sheet 'x'; expected one of 'Loans'"):
        read_xlsx(second(""), options={"sheet": "x"})


@pytest.mark.parametrize("error", ["#ERROR!", "#CALC!", "Err:502", "#A&amp;B!", " #N/A ", "1"])
def test_an_error_that_few_programs_know(read_xlsx: Reader, error: str) -> None:
    rows = second(
        f'<c r="B2" t="e"><f>A1</f><v>{error}</v></c><c r="C2"><v>1</v></c><c r="D2" '
        f't="str"><v>{error}</v></c>'
    )
    raw = read_xlsx(rows)
    value = raw.frame[1][0]
    assert raw.frame[2][0] == 1.0 and raw.frame[3][0].strip() == error.strip().replace(
        "&amp;", "&"
    )
    assert isinstance(value, CellError) and value == error.strip().replace("&amp;", "&")


def test_an_error_cell_without_a_name(read_xlsx: Reader) -> None:
    for cell in ('<c r="B2" t="e"/>', '<c r="B2" t="e"><v/></c>', '<c r="B2" t="e"><v></v></c>'):
        raw = read_xlsx(second(cell + '<c r="C2"><v>1</v></c>'))
        assert isinstance(raw.frame[1][0], CellError) and raw.frame[2][0] == 1.0
