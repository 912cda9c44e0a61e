"""Short ways to read a table that a test has written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from npl_sim.tables.body import Request
from npl_sim.tables.files import RawFile, read_raw
from tests.builders import workbooks

Reader = Callable[..., RawFile]


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Write content to a file of some name and read it."""

    def reader(content: bytes | str, name: str = "t.csv", **options: Any) -> RawFile:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_raw("loans", path, Request(**options))

    return reader


@pytest.fixture
def read_xlsx(tmp_path: Path) -> Reader:
    """Write the rows of a sheet, given as XML, to a workbook and read it."""

    def reader(
        rows: str, *, name: str = "t.xlsx", options: dict[str, Any] | None = None, **parts: Any
    ) -> RawFile:
        path = workbooks.zipped(tmp_path / name, workbooks.xlsx_parts(rows, **parts))
        return read_raw("loans", path, Request(**(options or {})))

    return reader
