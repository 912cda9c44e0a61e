"""Text files of any separator and line end; what is odd about their shape is reported."""

from __future__ import annotations

import pytest

from npl_sim.core.errors import TableError
from tests.tables.conftest import Reader


@pytest.mark.parametrize("separator", [";", ",", "\t", "|", "^", ":"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_the_separator_that_excel_states(
    read: Reader, separator: str, line_end: str, mark: str
) -> None:
    text = f"{mark}sep={separator}\nloan_id,x{separator}b\n1{separator}2\n3{separator}4\n"
    raw = read(text.replace("\n", line_end).encode("utf-8"))
    assert raw.headers == (("loan_id,x", "b") if separator != "," else ("loan_id", "x", "b"))
    assert raw.header_row == 2 and raw.rows.tolist() == [3, 4] and raw.above == ()


def test_a_header_that_only_looks_like_a_stated_separator(read: Reader) -> None:
    assert read("sep=a,b\n1,2\n").headers == ("sep=a", "b")
    assert read("SEP=;\na;b\n1;2\n").headers == ("a", "b")


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        ("a;b\n1,5;2,5\n3,5;4,5\n", ("a", "b")),
        ("Amount, CNY;Rate, %\n1,5;2,5\n", ("Amount, CNY", "Rate, %")),
        ("Amount, CNY\tb\n1,234\t5\n", ("Amount, CNY", "b")),
        ('"a;x","b"\n"1;2","3"\n', ("a;x", "b")),
        ("a|b|c\n1,2|3|4\n", ("a", "b", "c")),
        ("only\n1\n2\n", ("only",)),
        ("name, first, last;id\nx;1\ny;2\nz;3\n", ("name, first, last", "id")),
    ],
)
def test_the_separator_is_decided_over_several_lines(
    read: Reader, text: str, headers: tuple[str, ...]
) -> None:
    assert read(text).headers == headers


def test_known_headers_decide_between_separators(read: Reader) -> None:
    text = "loan_id;principal, total;date, due\n1;2, 3;4, 5\n"
    raw = read(text, known=lambda h: sum(x in ("loan_id", "date, due") for x in h))
    assert raw.headers == ("loan_id", "principal, total", "date, due")


@pytest.mark.parametrize("end", ["2,sme", "2", "2,", '2,"sme'])
def test_a_file_that_ends_in_mid_row(read: Reader, end: str) -> None:
    text = f"loan_id,product,amount\n1,sme,5\n{end}"
    if '"' in end:
        with pytest.raises(TableError, match="may have been cut"):
            read(text)
        return
    found = [f for f in read(text).findings if f.severity == "error"]
    assert [f.rows for f in found] == [(3,)] and "cut in transfer" in found[0].expected
    assert not [f for f in read(text + "\n").findings if f.severity == "error"]


@pytest.mark.parametrize("end", ["2,sme,7", "2,sme,", '2,sme,"7"', "2,sme,7\r"])
def test_a_last_row_that_is_whole(read: Reader, end: str) -> None:
    assert read(f"loan_id,product,amount\n1,sme,5\n{end}").findings == ()


def test_quoted_line_breaks_do_not_shift_the_rows(read: Reader) -> None:
    raw = read('"title\nof two lines"\nid,b\n1,"x\ny"\n2,z\n', header_row=2)
    assert (
        raw.header_row == 2
        and raw.rows.tolist() == [3, 4]
        and raw.frame[1].tolist() == ["x\ny", "z"]
    )
    assert [f.rows for f in raw.findings] == [(3,)]


def test_a_quoted_header_with_a_line_break(read: Reader) -> None:
    raw = read('"loan\nid",b\n1,2\n3,4\n')
    assert raw.headers == ("loan\nid", "b") and raw.rows.tolist() == [2, 3]


def test_line_ends_of_all_sorts(read: Reader) -> None:
    for end in ("\n", "\r\n", "\r"):
        raw = read(f"a,b{end}1,2{end}{end}3,4{end}".encode())
        assert raw.rows.tolist() == [2, 4] and raw.frame[1].tolist() == ["2", "4"]


def test_a_nul_in_a_cell(read: Reader) -> None:
    assert read(b"a,b\n1\x00,2\n3,4\n").frame[0].str.strip("\x00").tolist() == ["1", "3"]


@pytest.mark.parametrize("first_long", [True, False])
def test_as_many_cells_too_many_as_too_few(read: Reader, first_long: bool) -> None:
    rows = ["1,2,3,4", "1,2"] if first_long else ["1,2", "1,2,3,4"]
    raw = read("a,b,c\n" + "\n".join(rows) + "\n")
    assert len(raw.headers) == 3 and {f.severity for f in raw.findings} == {"error", "warning"}


def test_html_named_xls_is_no_text(read: Reader) -> None:
    raw = read("id\tb\n1\t2\n", name="t.xls")
    assert raw.headers == ("id", "b")


def test_a_long_irregular_file(read: Reader) -> None:
    """Blocks of rows are put together without a gap."""
    rows = [f"{i},b" for i in range(45_000)]
    rows[3] = '3,"two\nlines"'
    raw = read("id,x\n" + "\n".join(rows) + "\n")
    assert raw.frame[0].tolist() == [str(i) for i in range(45_000)] and raw.rows[-1] == 45_001


def test_the_line_of_the_headers_decides_between_separators(read: Reader) -> None:
    assert read("a,b\n1;5,2\n1;6,3\nx;y\n").headers == ("a", "b")
