"""Small files that ask for much time or memory are refused before it is spent."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from npl_sim.core.errors import TableError
from npl_sim.tables.body import Request
from npl_sim.tables.files import read_raw
from npl_sim.tables.references import MOST_COLUMNS
from npl_sim.tables.xlsx_package import Package
from npl_sim.tables.xlsx_shared import shared_lengths, used_bytes
from tests.builders import workbooks

HEAD = f'<row r="1">{workbooks.text_cell("A1", "id")}{workbooks.text_cell("B1", "x")}</row>'
ROW = f'<row r="2">{workbooks.text_cell("A2", "1")}<c r="B2"><v>5</v></c></row>'
CELL = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
ODS_ROW = "<table:table-row>{}</table:table-row>"
ODS = ODS_ROW.format(CELL.format("id") + CELL.format("x")) + ODS_ROW.format(CELL.format("1") * 2)
SPACES = '<text:s text:c="1000"/>'


def xlsx(path, rows=HEAD + ROW, **more):
    parts = more.pop("parts", {})
    return workbooks.zipped(path, {**workbooks.xlsx_parts(rows, **more), **parts})


def page(body):
    return (
        f"<html><table><tr><td>id</td><td>x</td></tr><tr><td>1</td><td>5</td></tr>"
        f"{body}</table></html>"
    )


def text(content):
    def write(path):
        path.write_text(content, encoding="utf-8")

    return write


def book_of(filler):
    content = workbooks.xlsx_parts("")["xl/workbook.xml"].replace("<sheets>", filler + "<sheets>")
    return lambda path: xlsx(path, parts={"xl/workbook.xml": content})


def used_often(path):
    cells = "".join(f'<row r="{i}"><c r="A{i}" t="s"><v>0</v></c></row>' for i in range(2, 30_000))
    xlsx(path, HEAD + cells, strings=("z" * 32_000,))


def merged_often(path):
    cells = "".join(f'<row r="{i}"><c r="A{i}"><v>1</v></c></row>' for i in range(2, 3_000))
    merged = '<mergeCell ref="B2:B2999"/><mergeCell ref="A2:A2999"/>' * 5_000
    xlsx(path, HEAD + cells, after=f"<mergeCells>{merged}</mergeCells>")


def one_text_in_all_rows(path):
    column = pa.DictionaryArray.from_arrays(
        pa.array([0] * 10_000, pa.int32()), pa.array(["z" * 200_000])
    )
    pq.write_table(pa.table({"id": column}), path, store_schema=False)


def one_list_of_many(path):
    values = pa.ListArray.from_arrays(
        pa.array([0, 20_000_000], pa.int32()), pa.nulls(20_000_000, pa.int8())
    )
    pq.write_table(pa.table({"id": [1], "x": values}), path)


HOSTILE = {
    "columns of a text.csv": (text("id,x" + ",a" * 2_000_000 + "\n1,2\n"), "2,000,002 columns"),
    "empty columns.csv": (text("id,x\n1,2" + "," * 2_000_000 + "\n"), "2,000,002 columns"),
    "blank lines.csv": (text("id,x\n1,2\n" + "\n" * 12_000_000), "12,000,002 lines"),
    "open tags.xlsx": (
        lambda path: xlsx(path, HEAD + "<row" * 500_000),
        "not a readable workbook",
    ),
    "text without end.xlsx": (
        lambda path: xlsx(path, HEAD + "z" * 50_000_000),
        "a text or tag of more than",
    ),
    "large list of sheets.xlsx": (
        book_of(" " * 20_000_000),
        "part xl/workbook.xml unpacks to 20,",
    ),
    "elements in the list of sheets.xlsx": (
        book_of("<a/>" * 5_000_000),
        "part xl/workbook.xml unpacks to 20,",
    ),
    "elements in styles.xlsx": (
        lambda path: xlsx(
            path, styles=workbooks.STYLES.replace("<cellXfs", "<a/>" * 5_000_000 + "<cellXfs")
        ),
        "part xl/styles.xml unpacks to 20,",
    ),
    "text used often.xlsx": (used_often, "the texts of its cells hold 96"),
    "merged cells that overlap.xlsx": (merged_often, "merged cells that do not overlap"),
    "spaces in a cell.ods": (
        lambda path: workbooks.ods(path, ODS + ODS_ROW.format(CELL.format(SPACES * 1_001))),
        "a cell of more than 1,000,000 characters",
    ),
    "rows and columns spanned.xls": (
        text(page('<tr><td rowspan="10000" colspan="10000">a</td></tr>')),
        "cover 99,990,000 others",
    ),
    "many rows spanned.xls": (text(page('<tr><td rowspan="10000">a</td></tr>' * 20_000)), "cover"),
    "open tags.xls": (text("<html><table><tr><td>" + "<a " * 400_000), "without an end"),
    "open comments.xls": (text("<html><table>" + "<!-- >" * 200_000), "without an end"),
    "open sections.xls": (text("<html><table>" + "<![CDATA[ >" * 200_000), "without an end"),
    "tables in tables.xls": (
        text("<html>" + "<table>" * 200_000),
        "nested in more than 50 levels",
    ),
    "one text in all rows.parquet": (one_text_in_all_rows, "its texts hold 2,000,000,000 bytes"),
    "one list of many.parquet": (one_list_of_many, "reading takes some"),
    "columns.parquet": (
        lambda path: pq.write_table(pa.table({f"c{i}": [1] for i in range(17_000)}), path),
        "17,000 columns",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_soon(tmp_path: Path, name: str) -> None:
    write, reason = HOSTILE[name]
    path = tmp_path / name
    write(path)
    began = time.process_time()
    with pytest.raises(TableError, match=reason) as found:
        read_raw("loans", path, Request(memory_limit_gib=1.0))
    assert time.process_time() - began < 5 and len(str(found.value)) < 600


def test_spaces_in_many_cells_count(tmp_path: Path) -> None:
    """130 cells of 900,001 characters hold 0.109 GiB."""
    path = workbooks.ods(
        tmp_path / "s.ods", ODS + ODS_ROW.format(CELL.format(SPACES * 900 + "x")) * 130
    )
    with pytest.raises(TableError, match="the sheet reaches row"):
        read_raw("loans", path, Request(memory_limit_gib=0.1))
    assert len(read_raw("loans", path, Request(memory_limit_gib=0.5)).frame) == 131


def test_the_most_columns_of_a_spreadsheet_are_read(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    for more in (0, 1):
        count = MOST_COLUMNS + more
        path.write_text(
            ",".join(f"c{i}" for i in range(count)) + "\n" + ",".join("1" * count) + "\n"
        )
        if more:
            with pytest.raises(TableError, match="has 16,385 columns; expected at most 16,384"):
                read_raw("loans", path)
        else:
            assert len(read_raw("loans", path).headers) == MOST_COLUMNS


def test_merged_cells_that_do_not_overlap_are_read(tmp_path: Path) -> None:
    rows = "".join(f'<row r="{i}"><c r="A{i}"><v>{i}</v></c></row>' for i in range(2, 5_002))
    merged = "".join(f'<mergeCell ref="{c}2:{c}5001"/>' for c in "BCDEF")
    path = xlsx(tmp_path / "m.xlsx", HEAD + rows, after=f"<mergeCells>{merged}</mergeCells>")
    assert len(read_raw("loans", path).frame) == 5_000


def test_the_use_of_shared_strings_is_counted(tmp_path: Path) -> None:
    """Three uses of 10 and one of 1,000 characters, with the 15 to 25 bytes of their tags."""
    cells = "".join(
        f'<c r="A{i}" s="1" t="s"><v>{n}</v></c>' for i, n in enumerate((0, 0, 1, 0), start=2)
    )
    path = xlsx(tmp_path / "s.xlsx", HEAD, strings=("a" * 10, "b" * 1_000))
    package = Package(path.read_bytes())
    first, second = lengths = shared_lengths(package)
    assert 10 < first < 120 and 1_000 < second < 1_050  # the first holds the head of the part
    assert used_bytes(cells.encode(), lengths, False) == 3 * first + second
    assert used_bytes(cells.encode(), lengths, True) == 4 * second


def test_shared_strings_are_measured_across_chunks(tmp_path: Path) -> None:
    sizes = [700_000, 5, 900_000, 1_048_000, 17]
    path = xlsx(tmp_path / "s.xlsx", HEAD, strings=tuple("x" * n for n in sizes))
    found = shared_lengths(Package(path.read_bytes()))
    assert [n - 16 for n in found[1:]] == pytest.approx(sizes[1:], abs=10)


SCRIPT = """
import resource, sys
from pathlib import Path
import npl_sim.tables.files as files
import pyarrow.parquet, python_calamine, pandas
path, limit = Path(sys.argv[1]), float(sys.argv[2])
files.read_raw("loans", Path(sys.argv[3]))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
raw = files.read_raw("loans", path, files.Request(memory_limit_gib=limit))
print(len(raw.frame), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**20)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured in KiB on Linux alone")
@pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx"])
def test_reading_a_large_tape_stays_within_the_memory_that_it_states(
    tmp_path: Path, ending: str
) -> None:
    """A limit at which the file is just refused is more than what reading it takes."""
    import pandas as pd

    def table(rows):
        return pd.DataFrame(
            {
                "loan_id": [f"NPL{i:08d}" for i in range(rows)],
                **{f"amount {k}": [i * 1.25 + k for i in range(rows)] for k in range(9)},
            }
        )

    def write(frame, path):
        if ending == "csv":
            frame.to_csv(path, index=False)
        elif ending == "parquet":
            frame.to_parquet(path, index=False)
        else:
            frame.to_excel(path, index=False, engine="xlsxwriter")

    rows = 10_000 if ending == "xlsx" else 100_000
    big, small = tmp_path / f"big.{ending}", tmp_path / f"small.{ending}"
    write(table(rows), big)
    write(table(3), small)
    low, high = 0.0001, 2.0
    while high / low > 1.3:  # the least limit that lets it be read
        middle = (low * high) ** 0.5
        try:
            read_raw("loans", big, Request(memory_limit_gib=middle))
            high = middle
        except TableError:
            low = middle
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(big), str(high), str(small)],
        capture_output=True,
        text=True,
        check=True,
    )
    count, used = done.stdout.split()
    assert int(count) == rows
    assert float(used) <= 1.1 * high, f"{used} GiB were used, {high} GiB stated"
