"""A title row that dates the balances to another day than the study is reported."""

from __future__ import annotations

from datetime import date

import pytest

from npl_sim.tape.title_date import title_date
from tests.tape.conftest import Reader


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("某银行不良资产包债权明细表（基准日：2026年6月30日，单位：万元）", date(2026, 6, 30)),
        ("截至2025年12月31日", date(2025, 12, 31)),
        ("Cut-off date: 2026-03-31", date(2026, 3, 31)),
        ("Balances as of 20260331", date(2026, 3, 31)),
        ("Data di riferimento 2025/12/31", date(2025, 12, 31)),
        ("Cut-off date: 31 May 2026", date(2026, 5, 31)),
        ("Balances as at 30th of June, 2026", date(2026, 6, 30)),
        ("Cut-off: March 31, 2026 (EUR)", date(2026, 3, 31)),
        ("Situazione al 31 dicembre 2025", date(2025, 12, 31)),
        ("Data di riferimento: 31/12/2025", date(2025, 12, 31)),
        ("Cut-off date: 05/06/2026", None),
        ("Balances as of June 2026", None),
        ("制表日期：2026年7月5日", None),
        ("Report 2026-03-31", None),
        ("as of 2026-13-31", None),
        ("合同编号 20260331001", None),
    ],
)
def test_dates_of_titles(text: str, day: date | None) -> None:
    assert title_date(text) == day


TAPE = (
    "不良贷款清单（基准日：{}）,,,,\nloan_id,product,principal,default_date,stage\n1,sme,5,2024-01-31,"
    "collection\n"
)


def test_a_title_of_another_day_is_reported(read: Reader) -> None:
    finding = [f for f in read(TAPE.format("2025年12月31日")).findings if f.name == "cut_off_date"]
    assert [(f.row, f.severity) for f in finding] == [(1, "warning")]
    assert (
        "2026-06-30, the valuation date" in finding[0].expected
        and "to 2025-12-31" in finding[0].expected
    )
    stated = read(TAPE.format("2025年12月31日"), cut_off_date=date(2025, 12, 31))
    assert not [f for f in stated.findings if f.name == "cut_off_date"]
    wrong = read(TAPE.format("2025年12月31日"), cut_off_date=date(2025, 11, 30))
    assert [f.expected[:10] for f in wrong.findings if f.name == "cut_off_date"] == ["2025-11-30"]


def test_a_title_that_agrees_draws_nothing(read: Reader) -> None:
    assert not [f for f in read(TAPE.format("2026年6月30日")).findings if f.name == "cut_off_date"]
