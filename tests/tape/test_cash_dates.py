"""Files of cash: the day of the valuation, dates of another time, lines of totals by month."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from npl_sim.core.errors import TapeError
from tests.tape.test_cash_file import row, settled


def test_costs_of_the_valuation_date_count_and_receipts_of_that_day_do_not(tmp_path):
    """Who bore the costs is not known; without them the rate of return would be too high."""
    rows = [
        row(day="2026-06-30", amount=40.0, kind="lawyer"),
        row("L2", day="2026-06-30", amount=70.0, kind="settlement"),
        row("L2", day="2026-06-29", amount=9.0, kind="lawyer"),
        row(day="2026-07-15", amount=460.0, kind="settlement"),
    ]
    cash = settled(tmp_path, rows, as_of=date(2026, 7, 31))
    receipts, costs = cash.by_month()
    assert (receipts[0], costs[0]) == (460.0, 40.0) and cash.states_costs
    account = cash.account.set_index("reason")["cents"].to_dict()
    assert account == {"used": 46_000, "cost_on_start": -4_000, "before_start": 6_100}
    texts = " ".join(f.text for f in cash.findings)
    assert "counted in month 1, as the owner's: -40.00 in 1 amounts" in texts


@pytest.mark.parametrize(
    "days",
    [{"day": "2025-07-15"}, {"day": "2027-07-15"}, {"day": "2026-06-30", "amount": 1.0}],
)
def test_a_file_of_another_time_is_refused_with_its_dates(tmp_path, days):
    with pytest.raises(TapeError) as error:
        settled(tmp_path, [row(**days)], as_of=date(2026, 12, 31))
    day = days["day"]
    assert f"all 1 amounts are set aside; their dates are {day} to {day}" in str(error.value)
    assert "after the valuation date 2026-06-30, in whole months up to 2026-12-31" in str(
        error.value
    )


def test_months_of_another_year_are_refused(tmp_path):
    wide = [{"loan_id": "L1", "2025-07": 5.0, "2025-08": 2.0}]
    with pytest.raises(TapeError, match="their dates are 2025-07-31 to 2025-08-31"):
        settled(tmp_path, wide, as_of=date(2026, 12, 31))


@pytest.mark.parametrize("name", ["Total", "合计", "TOTALE"])
def test_lines_of_totals_of_a_monthly_file_are_no_loans(tmp_path, name):
    rows = [("L1", 1.0, 2.0, 3.0), ("L2", 3.0, 4.0, 7.0), (name, 4.0, 6.0, 10.0)]
    wide = [dict(zip(("loan_id", "2026-07", "2026-08", name), r, strict=True)) for r in rows]
    cash = settled(tmp_path, wide)
    assert cash.total_rows == 1 and not len(cash.set_aside)
    assert list(cash.by_month()[0]) == [4.0, 6.0]
    months = [("L1", "2026-07", 1.0), (name, "2026-07", 1.0), ("L2", "2026-08", 6.0)]
    long = [{"loan_id": i, "month": m, "amount": a} for i, m, a in [*months, (name, "2026-08", 6)]]
    cash = settled(tmp_path, long)
    assert cash.total_rows == 2 and list(cash.by_month()[0]) == [1.0, 6.0]
    assert not any("sum of the rows" in f.text for f in cash.findings)
    # An id with a number names a loan.
    other = [{"loan_id": "TOTAL-7", "month": "2026-07", "amount": 1.0}]
    assert not settled(tmp_path, other, loans=pd.Series(["TOTAL-7"])).total_rows
