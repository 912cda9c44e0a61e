"""Months of a file of cash: calendar months, their years, and the valuation date."""

from __future__ import annotations

from datetime import date

import pytest

from npl_sim.core.errors import TapeError
from tests.tape.test_cash_file import settled


@pytest.mark.parametrize(
    "rows",
    [
        [{"贷款编号": "L1", "7月": 10, "8月": 20}],
        [
            {"贷款编号": "L1", "月份": "7月", "金额": 10},
            {"贷款编号": "L2", "月份": "8月", "金额": 20},
        ],
    ],
)
def test_a_calendar_month_without_its_year_is_refused(tmp_path, rows):
    """7月 is July, not the seventh month after the valuation date."""
    with pytest.raises(TapeError, match=r"7月.*2026"):
        settled(tmp_path, rows)


@pytest.mark.parametrize(
    ("start", "rows", "count"),
    [
        (date(2026, 6, 15), [{"loan_id": "L1", "2026-06": 10, "2026-07": 20}], 1),
        (date(2026, 6, 15), [{"loan_id": "L1", "month": "2026-07", "amount": 20}], 1),
        (date(2026, 6, 15), [{"loan_id": "L1", "M1": 10, "M2": 20}], 0),
        (date(2026, 6, 30), [{"loan_id": "L1", "2026-07": 10, "2026-08": 20}], 0),
    ],
)
def test_calendar_months_of_a_valuation_date_within_a_month_are_reported(
    tmp_path, start, rows, count
):
    cash = settled(tmp_path, rows, as_of=date(2026, 9, 30), start=start)
    assert len([f for f in cash.findings if "may lie a month off" in f.expected]) == count
