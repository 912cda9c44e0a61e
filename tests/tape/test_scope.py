"""Equal collateral ids under several loans: the study says what they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from npl_sim.core.errors import TapeError
from npl_sim.tape import TapeSpec, read_tape
from tests.tape.conftest import HEADER, VALUATION, Reader, errors

CASES = Path(__file__).parents[3] / "shared/cases/environment"
ITEM = "collateral_id,loan_id,kind,appraisal_value,appraisal_date,prior_liens,lien_rank"
LOANS = f"{HEADER}\nK1,sme,100,2026-01-31\nK2,sme,300,2026-01-31\nK3,sme,50,2026-01-31\n"


def rows(*cells: tuple[str, str, str, str]) -> str:
    return f"{ITEM}\n" + "".join(
        f"{i},{k},{kind},{value},2026-01-01,0,1\n" for i, k, kind, value in cells
    )


SAME = rows(("1", "K1", "land", "80"), ("1", "K2", "land", "80"), ("2", "K3", "land", "7"))
OTHER = rows(("1", "K1", "land", "80"), ("1", "K2", "land", "81"), ("2", "K3", "land", "7"))


@pytest.mark.parametrize("text", [SAME, OTHER])
@pytest.mark.parametrize("mode", ["stop", "quarantine"])
def test_without_a_scope_the_run_stops_and_shows_both_totals(
    read: Reader, text: str, mode: str
) -> None:
    with pytest.raises(TapeError, match="collateral_scope") as caught:
        read(LOANS, text, on_error=mode)
    one, own = (80, 160) if text == SAME else (81, 161)
    assert f"As shared items they are worth {one}.00, as separate items {own}.00" in str(
        caught.value
    )
    assert "rows 2, 3" in str(caught.value)


def test_one_item_counts_once(read: Reader) -> None:
    table = read(LOANS, SAME, collateral_scope="file")
    assert table.collateral["appraisal_value"].tolist() == [20.0, 60.0, 7.0]
    assert table.collateral["collateral_id"].tolist() == ["1", "1", "2"]


def test_items_of_their_own_count_each(read: Reader) -> None:
    for text in (SAME, OTHER):
        table = read(LOANS, text, collateral_scope="loan")
        assert table.collateral["appraisal_value"].sum() == (167.0 if text == SAME else 168.0)
        assert table.collateral["collateral_id"].tolist() == ["K1/1", "K2/1", "2"]


def test_three_rows_are_listed_under_the_header_of_the_file(read: Reader) -> None:
    loans = f"{HEADER}\n" + "".join(f"L{i},sme,100,2026-01-31\n" for i in range(6))
    for count, where in ((3, "rows 2, 3, 4)"), (4, "rows 2, 3, 4, ...)")):
        text = rows(*(("1", f"L{i}", "land", "80") for i in range(count)))
        with pytest.raises(TapeError) as caught:
            read(loans, text.replace("collateral_id,", "押品编号,", 1))
        assert f"{count} rows ({where} with 1 equal ids ('1')" in str(caught.value)
        assert "collateral.csv row 1, collateral_id (押品编号): '1'" in str(caught.value)


def test_only_shared_items_are_reported_as_split(read: Reader) -> None:
    text = (
        rows(("1", "K1", "land", "80"), ("1", "K2", "land", "80"), ("2", "K1", "land", "7"))
        + "3,K3,land,9,2026-01-01,0,1\n4,K1,land,6,2026-01-01,0,1\n4,K2,land,6,2026-01-01,3,1\n"
    )
    table = read(LOANS, text, collateral_scope="file")
    finding = {
        f.expected.split(":")[0]: f.rows for f in table.findings if f.file == "collateral.csv"
    }
    assert finding["an id under one loan"] == (2, 3, 6, 7)
    assert finding["the same prior_liens in every row of one item"] == (6, 7)


@pytest.mark.parametrize(
    ("second", "column", "finding"),
    [
        (("1", "K2", "land", "81"), "appraisal_value", "row 3 has '81', row 2 '80'"),
        (("1", "K2", "vehicle", "80"), "kind", "row 3 has 'vehicle', row 2 'land'"),
        (("1", "K2", "land", ""), "appraisal_value", "row 3 has '', row 2 '80'"),
    ],
)
def test_rows_of_one_item_must_agree(
    read: Reader, second: tuple[str, str, str, str], column: str, finding: str
) -> None:
    text = rows(("1", "K1", "land", "80"), second, ("2", "K3", "land", "7"))
    table = read(LOANS, text, collateral_scope="file", on_error="quarantine")
    assert errors(table) == [(column, 2)]
    found = next(f for f in table.findings if f.severity == "error")
    assert finding in found.expected
    assert found.gbv == 400.0
    assert table.loans["loan_id"].tolist() == ["K3"]


def test_dates_of_one_item_must_agree(read: Reader) -> None:
    text = SAME.replace("K2,land,80,2026-01-01", "K2,land,80,2026-02-01")
    with pytest.raises(TapeError, match="row 3 has '2026-02-01', row 2 '2026-01-01'"):
        read(LOANS, text, collateral_scope="file")


def test_an_item_shared_with_a_loan_that_is_unknown_sets_the_others_aside(read: Reader) -> None:
    """Else its whole value would count for those that are known."""
    many = "".join(f"N{i},sme,100,2026-01-31\n" for i in range(9))
    more = "".join(f"n{i},N{i},land,5,2026-01-01,0,1\n" for i in range(9))
    table = read(
        LOANS + many,
        SAME.replace("1,K2", "1,NOBODY") + more,
        collateral_scope="file",
        on_error="quarantine",
    )
    assert "K1" not in table.loans["loan_id"].tolist()
    assert "K2" in table.loans["loan_id"].tolist()
    unreadable = LOANS.replace("K2,sme,300", "K2,sme,x")
    table = read(unreadable, SAME, collateral_scope="file", on_error="quarantine")
    assert table.loans["loan_id"].tolist() == ["K3"]


def test_an_item_twice_under_one_loan_is_not_shared_by_half(read: Reader) -> None:
    text = rows(("1", "K1", "land", "80"), ("1", "K1", "land", "80"), ("1", "K2", "land", "80"))
    table = read(LOANS, text, collateral_scope="file", on_error="quarantine")
    assert table.loans["loan_id"].tolist() == ["K3"]


def test_the_largest_prior_lien_counts_once(read: Reader) -> None:
    text = SAME.replace("K2,land,80,2026-01-01,0,1", "K2,land,80,2026-01-01,8,2")
    table = read(LOANS, text, collateral_scope="file")
    assert table.collateral["prior_liens"].tolist() == [2.0, 6.0, 0.0]
    assert any("the largest is used" in f.expected for f in table.findings)


@pytest.mark.parametrize(
    ("case", "scope", "worth"),
    [
        ("L1_collateral_numbered_per_loan_equal_values", None, None),
        ("L1_collateral_numbered_per_loan_equal_values", "loan", 7_000_000.0),
        ("L1_collateral_numbered_per_loan_equal_values", "file", 700_000.0),
        ("L3_shared_building_with_one_value_revised", None, None),
        ("L3_shared_building_with_one_value_revised", "file", None),
    ],
)
def test_shared_cases(case: str, scope: str | None, worth: float | None) -> None:
    folder = CASES / case
    if not folder.is_dir():
        pytest.skip("the shared cases are not beside this checkout")
    spec = TapeSpec(
        loans=folder / "loans.csv", collateral=folder / "coll.csv", collateral_scope=scope
    )
    if worth is None:
        with pytest.raises(TapeError, match="collateral_scope"):
            read_tape(spec, VALUATION)
    else:
        assert read_tape(spec, VALUATION).collateral["appraisal_value"].sum() == pytest.approx(
            worth
        )
