"""Whatever is done to the cells, what came in is what was loaded and what was set aside."""

from __future__ import annotations

import tempfile
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npl_sim.core.errors import TapeError
from npl_sim.tape import TapeSpec, read_tape, write_quarantine
from npl_sim.tape.quarantine import _cents
from tests.tape.conftest import HEADER, VALUATION, Reader

HOSTILE = st.one_of(
    st.sampled_from(
        [
            "",
            " ",
            "x",
            "-1",
            "1e400",
            "NaN",
            "inf",
            "-0",
            "1,000",
            "合计",
            "total",
            "L0",
            "L1",
            "=1+1",
        ]
        + ["2030-01-01", "01/02/2024", "9" * 40, "1e17", '"', "a\nb", "\ufeff", "L3", "0.005"]
    ),
    # A bare carriage return ends a row, and so is no damage to a cell.
    st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=5),
)


@settings(max_examples=80, deadline=None)
@given(
    damage=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 9), HOSTILE), max_size=8),
    wide=st.booleans(),
)
def test_nothing_is_lost(damage: list[tuple[int, int, str]], wide: bool) -> None:
    columns = [
        "loan_id",
        "product",
        "principal",
        "accrued_interest",
        "default_date",
        "stage",
        "gbv",
    ]
    columns += ["collateral_id", "kind", "appraisal_value"] if wide else []
    rows = [
        [f"L{i // 2 if wide else i}", "sme", "100.10", "0.05", "2024-01-31", "未诉", "100.15"]
        + ([f"C{i}", "land", "7"] if wide else [])
        for i in range(8)
    ]
    for i, j, value in damage:
        rows[i][j % len(columns)] = value
    rows.append(["KEEP", "sme", "1", "0", "2024-01-31", "", "1"] + (["", "", ""] if wide else []))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "loans.csv"
        pd.DataFrame(rows, columns=columns).to_csv(path, index=False)
        try:
            table = read_tape(
                TapeSpec(loans=path, on_error="quarantine", collateral_scope="file"), VALUATION
            )
        except TapeError as error:
            assert "quotation" in str(error) or "expected a stage for at least" in str(error)
            return
        write_quarantine(table.quarantine, Path(folder) / "aside.csv")
    account = table.reconciliation.loans
    blank = 9 - account.rows_in - account.total_rows
    assert blank == sum(
        all(not c.strip(" \t\r\n\0\xa0\u3000\u200b\ufeff") for c in r) for r in rows
    )
    assert account.balances
    assert account.rows_quarantined == len(table.quarantine)
    assert account.rows_unknown == int(table.quarantine["gbv_counted"].isna().sum())
    # Counted again from the two tables themselves, in another arithmetic.
    loaded = sum(Decimal(repr(v)).quantize(Decimal("0.01")) for v in table.loans["gbv"])
    known = table.quarantine["gbv_counted"].dropna()
    aside = sum(Decimal(repr(v)).quantize(Decimal("0.01")) for v in known if abs(v) <= 1e16)
    assert (loaded + aside) * 100 == account.cents_in
    assert (table.loans["gbv"] > 0).all()
    assert not table.loans["loan_id"].duplicated().any()
    assert set(table.collateral["loan_id"]) <= set(table.loans["loan_id"])
    assert (table.quarantine["reasons"] != "").all()


def test_cents_do_not_overflow() -> None:
    amounts = pd.Series([1e15] * 1000 + [0.01, float("nan"), 1e300, -2.0]).to_numpy()
    assert _cents(amounts) == 1000 * 10**17 + 1 - 200


def test_unknown_amounts_are_listed(read: Reader) -> None:
    table = read(
        f"{HEADER}\n1,sme,x,2024-01-31\n2,sme,-3,2024-01-31\n3,sme,5,2024-01-31\n",
        on_error="quarantine",
    )
    assert table.reconciliation.loans.rows_unknown == 1
    assert table.reconciliation.gbv_in == 2.0
    assert table.quarantine["gbv_counted"].isna().tolist() == [True, False]


def test_quarantine_file_runs_no_formula_and_loses_nothing(read: Reader, tmp_path: Path) -> None:
    raw = ["=cmd|' /C calc'!A0", "+SUM(A1)", "@x", "-5", "'quoted", "plain", "-x", "合同"]
    rows = "".join(f"{i},sme,x,2024-01-31,{v}\n" for i, v in enumerate(raw))
    table = read(f"{HEADER},row\n{rows}G,sme,1,2024-01-31,\n", on_error="quarantine")
    path = tmp_path / "aside.csv"
    write_quarantine(table.quarantine, path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    back = pd.read_csv(path, dtype="str", na_filter=False, encoding="utf-8-sig")
    cells = back["row (raw)"].tolist()
    assert not any(cell.startswith(("=", "+", "@", "-x")) for cell in cells)
    assert [cell[1:] if cell.startswith("'") else cell for cell in cells] == raw
    assert back["row"].tolist() == [str(i + 2) for i in range(len(raw))]


def test_sources_name_and_hash_the_files(read: Reader, tmp_path: Path) -> None:
    table = read(f"{HEADER}\nG,sme,1,2024-01-31\n", "loan_id,kind,appraisal_value\nG,land,5\n")
    assert [(s.role, s.file, s.rows, s.encoding) for s in table.sources] == [
        ("loans", "loans.csv", 1, "utf-8"),
        ("collateral", "collateral.csv", 1, "utf-8"),
    ]
    assert all(len(s.sha256) == 64 for s in table.sources)


def test_housing_defaults_load() -> None:
    path = Path(__file__).parents[3] / "shared/data/brazil_housing_defaults/defaults.csv"
    if not path.exists():
        pytest.skip("the data set of housing defaults is not beside this checkout")
    spec = TapeSpec(
        loans=path,
        columns={"principal": "exposure_at_default", "age_months": "months_to_recovery"},
        defaults={"product": "housing", "stage": "collection"},
        currency="BRL",
    )
    table = read_tape(spec, VALUATION)
    raw = pd.read_csv(path)
    assert len(table.loans) == len(raw)
    assert table.reconciliation.gbv_in == pytest.approx(raw["exposure_at_default"].sum(), abs=0.01)
    assert table.loans["gbv"].min() == raw["exposure_at_default"].min()
