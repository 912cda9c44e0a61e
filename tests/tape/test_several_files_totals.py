"""Totals, names, relationships and errors of a table in several files."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from npl_sim.core.errors import TapeError
from npl_sim.tape.spec import TapeSpec
from npl_sim.tape.table import LoanTable, read_tape

DAY = date(2026, 6, 30)


COUNT = 17


def loans() -> pd.DataFrame:
    """Return a small tape as text, with ids out of order and an empty cell."""
    i = np.arange(COUNT)
    return pd.DataFrame(
        {
            "loan_id": [f"L{(7 * k) % COUNT:03d}" for k in i],
            "borrower_id": [f"B{k % 5}" for k in i],
            "stage": ["collection"] * COUNT,
            "product": ["term"] * COUNT,
            "principal": [f"{1000.1 + 37.37 * k:.2f}" for k in i],
            "accrued_interest": [f"{10.0 * k:.2f}" for k in i],
            "default_date": [
                f"{1 + k:02d}/{1 + (k + 3) % 12:02d}/2024" for k in i
            ],  # 17/05 settles the order of all
            "contract_rate": [f"{5 + k % 4}.5%" for k in i],
            "region": ["north" if k % 3 else "" for k in i],
        }
    )


def items() -> pd.DataFrame:
    """Return collateral of every other loan."""
    ids = loans()["loan_id"][::2].tolist()
    return pd.DataFrame(
        {
            "loan_id": ids,
            "collateral_id": [f"C{k}" for k in range(len(ids))],
            "kind": ["house"] * len(ids),
            "appraisal_value": [f"{500.25 * (k + 1):.2f}" for k in range(len(ids))],
            "appraisal_date": ["2026-01-15"] * len(ids),
        }
    )


def write(frame: pd.DataFrame, path: Path) -> Path:
    """Write a table in the format of its suffix; amounts of a workbook or Parquet file are
    numbers."""
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
        return path
    typed = frame.copy()
    for name in ("principal", "accrued_interest", "appraisal_value"):
        if name in typed:
            typed[name] = typed[name].astype(float)
    typed = typed.reset_index(drop=True)
    if path.suffix == ".xlsx":
        typed.to_excel(path, index=False)
    else:
        typed.to_parquet(path, index=False)
    return path


def split(
    frame: pd.DataFrame, cuts: list[int], folder: Path, name: str, suffixes: list[str]
) -> list[Path]:
    """Write the rows between cuts to files of their own."""
    edges = [0, *sorted(cuts), len(frame)]
    pieces = [frame.iloc[a:b] for a, b in zip(edges[:-1], edges[1:], strict=True)]
    return [
        write(piece, folder / f"{name}_{i}{suffixes[i % len(suffixes)]}")
        for i, piece in enumerate(pieces)
    ]


def spec(
    loan_files: list[Path], item_files: list[Path] | None = None, **changes: object
) -> TapeSpec:
    """Return the terms of a tape in the given files."""
    return TapeSpec.model_validate(
        {"loans": loan_files, "collateral": item_files, "date_format": "auto", **changes}
    )


def same(one: LoanTable, other: LoanTable) -> None:
    """Assert that two tapes are the same to the bit."""
    for name in ("loans", "collateral", "guarantors"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)
    assert replace(one.reconciliation, files=()) == replace(other.reconciliation, files=())
    assert one.stated_ages == other.stated_ages
    assert one.other_readings == other.other_readings or len(one.other_readings) == len(
        other.other_readings
    )


def test_totals_of_a_file_or_of_all(tmp_path: Path) -> None:
    frame = loans()
    halves = [frame.iloc[:9], frame.iloc[9:]]
    sums = [sum(float(v) for v in half["principal"]) for half in halves]

    def finding(first: float, last: float) -> list[str]:
        files = []
        for half, total, name in zip(halves, (first, last), "ab", strict=True):
            line = {
                **dict.fromkeys(frame.columns, ""),
                "loan_id": "Total",
                "principal": f"{total:.2f}",
            }
            files.append(write(pd.concat([half, pd.DataFrame([line])]), tmp_path / f"{name}.csv"))
        table = read_tape(spec(files), DAY)
        assert table.reconciliation.loans.total_rows == 2
        assert len(table.loans) == COUNT
        return [f"{f.file} {f.row}" for f in table.findings if f.name == "totals"]

    assert finding(*sums) == []
    assert finding(sums[0], sum(sums)) == []
    assert finding(sums[0] + 1.0, sums[1]) == ["a.csv 11"]
    assert finding(sums[0], sums[1] - 1.0) == ["b.csv 10"]


def test_control_totals_are_of_all_files(tmp_path: Path) -> None:
    files = split(loans(), [4, 9], tmp_path, "loans", [".csv"])
    assert read_tape(spec(files, expected={"rows": COUNT}), DAY)
    with pytest.raises(TapeError, match="17 rows"):
        read_tape(spec(files, expected={"rows": COUNT - 1}), DAY)


def test_same_file_twice_is_refused(tmp_path: Path) -> None:
    file = write(loans(), tmp_path / "a.csv")
    link = tmp_path / "link.csv"
    link.symlink_to(file)
    copy = write(loans(), tmp_path / "copy.csv")
    for second in (file, link):
        with pytest.raises(TapeError, match="named twice"):
            read_tape(spec([file, second]), DAY)
    with pytest.raises(TapeError, match=r"copy.csv: holds the same bytes as a.csv"):
        read_tape(spec([file, copy]), DAY)


def test_files_of_one_name_bear_their_folder(tmp_path: Path) -> None:
    frame = loans()
    frame.loc[12, "principal"] = "abc"
    files = []
    for folder, half in (("x", frame.iloc[:9]), ("y", frame.iloc[9:])):
        (tmp_path / folder).mkdir()
        files.append(write(half, tmp_path / folder / "loans.csv"))
    with pytest.raises(TapeError, match=r"y/loans.csv row 5"):
        read_tape(spec(files), DAY)


def test_relationships_in_several_files(tmp_path: Path) -> None:
    pairs = items()[["loan_id", "collateral_id"]]
    own = items().drop(columns="loan_id")
    one = write(pairs, tmp_path / "all.csv")
    several = split(pairs, [3], tmp_path, "pairs", [".csv", ".xlsx"])
    tables = [
        read_tape(
            spec(
                [write(loans(), tmp_path / "l.csv")],
                [write(own, tmp_path / "c.csv")],
                relationships=given,
            ),
            DAY,
        )
        for given in ([one], several)
    ]
    same(*tables)
    assert len(tables[1].sources) == 4


def test_faulty_file_is_named(tmp_path: Path) -> None:
    good = write(loans().iloc[:9], tmp_path / "a.csv")
    bad = write(loans().iloc[9:].drop(columns="loan_id"), tmp_path / "b.csv")
    with pytest.raises(TapeError, match=r"b.csv row 1: .*loan_id"):
        read_tape(spec([good, bad]), DAY)
    with pytest.raises(TapeError, match=r"gone.csv"):
        read_tape(spec([good, tmp_path / "gone.csv"]), DAY)


def test_pattern_is_sorted_by_name(tmp_path: Path) -> None:
    files = split(loans(), [4, 9], tmp_path, "loans", [".csv"])
    (tmp_path / ".loans_9.csv").write_text("x")
    found = TapeSpec(loans=Path("loans_*.csv")).resolve(tmp_path)
    assert found.files["loans"] == tuple(files)
    with pytest.raises(TapeError, match=r"tape.loans: no file matches .x\*.csv."):
        TapeSpec(loans=Path("x*.csv")).resolve(tmp_path)
    odd = tmp_path / "a*.csv"
    odd.write_text("x")
    assert TapeSpec(loans=Path("a*.csv")).resolve(tmp_path).loans == odd
    assert TapeSpec(loans=Path("[a].csv")).resolve(tmp_path).loans == tmp_path / "[a].csv"


def test_rows_of_a_later_file_are_weighed_and_set_aside(tmp_path: Path) -> None:
    frame = loans()
    first, second = split(frame, [10], tmp_path, "loans", [".csv"])
    lines = second.read_text(encoding="utf-8").splitlines()
    lines[3] += ",one cell too many"
    second.write_text("\n".join(lines) + "\n", encoding="utf-8")
    table = read_tape(spec([first, second], on_error="quarantine"), DAY)
    assert table.quarantine[["file", "row"]].to_numpy().tolist() == [["loans_1.csv", 4]]
    assert frame["loan_id"].iloc[12] not in set(table.loans["loan_id"])
    (blank,) = [
        f
        for f in table.findings
        if f.file == "loans_1.csv" and f.column == "region" and f.count > 1
    ]
    own = frame.iloc[10:][frame["region"].iloc[10:] == ""]
    gbv = sum(
        float(p) + float(i) for p, i in own[["principal", "accrued_interest"]].to_numpy().tolist()
    )
    assert blank.count == len(own) == 2
    assert abs(blank.gbv - gbv) < 0.005
