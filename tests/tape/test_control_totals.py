"""Control totals of the study, and shared cases of implausible tapes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from npl_sim.core.errors import TapeError
from npl_sim.tables.findings import Finding
from npl_sim.tape import LoanTable, TapeSpec, read_tape
from tests.tape.conftest import HEADER, VALUATION, Reader

CASES = Path(__file__).parents[3] / "shared/cases"


def named(table: LoanTable, name: str) -> list[Finding]:
    return [f for f in table.findings if f.name == name]


@pytest.mark.parametrize(
    ("expected", "finding"),
    [
        ({"rows": 2}, None),
        ({"rows": 3}, "3 rows, as tape.expected states: the file has 2"),
        ({"gbv": 30.01}, None),
        ({"gbv": 30.02}, None),
        ({"gbv": 30.03}, "a difference of -0.02"),
        ({"gbv": 3001}, "a difference of -2,970.99"),
        ({"rows": 2, "gbv": 30}, None),
    ],
)
def test_control_totals(read: Reader, expected: dict[str, float], finding: str | None) -> None:
    text = f"{HEADER}\nA,sme,10,2026-01-31\nB,sme,20.01,2026-01-31\nTotal,,30.01,\n"
    for mode in ("stop", "quarantine"):
        if finding is None:
            assert len(read(text, expected=expected, on_error=mode).loans) == 2
        else:
            with pytest.raises(TapeError, match=finding):
                read(text, expected=expected, on_error=mode)


def test_control_totals_of_a_tape_with_unreadable_rows_and_items(read: Reader) -> None:
    text = f"{HEADER}\nA,sme,10,2026-01-31\nB,sme,x,2026-01-31\n"
    with pytest.raises(TapeError, match="1 rows have no readable amount"):
        read(text, expected={"gbv": 10}, on_error="quarantine")
    wide = (
        f"{HEADER},抵押物类型,评估价值\nA,sme,10,2026-01-31,land,5\nA,sme,10,2026-01-31,land,6\n"
    )
    assert len(read(wide, expected={"gbv": 10, "rows": 2}).loans) == 1


def test_findings_show_their_own_cells(read: Reader) -> None:
    """The value of a finding is what the file has in the column that it names."""
    text = (
        "loan_id,product,principal,accrued_interest,default_date,stage,stage_date,"
        "contract_rate,penalty_rate\n"
        "A,sme,10,,2026-01-31,judged,,,\n"
    )
    items = (
        "collateral_id,loan_id,kind,appraisal_value,appraisal_date,prior_liens,lien_rank\nC,A,"
        ",,,,2\n"
    )
    table = read(text, items)
    cells = {
        "loans.csv": dict(
            zip(text.split("\n")[0].split(","), text.split("\n")[1].split(","), strict=True)
        ),
        "collateral.csv": dict(
            zip(items.split("\n")[0].split(","), items.split("\n")[1].split(","), strict=True)
        ),
    }
    seen = 0
    for finding in table.findings:
        if finding.row > 1:
            assert finding.value == cells[finding.file][finding.column], finding
            seen += 1
    assert seen >= 7
    assert all(f.gbv == 10.0 for f in table.findings if f.row > 1)


@pytest.mark.parametrize(
    ("case", "terms", "finding"),
    [
        (
            "robustness/02_valuation_date_typo/tape.csv",
            {"day": date(2062, 6, 30)},
            "valuation_date",
        ),
        (
            "robustness/03_rates_in_percent/tape.csv",
            {"rates_in_percent": True},
            "rates_in_percent",
        ),
        ("tapes/B6_year_0202_and_placeholders/loans.csv", {}, "a date from 1950 on"),
    ],
)
def test_shared_cases_are_refused(case: str, terms: dict[str, object], finding: str) -> None:
    path = CASES / case
    if not path.exists():
        pytest.skip("the shared cases are not beside this checkout")
    day = terms.pop("day", VALUATION)
    with pytest.raises(TapeError, match=finding):
        read_tape(TapeSpec(loans=path, defaults={"stage": "collection"}, **terms), day)


def test_shared_cases_of_outliers_and_cut_off() -> None:
    low, late = (
        CASES / "tapes/C5_low_outlier/loans.csv",
        CASES / "tapes/E1_default_after_cutoff/loans.csv",
    )
    if not low.exists():
        pytest.skip("the shared cases are not beside this checkout")
    table = read_tape(TapeSpec(loans=low, confirmed=["blank.stage"]), VALUATION)
    assert [(f.row, f.count) for f in named(table, "balances")] == [(3, 1)]
    spec = TapeSpec(loans=late, defaults={"stage": "collection"}, cut_off_date=date(2026, 5, 31))
    assert [f.value for f in named(read_tape(spec, VALUATION), "cut_off_date")] == ["2026-06-15"]


def test_an_interruption_on_the_day_of_default_is_in_order(read: Reader) -> None:
    text = (
        f"{HEADER},last_interruption_date\nA,sme,1,2026-01-31,2026-01-31\nB,sme,1,2026-01-31,"
        f"2026-01-30\n"
    )
    found = [f.rows for f in read(text).findings if "on or after default" in f.expected]
    assert found == [(3,)]
