"""Dates of filing, judgment, enforcement and pause date the stage for which they are sure, and
no other."""

from __future__ import annotations

import pandas as pd
import pytest

from npl_sim.tape import LoanTable
from tests.tape.conftest import Reader

HEAD = "loan_id,product,principal,default_date,stage"


def tape(read: Reader, columns: str, *rows: str, **terms: object) -> LoanTable:
    lines = [f"{i},sme,100,2022-01-31,{row}" for i, row in enumerate(rows, 1)]
    return read("\n".join([f"{HEAD},{columns}", *lines]) + "\n", **terms)


def dates(table: LoanTable) -> list[str]:
    return ["" if pd.isna(d) else f"{d:%Y-%m-%d}" for d in table.loans["stage_date"]]


@pytest.mark.parametrize(
    ("header", "sure"),
    [
        ("立案日期", {"litigation"}),
        ("判决日期", {"judged"}),
        ("申请执行日期", {"enforcement"}),
        ("终本日期", {"dormant"}),
        ("data inizio procedura", {"litigation", "enforcement"}),
    ],
)
def test_a_header_dates_the_stages_where_it_is_sure(
    read: Reader, header: str, sure: set[str]
) -> None:
    stages = ("litigation", "judged", "enforcement", "dormant", "plan", "collection")
    table = tape(read, header, *(f"{stage},2025-01-31" for stage in stages))
    assert dates(table) == ["2025-01-31" if stage in sure else "" for stage in stages]
    unused = [f for f in table.findings if "dates" in f.expected and "alone" in f.expected]
    assert [f.count for f in unused] == [len(set(stages) - sure - {"collection"})]
    assert header in unused[0].column


def test_a_stage_date_comes_first_and_must_agree(read: Reader) -> None:
    table = tape(
        read,
        "stage_date,filing_date",
        "litigation,2025-03-31,2025-03-01",
        "litigation,2025-03-31,2024-03-01",
        "litigation,,2024-05-01",
    )
    assert dates(table) == ["2025-03-31", "2025-03-31", "2024-05-01"]
    assert [f.rows for f in table.findings if "agrees with filing_date" in f.expected] == [(3,)]


@pytest.mark.parametrize(
    ("columns", "row", "part"),
    [
        ("judgment_date", "litigation,2025-01-31", "no such date for a loan in litigation"),
        ("filing_date", "collection,2025-01-31", "no such date for a loan in collection"),
        ("enforcement_date", "judged,2025-01-31", "no such date for a loan in judged"),
        (
            "filing_date,judgment_date",
            "judged,2025-01-31,2024-01-31",
            "a date on or after filing_date",
        ),
    ],
)
def test_contradictions(read: Reader, columns: str, row: str, part: str) -> None:
    assert [f.row for f in tape(read, columns, row).findings if part in f.expected] == [2]


def test_all_dates_in_order_draw_nothing(read: Reader) -> None:
    table = tape(
        read,
        "filing_date,judgment_date,enforcement_date,pause_date",
        "dormant,2023-01-31,2023-06-30,2023-09-30,2024-03-31",
    )
    assert dates(table) == ["2024-03-31"]
    assert not [f for f in table.findings if "date" in f.column and "absent" not in f.name]


def test_the_other_reading_of_an_unknown_date(read: Reader) -> None:
    """Without a court date half way between default and valuation; with one, the earliest."""
    table = tape(
        read, "filing_date", "judged,2024-06-30", "judged,", "litigation,2024-06-30", "collection,"
    )
    (reading,) = table.other_readings
    assert (reading.name, reading.count, reading.gbv, reading.examples) == (
        "stage_date",
        2,
        200.0,
        "1, 2",
    )
    other = pd.Series(reading.loans["stage_date"])
    assert list(other[[0, 2]]) == [pd.Timestamp("2024-06-30")] * 2
    half = (
        pd.Timestamp("2022-01-31") + (pd.Timestamp("2026-06-30") - pd.Timestamp("2022-01-31")) / 2
    )
    assert abs((other[1] - half).days) <= 1
    assert pd.isna(other[3])


def test_only_dates_of_other_stages_are_counted_as_unused(read: Reader) -> None:
    rows = ("litigation,2025-01-31", "litigation,", "judged,2025-01-31", "judged,")
    (unused,) = [f for f in tape(read, "filing_date", *rows).findings if "alone" in f.expected]
    assert unused.rows == (4,)


@pytest.mark.parametrize(("count", "examples"), [(5, "1, 2, 3, 4, 5"), (6, "1, 2, 3, 4, 5, ...")])
def test_five_examples_are_named(read: Reader, count: int, examples: str) -> None:
    table = tape(read, "filing_date", *["judged,"] * count, confirmed=["valuation_date"])
    (reading,) = table.other_readings
    assert (reading.count, reading.examples) == (count, examples)
