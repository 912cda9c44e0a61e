"""Tapes written as users write them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from npl_sim.tape import LoanTable, TapeSpec, read_tape

VALUATION = date(2026, 6, 30)

HEADER = "loan_id,product,principal,default_date"

Reader = Callable[..., LoanTable]


def stated(**terms: Any) -> TapeSpec:
    """Return the terms of a tape whose loans are all in collection, unless it has a column for
    the stage."""
    return TapeSpec(**{**terms, "defaults": {"stage": "collection", **terms.get("defaults", {})}})


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Return a reader of tapes given as text or bytes; other words go into the specification."""

    def read_text(
        loans: str | bytes,
        collateral: str | None = None,
        guarantors: str | None = None,
        suffix: str = ".csv",
        relationships: str | None = None,
        **terms: Any,
    ) -> LoanTable:
        for name, text in (
            ("loans", loans),
            ("collateral", collateral),
            ("guarantors", guarantors),
            ("relationships", relationships),
        ):
            if text is not None:
                terms[name] = tmp_path / f"{name}{suffix if name == 'loans' else '.csv'}"
                terms[name].write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
        day = terms.pop("valuation_date", VALUATION)
        return read_tape(stated(**terms), day)

    return read_text


def errors(table: LoanTable) -> list[tuple[str, int]]:
    """Return the column and first row of every error."""
    return [(f.column, f.row) for f in table.findings if f.severity == "error"]


def warnings(table: LoanTable) -> list[str]:
    """Return the columns of every warning."""
    return [f.column for f in table.findings if f.severity == "warning"]
