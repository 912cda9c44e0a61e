"""Totals, names, relationships and errors of a table in several files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from npl_sim.core.errors import TapeError
from npl_sim.tape.spec import TapeSpec
from npl_sim.tape.table import read_tape
from tests.builders.split_tapes import COUNT, DAY, items, loans, same, spec, split, write


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
