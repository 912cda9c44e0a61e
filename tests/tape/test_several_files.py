"""A table in several files equals the table in one; differences of files are reported."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from npl_sim.core.errors import TapeError
from npl_sim.reports.account import account_text
from npl_sim.tape.table import read_tape
from tests.builders.split_tapes import COUNT, DAY, items, loans, same, spec, split, write


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    cuts=st.lists(st.integers(1, COUNT - 1), min_size=1, max_size=4, unique=True),
    cut=st.integers(1, 7),
    suffixes=st.lists(st.sampled_from([".csv", ".xlsx", ".parquet"]), min_size=1, max_size=5),
)
def test_files_are_the_joined_file(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], cut: int, suffixes: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("split")
    whole = read_tape(
        spec([write(loans(), folder / "all.csv")], [write(items(), folder / "items.csv")]), DAY
    )
    files = split(loans(), cuts, folder, "loans", suffixes)
    parts = split(items(), [cut], folder, "coll", suffixes[::-1])
    several = read_tape(spec(files, parts), DAY)
    same(several, whole)
    assert [s.file.partition("[")[0] for s in several.sources] == [
        p.name for p in (*files, *parts)
    ]
    assert sum(s.rows for s in several.sources if s.role == "loans") == COUNT


def test_finding_names_file_and_row(tmp_path: Path) -> None:
    frame = loans()
    frame.loc[12, "principal"] = "abc"
    files = split(frame, [10], tmp_path, "loans", [".csv"])
    table = read_tape(spec(files, on_error="quarantine"), DAY)
    (bad,) = [f for f in table.findings if f.value == "abc"]
    assert (bad.file, bad.row, bad.count) == ("loans_1.csv", 4, 1)
    assert table.quarantine[["file", "row"]].to_numpy().tolist() == [["loans_1.csv", 4]]
    assert table.reconciliation.loans.rows_in == COUNT


def test_account_by_file(tmp_path: Path) -> None:
    frame = loans()
    frame.loc[12, "principal"] = "abc"
    files = split(frame, [10], tmp_path, "loans", [".csv"])
    account = read_tape(spec(files, on_error="quarantine"), DAY).reconciliation
    sums = [
        sum(round(100 * (float(p) + float(i))) for p, i in rows if p != "abc")
        for rows in (
            frame[["principal", "accrued_interest"]].iloc[:10].to_numpy().tolist(),
            frame[["principal", "accrued_interest"]].iloc[10:].to_numpy().tolist(),
        )
    ]
    found = [(f.role, f.file, f.rows_in, f.cents_in) for f in account.files]
    assert found == [("loans", "loans_0.csv", 10, sums[0]), ("loans", "loans_1.csv", 7, sums[1])]
    assert sum(sums) == account.loans.cents_in
    assert f"loans, loans_1.csv: 7 rows with GBV {sums[1] / 100:,.2f} EUR in" in account_text(
        account, "EUR"
    )


def test_id_twice_across_files(tmp_path: Path) -> None:
    frame = loans()
    frame.loc[15, "loan_id"] = frame.loc[0, "loan_id"]
    one = [write(frame, tmp_path / "all.csv")]
    with pytest.raises(TapeError) as joined:
        read_tape(spec(one), DAY)
    with pytest.raises(TapeError) as several:
        read_tape(spec(split(frame, [10], tmp_path, "loans", [".csv"])), DAY)
    assert "loans_0.csv row 2" in str(several.value)
    assert "loans_1.csv row 7" in str(several.value)
    assert str(joined.value).splitlines()[-2:] == str(several.value).splitlines()[-2:]


def test_two_orders_of_dates_are_refused_as_in_one_file(tmp_path: Path) -> None:
    first, second = loans().iloc[:10].copy(), loans().iloc[10:].copy()
    first["default_date"] = "25/03/2024"
    second["default_date"] = "03/25/2024"
    files = [write(first, tmp_path / "a.csv"), write(second, tmp_path / "b.csv")]
    with pytest.raises(TapeError, match="default_date"):
        read_tape(spec(files), DAY)


def test_order_of_dates_is_settled_by_another_file(tmp_path: Path) -> None:
    files = split(
        loans(), [5], tmp_path, "loans", [".csv"]
    )  # days 1 to 5 settle nothing by themselves
    with pytest.raises(TapeError):
        read_tape(spec(files[:1]), DAY)
    assert read_tape(spec(files), DAY).loans["default_date"].iloc[1] == pd.Timestamp(2024, 5, 2)


def test_units_are_those_of_each_file(tmp_path: Path) -> None:
    first, second = loans().iloc[:9], loans().iloc[9:].copy()
    for name in ("principal", "accrued_interest"):
        second[name] = [f"{float(v) / 1000:.6f}" for v in second[name]]
    second = second.rename(
        columns={n: f"{n} (thousands)" for n in ("principal", "accrued_interest")}
    )
    plain = first.rename(columns={n: f"{n} (元)" for n in ("principal", "accrued_interest")})
    other = write(second, tmp_path / "b.csv")
    table = read_tape(spec([write(plain, tmp_path / "a.csv"), other]), DAY)
    whole = read_tape(spec([write(loans(), tmp_path / "all.csv")]), DAY)
    np.testing.assert_allclose(table.loans["principal"], whole.loans["principal"], rtol=1e-12)
    with pytest.raises(
        TapeError, match=r"(?s)silent.csv, principal: no unit of principal is stated.*files\.unit"
    ):
        read_tape(spec([write(first, tmp_path / "silent.csv"), other]), DAY)


def test_balances_of_another_size_must_be_confirmed(tmp_path: Path) -> None:
    second = loans().iloc[9:].copy()
    for name in ("principal", "accrued_interest"):
        second[name] = [f"{float(v) * 10000:.2f}" for v in second[name]]
    files = [write(loans().iloc[:9], tmp_path / "a.csv"), write(second, tmp_path / "b.csv")]
    with pytest.raises(TapeError, match=r"files\.size"):
        read_tape(spec(files), DAY)
    assert len(read_tape(spec(files, confirmed=["files.size"]), DAY).loans) == COUNT


def test_column_of_one_file_only_must_be_confirmed(tmp_path: Path) -> None:
    first, second = loans().iloc[:9], loans().iloc[9:].drop(columns="accrued_interest")
    files = [write(first, tmp_path / "a.csv"), write(second, tmp_path / "b.csv")]
    with pytest.raises(TapeError, match=r"b.csv, accrued_interest: no column .* a.csv has"):
        read_tape(spec(files), DAY)
    stated = read_tape(spec(files, defaults={"accrued_interest": 7.0}), DAY)
    assert stated.loans["accrued_interest"].tolist()[9:] == [7.0] * (COUNT - 9)
    assert stated.loans["accrued_interest"].iloc[8] == 80.0


def test_headers_of_another_language(tmp_path: Path) -> None:
    second = loans().iloc[9:].rename(columns={"loan_id": "借据编号", "principal": "本金余额"})
    files = [write(loans().iloc[:9], tmp_path / "a.csv"), write(second, tmp_path / "b.csv")]
    whole = read_tape(spec([write(loans(), tmp_path / "all.csv")]), DAY)
    same(read_tape(spec(files), DAY), whole)


def test_file_without_rows_is_reported(tmp_path: Path) -> None:
    files = [write(loans(), tmp_path / "a.csv"), write(loans().iloc[:0], tmp_path / "b.csv")]
    table = read_tape(spec(files), DAY)
    assert len(table.loans) == COUNT
    assert [s.rows for s in table.sources] == [COUNT, 0]
    assert any(f.file == "b.csv" and "no records" in f.text for f in table.findings)
    with pytest.raises(TapeError, match="has headers but no rows"):
        read_tape(spec(files[1:]), DAY)
