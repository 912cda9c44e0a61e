"""Rows that repeat others: counted with their cash, or refused where scenarios would be added
up."""

from __future__ import annotations

import numpy as np
import pytest

from npl_sim.core.errors import TableError
from npl_sim.tables.repeats import check_duplicate_rows


def duplicates(keys, **amounts):
    columns = {name: np.array(x) for name, x in keys.items()}
    rows = np.arange(2, 2 + len(next(iter(columns.values()))))
    return check_duplicate_rows(
        "t", columns, {n: np.array(x, dtype=float) for n, x in amounts.items()}, rows
    )


def test_no_row_duplicates_another():
    assert duplicates({"scenario": [0, 0, 1], "month": [1, 2, 1]}, received=[5, 5, 5]) == []
    assert (
        duplicates({"scenario": [0, 0], "month": [1, 1], "kind": ["sale", "tax"]}, amount=[5, 5])
        == []
    )


def test_a_duplicated_row_is_reported_with_what_it_adds():
    notes = duplicates(
        {"scenario": [0, 0, 0, 1], "month": [1, 2, 2, 2]},
        received=[5, 6, 1234.5, 8],
        costs=[0, 1, 2, 3],
    )
    assert notes == [
        "t: 1 row repeats the scenario and month of an earlier row (row 4); their amounts "
        "are added to it: received 1,234.50, "
        "costs 2.00"
    ]


def test_copies_are_separated():
    keys = {"scenario": [0] * 7 + [1], "month": [1, 2, 3, 4, 1, 2, 2, 4]}
    notes = duplicates(keys, received=[5, 6, 7, 8, 5, 6, 60, 8])
    assert "3 rows repeat the scenario and month of an earlier row (rows 6, 7, 8)" in notes[0]
    assert notes[0].endswith("received 71.00")
    assert "2 of them are the same as an earlier row in every cell (rows 6, 7)" in notes[1]
    assert "probably copied: received 11.00" in notes[1]


def test_only_the_first_rows_are_listed():
    keys = {"scenario": [0] * 20, "month": [1] * 20}
    assert "(rows 3, 4, 5, 6, 7, ...)" in duplicates(keys, received=range(1, 21))[0]


def test_rows_without_cash_repeat_nothing():
    assert (
        duplicates(
            {"scenario": [0, 0, 0], "month": [1, 1, 1]}, received=[0, 5, 0], costs=[0, 0, 0]
        )
        == []
    )


def test_a_file_that_holds_its_rows_twice_is_refused():
    keys = {"scenario": [0, 0, 0, 0], "month": [1, 2, 1, 2]}
    with pytest.raises(
        TableError, match="rows 4, 5: 2 of 4 rows are the same as an earlier row in every cell"
    ):
        duplicates(keys, received=[5, 6, 5, 6])


@pytest.mark.parametrize("time", ["month", "date"])
@pytest.mark.parametrize(
    ("at", "received", "text"),
    [
        ([1, 2, 1, 2], [5, 6, 7, 8], "rows 2, 4: the same {}, .*2 of 2 occur in several rows"),
        ([1, 2, 3, 3], [5, 6, 7, 8], "rows 4, 5: the same {}, .*1 of 3 occur in several rows"),
    ],
)
def test_dates_in_several_rows_need_a_scenario(time, at, received, text):
    with pytest.raises(TableError, match=text.format(time)) as caught:
        duplicates({time: at}, received=received)
    assert "expected a column scenario" in str(caught.value)


def test_one_copy_without_scenarios_is_only_reported():
    assert len(duplicates({"month": [1, 2, 3, 3]}, received=[5, 6, 7, 7])) == 2


def test_one_scenario_number_in_all_rows_is_as_good_as_none():
    keys = {"scenario": [0] * 6, "month": [1, 2, 1, 2, 1, 2]}
    with pytest.raises(
        TableError,
        match="rows 2, 4, 6: the same month, and the column scenario has the same number",
    ):
        duplicates(keys, received=[5, 6, 7, 8, 9, 10])
    few = {"scenario": [0] * 5, "month": [1, 2, 3, 4, 4]}
    assert len(duplicates(few, received=[5, 6, 7, 8, 9])) == 1
    assert len(duplicates({"scenario": [0] * 2, "month": [1, 1]}, received=[5, 6])) == 1


def test_half_of_the_dates_in_several_rows_of_one_scenario_are_refused():
    with pytest.raises(
        TableError, match="rows 3, 4: the same month, .*1 of 2 occur in several rows"
    ):
        duplicates({"scenario": [0] * 3, "month": [1, 2, 2]}, received=[5, 6, 7])
