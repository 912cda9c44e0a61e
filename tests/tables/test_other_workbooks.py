"""Old and foreign workbooks keep the types of their cells: .xls, .xlsb, .ods, XML and HTML named
.xls."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from npl_sim.core.errors import TableError
from npl_sim.tables.body import EPOCH_1904, Request
from npl_sim.tables.cell_types import NO_VALUE, CellError, Marked, Percent
from npl_sim.tables.files import read_raw
from tests.builders import workbooks
from tests.tables.conftest import Reader


def test_xls(tmp_path: Path) -> None:
    cells = [
        (0, 0, 0, "编号"), (0, 1, 0, "x"), (0, 2, 0, "y"),
        (1, 0, 0, "a"), (1, 1, 0, ("error", 0x2A)), (1, 2, 1, 45000.0),
        (2, 1, 2, 0.05), (2, 2, 3, 5.0),
        (3, 1, 0, ("formula", 0.0, 3)), (3, 2, 0, ("formula", 7.5, 3)),
        (4, 0, 0, "b"), (4, 1, 0, True), (4, 2, 1, 45000.5),
        (5, 0, 0, "c"), (5, 1, 0, ("formula", 0.0, 0)), (5, 2, 1, 99999999.0),
    ]  # fmt: skip
    raw = read_raw("loans", workbooks.xls(tmp_path / "T.XLS", cells, merged=(1, 3, 0, 0)))
    assert raw.frame.to_numpy().tolist() == [
        ["a", "#N/A", date(2023, 3, 15)], ["a", 0.05, 5.0], ["a", NO_VALUE, 7.5],
        ["b", True, datetime(2023, 3, 15, 12)], ["c", 0.0, 99999999.0],
    ]  # fmt: skip
    types = [type(v) for v in (raw.frame[1][0], raw.frame[1][1], raw.frame[2][1], raw.frame[1][2])]
    assert types == [CellError, Percent, float, CellError]
    assert raw.merged == ((2, 4, 0),) and raw.sure_blanks and raw.source.file == "T.XLS[Loans]"


EMPTY = b"\x03\0\0\0\0\0\xff\xff"


@pytest.mark.parametrize(("other", "blank"), [(("formula", 5.0, 0), ""), (7.0, NO_VALUE)])
def test_xls_formulas_that_hold_nothing(tmp_path: Path, other: object, blank: str) -> None:
    """Where no formula of a sheet has a result, its writer did not calculate; else nothing is a
    result."""
    cells = [
        (0, 0, 0, "id"),
        (0, 1, 0, "x"),
        (1, 0, 0, other),
        (1, 1, 0, ("formula", EMPTY, 0)),
        (2, 0, 0, 1.0),
    ]
    assert read_raw("loans", workbooks.xls(tmp_path / "t.xls", cells)).frame[1].tolist() == [
        blank,
        "",
    ]


def test_xls_of_1904(tmp_path: Path) -> None:
    raw = read_raw(
        "loans",
        workbooks.xls(
            tmp_path / "t.xls",
            [(0, 0, 0, "d"), (1, 0, 1, 100.0), (2, 0, 0, 100.0)],
            date_1904=True,
        ),
    )
    assert raw.frame[0].tolist() == [date(1904, 4, 10), 100.0] and raw.epoch == EPOCH_1904


def test_xls_with_a_password(tmp_path: Path) -> None:
    path = workbooks.xls(tmp_path / "t.xls", [(0, 0, 0, "id"), (1, 0, 0, "a")])
    data = path.read_bytes()
    path.write_bytes(data[:20] + b"\x2f\x00\x06\x00" + bytes(6) + data[20:])
    with pytest.raises(TableError, match="password protected"):
        read_raw("loans", path)


def test_xls_cut_in_transfer(tmp_path: Path) -> None:
    path = workbooks.xls(tmp_path / "t.xls", [(0, 0, 0, "id"), (1, 0, 0, "a"), (2, 0, 0, "b")])
    data = path.read_bytes()
    for size in range(20, len(data) - 30, 37):
        path.write_bytes(data[:size])
        with pytest.raises(TableError, match="t.xls"):
            read_raw("loans", path)


def test_xlsb(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["id", "x", "r"],
        ["1", (0x2A,), (1, 0.05)],
        ["", 5.0, (0, 0.05)],
        ["2", (0x17,), 1.0],
    ]
    raw = read_raw(
        "loans", workbooks.xlsb(tmp_path / "t.xlsb", rows, merged=(1, 2, 0, 0), date_1904=True)
    )
    assert raw.frame.to_numpy().tolist() == [
        ["1", "#N/A", 0.05],
        ["1", 5.0, 0.05],
        ["2", "#REF!", 1.0],
    ]
    assert isinstance(raw.frame[1][0], CellError) and isinstance(raw.frame[2][0], Percent)
    assert not isinstance(raw.frame[2][1], Percent)
    assert raw.epoch == EPOCH_1904 and raw.merged == ((2, 3, 0),) and raw.sure_blanks


def test_xlsb_damaged(tmp_path: Path) -> None:
    path = workbooks.xlsb(tmp_path / "t.xlsb", [["id"], ["1"]])
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(TableError, match="not a readable workbook"):
        read_raw("loans", path)


def cell(kind: str = "", value: str = "", shown: str = "", more: str = "") -> str:
    kind_of = f'office:value-type="{kind}"' if kind else ""
    name = {"date": "date-value", "boolean": "boolean-value"}.get(kind, "value")
    value = f'office:{name}="{value}"' if value else ""
    return (
        f"<table:table-cell {kind_of} {value} "
        f"{more}>{f'<text:p>{shown}</text:p>' if shown else ''}</table:table-cell>"
    )


def row(*cells: str, more: str = "") -> str:
    return f"<table:table-row {more}>{''.join(cells)}</table:table-row>"


NOTE = "<office:annotation><text:p>a note</text:p></office:annotation>"


ODS_ROWS = (
    row(cell("string", shown="标题"))
    + row(cell("string", shown="id"), cell("string", shown="x"), cell("string", shown="d"))
    + row(
        cell(
            "string",
            shown="1",
            more='table:number-rows-spanned="2" table:number-columns-spanned="1"',
        ),
        cell(
            "string",
            shown="#DIV/0!",
            more='calcext:value-type="error" table:formula="of:=1/0"',
        ),
        cell("date", "2024-03-15", "15.03.24"),
    )
    + row(
        "<table:covered-table-cell/>",
        cell("percentage", "0.05", "5%"),
        cell("date", "2024-03-15T12:00:00"),
    )
    + row(cell(), more='table:number-rows-repeated="1000"')
    + row(
        cell("float", "7", "7"),
        cell(more='table:formula="of:=A1"'),
        cell("boolean", "true", "WAHR"),
    )
    + row(
        cell("currency", "8.5", "8,50 €", more='table:number-columns-repeated="3"'),
        more='table:number-rows-repeated="2"',
    )
    + row(
        f'<table:table-cell office:value-type="string">{NOTE}<text:p>a<text:s '
        f'text:c="2"/>b</text:p></table:table-cell>'
    )
    + row(
        cell(more='table:number-columns-repeated="16384"'),
        more='table:number-rows-repeated="1047000"',
    )
)


def test_ods(tmp_path: Path) -> None:
    settings = (
        "<table:calculation-settings><table:null-date "
        'table:date-value="1904-01-01"/></table:calculation-settings>'
    )
    raw = read_raw(
        "loans",
        workbooks.ods(tmp_path / "t.ods", ODS_ROWS, settings=settings),
        Request(header_row=2),
    )
    assert raw.frame.to_numpy().tolist() == [
        ["1", "#DIV/0!", date(2024, 3, 15)], ["1", 0.05, datetime(2024, 3, 15, 12)],
        [7.0, NO_VALUE, True],
        [8.5, 8.5, 8.5], [8.5, 8.5, 8.5], ["a  b", "", ""],
    ]  # fmt: skip
    assert raw.rows.tolist() == [3, 4, 1005, 1006, 1007, 1008]
    types = [type(v) for v in (raw.frame[1][0], raw.frame[1][1], raw.frame[1][2], raw.frame[0][3])]
    assert types == [CellError, Percent, CellError, float]
    assert (
        raw.epoch == EPOCH_1904 and raw.merged == ((3, 4, 0),) and raw.above == ((1, ("标题",)),)
    )


def test_currencies_that_only_the_format_shows(tmp_path: Path, read: Reader) -> None:
    """As in .xlsx: an .ods cell names its currency, and a style of XML of 2003 shows one."""
    amounts = (
        cell("currency", "850", "850 €", 'office:currency="EUR"'),
        cell("currency", "7", "7"),
        cell("float", "5", "5"),
    )
    rows = row(*(cell("string", shown=name) for name in "abc")) + row(*amounts)
    euros, plain, number = (
        read_raw("loans", workbooks.ods(tmp_path / "t.ods", rows)).frame.iloc[0].tolist()
    )
    assert (euros, plain, number) == (850.0, 7.0, 5.0)
    assert [type(value) for value in (euros, plain, number)] == [
        Marked,
        float,
        float,
    ] and euros.mark == "EUR"
    shown = SHEET.replace(
        "</Styles>", '<Style ss:ID="e"><NumberFormat ss:Format="#,##0\\ [$€-2]"/></Style></Styles>'
    )
    cells = (
        "<Row>"
        + data("String", "a")
        + data("String", "b")
        + "</Row><Row>"
        + data("Number", "850", 'ss:StyleID="e"')
        + data("Number", "5")
        + "</Row>"
    )
    marked, bare = (
        read(shown.format(rows=cells, excel=""), name="t.xls", sheet="Loans")
        .frame.iloc[0]
        .tolist()
    )
    assert (marked, marked.mark, bare) == (850.0, "€", 5.0) and type(bare) is float


def test_ods_that_is_protected_damaged_or_swollen(tmp_path: Path) -> None:
    head = row(cell("string", shown="id"))
    with pytest.raises(TableError, match="password protected"):
        read_raw("loans", workbooks.ods(tmp_path / "t.ods", head, encrypted=True))
    with pytest.raises(TableError, match="not a readable workbook"):
        read_raw("loans", workbooks.ods(tmp_path / "t.ods", "<table:table-row>"))
    swollen = head + row(
        cell("float", "1", more='table:number-columns-repeated="16384"'),
        more='table:number-rows-repeated="1048575"',
    )
    with pytest.raises(TableError, match="memory_limit_gib"):
        read_raw("loans", workbooks.ods(tmp_path / "t.ods", swollen))


SHEET = """<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"
 xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"
 xmlns:x="urn:schemas-microsoft-com:office:excel"><x:ExcelWorkbook>{excel}</x:ExcelWorkbook>
<Styles><Style ss:ID="Default"/>
<Style ss:ID="p"><NumberFormat ss:Format="Percent"/></Style><Style ss:ID="q" ss:Parent="p"/>
<Style ss:ID="n"><NumberFormat ss:Format="0&quot;%&quot;"/></Style></Styles>
<Worksheet ss:Name="Other">
<Table><Row><Cell><Data ss:Type="String">no</Data></Cell></Row></Table></Worksheet>
<Worksheet ss:Name="Loans"><Table>{rows}</Table></Worksheet></Workbook>"""


def data(kind: str, text: str, more: str = "") -> str:
    return f'<Cell {more}><Data ss:Type="{kind}">{text}</Data></Cell>'
