"""Columns of a Parquet file lose nothing: ids keep all digits, dates never fail, odd types are
text."""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from npl_sim.core.errors import TableError
from npl_sim.tables.cell_types import column_text
from tests.tables.conftest import Reader

ID = 6228480012345678901


def write(columns: dict[str, Any] | pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(columns if isinstance(columns, pa.Table) else pa.table(columns), out)
    return out.getvalue()


def one(read: Reader, column: Any) -> pd.Series:
    return read(
        write({"id": pa.array([str(i) for i in range(len(column))]), "x": column}),
        name="t.parquet",
    ).frame[1]


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        (pa.array([ID, None]), [str(ID), ""]),
        (pa.array([ID, 7]), [str(ID), "7"]),
        (pa.array([2**64 - 1, None], pa.uint64()), [str(2**64 - 1), ""]),
        (pa.array([7, None], pa.int8()), ["7", ""]),
        (pa.array([Decimal(ID), None], pa.decimal128(19, 0)), [str(ID), ""]),
        (pa.array([Decimal("1234.50"), None], pa.decimal128(12, 2)), ["1234.5", ""]),
        (
            pa.array([Decimal("123456789012345678.25"), Decimal("0.00")], pa.decimal128(20, 2)),
            ["123456789012345678.25", "0.00"],
        ),
        (pa.array(["001", None]).dictionary_encode(), ["001", ""]),
        (pa.array([ID, None]).dictionary_encode(), [str(ID), ""]),
        (pa.array(["001", None], pa.large_string()), ["001", ""]),
        pytest.param(
            pa.array(["001", None], pa.string_view()),
            ["001", ""],
            marks=pytest.mark.skipif(
                int(pa.__version__.split(".")[0]) < 21, reason="this pyarrow cannot write it"
            ),
        ),
        (pa.array(["甲".encode(), None]), ["甲", ""]),
        (pa.array([[1, 2], None]), ["[1, 2]", ""]),
        (pa.array([{"a": 1}, None]), ["{'a': 1}", ""]),
        (pa.array([True, None]), ["true", ""]),
        (pa.nulls(2), ["", ""]),
        (pa.array([0.12, None], pa.float32()), ["0.12", ""]),
        (pa.array([np.float16(0.5), None], pa.float16()), ["0.5", ""]),
        (pa.array([date(202, 3, 15), None]), ["0202-03-15", ""]),
        (pa.array([date(2024, 3, 15), None]), ["2024-03-15", ""]),
        (pa.array([datetime(2024, 3, 15, 12), None]), ["2024-03-15 12:00:00", ""]),
    ],
)
def test_types(read: Reader, column: Any, texts: list[str]) -> None:
    assert column_text(one(read, column)).tolist() == texts


@pytest.mark.parametrize(
    "column",
    [
        pa.array([3_000_000, 19000], pa.int32()).cast(pa.date32()),
        pa.array([-(2**31), 19000], pa.int32()).cast(pa.date32()),
        pa.array([10**14, 10**9], pa.int64()).cast(pa.timestamp("s")),
        pa.array([2**62, 10**12], pa.int64()).cast(pa.timestamp("ms")),
        pa.array([2**62, 10**15], pa.int64()).cast(pa.timestamp("us", tz="Asia/Shanghai")),
    ],
)
def test_dates_out_of_range_are_reported(read: Reader, column: Any) -> None:
    texts = column_text(one(read, column)).tolist()
    assert "out of range" in texts[0] and texts[1][:2] in ("20", "19")


def test_time_zones_are_kept(read: Reader) -> None:
    series = one(read, pa.array([datetime(2024, 3, 14, 16)], pa.timestamp("ns", tz="UTC")))
    assert str(series.dt.tz) == "UTC"
    series = one(read, pa.array([datetime(2024, 3, 15)], pa.timestamp("ns")))
    assert series.dt.tz is None


def test_equal_names(read: Reader) -> None:
    table = pa.table([pa.array(["1"]), pa.array([2]), pa.array([3])], names=["id", "x", "x"])
    raw = read(write(table), name="t.parquet")
    assert raw.headers == ("id", "x", "x") and raw.frame.iloc[0].tolist() == ["1", 2, 3]


def test_content_decides(read: Reader) -> None:
    assert read(write({"id": ["1"]}), name="t.CSV").headers == ("id",)


def test_blank_rows_and_no_rows(read: Reader) -> None:
    raw = read(write({"id": ["1", None, "3"], "x": pa.array([1, None, 3])}), name="t.parquet")
    assert raw.rows.tolist() == [2, 4]
    with pytest.raises(TableError, match="no rows"):
        read(
            write({"id": pa.array([], pa.string()), "d": pa.array([], pa.date32())}),
            name="t.parquet",
        )


def test_a_file_that_unpacks_beyond_the_limit(read: Reader) -> None:
    data = write({f"c{i}": pa.array(np.zeros(200_000)) for i in range(10)})
    assert len(data) < 200_000
    with pytest.raises(TableError, match="200,000 rows of 10 columns.*memory_limit_gib"):
        read(data, name="t.parquet", memory_limit_gib=0.05)


def test_a_damaged_file(read: Reader) -> None:
    data = write({"id": [str(i) for i in range(1000)]})
    for broken in (
        data[: len(data) // 2],
        data[:50] + bytes(400) + data[450:],
        b"PAR1" + data[-20:],
    ):
        with pytest.raises(TableError, match="not a readable Parquet"):
            read(broken, name="t.parquet")
