"""Read the columns of a Parquet file, with their own types where nothing is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from npl_sim.core.errors import TableError
from npl_sim.tables.body import Body
from npl_sim.tables.limits import check_columns, check_memory

_EXACT_DIGITS = 15
"""Decimal digits that a float holds exactly."""

_CELL_BYTES = 60
"""Memory of one cell of a column of text, as measured. [bytes]"""

_FIRST, _LAST = -62_135_596_800.0, 253_402_300_799.0
"""Years 1 to 9999, as seconds from 1970. [seconds]"""


def _plain_text(value: Any) -> str | None:
    """Return a cell of an uncommon type as text."""
    if value is None:
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return f"{value:f}" if hasattr(value, "as_tuple") else str(value)


def _as_text(column: Any) -> pd.Series:
    return pd.Series([_plain_text(v) for v in column.to_pylist()], dtype=object)


def _seconds(kind: Any) -> float:
    """Return how long one unit of a date or time is. [seconds]"""
    import pyarrow as pa

    if pa.types.is_date32(kind):
        return 86400.0
    unit = "ms" if pa.types.is_date64(kind) else kind.unit
    return {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}[unit]


def _dates(column: Any) -> pd.Series:
    """Return dates and times, as text if one is outside the years 1 to 9999."""
    import pyarrow as pa

    kind = column.type
    whole = column.cast(pa.int32() if pa.types.is_date32(kind) else pa.int64())
    seconds = whole.to_pandas().to_numpy(dtype=np.float64) * _seconds(kind)
    outside = (seconds < _FIRST) | (seconds > _LAST)
    if not outside.any():
        zone = getattr(kind, "tz", None)
        return column.cast(pa.timestamp("us", tz=zone), safe=False).to_pandas()
    empty = np.isnan(seconds)
    inside = np.where(outside | empty, 0.0, seconds).astype("datetime64[s]").astype(str)
    texts = [
        None if none else f"{stored} (out of range)" if out else text
        for none, out, stored, text in zip(empty, outside, whole.to_pylist(), inside, strict=True)
    ]
    return pd.Series(texts, dtype=object)


def _series(column: Any) -> pd.Series:
    """Return one column: numbers, dates and texts natively, every other type as text."""
    import pyarrow as pa

    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        column = column.cast(kind.storage_type)
        kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_integer(kind):
        if column.null_count == 0:
            return column.to_pandas()
        name = str(kind)
        return column.to_pandas(
            types_mapper={kind: pd.api.types.pandas_dtype(_nullable(name))}.get
        )
    if pa.types.is_decimal(kind):
        return (
            column.cast(pa.float64()).to_pandas()
            if kind.precision <= _EXACT_DIGITS
            else _as_text(column)
        )
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return _dates(column)
    if pa.types.is_float16(kind) or pa.types.is_float32(kind):
        # The shortest text that is this number: 0.12, not 0.11999999731779099.
        values = column.to_pandas().to_numpy()
        return pd.Series([float(str(v)) for v in values], dtype=np.float64)
    if pa.types.is_float64(kind) or pa.types.is_boolean(kind) or pa.types.is_time(kind):
        return column.to_pandas()
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or str(kind) == "string_view":
        return column.cast(pa.large_string()).to_pandas()
    return _as_text(column)


def _nullable(name: str) -> str:
    return name.replace("uint", "UInt") if name.startswith("u") else name.replace("int", "Int")


def _dictionary_columns(groups: list[Any], schema: Any) -> list[str]:
    """Return the dictionary-encoded text columns, where one text may occur in many rows."""
    import pyarrow as pa

    texts = {f.name for f in schema if pa.types.is_string(f.type) or pa.types.is_binary(f.type)}
    columns = [group.column(j) for group in groups for j in range(group.num_columns)]
    return sorted({c.path_in_schema for c in columns if c.has_dictionary_page} & texts)


def _text_bytes(column: Any) -> int:
    """Return how much text a column holds, each text counted once for each row. [bytes]"""
    import pyarrow as pa
    import pyarrow.compute as pc

    total = 0
    for chunk in column.chunks:
        if pa.types.is_dictionary(chunk.type) and len(chunk.dictionary):
            sizes = pc.binary_length(chunk.dictionary).cast(pa.int64())
            total += pc.sum(sizes.take(chunk.indices)).as_py() or 0
    return total


def parquet_body(path: Path, data: bytes, limit_gib: float) -> Body:
    """Read a Parquet file.

    Parameters
    ----------
    path
        File, for messages.
    data
        Its bytes.
    limit_gib
        Most memory that reading may take. [GiB]

    Raises
    ------
    TableError
        If the file is damaged or too large.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(pyarrow.BufferReader(data))
        meta = file.metadata
        stored = sum(meta.row_group(i).total_byte_size for i in range(meta.num_row_groups))
        groups = [meta.row_group(i) for i in range(meta.num_row_groups)]
        check_columns(path, meta.num_columns)
        cells = sum(
            group.column(j).num_values for group in groups for j in range(group.num_columns)
        )
        what = f"{meta.num_rows:,} rows of {meta.num_columns:,} columns"
        check_memory(path, what, 2.0 * stored + _CELL_BYTES * cells, limit_gib)
        names = _dictionary_columns(groups, file.schema_arrow)
        table = pyarrow.parquet.ParquetFile(
            pyarrow.BufferReader(data), read_dictionary=names
        ).read()
        texts = sum(_text_bytes(column) for column in table.columns)
        check_memory(path, f"its texts hold {texts:,} bytes", 3.0 * texts, limit_gib)
        columns = [_series(column).reset_index(drop=True) for column in table.columns]
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
        raise TableError(f"{path}: not a readable Parquet file ({error})") from None
    headers = tuple(str(name) for name in table.column_names)
    frame = pd.concat(columns, axis=1) if columns else pd.DataFrame()
    frame.columns = range(len(headers))
    return Body(path.name, headers, frame, 2, 1)
