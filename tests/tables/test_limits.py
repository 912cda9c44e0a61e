"""Reading stays within limits: regular files only, and no more memory than the study allows."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from npl_sim.core.errors import TableError
from npl_sim.tables.body import Request
from npl_sim.tables.cell_types import CellError
from npl_sim.tables.files import read_raw
from tests.builders import workbooks
from tests.tables.conftest import Reader

HEAD = f'<row r="1">{workbooks.text_cell("A1", "id")}{workbooks.text_cell("B1", "x")}</row>'
ROWS = HEAD + f'<row r="2">{workbooks.text_cell("A2", "1")}<c r="B2" t="e"><v>#N/A</v></c></row>'


@pytest.mark.parametrize(
    "kind",
    ["pipe", "link to a device", "device", "folder", "broken link", "long", "nul", "under a file"],
)
def test_what_is_no_regular_file(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "t.csv"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "link to a device":
        path.symlink_to("/dev/zero")
    elif kind == "device":
        path = Path("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    elif kind == "broken link":
        path.symlink_to(tmp_path / "none")
    elif kind == "long":
        path = tmp_path / ("x" * 20_000)
    elif kind == "nul":
        path = tmp_path / "a\0b"
    elif kind == "under a file":
        (tmp_path / "f").write_text("x")
        path = tmp_path / "f" / "t.csv"
    begin = time.monotonic()
    with pytest.raises(TableError, match="expected a CSV, Excel or Parquet file") as caught:
        read_raw("loans", path)
    assert time.monotonic() - begin < 1 and len(str(caught.value)) < 500


def test_a_link_to_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,x\n1,2\n")
    (tmp_path / "b.csv").symlink_to(tmp_path / "a.csv")
    assert read_raw("loans", tmp_path / "b.csv").source.rows == 1


def test_a_text_larger_than_the_limit(read: Reader) -> None:
    text = "id,x\n" + "1,2\n" * 50_000
    with pytest.raises(TableError, match=r"simulation\.memory_limit_gib"):
        read(text, memory_limit_gib=0.001)
    assert read(text, memory_limit_gib=0.01).source.rows == 50_000


@pytest.mark.parametrize(
    "stray",
    [
        '<c r="XFD900000" s="1"/>',
        workbooks.text_cell("XFD900000", " "),
        '<c r="XFD900000" t="s"><v>1</v></c>',
        '<c r="XFD900000"><v></v></c>',
    ],
)
def test_a_blank_stray_cell_is_ignored(read_xlsx: Reader, stray: str) -> None:
    begin = time.monotonic()
    raw = read_xlsx(f'{ROWS}<row r="900000">{stray}</row>', strings=("a", " "))
    assert time.monotonic() - begin < 2
    assert (
        raw.headers == ("id", "x")
        and raw.frame.shape == (1, 2)
        and isinstance(raw.frame[1][0], CellError)
    )


@pytest.mark.parametrize("tag", ["row r='1048576'", 'row r="5"', "row"])
@pytest.mark.parametrize(
    "stray",
    [
        '<c r="XFD1048576"><v>1</v></c>',
        '<c r="XFD1048576" t="e"><v>#N/A</v></c>',
        '<c r="XFD1048576"><f>A1</f></c>',
    ],
)
def test_a_filled_stray_cell_is_refused_by_name(read_xlsx: Reader, tag: str, stray: str) -> None:
    begin = time.monotonic()
    with pytest.raises(
        TableError, match=r"1,048,576 rows and 16,384 columns because of the cell XFD1048576"
    ):
        read_xlsx(f"{ROWS}<{tag}>{stray}</row>")
    assert time.monotonic() - begin < 2


def test_a_stray_cell_without_row_tags_or_quotes_of_the_usual_sort(read_xlsx: Reader) -> None:
    with pytest.raises(TableError, match="XFD1048576"):
        read_xlsx(f"{ROWS}<row ><c  r = 'XFD1048576' ><v>1</v></c></row>")


def test_a_stated_dimension_is_not_believed(tmp_path: Path) -> None:
    parts = workbooks.xlsx_parts(ROWS)
    sheet = str(parts["xl/worksheets/sheet1.xml"]).replace(
        "<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>'
    )
    path = workbooks.zipped(tmp_path / "t.xlsx", parts | {"xl/worksheets/sheet1.xml": sheet})
    assert read_raw("loans", path).frame.shape == (1, 2)


def test_empty_columns_on_the_right_are_dropped(read_xlsx: Reader) -> None:
    rows = (
        f"{HEAD}<row "
        f'r="2">{workbooks.text_cell("A2", "1")}{workbooks.text_cell("ZZ2", " ")}</row><row '
        f'r="40">{workbooks.text_cell("A40", " ")}</row>'
    )
    raw = read_xlsx(rows)
    assert raw.headers == ("id", "x") and raw.rows.tolist() == [2]


def test_a_zip_bomb(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    path.write_bytes(workbooks.compressed_zeros(40_000_000))
    assert path.stat().st_size < 100_000
    with pytest.raises(TableError, match=r"unpacks to 40,.*memory_limit_gib"):
        read_raw("loans", path, Request(memory_limit_gib=0.05))


def test_a_sheet_larger_than_the_limit(read_xlsx: Reader) -> None:
    rows = HEAD + "".join(
        f'<row r="{r}"><c r="A{r}"><v>{r}</v></c><c r="B{r}"><v>1</v></c></row>'
        for r in range(2, 30_000)
    )
    with pytest.raises(TableError, match=r"29,999 rows.*memory_limit_gib"):
        read_xlsx(rows, options={"memory_limit_gib": 0.01})
    assert read_xlsx(rows).source.rows == 29_998


def test_entities_that_grow(tmp_path: Path) -> None:
    lines = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 12))
    bomb = f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY e0 "x">{lines}]>'
    parts = workbooks.xlsx_parts(ROWS)
    for part in ("xl/workbook.xml", "xl/worksheets/sheet1.xml"):
        swollen = bomb + str(parts[part]).replace("</sheetData>", "&e11;</sheetData>").replace(
            "</sheets>", "&e11;</sheets>"
        )
        path = workbooks.zipped(tmp_path / "t.xlsx", parts | {part: swollen})
        with pytest.raises(TableError, match="not a readable workbook"):
            read_raw("loans", path)


@pytest.mark.parametrize(
    "reference", ["XFE2", "ZZZZZ2", "A1048577", "A99999999999", "A4294967297"]
)
def test_a_cell_where_no_sheet_has_one(read_xlsx: Reader, reference: str) -> None:
    row = reference.lstrip("AEFXZ")
    with pytest.raises(TableError, match="more than a sheet can have"):
        read_xlsx(f'{ROWS}<row r="{row}"><c r="{reference}"><v>1</v></c></row>')


def test_a_stray_cell_of_a_binary_workbook(tmp_path: Path) -> None:
    rows: list[list[object]] = [["id"], *([] for _ in range(2999)), [None] * 2000 + ["x"]]
    with pytest.raises(TableError, match="3,001 rows and 2,001 columns, but only 2 cells"):
        read_raw("loans", workbooks.xlsb(tmp_path / "t.xlsb", rows))
    raw = read_raw(
        "loans",
        workbooks.xls(tmp_path / "t.xls", [(0, 0, 0, "id"), (1, 0, 0, "1"), (65535, 255, 1, " ")]),
    )
    assert raw.headers == ("id",) and raw.rows.tolist() == [2]


def test_a_number_too_large_for_a_date(read_xlsx: Reader) -> None:
    with pytest.raises(TableError, match="not a readable workbook"):
        read_xlsx(f'{HEAD}<row r="2"><c r="A2" s="1"><v>-1e300</v></c></row>')
