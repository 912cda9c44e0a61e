"""Merged cells are filled downwards; headers are found, and the rows above them are kept."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from npl_sim.core.errors import TableError
from npl_sim.tables.body import Request
from npl_sim.tables.files import RawFile, read_raw
from tests.tables.conftest import Reader


def known(headers: tuple[str, ...]) -> int:
    return sum(
        h in ("loan_id", "principal", "borrower_id", "借据编号", "本金余额") for h in headers
    )


def book(
    tmp_path: Path, rows: list[list[object]], merged: tuple[str, ...] = (), **options: object
) -> RawFile:
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    for block in merged:
        made.active.merge_cells(block)
    path = tmp_path / "t.xlsx"
    made.save(path)
    return read_raw("loans", path, Request(**options))


def test_a_merged_key_is_filled_down_and_listed(tmp_path: Path) -> None:
    rows = [
        ["id", "borrower", "x"],
        ["1", "B1", 1],
        ["2", None, 2],
        ["3", None, 3],
        ["4", "B2", 4],
    ]
    raw = book(tmp_path, rows, ("B2:B4",))
    assert raw.frame[1].tolist() == ["B1", "B1", "B1", "B2"]
    assert raw.merged == ((2, 4, 1),)


def test_nothing_is_filled_sideways(tmp_path: Path) -> None:
    raw = book(
        tmp_path,
        [["id", "a", "b"], ["1", 5, None], ["2", None, None], ["3", 7, None]],
        ("B2:C3", "B4:C4"),
    )
    assert raw.frame[1].tolist() == [5.0, 5.0, 7.0] and raw.frame[2].tolist() == ["", "", ""]
    assert raw.merged == ((2, 3, 1),)


def test_a_blank_row_inside_a_merged_block_stays_no_record(tmp_path: Path) -> None:
    raw = book(tmp_path, [["id", "b"], ["1", "B"], [None, None], ["3", None]], ("B2:B4",))
    assert raw.rows.tolist() == [2, 4] and raw.frame[1].tolist() == ["B", "B"]


def test_merged_titles_and_headers_of_two_rows(tmp_path: Path) -> None:
    rows = [
        ["清单 单位：万元", None, None],
        ["借据编号", "金额", None],
        [None, "本金余额", "利息"],
        ["01", 5, 1],
    ]
    raw = book(tmp_path, rows, ("A1:C1", "A2:A3", "B2:C2"), header_row=3)
    assert raw.headers == ("借据编号", "本金余额", "利息") and raw.merged == ()
    assert raw.above == ((1, ("清单 单位：万元",)), (2, ("借据编号", "金额")))
    assert raw.frame.to_numpy().tolist() == [["01", 5.0, 1.0]]


def test_headers_of_two_rows_are_reported(tmp_path: Path, read: Reader) -> None:
    rows = [["loan_id", "amount", None], [None, "principal", "interest"], ["1", 5, 2]]
    for raw in (book(tmp_path, rows), read("loan_id,amount,\n,principal,interest\n1,5,2\n")):
        assert [f.severity for f in raw.findings] == ["warning"]
        assert "header_row: 2" in raw.findings[0].expected
    plain = [["loan_id", None, "x"], ["1", "a note", "2"], ["2", "", "3"]]
    assert book(tmp_path, plain).findings == ()


def test_the_row_with_most_known_headers(tmp_path: Path, read: Reader) -> None:
    rows: list[list[object]] = [
        ["Tape of bank X"],
        [],
        ["loan_id", "of 2026"],
        ["date", "principal", "loan_id"],
        ["a", 1, "7"],
    ]
    raw = book(tmp_path, rows, known=known)
    assert raw.header_row == 4 and raw.rows.tolist() == [5]
    assert raw.above == ((1, ("Tape of bank X",)), (3, ("loan_id", "of 2026")))
    text = "Tape of bank X\n\n单位：万元,2026\nprincipal;x;loan_id\n1;2;3\n4;5;6\n"
    raw = read(text, known=known)
    assert (
        raw.header_row == 4
        and raw.headers == ("principal", "x", "loan_id")
        and raw.rows.tolist() == [5, 6]
    )
    assert raw.above[1] == (3, ("单位：万元,2026",))


def test_one_known_header_is_not_enough(read: Reader) -> None:
    raw = read("a,b\nloan_id,7\n1,2\n", known=known)
    assert raw.header_row == 1 and raw.above == ()


def test_headers_too_far_down_are_not_searched(read: Reader) -> None:
    text = "".join(f"note {i}\n" for i in range(60)) + "loan_id,principal\n1,2\n"
    assert read(text, known=known).header_row == 1


def test_a_stated_header_row_wins(read: Reader) -> None:
    raw = read("title\na,b\nloan_id,principal\n1,2\n", known=known, header_row=2)
    assert raw.headers == ("a", "b") and raw.above == ((1, ("title",)),)


def test_headers_by_position(tmp_path: Path, read: Reader) -> None:
    raw = read("1|2.5|x\n2|3.5|\n", headers=("loan_id", "principal", "note"))
    assert (
        raw.headers == ("loan_id", "principal", "note")
        and raw.rows.tolist() == [1, 2]
        and not raw.findings
    )
    raw = read("title\n\n1,2,3\n", headers=("a", "b", "c"), header_row=2)
    assert raw.rows.tolist() == [3] and raw.above == ((1, ("title",)),)
    raw = book(tmp_path, [["1", 2, None], ["2", 3, "x"]], headers=("a", "b", "c"))
    assert raw.rows.tolist() == [1, 2] and raw.frame[2].tolist() == ["", "x"]


def test_records_of_another_width_than_headers_by_position(tmp_path: Path, read: Reader) -> None:
    raw = read("1,2,3\n1,2\n1,2,3,4\n5,6,7\n", headers=("a", "b", "c"))
    assert {(f.severity, f.rows) for f in raw.findings} == {("error", (2,)), ("error", (3,))}
    raw = book(tmp_path, [["1", 2], ["2", 3, "x"]], headers=("a", "b"))
    assert [(f.severity, f.rows) for f in raw.findings] == [("error", (2,))]
    with pytest.raises(TableError, match="at most 2 cells; expected 3"):
        book(tmp_path, [["1", 2]], headers=("a", "b", "c"))


def test_a_header_merged_into_the_records_is_not_filled(tmp_path: Path) -> None:
    raw = book(tmp_path, [["id", "x"], [None, 5], ["2", 6]], ("A1:A2",))
    assert raw.headers == ("id", "x") and raw.frame[0].tolist() == ["", "2"] and raw.merged == ()


def test_the_first_of_equal_rows_holds_the_headers(read: Reader) -> None:
    raw = read("title\nloan_id,principal\nloan_id,principal\n1,2\n", known=known)
    assert raw.header_row == 2 and len(raw.rows) == 2
