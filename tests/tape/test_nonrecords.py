"""Lines of totals, footers and repeated headers are no loans, and loans are none of these."""

from __future__ import annotations

import pytest

from npl_sim.tape.non_records import is_footer, is_total, stated_count
from tests.tape.conftest import HEADER, Reader, errors

LOANS = f"{HEADER},stage\n1,sme,100,2024-01-31,collection\n2,sme,200,2024-01-31,collection\n"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Total",
            "Total:",
            "TOTAL",
            "Grand Total",
            "Totals",
            "Sub-total",
            "*** TOTAL ***",
            "Total (2 loans)",
            "Total of 1,234 loans",
        ),
        *(
            "合计",
            "合 计",
            "合计：",
            "总计",
            "小计（对公）",
            "合计（共300笔）",
            "合计300户",
            "共计 5 笔",
            "本页小计",
        ),
        *(
            "TOTALE",
            "Totale generale",
            "TOTALE CREDITI",
            "Totale (EUR)",
            "Summe:",
            "Gesamt",
            "Total général",
        ),
    ],
)
def test_terms_for_totals(text: str) -> None:
    assert is_total(text)


@pytest.mark.parametrize(
    "text", ["", "TOT1", "Total Ltd", "SUMMER-1", "Totalenergies 1", "A合计", "Sumitomo", "1"]
)
def test_terms_that_are_not_totals(text: str) -> None:
    assert not is_total(text)


@pytest.mark.parametrize(
    "line",
    [
        "Total:,,300,",
        "TOTALE,,300,,",
        "合计（共2笔）,,300,,",
        ",合计：,300,,",
        ",,300,,",
        "Total (2 loans),,300,,",
    ],
)
def test_totals_are_left_out_and_compared(read: Reader, line: str) -> None:
    table = read(LOANS + line + "\n")
    assert table.reconciliation.gbv_in == 300.0
    assert table.reconciliation.loans.total_rows == 1
    assert not [f for f in table.findings if "sum of the rows" in f.expected]
    wrong = read(LOANS + line.replace("300", "301") + "\n")
    (finding,) = [f for f in wrong.findings if "sum of the rows" in f.expected]
    assert finding.value == "301.00" and finding.expected.startswith("300.00")


def test_a_total_that_counts_other_rows_is_reported(read: Reader) -> None:
    table = read(LOANS + "合计（共3笔）,,300,,\n")
    assert [f.value for f in table.findings if "records, as in the file" in f.expected] == ["3"]
    assert stated_count("合计300户") is None  # borrowers, not loans


def test_an_id_that_reads_like_a_total_is_a_loan(read: Reader) -> None:
    table = read(LOANS.replace("2,sme", "TOTAL-0002,sme"))
    assert list(table.loans["loan_id"]) == ["1", "TOTAL-0002"]


def test_footers_below_the_table(read: Reader) -> None:
    text = (
        LOANS
        + "合计,,300,,\n,,,,\n制表人：李某某 复核：王某某 制表日期：2026年7月5日,,,,\nNote: amounts in yuan,,,,\n"
    )
    table = read(text)
    assert list(table.loans["loan_id"]) == ["1", "2"]
    (finding,) = [f for f in table.findings if "below the table" in f.expected]
    assert finding.count == 2


def test_a_loan_that_lacks_all_but_its_id_is_no_footer(read: Reader) -> None:
    table = read(LOANS + "A0003,,,,\n", on_error="quarantine")
    assert set(table.quarantine["row"]) == {4}
    assert not is_footer("A0003")


def test_duplicated_headers(read: Reader) -> None:
    table = read(LOANS + LOANS.replace("1,sme", "3,sme").replace("2,sme", "4,sme"))
    assert list(table.loans["loan_id"]) == ["1", "2", "3", "4"]
    assert [f.row for f in table.findings if "repeats the headers" in f.expected] == [4]


@pytest.mark.parametrize(
    "lines",
    [
        ["1,sme,100,2024-01-31", ",sme,700,2024-01-31", "2,sme,200,2024-01-31"],
        ["1,sme,100,2024-01-31", ",,300,", "2,sme,200,2024-01-31"],
        ["1,sme,100,2024-01-31", ",sme,300,2024-01-31"],
        [",,300,", "1,sme,100,2024-01-31"],
    ],
)
def test_a_row_that_only_lacks_its_id_is_no_total(read: Reader, lines: list[str]) -> None:
    """Its amount would be missing from the package without an error."""
    table = read("\n".join([HEADER, *lines]) + "\n", on_error="quarantine")
    row = 2 + next(i for i, line in enumerate(lines) if line.startswith(","))
    assert ("loan_id", row) in errors(table)
    assert row in set(table.quarantine["row"])
    assert not [f for f in table.findings if f.value == "totals"]


def test_every_word_of_totals_is_looked_at(read: Reader) -> None:
    """Ids are first searched for the roots of such words, whole columns at a time: none may be
    missed."""
    import pandas as pd

    from npl_sim.tape.non_records import _ROOTS, _TOTALS

    texts = [
        f"{before}{form}{after}"
        for word in _TOTALS
        for form in (word, word.upper(), " ".join(word))
        for before, after in (("", ""), ("* ", ":"), ("", " (2)"))
    ]
    texts += ["ＴＯＴＡＬ", "合　计", "Ｔotal"]
    totals = [text for text in texts if is_total(text)]
    assert len(totals) > 2 * len(_TOTALS)
    assert pd.Series(totals, dtype="str").str.contains(_ROOTS, case=False, regex=True).all()


def test_subtotals_are_left_out_and_not_compared_with_the_whole(read: Reader) -> None:
    rows = LOANS.splitlines()
    text = "\n".join([*rows[:2], "小计,,100,,", rows[2], "Subtotal:,,200,,", "合计,,300,,"]) + "\n"
    table = read(text)
    assert table.reconciliation.gbv_in == 300.0 and table.reconciliation.loans.total_rows == 3
    assert not [f for f in table.findings if f.name == "totals"]
    wrong = read(text.replace("合计,,300", "合计,,301"))
    assert [(f.row, f.value) for f in wrong.findings if f.name == "totals"] == [(6, "301.00")]
    assert not [
        f for f in read("\n".join([*rows, "小计,,100,,"]) + "\n").findings if f.name == "totals"
    ]
