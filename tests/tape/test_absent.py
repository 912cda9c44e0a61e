"""Absent columns, empty cells and placeholder borrowers are reported with their defaults."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from npl_sim.core.errors import TapeError
from npl_sim.tape import LoanTable, TapeSpec, read_tape
from tests.tape.conftest import HEADER, VALUATION, Reader

ROW = "1,sme,100,5,2026-01-31,judged"


def plain(tmp_path: Path, text: str, **terms: object) -> LoanTable:
    """Read a tape of which nothing is stated."""
    path = tmp_path / "loans.csv"
    path.write_text(text, encoding="utf-8")
    return read_tape(TapeSpec(loans=path, **terms), VALUATION)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("header", "row", "finding"),
    [
        ("loan_id,product,principal,default_date", "1,sme,100,2026-01-31", "no column for stage"),
        (
            "loan_id,product,gbv,default_date,stage",
            "1,sme,100,2026-01-31,judged",
            "no column for principal",
        ),
        (
            "loan_id,product,principal,stage",
            "1,sme,100,judged",
            "no column for default_date or days_past_due",
        ),
    ],
)
@pytest.mark.parametrize("mode", ["stop", "quarantine"])
def test_columns_without_which_a_tape_is_refused(
    tmp_path: Path, header: str, row: str, finding: str, mode: str
) -> None:
    with pytest.raises(TapeError, match=finding):
        plain(tmp_path, f"{header}\n{row}\n", on_error=mode)


def test_all_that_is_missing_is_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(TapeError) as caught:
        plain(tmp_path, "loan_id,gbv,状态描述\n1,5,x\n")
    for finding in ("product", "default_date", "'状态描述'"):
        assert finding in str(caught.value)


def test_a_missing_stage_is_reported_with_the_errors_of_cells(tmp_path: Path) -> None:
    text = (
        "loan_id,product,gbv,default_date,状态描述\n1,sme,#REF!,2024-13-01,x\n2,sme,5,2024-01-01,"
        "x\n"
    )
    with pytest.raises(TapeError) as caught:
        plain(tmp_path, text, on_error="quarantine")
    for finding in (
        "no column for stage",
        "no column for principal",
        "'状态描述'",
        "'#REF!'",
        "'2024-13-01'",
    ):
        assert finding in str(caught.value)


def test_the_study_may_state_them(tmp_path: Path) -> None:
    table = plain(
        tmp_path,
        "loan_id,product,gbv,age_months\n1,sme,100,5\n",
        defaults={"stage": "litigation", "accrued_interest": 30},
    )
    assert table.loans["principal"].tolist() == [70.0]
    assert table.loans["stage"].tolist() == ["litigation"]
    assert not {"absent.stage", "absent.accrued_interest"} & {f.name for f in table.findings}


@pytest.mark.parametrize(
    ("column", "assumed"),
    [
        ("accrued_interest", "0 is assumed"),
        ("fees", "0 is assumed"),
        ("contract_rate", "no interest accrues"),
        ("penalty_rate", "contract_rate is taken"),
        ("region", "all is taken"),
        ("segment", "the product is taken"),
        ("borrower_id", "a borrower of its own"),
        ("last_interruption_date", "limitation is taken to run from default"),
        ("joint_debtors", "1 is assumed"),
        ("responsiveness", "1 is assumed"),
        ("arbitration_clause", "no is assumed"),
        ("documents_missing", "no is assumed"),
        ("group_id", "no loan is taken to belong to a group"),
        ("monthly_capacity", "no capacity is known"),
        ("five_class", "no class is known"),
    ],
)
def test_an_absent_column_is_reported_with_its_gbv(
    read: Reader, column: str, assumed: str
) -> None:
    text = f"{HEADER}\nA,sme,100,2026-01-31\nB,sme,50,2026-01-31\n"
    finding = [f for f in read(text).findings if f.name == f"absent.{column}"]
    assert len(finding) == 1
    assert (finding[0].severity, finding[0].column) == ("warning", column)
    assert finding[0].gbv == 150.0 or (
        math.isnan(finding[0].gbv) and "GBV 150.00" in finding[0].expected
    )
    assert assumed in finding[0].expected
    value = {"region": "east", "last_interruption_date": "2026-02-01", "five_class": "loss"}.get(
        column, "1"
    )
    given = f"{HEADER},{column}\nA,sme,100,2026-01-31,{value}\n"
    assert not [
        f
        for f in read(given, confirmed=["rates_in_percent"]).findings
        if f.name == f"absent.{column}"
    ]


def test_absent_columns_of_collateral_touch_the_loans_that_have_some(read: Reader) -> None:
    text = f"{HEADER}\nA,sme,100,2026-01-31\nB,sme,50,2026-01-31\n"
    table = read(text, "loan_id,kind,appraisal_value\nB,land,5\n", "loan_id\nA\n")
    finding = {(f.file, f.name): f for f in table.findings if f.name.startswith("absent.")}
    assert finding["collateral.csv", "absent.prior_liens"].gbv == 50.0
    assert (
        "nothing is taken to rank before us"
        in finding["collateral.csv", "absent.prior_liens"].expected
    )
    assert finding["collateral.csv", "absent.secured_cap"].gbv == 50.0
    assert finding["guarantors.csv", "absent.cap"].gbv == 100.0


def test_secured_products_without_collateral_are_reported(read: Reader) -> None:
    text = (
        f"{HEADER}\nA,Housing "
        f"mortgage,100,2026-01-31\nB,unsecured,50,2026-01-31\nC,住房按揭,7,2026-01-31\n"
    )
    finding = [f for f in read(text).findings if f.name == "unsecured"]
    assert [(f.count, f.gbv, f.values) for f in finding] == [
        (2, 107.0, ("Housing mortgage", "住房按揭"))
    ]
    table = read(text, "loan_id,kind,appraisal_value\nA,land,5\n")
    assert [(f.count, f.gbv) for f in table.findings if f.name == "unsecured"] == [(1, 7.0)]


@pytest.mark.parametrize(
    ("column", "filled", "assumed"),
    [
        ("borrower_id", "B1", "a borrower of its own"),
        ("region", "east", "all is taken"),
        ("segment", "retail", "the product is taken"),
        ("stage", "judged", "collection is taken"),
        ("penalty_rate", "0.1", "contract_rate is taken"),
        ("joint_debtors", "2", "1 is taken"),
    ],
)
def test_empty_cells_of_keys_are_counted(
    read: Reader, column: str, filled: str, assumed: str
) -> None:
    rows = [filled, "", " ", filled]
    text = f"{HEADER},{column}\n" + "".join(
        f"{i},sme,{10 * (i + 1)},2026-01-31,{cell}\n" for i, cell in enumerate(rows)
    )
    finding = [f for f in read(text).findings if f.name == f"blank.{column}"]
    assert [(f.count, f.gbv, f.value, f.severity) for f in finding] == [(2, 50.0, "", "warning")]
    assert assumed in finding[0].expected


@pytest.mark.parametrize("mode", ["stop", "quarantine"])
@pytest.mark.parametrize("stages", [("", "", ""), ("judged", "", " ")])
def test_empty_stages_of_much_of_the_tape_stop(
    tmp_path: Path, stages: tuple[str, ...], mode: Any
) -> None:
    path = tmp_path / "loans.csv"
    path.write_text(
        f"{HEADER},stage\n" + "".join(f"{i},sme,10,2026-01-31,{s}\n" for i, s in enumerate(stages))
    )
    spec = TapeSpec(loans=path, on_error=mode)
    with pytest.raises(
        TapeError, match=r"a stage for at least 80% of the balances(.|\n)*\[blank.stage\]"
    ):
        read_tape(spec, VALUATION)
    for terms in ({"confirmed": ["blank.stage"]}, {"defaults": {"stage": "collection"}}):
        assert len(read_tape(spec.model_copy(update=terms), VALUATION).loans) == 3


def test_few_empty_stages_are_a_warning(read: Reader) -> None:
    text = f"{HEADER},stage\n0,sme,10,2026-01-31,\n1,sme,90,2026-01-31,judged\n"
    finding = [f for f in read(text).findings if f.name == "blank.stage"]
    assert [(f.severity, f.gbv) for f in finding] == [("warning", 10.0)]
