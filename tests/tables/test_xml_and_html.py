"""Workbooks as XML or HTML keep the types of their cells; files that are no table are refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from npl_sim.core.errors import TableError
from npl_sim.tables.body import EPOCH_1904
from npl_sim.tables.cell_types import NO_VALUE, CellError, Percent
from npl_sim.tables.files import read_raw
from tests.builders import workbooks
from tests.tables.conftest import Reader

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


def test_xml_of_2003(read: Reader) -> None:
    rows = (
        "<Row>"
        + data("String", "id")
        + data("String", "x")
        + data("String", "y")
        + "</Row>"
        + '<Row ss:Index="3">'
        + data("String", "a", 'ss:MergeDown="1"')
        + data("Error", "#N/A")
        + data("DateTime", "2024-03-15T00:00:00.000")
        + "</Row>"
        + "<Row>"
        + data("Number", "0.05", 'ss:Index="2" ss:StyleID="q"')
        + data("Number", "5", 'ss:StyleID="n"')
        + "</Row>"
        + '<Row ss:StyleID="p"><Cell><Comment><ss:Data>note</ss:Data></Comment></Cell><Cell '
        'ss:Formula="=1"/>'
        + data("Number", "1")
        + "</Row>"
        + "<Row>"
        + data("Boolean", "1")
        + '<Cell ss:Formula="=1"><Data ss:Type="Number"></Data></Cell></Row>'
    )
    raw = read(SHEET.format(rows=rows, excel="<x:Date1904/>"), name="t.xls", sheet="Loans")
    assert raw.frame.to_numpy().tolist() == [
        ["a", "#N/A", date(2024, 3, 15)], ["a", 0.05, 5.0], ["", NO_VALUE, 1.0],
        [True, NO_VALUE, ""],
    ]  # fmt: skip
    types = [type(raw.frame[c][r]) for c, r in ((1, 0), (1, 1), (2, 1), (1, 2), (2, 2))]
    assert types == [CellError, Percent, float, CellError, Percent]
    assert (
        raw.rows.tolist() == [3, 4, 5, 6]
        and raw.merged == ((3, 4, 0),)
        and raw.epoch == EPOCH_1904
    )
    with pytest.raises(TableError, match="expected one of 'Other', 'Loans'"):
        read(SHEET.format(rows=rows, excel=""), name="t.xls", sheet="x")
    with pytest.raises(TableError, match="not a readable workbook"):
        read(SHEET.format(rows=data("Number", "five"), excel=""), name="t.xls", sheet="Loans")


HTML = """<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head>
<meta http-equiv=Content-Type content="text/html; charset=gb2312">
<style>td {mso-number-format:"\\@"}</style></head><body><table><tr><td>清单</td></tr></table>
<table border=1><tr><th>编号</th><th>客户</th><th>rate<br>year</th></tr>
<tr><td>0001</td><td rowspan=2>张&nbsp;三</td><td x:num="0.05">5%</td></tr>
<tr><td>0002<td x:err="#N/A">#N/A</tr>
<tr><td colspan="2">合计</td><td x:num>1,200</td></tr></table></body></html>"""


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16"])
def test_html_named_xls(read: Reader, encoding: str) -> None:
    raw = read(HTML.encode(encoding), name="t.xls")
    assert raw.headers == ("编号", "客户", "rate year")
    assert raw.frame.to_numpy().tolist() == [
        ["0001", "张\u00a0三", 0.05], ["0002", "张\u00a0三", "#N/A"], ["合计", "", "1,200"],
    ]  # fmt: skip
    assert isinstance(raw.frame[2][0], Percent) and isinstance(raw.frame[2][1], CellError)
    assert raw.merged == ((2, 3, 1),)


def test_html_without_a_table(read: Reader) -> None:
    with pytest.raises(TableError, match="web page without a table"):
        read("<html><body>Please log in</body></html>", name="t.xls")


@pytest.mark.parametrize("name", ["t.xls", "t.csv", "t.txt"])
def test_text_named_xls(read: Reader, name: str) -> None:
    assert read("id\tx\n1\t2,5\n", name=name).frame.to_numpy().tolist() == [["1", "2,5"]]


@pytest.mark.parametrize(
    ("content", "name", "finding"),
    [
        (b"%PDF-1.7 ...", "t.xls", "PDF"),
        (b"\x1f\x8b\x08abc", "t.csv", "gzip"),
        (b"PK\x03\x04 zip", "t.xlsx", "not a readable workbook"),
        (b"MIME-Version: 1.0\nX: y\n", "t.xls", "web archive"),
        (b"<?xml version='1.0'?><note/>", "t.xls", "XML that is no workbook"),
        (b"a,b\n1,2\n", "t.docx", "unknown format"),
        (b"a,b\n1,2\n", "t.xlsx", "not a readable workbook"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "t.xlsx",
            "password protected",
        ),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"),
            "t.xls",
            "no workbook",
        ),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le"),
            "t.xls",
            "not a readable workbook",
        ),
        (b"PAR1 and no more", "t.csv", "not a readable Parquet"),
    ],
)
def test_what_is_no_table(read: Reader, content: bytes, name: str, finding: str) -> None:
    with pytest.raises(TableError, match=finding):
        read(content, name=name)


def test_zip_archives_that_are_no_workbook(tmp_path: Path) -> None:
    for parts in ({"a.csv": "a,b"}, {"word/document.xml": "x"}, {"Index/Tables.iwa": "x"}):
        with pytest.raises(TableError, match="expected .csv"):
            read_raw("loans", workbooks.zipped(tmp_path / "t.xlsx", parts))


def test_a_zip_with_a_password(tmp_path: Path) -> None:
    path = workbooks.zipped(tmp_path / "t.xlsx", workbooks.xlsx_parts(""))
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(TableError, match="password protected"):
        read_raw("loans", path)


@pytest.mark.parametrize(
    "place", ['<Row><Cell ss:Index="90000000">', '<Row ss:Index="90000000"><Cell>']
)
def test_a_far_cell_of_xml(read: Reader, place: str) -> None:
    rows = f'{place}<Data ss:Type="Number">1</Data></Cell></Row>'
    with pytest.raises(TableError, match="memory_limit_gib"):
        read(SHEET.format(rows=rows, excel=""), name="t.xls", sheet="Loans")
