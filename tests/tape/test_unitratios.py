"""A column of amounts in another unit than those beside it draws a warning, to be confirmed or
mended."""

from __future__ import annotations

import pytest

from npl_sim.core.errors import TapeError
from npl_sim.tape import LoanTable
from tests.tape.conftest import Reader, errors


def found(table: LoanTable, column: str) -> list[str]:
    return [f.name for f in table.findings if f.column == column and f.name.startswith("unit.")]


def loans(unit: float = 1.0, rows: int = 4) -> str:
    lines = (
        f"L{i},sme,{100000 * (i + 1)},{30000 * unit * (i + 1):g},2024-05-05\n" for i in range(rows)
    )
    return "loan_id,product,principal,accrued_interest,default_date\n" + "".join(lines)


def items(liens: float = 1.0, cap: float = 1.0) -> str:
    lines = (f"L{i},land,800000,{200000 * liens:g},2,{300000 * cap:g}\n" for i in range(4))
    return "loan_id,kind,appraisal_value,prior_liens,lien_rank,secured_cap\n" + "".join(lines)


@pytest.mark.parametrize("unit", [1e-3, 1e-4])
def test_interest_in_another_unit_than_principal(read: Reader, unit: float) -> None:
    assert found(read(loans()), "accrued_interest") == []
    assert found(read(loans(unit)), "accrued_interest") == ["unit.accrued_interest"]
    assert found(read(loans(unit, rows=2)), "accrued_interest") == []


@pytest.mark.parametrize("unit", [1e-4, 1e4])
def test_liens_and_caps_in_another_unit(read: Reader, unit: float) -> None:
    plain = read(loans(), items())
    assert found(plain, "prior_liens") == [] and found(plain, "secured_cap") == []
    assert found(read(loans(), items(liens=unit)), "prior_liens") == ["unit.prior_liens"]
    assert found(read(loans(), items(cap=unit)), "secured_cap") == ["unit.secured_cap"]


def test_no_interest_and_no_liens_are_no_other_unit(read: Reader) -> None:
    table = read(loans(0.0), items(liens=0.0))
    assert found(table, "accrued_interest") == [] and found(table, "prior_liens") == []


def test_caps_of_guarantors_in_another_unit(read: Reader) -> None:
    def backers(unit: float) -> str:
        return "loan_id,guarantor_id,cap\n" + "".join(
            f"L{i},G{i},{200000 * unit:g}\n" for i in range(4)
        )

    assert found(read(loans(), guarantors=backers(1.0)), "cap") == []
    assert found(read(loans(), guarantors=backers(1e-4)), "cap") == ["unit.cap"]


def test_a_header_with_two_units_is_refused(read: Reader) -> None:
    for header in ("本金余额（元/万元）", "本金余额（万元/元）"):
        text = loans().replace("principal", header)
        with pytest.raises(TapeError, match="a unit that is not understood"):
            read(text, columns={"principal": header})


def test_no_gross_book_value_is_reported_where_none_is_known(read: Reader) -> None:
    text = "loan_id,product,principal,default_date\nA,sme,x,2024-05-05\nB,sme,y,2024-05-05\n"
    with pytest.raises(TapeError) as finding:
        read(text)
    assert "nan" not in str(finding.value)
    assert errors(read(text.replace("x", "5").replace("y", "6"))) == []


@pytest.mark.parametrize(
    ("column", "liens", "cap", "interest", "name"),
    [
        ("accrued_interest", 1.0, 1.0, 1e-4, "unit.accrued_interest"),
        ("prior_liens", 1e-4, 1.0, 1.0, "unit.prior_liens"),
        ("secured_cap", 1.0, 1e-4, 1.0, "unit.secured_cap"),
    ],
)
def test_the_other_unit_is_another_reading(
    read: Reader, column: str, liens: float, cap: float, interest: float, name: str
) -> None:
    assert not [r for r in read(loans(), items()).other_readings if "unit" in r.name]
    plain = read(loans(), items())
    table = read(loans(interest), items(liens, cap))
    (reading,) = [r for r in table.other_readings if "unit" in r.name]
    assert (reading.name, reading.column) == (name, column)
    role = "loans" if column == "accrued_interest" else "collateral"
    assert getattr(reading, role)[column] == pytest.approx(getattr(plain, role)[column].to_numpy())
    if column == "accrued_interest":
        assert reading.loans["gbv"] == pytest.approx(plain.loans["gbv"].to_numpy())


def test_appraisals_in_another_unit_are_another_reading(read: Reader) -> None:
    small = items().replace("800000", "80")
    (reading,) = [r for r in read(loans(), small).other_readings if r.name == "collateral_unit"]
    assert list(reading.collateral["appraisal_value"]) == [800_000.0] * 4
    large = items().replace("800000", "8000000000")
    (reading,) = [r for r in read(loans(), large).other_readings if r.name == "collateral_unit"]
    assert list(reading.collateral["appraisal_value"]) == [800_000.0] * 4
